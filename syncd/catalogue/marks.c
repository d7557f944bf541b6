/*
 * High-water marks.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "proto/charter.h"
#include "proto/errors.h"
#include "proto/grant.h"
#include "syncd/catalogue/documents.h"
#include "syncd/catalogue/rows.h"
#include "syncd/config/marker.h"

#include "syncd/catalogue/marks.h"

/* Take the higher of two orders into a. */
static void
raise_order(struct order *a, const struct order *b)
{
	if (order_compare(b, a) > 0)
		*a = *b;
}

/* What the index says is in force. */
static int
marks_of_index(struct catalogue *c, struct marks *out)
{
	struct charter charter;
	struct index_txn *txn;
	struct document d;
	struct grant grant;
	int r;

	memset(out, 0, sizeof(*out));
	out->trust_epoch = c->trusted ? c->trust.epoch : 0;
	document_init(&d);
	charter_init(&charter);
	r = index_begin(c->index, INDEX_READ, &txn);
	if (r != PH_OK)
		return r;
	r = rows_sealed_get(txn, INDEX_CHARTERS, &c->id, &d);
	if (r == PH_OK)
		r = charter_decode(d.bytes, d.len, &charter);
	if (r == PH_OK)
		out->charter = charter.order;
	document_fini(&d);
	if (r == PH_OK || r == PH_EABSENT)
		r = rows_sealed_get(txn, INDEX_GRANTS, &c->id, &d);
	if (r == PH_OK)
		r = grant_decode(d.bytes, d.len, &grant);
	if (r == PH_OK) {
		out->grant = grant.order;
		document_digest(&d, &out->grant_digest);
	}
	index_abort(txn);
	charter_fini(&charter);
	document_fini(&d);
	return r == PH_EABSENT ? PH_OK : r;
}

/* Looking through the names of a directory of documents. */
struct names {
	char id[DIGEST_HEX_SIZE];
	struct order highest;
};

/* One name, "ID-EPOCH-GENERATION". */
static int
on_ordered(void *cookie, const char *name)
{
	struct names *names;
	struct order order;
	size_t n;

	names = cookie;
	n = strlen(names->id);
	if (strncmp(name, names->id, n) == 0 &&
	    sscanf(name + n, "-%" SCNu64 "-%" SCNu64, &order.epoch,
		&order.generation) == 2)
		raise_order(&names->highest, &order);
	return PH_OK;
}

/* What lies in documents/. */
static int
marks_of_documents(struct catalogue *c, struct marks *out)
{
	struct document_name name;
	struct names names;
	struct document d;
	int r;

	memset(out, 0, sizeof(*out));
	out->trust_epoch = c->trusted ? c->trust.epoch : 0;
	memset(&names, 0, sizeof(names));
	digest_hex(&c->id, names.id);
	r = documents_each(c->config.files, c->state_dir, "charters",
	    on_ordered, &names);
	out->charter = names.highest;
	memset(&names.highest, 0, sizeof(names.highest));
	if (r == PH_OK)
		r = documents_each(c->config.files, c->state_dir, "grants",
		    on_ordered, &names);
	out->grant = names.highest;
	if (r != PH_OK || order_is_zero(&out->grant))
		return r;
	document_init(&d);
	name = documents_grant_name(&c->id, &out->grant);
	if (documents_get(c->config.files, c->state_dir, &name, &d) == PH_OK)
		document_digest(&d, &out->grant_digest);
	document_fini(&d);
	return PH_OK;
}

static void
get_marker(const struct marker *marker, struct marks *out)
{
	memset(out, 0, sizeof(*out));
	out->trust_epoch = marker->trust_epoch;
	out->charter.epoch = marker->charter_epoch;
	out->charter.generation = marker->charter_generation;
	out->grant.epoch = marker->grant_epoch;
	out->grant.generation = marker->grant_generation;
	if (marker->has_grant_digest)
		out->grant_digest = marker->grant_digest;
}

/* What the marker of the store says. */
static int
marks_of_marker(struct catalogue *c, struct marks *out)
{
	struct marker marker;
	int r;

	r = marker_read(c->config.layout->store_dir, &marker, &c->failure);
	if (r != PH_OK)
		return r == PH_EABSENT ? PH_ESTORE : r;
	get_marker(&marker, out);
	return PH_OK;
}

/* Take what is higher into a. */
static void
raise_marks(struct marks *a, const struct marks *b)
{
	if (b->trust_epoch > a->trust_epoch)
		a->trust_epoch = b->trust_epoch;
	raise_order(&a->charter, &b->charter);
	if (order_compare(&b->grant, &a->grant) > 0) {
		a->grant = b->grant;
		a->grant_digest = b->grant_digest;
	}
}

/* 1 when two places say the same. */
static int
same_marks(const struct marks *a, const struct marks *b)
{
	return a->trust_epoch == b->trust_epoch &&
	    order_compare(&a->charter, &b->charter) == 0 &&
	    order_compare(&a->grant, &b->grant) == 0 &&
	    digest_compare(&a->grant_digest, &b->grant_digest) == 0;
}

int
marks_get(struct catalogue *c, struct marks *out, int *disagree)
{
	struct marks index, documents, marker;
	int r;

	r = marks_of_index(c, &index);
	if (r == PH_OK)
		r = marks_of_documents(c, &documents);
	if (r == PH_OK)
		r = marks_of_marker(c, &marker);
	if (r != PH_OK)
		return r;
	*out = index;
	raise_marks(out, &documents);
	raise_marks(out, &marker);
	*disagree =
	    !same_marks(&index, &documents) || !same_marks(&index, &marker);
	return PH_OK;
}

int
marks_raise(struct catalogue *c)
{
	struct marks marks, before, now;
	struct marker marker;
	int r;

	r = marker_read(c->config.layout->store_dir, &marker, &c->failure);
	if (r == PH_OK)
		r = marks_of_index(c, &marks);
	if (r != PH_OK)
		return r;
	/* What the marker knows better stays: it never goes back. */
	get_marker(&marker, &before);
	now = before;
	raise_marks(&now, &marks);
	if (same_marks(&now, &before))
		return PH_OK;
	marker.trust_epoch = now.trust_epoch;
	marker.charter_epoch = now.charter.epoch;
	marker.charter_generation = now.charter.generation;
	marker.grant_epoch = now.grant.epoch;
	marker.grant_generation = now.grant.generation;
	marker.has_grant_digest = !digest_is_zero(&now.grant_digest);
	marker.grant_digest = now.grant_digest;
	r = marker_write(c->config.layout->store_dir, &marker, &c->failure);
	c->marker_behind = r == PH_ENOSPC;
	return c->marker_behind ? PH_OK : r;
}
