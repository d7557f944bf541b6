#ifndef PROTO_MESSAGE_JSON_H
#define PROTO_MESSAGE_JSON_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/frame.h"
#include "proto/json.h"
#include "proto/json_writer.h"

/*
 * What the messages with a JSON payload have in common, for the message_*
 * modules: the frame around one object when writing, the codes of messages
 * instead of those of JSON when reading.
 */

/* Begin a frame and the object in it; gives the mark of frame_begin(). */
size_t message_json_begin(struct json_writer *w, enum message_type type,
    uint32_t transfer, struct buffer *out);

/*
 * End both.  PH_OK, PH_ENOMEM, PH_ELIMIT, or PH_EJSON for a value that JSON
 * cannot carry; out is then as it was.
 */
int message_json_end(struct json_writer *w, size_t mark) ATTR_CHECK;

/*
 * Parse the payload; *root then stands at its top and *tree is given, for
 * message_json_close().  PH_OK, PH_EMESSAGE or PH_ENOMEM.
 */
int message_json_open(const struct frame *f, struct json **tree,
    struct json_object *root) ATTR_CHECK;

/*
 * Refuse members that were not asked for, free the tree and say whether
 * anything failed: PH_OK, PH_EMESSAGE or PH_ENOMEM.
 */
int message_json_close(struct json *tree, struct json_object *root) ATTR_CHECK;

#endif
