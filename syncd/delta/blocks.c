/*
 * A hash table that holds only numbers; the hashes stand in an array beside
 * it, in the order of the blocks, as the signature file has them.
 */
#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"

#include "syncd/delta/blocks.h"

/* A table half full has no longer runs, but by design of an enemy. */
#define PROBES_MAX 256u

/* The primes of XXH64. */
#define PRIME_1 UINT64_C(0x9e3779b185ebca87)
#define PRIME_2 UINT64_C(0xc2b2ae3d27d4eb4f)
#define PRIME_3 UINT64_C(0x165667b19e3779f9)
#define PRIME_4 UINT64_C(0x85ebca77c2b2ae63)

static uint64_t
rotate(uint64_t v, int n)
{
	return v << n | v >> (64 - n);
}

/* Eight bytes, the lowest first. */
static uint64_t
load(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

/* One lane takes eight bytes. */
static uint64_t
mix(uint64_t lane, uint64_t input)
{
	return rotate(lane + input * PRIME_2, 31) * PRIME_1;
}

/* A lane joins the hash. */
static uint64_t
join(uint64_t hash, uint64_t lane)
{
	return (hash ^ mix(0, lane)) * PRIME_1 + PRIME_4;
}

uint64_t
delta_block_hash(const uint8_t *block, size_t len)
{
	uint64_t a, b, c, d, hash;
	size_t i;

	assert(len % DELTA_BLOCK_GRAIN == 0 && len > 0);
	a = PRIME_1 + PRIME_2;
	b = PRIME_2;
	c = 0;
	d = 0 - PRIME_1;
	for (i = 0; i < len; i += DELTA_BLOCK_GRAIN) {
		a = mix(a, load(block + i));
		b = mix(b, load(block + i + 8));
		c = mix(c, load(block + i + 16));
		d = mix(d, load(block + i + 24));
	}
	hash = rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18);
	hash = join(join(join(join(hash, a), b), c), d) + len;
	hash = (hash ^ hash >> 33) * PRIME_2;
	hash = (hash ^ hash >> 29) * PRIME_3;
	return hash ^ hash >> 32;
}

int
delta_block_is_constant(const uint8_t *block, size_t len)
{
	return memcmp(block, block + 1, len - 1) == 0;
}

int
delta_blocks_init(struct delta_blocks *b, uint32_t max)
{
	size_t size;

	assert(max <= 1u << 20);
	memset(b, 0, sizeof(*b));
	b->max = max;
	/* At most half full. */
	for (size = 2; size < (size_t)max * 2; size *= 2)
		continue;
	b->mask = (uint32_t)size - 1;
	b->hashes = calloc(max > 0 ? max : 1, sizeof(*b->hashes));
	b->slots = calloc(size, sizeof(*b->slots));
	if (b->hashes == NULL || b->slots == NULL) {
		delta_blocks_fini(b);
		return PH_ENOMEM;
	}
	return PH_OK;
}

void
delta_blocks_fini(struct delta_blocks *b)
{
	free(b->hashes);
	free(b->slots);
	memset(b, 0, sizeof(*b));
}

/* The slot that holds hash, else an empty one for it, else -1. */
static int64_t
find_slot(const struct delta_blocks *b, uint64_t hash)
{
	uint32_t i, n;

	for (n = 0; n < PROBES_MAX; n++) {
		i = ((uint32_t)hash + n) & b->mask;
		if (b->slots[i] == 0 || b->hashes[b->slots[i] - 1] == hash)
			return i;
	}
	return -1;
}

void
delta_blocks_add(struct delta_blocks *b, uint64_t hash)
{
	int64_t i;

	assert(b->count < b->max);
	i = find_slot(b, hash);
	b->hashes[b->count++] = hash;
	if (i != -1 && b->slots[i] == 0)
		b->slots[i] = b->count;
}

int
delta_blocks_find(const struct delta_blocks *b, uint64_t hash, uint32_t *number)
{
	int64_t i;

	i = find_slot(b, hash);
	if (i == -1 || b->slots[i] == 0)
		return 0;
	*number = b->slots[i] - 1;
	return 1;
}
