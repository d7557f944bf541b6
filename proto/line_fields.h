#ifndef PROTO_LINE_FIELDS_H
#define PROTO_LINE_FIELDS_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/lineset.h"

/*
 * The fields of a line, with one space between two of them.  For
 * grant_item.h and holding.h, whose lines both name an image and a version.
 */

#define LINE_FIELDS_MAX 8u

/* A field, borrowed from its line. */
struct line_field {
	const char *text;
	size_t len;
};

/*
 * Cut a line into exactly count fields, none of them empty.  PH_OK or
 * PH_EMESSAGE.
 */
int line_fields_split(const char *line, size_t len, size_t count,
    struct line_field *out) ATTR_CHECK;

/*
 * Copy a field as a C string into size bytes.  PH_OK, or PH_EMESSAGE when
 * it does not fit.
 */
int line_fields_copy(const struct line_field *field, char *out,
    size_t size) ATTR_CHECK;

enum line_fields_case {
	LINE_FIELDS_EXACT, /* No two lines of one image and version. */
	LINE_FIELDS_FOLDED /* Nor names that differ only in case. */
};

/*
 * The order of the lines of a set, each of which has count fields, the third
 * an image and the fourth a version, by these two as bytes (folded: A-Z as
 * a-z): where in the text each one's image stands.  PH_OK and as many as
 * there are lines, to be freed; PH_EMESSAGE, PH_ENOMEM.
 */
int line_fields_order(const struct lineset *s, size_t count,
    enum line_fields_case fold, uint32_t **out) ATTR_CHECK;

/*
 * The first of such an order (exact) that is not before an image and a
 * version; "" is before every version.  n: none.
 */
size_t line_fields_seek(const struct lineset *s, const uint32_t *order,
    size_t n, const char *image, const char *version) ATTR_CHECK;

/*
 * Check what the lines of a set say together, each of which has count
 * fields, the third an image and the fourth a version.  PH_OK, PH_EMESSAGE
 * or PH_ENOMEM.
 */
int line_fields_check(const struct lineset *s, size_t count,
    enum line_fields_case fold) ATTR_CHECK;

#endif
