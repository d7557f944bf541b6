/*
 * The entry "publish".
 */
#include <string.h>

#include "proto/errors.h"
#include "proto/json_terms.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/display.h"
#include "syncd/catalogue/documents.h"
#include "syncd/catalogue/grants.h"
#include "syncd/catalogue/ledger.h"
#include "syncd/catalogue/rows.h"

#include "syncd/catalogue/publish_entry.h"

int
publish_entry_commit(struct catalogue *c, const char *actor,
    const struct manifest *m, const struct digest *digest)
{
	struct ledger_entry e;
	int r;

	r = ledger_begin(c, NULL, "publish", actor, &e);
	if (r != PH_OK) {
		ledger_abort(&e);
		return r;
	}
	json_put_string(&e.w, "image", m->image);
	json_put_string(&e.w, "version", m->version);
	json_put_digest(&e.w, "manifest", digest);
	json_put_u64(&e.w, "size", manifest_size(m));
	return ledger_commit(c, &e, NULL);
}

/* Show the version and enter it, its manifest and what that names. */
static int
enter(struct catalogue *c, const struct ledger_event *e,
    const struct document *d, const struct manifest *m,
    const struct digest *digest)
{
	struct holding h;
	size_t i;
	int r;

	memset(&h, 0, sizeof(h));
	h.state = HOLDING_VISIBLE;
	h.manifest = *digest;
	(void)strcpy(h.image, m->image);
	(void)strcpy(h.version, m->version);
	h.evidence = HOLDING_HASHED;
	h.time = e->time;
	/* At start, display_reconcile() shows what is visible in the end. */
	r = c->replaying ? PH_OK : display_settle(c, m, &h);
	if (r == PH_OK)
		r = rows_manifest_put(e->txn, digest, d);
	for (i = 0; r == PH_OK && i < m->nfiles; i++)
		r = rows_reference_put(e->txn, &m->files[i].digest, m->image,
		    m->version);
	if (r == PH_OK)
		r = rows_name_put(e->txn, m->image);
	if (r == PH_OK)
		r = rows_item_put(e->txn, &h);
	if (r == PH_OK)
		grants_touch(c, m->image);
	return r;
}

int
publish_entry_apply(struct catalogue *c, const struct ledger_event *e)
{
	struct document_name name;
	const char *image, *version;
	struct document d;
	struct digest digest;
	struct manifest m;
	uint64_t size;
	int r;

	json_get_string(e->o, "image", &image, NULL);
	json_get_string(e->o, "version", &version, NULL);
	json_get_digest(e->o, "manifest", &digest);
	json_get_u64(e->o, "size", 0, &size);
	if (json_error(e->o->tree) != PH_OK)
		return PH_ELOG;
	document_init(&d);
	manifest_init(&m);
	name = documents_manifest_name(&digest);
	r = documents_get(c->config.files, c->state_dir, &name, &d);
	if (r == PH_OK)
		r = manifest_decode(d.bytes, d.len, &m);
	if (r == PH_OK &&
	    (strcmp(m.image, image) != 0 || strcmp(m.version, version) != 0))
		r = PH_EDOCUMENT;
	if (r == PH_OK)
		r = enter(c, e, &d, &m, &digest);
	else
		(void)failure_set(&c->failure, r,
		    "the manifest of %.140s@%.80s in documents/ cannot be "
		    "read: %s",
		    image, version, error_sentence(r));
	manifest_fini(&m);
	document_fini(&d);
	return r;
}
