#ifndef PROTO_BLOCKMAP_H
#define PROTO_BLOCKMAP_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/digest.h"
#include "proto/limits.h"

/*
 * The block map of a blob: the SHA-256 of each PH_MAP_BLOCK_SIZE bytes, one
 * after the other, and its root, the SHA-256 of those hashes.  Hashes leave
 * through a callback as soon as their block is complete, so a blob of any
 * size takes the same memory.
 */

/* A blob has so many times the bytes of its map. */
#define BLOCKMAP_SHARE (PH_MAP_BLOCK_SIZE / DIGEST_SIZE)

/* A block map that is being computed. */
struct blockmap;

/*
 * Called once for each block, in order; may be called before blockmap_add
 * or blockmap_finish return.  A result other than PH_OK ends the map.
 */
typedef int blockmap_fn(void *cookie, const struct digest *hash);

/* How many blocks a blob of size bytes has. */
uint64_t blockmap_count(uint64_t size);

/*
 * A map at its beginning, NULL without memory; on_hash may be NULL when only
 * the root is wanted.  Free with blockmap_free.
 */
struct blockmap *blockmap_new(blockmap_fn *on_hash, void *cookie);

/*
 * Add the next len bytes of the blob, in pieces of any size.  PH_OK, or what
 * the callback returned; then only blockmap_free is left to do.
 */
int blockmap_add(struct blockmap *m, const void *data, size_t len) ATTR_CHECK;

/*
 * The blob is complete: the last, shorter block and the root.  PH_OK, or
 * what the callback returned.  The map begins anew.
 */
int blockmap_finish(struct blockmap *m, struct digest *root) ATTR_CHECK;

/* NULL is allowed. */
void blockmap_free(struct blockmap *m);

#endif
