/*
 * Sources in memory.
 */
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/delta/signer.h"

#include "tests/unit/syncd/delta/memory.h"

#define HOLE_SIZE 4096u

static int
read_memory(void *cookie, uint64_t offset, void *buf, size_t len)
{
	struct memory *m;

	m = cookie;
	ck_assert_uint_le(offset, m->len);
	ck_assert_uint_le(len, m->len - offset);
	if (m->left == 0)
		return PH_EIO;
	if (m->left > 0)
		m->left--;
	memcpy(buf, m->data + offset, len);
	return PH_OK;
}

/* Whether a whole block of zeros begins at offset, which is on the grid. */
static int
is_hole(const struct memory *m, uint64_t offset)
{
	static const uint8_t zeros[HOLE_SIZE];
	size_t n;

	n = m->len - offset < HOLE_SIZE ? m->len - offset : HOLE_SIZE;
	return memcmp(m->data + offset, zeros, n) == 0;
}

static int
find_data(void *cookie, uint64_t offset, uint64_t *begin, uint64_t *end)
{
	struct memory *m;
	uint64_t at;

	m = cookie;
	at = offset - offset % HOLE_SIZE;
	while (at < m->len && is_hole(m, at))
		at += HOLE_SIZE;
	*begin = at < offset ? offset : at;
	while (at < m->len && !is_hole(m, at))
		at += HOLE_SIZE;
	*end = at;
	/* As lseek does: no data up to the end. */
	if (*begin > m->len)
		*begin = m->len;
	if (*end > m->len)
		*end = m->len;
	return PH_OK;
}

struct delta_source
memory_source(struct memory *m)
{
	struct delta_source s;

	s.size = m->len;
	s.read = read_memory;
	s.data = find_data;
	s.cookie = m;
	return s;
}

uint32_t
memory_random(uint64_t *state, uint32_t bound)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (uint32_t)((*state >> 16) % bound);
}

void
memory_noise(uint64_t *state, uint8_t *data, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		data[i] = (uint8_t)memory_random(state, 256);
}

int
memory_write(void *cookie, const void *data, size_t len)
{
	return buffer_put(cookie, data, len);
}

struct delta_signature *
memory_sign(const struct delta_source *base, uint64_t ndata,
    struct memory *file)
{
	struct delta_signature *s;
	struct delta_source source;
	struct delta_signer *signer;
	struct buffer b;
	uint8_t *bytes;

	buffer_init(&b, 1 << 26);
	bytes = malloc(base->size + 1);
	signer = delta_signer_new(base->size, ndata, memory_write, &b);
	ck_assert(bytes != NULL && signer != NULL);
	ck_assert_int_eq(delta_source_read_sparse(base, 0, bytes, base->size),
	    PH_OK);
	ck_assert_int_eq(delta_signer_add(signer, bytes, base->size), PH_OK);
	ck_assert_int_eq(delta_signer_finish(signer), PH_OK);
	delta_signer_free(signer);
	free(bytes);
	file->data = buffer_take(&b, &file->len);
	file->left = -1;
	source = memory_source(file);
	ck_assert_int_eq(delta_signature_load(&source, base->size, &s), PH_OK);
	return s;
}
