#ifndef SYNCD_DELTA_PIECES_H
#define SYNCD_DELTA_PIECES_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/segment.h"

/*
 * A list of operations that is being put together in the order of the
 * target; what continues the operation before it joins it.
 */

struct delta_pieces {
	struct segment_op *ops;
	size_t nops;
	size_t size;       /* Allocated. */
	uint32_t position; /* Bytes of the target covered so far. */
};

/* Forget the operations, keep the memory. */
void delta_pieces_reset(struct delta_pieces *p);

/* Also of a struct that is all zero. */
void delta_pieces_fini(struct delta_pieces *p);

/*
 * Add an operation; source and value are 0 where the kind has none; nothing
 * happens when its length is 0.  PH_OK; PH_ENOMEM; PH_ELIMIT when there are
 * PH_SEGMENT_OPS_MAX.
 */
int delta_pieces_add(struct delta_pieces *p,
    const struct segment_op *op) ATTR_CHECK;

/* The same for bytes that nothing has. */
int delta_pieces_literal(struct delta_pieces *p, size_t length) ATTR_CHECK;

/* The same for a run of one value, zero or not. */
int delta_pieces_constant(struct delta_pieces *p, size_t length,
    uint8_t value) ATTR_CHECK;

/* The same for bytes of the base. */
int delta_pieces_copy(struct delta_pieces *p, size_t length,
    uint64_t source) ATTR_CHECK;

#endif
