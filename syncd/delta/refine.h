#ifndef SYNCD_DELTA_REFINE_H
#define SYNCD_DELTA_REFINE_H

#include "proto/attributes.h"
#include "syncd/delta/pieces.h"
#include "syncd/delta/view.h"

/*
 * Passes over a plan that make its literals smaller where that is cheap:
 * each reads one list and puts together another, of the same segment.  All
 * return PH_OK, PH_ENOMEM, PH_ELIMIT (too many operations) or PH_EBASE.
 */

/* Long runs of one value become operations of their own. */
int delta_refine_constants(struct delta_view *v,
    const struct delta_pieces *from, struct delta_pieces *to) ATTR_CHECK;

/*
 * A changed page costs its change: a literal is compared with the base at
 * the same place, and where the copies around it would go on.  In
 * each block, one of the three is taken that has the most bytes in common
 * with it, and at least per_cent of them.
 */
int delta_refine_blocks(struct delta_view *v, unsigned int per_cent,
    const struct delta_pieces *from, struct delta_pieces *to) ATTR_CHECK;

/*
 * Copies and runs beside a literal take of it what continues them, and
 * copies join over a short run that the base has, too.
 */
int delta_refine_edges(struct delta_view *v, const struct delta_pieces *from,
    struct delta_pieces *to) ATTR_CHECK;

#endif
