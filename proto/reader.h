#ifndef PROTO_READER_H
#define PROTO_READER_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"

/*
 * Reading foreign bytes in order, big-endian, never beyond their end.  The
 * reader borrows the bytes.  A get that finds too few bytes fails and moves
 * nothing.
 */

struct reader {
	const uint8_t *data;
	size_t len; /* What is left. */
};

/* Read the len bytes at data. */
void reader_init(struct reader *r, const void *data, size_t len);

/* PH_OK, or PH_EMESSAGE when too few bytes are left. */
int reader_get_u8(struct reader *r, uint8_t *value) ATTR_CHECK;
int reader_get_u16(struct reader *r, uint16_t *value) ATTR_CHECK;
int reader_get_u32(struct reader *r, uint32_t *value) ATTR_CHECK;
int reader_get_u64(struct reader *r, uint64_t *value) ATTR_CHECK;

/* Copy len bytes out. */
int reader_get(struct reader *r, void *out, size_t len) ATTR_CHECK;

/* Borrow the next len bytes; valid as long as the data read. */
int reader_borrow(struct reader *r, size_t len, const uint8_t **out) ATTR_CHECK;

/*
 * Borrow a "string" of SSH: a u32 length and the bytes.  PH_ELIMIT when it
 * says more than max.
 */
int reader_get_string(struct reader *r, size_t max, const uint8_t **out,
    size_t *len) ATTR_CHECK;

/* PH_OK when nothing is left, else PH_EMESSAGE. */
int reader_end(const struct reader *r) ATTR_CHECK;

#endif
