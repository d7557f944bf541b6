/*
 * Reading tests/vectors/messages.txt.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "proto/errors.h"
#include "proto/reader.h"

#include "tests/unit/proto/message_vectors.h"

static struct message_vector vectors[MESSAGE_VECTORS_MAX];
static size_t nvectors;

/* The type of that name. */
static enum message_type
type_of(const char *name)
{
	unsigned int type;

	for (type = 1; type <= MESSAGE_LAST; type++) {
		if (strcmp(message_name(type), name) == 0)
			return (enum message_type)type;
	}
	ck_abort_msg("%s is no message", name);
	return MESSAGE_HELLO;
}

/* A line that begins with "message". */
static void
begin_vector(const char *line)
{
	struct message_vector *v;
	char verdict[24];
	int n;

	ck_assert_uint_lt(nvectors, MESSAGE_VECTORS_MAX);
	v = &vectors[nvectors++];
	n = sscanf(line, "message %15s %23s %u %23s", v->name, v->label,
	    &v->frame.transfer, verdict);
	ck_assert_msg(n == 4, "%s", line);
	v->frame.type = type_of(v->name);
	v->verdict = PH_OK;
	if (strcmp(verdict, "ok") != 0)
		v->verdict = error_from_name(verdict);
	ck_assert_str_eq(error_name(v->verdict), verdict);
}

/* Digits of a payload, up to a comment. */
static void
add_digits(const char *line, struct buffer *payload)
{
	unsigned int byte;

	for (; *line != '\0' && *line != '#'; line++) {
		if (isspace((unsigned char)*line))
			continue;
		ck_assert_msg(sscanf(line, "%2x", &byte) == 1, "%s", line);
		ck_assert_int_eq(buffer_put_u8(payload, (uint8_t)byte), PH_OK);
		line++;
	}
}

/* The payload of the last vector is whole. */
static void
end_vector(struct buffer *payload)
{
	struct frame *f;
	uint8_t *copy;

	if (nvectors == 0)
		return;
	f = &vectors[nvectors - 1].frame;
	f->len = payload->len;
	/* Exactly as large, so that reading beyond it is found. */
	copy = malloc(f->len > 0 ? f->len : 1);
	ck_assert_ptr_nonnull(copy);
	if (f->len > 0)
		memcpy(copy, payload->data, f->len);
	f->payload = copy;
	buffer_reset(payload);
}

/* The file lies beside this one, wherever the tree is. */
static FILE *
open_vectors(void)
{
	char path[1024];
	const char *p;
	FILE *f;

	p = strstr(__FILE__, "tests/unit/");
	ck_assert_ptr_nonnull(p);
	(void)snprintf(path, sizeof(path), "%.*stests/vectors/messages.txt",
	    (int)(p - __FILE__), __FILE__);
	f = fopen(path, "r");
	ck_assert_msg(f != NULL, "%s", path);
	return f;
}

static void
read_vectors(void)
{
	struct buffer payload;
	char line[1024];
	FILE *f;

	f = open_vectors();
	buffer_init(&payload, MESSAGE_PAYLOAD_MAX);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (strncmp(line, "message ", 8) == 0) {
			end_vector(&payload);
			begin_vector(line);
		} else {
			add_digits(line, &payload);
		}
	}
	end_vector(&payload);
	buffer_fini(&payload);
	ck_assert_int_eq(fclose(f), 0);
}

const struct message_vector *
message_vectors(size_t *count)
{
	if (nvectors == 0)
		read_vectors();
	*count = nvectors;
	return vectors;
}

const struct message_vector *
message_vector(const char *name, const char *label)
{
	const struct message_vector *v;
	size_t count, i;

	v = message_vectors(&count);
	for (i = 0; i < count; i++) {
		if (strcmp(v[i].name, name) == 0 &&
		    strcmp(v[i].label, label) == 0)
			return &v[i];
	}
	ck_abort_msg("no vector %s %s", name, label);
	return NULL;
}

void
message_vector_equals(const char *name, const char *label, struct buffer *out)
{
	const struct frame *f;
	struct buffer expected;

	f = &message_vector(name, label)->frame;
	buffer_init(&expected, FRAME_HEADER_SIZE + MESSAGE_PAYLOAD_MAX);
	ck_assert_int_eq(frame_put(&expected, f->type, f->transfer, f->payload,
			     f->len),
	    PH_OK);
	ck_assert_uint_eq(out->len, expected.len);
	ck_assert_mem_eq(out->data, expected.data, expected.len);
	buffer_fini(&expected);
	buffer_fini(out);
}
