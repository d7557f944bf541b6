#ifndef PROTO_MESSAGE_GRANT_H
#define PROTO_MESSAGE_GRANT_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/digest.h"
#include "proto/frame.h"
#include "proto/limits.h"

/*
 * Messages that move a list: GRANT and RECEIPT announce how many frames of
 * differences follow, LISTDIFF is one of them.  The sealed documents are
 * opaque here, the lines are for the module of the lists.  Encoders and
 * decoders are as message_document.h says.
 */

/* GRANT and RECEIPT. */
struct message_grant {
	const uint8_t *sealed;
	size_t len;
	struct digest base;  /* Of the list that the differences start from. */
	uint32_t nlistdiffs; /* At most PH_LISTDIFF_FRAMES_MAX. */
};

/* Lines "-LINE" and "+LINE", each with its newline, at least one. */
struct message_listdiff {
	const char *lines; /* No NUL at the end. */
	size_t len;        /* At most PH_LISTDIFF_MAX. */
};

/* A grant, and how its list travels. */
int message_grant_encode(const struct message_grant *m,
    struct buffer *out) ATTR_CHECK;
int message_grant_decode(const struct frame *f,
    struct message_grant *out) ATTR_CHECK;

/* A receipt, and how its set travels. */
int message_receipt_encode(const struct message_grant *m,
    struct buffer *out) ATTR_CHECK;
int message_receipt_decode(const struct frame *f,
    struct message_grant *out) ATTR_CHECK;

/*
 * The decoder checks that the lines are whole, not longer than
 * PH_LIST_LINE_MAX without their sign, and begin with one; not what they say.
 */
int message_listdiff_encode(const struct message_listdiff *m,
    struct buffer *out) ATTR_CHECK;
int message_listdiff_decode(const struct frame *f,
    struct message_listdiff *out) ATTR_CHECK;

#endif
