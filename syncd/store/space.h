#ifndef SYNCD_STORE_SPACE_H
#define SYNCD_STORE_SPACE_H

#include <stdint.h>

#include "proto/attributes.h"
#include "proto/failure.h"

/*
 * Room on a file system, reserved before the first byte is written: all
 * running operations together never promise more than is free, less a
 * margin.  The reservations live in memory only.  Any thread.
 */

#define SPACE_MARGIN_DEFAULT (UINT64_C(64) << 20)
#define SPACE_MARGIN_PERCENT 1u /* Of what is free at the start, if more. */
#define SPACE_MARGIN_INODES 64u

/*
 * How much is free: bytes, and inodes (UINT64_MAX: not counted).  PH_OK or
 * why that is not known.  store_free_space() is one.
 */
typedef int space_probe(void *cookie, uint64_t *bytes, uint64_t *inodes);

struct space;

/* What one operation has reserved. */
struct space_hold;

/*
 * margin is the number of bytes that are never promised; 0 for the larger of
 * SPACE_MARGIN_DEFAULT and SPACE_MARGIN_PERCENT of what is free now.  NULL
 * without memory.
 */
struct space *space_new(space_probe *probe, void *cookie, uint64_t margin);

/* Every hold must have been released.  NULL is allowed. */
void space_free(struct space *space);

/*
 * Reserve bytes and inodes for what (words for the refusal: "winxp 9").
 * PH_OK and *out; PH_ENOSPC with need, free and shortfall in f; PH_ENOMEM;
 * what the probe returned.
 */
int space_reserve(struct space *space, const char *what, uint64_t bytes,
    uint64_t inodes, struct space_hold **out, struct failure *f) ATTR_CHECK;

/* Reserve more for the same operation; after a failure nothing changed. */
int space_extend(struct space_hold *hold, uint64_t bytes, uint64_t inodes,
    struct failure *f) ATTR_CHECK;

/*
 * So much of it was written and is no longer free anyhow, so that it is not
 * counted twice; more than is reserved counts as all.
 */
void space_spend(struct space_hold *hold, uint64_t bytes, uint64_t inodes);

/* The operation ended, whatever came of it.  NULL is allowed. */
void space_release(struct space_hold *hold);

/* What can be promised now, and what is promised and not yet written. */
int space_left(struct space *space, uint64_t *bytes,
    uint64_t *inodes) ATTR_CHECK;
uint64_t space_promised(struct space *space);

#endif
