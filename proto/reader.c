/*
 * Checked reading of big-endian bytes.
 */
#include <string.h>

#include "proto/errors.h"

#include "proto/reader.h"

void
reader_init(struct reader *r, const void *data, size_t len)
{
	r->data = data;
	r->len = len;
}

int
reader_borrow(struct reader *r, size_t len, const uint8_t **out)
{
	if (len > r->len)
		return PH_EMESSAGE;
	*out = r->data;
	/* Of nothing, data may be NULL, which cannot be added to. */
	if (len > 0)
		r->data += len;
	r->len -= len;
	return PH_OK;
}

int
reader_get(struct reader *r, void *out, size_t len)
{
	const uint8_t *data;
	int result;

	result = reader_borrow(r, len, &data);
	if (result == PH_OK && len > 0)
		memcpy(out, data, len);
	return result;
}

/* An integer of n bytes, the highest first. */
static int
get_integer(struct reader *r, size_t n, uint64_t *value)
{
	const uint8_t *data;
	size_t i;
	int result;

	result = reader_borrow(r, n, &data);
	if (result != PH_OK)
		return result;
	*value = 0;
	for (i = 0; i < n; i++)
		*value = *value << 8 | data[i];
	return PH_OK;
}

int
reader_get_u8(struct reader *r, uint8_t *value)
{
	uint64_t v;
	int result;

	result = get_integer(r, 1, &v);
	if (result == PH_OK)
		*value = (uint8_t)v;
	return result;
}

int
reader_get_u16(struct reader *r, uint16_t *value)
{
	uint64_t v;
	int result;

	result = get_integer(r, 2, &v);
	if (result == PH_OK)
		*value = (uint16_t)v;
	return result;
}

int
reader_get_u32(struct reader *r, uint32_t *value)
{
	uint64_t v;
	int result;

	result = get_integer(r, 4, &v);
	if (result == PH_OK)
		*value = (uint32_t)v;
	return result;
}

int
reader_get_u64(struct reader *r, uint64_t *value)
{
	return get_integer(r, 8, value);
}

int
reader_get_string(struct reader *r, size_t max, const uint8_t **out,
    size_t *len)
{
	struct reader ahead;
	uint32_t n;
	int result;

	/* Moves r only when the whole string is there. */
	ahead = *r;
	result = reader_get_u32(&ahead, &n);
	if (result != PH_OK)
		return result;
	if (n > max)
		return PH_ELIMIT;
	result = reader_borrow(&ahead, n, out);
	if (result != PH_OK)
		return result;
	*len = n;
	*r = ahead;
	return PH_OK;
}

int
reader_end(const struct reader *r)
{
	return r->len == 0 ? PH_OK : PH_EMESSAGE;
}
