#ifndef PROTO_SEGMENT_H
#define PROTO_SEGMENT_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/codec.h"
#include "proto/digest.h"
#include "proto/reader.h"

/*
 * The encoding of one segment of a target blob (docs/formats.md §4): a
 * header, operations that cover the segment in order, and the bytes that no
 * operation finds elsewhere.  Writing one, reading a foreign one with every
 * bound checked, and applying one to a base.
 *
 * What an encoding is made of is chosen elsewhere (syncd/delta); this module
 * only carries it.
 */

#define SEGMENT_HEADER_SIZE 112u

enum segment_kind {
	SEGMENT_ZERO = 0,    /* Zero bytes; a writer may leave a hole. */
	SEGMENT_LITERAL = 1, /* The next bytes of the literals. */
	SEGMENT_COPY = 2,    /* Bytes of the base. */
	SEGMENT_FILL = 3     /* One value over and over, not zero. */
};

enum segment_coding { SEGMENT_STORED = 0, SEGMENT_ZSTD = 1 };

struct segment_op {
	enum segment_kind kind;
	uint32_t length; /* Bytes of the target, at least 1. */
	uint64_t source; /* Copy: offset in the base; else 0. */
	uint8_t value;   /* Fill: the value; else 0. */
};

struct segment_header {
	uint64_t target_offset; /* Of the segment in its blob. */
	uint32_t target_length;
	struct digest target; /* Of the segment's bytes. */
	struct digest base;   /* Of the whole base blob, or zero: none. */
	uint64_t base_size;   /* 0 without base. */
	uint32_t nops;
	enum segment_coding ops_coding;
	uint32_t ops_length; /* Decoded and encoded bytes. */
	uint32_t ops_encoded;
	enum segment_coding literals_coding;
	uint32_t literals_length;
	uint32_t literals_encoded;
};

/* What segment_encode makes an encoding of; all of it is borrowed. */
struct segment_content {
	uint64_t target_offset;
	uint32_t target_length;
	struct digest target;
	struct digest base; /* Zero: none; then no operation copies. */
	uint64_t base_size;
	const struct segment_op *ops;
	size_t nops;
	const uint8_t *literals;
	size_t nliterals;
	int level; /* Of zstd for the literals; 0: stored. */
};

/*
 * Put the encoding of content at the end of out.  Operations and literals
 * are compressed where that makes them shorter.  PH_OK; PH_ENOMEM; PH_ELIMIT
 * when there are too many operations or the encoding does not fit below the
 * maximum of out (what was put of it stays then).  The content must keep the
 * rules of the format; that is asserted.
 */
int segment_encode(struct codec *codec, const struct segment_content *content,
    struct buffer *out) ATTR_CHECK;

/*
 * Read the header of an encoding of len bytes and check all that can be
 * checked without decoding the rest.  PH_OK or PH_ESEGMENT.
 */
int segment_header_decode(const void *data, size_t len,
    struct segment_header *header) ATTR_CHECK;

/*
 * PH_OK when the encoding is of the segment at offset with length bytes, and
 * names the base given (borrowed; NULL: none may be named) and its size, or
 * no base.  Else PH_ESEGMENT.
 */
int segment_header_check(const struct segment_header *header, uint64_t offset,
    uint32_t length, const struct digest *base, uint64_t base_size) ATTR_CHECK;

/*
 * A decoder holds one encoding at a time, decoded and checked, and keeps its
 * memory for the next: at most a segment of literals and 12 MiB of
 * operations.  It belongs to one thread at a time.
 */
struct segment_decoder;

/* Reads exactly len bytes of the base; PH_OK or why not. */
typedef int segment_read_fn(void *cookie, uint64_t offset, void *buf,
    size_t len);

/* NULL without memory. */
struct segment_decoder *segment_decoder_new(void);

/* NULL is allowed. */
void segment_decoder_free(struct segment_decoder *d);

/*
 * Decode the encoding of len bytes and check every operation: PH_OK,
 * PH_ESEGMENT or PH_ENOMEM.  Until the next load the decoder holds it (data
 * must stay where it is) and stands before its first operation; after a
 * failure it holds nothing.  *header is borrowed until the next load.
 */
int segment_load(struct segment_decoder *d, const void *data, size_t len,
    const struct segment_header **header) ATTR_CHECK;

/* Stand before the first operation again. */
void segment_rewind(struct segment_decoder *d);

/*
 * The next operation of the encoding held: 1, or 0 after the last.  For a
 * literal *literal points to its bytes, borrowed until the next load, else
 * it is NULL.  A writer that keeps holes looks for SEGMENT_ZERO here.
 */
int segment_next(struct segment_decoder *d, struct segment_op *op,
    const uint8_t **literal);

/*
 * Make the target bytes of the encoding held: target has room for the
 * header's target_length.  PH_OK; PH_EBASE when read failed; PH_EDIGEST when
 * what came out is not the target: the base is not what it should be, or
 * the one who made the encoding lied.  target is undefined after a failure.
 * read may be NULL when no operation copies.
 */
int segment_apply(struct segment_decoder *d, uint8_t *target,
    segment_read_fn *read, void *cookie) ATTR_CHECK;

#endif
