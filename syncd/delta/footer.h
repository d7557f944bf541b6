#ifndef SYNCD_DELTA_FOOTER_H
#define SYNCD_DELTA_FOOTER_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/buffer.h"

/*
 * The layout of a signature file (docs/formats.md §9), which its footer
 * tells: librsync's signature, extents, hashes, footer, digest.
 */

#define DELTA_FOOTER_SIZE 32u

/* librsync's signature: its header, and each block's weak and strong sum. */
#define DELTA_SUMS_HEADER_SIZE 12u
#define DELTA_STRONG_SIZE 12u
#define DELTA_SUM_SIZE (4u + DELTA_STRONG_SIZE)

/* u64 offset and u32 number of blocks. */
#define DELTA_EXTENT_SIZE 12u

#define DELTA_HASH_SIZE 8u

/* The least size of librsync's blocks. */
#define DELTA_SCAN_SIZE_MIN 512u

/* Sums that one signature may have: loaded, below 96 MiB. */
#define DELTA_NSUMS_MAX (1u << 21)

struct delta_footer {
	uint64_t base_size;
	uint32_t block_size; /* Of the hashes: a power of two. */
	uint32_t scan_size;  /* Of librsync's sums: one, too, not larger. */
	uint32_t nextents;
	uint32_t nblocks;
};

/* How many sums librsync's signature has. */
uint32_t delta_footer_nsums(const struct delta_footer *f);

/* Where the extents, the hashes and the footer begin. */
uint64_t delta_footer_extents(const struct delta_footer *f);
uint64_t delta_footer_hashes(const struct delta_footer *f);
uint64_t delta_footer_end(const struct delta_footer *f);

/* Put the DELTA_FOOTER_SIZE bytes; the buffer remembers a failure. */
void delta_footer_encode(const struct delta_footer *f, struct buffer *out);

/*
 * Read DELTA_FOOTER_SIZE bytes; PH_OK, or PH_EFILE when they are not those
 * of a file of size bytes within all limits.
 */
int delta_footer_decode(const uint8_t *data, uint64_t size,
    struct delta_footer *f) ATTR_CHECK;

#endif
