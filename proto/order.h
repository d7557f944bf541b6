#ifndef PROTO_ORDER_H
#define PROTO_ORDER_H

#include <stdint.h>

/*
 * The order of a repository's charters and grants: first the epoch of the
 * trust document that they were signed under, then the generation.  Both
 * begin at 1; {0, 0} stands for "none yet" and is before everything.
 */

struct order {
	uint64_t epoch;
	uint64_t generation;
};

/* Less than, equal to or greater than 0, as a is before, at or after b. */
int order_compare(const struct order *a, const struct order *b);

/* 1 when it is {0, 0}. */
int order_is_zero(const struct order *o);

/* 1 when both numbers are at least 1, as those of every document are. */
int order_valid(const struct order *o);

#endif
