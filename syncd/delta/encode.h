#ifndef SYNCD_DELTA_ENCODE_H
#define SYNCD_DELTA_ENCODE_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/digest.h"
#include "syncd/delta/signature.h"
#include "syncd/delta/source.h"

/*
 * Makes encodings of the segments of a target blob, with a base or without,
 * and decodes each before it hands it out.  An encoding that copies nothing
 * names no base: it is the same with any base.
 *
 * One encoder per thread; target, base and signature are shared.  An encoder
 * holds about six segments of memory, and the scanner of the signature once
 * a segment needed it.
 */

struct delta_encoder;

/* The level of encodings that are made first: fast, near the best of zstd. */
#define DELTA_LEVEL 3

/* All is borrowed; the sources and the signature must outlive the encoder. */
struct delta_config {
	const struct delta_source *target;
	const struct delta_source *base; /* NULL: plain encodings only. */
	const struct delta_signature *signature; /* NULL: same place only. */
	struct digest base_digest;               /* Of the whole base blob. */
	uint32_t segment_size;                   /* At most the maximum. */
	int level; /* Of zstd, 1 to CODEC_LEVEL_MAX; 0: stored. */
};

/* What became of a segment. */
struct delta_outcome {
	struct digest encoding; /* Of the encoding's bytes: its name. */
	struct digest target;   /* Of the segment's bytes. */
	uint32_t target_length;
	uint32_t nzero; /* Bytes by operation; together the segment. */
	uint32_t nfill;
	uint32_t ncopy;
	uint32_t nliteral;
	int plain; /* 1: it names no base. */
};

/* NULL without memory. */
struct delta_encoder *delta_encoder_new(const struct delta_config *config);

/* NULL is allowed. */
void delta_encoder_free(struct delta_encoder *e);

/* How many segments a blob of size bytes has. */
uint32_t delta_segment_count(uint64_t size, uint32_t segment_size);

/*
 * Encode segment index; encoding is reset and receives the bytes (its
 * maximum must be PH_ENCODING_SIZE_MAX or more).  PH_OK; PH_ENOMEM; PH_EBASE
 * when the base cannot be read; PH_EDIGEST when the base changed meanwhile;
 * or what reading the target returned.
 */
int delta_encoder_segment(struct delta_encoder *e, uint32_t index,
    struct buffer *encoding, struct delta_outcome *outcome) ATTR_CHECK;

/* The same without the base, for a receiver whose base failed it. */
int delta_encoder_segment_plain(struct delta_encoder *e, uint32_t index,
    struct buffer *encoding, struct delta_outcome *outcome) ATTR_CHECK;

#endif
