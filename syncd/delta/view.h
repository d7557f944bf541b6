#ifndef SYNCD_DELTA_VIEW_H
#define SYNCD_DELTA_VIEW_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "syncd/delta/source.h"

/*
 * What a planner looks at: the segment's bytes, the base's bytes at the same
 * place ("near"), read when first asked for, and small pieces of the base
 * elsewhere ("far"), of which a few are kept.
 */

#define DELTA_FAR_SIZE 65536u
#define DELTA_NFAR 4u

/* Near bytes are read in windows of this size. */
#define DELTA_WINDOW_SIZE (1u << 18)

/* A piece of the base. */
struct delta_far {
	uint64_t begin;
	uint64_t end;
	uint64_t used; /* When it was last wanted. */
	uint8_t *bytes;
};

struct delta_view {
	const struct delta_source *base; /* NULL: none. */
	const uint8_t *target;
	uint64_t offset; /* Of the segment in its blob. */
	size_t len;
	uint8_t *near;
	size_t near_size; /* Allocated. */
	uint8_t *loaded;  /* One for each window. */
	struct delta_far far[DELTA_NFAR];
	uint64_t tick;
};

/* A view of base; PH_OK or PH_ENOMEM. */
int delta_view_init(struct delta_view *v,
    const struct delta_source *base) ATTR_CHECK;

/* Also of a struct that is all zero. */
void delta_view_fini(struct delta_view *v);

/* Look at another segment, borrowed as long as it is looked at. */
void delta_view_set(struct delta_view *v, uint64_t offset,
    const uint8_t *target, size_t len);

/*
 * The base's bytes at the place of the n bytes at position of the segment,
 * *bytes NULL where the base does not have them all.  PH_OK, PH_ENOMEM or
 * PH_EBASE.
 */
int delta_view_near(struct delta_view *v, size_t position, size_t n,
    const uint8_t **bytes) ATTR_CHECK;

/*
 * n bytes (at most DELTA_FAR_SIZE) of the base at source, all inside it;
 * valid until the next call.  PH_OK or PH_EBASE.
 */
int delta_view_far(struct delta_view *v, uint64_t source, size_t n,
    const uint8_t **bytes) ATTR_CHECK;

/* How many of the n bytes at a and b are equal, from the front. */
size_t delta_equal_forward(const uint8_t *a, const uint8_t *b, size_t n);

/* The same from the back, a and b being the ends. */
size_t delta_equal_backward(const uint8_t *a, const uint8_t *b, size_t n);

/*
 * How many of the n bytes at position the base has at source, too, from the
 * front, to *found.  PH_OK or PH_EBASE.
 */
int delta_view_forward(struct delta_view *v, size_t position, size_t n,
    uint64_t source, size_t *found) ATTR_CHECK;

/* The same from the back: of the n bytes that end at position and source. */
int delta_view_backward(struct delta_view *v, size_t position, size_t n,
    uint64_t source, size_t *found) ATTR_CHECK;

#endif
