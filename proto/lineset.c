/*
 * Sets of lines: one text, and an index of where each line begins, so that
 * a million lines cost four bytes each beside their text.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/limits.h"

#include "proto/lineset.h"

/* The first allocations of a builder. */
#define FIRST_TEXT 4096u
#define FIRST_LINES 64u

struct lineset {
	char *text;
	size_t len;
	uint32_t *begin; /* Of each line in text. */
	size_t count;
};

struct lineset_builder {
	char *text; /* Lines as they came, each with its line feed. */
	size_t len;
	size_t size; /* Allocated for text. */
	uint32_t *begin;
	size_t count;
	size_t max; /* Allocated for begin, in lines. */
};

/* Whether len bytes (and a line feed behind them) can be a line. */
static int
line_valid(const char *line, size_t len)
{
	size_t i;

	if (len == 0 || len + 1 > PH_LIST_LINE_MAX)
		return 0;
	for (i = 0; i < len; i++) {
		if (line[i] < 0x20 || line[i] > 0x7e)
			return 0;
	}
	return 1;
}

int
lineset_compare(const char *a, size_t alen, const char *b, size_t blen)
{
	int order;

	order = memcmp(a, b, alen < blen ? alen : blen);
	if (order != 0 || alen == blen)
		return order;
	return alen < blen ? -1 : 1;
}

/* The number of line feeds. */
static size_t
count_lines(const char *text, size_t len)
{
	const char *end;
	size_t n;

	n = 0;
	while (len > 0 && (end = memchr(text, '\n', len)) != NULL) {
		len -= (size_t)(end + 1 - text);
		text = end + 1;
		n++;
	}
	return n;
}

/* Fill in the index, and check the lines and their order. */
static int
index_lines(struct lineset *s)
{
	const char *end, *line, *previous;
	size_t at, len, previous_len;

	previous = NULL;
	previous_len = 0;
	for (at = 0; at < s->len; at += len + 1) {
		line = s->text + at;
		end = memchr(line, '\n', s->len - at);
		if (end == NULL)
			return PH_EMESSAGE;
		len = (size_t)(end - line);
		if (!line_valid(line, len))
			return PH_EMESSAGE;
		if (previous != NULL &&
		    lineset_compare(previous, previous_len, line, len) >= 0)
			return PH_EMESSAGE;
		s->begin[s->count++] = (uint32_t)at;
		previous = line;
		previous_len = len;
	}
	return PH_OK;
}

/* Give back what the text was allocated beyond its length. */
static void
shrink(struct lineset *s)
{
	char *text;

	text = realloc(s->text, s->len + 1);
	if (text != NULL)
		s->text = text;
}

int
lineset_decode_take(uint8_t **text, size_t len, struct lineset **out)
{
	struct lineset *s;
	int r;

	if (len > PH_LIST_SIZE_MAX)
		return PH_ELIMIT;
	r = PH_ENOMEM;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		goto out;
	s->begin = malloc(
	    (count_lines((const char *)*text, len) + 1) * sizeof(*s->begin));
	if (s->begin == NULL)
		goto out;
	s->text = (char *)*text;
	s->len = len;
	r = index_lines(s);
	if (r != PH_OK) {
		s->text = NULL;
		goto out;
	}
	*text = NULL;
	shrink(s);
	*out = s;
	s = NULL;
out:
	lineset_free(s);
	return r;
}

int
lineset_decode(const void *text, size_t len, struct lineset **out)
{
	uint8_t *copy;
	int r;

	if (len > PH_LIST_SIZE_MAX)
		return PH_ELIMIT;
	copy = malloc(len + 1);
	if (copy == NULL)
		return PH_ENOMEM;
	if (len > 0)
		memcpy(copy, text, len);
	r = lineset_decode_take(&copy, len, out);
	free(copy);
	return r;
}

void
lineset_free(struct lineset *s)
{
	if (s == NULL)
		return;
	free(s->text);
	free(s->begin);
	free(s);
}

const char *
lineset_text(const struct lineset *s, size_t *len)
{
	if (len != NULL)
		*len = s->len;
	return s->text == NULL ? "" : s->text;
}

void
lineset_digest(const struct lineset *s, struct digest *out)
{
	digest_of(s->text, s->len, out);
}

size_t
lineset_count(const struct lineset *s)
{
	return s->count;
}

const char *
lineset_line(const struct lineset *s, size_t i, size_t *len)
{
	size_t end;

	assert(i < s->count);
	end = i + 1 < s->count ? s->begin[i + 1] : s->len;
	*len = end - s->begin[i] - 1;
	return s->text + s->begin[i];
}

size_t
lineset_seek(const struct lineset *s, const char *line, size_t len)
{
	const char *other;
	size_t high, low, middle, otherlen;

	low = 0;
	high = s->count;
	while (low < high) {
		middle = low + (high - low) / 2;
		other = lineset_line(s, middle, &otherlen);
		if (lineset_compare(other, otherlen, line, len) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int
lineset_has(const struct lineset *s, const char *line, size_t len)
{
	const char *other;
	size_t i, otherlen;

	i = lineset_seek(s, line, len);
	if (i == s->count)
		return 0;
	other = lineset_line(s, i, &otherlen);
	return lineset_compare(other, otherlen, line, len) == 0;
}

struct lineset_builder *
lineset_builder_new(void)
{
	return calloc(1, sizeof(struct lineset_builder));
}

/* Make room for len bytes and one line more. */
static int
grow(struct lineset_builder *b, size_t len)
{
	uint32_t *begin;
	size_t size;
	char *text;

	if (b->len + len > b->size) {
		size = b->size == 0 ? FIRST_TEXT : b->size * 2;
		text = realloc(b->text, size);
		if (text == NULL)
			return PH_ENOMEM;
		b->text = text;
		b->size = size;
	}
	if (b->count == b->max) {
		size = b->max == 0 ? FIRST_LINES : b->max * 2;
		begin = realloc(b->begin, size * sizeof(*begin));
		if (begin == NULL)
			return PH_ENOMEM;
		b->begin = begin;
		b->max = size;
	}
	return PH_OK;
}

int
lineset_builder_add(struct lineset_builder *b, const char *line, size_t len)
{
	int r;

	if (!line_valid(line, len))
		return PH_EMESSAGE;
	if (len + 1 > PH_LIST_SIZE_MAX - b->len)
		return PH_ELIMIT;
	/* Doubling once is enough: FIRST_TEXT is above PH_LIST_LINE_MAX. */
	r = grow(b, len + 1);
	if (r != PH_OK)
		return r;
	b->begin[b->count++] = (uint32_t)b->len;
	memcpy(b->text + b->len, line, len);
	b->text[b->len + len] = '\n';
	b->len += len + 1;
	return PH_OK;
}

/* The order of two lines of a text, by where they begin. */
static int
compare_begin(const void *a, const void *b, void *cookie)
{
	const char *text, *x, *y;

	text = cookie;
	x = text + *(const uint32_t *)a;
	y = text + *(const uint32_t *)b;
	/* The line feeds come before every other character. */
	while (*x == *y && *x != '\n') {
		x++;
		y++;
	}
	return (*x > *y) - (*x < *y);
}

/* Copy the sorted lines of b, each once, to the end of s. */
static void
copy_sorted(const struct lineset_builder *b, struct lineset *s)
{
	const char *end, *line;
	size_t i, len;

	for (i = 0; i < b->count; i++) {
		if (i > 0 &&
		    compare_begin(&b->begin[i - 1], &b->begin[i], b->text) == 0)
			continue;
		line = b->text + b->begin[i];
		end = memchr(line, '\n', b->len - b->begin[i]);
		len = (size_t)(end + 1 - line);
		memcpy(s->text + s->len, line, len);
		s->begin[s->count++] = (uint32_t)s->len;
		s->len += len;
	}
}

int
lineset_builder_finish(struct lineset_builder *b, struct lineset **out)
{
	struct lineset *s;
	int r;

	r = PH_ENOMEM;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		goto out;
	s->text = malloc(b->len + 1);
	s->begin = malloc((b->count + 1) * sizeof(*s->begin));
	if (s->text == NULL || s->begin == NULL)
		goto out;
	if (b->count > 0)
		qsort_r(b->begin, b->count, sizeof(*b->begin), compare_begin,
		    b->text);
	copy_sorted(b, s);
	b->len = 0;
	b->count = 0;
	*out = s;
	s = NULL;
	r = PH_OK;
out:
	lineset_free(s);
	return r;
}

void
lineset_builder_free(struct lineset_builder *b)
{
	if (b == NULL)
		return;
	free(b->text);
	free(b->begin);
	free(b);
}
