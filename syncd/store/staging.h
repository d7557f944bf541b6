#ifndef SYNCD_STORE_STAGING_H
#define SYNCD_STORE_STAGING_H

#include <stdint.h>

#include "proto/attributes.h"
#include "proto/digest.h"
#include "syncd/store/store.h"

/*
 * The directory staging/: what is not yet, or no longer, part of the store.
 * Partly received blobs (partial.h) survive a restart; everything else in it
 * is work of one run of the daemon and is removed at start.
 *
 * Work directories are named by a tag, a text that is unique in this store:
 * hexadecimal digits of a random number, of the caller.
 */

#define STAGING_TAG_MAX 64u
#define STAGING_WORK_NAME_SIZE (STAGING_TAG_MAX + 16u)

/*
 * The name of a work directory in staging/: prefix, which is short, and tag.
 * PH_OK, or PH_ENAME when tag is not 1 to STAGING_TAG_MAX lower-case
 * hexadecimal digits.
 */
int staging_work_name(const char *prefix, const char *tag,
    char out[STAGING_WORK_NAME_SIZE]) ATTR_CHECK;

/*
 * Create and open staging/publish-TAG for the files of a publication.  PH_OK
 * and *dir, which the caller closes with file_abandon(); PH_EEXISTS,
 * PH_ENOSPC, PH_EIO.
 */
int staging_open_publication(const struct store *s, const char *tag,
    int *dir) ATTR_CHECK;

/* Remove staging/publish-TAG and what is in it; an absent one is fine. */
int staging_remove_publication(const struct store *s,
    const char *tag) ATTR_CHECK;

/*
 * Remove all that is not a partly received blob.  At start, when nothing
 * else runs.
 */
int staging_clean(const struct store *s) ATTR_CHECK;

/* A partly received blob, from outside. */
struct staging_partial {
	struct digest target;
	uint64_t size;   /* Of the blob. */
	uint64_t stored; /* Bytes it takes on disk now, parts included. */
	int64_t begun;   /* Seconds since 1970: its first moment. */
};

/*
 * Call each(cookie, partial) for every partly received blob, in no order;
 * stops at the first result that is not PH_OK and returns it.
 */
typedef int staging_entry(void *cookie, const struct staging_partial *p);
int staging_list(const struct store *s, staging_entry *each,
    void *cookie) ATTR_CHECK;

#endif
