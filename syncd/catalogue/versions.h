#ifndef SYNCD_CATALOGUE_VERSIONS_H
#define SYNCD_CATALOGUE_VERSIONS_H

#include <stddef.h>

#include "proto/attributes.h"
#include "proto/manifest.h"
#include "syncd/catalogue/catalogue.h"

/*
 * What is published at a primary, in the order that the evaluator wants: by
 * image, then by version, oldest first.  A snapshot in memory, without the
 * files of the manifests.  Lane only, to load; then any thread.
 */

struct version_entry {
	char image[PH_NAME_MAX + 1];
	char version[PH_VERSION_MAX + 1];
	struct digest manifest;
	struct labels labels;
	char *owner;   /* NULL: none. */
	uint64_t size; /* Sum of the files. */
};

struct versions {
	struct version_entry *items;
	size_t count;
	size_t size; /* Allocated. */
};

/* Empty; takes no memory. */
void versions_init(struct versions *v);

/* Free what it holds; it is empty again. */
void versions_fini(struct versions *v);

/* All published versions, or those of one image (NULL: all). */
int versions_load(struct catalogue *c, const char *image,
    struct versions *out) ATTR_CHECK;

/*
 * Add a version that is not published (for previews), in its place; PH_OK,
 * PH_ENOMEM, or PH_EEXISTS.
 */
int versions_add(struct versions *v, const struct manifest *m,
    const struct digest *digest) ATTR_CHECK;

/* The entry of a version; NULL when there is none. */
const struct version_entry *versions_find(const struct versions *v,
    const char *image, const char *version);

#endif
