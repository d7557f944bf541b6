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

/* Put the end.  What the buffer holds after a failure is not a document. */
int body_end(struct json_writer *w) ATTR_CHECK;

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
