#ifndef SYNCD_STORE_HASH_H
#define SYNCD_STORE_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/digest.h"
#include "syncd/base/file.h"
#include "syncd/store/progress.h"

/*
 * The digest and the block map of a file in one pass.  The map goes to a
 * file as it is made, so a file of any size takes the same memory.
 */

struct hash;

#define HASH_ROOM_SIZE (1u << 20)

/* What was found. */
struct hash_result {
	struct digest digest;
	struct digest map_root;
	uint64_t size;
};

/*
 * Begin.  map is an open, empty file for the block map, or -1 when only its
 * root is wanted; it stays the caller's.  NULL without memory.
 */
struct hash *hash_new(const struct files *fs, int map);

/*
 * Room for the next bytes, at most HASH_ROOM_SIZE.  They may be read, but
 * not changed, from hash_add() until this is called again.
 */
uint8_t *hash_room(struct hash *h);

/*
 * Add the first len bytes of the room that was got last.  PH_OK, or why the
 * map could not be written.
 */
int hash_add(struct hash *h, size_t len) ATTR_CHECK;

/* Add len bytes of zeros. */
int hash_add_zeros(struct hash *h, uint64_t len) ATTR_CHECK;

/* All was added.  PH_OK or as hash_add(); then only hash_free() is left. */
int hash_finish(struct hash *h, struct hash_result *out) ATTR_CHECK;

/* NULL is allowed. */
void hash_free(struct hash *h);

/*
 * Hash the whole file fd: what it holds when it is read to its end, with
 * holes not read but counted as zeros.  progress and watch may be NULL.
 * PH_OK; PH_EIO, PH_ENOMEM, PH_ENOSPC (of the map), or what a callback
 * returned.  Blocks; for a worker.
 */
int hash_file(const struct files *fs, int fd, int map,
    const struct progress *progress, const struct progress_watch *watch,
    struct hash_result *out) ATTR_CHECK;

struct hash_walk;

/*
 * The same in steps, for a file of which more and more is there.  map and fd
 * stay the caller's.  NULL without memory.
 */
struct hash_walk *hash_walk_new(const struct files *fs, int fd, int map);

/*
 * Go on to offset to, below which nothing changes any more, or to the end of
 * the file.  As hash_file(); after a failure only hash_walk_free() is left.
 */
int hash_walk_to(struct hash_walk *w, uint64_t to) ATTR_CHECK;

/* What was walked is all.  As hash_finish(). */
int hash_walk_finish(struct hash_walk *w, struct hash_result *out) ATTR_CHECK;

/* NULL is allowed. */
void hash_walk_free(struct hash_walk *w);

/*
 * Only the digest of len bytes at offset.  PH_OK; PH_EDIGEST when the file
 * ends before; PH_EIO, PH_ENOMEM.
 */
int hash_range(const struct files *fs, int fd, uint64_t offset, uint64_t len,
    struct digest *out) ATTR_CHECK;

#endif
