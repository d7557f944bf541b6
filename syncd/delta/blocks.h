#ifndef SYNCD_DELTA_BLOCKS_H
#define SYNCD_DELTA_BLOCKS_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"

/*
 * A set of blocks known by a 64-bit hash, numbered in the order in which
 * they came.  The hash is XXH64 with seed 0: fast, and no proof of equality;
 * whoever finds a block compares its bytes.
 */

/* Blocks that hash and constant look at are a multiple of this. */
#define DELTA_BLOCK_GRAIN 32u

struct delta_blocks {
	uint64_t *hashes; /* By number. */
	uint32_t count;
	uint32_t max;
	uint32_t *slots; /* Number + 1, or 0; open addressing. */
	uint32_t mask;
};

/* XXH64 of len bytes, a multiple of DELTA_BLOCK_GRAIN. */
uint64_t delta_block_hash(const uint8_t *block, size_t len);

/* 1 when all len bytes (at least 1) are the same. */
int delta_block_is_constant(const uint8_t *block, size_t len);

/* An empty set of at most max blocks (up to 2^20); PH_OK or PH_ENOMEM. */
int delta_blocks_init(struct delta_blocks *b, uint32_t max) ATTR_CHECK;

/* Also of a struct that is all zero. */
void delta_blocks_fini(struct delta_blocks *b);

/*
 * Add a block, which has the number count - 1 then; the set must not be
 * full.  Of blocks with one hash only the first is found.  So are, to bound
 * what chosen content can cost, a few of very many whose hashes fall on one
 * place.
 */
void delta_blocks_add(struct delta_blocks *b, uint64_t hash);

/* 1 and the number of the block with that hash, or 0. */
int delta_blocks_find(const struct delta_blocks *b, uint64_t hash,
    uint32_t *number);

#endif
