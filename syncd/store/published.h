#ifndef SYNCD_STORE_PUBLISHED_H
#define SYNCD_STORE_PUBLISHED_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/digest.h"
#include "syncd/store/store.h"

/*
 * published/IMAGE/VERSION/FILE: what clients see, complete or absent.  The
 * files are clones of blobs where the file system can, else hard links to
 * them; read-only (0444), in directories for everybody (0755).
 *
 * A version appears by one rename of a directory that was built and synced
 * aside, and disappears by one rename.  Tags are those of staging.h.
 */

struct published_file {
	const char *name;
	struct digest blob;
	uint64_t size;
};

/* Borrowed, names checked by whoever decoded them. */
struct published_version {
	const char *image;
	const char *version;
	const struct published_file *files;
	size_t nfiles;
};

/*
 * Build a version in staging/build-TAG, durably.  PH_OK; PH_EABSENT when a
 * blob is missing or of another size; PH_ENAME for a name that is not one
 * path component; PH_ENOSPC, PH_EIO: then the directory was removed again as
 * far as that was possible.
 */
int published_build(const struct store *s, const struct published_version *v,
    const char *tag) ATTR_CHECK;

/*
 * Rename staging/build-TAG into place, durably.  PH_OK; PH_EEXISTS when the
 * version is there; PH_EABSENT, PH_ENAME, PH_ENOSPC, PH_EIO.
 */
int published_show(const struct store *s, const char *image,
    const char *version, const char *tag) ATTR_CHECK;

/*
 * Rename a version out of published/ to staging/hidden-TAG, durably; the
 * image's directory goes when it is empty.  PH_OK; PH_EABSENT when it is
 * not there; PH_EEXISTS when the tag is taken; PH_ENAME, PH_EIO.
 */
int published_hide(const struct store *s, const char *image,
    const char *version, const char *tag) ATTR_CHECK;

/* Delete staging/hidden-TAG, which may take long; an absent one is fine. */
int published_drop(const struct store *s, const char *tag) ATTR_CHECK;

/* Delete staging/build-TAG, which will not be shown; an absent one is fine. */
int published_abandon(const struct store *s, const char *tag) ATTR_CHECK;

/*
 * Whether a version is there and holds these files and no others, each of
 * them its blob (the same inode) or of its size.  PH_OK; PH_EABSENT when it
 * is not there; PH_EDIGEST when it is not as it should be; PH_EIO.
 */
int published_check(const struct store *s,
    const struct published_version *v) ATTR_CHECK;

/*
 * Call each(cookie, image, version) for all that is published, in no order;
 * stops at the first result that is not PH_OK and returns it.
 */
typedef int published_entry(void *cookie, const char *image,
    const char *version);
int published_list(const struct store *s, published_entry *each,
    void *cookie) ATTR_CHECK;

#endif
