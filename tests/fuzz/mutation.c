/*
 * Mutations, from a small generator of numbers (splitmix64).
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/mutation.h"

/* The next number. */
static uint64_t
draw(uint64_t *state)
{
	uint64_t z;

	*state += UINT64_C(0x9e3779b97f4a7c15);
	z = *state;
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* A number below limit, which is not 0. */
static size_t
draw_below(uint64_t *state, size_t limit)
{
	return (size_t)(draw(state) % limit);
}

/* One to eight bits. */
static void
flip_bits(struct input *in, uint64_t *state)
{
	size_t n;

	for (n = 1 + draw_below(state, 8); n > 0; n--)
		in->data[draw_below(state, in->len)] ^=
		    (uint8_t)(1u << draw_below(state, 8));
}

/* One to four bytes. */
static void
set_bytes(struct input *in, uint64_t *state)
{
	static const uint8_t edges[] = { 0x00, 0x01, 0x20, 0x22, 0x2f, 0x5c,
		0x7f, 0x80, 0xc0, 0xfe, 0xff };
	size_t n;

	for (n = 1 + draw_below(state, 4); n > 0; n--)
		in->data[draw_below(state, in->len)] =
		    edges[draw_below(state, sizeof(edges))];
}

/* A big-endian integer of 2, 4 or 8 bytes: a length that lies. */
static void
set_integer(struct input *in, uint64_t *state)
{
	static const uint64_t edges[] = { 0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff,
		0x8000, 0xffff, 0x10000, 0x10001, 0x7fffffff, 0x80000000,
		0xfffffffb, 0xffffffff, UINT64_C(0x100000000),
		UINT64_C(0x7fffffffffffffff), UINT64_C(0xffffffffffffffff) };
	uint64_t value;
	size_t at, i, n;

	n = (size_t)2 << draw_below(state, 3);
	if (in->len < n)
		return;
	value = edges[draw_below(state, sizeof(edges) / sizeof(edges[0]))];
	at = draw_below(state, in->len - n + 1);
	for (i = 0; i < n; i++)
		in->data[at + i] = (uint8_t)(value >> (8 * (n - 1 - i)));
}

/* Leave out a part in the middle. */
static void
remove_part(struct input *in, uint64_t *state)
{
	size_t at, n;

	at = draw_below(state, in->len);
	n = 1 + draw_below(state, in->len - at);
	memmove(in->data + at, in->data + at + n, in->len - at - n);
	in->len -= n;
}

/* Have a part twice; there is room for twice the length. */
static void
double_part(struct input *in, uint64_t *state)
{
	size_t at, n;

	at = draw_below(state, in->len);
	n = 1 + draw_below(state, in->len - at);
	memmove(in->data + at + n, in->data + at, in->len - at);
	in->len += n;
}

/* The beginning of in, then the end of other. */
static void
splice(struct input *in, const struct input *other, uint64_t *state)
{
	size_t from, head, n;

	head = draw_below(state, in->len + 1);
	from = draw_below(state, other->len + 1);
	n = other->len - from;
	if (n > 0)
		memcpy(in->data + head, other->data + from, n);
	in->len = head + n;
}

/* One damage to in, whose memory holds twice itself and all of other. */
static void
damage(struct input *in, const struct input *other, uint64_t *state)
{
	if (in->len == 0) {
		splice(in, other, state);
		return;
	}
	switch (draw_below(state, 8)) {
	case 0:
	case 1:
		flip_bits(in, state);
		break;
	case 2:
		set_bytes(in, state);
		break;
	case 3:
		set_integer(in, state);
		break;
	case 4:
		in->len = draw_below(state, in->len);
		break;
	case 5:
		remove_part(in, state);
		break;
	case 6:
		double_part(in, state);
		break;
	default:
		splice(in, other, state);
		break;
	}
}

void
mutation_make(const struct input *input, const struct input *other,
    uint64_t seed, uint64_t number, struct input *out)
{
	uint64_t state;
	uint8_t *exact;

	state = seed;
	state = draw(&state) ^ number;
	out->data = malloc(2 * input->len + other->len + 1);
	assert(out->data != NULL);
	if (input->len > 0)
		memcpy(out->data, input->data, input->len);
	out->len = input->len;
	damage(out, other, &state);
	if (out->len > MUTATION_SIZE_MAX)
		out->len = MUTATION_SIZE_MAX;
	/* Not a byte more than that, so that reading beyond it is seen. */
	exact = realloc(out->data, out->len > 0 ? out->len : 1);
	assert(exact != NULL);
	out->data = exact;
}
