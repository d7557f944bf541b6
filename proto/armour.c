/*
 * Armour, read line by line and four characters at a time: lines of 70
 * columns cut the groups of base64, and no joined copy is made of what may
 * be a private key.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "proto/base64.h"
#include "proto/buffer.h"
#include "proto/errors.h"
#include "proto/reader.h"

#include "proto/armour.h"

#define COLUMNS 70u
#define MARK_SIZE 64u /* Of a BEGIN or END line and a NUL. */

/* Where the bytes go, and the group of base64 that is being filled. */
struct decoder {
	uint8_t *out;
	size_t size;
	size_t len;
	char group[4];
	size_t ngroup;
	int ended; /* A group had padding: it is the last. */
};

/* Write "-----WHAT LABEL-----". */
static void
write_mark(char mark[MARK_SIZE], const char *what, const char *label)
{
	int n;

	n = snprintf(mark, MARK_SIZE, "-----%s %s-----", what, label);
	assert(n > 0 && (size_t)n < MARK_SIZE);
}

/* Write the lines of base64 to p; returns where they end. */
static uint8_t *
write_lines(const uint8_t *data, size_t len, uint8_t *p)
{
	char group[BASE64_SIZE(3)];
	size_t column, i, j;

	column = 0;
	for (i = 0; i < len; i += 3) {
		base64_write(data + i, len - i < 3 ? len - i : 3, BASE64_PADDED,
		    group);
		for (j = 0; j < 4; j++) {
			*p++ = (uint8_t)group[j];
			if (++column == COLUMNS) {
				*p++ = '\n';
				column = 0;
			}
		}
	}
	if (column > 0)
		*p++ = '\n';
	explicit_bzero(group, sizeof(group));
	return p;
}

int
armour_encode(const char *label, const void *data, size_t len,
    struct buffer *out)
{
	char begin[MARK_SIZE], end[MARK_SIZE];
	uint8_t *p, *room;
	size_t nbody, nbegin, nend, total;

	write_mark(begin, "BEGIN", label);
	write_mark(end, "END", label);
	nbegin = strlen(begin);
	nend = strlen(end);
	nbody = len / 3 * 4 + (len % 3 > 0 ? 4 : 0);
	nbody += (nbody + COLUMNS - 1) / COLUMNS;
	total = nbegin + 1 + nbody + nend + 1;
	room = buffer_reserve(out, total);
	if (room == NULL)
		return buffer_error(out);
	memcpy(room, begin, nbegin);
	p = room + nbegin;
	*p++ = '\n';
	p = write_lines(data, len, p);
	memcpy(p, end, nend);
	p += nend;
	*p++ = '\n';
	assert((size_t)(p - room) == total);
	return PH_OK;
}

/* Take a line without its LF or CR LF; the last one may lack it. */
static int
get_line(struct reader *r, const char **line, size_t *len)
{
	const uint8_t *data, *end;
	size_t n;
	int result;

	if (r->len == 0)
		return PH_EMESSAGE;
	end = memchr(r->data, '\n', r->len);
	n = end == NULL ? r->len : (size_t)(end - r->data) + 1;
	result = reader_borrow(r, n, &data);
	assert(result == PH_OK);
	if (end != NULL) {
		n--;
		if (n > 0 && data[n - 1] == '\r')
			n--;
	}
	*line = (const char *)data;
	*len = n;
	return PH_OK;
}

/* Whether a line is that mark. */
static int
is_mark(const char *line, size_t len, const char *mark)
{
	return len == strlen(mark) && memcmp(line, mark, len) == 0;
}

/* Decode a full group. */
static int
decode_group(struct decoder *d)
{
	size_t n;
	int r;

	r = base64_read(d->group, sizeof(d->group), BASE64_PADDED,
	    d->out + d->len, d->size - d->len, &n);
	if (r != PH_OK)
		return r;
	d->len += n;
	d->ngroup = 0;
	d->ended = n < 3;
	return PH_OK;
}

/* Decode a line of the body: one character or more. */
static int
decode_line(struct decoder *d, const char *line, size_t len)
{
	size_t i;
	int r;

	if (len == 0)
		return PH_EMESSAGE;
	for (i = 0; i < len; i++) {
		if (d->ended)
			return PH_EMESSAGE;
		d->group[d->ngroup++] = line[i];
		if (d->ngroup == sizeof(d->group)) {
			r = decode_group(d);
			if (r != PH_OK)
				return r;
		}
	}
	return PH_OK;
}

/* Decode the lines up to the END line and that. */
static int
decode_body(struct decoder *d, struct reader *r, const char *end)
{
	const char *line;
	size_t len;
	int result;

	for (;;) {
		result = get_line(r, &line, &len);
		if (result != PH_OK)
			return result;
		if (is_mark(line, len, end))
			return d->ngroup == 0 ? PH_OK : PH_EMESSAGE;
		result = decode_line(d, line, len);
		if (result != PH_OK)
			return result;
	}
}

int
armour_decode(struct reader *r, const char *label, uint8_t *out, size_t size,
    size_t *outlen)
{
	struct decoder d;
	struct reader ahead;
	char mark[MARK_SIZE];
	const char *line;
	size_t len;
	int result;

	memset(&d, 0, sizeof(d));
	d.out = out;
	d.size = size;
	ahead = *r;
	write_mark(mark, "BEGIN", label);
	result = get_line(&ahead, &line, &len);
	if (result != PH_OK || !is_mark(line, len, mark))
		return PH_EMESSAGE;
	write_mark(mark, "END", label);
	result = decode_body(&d, &ahead, mark);
	if (result == PH_OK) {
		*outlen = d.len;
		*r = ahead;
	}
	explicit_bzero(&d, sizeof(d));
	return result;
}
