#ifndef SYNCD_STORE_PARTIAL_H
#define SYNCD_STORE_PARTIAL_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/digest.h"
#include "syncd/store/progress.h"
#include "syncd/store/store.h"

/*
 * A blob that is being received (docs/formats.md §7): its file, which has
 * the final size from the beginning and holes where nothing came yet, and
 * the list of segments that are done.  What came of encodings is part.h.
 *
 * A segment counts as done after a restart only if its bytes still have the
 * digest that was noted: so neither the file nor the list needs an fsync
 * before the other; partial_sync() bounds what a power cut can cost.
 *
 * One thread at a time, but for partial_write() of different segments.
 */

struct partial;

/* Names in staging/TARGET: the file, and where its map may be put. */
#define PARTIAL_FILE "target"
#define PARTIAL_MAP "map"

/*
 * Open staging/TARGET, creating what is missing.  A file of another size is
 * of no use and made anew.  size is 1 to PH_BLOB_SIZE_MAX.  PH_OK and *out;
 * PH_ELIMIT, PH_ENOSPC, PH_ENOMEM, PH_EIO.
 */
int partial_open(const struct store *s, const struct digest *target,
    uint64_t size, uint32_t segment_size, struct partial **out) ATTR_CHECK;

/* Close it; everything stays for later.  NULL is allowed. */
void partial_close(struct partial *p);

/* The directory staging/TARGET, and the file in it. */
int partial_dir(const struct partial *p);
int partial_fd(const struct partial *p);

/* The calls that the store was opened with. */
const struct files *partial_files(const struct partial *p);

/* Size of the file, of its segments, and their number. */
uint64_t partial_size(const struct partial *p);
uint32_t partial_segment_size(const struct partial *p);
uint64_t partial_nsegments(const struct partial *p);

/* The length of a segment: the last may be shorter. */
uint32_t partial_segment_len(const struct partial *p, uint64_t segment);

/*
 * Let the file share all blocks of base, for a target that is mostly the
 * same; only while no segment is done.  PH_OK, or PH_ENOTHERE where the file
 * system cannot: then the file is one hole.  PH_ENOSPC, PH_EIO.
 */
int partial_clone(struct partial *p, int base) ATTR_CHECK;

/*
 * Write len bytes at offset, which must be inside the file; 4 KiB of zeros
 * stay a hole where there is one.  PH_OK, PH_ENOSPC, PH_EIO.
 */
int partial_write(struct partial *p, uint64_t offset, const void *data,
    size_t len) ATTR_CHECK;

/*
 * A segment is written and its digest was checked: note it.  PH_OK,
 * PH_ENOSPC, PH_EIO; after a failure it is not noted.
 */
int partial_done(struct partial *p, uint64_t segment,
    const struct digest *digest) ATTR_CHECK;

/* 1 when a segment is done: noted in this run, or found by partial_load(). */
int partial_is_done(const struct partial *p, uint64_t segment);

/* How many segments are done. */
uint64_t partial_ndone(const struct partial *p);

/*
 * After opening: hash the segments that are noted and believe those that
 * agree; the list is then written anew with these.  PH_OK; PH_EIO,
 * PH_ENOSPC, PH_ENOMEM, or what the callback of progress (may be NULL)
 * returned.  Blocks; for a worker.
 */
int partial_load(struct partial *p, const struct progress *progress) ATTR_CHECK;

/* Make durable what came so far.  A failure is final: partial_discard(). */
int partial_sync(struct partial *p) ATTR_CHECK;

/* Remove staging/TARGET and all in it; an absent one is fine. */
int partial_discard(const struct store *s,
    const struct digest *target) ATTR_CHECK;

#endif
