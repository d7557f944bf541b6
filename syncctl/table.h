#ifndef SYNCCTL_TABLE_H
#define SYNCCTL_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"

struct buffer;

/*
 * Tables for people: columns as wide as their widest cell, two spaces
 * between them.  Failures of memory are remembered until the table is
 * printed.
 */

struct table;

/*
 * A table of columns, whose headers are given with a NULL behind the last; a
 * header that begins with '>' (not shown) has its column to the right.  NULL
 * without memory.
 */
struct table *table_new(const char *const *headers);

/* The next cell, row by row; printf.  A NULL table is ignored. */
void table_put(struct table *t, const char *fmt, ...) ATTR_PRINTF(2, 3);

/* The next cell: text, or "-" for NULL and "". */
void table_text(struct table *t, const char *text);

/* The next cell: a size with its unit. */
void table_size(struct table *t, uint64_t bytes);

/* Complete rows. */
size_t table_rows(const struct table *t);

/* Put its lines, headers first.  PH_OK or PH_ENOMEM. */
int table_print(const struct table *t, struct buffer *out) ATTR_CHECK;

/* NULL is allowed. */
void table_free(struct table *t);

#endif
