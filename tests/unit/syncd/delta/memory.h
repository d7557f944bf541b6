#ifndef TESTS_UNIT_SYNCD_DELTA_MEMORY_H
#define TESTS_UNIT_SYNCD_DELTA_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "proto/buffer.h"
#include "syncd/delta/signature.h"
#include "syncd/delta/source.h"

/*
 * Sources in memory for the tests of syncd/delta/, which can fail; bytes
 * from a seed; and a signature from a source.
 */

struct memory {
	uint8_t *data;
	size_t len;
	int left; /* Reads before one fails; -1: none fails. */
};

/* A source of the memory; every run of 4096 zeros on the grid is a hole. */
struct delta_source memory_source(struct memory *m);

/* The next number below bound of a generator whose state is not 0. */
uint32_t memory_random(uint64_t *state, uint32_t bound);

/* Fill with random bytes. */
void memory_noise(uint64_t *state, uint8_t *data, size_t len);

/* A delta_write_fn into a struct buffer. */
int memory_write(void *cookie, const void *data, size_t len);

/*
 * Make and load the signature of a source, as if ndata bytes of it were not
 * holes; file holds the signature file and must live as long.
 */
struct delta_signature *memory_sign(const struct delta_source *base,
    uint64_t ndata, struct memory *file);

#endif
