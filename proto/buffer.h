#ifndef PROTO_BUFFER_H
#define PROTO_BUFFER_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"

/*
 * Bytes that are being put together, with a hard maximum.  Integers are
 * big-endian.  A put that fails leaves the buffer as it was and is
 * remembered: an encoder puts everything and asks buffer_error() once.
 *
 * The struct is embedded by its user; its members are read through the
 * functions below.
 */

struct buffer {
	uint8_t *data;
	size_t len;
	size_t size; /* Allocated. */
	size_t max;  /* Never longer than this. */
	int error;   /* The first failure of a put, or PH_OK. */
};

/*
 * An empty buffer that never grows beyond max (less than SIZE_MAX) bytes;
 * takes no memory.
 */
void buffer_init(struct buffer *b, size_t max);

/* Free what it holds; the buffer is empty again with the same maximum. */
void buffer_fini(struct buffer *b);

/* Forget the content and the error, keep the memory. */
void buffer_reset(struct buffer *b);

/* Put len bytes; PH_OK, PH_ENOMEM or PH_ELIMIT. */
int buffer_put(struct buffer *b, const void *data, size_t len);
int buffer_put_u8(struct buffer *b, uint8_t value);
int buffer_put_u16(struct buffer *b, uint16_t value);
int buffer_put_u32(struct buffer *b, uint32_t value);
int buffer_put_u64(struct buffer *b, uint64_t value);

/* A u32 length and the bytes: the "string" of SSH. */
int buffer_put_string(struct buffer *b, const void *data, size_t len);

/* The characters of a C string, without its NUL. */
int buffer_put_text(struct buffer *b, const char *text);

/* printf at the end, without the NUL. */
int buffer_putf(struct buffer *b, const char *fmt, ...) ATTR_PRINTF(2, 3);

/*
 * Room for len more bytes at the end, which the caller fills in; they count
 * as put.  NULL on failure.  Valid until the next put.
 */
uint8_t *buffer_reserve(struct buffer *b, size_t len);

/*
 * Overwrite the 4 bytes from offset on, which were put before; for a length
 * that is known at the end only.
 */
void buffer_set_u32(struct buffer *b, size_t offset, uint32_t value);

/* Drop the first n bytes (n <= len). */
void buffer_consume(struct buffer *b, size_t n);

/* Keep only the first len bytes. */
void buffer_truncate(struct buffer *b, size_t len);

/*
 * The content as a C string: a NUL stands behind it, not counted.  Borrowed
 * until the next put.  NULL without memory.
 */
const char *buffer_text(struct buffer *b);

/* Give the memory to the caller, who frees it; the buffer is empty. */
uint8_t *buffer_take(struct buffer *b, size_t *len);

/* The first failure of a put since init or reset, or PH_OK. */
int buffer_error(const struct buffer *b) ATTR_CHECK;

#endif
