#ifndef SYNCD_STORE_DELTA_CACHE_H
#define SYNCD_STORE_DELTA_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/digest.h"
#include "syncd/store/delta_file.h"
#include "syncd/store/store.h"

/*
 * The delta cache as a whole: who uses what, how large it is, and what goes
 * first when it outgrows its budget.  A pair that somebody uses never goes.
 * One thread at a time.
 */

struct delta_cache;

/* An empty view of the store's deltas/; NULL without memory. */
struct delta_cache *delta_cache_new(const struct store *s);

/* Every use must have ended.  NULL is allowed. */
void delta_cache_free(struct delta_cache *cache);

/*
 * Open a pair and use it: delta_file_open() with the same results.  The same
 * object is given to all who use a pair at the same time.  Each ends its use
 * with delta_cache_release().  PH_EBUSY when the pair is used with other sizes.
 */
int delta_cache_use(struct delta_cache *cache, const struct delta_file_id *id,
    int create, struct delta_file **out) ATTR_CHECK;

/* NULL is allowed. */
void delta_cache_release(struct delta_cache *cache, struct delta_file *d);

/* A pair as it lies in the cache. */
struct delta_cache_pair {
	struct digest target;
	struct digest base; /* Zeros: none. */
	uint64_t size;      /* Of both files. */
	int64_t used;       /* Nanoseconds since 1970; of the last use. */
	int in_use;
};

/* Call each(cookie, pair) for every pair, the least recently used first. */
typedef int delta_cache_entry(void *cookie,
    const struct delta_cache_pair *pair);
int delta_cache_list(struct delta_cache *cache, delta_cache_entry *each,
    void *cookie) ATTR_CHECK;

/* Bytes of all pairs. */
int delta_cache_size(struct delta_cache *cache, uint64_t *size) ATTR_CHECK;

/*
 * Remove the least recently used pairs that nobody uses until the rest takes
 * at most budget bytes, or somewhat less; *freed (may be NULL) is what that
 * gave.  What others put into the store's deltas/ since the last time need
 * not be noticed.
 */
int delta_cache_trim(struct delta_cache *cache, uint64_t budget,
    uint64_t *freed) ATTR_CHECK;

/*
 * Remove all pairs whose target or base is blob.  PH_EBUSY when one is used:
 * then the others are gone.
 */
int delta_cache_forget(struct delta_cache *cache,
    const struct digest *blob) ATTR_CHECK;

#endif
