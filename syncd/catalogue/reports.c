/*
 * Receipts in.  The set of the last receipt lies whole in documents/lists/,
 * the changes of each beside it, the rows in the index follow the changes.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/holding.h"
#include "proto/json_terms.h"
#include "proto/lineset.h"
#include "proto/lineset_diff.h"
#include "proto/receipt.h"
#include "syncd/catalogue/checkpoints.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/documents.h"
#include "syncd/catalogue/grants.h"
#include "syncd/catalogue/ledger.h"
#include "syncd/catalogue/registry.h"
#include "syncd/catalogue/rows.h"

#include "syncd/catalogue/reports.h"

#define ROW_MAX 4096u

static int
decode_row(const struct index_bytes *value, struct report *out)
{
	struct json_object o, grant;
	struct json *tree;
	int r;

	memset(out, 0, sizeof(*out));
	r = json_parse(value->data, value->len, ROW_MAX, &tree);
	if (r != PH_OK)
		return PH_EDIGEST;
	json_root(tree, &o);
	json_get_u64(&o, "number", 1, &out->number);
	json_get_digest(&o, "receipt", &out->receipt);
	json_get_digest(&o, "set", &out->set);
	json_get_u64(&o, "count", 0, &out->count);
	json_get_hex(&o, "incarnation", out->incarnation,
	    sizeof(out->incarnation));
	json_get_object_or_null(&o, "grant", &grant);
	if (json_object_present(&grant))
		json_get_order(&grant, &out->grant);
	json_object_end(&grant);
	json_get_u64(&o, "free", 0, &out->free_bytes);
	json_get_time(&o, "time", &out->time);
	json_get_time(&o, "received", &out->received);
	json_object_end(&o);
	r = json_error(tree) == PH_OK ? PH_OK : PH_EDIGEST;
	json_free(tree);
	return r;
}

static int
put_row(struct index_txn *txn, const struct digest *id,
    const struct report *report)
{
	struct json_writer w;
	struct buffer row;
	int r;

	buffer_init(&row, ROW_MAX);
	json_writer_init(&w, &row);
	json_open_object(&w, NULL);
	json_put_u64(&w, "number", report->number);
	json_put_digest(&w, "receipt", &report->receipt);
	json_put_digest(&w, "set", &report->set);
	json_put_u64(&w, "count", report->count);
	json_put_hex(&w, "incarnation", report->incarnation,
	    sizeof(report->incarnation));
	if (order_is_zero(&report->grant))
		json_put_null(&w, "grant");
	else {
		json_open_object(&w, "grant");
		json_put_order(&w, &report->grant);
		json_close_object(&w);
	}
	json_put_u64(&w, "free", report->free_bytes);
	json_put_time(&w, "time", report->time);
	json_put_time(&w, "received", report->received);
	json_close_object(&w);
	r = json_writer_end(&w);
	if (r == PH_OK)
		r = index_put(txn, INDEX_RECEIPTS, id->bytes, DIGEST_SIZE,
		    row.data, row.len);
	buffer_fini(&row);
	return r;
}

static int
get_row(struct index_txn *txn, const struct digest *id, struct report *out)
{
	struct index_bytes value;
	int r;

	r = index_get(txn, INDEX_RECEIPTS, id->bytes, DIGEST_SIZE, &value);
	return r == PH_OK ? decode_row(&value, out) : r;
}

int
reports_get(struct catalogue *c, const struct digest *id, struct report *out)
{
	struct index_txn *txn;
	int r;

	r = index_begin(c->index, INDEX_READ, &txn);
	if (r != PH_OK)
		return r;
	r = get_row(txn, id, out);
	index_abort(txn);
	return r;
}

int
reports_under_grant(struct catalogue *c, const struct digest *id,
    const struct order *grant, int *under)
{
	struct report report;
	int r;

	*under = 0;
	r = reports_get(c, id, &report);
	if (r == PH_EABSENT)
		return PH_OK;
	if (r == PH_OK)
		*under = order_compare(&report.grant, grant) == 0;
	return r;
}

int
reports_holds(struct catalogue *c, const struct digest *id, const char *image,
    const char *version, int *holds)
{
	struct index_txn *txn;
	struct holding h;
	int r;

	*holds = 0;
	r = index_begin(c->index, INDEX_READ, &txn);
	if (r != PH_OK)
		return r;
	r = rows_held_get(txn, id, image, version, &h);
	index_abort(txn);
	if (r == PH_OK)
		*holds = h.state != HOLDING_WITHDRAWN;
	return r == PH_EABSENT ? PH_OK : r;
}

/* Make the set of a receipt from its base and the changes. */
static int
patch_set(const struct lineset *from, const void *changes, size_t len,
    const struct receipt *receipt, struct lineset **out)
{
	struct lineset_patch *patch;
	struct digest digest;
	int r;

	patch = lineset_patch_new(from);
	if (patch == NULL)
		return PH_ENOMEM;
	r = PH_OK;
	if (len > 0)
		r = lineset_patch_apply(patch, changes, len);
	if (r == PH_OK)
		r = lineset_patch_finish(patch, out);
	lineset_patch_free(patch);
	if (r != PH_OK)
		return r;
	lineset_digest(*out, &digest);
	if (digest_compare(&digest, &receipt->set) != 0 ||
	    lineset_count(*out) != receipt->set_count)
		return PH_EDIGEST;
	return holding_check_set(*out);
}

/*
 * Judge the place of a receipt in its chain.  PH_OK: the next one.
 * PH_EEXISTS: the last one again.
 */
static int
judge(const struct receipt *receipt, const struct digest *digest,
    const struct report *last, struct failure *f)
{
	int r;

	if (last->number == 0)
		return PH_OK;
	if (receipt->number == last->number &&
	    digest_compare(digest, &last->receipt) == 0)
		return PH_EEXISTS;
	if (memcmp(receipt->incarnation, last->incarnation,
		sizeof(last->incarnation)) != 0)
		r = failure_set(f, PH_EFORK,
		    "its state is another one than that which reported "
		    "before");
	else if (receipt->number <= last->number)
		r = failure_set(f, PH_EFORK,
		    "receipt %" PRIu64 " came again with other content (the "
		    "last one was %" PRIu64 ")",
		    receipt->number, last->number);
	else if (receipt->number != last->number + 1 ||
	    digest_compare(&receipt->previous, &last->receipt) != 0)
		r = failure_set(f, PH_EFORK,
		    "receipt %" PRIu64 " does not continue receipt %" PRIu64,
		    receipt->number, last->number);
	else
		return PH_OK;
	failure_next(f,
	    "two machines use this repository's key, or its "
	    "state was restored from a backup: stop one of them");
	return r;
}

/* Keep the receipt, its changes and its set; then the entry. */
static int
commit_receipt(struct catalogue *c, const struct digest *id,
    const struct document *d, const struct receipt *receipt,
    const void *changes, size_t len, const struct lineset *set)
{
	struct document_name name;
	struct ledger_entry e;
	struct digest digest;
	const char *text;
	size_t n;
	int r;

	text = lineset_text(set, &n);
	name = documents_list_name(&receipt->set);
	r = documents_put_text(c->config.files, c->state_dir, &name, text, n);
	name = documents_receipt_name(id, receipt->number);
	if (r == PH_OK)
		r = documents_put_text(c->config.files, c->state_dir, &name,
		    changes, len);
	if (r == PH_OK)
		r = documents_put(c->config.files, c->state_dir, &name, d);
	if (r != PH_OK)
		return r;
	document_digest(d, &digest);
	r = ledger_begin(c, id, "receipt", "syncd", &e);
	if (r != PH_OK) {
		ledger_abort(&e);
		return r;
	}
	json_put_u64(&e.w, "number", receipt->number);
	json_put_digest(&e.w, "receipt", &digest);
	json_put_digest(&e.w, "set", &receipt->set);
	return ledger_commit(c, &e, NULL);
}

/* The checkpoint of the repository's log, for the answer. */
static int
answer(struct catalogue *c, const struct digest *id,
    const struct receipt *receipt, struct message_received *out)
{
	memset(out, 0, sizeof(*out));
	out->number = receipt->number;
	return checkpoints_sign(c, id, out);
}

/* Check who signed it and decode it. */
static int
open_receipt(const struct registration *record, const struct document *d,
    struct receipt *receipt)
{
	int r;

	r = document_verify(d, DOCUMENT_RECEIPT, &record->key, 1, NULL);
	if (r == PH_OK)
		r = receipt_decode(d->bytes, d->len, receipt);
	if (r == PH_OK &&
	    digest_compare(&receipt->repository, &record->id) != 0)
		r = PH_EIDENTITY;
	return r;
}

/*
 * The set that changes start from: the last one of this repository, or the
 * empty one.  Any other is as unknown as one that does not exist.
 */
static int
find_base(struct catalogue *c, const struct report *last,
    const struct digest *base, struct lineset **out)
{
	struct digest empty;

	grants_empty_list(&empty);
	if (digest_compare(base, &empty) != 0 &&
	    (last->number == 0 || digest_compare(base, &last->set) != 0))
		return PH_EABSENT;
	return grants_list(c, base, out);
}

int
reports_receive(struct catalogue *c, const struct digest *id,
    const struct document *d, const struct digest *base, const void *changes,
    size_t len, struct message_received *out, struct failure *f)
{
	struct registration record;
	struct lineset *from, *set;
	struct receipt receipt;
	struct digest digest;
	struct report last;
	int r;

	f->code = PH_OK;
	from = set = NULL;
	memset(&last, 0, sizeof(last));
	memset(&record, 0, sizeof(record));
	receipt_init(&receipt);
	r = registry_get_id(c, id, &record);
	if (r == PH_OK)
		r = open_receipt(&record, d, &receipt);
	if (r == PH_OK)
		r = reports_get(c, id, &last);
	if (r != PH_OK && r != PH_EABSENT)
		goto out;
	document_digest(d, &digest);
	r = judge(&receipt, &digest, &last, f);
	if (r == PH_EEXISTS) {
		r = answer(c, id, &receipt, out);
		goto out;
	}
	if (r == PH_OK)
		r = find_base(c, &last, base, &from);
	if (r == PH_EABSENT) {
		memset(out, 0, sizeof(*out));
		out->number = receipt.number;
		out->send_whole = 1;
		r = PH_OK;
		goto out;
	}
	if (r == PH_OK)
		r = patch_set(from, changes, len, &receipt, &set);
	/* Applying loads it again: no list is held twice. */
	lineset_free(from);
	from = NULL;
	if (r == PH_OK)
		r = commit_receipt(c, id, d, &receipt, changes, len, set);
	/* A version that was freed there leaves the grant. */
	if (r == PH_OK)
		r = grants_refresh_one(c, &record);
	if (r == PH_OK)
		r = answer(c, id, &receipt, out);
out:
	lineset_free(set);
	lineset_free(from);
	receipt_fini(&receipt);
	return failure_default(f, r, "the receipt of %s", record.name);
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

/* The set that the rows are at now; the empty one before the first. */
static int
current_set(struct catalogue *c, const struct ledger_event *e,
    struct lineset **out)
{
	struct report last;
	struct digest empty;
	int r;

	r = get_row(e->txn, &e->about, &last);
	if (r == PH_OK)
		return grants_list(c, &last.set, out);
	if (r != PH_EABSENT)
		return r;
	grants_empty_list(&empty);
	return grants_list(c, &empty, out);
}

int
reports_apply(struct catalogue *c, const struct ledger_event *e)
{
	struct document_name name;
	struct lineset *from, *to;
	struct receipt receipt;
	struct report report;
	struct document d;
	uint64_t number;
	int r;

	from = to = NULL;
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
		r = current_set(c, e, &from);
	if (r == PH_OK)
		r = grants_list(c, &report.set, &to);
	if (r == PH_OK)
		r = apply_sets(e->txn, &e->about, from, to);
	if (r == PH_OK) {
		report.number = receipt.number;
		report.count = receipt.set_count;
		memcpy(report.incarnation, receipt.incarnation,
		    sizeof(report.incarnation));
		report.grant = receipt.grant;
		report.free_bytes = receipt.free_bytes;
		report.time = receipt.time;
		report.received = e->time;
		r = put_row(e->txn, &e->about, &report);
	}
	lineset_free(from);
	lineset_free(to);
	receipt_fini(&receipt);
	document_fini(&d);
	return r;
}
