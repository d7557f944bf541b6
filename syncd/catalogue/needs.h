#ifndef SYNCD_CATALOGUE_NEEDS_H
#define SYNCD_CATALOGUE_NEEDS_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/digest.h"
#include "proto/limits.h"
#include "syncd/catalogue/catalogue.h"

/*
 * A site: what is granted and not here yet.  Lane only.
 */

/* 1 for a manifest that is not to be asked for. */
typedef int needs_skip(void *cookie, const struct digest *manifest);

/*
 * Manifests of the grant that are not here, at most max of them, without
 * those that skip (NULL: none) says 1 of.
 */
int needs_manifests(struct catalogue *c, needs_skip *skip, void *cookie,
    struct digest *out, size_t max, size_t *n) ATTR_CHECK;

#define NEED_BASES_MAX 8u

/* A blob that is to be received. */
struct need {
	char image[PH_NAME_MAX + 1]; /* The first version that names it. */
	char version[PH_VERSION_MAX + 1];
	char file[PH_FILE_NAME_MAX + 1];
	int alone; /* The only file of its version. */
	struct digest blob;
	struct digest map;
	uint64_t size;
	struct digest bases[NEED_BASES_MAX]; /* Held; best first. */
	char base_versions[NEED_BASES_MAX][PH_VERSION_MAX + 1];
	size_t nbases;
};

/*
 * Call each(cookie, n) for each blob that a granted version lacks, in the
 * order in which they should come: of each image the newest version first.
 * Versions whose manifest is not here, or that are retiring and not here,
 * are passed over.  A blob that two versions name may come twice.  Bases are
 * not looked for.  Stops at a result that is not PH_OK.
 */
typedef int need_fn(void *cookie, const struct need *n);
int needs_each(struct catalogue *c, need_fn *each, void *cookie) ATTR_CHECK;

/* Fill in what is held and may serve as a base. */
int needs_find_bases(struct catalogue *c, struct need *n) ATTR_CHECK;

#endif
