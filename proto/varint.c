/*
 * LEB128 in its shortest form.
 */
#include "proto/errors.h"

#include "proto/varint.h"

/* The last byte of a ten-byte value has room for one bit. */
#define LAST_BYTE_MAX 1u

int
varint_put(struct buffer *b, uint64_t value)
{
	uint8_t bytes[VARINT_SIZE_MAX];
	size_t n;

	for (n = 0; value >= 0x80; n++) {
		bytes[n] = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	bytes[n++] = (uint8_t)value;
	return buffer_put(b, bytes, n);
}

int
varint_get(struct reader *r, uint64_t *value)
{
	uint64_t v;
	size_t i;
	uint8_t byte;

	v = 0;
	for (i = 0; i < r->len && i < VARINT_SIZE_MAX; i++) {
		byte = r->data[i];
		if (i == VARINT_SIZE_MAX - 1 && byte > LAST_BYTE_MAX)
			return PH_EMESSAGE;
		v |= (uint64_t)(byte & 0x7f) << (7 * i);
		if (byte & 0x80)
			continue;
		/* A last byte of zero would say nothing. */
		if (byte == 0 && i > 0)
			return PH_EMESSAGE;
		r->data += i + 1;
		r->len -= i + 1;
		*value = v;
		return PH_OK;
	}
	return PH_EMESSAGE;
}

uint64_t
varint_zigzag(int64_t value)
{
	uint64_t v;

	v = (uint64_t)value << 1;
	return value < 0 ? ~v : v;
}

int64_t
varint_unzigzag(uint64_t value)
{
	uint64_t v;

	v = value >> 1;
	/* The conversion of values beyond INT64_MAX wraps, as gcc defines. */
	return (int64_t)(value & 1 ? ~v : v);
}
