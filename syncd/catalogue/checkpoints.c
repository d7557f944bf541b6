/*
 * Checkpoints.  The message carries what changes and the signature; the
 * document is put together from it the same way at both ends.
 */
#include <string.h>

#include "proto/checkpoint.h"
#include "proto/errors.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/documents.h"
#include "syncd/catalogue/ledger.h"

#include "syncd/catalogue/checkpoints.h"

/* The document that a message stands for, without its signature. */
static int
compose(const struct digest *owner, const struct digest *about,
    const struct message_received *m, struct document *d)
{
	struct checkpoint checkpoint;
	struct buffer bytes;
	int r;

	checkpoint_init(&checkpoint);
	checkpoint.owner = *owner;
	digest_hex(about, checkpoint.log);
	checkpoint.size = m->size;
	checkpoint.root = m->root;
	checkpoint.time = m->time;
	buffer_init(&bytes, PH_DOCUMENT_MAX);
	r = checkpoint_encode(&checkpoint, &bytes);
	if (r == PH_OK)
		r = document_set(d, bytes.data, bytes.len);
	buffer_fini(&bytes);
	return r;
}

int
checkpoints_sign(struct catalogue *c, const struct digest *id,
    struct message_received *out)
{
	struct document d;
	struct log *log;
	int r;

	document_init(&d);
	r = ledger_log(c, id, &log);
	if (r == PH_OK) {
		out->size = log_size(log);
		log_root(log, &out->root);
		out->time = clock_wall(c->config.clock);
		r = compose(&c->id, id, out, &d);
	}
	if (r == PH_OK)
		r = document_sign(&d, DOCUMENT_CHECKPOINT, c->key);
	if (r == PH_OK) {
		out->signature_len = d.signatures[0].len;
		memcpy(out->signature, d.signatures[0].blob,
		    out->signature_len);
	}
	document_fini(&d);
	return r;
}

int
checkpoints_take(struct catalogue *c, const struct message_received *m)
{
	struct document_name name;
	struct document d;
	int r;

	document_init(&d);
	r = compose(&c->trust.primary, &c->id, m, &d);
	if (r == PH_OK)
		r = document_add_signature(&d, m->signature, m->signature_len);
	if (r == PH_OK)
		r = trust_verify(&c->trust, TRUST_PRIMARY, &d,
		    DOCUMENT_CHECKPOINT, NULL);
	if (r == PH_OK) {
		name = documents_checkpoint_name(&c->id);
		r = documents_put(c->config.files, c->state_dir, &name, &d);
	}
	document_fini(&d);
	return r;
}
