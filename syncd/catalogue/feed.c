/*
 * What a peer may be given.  Every function begins with the grant in force:
 * there is no way to a blob or a manifest around it.
 */
#include <inttypes.h>
#include <string.h>

#include "proto/charter.h"
#include "proto/errors.h"
#include "syncd/catalogue/charters.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/documents.h"
#include "syncd/catalogue/grants.h"
#include "syncd/catalogue/ledger.h"
#include "syncd/catalogue/listing.h"
#include "syncd/catalogue/peers.h"
#include "syncd/catalogue/registry.h"
#include "syncd/catalogue/repeats.h"
#include "syncd/catalogue/rows.h"
#include "syncd/store/blob.h"

#include "syncd/catalogue/feed.h"

void
feed_init(struct feed *feed)
{
	memset(feed, 0, sizeof(*feed));
	document_init(&feed->charter);
	document_init(&feed->grant);
}

void
feed_fini(struct feed *feed)
{
	document_fini(&feed->charter);
	document_fini(&feed->grant);
	lineset_free(feed->from);
	lineset_free(feed->list);
	feed_init(feed);
}

/* Refuse a peer that has seen more than we know. */
static int
check_order(const char *what, const struct order *theirs,
    const struct order *ours, struct failure *f)
{
	if (order_compare(theirs, ours) <= 0)
		return PH_OK;
	(void)failure_set(f, PH_EFORK,
	    "it knows a newer %s (%" PRIu64 ".%" PRIu64 ") than this primary "
	    "(%" PRIu64 ".%" PRIu64 ")",
	    what, theirs->epoch, theirs->generation, ours->epoch,
	    ours->generation);
	failure_next(f,
	    "this primary was restored from a backup, or its key "
	    "is used elsewhere");
	return PH_EFORK;
}

/* Renew a grant that is past half of its lifetime. */
static int
renew(struct catalogue *c, const struct digest *id, struct grant *grant)
{
	struct registration record;
	int r;

	if (grant->expires == 0 ||
	    clock_wall(c->config.clock) <
		grant->time + (grant->expires - grant->time) / 2)
		return PH_OK;
	r = registry_get_id(c, id, &record);
	if (r == PH_OK)
		r = grants_renew(c, &record);
	if (r == PH_OK)
		r = grants_get(c, id, grant, NULL);
	return r;
}

/* The charter, if the peer lacks it. */
static int
compare_charter(struct catalogue *c, const struct digest *id,
    const struct message_state *state, struct feed *out, struct failure *f)
{
	struct charter charter;
	int r;

	charter_init(&charter);
	r = charters_get(c, id, &charter, &out->charter);
	if (r == PH_OK)
		r = check_order("charter", &state->charter, &charter.order, f);
	if (r == PH_OK)
		out->has_charter =
		    order_compare(&state->charter, &charter.order) != 0;
	charter_fini(&charter);
	return r;
}

/*
 * 1 when the list that a peer names was granted to it under the order that it
 * names.  Differences from another list would tell what stands in that.
 */
static int
was_granted(struct catalogue *c, const struct digest *id,
    const struct message_state *state)
{
	struct document_name name;
	struct grant grant;
	struct document d;
	int granted;

	document_init(&d);
	name = documents_grant_name(id, &state->grant);
	granted =
	    documents_get(c->config.files, c->state_dir, &name, &d) == PH_OK &&
	    grant_decode(d.bytes, d.len, &grant) == PH_OK &&
	    digest_compare(&grant.list, &state->list) == 0;
	document_fini(&d);
	return granted;
}

/* The grant and what its list differs by, if the peer lacks it. */
static int
compare_grant(struct catalogue *c, const struct digest *id,
    const struct message_state *state, struct feed *out, struct failure *f)
{
	struct grant grant;
	int r;

	r = grants_get(c, id, &grant, NULL);
	if (r == PH_OK)
		r = check_order("grant", &state->grant, &grant.order, f);
	if (r == PH_OK)
		r = renew(c, id, &grant);
	if (r == PH_OK && order_compare(&state->grant, &grant.order) == 0) {
		if (digest_compare(&state->list, &grant.list) == 0)
			return PH_OK;
		return failure_set(f, PH_EFORK,
		    "its grant %" PRIu64 ".%" PRIu64 " has another list",
		    grant.order.epoch, grant.order.generation);
	}
	if (r == PH_OK)
		r = grants_get(c, id, &grant, &out->grant);
	if (r == PH_OK)
		r = grants_list(c, &grant.list, &out->list);
	if (r != PH_OK)
		return r;
	out->has_grant = 1;
	out->base = state->list;
	r = was_granted(c, id, state) ?
	    grants_list(c, &state->list, &out->from) :
	    PH_EABSENT;
	if (r == PH_EABSENT) {
		/* A list that we do not have: all of it, then. */
		grants_empty_list(&out->base);
		r = grants_list(c, &out->base, &out->from);
	}
	return r;
}

int
feed_compare(struct catalogue *c, const struct digest *id,
    const struct message_state *state, struct feed *out, struct failure *f)
{
	int r;

	f->code = PH_OK;
	r = compare_charter(c, id, state, out, f);
	/* What the policy takes away is not given on because a grant could not
	 * be made when it was applied. */
	if (r == PH_OK && grants_refresh_due(c, id) != PH_OK)
		r = grants_check(c, f);
	if (r == PH_OK)
		r = compare_grant(c, id, state, out, f);
	out->same = !out->has_charter && !out->has_grant;
	return failure_default(f, r, "comparing with a repository");
}

/*
 * The list of the grant in force of a peer that may come.  What is not in it
 * is not looked for anywhere else, so that nothing tells what is denied from
 * what does not exist.
 */
static int
granted_list(struct catalogue *c, const struct digest *id, struct listing **out)
{
	struct grant grant;
	struct peer peer;
	int r;

	r = peer_get(c, id, &peer);
	if (r == PH_OK)
		r = grants_get(c, id, &grant, NULL);
	if (r == PH_OK)
		r = listing_get(c, &grant.list, out);
	/* Whatever keeps it from the peer: to the peer it is not there. */
	return r == PH_EREMOVED || r == PH_EPAUSED || r == PH_EUNKNOWN ?
	    PH_EABSENT :
	    r;
}

int
feed_manifest(struct catalogue *c, const struct digest *id,
    const struct digest *digest, struct document *d)
{
	struct listing *listing;
	struct grant_item item;
	struct index_txn *txn;
	int r;

	r = granted_list(c, id, &listing);
	if (r == PH_OK)
		r = listing_manifest(listing, digest, &item);
	if (r == PH_OK)
		r = index_begin(c->index, INDEX_READ, &txn);
	if (r != PH_OK)
		return r;
	r = rows_manifest_get(txn, digest, d, NULL);
	index_abort(txn);
	return r;
}

int
feed_blob(struct catalogue *c, const struct digest *id,
    const struct digest *blob, struct feed_blob *out)
{
	struct listing *listing;
	struct blob b;
	int r;

	r = granted_list(c, id, &listing);
	if (r == PH_OK)
		r = listing_names_blob(c, listing, blob);
	if (r == PH_OK)
		r = blob_look(c->store, blob, &b);
	if (r != PH_OK)
		return r;
	if (b.state == BLOB_ABSENT || b.state == BLOB_WRONG_SIZE)
		return PH_EABSENT;
	out->digest = *blob;
	out->size = b.size;
	return PH_OK;
}

int
feed_base(struct catalogue *c, const struct digest *id,
    const struct digest *bases, size_t nbases, struct feed_blob *out)
{
	struct blob b;
	size_t i;
	int r;

	for (i = 0; i < nbases; i++) {
		r = feed_blob(c, id, &bases[i], out);
		if (r == PH_EABSENT)
			continue;
		if (r != PH_OK)
			return r;
		r = blob_look(c->store, &bases[i], &b);
		if (r != PH_OK)
			return r;
		if (b.state == BLOB_SOUND)
			return PH_OK;
	}
	return PH_EABSENT;
}

#define STEP_SIZE (2u * DIGEST_SIZE + 1)

/*
 * What is counted of a delivery: its end with a result, or its beginning
 * (result 1).
 */
static void
make_step(const struct digest *id, const struct digest *blob, int result,
    uint8_t out[STEP_SIZE])
{
	memcpy(out, id->bytes, DIGEST_SIZE);
	memcpy(out + DIGEST_SIZE, blob->bytes, DIGEST_SIZE);
	out[2 * DIGEST_SIZE] = (uint8_t)-result;
}

int
feed_delivery_open(struct catalogue *c, const struct digest *id,
    const struct digest *blob, const struct digest *base)
{
	uint8_t step[STEP_SIZE];
	struct ledger_entry e;
	uint64_t repeats;
	int r, due;

	make_step(id, blob, 1, step);
	r = repeats_count(c, step, sizeof(step), &due, &repeats);
	if (r != PH_OK || !due)
		return r;
	r = ledger_begin(c, id, "delivery", "syncd", &e);
	if (r != PH_OK) {
		ledger_abort(&e);
		return r;
	}
	json_put_digest(&e.w, "blob", blob);
	if (base == NULL)
		json_put_null(&e.w, "base");
	else
		json_put_digest(&e.w, "base", base);
	json_put_u64(&e.w, "repeats", repeats);
	r = ledger_commit(c, &e, NULL);
	return r == PH_OK ? repeats_told(c, step, sizeof(step)) : r;
}

int
feed_delivery_close(struct catalogue *c, const struct digest *id,
    const struct digest *blob, uint64_t nbytes, int result)
{
	uint8_t step[STEP_SIZE];
	struct ledger_entry e;
	uint64_t repeats;
	int r, due;

	make_step(id, blob, result, step);
	r = repeats_count(c, step, sizeof(step), &due, &repeats);
	if (r != PH_OK || !due)
		return r;
	r = ledger_begin(c, id, "delivered", "syncd", &e);
	if (r != PH_OK) {
		ledger_abort(&e);
		return r;
	}
	json_put_digest(&e.w, "blob", blob);
	json_put_u64(&e.w, "bytes", nbytes);
	json_put_string(&e.w, "result", error_name(result));
	json_put_u64(&e.w, "repeats", repeats);
	r = ledger_commit(c, &e, NULL);
	return r == PH_OK ? repeats_told(c, step, sizeof(step)) : r;
}
