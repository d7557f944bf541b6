/*
 * Our own receipts.  What we hold is what the items say, what is being
 * received is what lies in staging/.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/grant_item.h"
#include "proto/holding.h"
#include "proto/json_terms.h"
#include "proto/line_fields.h"
#include "proto/lineset_diff.h"
#include "proto/receipt.h"
#include "syncd/catalogue/checkpoints.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/documents.h"
#include "syncd/catalogue/granted.h"
#include "syncd/catalogue/grants.h"
#include "syncd/catalogue/ledger.h"
#include "syncd/catalogue/mandate.h"
#include "syncd/catalogue/rows.h"
#include "syncd/store/staging.h"

#include "syncd/catalogue/statement.h"

/* A receipt is made anew when the last one is this old. */
#define RECEIPT_AGE_S (24 * 3600)

#define ACKNOWLEDGED_SET "acknowledged-set"
#define ACKNOWLEDGED_NUMBER "acknowledged"
#define LOG_SIZE "upstream-log-size"
#define LOG_ROOT "upstream-log-root"

void
statement_init(struct statement *s)
{
	memset(s, 0, sizeof(*s));
	document_init(&s->receipt);
}

void
statement_fini(struct statement *s)
{
	document_fini(&s->receipt);
	lineset_free(s->from);
	lineset_free(s->set);
	statement_init(s);
}

/* A digest of the table of single values; that of nothing without one. */
static int
get_digest(struct index_txn *txn, const char *key, struct digest *out)
{
	struct index_bytes value;
	int r;

	r = index_get(txn, INDEX_META, key, strlen(key), &value);
	if (r == PH_OK && value.len != DIGEST_SIZE)
		return PH_EDIGEST;
	if (r == PH_OK)
		memcpy(out->bytes, value.data, DIGEST_SIZE);
	if (r == PH_EABSENT) {
		grants_empty_list(out);
		r = PH_OK;
	}
	return r;
}

static int
get_number(struct index_txn *txn, const char *key, uint64_t *out)
{
	int r;

	*out = 0;
	r = rows_number_get(txn, key, out);
	return r == PH_EABSENT ? PH_OK : r;
}

/* The last receipt we made; number 0 when there is none. */
static int
get_last(struct index_txn *txn, const struct digest *id, struct receipt *out,
    struct digest *digest)
{
	struct document d;
	int r;

	document_init(&d);
	r = rows_sealed_get(txn, INDEX_RECEIPTS, id, &d);
	if (r == PH_OK)
		r = receipt_decode(d.bytes, d.len, out);
	if (r == PH_OK)
		document_digest(&d, digest);
	document_fini(&d);
	return r == PH_EABSENT ? PH_OK : r;
}

/* What making a set needs at hand. */
struct making {
	struct catalogue *c;
	struct index_txn *txn;
	struct lineset *list; /* Of the grant in force. */
	struct lineset_builder *builder;
	struct staging_partial partial; /* While walking over references. */
};

static int
add_holding(struct making *m, const struct holding *h)
{
	struct buffer line;
	int r;

	buffer_init(&line, PH_LIST_LINE_MAX);
	r = holding_encode(h, &line);
	if (r == PH_OK)
		r = lineset_builder_add(m->builder, (const char *)line.data,
		    line.len);
	buffer_fini(&line);
	return r;
}

/* 1 when the grant in force lists an item as retiring. */
static int
is_retiring(const struct making *m, const struct holding *h)
{
	struct grant_item item;
	struct buffer line;
	int has;

	memset(&item, 0, sizeof(item));
	item.state = GRANT_RETIRE;
	item.manifest = h->manifest;
	(void)strcpy(item.image, h->image);
	(void)strcpy(item.version, h->version);
	buffer_init(&line, PH_LIST_LINE_MAX);
	has = grant_item_encode(&item, &line) == PH_OK &&
	    lineset_has(m->list, (const char *)line.data, line.len);
	buffer_fini(&line);
	return has;
}

static int
on_item(void *cookie, const struct holding *h)
{
	struct making *m;
	struct holding own;

	m = cookie;
	own = *h;
	if (own.state == HOLDING_VISIBLE && is_retiring(m, h))
		own.state = HOLDING_RETIRING;
	return add_holding(m, &own);
}

/* A version that names a blob which is being received. */
static int
on_partial_reference(void *cookie, const char *image, const char *version)
{
	struct grant_item item;
	struct making *m;
	struct holding h;
	int r;

	m = cookie;
	r = rows_item_get(m->txn, image, version, &h);
	if (r == PH_OK && h.state != HOLDING_WITHDRAWN)
		return PH_OK; /* A relabelling: it is all here. */
	if (r != PH_OK && r != PH_EABSENT)
		return r;
	r = mandate_item(m->c, image, version, &item);
	if (r == PH_EDENIED)
		return PH_OK;
	if (r != PH_OK)
		return r;
	memset(&h, 0, sizeof(h));
	h.state = HOLDING_PARTIAL;
	h.manifest = item.manifest;
	(void)strcpy(h.image, image);
	(void)strcpy(h.version, version);
	h.evidence = HOLDING_NONE;
	h.time = m->partial.begun;
	return add_holding(m, &h);
}

static int
on_staging(void *cookie, const struct staging_partial *partial)
{
	struct making *m;

	m = cookie;
	if (partial->stored == 0)
		return PH_OK; /* Nothing came yet: for want of space, say. */
	m->partial = *partial;
	return rows_reference_each(m->txn, &partial->target,
	    on_partial_reference, m);
}

/* A line, by what it is about: "IMAGE VERSION". */
struct named {
	struct line_field name;
	size_t line;
};

/* By name; of one name, in the order of the lines. */
static int
compare_named(const void *pa, const void *pb)
{
	const struct named *a, *b;
	int order;

	a = pa;
	b = pb;
	order = lineset_compare(a->name.text, a->name.len, b->name.text,
	    b->name.len);
	if (order == 0)
		order = a->line < b->line ? -1 : a->line > b->line;
	return order;
}

/* The lines of a set by name; freed by the caller. */
static int
sort_named(const struct lineset *all, struct named **out)
{
	struct line_field fields[HOLDING_FIELDS];
	struct named *named;
	const char *line;
	size_t i, len;
	int r;

	named = calloc(lineset_count(all) + 1, sizeof(*named));
	*out = named;
	if (named == NULL)
		return PH_ENOMEM;
	for (i = 0; i < lineset_count(all); i++) {
		line = lineset_line(all, i, &len);
		r = line_fields_split(line, len, HOLDING_FIELDS, fields);
		if (r != PH_OK)
			return r;
		named[i].line = i;
		named[i].name.text = fields[2].text;
		named[i].name.len =
		    (size_t)(fields[3].text - fields[2].text) + fields[3].len;
	}
	qsort(named, lineset_count(all), sizeof(*named), compare_named);
	return PH_OK;
}

/* 1 when two lines are of one version. */
static int
same_name(const struct named *a, const struct named *b)
{
	return lineset_compare(a->name.text, a->name.len, b->name.text,
		   b->name.len) == 0;
}

/*
 * One line for each image and version: a version of two files that are both
 * being received, or that was withdrawn and comes again, has several.  Lines
 * sort by state: partial is before withdrawn, and the first one stays.
 */
static int
drop_doubles(struct lineset *all, struct lineset **out)
{
	struct lineset_builder *b;
	struct named *named;
	const char *line;
	size_t i, len;
	int r;

	b = lineset_builder_new();
	r = sort_named(all, &named);
	if (b == NULL)
		r = PH_ENOMEM;
	for (i = 0; r == PH_OK && i < lineset_count(all); i++) {
		if (i > 0 && same_name(&named[i - 1], &named[i]))
			continue;
		line = lineset_line(all, named[i].line, &len);
		r = lineset_builder_add(b, line, len);
	}
	if (r == PH_OK)
		r = lineset_builder_finish(b, out);
	lineset_builder_free(b);
	free(named);
	return r;
}

int
statement_set(struct catalogue *c, struct lineset **out)
{
	struct lineset *all;
	struct making m;
	int r;

	memset(&m, 0, sizeof(m));
	all = NULL;
	m.c = c;
	r = mandate_list(c, &m.list);
	if (r != PH_OK)
		return r;
	m.builder = lineset_builder_new();
	r = m.builder == NULL ? PH_ENOMEM :
				index_begin(c->index, INDEX_READ, &m.txn);
	if (r == PH_OK) {
		r = rows_item_each(m.txn, NULL, on_item, &m);
		if (r == PH_OK)
			r = staging_list(c->store, on_staging, &m);
		index_abort(m.txn);
	}
	if (r == PH_OK)
		r = lineset_builder_finish(m.builder, &all);
	if (r == PH_OK)
		r = drop_doubles(all, out);
	lineset_free(all);
	lineset_builder_free(m.builder);
	lineset_free(m.list);
	return r;
}

int
statement_sets(struct catalogue *c, struct index_txn *txn, struct digest out[2])
{
	struct receipt last;
	struct digest digest;
	int r;

	receipt_init(&last);
	grants_empty_list(&last.set);
	r = get_last(txn, &c->id, &last, &digest);
	out[0] = last.set;
	if (r == PH_OK)
		r = get_digest(txn, ACKNOWLEDGED_SET, &out[1]);
	receipt_fini(&last);
	return r;
}

int
statement_state(struct catalogue *c, struct message_state *out)
{
	struct receipt last;
	struct digest digest;
	struct index_txn *txn;
	struct message_log *log;
	int r;

	receipt_init(&last);
	r = index_begin(c->index, INDEX_READ, &txn);
	if (r != PH_OK)
		return r;
	r = get_last(txn, &c->id, &last, &digest);
	if (r == PH_OK)
		r = get_digest(txn, ACKNOWLEDGED_SET, &out->set);
	log = &out->logs[0];
	if (r == PH_OK)
		r = get_number(txn, LOG_SIZE, &log->size);
	if (r == PH_OK)
		r = get_digest(txn, LOG_ROOT, &log->root);
	index_abort(txn);
	if (r == PH_OK) {
		out->receipt = last.number;
		digest_hex(&c->id, log->name);
		out->nlogs = 1;
	}
	receipt_fini(&last);
	return r;
}

/* Fill in the next receipt. */
static int
compose(struct catalogue *c, const struct receipt *last,
    const struct digest *last_digest, const struct lineset *set,
    struct receipt *out)
{
	struct grant grant;
	struct log *log;
	uint64_t inodes;
	int r;

	out->repository = c->id;
	out->number = last->number + 1;
	if (last->number > 0)
		out->previous = *last_digest;
	memcpy(out->incarnation, c->incarnation, sizeof(out->incarnation));
	out->time = clock_wall(c->config.clock);
	r = mandate_grant(c, &grant);
	if (r == PH_OK)
		out->grant = grant.order;
	lineset_digest(set, &out->set);
	out->set_count = lineset_count(set);
	if (r == PH_OK || r == PH_EABSENT)
		r = store_free_space(c->store, &out->free_bytes, &inodes);
	if (r == PH_OK)
		r = ledger_log(c, NULL, &log);
	if (r == PH_OK) {
		out->log_size = log_size(log);
		log_root(log, &out->log_root);
	}
	return r;
}

/* Sign, keep and log the next receipt. */
static int
issue(struct catalogue *c, const struct receipt *receipt,
    const struct lineset *set, struct document *d)
{
	struct document_name name;
	struct ledger_entry e;
	struct buffer bytes;
	struct digest digest;
	int r;

	buffer_init(&bytes, PH_DOCUMENT_MAX);
	r = receipt_encode(receipt, &bytes);
	if (r == PH_OK)
		r = document_set(d, bytes.data, bytes.len);
	if (r == PH_OK)
		r = document_sign(d, DOCUMENT_RECEIPT, c->key);
	if (r == PH_OK)
		r = granted_put_list(c, set, &digest);
	if (r == PH_OK) {
		name = documents_receipt_name(&c->id, receipt->number);
		r = documents_put(c->config.files, c->state_dir, &name, d);
	}
	buffer_fini(&bytes);
	if (r != PH_OK)
		return r;
	document_digest(d, &digest);
	r = ledger_begin(c, NULL, "receipt-made", "syncd", &e);
	if (r != PH_OK) {
		ledger_abort(&e);
		return r;
	}
	json_put_u64(&e.w, "number", receipt->number);
	json_put_digest(&e.w, "receipt", &digest);
	return ledger_commit(c, &e, NULL);
}

/* 1 when a receipt is not so old that it is made anew. */
static int
is_fresh(struct catalogue *c, const struct receipt *last)
{
	return clock_wall(c->config.clock) < last->time + RECEIPT_AGE_S;
}

/* 1 when the last receipt says what the next one would. */
static int
still_true(struct catalogue *c, const struct receipt *last,
    const struct receipt *next)
{
	return last->number > 0 &&
	    digest_compare(&last->set, &next->set) == 0 &&
	    order_compare(&last->grant, &next->grant) == 0 &&
	    memcmp(last->incarnation, next->incarnation,
		sizeof(last->incarnation)) == 0 &&
	    is_fresh(c, last);
}

int
statement_due(struct catalogue *c, int *due)
{
	struct receipt last;
	struct digest digest;
	struct index_txn *txn;
	uint64_t number;
	int r;

	receipt_init(&last);
	r = index_begin(c->index, INDEX_READ, &txn);
	if (r != PH_OK)
		return r;
	r = get_last(txn, &c->id, &last, &digest);
	if (r == PH_OK)
		r = get_number(txn, ACKNOWLEDGED_NUMBER, &number);
	index_abort(txn);
	if (r == PH_OK)
		*due = last.number == 0 || last.number > number ||
		    !is_fresh(c, &last);
	receipt_fini(&last);
	return r;
}

/* What the differences start from: the acknowledged set, if it is here. */
static int
find_base(struct catalogue *c, int whole, const struct digest *acknowledged,
    struct statement *out)
{
	int r;

	out->base = *acknowledged;
	r = whole ? PH_EABSENT : grants_list(c, &out->base, &out->from);
	if (r == PH_EABSENT) {
		grants_empty_list(&out->base);
		r = grants_list(c, &out->base, &out->from);
	}
	return r;
}

int
statement_make(struct catalogue *c, int whole, struct statement *out)
{
	struct receipt last, next;
	struct digest digest, acknowledged;
	struct document_name name;
	struct index_txn *txn;
	uint64_t number;
	int r;

	receipt_init(&last);
	receipt_init(&next);
	r = ledger_settle(c);
	if (r == PH_OK)
		r = statement_set(c, &out->set);
	if (r == PH_OK)
		r = index_begin(c->index, INDEX_READ, &txn);
	if (r != PH_OK)
		goto out;
	r = get_last(txn, &c->id, &last, &digest);
	if (r == PH_OK)
		r = get_digest(txn, ACKNOWLEDGED_SET, &acknowledged);
	if (r == PH_OK)
		r = get_number(txn, ACKNOWLEDGED_NUMBER, &number);
	index_abort(txn);
	if (r == PH_OK)
		r = compose(c, &last, &digest, out->set, &next);
	if (r != PH_OK)
		goto out;
	/*
	 * One at a time: a receipt that was not acknowledged goes first, as
	 * it is; the chain has no gaps.
	 */
	if (last.number > number ||
	    (still_true(c, &last, &next) && last.number == number)) {
		out->due = last.number > number;
		name = documents_receipt_name(&c->id, last.number);
		lineset_free(out->set);
		out->set = NULL;
		r = grants_list(c, &last.set, &out->set);
		if (r == PH_OK)
			r = documents_get(c->config.files, c->state_dir, &name,
			    &out->receipt);
	} else {
		out->due = 1;
		r = issue(c, &next, out->set, &out->receipt);
	}
	if (r == PH_OK)
		r = find_base(c, whole, &acknowledged, out);
out:
	receipt_fini(&next);
	receipt_fini(&last);
	return r;
}

/* Whether an acknowledgement is of our last receipt and of the same log. */
static int
check_received(const struct message_received *m, const struct receipt *last,
    uint64_t size, const struct digest *root)
{
	if (last->number == 0 || m->number != last->number ||
	    digest_is_zero(&m->root))
		return PH_EMESSAGE;
	if (m->size < size ||
	    (m->size == size && size > 0 &&
		digest_compare(&m->root, root) != 0))
		return PH_EFORK;
	return PH_OK;
}

int
statement_received(struct catalogue *c, const struct message_received *m)
{
	struct digest digest, root;
	struct receipt last;
	struct index_txn *txn;
	struct ledger_entry e;
	uint64_t number, size;
	int r;

	receipt_init(&last);
	r = index_begin(c->index, INDEX_READ, &txn);
	if (r != PH_OK)
		return r;
	r = get_last(txn, &c->id, &last, &digest);
	if (r == PH_OK)
		r = get_number(txn, ACKNOWLEDGED_NUMBER, &number);
	if (r == PH_OK)
		r = get_number(txn, LOG_SIZE, &size);
	if (r == PH_OK)
		r = get_digest(txn, LOG_ROOT, &root);
	index_abort(txn);
	if (r == PH_OK)
		r = check_received(m, &last, size, &root);
	if (r == PH_OK)
		r = checkpoints_take(c, m);
	if (r != PH_OK || (number == m->number && size == m->size))
		goto out;
	r = ledger_begin(c, NULL, "receipt-acknowledged", "syncd", &e);
	if (r != PH_OK) {
		ledger_abort(&e);
		goto out;
	}
	json_put_u64(&e.w, "number", m->number);
	json_put_digest(&e.w, "set", &last.set);
	json_put_u64(&e.w, "size", m->size);
	json_put_digest(&e.w, "root", &m->root);
	r = ledger_commit(c, &e, NULL);
out:
	receipt_fini(&last);
	return r;
}

int
statement_apply_acknowledged(struct catalogue *c, const struct ledger_event *e)
{
	struct digest set, root;
	uint64_t number, size;
	int r;

	(void)c;
	json_get_u64(e->o, "number", 1, &number);
	json_get_digest(e->o, "set", &set);
	json_get_u64(e->o, "size", 0, &size);
	json_get_digest(e->o, "root", &root);
	if (json_error(e->o->tree) != PH_OK)
		return PH_ELOG;
	r = rows_number_put(e->txn, ACKNOWLEDGED_NUMBER, number);
	if (r == PH_OK)
		r = rows_number_put(e->txn, LOG_SIZE, size);
	if (r == PH_OK)
		r = index_put(e->txn, INDEX_META, LOG_ROOT, strlen(LOG_ROOT),
		    root.bytes, DIGEST_SIZE);
	if (r == PH_OK)
		r = index_put(e->txn, INDEX_META, ACKNOWLEDGED_SET,
		    strlen(ACKNOWLEDGED_SET), set.bytes, DIGEST_SIZE);
	return r;
}

int
statement_apply(struct catalogue *c, const struct ledger_event *e)
{
	struct document_name name;
	struct digest digest, found;
	struct document d;
	uint64_t number;
	int r;

	json_get_u64(e->o, "number", 1, &number);
	json_get_digest(e->o, "receipt", &digest);
	if (json_error(e->o->tree) != PH_OK)
		return PH_ELOG;
	document_init(&d);
	name = documents_receipt_name(&c->id, number);
	r = documents_get(c->config.files, c->state_dir, &name, &d);
	if (r == PH_OK) {
		document_digest(&d, &found);
		if (digest_compare(&found, &digest) != 0)
			r = PH_EDOCUMENT;
	}
	if (r == PH_OK)
		r = rows_sealed_put(e->txn, INDEX_RECEIPTS, &c->id, &d);
	document_fini(&d);
	return r;
}
