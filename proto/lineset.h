#ifndef PROTO_LINESET_H
#define PROTO_LINESET_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/digest.h"

/*
 * A sorted set of lines of text: the list of a grant, the holdings of a
 * receipt.  A line is 1 to PH_LIST_LINE_MAX bytes of printable ASCII (the
 * line feed counts); each ends with a line feed; they are strictly
 * ascending as bytes; all are at most PH_LIST_SIZE_MAX.  What stands in a
 * line is for grant_item.h and holding.h, the differences of two sets for
 * lineset_diff.h.
 *
 * A set never changes once it is made, so several threads may read it.
 */

struct lineset;

/*
 * Copy and check len bytes.  PH_OK and a set that the caller frees;
 * PH_EMESSAGE when they are not such a text, PH_ELIMIT, PH_ENOMEM.
 */
int lineset_decode(const void *text, size_t len,
    struct lineset **out) ATTR_CHECK;

/*
 * As lineset_decode(), of memory of malloc(): on PH_OK the set owns it and
 * *text is NULL.
 */
int lineset_decode_take(uint8_t **text, size_t len,
    struct lineset **out) ATTR_CHECK;

/* NULL is allowed. */
void lineset_free(struct lineset *s);

/* All of the text, borrowed as long as the set; *len (may be NULL) bytes. */
const char *lineset_text(const struct lineset *s, size_t *len);

/* The digest of the text: what the set is named by. */
void lineset_digest(const struct lineset *s, struct digest *out);

/* The number of lines. */
size_t lineset_count(const struct lineset *s);

/* Line i, borrowed, without its line feed and without a NUL. */
const char *lineset_line(const struct lineset *s, size_t i, size_t *len);

/* Less than, equal to or greater than 0: the order of two lines as bytes. */
int lineset_compare(const char *a, size_t alen, const char *b,
    size_t blen) ATTR_CHECK;

/* The first line that is not less than the given one; the count: none. */
size_t lineset_seek(const struct lineset *s, const char *line,
    size_t len) ATTR_CHECK;

/* 1 when the line is in the set, else 0. */
int lineset_has(const struct lineset *s, const char *line,
    size_t len) ATTR_CHECK;

/* Lines in any order that become a set. */
struct lineset_builder;

/* NULL without memory. */
struct lineset_builder *lineset_builder_new(void);

/*
 * Add a line without its line feed.  PH_OK, PH_ENOMEM, PH_ELIMIT, or
 * PH_EMESSAGE when it cannot be a line.
 */
int lineset_builder_add(struct lineset_builder *b, const char *line,
    size_t len) ATTR_CHECK;

/*
 * The set of the lines added, each once; the builder begins anew.  PH_OK
 * and a set that the caller frees, or PH_ENOMEM.
 */
int lineset_builder_finish(struct lineset_builder *b,
    struct lineset **out) ATTR_CHECK;

/* NULL is allowed. */
void lineset_builder_free(struct lineset_builder *b);

#endif
