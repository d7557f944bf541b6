/*
 * Trust and proof of identity.
 */
#include <string.h>

#include "proto/errors.h"
#include "proto/sshsig.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/documents.h"
#include "syncd/catalogue/ledger.h"
#include "syncd/catalogue/marks.h"

#include "syncd/catalogue/authority.h"

const struct trust *
authority_trust(const struct catalogue *c)
{
	return c->trusted ? &c->trust : NULL;
}

void
authority_hello(struct catalogue *c, enum side side, struct hello *out)
{
	memset(out, 0, sizeof(*out));
	out->lowest = HELLO_VERSION_LOWEST;
	out->highest = HELLO_VERSION_HIGHEST;
	out->side = side;
	out->repository = c->id;
	random_fill(c->config.random, out->random, sizeof(out->random));
	memcpy(out->incarnation, c->incarnation, sizeof(out->incarnation));
	out->trust_epoch = c->trusted ? c->trust.epoch : 0;
}

int
authority_sign(struct catalogue *c,
    const uint8_t transcript[HELLO_TRANSCRIPT_SIZE], struct buffer *out)
{
	return sshsig_sign(c->key, HELLO_AUTH_NAMESPACE, transcript,
	    HELLO_TRANSCRIPT_SIZE, out);
}

int
authority_each_above(struct catalogue *c, uint64_t epoch,
    authority_document *document, void *cookie)
{
	struct document_name name;
	struct document d;
	int r;

	r = PH_OK;
	while (r == PH_OK && epoch < c->trust.epoch) {
		epoch++;
		document_init(&d);
		name = documents_trust_name(epoch);
		r = documents_get(c->config.files, c->state_dir, &name, &d);
		if (r == PH_OK)
			r = document(cookie, &d);
		document_fini(&d);
	}
	return r;
}

/* Keep an accepted trust document and enter it into the log. */
static int
commit_trust(struct catalogue *c, const struct document *d,
    const struct trust *trust)
{
	struct document_name name;
	struct ledger_entry e;
	struct digest digest;
	int r;

	name = documents_trust_name(trust->epoch);
	r = documents_put(c->config.files, c->state_dir, &name, d);
	if (r != PH_OK)
		return r;
	document_digest(d, &digest);
	r = ledger_begin(c, NULL, "trust", "syncd", &e);
	if (r != PH_OK) {
		ledger_abort(&e);
		return r;
	}
	json_put_u64(&e.w, "epoch", trust->epoch);
	json_put_digest(&e.w, "trust", &digest);
	return ledger_commit(c, &e, NULL);
}

/* Judge a document of an epoch that is past: the one we have, or another. */
static int
check_past(struct catalogue *c, const struct document *d)
{
	struct document_name name;
	struct document known;
	struct digest a, b;
	struct trust trust;
	int r;

	r = trust_decode(d->bytes, d->len, &trust);
	if (r != PH_OK)
		return r;
	document_init(&known);
	name = documents_trust_name(trust.epoch);
	r = documents_get(c->config.files, c->state_dir, &name, &known);
	if (r == PH_OK) {
		document_digest(d, &a);
		document_digest(&known, &b);
		r = digest_compare(&a, &b) == 0 ? PH_OK : PH_EFORK;
	}
	document_fini(&known);
	return r == PH_EABSENT ? PH_EOLDER : r;
}

int
authority_accept(struct catalogue *c, const struct document *d)
{
	struct trust trust;
	int r;

	if (c->trusted)
		r = trust_accept(&c->trust, NULL, d, &trust);
	else
		r = trust_accept(NULL, &c->anchor, d, &trust);
	if (r == PH_EOLDER)
		return check_past(c, d);
	if (r != PH_OK)
		return r;
	if (c->trusted &&
	    digest_compare(&trust.primary, &c->trust.primary) != 0)
		return PH_EIDENTITY;
	r = commit_trust(c, d, &trust);
	if (r == PH_OK) {
		c->trust = trust;
		c->trusted = 1;
		r = marks_raise(c);
	}
	return r;
}

int
authority_check_provider(struct catalogue *c, const struct digest *id,
    const uint8_t transcript[HELLO_TRANSCRIPT_SIZE], const void *signature,
    size_t len)
{
	const struct configuration *conf;
	struct key_public signer;
	int r;

	if (!c->trusted)
		return PH_EIDENTITY;
	conf = c->config.configuration;
	r = sshsig_verify(signature, len, HELLO_AUTH_NAMESPACE, transcript,
	    HELLO_TRANSCRIPT_SIZE, &signer);
	if (r != PH_OK)
		return r;
	if (!trust_role_has(&c->trust, TRUST_PRIMARY, &signer))
		return PH_EIDENTITY;
	if (digest_compare(&c->trust.primary, id) != 0)
		return PH_EIDENTITY;
	if (conf->has_upstream && !digest_is_zero(&conf->upstream_id) &&
	    digest_compare(&conf->upstream_id, id) != 0)
		return PH_EIDENTITY;
	return PH_OK;
}
