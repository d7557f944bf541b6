#ifndef SYNCD_STORE_PART_H
#define SYNCD_STORE_PART_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/digest.h"
#include "syncd/store/partial.h"

/*
 * What came of the encodings of a blob that is being received: a file
 * part-N for each segment N whose encoding is on its way, and the plan that
 * says which encoding that is, so that it can be continued at its offset.
 *
 * Nothing here is believed: a complete encoding must have its digest.  The
 * files are rows of fixed size, whatever the size of the blob.
 */

/* A row of the plan; a zero length stands for a segment without one. */
struct part_row {
	struct digest encoding;
	uint32_t length; /* Of the encoding. */
	int plain;       /* It needs no base, though the plan has one. */
	struct digest target;
};

/*
 * Begin a plan against base (zeros: none), dropping an older one.  The parts
 * are dropped too when the older plan had another base.  PH_OK, PH_ENOSPC,
 * PH_EIO.
 */
int part_plan_begin(struct partial *p, const struct digest *base) ATTR_CHECK;

/* The base of the plan.  PH_OK; PH_EABSENT when there is no sound plan. */
int part_plan_base(struct partial *p, struct digest *base) ATTR_CHECK;

/*
 * Set the row of a segment.  A part of another encoding is dropped; but a
 * plain row stays until another plain one comes: the base failed this segment
 * before, and what came without it is to be continued.  PH_OK, PH_EABSENT
 * without a plan, PH_ELIMIT for a length beyond
 * PH_ENCODING_SIZE_MAX, PH_ENOSPC, PH_EIO.
 */
int part_plan_put(struct partial *p, uint64_t segment,
    const struct part_row *row) ATTR_CHECK;

/* The row of a segment.  PH_OK, or PH_EABSENT when there is none. */
int part_plan_get(struct partial *p, uint64_t segment,
    struct part_row *row) ATTR_CHECK;

/* How much of a segment's encoding came; 0 when nothing did. */
int part_size(struct partial *p, uint64_t segment, uint32_t *size) ATTR_CHECK;

/*
 * Put bytes behind what came.  PH_OK; PH_ESEGMENT when offset is not where
 * the part ends or it would outgrow its row's length; PH_EABSENT without a
 * row; PH_ENOSPC, PH_EIO.
 */
int part_append(struct partial *p, uint64_t segment, uint32_t offset,
    const void *data, size_t len) ATTR_CHECK;

/*
 * Read a complete encoding, which must have its row's digest, behind the end
 * of out.  PH_OK; PH_EABSENT when it is not complete; PH_EDIGEST: then the
 * part was removed; PH_ENOMEM, PH_ELIMIT, PH_EIO.
 */
int part_read(struct partial *p, uint64_t segment,
    struct buffer *out) ATTR_CHECK;

/* Remove the part of a segment; an absent one is fine. */
int part_remove(struct partial *p, uint64_t segment) ATTR_CHECK;

#endif
