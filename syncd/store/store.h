#ifndef SYNCD_STORE_STORE_H
#define SYNCD_STORE_STORE_H

#include <stdint.h>

#include "proto/attributes.h"
#include "proto/failure.h"
#include "syncd/base/file.h"

/*
 * The directories of store_dir (docs/formats.md §6), opened, so that all
 * that touches content goes through descriptors and not through a path that
 * may come to mean something else.  The modules of this directory are what
 * can be done with them; each only offers steps.  Which step follows which,
 * and what stands in the log between them, is the catalogue's.
 *
 * A store does not change once it is open and locked, and may then be used by
 * any thread.
 */

enum store_place {
	STORE_ROOT,
	STORE_BLOBS,
	STORE_MAPS,
	STORE_SIGNATURES,
	STORE_DELTAS,
	STORE_STAGING,
	STORE_PUBLISHED,
};
#define STORE_NPLACES 7u

struct store;

/*
 * Open the directories below path, an absolute path; fs is borrowed.  That
 * the marker is there and is ours was checked before.  PH_OK and *out; or
 * PH_ESTORE with f filled in when one is missing, PH_EPERM, PH_ENOMEM,
 * PH_EIO.
 */
int store_open(const struct files *fs, const char *path, struct store **out,
    struct failure *f) ATTR_CHECK;

/*
 * Take the lock on the store (store_dir/.packhorse.lock) until it is closed,
 * so that no two daemons work on it, whatever state they have.  holder says
 * who we are, in words for whoever is refused.  PH_OK; PH_EBUSY with f filled
 * in when someone else has it; PH_ESTORE when the file system has no locks;
 * PH_ENOSPC, PH_EPERM, PH_EIO.
 */
int store_lock(struct store *s, const char *holder,
    struct failure *f) ATTR_CHECK;

/* NULL is allowed. */
void store_close(struct store *s);

/* The descriptor of a directory; valid while the store is open. */
int store_dir(const struct store *s, enum store_place place);

/* The calls that the store was opened with. */
const struct files *store_files(const struct store *s);

/*
 * Whether the directories are still those that were opened, at the same
 * path, and can be written.  PH_OK; or PH_ESTORE with f filled in: vanished,
 * another file system in its place, turned read-only.
 */
int store_check(const struct store *s, struct failure *f) ATTR_CHECK;

/*
 * When an operation on the store failed with code: PH_ESTORE with f filled
 * in when store_check() says so, else code.
 */
int store_blame(const struct store *s, int code, struct failure *f);

/* Make the names in a directory durable.  PH_OK or PH_EIO. */
int store_sync(const struct store *s, enum store_place place) ATTR_CHECK;

/*
 * Bytes and inodes that we may still use on its file system (inodes:
 * UINT64_MAX where it does not count them).  PH_OK or PH_EIO.  The store as
 * void *, so that it can serve as a space_probe (space.h).
 */
int store_free_space(void *store, uint64_t *bytes, uint64_t *inodes) ATTR_CHECK;

#endif
