/*
 * Fields of lines, and the check that no version is listed twice: the lines
 * are ordered by image and version, and neighbours compared.
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/limits.h"

#include "proto/line_fields.h"

/* The fields of which the first is the image and the second the version. */
#define IMAGE_FIELD 2u

/* What the order of lines needs to know. */
struct ordering {
	const char *text;
	enum line_fields_case fold;
};

int
line_fields_split(const char *line, size_t len, size_t count,
    struct line_field *out)
{
	const char *end, *space;
	size_t i;

	end = line + len;
	for (i = 0; i < count; i++) {
		space = memchr(line, ' ', (size_t)(end - line));
		if ((space == NULL) != (i + 1 == count))
			return PH_EMESSAGE;
		out[i].text = line;
		out[i].len = (size_t)((space == NULL ? end : space) - line);
		if (out[i].len == 0)
			return PH_EMESSAGE;
		line += out[i].len + 1;
	}
	return PH_OK;
}

int
line_fields_copy(const struct line_field *field, char *out, size_t size)
{
	if (field->len >= size)
		return PH_EMESSAGE;
	memcpy(out, field->text, field->len);
	out[field->len] = '\0';
	return PH_OK;
}

/* A character as it counts in the order; whatever ends a field is ' '. */
static int
character(char c, enum line_fields_case fold)
{
	if (c == '\n')
		return ' ';
	if (fold == LINE_FIELDS_FOLDED && c >= 'A' && c <= 'Z')
		return c - 'A' + 'a';
	return c;
}

/* The order of the next count fields at x and y. */
static int
compare(const char *x, const char *y, size_t count, enum line_fields_case fold)
{
	int cx, cy;

	for (;; x++, y++) {
		cx = character(*x, fold);
		cy = character(*y, fold);
		if (cx != cy)
			return cx - cy;
		if (cx == ' ' && --count == 0)
			return 0;
	}
}

/* The order of two places where image and version stand. */
static int
compare_places(const void *a, const void *b, void *cookie)
{
	const struct ordering *ordering;

	ordering = cookie;
	return compare(ordering->text + *(const uint32_t *)a,
	    ordering->text + *(const uint32_t *)b, 2, ordering->fold);
}

/* Whether two lines, neighbours in the order, must not be in one set. */
static int
clash(const char *x, const char *y, enum line_fields_case fold)
{
	if (compare(x, y, 2, fold) == 0)
		return 1;
	return compare(x, y, 1, fold) == 0 &&
	    compare(x, y, 1, LINE_FIELDS_EXACT) != 0;
}

/* Where in the text each line names its image. */
static int
find_places(const struct lineset *s, size_t count, uint32_t *places)
{
	struct line_field fields[LINE_FIELDS_MAX];
	const char *line, *text;
	size_t i, len;

	assert(count > IMAGE_FIELD + 1 && count <= LINE_FIELDS_MAX);
	text = lineset_text(s, NULL);
	for (i = 0; i < lineset_count(s); i++) {
		line = lineset_line(s, i, &len);
		if (line_fields_split(line, len, count, fields) != PH_OK)
			return PH_EMESSAGE;
		places[i] = (uint32_t)(fields[IMAGE_FIELD].text - text);
	}
	return PH_OK;
}

int
line_fields_order(const struct lineset *s, size_t count,
    enum line_fields_case fold, uint32_t **out)
{
	struct ordering ordering;
	uint32_t *places;
	size_t n;
	int r;

	n = lineset_count(s);
	places = malloc((n + 1) * sizeof(*places));
	if (places == NULL)
		return PH_ENOMEM;
	r = find_places(s, count, places);
	if (r != PH_OK) {
		free(places);
		return r;
	}
	ordering.text = lineset_text(s, NULL);
	ordering.fold = fold;
	qsort_r(places, n, sizeof(*places), compare_places, &ordering);
	*out = places;
	return PH_OK;
}

size_t
line_fields_seek(const struct lineset *s, const uint32_t *order, size_t n,
    const char *image, const char *version)
{
	char sought[PH_LIST_LINE_MAX];
	size_t high, low, middle;
	const char *text;

	(void)snprintf(sought, sizeof(sought), "%s %s\n", image, version);
	text = lineset_text(s, NULL);
	low = 0;
	high = n;
	while (low < high) {
		middle = low + (high - low) / 2;
		if (compare(text + order[middle], sought, 2,
			LINE_FIELDS_EXACT) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int
line_fields_check(const struct lineset *s, size_t count,
    enum line_fields_case fold)
{
	const char *text;
	uint32_t *places;
	size_t i;
	int r;

	r = line_fields_order(s, count, fold, &places);
	if (r != PH_OK)
		return r;
	text = lineset_text(s, NULL);
	for (i = 1; i < lineset_count(s) && r == PH_OK; i++) {
		if (clash(text + places[i - 1], text + places[i], fold))
			r = PH_EMESSAGE;
	}
	free(places);
	return r;
}
