/*
 * The row is JSON, as it has many members and is read by few.
 */
#include <string.h>

#include "proto/errors.h"
#include "proto/json_terms.h"
#include "proto/json_writer.h"

#include "syncd/catalogue/report_row.h"

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

int
report_row_put(struct index_txn *txn, const struct digest *id,
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

int
report_row_get(struct index_txn *txn, const struct digest *id,
    struct report *out)
{
	struct index_bytes value;
	int r;

	r = index_get(txn, INDEX_RECEIPTS, id->bytes, DIGEST_SIZE, &value);
	return r == PH_OK ? decode_row(&value, out) : r;
}
