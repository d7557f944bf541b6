/*
 * CANCEL, ERROR, PING, PONG, ABORT and BYE.
 */
#include <assert.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/message_json.h"
#include "proto/reader.h"

#include "proto/message_signal.h"

/* CANCEL and BYE have no payload. */
static int
empty_decode(const struct frame *f)
{
	return f->len == 0 ? PH_OK : PH_EMESSAGE;
}

int
message_cancel_encode(uint32_t transfer, struct buffer *out)
{
	return frame_put(out, MESSAGE_CANCEL, transfer, NULL, 0);
}

int
message_cancel_decode(const struct frame *f)
{
	assert(f->type == MESSAGE_CANCEL);
	return empty_decode(f);
}

/* ERROR and ABORT have one form. */
static int
code_encode(const struct message_error *m, enum message_type type,
    uint32_t transfer, struct buffer *out)
{
	struct json_writer w;
	size_t mark;

	assert(m->code != PH_OK);
	mark = message_json_begin(&w, type, transfer, out);
	json_put_string(&w, "code", error_name(m->code));
	return message_json_end(&w, mark);
}

/* 1 for a name as errors.h has them, known to us or not. */
static int
name_valid(const char *name, size_t len)
{
	return len > 0 && len < MESSAGE_ERROR_NAME_SIZE &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len &&
	    strcmp(name, error_name(PH_OK)) != 0;
}

/* The name of a newer release's error is kept, for people. */
static int
code_decode(const struct frame *f, struct message_error *out)
{
	struct json *tree;
	struct json_object root;
	const char *name;
	size_t len;
	int r;

	r = message_json_open(f, &tree, &root);
	if (r != PH_OK)
		return r;
	memset(out->name, 0, sizeof(out->name));
	out->code = PH_EINTERNAL;
	json_get_string(&root, "code", &name, &len);
	if (name_valid(name, len)) {
		memcpy(out->name, name, len);
		out->code = error_from_name(name);
	} else {
		json_refuse(&root, "code");
	}
	return message_json_close(tree, &root);
}

int
message_error_encode(const struct message_error *m, uint32_t transfer,
    struct buffer *out)
{
	return code_encode(m, MESSAGE_ERROR, transfer, out);
}

int
message_error_decode(const struct frame *f, struct message_error *out)
{
	assert(f->type == MESSAGE_ERROR);
	return code_decode(f, out);
}

/* PING and PONG have one form. */
static int
echo_decode(const struct frame *f, struct message_ping *out)
{
	struct reader r;

	reader_init(&r, f->payload, f->len);
	if (reader_get(&r, out->bytes, MESSAGE_PING_SIZE) != PH_OK)
		return PH_EMESSAGE;
	return reader_end(&r);
}

int
message_ping_encode(const struct message_ping *m, struct buffer *out)
{
	return frame_put(out, MESSAGE_PING, 0, m->bytes, MESSAGE_PING_SIZE);
}

int
message_ping_decode(const struct frame *f, struct message_ping *out)
{
	assert(f->type == MESSAGE_PING);
	return echo_decode(f, out);
}

int
message_pong_encode(const struct message_ping *m, struct buffer *out)
{
	return frame_put(out, MESSAGE_PONG, 0, m->bytes, MESSAGE_PING_SIZE);
}

int
message_pong_decode(const struct frame *f, struct message_ping *out)
{
	assert(f->type == MESSAGE_PONG);
	return echo_decode(f, out);
}

int
message_abort_encode(const struct message_error *m, struct buffer *out)
{
	return code_encode(m, MESSAGE_ABORT, 0, out);
}

int
message_abort_decode(const struct frame *f, struct message_error *out)
{
	assert(f->type == MESSAGE_ABORT);
	return code_decode(f, out);
}

int
message_bye_encode(struct buffer *out)
{
	return frame_put(out, MESSAGE_BYE, 0, NULL, 0);
}

int
message_bye_decode(const struct frame *f)
{
	assert(f->type == MESSAGE_BYE);
	return empty_decode(f);
}
