#ifndef PROTO_MESSAGE_TRANSFER_H
#define PROTO_MESSAGE_TRANSFER_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/digest.h"
#include "proto/frame.h"
#include "proto/limits.h"

/*
 * Messages by which a transfer is agreed on: WANT opens it, WAIT and PLAN
 * answer, SEGMENTS names the encodings, DONE ends their rows; NONE says that
 * there is nothing (also to MANIFEST? and MAP?, without a transfer).
 * Encoders and decoders are as message_document.h says.
 */

/* Base blobs of one WANT. */
#define MESSAGE_BASES_MAX 8u

/* Bytes of a row of SEGMENTS, and rows of one. */
#define MESSAGE_ROW_SIZE 68u
#define MESSAGE_ROWS_MAX (65536u / MESSAGE_ROW_SIZE)

struct message_want {
	struct digest blob;
	struct digest bases[MESSAGE_BASES_MAX]; /* The best first. */
	size_t nbases;
};

struct message_wait {
	uint64_t done; /* At most of. */
	uint64_t of;
};

struct message_plan {
	struct digest blob;
	struct digest base; /* Zeros: none. */
	uint64_t size;      /* Of the blob, in bytes. */
	uint64_t data;      /* Of these, not in blocks of zeros. */
	uint32_t segment_size;
	uint32_t nsegments; /* As many as these two make. */
};

/* One encoding. */
struct message_row {
	struct digest encoding;
	uint32_t len; /* Of the encoding, in bytes. */
	struct digest target;
};

/* Encodings of segments first, first + 1, … */
struct message_segments {
	uint32_t first;
	int plain;           /* They need no base. */
	const uint8_t *rows; /* nrows × MESSAGE_ROW_SIZE bytes. */
	size_t nrows;        /* 1 to MESSAGE_ROWS_MAX. */
};

/* NONE, DONE. */
struct message_digest {
	struct digest digest; /* NONE: as asked for.  DONE: the blob. */
};

/* Opens a transfer. */
int message_want_encode(const struct message_want *m, uint32_t transfer,
    struct buffer *out) ATTR_CHECK;
int message_want_decode(const struct frame *f,
    struct message_want *out) ATTR_CHECK;

/* The provider still works on it. */
int message_wait_encode(const struct message_wait *m, uint32_t transfer,
    struct buffer *out) ATTR_CHECK;
int message_wait_decode(const struct frame *f,
    struct message_wait *out) ATTR_CHECK;

/* How the blob is cut and what the segments are made from. */
int message_plan_encode(const struct message_plan *m, uint32_t transfer,
    struct buffer *out) ATTR_CHECK;
int message_plan_decode(const struct frame *f,
    struct message_plan *out) ATTR_CHECK;

/* The segments of size bytes (not 0): size / segment_size, rounded up. */
uint64_t message_plan_segments(uint64_t size, uint32_t segment_size);

/* Put a row in the form that message_segments has. */
int message_row_encode(const struct message_row *row, struct buffer *out);

/* Row i (below nrows). */
void message_row_decode(const struct message_segments *m, size_t i,
    struct message_row *out);

/* Encodings that are ready. */
int message_segments_encode(const struct message_segments *m, uint32_t transfer,
    struct buffer *out) ATTR_CHECK;
int message_segments_decode(const struct frame *f,
    struct message_segments *out) ATTR_CHECK;

/* Not granted, or not there; transfer may be 0. */
int message_none_encode(const struct message_digest *m, uint32_t transfer,
    struct buffer *out) ATTR_CHECK;
int message_none_decode(const struct frame *f,
    struct message_digest *out) ATTR_CHECK;

/* Every segment was announced. */
int message_done_encode(const struct message_digest *m, uint32_t transfer,
    struct buffer *out) ATTR_CHECK;
int message_done_decode(const struct frame *f,
    struct message_digest *out) ATTR_CHECK;

#endif
