#ifndef SYNCD_STORE_FOLLOW_H
#define SYNCD_STORE_FOLLOW_H

#include <stdint.h>

#include "proto/attributes.h"
#include "syncd/store/hash.h"

/*
 * Hashing a file behind him who writes it, on a thread of its own: what was
 * written is read back while it is still in memory, and at the end little is
 * left to do.  What is hashed is what the file gives, never what was meant to
 * be in it.
 *
 * The thread is no worker of a pool: it lasts as long as the writer, who is a
 * worker himself, and would wait there for him to end.  Without a thread all
 * is hashed at the end.
 */

struct follow;

/*
 * Begin at the beginning of file fd, with its block map going to map (an
 * empty file).  Both stay the caller's, and are used until follow_free().
 * NULL without memory.
 */
struct follow *follow_new(const struct files *fs, int fd, int map);

/*
 * Nothing below offset end, which is at least the last one, changes any more.
 * Does not wait.  PH_OK, or how hashing failed so far.
 */
int follow_to(struct follow *f, uint64_t end) ATTR_CHECK;

/*
 * All of the file was followed: wait for the result.  PH_OK; PH_EIO,
 * PH_ENOSPC (of the map), PH_ENOMEM.
 */
int follow_finish(struct follow *f, struct hash_result *out) ATTR_CHECK;

/* Stops what is under way.  NULL is allowed. */
void follow_free(struct follow *f);

#endif
