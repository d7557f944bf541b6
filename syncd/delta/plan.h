#ifndef SYNCD_DELTA_PLAN_H
#define SYNCD_DELTA_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/segment.h"
#include "syncd/delta/signature.h"
#include "syncd/delta/source.h"

/*
 * Chooses the operations that make one target segment from a base: constant
 * runs; what the base has at the same place, elsewhere on the grid of
 * blocks, or at any alignment (librsync); the rest is literal.  Every copy
 * was compared with the base's bytes.
 *
 * A planner keeps its memory between segments and belongs to one thread at a
 * time; base and signature are shared.
 */

struct delta_planner;

/* The operations of a planned segment, borrowed until the next plan. */
struct delta_plan {
	const struct segment_op *ops;
	size_t nops;
	uint32_t nzero; /* Bytes by kind; together the segment. */
	uint32_t nfill;
	uint32_t ncopy;
	uint32_t nliteral;
};

/*
 * A planner against base (NULL: none) with its signature (NULL: only the
 * same place is compared); both are borrowed and must outlive it.  The bytes
 * of the base are needed: a signature alone makes no plan.  NULL without
 * memory.
 */
struct delta_planner *delta_planner_new(const struct delta_source *base,
    const struct delta_signature *signature);

/* NULL is allowed. */
void delta_planner_free(struct delta_planner *p);

/*
 * Plan the segment of len bytes (1 to PH_SEGMENT_SIZE_MAX) that stands at
 * offset in its blob.  Literals are the target's bytes at the place of the
 * operation.  PH_OK; PH_ENOMEM; PH_EBASE when the base cannot be read;
 * PH_ELIMIT when the plan has more than PH_SEGMENT_OPS_MAX operations.
 */
int delta_planner_plan(struct delta_planner *p, uint64_t offset,
    const uint8_t *target, size_t len, struct delta_plan *plan) ATTR_CHECK;

/* The same without looking at the base: zero, fill and literal only. */
int delta_planner_plan_plain(struct delta_planner *p, uint64_t offset,
    const uint8_t *target, size_t len, struct delta_plan *plan) ATTR_CHECK;

#endif
