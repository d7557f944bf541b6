#ifndef SYNCD_CATALOGUE_SCRUB_H
#define SYNCD_CATALOGUE_SCRUB_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/digest.h"
#include "proto/limits.h"
#include "syncd/catalogue/catalogue.h"
#include "syncd/store/blob_record.h"
#include "syncd/store/progress.h"

/*
 * Hashing again what is held.  List and record are lane only; scrub_blob()
 * is long and for a worker: it touches the store alone.
 */

/* A blob of a version that is to be hashed. */
struct scrub_target {
	char image[PH_NAME_MAX + 1];
	char version[PH_VERSION_MAX + 1];
	char file[PH_FILE_NAME_MAX + 1];
	struct digest manifest;
	struct digest blob;
	struct digest map;
	uint64_t size;
};

/*
 * All files of all held versions, or of one image (version NULL: all of
 * them; image NULL: all).  *out is an array of *n, which the caller frees.
 */
int scrub_list(struct catalogue *c, const char *image, const char *version,
    struct scrub_target **out, size_t *n) ATTR_CHECK;

/*
 * Worker: hash a blob.  PH_OK when it is what it should be, and what its
 * record is to say, as of now (seconds since 1970); PH_EDIGEST when it is
 * another or is not there; PH_EIO, or what progress returned.  Nothing is
 * written: it may be withdrawn meanwhile.  The store is that of
 * catalogue_store().
 */
int scrub_blob(struct store *store, const struct scrub_target *target,
    int64_t now, const struct progress *progress,
    struct blob_record *record) ATTR_CHECK;

/*
 * Note the outcome, with the record where that is PH_OK.  The evidence of the
 * version is "scrubbed" when all of its blobs were, of the time of the
 * oldest; a damaged blob goes out of service (reception.h).  *gone 1: it was
 * withdrawn since it was listed; then nothing is noted, whatever was seen.
 */
int scrub_record(struct catalogue *c, const struct scrub_target *target,
    int result, const struct blob_record *record, int *gone) ATTR_CHECK;

#endif
