/*
 * The entry "receipt".  The rows become what the set of the last receipt says;
 * while entries of the past are applied, those whose documents were dropped
 * are passed over.
 */
#include <stdio.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/holding.h"
#include "proto/json_terms.h"
#include "proto/lineset.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/documents.h"
#include "syncd/catalogue/ledger.h"
#include "syncd/catalogue/reported.h"
#include "syncd/catalogue/reports.h"
#include "syncd/catalogue/rows.h"
#include "syncd/index/cursor.h"

#include "syncd/catalogue/receipt_entry.h"

/*
 * Single values of a repository: the number of its last receipt, if that was
 * applied without its documents; how far its share is used up; the items of
 * all its grants.
 */
#define GAP "receipt-gap/"
#define PACE "receipt-pace/"
#define ROOM "receipt-room/"
#define VALUE_KEY_SIZE (sizeof(PACE) + DIGEST_HEX_SIZE)

static void
make_key(const char *kind, const struct digest *id, char out[VALUE_KEY_SIZE])
{
	char hex[DIGEST_HEX_SIZE];

	digest_hex(id, hex);
	(void)snprintf(out, VALUE_KEY_SIZE, "%s%s", kind, hex);
}

int
receipt_entry_commit(struct catalogue *c, const struct receipt *receipt,
    const struct digest *digest)
{
	struct ledger_entry e;
	int r;

	r = ledger_begin(c, &receipt->repository, "receipt", "syncd", &e);
	if (r != PH_OK) {
		ledger_abort(&e);
		return r;
	}
	json_put_u64(&e.w, "number", receipt->number);
	json_put_digest(&e.w, "receipt", digest);
	json_put_digest(&e.w, "set", &receipt->set);
	return ledger_commit(c, &e, NULL);
}

int
receipt_entry_pace(struct index_txn *txn, const struct digest *id, int64_t time,
    int64_t *out)
{
	char key[VALUE_KEY_SIZE];
	uint64_t before;
	int64_t full;
	int r;

	make_key(PACE, id, key);
	before = 0;
	r = rows_number_get(txn, key, &before);
	full = time - (int64_t)REPORTS_BURST * REPORTS_INTERVAL_S;
	/* Nobody waits for a clock that was set back. */
	*out = (int64_t)before < full || (int64_t)before > time ?
	    full :
	    (int64_t)before;
	*out += REPORTS_INTERVAL_S;
	return r == PH_EABSENT ? PH_OK : r;
}

int
receipt_entry_room(struct index_txn *txn, const struct digest *id,
    uint64_t *items)
{
	char key[VALUE_KEY_SIZE];
	int r;

	make_key(ROOM, id, key);
	*items = 0;
	r = rows_number_get(txn, key, items);
	return r == PH_EABSENT ? PH_OK : r;
}

int
receipt_entry_granted(struct index_txn *txn, const struct digest *id,
    uint64_t items)
{
	char key[VALUE_KEY_SIZE];
	uint64_t before;
	int r;

	make_key(ROOM, id, key);
	r = receipt_entry_room(txn, id, &before);
	return r == PH_OK ? rows_number_put(txn, key, before + items) : r;
}

/* Put or delete the row of one line. */
static int
apply_line(struct index_txn *txn, const struct digest *id, const char *line,
    size_t len, int put)
{
	struct holding h;
	int r;

	r = holding_decode(line, len, &h);
	if (r == PH_OK && put)
		r = rows_held_put(txn, id, &h);
	else if (r == PH_OK)
		r = rows_held_delete(txn, id, h.image, h.version);
	return r;
}

/* Bring the rows from one set to another: what goes first, then what comes. */
static int
apply_sets(struct index_txn *txn, const struct digest *id,
    const struct lineset *from, const struct lineset *to)
{
	const char *line;
	size_t i, len;
	int r;

	r = PH_OK;
	for (i = 0; r == PH_OK && i < lineset_count(from); i++) {
		line = lineset_line(from, i, &len);
		if (!lineset_has(to, line, len))
			r = apply_line(txn, id, line, len, 0);
	}
	for (i = 0; r == PH_OK && i < lineset_count(to); i++) {
		line = lineset_line(to, i, &len);
		if (!lineset_has(from, line, len))
			r = apply_line(txn, id, line, len, 1);
	}
	return r;
}

static int
on_row(void *cookie, const struct holding *h)
{
	struct buffer line;
	int r;

	buffer_init(&line, PH_LIST_LINE_MAX);
	r = holding_encode(h, &line);
	if (r == PH_OK)
		r = lineset_builder_add(cookie, (const char *)line.data,
		    line.len);
	buffer_fini(&line);
	return r;
}

/* The set that the rows are at now. */
static int
current_set(const struct ledger_event *e, struct lineset **out)
{
	struct lineset_builder *b;
	int r;

	b = lineset_builder_new();
	r = b == NULL ? PH_ENOMEM :
			rows_held_each(e->txn, &e->about, on_row, b);
	if (r == PH_OK)
		r = lineset_builder_finish(b, out);
	lineset_builder_free(b);
	return r;
}

/* Make the rows, and the row of the receipt, what it says. */
static int
enter(struct catalogue *c, const struct ledger_event *e,
    const struct receipt *receipt, struct report *report)
{
	struct lineset *from, *to;
	int r;

	from = to = NULL;
	r = reported_set(c, &e->about, receipt->number, &report->set, &to);
	if (r == PH_OK)
		r = current_set(e, &from);
	if (r == PH_OK)
		r = apply_sets(e->txn, &e->about, from, to);
	if (r == PH_OK) {
		report->number = receipt->number;
		report->count = receipt->set_count;
		memcpy(report->incarnation, receipt->incarnation,
		    sizeof(report->incarnation));
		report->grant = receipt->grant;
		report->free_bytes = receipt->free_bytes;
		report->time = receipt->time;
		report->received = e->time;
		r = report_row_put(e->txn, &e->about, report);
	}
	lineset_free(from);
	lineset_free(to);
	return r;
}

/* Forget a value; one that is not there is fine. */
static int
forget(struct index_txn *txn, const char *kind, const struct digest *id)
{
	char key[VALUE_KEY_SIZE];
	int r;

	make_key(kind, id, key);
	r = index_delete(txn, INDEX_META, key, strlen(key));
	return r == PH_EABSENT ? PH_OK : r;
}

/*
 * Note that a receipt was applied without its documents (gap 1), and how far
 * the share of its repository is used up.
 */
static int
note(const struct ledger_event *e, uint64_t number, int gap)
{
	char key[VALUE_KEY_SIZE];
	int64_t paced;
	int r;

	r = receipt_entry_pace(e->txn, &e->about, e->time, &paced);
	make_key(PACE, &e->about, key);
	if (r == PH_OK)
		r = rows_number_put(e->txn, key, (uint64_t)paced);
	make_key(GAP, &e->about, key);
	if (r == PH_OK && gap)
		return rows_number_put(e->txn, key, number);
	return r == PH_OK ? forget(e->txn, GAP, &e->about) : r;
}

int
receipt_entry_apply(struct catalogue *c, const struct ledger_event *e)
{
	struct document_name name;
	struct receipt receipt;
	struct report report;
	struct document d;
	uint64_t number;
	int r, gap;

	memset(&report, 0, sizeof(report));
	json_get_u64(e->o, "number", 1, &number);
	json_get_digest(e->o, "receipt", &report.receipt);
	json_get_digest(e->o, "set", &report.set);
	if (json_error(e->o->tree) != PH_OK)
		return PH_ELOG;
	document_init(&d);
	receipt_init(&receipt);
	name = documents_receipt_name(&e->about, number);
	r = documents_get(c->config.files, c->state_dir, &name, &d);
	if (r == PH_OK)
		r = receipt_decode(d.bytes, d.len, &receipt);
	if (r == PH_OK)
		r = enter(c, e, &receipt, &report);
	/* It was superseded since, as a later entry says. */
	gap = r == PH_EABSENT && c->replaying;
	if (r == PH_OK || gap)
		r = note(e, number, gap);
	receipt_fini(&receipt);
	document_fini(&d);
	return r;
}

/* The repository of the first gap. */
static int
on_gap(void *cookie, const struct index_bytes *key,
    const struct index_bytes *value)
{
	char hex[DIGEST_HEX_SIZE];
	struct digest *id = cookie;

	(void)value;
	if (key->len != sizeof(GAP) - 1 + sizeof(hex) - 1)
		return PH_EDIGEST;
	memcpy(hex, key->data + sizeof(GAP) - 1, sizeof(hex) - 1);
	hex[sizeof(hex) - 1] = '\0';
	return digest_from_hex(hex, id) == PH_OK ? PH_EEXISTS : PH_EDIGEST;
}

/* Let all that follows from the log about a repository be made anew. */
static int
rewind_log(struct catalogue *c, const struct digest *id)
{
	struct index_txn *txn;
	int r;

	r = index_begin(c->index, INDEX_WRITE, &txn);
	if (r != PH_OK)
		return r;
	r = ledger_rewind(c, txn, id);
	if (r == PH_OK)
		r = forget(txn, PACE, id);
	if (r == PH_OK)
		r = forget(txn, ROOM, id);
	if (r != PH_OK) {
		index_abort(txn);
		return r;
	}
	return index_commit(txn);
}

int
receipt_entry_check(struct catalogue *c)
{
	char hex[DIGEST_HEX_SIZE];
	struct index_txn *txn;
	struct digest id;
	int r;

	r = index_begin(c->index, INDEX_READ, &txn);
	if (r != PH_OK)
		return r;
	r = index_each(txn, INDEX_META, GAP, sizeof(GAP) - 1, on_gap, &id);
	index_abort(txn);
	if (r != PH_EEXISTS)
		return r;
	r = rewind_log(c, &id);
	if (r != PH_OK)
		return r;
	digest_hex(&id, hex);
	r = failure_set(&c->failure, PH_EABSENT,
	    "the last receipt of the repository %s is not in documents/", hex);
	failure_next(&c->failure,
	    "restore documents/receipts and documents/sets from a backup");
	return r;
}
