/*
 * Issuing charters.  Their ceiling is everything: what narrows it comes with
 * the policy language of separation.
 */
#include <string.h>

#include "proto/errors.h"
#include "proto/json_terms.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/documents.h"
#include "syncd/catalogue/in_force.h"
#include "syncd/catalogue/ledger.h"
#include "syncd/catalogue/registry.h"

#include "syncd/catalogue/charters.h"

int
charters_get(struct catalogue *c, const struct digest *id, struct charter *out,
    struct document *d)
{
	struct document own;
	int r;

	document_init(&own);
	r = in_force_get(c, INDEX_CHARTERS, id, &own);
	if (r == PH_OK)
		r = charter_decode(own.bytes, own.len, out);
	if (r == PH_OK && d != NULL) {
		*d = own;
		document_init(&own);
	}
	document_fini(&own);
	return r;
}

/* Everything. */
static int
open_ceiling(struct charter *charter)
{
	struct selector all;
	int r;

	selector_init(&all);
	(void)strcpy(all.name, "*");
	r = selectors_add(&charter->may_hold, &all);
	selector_fini(&all);
	return r;
}

/* The charter that follows from a record, without order and time. */
static int
compose(const struct catalogue *c, const struct registration *record,
    struct charter *out)
{
	const struct configuration *conf;

	conf = c->config.configuration;
	out->repository = record->id;
	memcpy(out->name, record->name, sizeof(out->name));
	out->key = record->key;
	out->revoked = record->removed;
	out->reasons = record->reasons;
	if (conf->has_advertise) {
		out->upstreams[0].id = c->id;
		address_encode(&conf->advertise_address,
		    out->upstreams[0].address);
		out->upstreams[0].host_key = conf->advertise_host_key;
		out->nupstreams = 1;
	}
	return open_ceiling(out);
}

/* 1 when both say the same but for order and time. */
static int
same_charter(const struct charter *a, const struct charter *b)
{
	size_t i;

	if (strcmp(a->name, b->name) != 0 || !key_equal(&a->key, &b->key) ||
	    a->revoked != b->revoked || a->reasons != b->reasons ||
	    a->nupstreams != b->nupstreams)
		return 0;
	for (i = 0; i < a->nupstreams; i++) {
		if (strcmp(a->upstreams[i].address, b->upstreams[i].address) !=
			0 ||
		    !key_equal(&a->upstreams[i].host_key,
			&b->upstreams[i].host_key))
			return 0;
	}
	return 1;
}

/* Sign a charter, keep it and enter it into the log. */
static int
commit_charter(struct catalogue *c, const char *actor,
    const struct charter *charter)
{
	struct document_name name;
	struct ledger_entry e;
	struct document d;
	struct buffer bytes;
	struct digest digest;
	int r;

	document_init(&d);
	buffer_init(&bytes, PH_DOCUMENT_MAX);
	r = charter_encode(charter, &bytes);
	if (r == PH_OK)
		r = document_set(&d, bytes.data, bytes.len);
	if (r == PH_OK)
		r = document_sign(&d, DOCUMENT_CHARTER, c->policy_key);
	if (r == PH_OK) {
		name = documents_charter_name(&charter->repository,
		    &charter->order);
		r = documents_put(c->config.files, c->state_dir, &name, &d);
	}
	if (r == PH_OK) {
		document_digest(&d, &digest);
		r = ledger_begin(c, NULL, "charter", actor, &e);
		if (r == PH_OK) {
			json_put_id(&e.w, "repository", &charter->repository);
			json_put_string(&e.w, "name", charter->name);
			json_put_order(&e.w, &charter->order);
			json_put_digest(&e.w, "charter", &digest);
			r = ledger_commit(c, &e, NULL);
		} else
			ledger_abort(&e);
	}
	buffer_fini(&bytes);
	document_fini(&d);
	return r;
}

int
charters_issue(struct catalogue *c, const char *actor,
    const struct registration *record)
{
	struct charter charter, current;
	int r;

	charter_init(&charter);
	charter_init(&current);
	r = ledger_settle(c);
	if (r == PH_OK)
		r = compose(c, record, &charter);
	if (r != PH_OK)
		goto out;
	r = charters_get(c, &record->id, &current, NULL);
	if (r == PH_OK && same_charter(&charter, &current))
		goto out;
	if (c->policy_key == NULL && (r == PH_OK || r == PH_EABSENT))
		r = PH_EKEY;
	if (r == PH_OK || r == PH_EABSENT) {
		charter.order.epoch = c->trust.epoch;
		charter.order.generation =
		    current.order.epoch == c->trust.epoch ?
		    current.order.generation + 1 :
		    1;
		charter.time = clock_wall(c->config.clock);
		r = commit_charter(c, actor, &charter);
	}
out:
	charter_fini(&current);
	charter_fini(&charter);
	return r;
}

static int
on_repository(void *cookie, const struct registration *record)
{
	int r;

	if (!record->has_key)
		return PH_OK;
	r = charters_issue(cookie, "syncd", record);
	/* Without the policy key the charters in force stay in force. */
	return r == PH_EKEY ? PH_OK : r;
}

int
charters_issue_all(struct catalogue *c)
{
	return registry_each(c, on_repository, c);
}

int
charters_apply(struct catalogue *c, const struct ledger_event *e)
{
	struct digest id;
	const char *text;

	json_get_id(e->o, "repository", &id);
	json_get_string(e->o, "name", &text, NULL);
	return in_force_apply(c, e, INDEX_CHARTERS, &id, "charter");
}
