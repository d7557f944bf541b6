#ifndef PROTO_VARINT_H
#define PROTO_VARINT_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/reader.h"

/*
 * Integers of variable length as the operations of a segment use them:
 * LEB128, seven bits a byte, the lowest first, in the shortest form only,
 * so that a value has exactly one encoding.
 */

#define VARINT_SIZE_MAX 10u /* Bytes of UINT64_MAX. */

/* Put value at the end of b; PH_OK, PH_ENOMEM or PH_ELIMIT. */
int varint_put(struct buffer *b, uint64_t value);

/*
 * Read one value.  PH_OK, or PH_EMESSAGE when it is cut short, longer than
 * VARINT_SIZE_MAX, beyond 64 bits or not in the shortest form; the reader
 * then did not move.
 */
int varint_get(struct reader *r, uint64_t *value) ATTR_CHECK;

/* Zigzag: 0, -1, 1, -2 … become 0, 1, 2, 3 …, so that small ones are short. */
uint64_t varint_zigzag(int64_t value);

/* The inverse of varint_zigzag. */
int64_t varint_unzigzag(uint64_t value);

#endif
