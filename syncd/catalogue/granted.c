/*
 * Sweeping heads and lists.  To look at all files takes time in proportion to
 * those that are kept; it is done again when that many came, and some more,
 * so a publication pays for a few.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/grant.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/documents.h"
#include "syncd/catalogue/ledger.h"
#include "syncd/catalogue/report_row.h"
#include "syncd/catalogue/rows.h"
#include "syncd/catalogue/statement.h"
#include "syncd/index/cursor.h"

#include "syncd/catalogue/granted.h"

/* So many lists may come, beside as many as are kept, before they are swept. */
#define UNSWEPT_MAX 16u

struct sweep {
	struct catalogue *c;
	struct index_txn *txn;
	struct digest *lists; /* That are kept. */
	size_t nlists;
	size_t size; /* Allocated. */
	size_t nkept;
};

static int
keep_list(struct sweep *sweep, const struct digest *list)
{
	struct digest *lists;
	size_t size;

	if (sweep->nlists == sweep->size) {
		size = sweep->size == 0 ? 64 : 2 * sweep->size;
		lists = realloc(sweep->lists, size * sizeof(*lists));
		if (lists == NULL)
			return PH_ENOMEM;
		sweep->lists = lists;
		sweep->size = size;
	}
	sweep->lists[sweep->nlists++] = *list;
	return PH_OK;
}

static int
compare(const void *a, const void *b)
{
	return digest_compare(a, b);
}

/* Keep the list of a head, which may be gone. */
static int
keep_list_of(struct sweep *sweep, const struct digest *id,
    const struct order *order)
{
	struct document_name name;
	struct grant grant;
	struct document d;
	int r;

	document_init(&d);
	name = documents_grant_name(id, order);
	r = documents_get(sweep->c->config.files, sweep->c->state_dir, &name,
	    &d);
	if (r == PH_OK)
		r = grant_decode(d.bytes, d.len, &grant);
	if (r == PH_OK)
		r = keep_list(sweep, &grant.list);
	document_fini(&d);
	return r == PH_EABSENT ? PH_OK : r;
}

/* What is in force for a repository, and under what it last spoke. */
struct standing {
	struct grant grant;
	struct order spoken; /* Zeros: never. */
};

/* PH_EABSENT when nothing is in force. */
static int
get_standing(struct sweep *sweep, const struct digest *id, struct standing *out)
{
	struct report report;
	struct document d;
	int r;

	memset(out, 0, sizeof(*out));
	document_init(&d);
	r = rows_sealed_get(sweep->txn, INDEX_GRANTS, id, &d);
	if (r == PH_OK)
		r = grant_decode(d.bytes, d.len, &out->grant);
	document_fini(&d);
	if (r != PH_OK || !catalogue_is_primary(sweep->c))
		return r;
	r = report_row_get(sweep->txn, id, &report);
	if (r == PH_OK)
		out->spoken = report.grant;
	return r == PH_EABSENT ? PH_OK : r;
}

/* One repository with a grant in force. */
static int
on_grant(void *cookie, const struct index_bytes *key,
    const struct index_bytes *value)
{
	struct standing standing;
	struct sweep *sweep;
	struct digest id;
	int r;

	(void)value;
	sweep = cookie;
	if (key->len != DIGEST_SIZE)
		return PH_EDIGEST;
	memcpy(id.bytes, key->data, DIGEST_SIZE);
	r = get_standing(sweep, &id, &standing);
	if (r == PH_OK)
		r = keep_list(sweep, &standing.grant.list);
	if (r == PH_OK && !order_is_zero(&standing.spoken))
		r = keep_list_of(sweep, &id, &standing.spoken);
	return r;
}

/* 1 when a head is kept, beside the newest. */
static int
is_recent(const struct order *order, const struct standing *standing)
{
	const struct order *newest;

	newest = &standing->grant.order;
	return order_compare(order, &standing->spoken) == 0 ||
	    (order->epoch == newest->epoch &&
		newest->generation - order->generation < GRANTED_KEPT);
}

/* One head, by its name: ID-EPOCH-GENERATION. */
static int
on_head(void *cookie, const char *text)
{
	struct document_name name;
	struct standing standing;
	char hex[DIGEST_HEX_SIZE];
	struct sweep *sweep;
	struct order order;
	struct digest id;
	int r;

	sweep = cookie;
	if (strlen(text) < sizeof(hex) ||
	    sscanf(text + sizeof(hex) - 1, "-%" SCNu64 "-%" SCNu64,
		&order.epoch, &order.generation) != 2)
		return PH_OK;
	memcpy(hex, text, sizeof(hex) - 1);
	hex[sizeof(hex) - 1] = '\0';
	if (digest_from_hex(hex, &id) != PH_OK)
		return PH_OK;
	r = get_standing(sweep, &id, &standing);
	if (r != PH_OK && r != PH_EABSENT)
		return r;
	sweep->nkept++;
	/* Newer than what is in force: its entry may wait to be applied. */
	if (r == PH_EABSENT || order_compare(&order, &standing.grant.order) > 0)
		return keep_list_of(sweep, &id, &order);
	if (is_recent(&order, &standing))
		return PH_OK;
	sweep->nkept--;
	name = documents_grant_name(&id, &order);
	return documents_remove(sweep->c->config.files, sweep->c->state_dir,
	    &name);
}

/* One list or set, by its digest. */
static int
on_list(void *cookie, const char *text)
{
	struct document_name name;
	struct sweep *sweep;
	struct digest digest;

	sweep = cookie;
	if (digest_from_hex(text, &digest) != PH_OK)
		return PH_OK;
	if (sweep->nlists > 0 &&
	    bsearch(&digest, sweep->lists, sweep->nlists, sizeof(*sweep->lists),
		compare) != NULL) {
		sweep->nkept++;
		return PH_OK;
	}
	name = documents_list_name(&digest);
	return documents_remove(sweep->c->config.files, sweep->c->state_dir,
	    &name);
}

/* What lists are kept: found by rows and heads, sorted; old heads go. */
static int
find_kept(struct sweep *sweep)
{
	struct digest sets[2];
	struct catalogue *c;
	int r;

	c = sweep->c;
	r = index_begin(c->index, INDEX_READ, &sweep->txn);
	if (r != PH_OK)
		return r;
	r = index_each(sweep->txn, INDEX_GRANTS, NULL, 0, on_grant, sweep);
	if (r == PH_OK && !catalogue_is_primary(c)) {
		r = statement_sets(c, sweep->txn, sets);
		if (r == PH_OK)
			r = keep_list(sweep, &sets[0]);
		if (r == PH_OK)
			r = keep_list(sweep, &sets[1]);
	}
	if (r == PH_OK)
		r = documents_each(c->config.files, c->state_dir, "grants",
		    on_head, sweep);
	index_abort(sweep->txn);
	if (sweep->nlists > 0)
		qsort(sweep->lists, sweep->nlists, sizeof(*sweep->lists),
		    compare);
	return r;
}

int
granted_sweep(struct catalogue *c)
{
	struct sweep sweep;
	int r;

	memset(&sweep, 0, sizeof(sweep));
	sweep.c = c;
	/* What an entry names that is not applied would not be found. */
	r = ledger_settle(c);
	if (r == PH_OK)
		r = find_kept(&sweep);
	if (r == PH_OK)
		r = documents_each(c->config.files, c->state_dir, "lists",
		    on_list, &sweep);
	free(sweep.lists);
	if (r == PH_OK) {
		c->lists_put = 0;
		c->lists_kept = sweep.nkept;
	}
	return r;
}

int
granted_put_list(struct catalogue *c, const struct lineset *list,
    struct digest *digest)
{
	struct document_name name;
	const char *text;
	size_t len;
	int r;

	r = PH_OK;
	if (c->lists_put >= UNSWEPT_MAX + c->lists_kept)
		r = granted_sweep(c);
	if (r != PH_OK)
		return r;
	c->lists_put++;
	lineset_digest(list, digest);
	text = lineset_text(list, &len);
	name = documents_list_name(digest);
	return documents_put_text(c->config.files, c->state_dir, &name, text,
	    len);
}
