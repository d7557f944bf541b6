/*
 * A growing buffer with a maximum; after OpenSSH's sshbuf, without its
 * child buffers.
 */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"

#include "proto/buffer.h"

/* The first allocation; small control messages fit. */
#define FIRST_SIZE 256u

void
buffer_init(struct buffer *b, size_t max)
{
	/* One byte more than max must be a size: the NUL of buffer_text. */
	assert(max < SIZE_MAX);
	memset(b, 0, sizeof(*b));
	b->max = max;
}

void
buffer_fini(struct buffer *b)
{
	free(b->data);
	buffer_init(b, b->max);
}

void
buffer_reset(struct buffer *b)
{
	b->len = 0;
	b->error = PH_OK;
}

/* Make sure that len + 1 more bytes fit: one for the NUL of buffer_text. */
static int
grow(struct buffer *b, size_t len)
{
	uint8_t *data;
	size_t need, size;

	assert(b->len <= b->max);
	if (len > b->max - b->len)
		return PH_ELIMIT;
	need = b->len + len + 1;
	if (need <= b->size)
		return PH_OK;
	size = b->size == 0 ? FIRST_SIZE : b->size;
	while (size < need)
		size = size > SIZE_MAX / 2 ? need : size * 2;
	if (size > b->max + 1)
		size = b->max + 1;
	data = realloc(b->data, size);
	if (data == NULL)
		return PH_ENOMEM;
	b->data = data;
	b->size = size;
	return PH_OK;
}

uint8_t *
buffer_reserve(struct buffer *b, size_t len)
{
	uint8_t *room;
	int r;

	if (b->error != PH_OK)
		return NULL;
	r = grow(b, len);
	if (r != PH_OK) {
		b->error = r;
		return NULL;
	}
	room = b->data + b->len;
	b->len += len;
	return room;
}

int
buffer_put(struct buffer *b, const void *data, size_t len)
{
	uint8_t *room;

	room = buffer_reserve(b, len);
	if (room == NULL)
		return b->error;
	if (len > 0)
		memcpy(room, data, len);
	return PH_OK;
}

/* Write the low n bytes of value, the highest first. */
static void
write_integer(uint8_t *out, uint64_t value, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		out[i] = (uint8_t)(value >> (8 * (n - 1 - i)));
}

/* Put the low n bytes of value, the highest first. */
static int
put_integer(struct buffer *b, uint64_t value, size_t n)
{
	uint8_t *room;

	room = buffer_reserve(b, n);
	if (room == NULL)
		return b->error;
	write_integer(room, value, n);
	return PH_OK;
}

int
buffer_put_u8(struct buffer *b, uint8_t value)
{
	return put_integer(b, value, 1);
}

int
buffer_put_u16(struct buffer *b, uint16_t value)
{
	return put_integer(b, value, 2);
}

int
buffer_put_u32(struct buffer *b, uint32_t value)
{
	return put_integer(b, value, 4);
}

int
buffer_put_u64(struct buffer *b, uint64_t value)
{
	return put_integer(b, value, 8);
}

int
buffer_put_string(struct buffer *b, const void *data, size_t len)
{
	uint8_t *room;

	if (len > UINT32_MAX) {
		if (b->error == PH_OK)
			b->error = PH_ELIMIT;
		return b->error;
	}
	/* Both or neither. */
	room = buffer_reserve(b, len + 4);
	if (room == NULL)
		return b->error;
	write_integer(room, len, 4);
	if (len > 0)
		memcpy(room + 4, data, len);
	return PH_OK;
}

int
buffer_put_text(struct buffer *b, const char *text)
{
	return buffer_put(b, text, strlen(text));
}

int
buffer_putf(struct buffer *b, const char *fmt, ...)
{
	va_list ap;
	uint8_t *room;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	assert(n >= 0);
	/* The NUL that vsnprintf writes lands in the spare byte. */
	room = buffer_reserve(b, (size_t)n);
	if (room == NULL)
		return b->error;
	va_start(ap, fmt);
	(void)vsnprintf((char *)room, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return PH_OK;
}

void
buffer_set_u32(struct buffer *b, size_t offset, uint32_t value)
{
	size_t i;

	assert(offset <= b->len && b->len - offset >= 4);
	for (i = 0; i < 4; i++)
		b->data[offset + i] = (uint8_t)(value >> (8 * (3 - i)));
}

void
buffer_consume(struct buffer *b, size_t n)
{
	assert(n <= b->len);
	if (n == 0)
		return;
	memmove(b->data, b->data + n, b->len - n);
	b->len -= n;
}

void
buffer_truncate(struct buffer *b, size_t len)
{
	assert(len <= b->len);
	b->len = len;
}

const char *
buffer_text(struct buffer *b)
{
	if (grow(b, 0) != PH_OK)
		return NULL;
	b->data[b->len] = '\0';
	return (const char *)b->data;
}

uint8_t *
buffer_take(struct buffer *b, size_t *len)
{
	uint8_t *data;

	data = b->data;
	*len = b->len;
	buffer_init(b, b->max);
	return data;
}

int
buffer_error(const struct buffer *b)
{
	return b->error;
}
