#ifndef PROTO_JSON_WRITER_H
#define PROTO_JSON_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/digest.h"
#include "proto/limits.h"
#include "proto/order.h"

/*
 * Writing JSON in the one form that documents have: no white space, members
 * in the order of the calls.  In an array and at the top, name is NULL.
 *
 * Failures are remembered: a caller puts everything and asks
 * json_writer_end() once.
 */

struct json_writer {
	struct buffer *out; /* Borrowed. */
	unsigned int depth; /* Objects and arrays that are open. */
	int comma;          /* A value stands before the next one. */
	int error;
};

/* Write at the end of out. */
void json_writer_init(struct json_writer *w, struct buffer *out);

/*
 * PH_OK when everything was written and closed; else PH_ENOMEM, PH_ELIMIT,
 * or PH_EJSON for a value that JSON or our rules cannot carry: a string
 * that is not UTF-8, an integer beyond 2^53-1.
 */
int json_writer_end(struct json_writer *w) ATTR_CHECK;

/* Remember a failure of the caller's own. */
void json_writer_fail(struct json_writer *w, int error);

/* What is put up to the close is a member of this object. */
void json_open_object(struct json_writer *w, const char *name);

/* Close the object that was opened last. */
void json_close_object(struct json_writer *w);

/* What is put up to the close is an element of this array. */
void json_open_array(struct json_writer *w, const char *name);

/* Close the array that was opened last. */
void json_close_array(struct json_writer *w);

/* A C string. */
void json_put_string(struct json_writer *w, const char *name,
    const char *value);

/* len bytes of text, none of them NUL. */
void json_put_string_bytes(struct json_writer *w, const char *name,
    const char *value, size_t len);

/* null when value is NULL or "". */
void json_put_string_or_null(struct json_writer *w, const char *name,
    const char *value);

/* An integer within ±(2^53-1). */
void json_put_int(struct json_writer *w, const char *name, int64_t value);

/* An integer up to 2^53-1. */
void json_put_u64(struct json_writer *w, const char *name, uint64_t value);

/* true unless value is 0. */
void json_put_bool(struct json_writer *w, const char *name, int value);

/* null. */
void json_put_null(struct json_writer *w, const char *name);

/* "sha256:…". */
void json_put_digest(struct json_writer *w, const char *name,
    const struct digest *value);

/* null for zeros. */
void json_put_digest_or_null(struct json_writer *w, const char *name,
    const struct digest *value);

/* A repository id: 64 hexadecimal digits. */
void json_put_id(struct json_writer *w, const char *name,
    const struct digest *value);

/* null for zeros. */
void json_put_id_or_null(struct json_writer *w, const char *name,
    const struct digest *value);

/* len bytes as twice as many hexadecimal digits. */
void json_put_hex(struct json_writer *w, const char *name, const uint8_t *value,
    size_t len);

/* RFC 3339, from seconds since 1970. */
void json_put_time(struct json_writer *w, const char *name, int64_t value);

/* null for 0. */
void json_put_time_or_null(struct json_writer *w, const char *name,
    int64_t value);

/* The members "epoch" and "generation". */
void json_put_order(struct json_writer *w, const struct order *value);

#endif
