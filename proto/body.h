#ifndef PROTO_BODY_H
#define PROTO_BODY_H

#include <stddef.h>

#include "proto/attributes.h"
#include "proto/document.h"
#include "proto/json.h"
#include "proto/json_writer.h"

/*
 * What the bytes of all documents have in common: the members "schema" and
 * "kind" at the beginning, "extra" and a newline at the end.  For the
 * modules of the kinds.
 */

/* Begin to put a document of that kind at the end of out. */
void body_begin(struct json_writer *w, enum document_kind kind,
    struct buffer *out);

/*
 * Decode bytes for nothing but the answer: PH_OK, PH_ENOMEM or
 * PH_EDOCUMENT.
 */
typedef int body_check(const void *bytes, size_t len);

/*
 * Put the end.  start is the length that the buffer had before
 * body_begin(); what stands behind it is given to check, so that nothing is
 * ever signed that readers refuse.  PH_OK, PH_ENOMEM, PH_ELIMIT or
 * PH_EDOCUMENT; on failure the buffer is cut back to start.
 */
int body_end(struct json_writer *w, size_t start, body_check *check) ATTR_CHECK;

/*
 * Parse a document of that kind; *o then stands at its top and *tree is
 * given, for body_close().  PH_OK, PH_ENOMEM, PH_ELIMIT or PH_EDOCUMENT.
 */
int body_open(enum document_kind kind, const void *bytes, size_t len,
    struct json **tree, struct json_object *o) ATTR_CHECK;

/*
 * Get "extra", refuse unknown members, free the tree and say whether
 * anything failed: PH_OK, PH_ENOMEM or PH_EDOCUMENT.
 */
int body_close(struct json *tree, struct json_object *o) ATTR_CHECK;

#endif
