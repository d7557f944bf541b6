/*
 * Sources: bounds, and holes that are not read.
 */
#include <assert.h>
#include <string.h>

#include "proto/errors.h"

#include "syncd/delta/source.h"

int
delta_source_read(const struct delta_source *s, uint64_t offset, void *buf,
    size_t len)
{
	assert(offset <= s->size && len <= s->size - offset);
	if (len == 0)
		return PH_OK;
	return s->read(s->cookie, offset, buf, len);
}

int
delta_source_extent(const struct delta_source *s, uint64_t offset,
    uint64_t *end, int *hole)
{
	uint64_t begin;
	int r;

	assert(offset < s->size);
	*hole = 0;
	*end = s->size;
	if (s->data == NULL)
		return PH_OK;
	r = s->data(s->cookie, offset, &begin, end);
	if (r != PH_OK)
		return r;
	/* A file may have grown since its size was taken. */
	if (begin > s->size)
		begin = s->size;
	if (*end > s->size)
		*end = s->size;
	if (begin < offset || *end < begin ||
	    (begin == *end && begin < s->size))
		return PH_EINTERNAL;
	if (begin > offset) {
		*hole = 1;
		*end = begin;
	}
	return *end > offset ? PH_OK : PH_EINTERNAL;
}

int
delta_source_read_sparse(const struct delta_source *s, uint64_t offset,
    void *buf, size_t len)
{
	uint8_t *p;
	uint64_t end;
	size_t n;
	int hole, r;

	assert(offset <= s->size && len <= s->size - offset);
	for (p = buf; len > 0; p += n, offset += n, len -= n) {
		r = delta_source_extent(s, offset, &end, &hole);
		if (r != PH_OK)
			return r;
		n = end - offset < len ? (size_t)(end - offset) : len;
		if (hole) {
			memset(p, 0, n);
			continue;
		}
		r = delta_source_read(s, offset, p, n);
		if (r != PH_OK)
			return r;
	}
	return PH_OK;
}
