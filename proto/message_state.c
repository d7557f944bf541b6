/*
 * STATE, SAME, BUSY and RECEIVED.
 */
#include <assert.h>
#include <string.h>

#include "proto/base64.h"
#include "proto/errors.h"
#include "proto/json_terms.h"
#include "proto/message_json.h"

#include "proto/message_state.h"

/* The value of "send" in a RECEIVED that asks for the whole set. */
#define SEND_WHOLE "whole"

/* 1 for the name of a log: "main", "local" or a repository id. */
static int
log_name_valid(const char *name)
{
	struct digest id;

	return strcmp(name, "main") == 0 || strcmp(name, "local") == 0 ||
	    digest_from_hex(name, &id) == PH_OK;
}

static void
put_order(struct json_writer *w, const char *name, const struct order *order)
{
	json_open_object(w, name);
	json_put_order(w, order);
	json_close_object(w);
}

/* Unlike those of documents, the orders of STATE may be {0, 0}. */
static void
get_order(struct json_object *root, const char *name, struct order *out)
{
	struct json_object o;

	json_get_object(root, name, &o);
	json_get_u64(&o, "epoch", 0, &out->epoch);
	json_get_u64(&o, "generation", 0, &out->generation);
	json_check(root, name, order_is_zero(out) || order_valid(out));
	json_object_end(&o);
}

int
message_state_encode(const struct message_state *m, struct buffer *out)
{
	const struct message_log *log;
	struct json_writer w;
	size_t i, mark;

	assert(m->nlogs <= MESSAGE_LOGS_MAX);
	mark = message_json_begin(&w, MESSAGE_STATE, 0, out);
	put_order(&w, "charter", &m->charter);
	put_order(&w, "grant", &m->grant);
	json_put_digest(&w, "list", &m->list);
	json_put_digest(&w, "set", &m->set);
	json_put_u64(&w, "receipt", m->receipt);
	json_open_array(&w, "logs");
	for (i = 0; i < m->nlogs; i++) {
		log = &m->logs[i];
		assert(log_name_valid(log->name));
		json_open_object(&w, NULL);
		json_put_string(&w, "log", log->name);
		json_put_u64(&w, "size", log->size);
		json_put_digest(&w, "root", &log->root);
		json_close_object(&w);
	}
	json_close_array(&w);
	json_put_null(&w, "next");
	return message_json_end(&w, mark);
}

/* One of the logs, none of which may be named twice. */
static void
get_log(struct json_array *logs, struct message_state *m, size_t i)
{
	struct message_log *log;
	struct json_object o;
	const char *name;
	size_t k, len;

	log = &m->logs[i];
	json_array_object(logs, i, &o);
	json_get_string(&o, "log", &name, &len);
	json_get_u64(&o, "size", 0, &log->size);
	json_get_digest(&o, "root", &log->root);
	json_object_end(&o);
	if (!log_name_valid(name)) {
		json_array_check(logs, 0);
		return;
	}
	memcpy(log->name, name, len + 1);
	for (k = 0; k < i; k++)
		json_array_check(logs, strcmp(m->logs[k].name, name) != 0);
}

int
message_state_decode(const struct frame *f, struct message_state *out)
{
	struct json *tree;
	struct json_object root;
	struct json_array logs;
	size_t i;
	int r;

	assert(f->type == MESSAGE_STATE);
	r = message_json_open(f, &tree, &root);
	if (r != PH_OK)
		return r;
	memset(out, 0, sizeof(*out));
	get_order(&root, "charter", &out->charter);
	get_order(&root, "grant", &out->grant);
	json_get_digest(&root, "list", &out->list);
	json_get_digest(&root, "set", &out->set);
	json_get_u64(&root, "receipt", 0, &out->receipt);
	json_get_array(&root, "logs", 0, MESSAGE_LOGS_MAX, &logs);
	for (i = 0; i < logs.count; i++)
		get_log(&logs, out, i);
	out->nlogs = logs.count;
	json_get_null(&root, "next");
	return message_json_close(tree, &root);
}

/* SAME and BUSY have one form: a number of seconds under a name. */
static int
seconds_encode(enum message_type type, const char *name, int64_t seconds,
    struct buffer *out)
{
	struct json_writer w;
	size_t mark;

	assert(seconds >= 0 && seconds <= MESSAGE_SECONDS_MAX);
	mark = message_json_begin(&w, type, 0, out);
	json_put_int(&w, name, seconds);
	return message_json_end(&w, mark);
}

static int
seconds_decode(const struct frame *f, const char *name, int64_t *seconds)
{
	struct json *tree;
	struct json_object root;
	int r;

	r = message_json_open(f, &tree, &root);
	if (r != PH_OK)
		return r;
	json_get_int(&root, name, 0, MESSAGE_SECONDS_MAX, seconds);
	return message_json_close(tree, &root);
}

int
message_same_encode(const struct message_same *m, struct buffer *out)
{
	return seconds_encode(MESSAGE_SAME, "next", m->next_s, out);
}

int
message_same_decode(const struct frame *f, struct message_same *out)
{
	assert(f->type == MESSAGE_SAME);
	return seconds_decode(f, "next", &out->next_s);
}

int
message_busy_encode(const struct message_busy *m, struct buffer *out)
{
	return seconds_encode(MESSAGE_BUSY, "after", m->after_s, out);
}

int
message_busy_decode(const struct frame *f, struct message_busy *out)
{
	assert(f->type == MESSAGE_BUSY);
	return seconds_decode(f, "after", &out->after_s);
}

static void
put_signature(struct json_writer *w, const struct message_received *m)
{
	struct buffer text;

	buffer_init(&text, 2 * SSHSIG_BLOB_MAX);
	if (base64_encode(m->signature, m->signature_len, BASE64_PADDED,
		&text) != PH_OK)
		json_writer_fail(w, PH_ENOMEM);
	else
		json_put_string_bytes(w, "signature", (const char *)text.data,
		    text.len);
	buffer_fini(&text);
}

/* The checkpoint is there unless the whole set is asked for. */
static void
put_checkpoint(struct json_writer *w, const struct message_received *m)
{
	if (m->send_whole) {
		json_put_null(w, "checkpoint");
		return;
	}
	json_open_object(w, "checkpoint");
	json_put_u64(w, "size", m->size);
	json_put_digest(w, "root", &m->root);
	json_put_time(w, "time", m->time);
	put_signature(w, m);
	json_close_object(w);
}

static void
put_proof(struct json_writer *w, const struct message_received *m)
{
	size_t i;

	if (m->nproof == 0) {
		json_put_null(w, "proof");
		return;
	}
	json_open_array(w, "proof");
	for (i = 0; i < m->nproof; i++)
		json_put_digest(w, NULL, &m->proof[i]);
	json_close_array(w);
}

int
message_received_encode(const struct message_received *m, struct buffer *out)
{
	struct json_writer w;
	size_t mark;

	assert(m->nproof <= MESSAGE_PROOF_MAX);
	mark = message_json_begin(&w, MESSAGE_RECEIVED, 0, out);
	json_put_u64(&w, "number", m->number);
	json_put_string_or_null(&w, "send", m->send_whole ? SEND_WHOLE : NULL);
	put_checkpoint(&w, m);
	put_proof(&w, m);
	json_put_digest_or_null(&w, "commitment", &m->commitment);
	return message_json_end(&w, mark);
}

static void
get_signature(struct json_object *o, struct message_received *out)
{
	struct buffer blob;
	const char *text;
	size_t len;
	int r;

	buffer_init(&blob, SSHSIG_BLOB_MAX);
	json_get_string(o, "signature", &text, &len);
	r = base64_decode(text, len, BASE64_PADDED, &blob);
	if (r == PH_ENOMEM)
		json_set_error(o->tree, r);
	else if (r != PH_OK || blob.len == 0)
		json_refuse(o, "signature");
	else {
		memcpy(out->signature, blob.data, blob.len);
		out->signature_len = blob.len;
	}
	buffer_fini(&blob);
}

static void
get_checkpoint(struct json_object *root, struct message_received *out)
{
	struct json_object o;

	if (out->send_whole) {
		json_get_null(root, "checkpoint");
		return;
	}
	json_get_object(root, "checkpoint", &o);
	json_get_u64(&o, "size", 0, &out->size);
	json_get_digest(&o, "root", &out->root);
	json_get_time(&o, "time", &out->time);
	get_signature(&o, out);
	json_object_end(&o);
}

int
message_received_decode(const struct frame *f, struct message_received *out)
{
	struct json *tree;
	struct json_object root;
	struct json_array proof;
	const char *send;
	size_t i;
	int r;

	assert(f->type == MESSAGE_RECEIVED);
	r = message_json_open(f, &tree, &root);
	if (r != PH_OK)
		return r;
	memset(out, 0, sizeof(*out));
	json_get_u64(&root, "number", 1, &out->number);
	json_get_string_or_null(&root, "send", &send, NULL);
	out->send_whole = send != NULL;
	json_check(&root, "send",
	    send == NULL || strcmp(send, SEND_WHOLE) == 0);
	get_checkpoint(&root, out);
	json_get_array_or_null(&root, "proof", 1, MESSAGE_PROOF_MAX, &proof);
	for (i = 0; i < proof.count; i++)
		json_array_digest(&proof, i, &out->proof[i]);
	out->nproof = proof.count;
	json_get_digest_or_null(&root, "commitment", &out->commitment);
	json_check(&root, "send",
	    !out->send_whole ||
		(out->nproof == 0 && digest_is_zero(&out->commitment)));
	return message_json_close(tree, &root);
}
