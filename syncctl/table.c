/*
 * Tables: all cells one after the other, each a text with its NUL.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/buffer.h"
#include "proto/errors.h"
#include "syncctl/output.h"
#include "syncd/config/units.h"

#include "syncctl/table.h"

#define COLUMNS_MAX 16u
#define CELL_SIZE 1200u
#define CELLS_MAX (256u << 20)

struct table {
	size_t ncolumns;
	int to_the_right[COLUMNS_MAX];
	size_t width[COLUMNS_MAX]; /* In characters. */
	size_t ncells;             /* With the headers. */
	struct buffer cells;
};

/* Characters of a text that output_clean() gave. */
static size_t
width_of(const char *text)
{
	size_t n;

	for (n = 0; *text != '\0'; text++) {
		if (((unsigned char)*text & 0xc0) != 0x80)
			n++;
	}
	return n;
}

/* Add a cell. */
static void
add(struct table *t, const char *text)
{
	char clean[CELL_SIZE];
	size_t column, width;

	output_clean(text, clean, sizeof(clean));
	column = t->ncells % t->ncolumns;
	width = width_of(clean);
	if (width > t->width[column])
		t->width[column] = width;
	(void)buffer_put(&t->cells, clean, strlen(clean) + 1);
	t->ncells++;
}

struct table *
table_new(const char *const *headers)
{
	struct table *t;
	size_t i;

	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return NULL;
	buffer_init(&t->cells, CELLS_MAX);
	while (t->ncolumns < COLUMNS_MAX && headers[t->ncolumns] != NULL)
		t->ncolumns++;
	for (i = 0; i < t->ncolumns; i++) {
		t->to_the_right[i] = headers[i][0] == '>';
		add(t, headers[i] + t->to_the_right[i]);
	}
	return t;
}

void
table_put(struct table *t, const char *fmt, ...)
{
	char text[CELL_SIZE];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (t != NULL)
		add(t, text);
}

void
table_text(struct table *t, const char *text)
{
	table_put(t, "%s", text == NULL || text[0] == '\0' ? "-" : text);
}

void
table_size(struct table *t, uint64_t bytes)
{
	char text[UNITS_TEXT_SIZE];

	units_size_text(bytes, text);
	table_put(t, "%s", text);
}

size_t
table_rows(const struct table *t)
{
	return t == NULL ? 0 : t->ncells / t->ncolumns - 1;
}

int
table_print(const struct table *t, struct buffer *out)
{
	const char *cell;
	size_t column, i, pad;

	if (t == NULL || buffer_error(&t->cells) != PH_OK)
		return PH_ENOMEM;
	cell = (const char *)t->cells.data;
	for (i = 0; i < t->ncells; i++, cell += strlen(cell) + 1) {
		column = i % t->ncolumns;
		pad = t->width[column] - width_of(cell);
		if (t->to_the_right[column])
			(void)buffer_putf(out, "%*s", (int)pad, "");
		(void)buffer_put_text(out, cell);
		if (column + 1 == t->ncolumns)
			(void)buffer_put_u8(out, '\n');
		else
			(void)buffer_putf(out, "%*s",
			    (int)(t->to_the_right[column] ? 2 : pad + 2), "");
	}
	return buffer_error(out) == PH_OK ? PH_OK : PH_ENOMEM;
}

void
table_free(struct table *t)
{
	if (t == NULL)
		return;
	buffer_fini(&t->cells);
	free(t);
}
