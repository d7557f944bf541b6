#ifndef TESTS_FUZZ_MUTATION_H
#define TESTS_FUZZ_MUTATION_H

#include <stddef.h>
#include <stdint.h>

/*
 * Damaging an input in a way that its number decides: the same seed, number
 * and inputs give the same bytes on every machine.
 */

/* No mutation is longer. */
#define MUTATION_SIZE_MAX (1u << 20)

/* Bytes of a corpus file or of a mutation. */
struct input {
	uint8_t *data; /* From malloc, exactly len bytes. */
	size_t len;
};

/*
 * Mutation number of the input: flipped bits, bytes and integers with values
 * at the edges, a cut, a part left out or doubled, or the beginning of this
 * input and the end of other.  The caller frees out->data.
 */
void mutation_make(const struct input *input, const struct input *other,
    uint64_t seed, uint64_t number, struct input *out);

#endif
