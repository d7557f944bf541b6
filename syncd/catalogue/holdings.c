/*
 * Merging what is granted with what was reported.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/grant_item.h"
#include "proto/lineset.h"
#include "proto/version.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/grants.h"
#include "syncd/catalogue/mandate.h"
#include "syncd/catalogue/reports.h"
#include "syncd/catalogue/rows.h"
#include "syncd/catalogue/statement.h"

#include "syncd/catalogue/holdings.h"

struct rows {
	struct holdings_row *items;
	size_t count;
	size_t size;
};

static struct holdings_row *
add_row(struct rows *rows, const char *image, const char *version)
{
	struct holdings_row *items, *row;
	size_t size;

	if (rows->count == rows->size) {
		size = rows->size == 0 ? 64 : rows->size * 2;
		items = realloc(rows->items, size * sizeof(*items));
		if (items == NULL)
			return NULL;
		rows->items = items;
		rows->size = size;
	}
	row = &rows->items[rows->count++];
	memset(row, 0, sizeof(*row));
	(void)strcpy(row->image, image);
	(void)strcpy(row->version, version);
	return row;
}

static int
compare_rows(const void *pa, const void *pb)
{
	const struct holdings_row *a, *b;
	int order;

	a = pa;
	b = pb;
	order = strcmp(a->image, b->image);
	return order != 0 ? order : version_compare(a->version, b->version);
}

/* Fill in what a repository said of a version. */
static void
set_held(struct holdings_row *row, const struct holding *h)
{
	row->manifest = h->manifest;
	row->held =
	    h->state == HOLDING_WITHDRAWN ? HOLDINGS_NOT_HELD : HOLDINGS_HELD;
	row->state = holding_state_name(h->state);
	row->evidence = holding_evidence_name(h->evidence);
	row->time = h->time;
}

/* Fill in a version that a repository said nothing of. */
static void
set_silent(struct holdings_row *row, int reported)
{
	row->held = reported ? HOLDINGS_NOT_HELD : HOLDINGS_UNKNOWN;
	row->state = reported ? "absent" : "unknown";
	row->evidence = holding_evidence_name(HOLDING_NONE);
}

static int
on_held(void *cookie, const struct holding *h)
{
	struct holdings_row *row;

	row = add_row(cookie, h->image, h->version);
	if (row == NULL)
		return PH_ENOMEM;
	set_held(row, h);
	return PH_OK;
}

/* The rows of a set of lines. */
static int
add_set(struct rows *rows, const struct lineset *set)
{
	struct holding h;
	const char *line;
	size_t i, len;
	int r;

	r = PH_OK;
	for (i = 0; r == PH_OK && i < lineset_count(set); i++) {
		line = lineset_line(set, i, &len);
		r = holding_decode(line, len, &h);
		if (r == PH_OK)
			r = on_held(rows, &h);
	}
	return r;
}

/* Mark what is granted, and add what is granted and was not spoken of. */
static int
add_granted(struct rows *rows, const struct lineset *list, int reported)
{
	struct holdings_row key, *row;
	struct grant_item item;
	const char *line;
	size_t i, len, nheld;
	int r;

	if (rows->count > 1)
		qsort(rows->items, rows->count, sizeof(*rows->items),
		    compare_rows);
	nheld = rows->count;
	for (i = 0; i < lineset_count(list); i++) {
		line = lineset_line(list, i, &len);
		r = grant_item_decode(line, len, &item);
		if (r != PH_OK)
			return r;
		memset(&key, 0, sizeof(key));
		(void)strcpy(key.image, item.image);
		(void)strcpy(key.version, item.version);
		row = nheld == 0 ? NULL :
				   bsearch(&key, rows->items, nheld,
				       sizeof(*rows->items), compare_rows);
		if (row == NULL) {
			row = add_row(rows, item.image, item.version);
			if (row == NULL)
				return PH_ENOMEM;
			row->manifest = item.manifest;
			set_silent(row, reported);
		}
		row->allowed = 1;
	}
	return PH_OK;
}

/* The head and the list for ourselves. */
static int
own_head(struct catalogue *c, struct holdings_head *head, struct lineset **list)
{
	struct grant grant;
	int r;

	memset(head, 0, sizeof(*head));
	(void)strcpy(head->name, c->config.configuration->name);
	head->id = c->id;
	head->as_of = clock_wall(c->config.clock);
	if (catalogue_is_primary(c))
		return lineset_decode(NULL, 0, list);
	r = mandate_grant(c, &grant);
	if (r == PH_OK) {
		head->grant_epoch = grant.order.epoch;
		head->grant_generation = grant.order.generation;
	}
	return r == PH_OK || r == PH_EABSENT ? mandate_list(c, list) : r;
}

/* The head and the list for another repository. */
static int
other_head(struct catalogue *c, const struct registration *record,
    struct holdings_head *head, struct lineset **list)
{
	struct report report;
	struct grant grant;
	int r;

	memset(head, 0, sizeof(*head));
	(void)strcpy(head->name, record->name);
	head->id = record->id;
	head->removed = record->removed;
	r = reports_get(c, &record->id, &report);
	if (r == PH_OK)
		head->as_of = report.received;
	if (r == PH_OK || r == PH_EABSENT)
		r = grants_get(c, &record->id, &grant, NULL);
	if (r == PH_OK) {
		head->grant_epoch = grant.order.epoch;
		head->grant_generation = grant.order.generation;
	}
	/* A removed repository may hold nothing, whatever it was granted. */
	if (r == PH_OK && !record->removed)
		return grants_list(c, &grant.list, list);
	if (r == PH_OK || r == PH_EABSENT)
		return lineset_decode(NULL, 0, list);
	return r;
}

/* At a primary, its own items are allowed: it published them. */
static void
allow_own(struct rows *rows)
{
	size_t i;

	for (i = 0; i < rows->count; i++)
		rows->items[i].allowed = rows->items[i].held == HOLDINGS_HELD;
}

int
holdings_of(struct catalogue *c, const struct registration *record,
    struct holdings_head *head, holdings_each *each, void *cookie)
{
	struct lineset *list, *set;
	struct index_txn *txn;
	struct rows rows;
	size_t i;
	int r;

	list = set = NULL;
	memset(&rows, 0, sizeof(rows));
	if (record == NULL) {
		r = own_head(c, head, &list);
		if (r == PH_OK)
			r = statement_set(c, &set);
		if (r == PH_OK)
			r = add_set(&rows, set);
	} else {
		r = other_head(c, record, head, &list);
		if (r == PH_OK)
			r = index_begin(c->index, INDEX_READ, &txn);
		if (r == PH_OK) {
			r = rows_held_each(txn, &record->id, on_held, &rows);
			index_abort(txn);
		}
	}
	if (r == PH_OK)
		r = add_granted(&rows, list, head->as_of != 0);
	if (r == PH_OK && record == NULL && catalogue_is_primary(c))
		allow_own(&rows);
	if (r == PH_OK && rows.count > 1)
		qsort(rows.items, rows.count, sizeof(*rows.items),
		    compare_rows);
	for (i = 0; r == PH_OK && i < rows.count; i++)
		r = each(cookie, &rows.items[i]);
	free(rows.items);
	lineset_free(set);
	lineset_free(list);
	return r;
}

/* Catching one row of a walk. */
struct catch
{
	const char *image;
	const char *version;
	struct holdings_row *out;
	int found;
};

static int
on_row(void *cookie, const struct holdings_row *row)
{
	struct catch *catch;

	catch = cookie;
	if (strcmp(row->image, catch->image) == 0 &&
	    strcmp(row->version, catch->version) == 0) {
		*catch->out = *row;
		catch->found = 1;
	}
	return PH_OK;
}

int
holdings_one(struct catalogue *c, const struct registration *record,
    const char *image, const char *version, struct holdings_head *head,
    struct holdings_row *out)
{
	struct catch catch;
	int r;

	catch.image = image;
	catch.version = version;
	catch.out = out;
	catch.found = 0;
	r = holdings_of(c, record, head, on_row, &catch);
	if (r == PH_OK && !catch.found) {
		memset(out, 0, sizeof(*out));
		(void)strcpy(out->image, image);
		(void)strcpy(out->version, version);
		set_silent(out, head->as_of != 0);
	}
	return r;
}

int
holdings_manifest(struct catalogue *c, const struct digest *digest,
    struct manifest *out)
{
	struct index_txn *txn;
	int r;

	r = index_begin(c->index, INDEX_READ, &txn);
	if (r != PH_OK)
		return r;
	r = rows_manifest_get(txn, digest, NULL, out);
	index_abort(txn);
	return r;
}

int
holdings_version(struct catalogue *c, const char *image, const char *version,
    struct digest *digest, struct manifest *out)
{
	struct index_txn *txn;
	struct holding h;
	int r;

	if (strlen(image) > PH_NAME_MAX || strlen(version) > PH_VERSION_MAX)
		return PH_EABSENT;
	r = index_begin(c->index, INDEX_READ, &txn);
	if (r != PH_OK)
		return r;
	r = rows_item_get(txn, image, version, &h);
	if (r == PH_OK && h.state == HOLDING_WITHDRAWN)
		r = PH_EABSENT;
	if (r == PH_OK) {
		*digest = h.manifest;
		r = rows_manifest_get(txn, &h.manifest, NULL, out);
	}
	index_abort(txn);
	return r;
}
