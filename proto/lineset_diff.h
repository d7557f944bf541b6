#ifndef PROTO_LINESET_DIFF_H
#define PROTO_LINESET_DIFF_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/lineset.h"

/*
 * The differences of two sets of lines as text (docs/formats.md §2.8): a
 * line "-LINE" for each that goes and "+LINE" for each that comes, in the
 * order of LINE.  They travel in frames of whole lines, which are made and
 * applied one after the other.
 */

/* A walk over the differences.  No memory of its own; borrows both sets. */
struct lineset_diff {
	const struct lineset *from;
	const struct lineset *to;
	size_t i; /* The next line of from. */
	size_t j; /* The next line of to. */
};

/* Begin to walk from one set to the other. */
void lineset_diff_init(struct lineset_diff *d, const struct lineset *from,
    const struct lineset *to);

/*
 * Put the next differences, as many as fit into max bytes (more than
 * PH_LIST_LINE_MAX).  1 when there were some, 0 when no more are left, or
 * PH_ENOMEM or PH_ELIMIT, after which the walk is over.
 */
int lineset_diff_next(struct lineset_diff *d, size_t max,
    struct buffer *out) ATTR_CHECK;

/* How often lineset_diff_next() will put something, from the beginning. */
size_t lineset_diff_frames(const struct lineset *from, const struct lineset *to,
    size_t max);

/* A set that is being made of another and the differences to it. */
struct lineset_patch;

/* Begin with a set, which is borrowed until free; NULL without memory. */
struct lineset_patch *lineset_patch_new(const struct lineset *from);

/*
 * Apply one frame: whole lines, all of them after those of the frame
 * before.  PH_OK, PH_ENOMEM, PH_ELIMIT, or PH_EMESSAGE: not such lines, a
 * line goes that is not there or comes that is there.  After a failure
 * there is no set to be had.
 */
int lineset_patch_apply(struct lineset_patch *p, const void *text,
    size_t len) ATTR_CHECK;

/*
 * The set after all frames.  PH_OK and a set that the caller frees, or the
 * first failure.  Then only lineset_patch_free() may be called.
 */
int lineset_patch_finish(struct lineset_patch *p,
    struct lineset **out) ATTR_CHECK;

/* NULL is allowed. */
void lineset_patch_free(struct lineset_patch *p);

#endif
