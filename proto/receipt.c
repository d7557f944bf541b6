/*
 * Receipts.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/body.h"
#include "proto/errors.h"
#include "proto/json_terms.h"

#include "proto/receipt.h"

void
receipt_init(struct receipt *r)
{
	memset(r, 0, sizeof(*r));
}

void
receipt_fini(struct receipt *r)
{
	free(r->medium);
	receipt_init(r);
}

/* Decode only to see whether it can be. */
static int
check(const void *bytes, size_t len)
{
	struct receipt receipt;
	int r;

	receipt_init(&receipt);
	r = receipt_decode(bytes, len, &receipt);
	receipt_fini(&receipt);
	return r;
}

/* Put the grant in force, the set and what stands behind it. */
static void
encode_rest(const struct receipt *r, struct json_writer *w)
{
	size_t i;

	if (order_is_zero(&r->grant)) {
		json_put_null(w, "grant");
	} else {
		json_open_object(w, "grant");
		json_put_order(w, &r->grant);
		json_close_object(w);
	}
	json_open_object(w, "set");
	json_put_digest(w, "digest", &r->set);
	json_put_u64(w, "count", r->set_count);
	json_close_object(w);
	json_put_u64(w, "free", r->free_bytes);
	json_put_digest_or_null(w, "never", &r->never);
	json_put_string_or_null(w, "medium", r->medium);
	json_open_object(w, "checkpoint");
	json_put_u64(w, "size", r->log_size);
	json_put_digest(w, "root", &r->log_root);
	json_close_object(w);
	json_open_array(w, "commitments");
	for (i = 0; i < r->ncommitments; i++)
		json_put_digest(w, NULL, &r->commitments[i]);
	json_close_array(w);
}

int
receipt_encode(const struct receipt *r, struct buffer *out)
{
	struct json_writer w;
	size_t start;

	start = out->len;
	body_begin(&w, DOCUMENT_RECEIPT, out);
	json_put_id(&w, "repository", &r->repository);
	json_put_u64(&w, "number", r->number);
	json_put_digest_or_null(&w, "previous", &r->previous);
	json_put_hex(&w, "incarnation", r->incarnation, PH_INCARNATION_SIZE);
	json_put_time(&w, "time", r->time);
	encode_rest(r, &w);
	return body_end(&w, start, check);
}

/* Get the grant in force and the set. */
static void
decode_state(struct json_object *o, struct receipt *out)
{
	struct json_object grant, set;

	json_get_object_or_null(o, "grant", &grant);
	json_get_order(&grant, &out->grant);
	json_object_end(&grant);
	json_get_object(o, "set", &set);
	json_get_digest(&set, "digest", &out->set);
	json_get_u64(&set, "count", 0, &out->set_count);
	json_object_end(&set);
}

/* Get the checkpoint of its own log and the commitments to the main one. */
static void
decode_logs(struct json_object *o, struct receipt *out)
{
	struct json_object checkpoint;
	struct json_array array;
	size_t i;

	json_get_object(o, "checkpoint", &checkpoint);
	json_get_u64(&checkpoint, "size", 0, &out->log_size);
	json_get_digest(&checkpoint, "root", &out->log_root);
	json_object_end(&checkpoint);
	json_get_array(o, "commitments", 0, PH_COMMITMENTS_MAX, &array);
	for (i = 0; i < array.count; i++)
		json_array_digest(&array, i, &out->commitments[i]);
	out->ncommitments = array.count;
}

int
receipt_decode(const void *bytes, size_t len, struct receipt *out)
{
	struct json_object o;
	struct json *tree;
	int r;

	r = body_open(DOCUMENT_RECEIPT, bytes, len, &tree, &o);
	if (r != PH_OK)
		return r;
	json_get_id(&o, "repository", &out->repository);
	json_get_u64(&o, "number", 1, &out->number);
	json_get_digest_or_null(&o, "previous", &out->previous);
	json_check(&o, "previous",
	    out->number != 1 || digest_is_zero(&out->previous));
	json_get_hex(&o, "incarnation", out->incarnation, PH_INCARNATION_SIZE);
	json_get_time(&o, "time", &out->time);
	decode_state(&o, out);
	json_get_u64(&o, "free", 0, &out->free_bytes);
	json_get_digest_or_null(&o, "never", &out->never);
	json_get_text_copy(&o, "medium", &out->medium);
	decode_logs(&o, out);
	r = body_close(tree, &o);
	if (r != PH_OK)
		receipt_fini(out);
	return r;
}
