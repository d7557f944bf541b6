/*
 * Base64 without leniency: whoever compares texts compares contents.
 */

#include "proto/buffer.h"
#include "proto/errors.h"

#include "proto/base64.h"

void
base64_write(const void *data, size_t len, enum base64_padding padding,
    char *out)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "abcdefghijklmnopqrstuvwxyz"
				       "0123456789+/";
	const uint8_t *bytes;
	uint32_t group;
	size_t i, j, n;

	bytes = data;
	for (i = 0; i < len; i += 3) {
		/* n bytes of this group make n + 1 characters. */
		n = len - i < 3 ? len - i : 3;
		group = (uint32_t)bytes[i] << 16;
		if (n > 1)
			group |= (uint32_t)bytes[i + 1] << 8;
		if (n > 2)
			group |= bytes[i + 2];
		for (j = 0; j < 4; j++) {
			if (j <= n)
				*out++ = alphabet[group >> (18 - 6 * j) & 63];
			else if (padding == BASE64_PADDED)
				*out++ = '=';
		}
	}
	*out = '\0';
}

/* The six bits of a character, or -1. */
static int
value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

/*
 * How many of the len characters carry bits, and of how many bytes; from
 * the length and the padding alone.
 */
static int
measure(const char *text, size_t len, enum base64_padding padding,
    size_t *nchars, size_t *nbytes)
{
	size_t n;

	n = len;
	if (padding == BASE64_PADDED) {
		if (len % 4 != 0)
			return PH_EMESSAGE;
		/* At most two; a third would be no character of base64. */
		if (n > 0 && text[n - 1] == '=')
			n--;
		if (n < len && text[n - 1] == '=')
			n--;
	}
	if (n % 4 == 1)
		return PH_EMESSAGE;
	*nchars = n;
	*nbytes = n / 4 * 3 + n % 4 * 3 / 4;
	return PH_OK;
}

/* Turn nchars characters into bytes; out has room for them. */
static int
read_characters(const char *text, size_t nchars, uint8_t *out)
{
	uint32_t bits;
	unsigned int nbits;
	size_t i;
	int v;

	bits = 0;
	nbits = 0;
	for (i = 0; i < nchars; i++) {
		v = value_of(text[i]);
		if (v < 0)
			return PH_EMESSAGE;
		bits = bits << 6 | (uint32_t)v;
		nbits += 6;
		if (nbits >= 8) {
			nbits -= 8;
			*out++ = (uint8_t)(bits >> nbits);
			bits &= (1u << nbits) - 1;
		}
	}
	/* The bits left over belong to no byte. */
	return bits == 0 ? PH_OK : PH_EMESSAGE;
}

int
base64_read(const char *text, size_t len, enum base64_padding padding,
    uint8_t *out, size_t size, size_t *outlen)
{
	size_t nchars, nbytes;
	int r;

	r = measure(text, len, padding, &nchars, &nbytes);
	if (r != PH_OK)
		return r;
	if (nbytes > size)
		return PH_ELIMIT;
	r = read_characters(text, nchars, out);
	if (r == PH_OK)
		*outlen = nbytes;
	return r;
}

int
base64_encode(const void *data, size_t len, enum base64_padding padding,
    struct buffer *out)
{
	uint8_t *room;
	size_t n;

	if (padding == BASE64_PADDED)
		n = len / 3 * 4 + (len % 3 > 0 ? 4 : 0);
	else
		n = len / 3 * 4 + (len % 3 > 0 ? len % 3 + 1 : 0);
	room = buffer_reserve(out, n);
	if (room == NULL)
		return buffer_error(out);
	/* The NUL lands in the spare byte that every buffer has. */
	base64_write(data, len, padding, (char *)room);
	return PH_OK;
}

int
base64_decode(const char *text, size_t len, enum base64_padding padding,
    struct buffer *out)
{
	uint8_t *room;
	size_t nchars, nbytes;
	int r;

	r = measure(text, len, padding, &nchars, &nbytes);
	if (r != PH_OK)
		return r;
	room = buffer_reserve(out, nbytes);
	if (room == NULL)
		return buffer_error(out);
	r = read_characters(text, nchars, room);
	if (r != PH_OK)
		buffer_truncate(out, out->len - nbytes);
	return r;
}
