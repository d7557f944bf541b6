#ifndef SYNCD_CATALOGUE_LISTING_H
#define SYNCD_CATALOGUE_LISTING_H

#include <stddef.h>

#include "proto/attributes.h"
#include "proto/digest.h"
#include "proto/grant_item.h"
#include "proto/lineset.h"
#include "syncd/catalogue/catalogue.h"

/*
 * The list of a grant, for finding what stands in it: a version, a manifest,
 * a blob that a listed manifest names.  A list is loaded once for all who
 * ask, and a few lists are kept; what it takes to find something does not
 * depend on whether it is there, nor on what else is held here.  Lane only.
 */

struct listing;
struct listings;

/*
 * The listing of a list by its digest, borrowed until the next call.  PH_OK;
 * PH_EABSENT when that list is not here; PH_EDIGEST, PH_EMESSAGE (damaged),
 * PH_EIO, PH_ENOMEM.
 */
int listing_get(struct catalogue *c, const struct digest *list,
    struct listing **out) ATTR_CHECK;

/*
 * Only the lines of a list, which takes less time; borrowed and with the same
 * results as above.
 */
int listing_lines(struct catalogue *c, const struct digest *list,
    const struct lineset **out) ATTR_CHECK;

/*
 * Keep a list that was just made, so that it needs not be read; it is taken.
 * Without memory it is not kept.
 */
void listing_keep(struct catalogue *c, struct lineset **list);

/* The item that names a manifest; PH_OK or PH_EABSENT. */
int listing_manifest(const struct listing *l, const struct digest *manifest,
    struct grant_item *out) ATTR_CHECK;

/* The item of a version; PH_OK or PH_EABSENT. */
int listing_item(const struct listing *l, const char *image,
    const char *version, struct grant_item *out) ATTR_CHECK;

/*
 * Items in the order of image and version as bytes: the place of the first
 * of an image, or of where it would be; the item of a place, PH_EABSENT
 * behind the last.
 */
size_t listing_seek(const struct listing *l, const char *image) ATTR_CHECK;
int listing_at(const struct listing *l, size_t place,
    struct grant_item *out) ATTR_CHECK;

/*
 * PH_OK when a listed manifest names the blob, else PH_EABSENT; or why it
 * cannot be told.  The first such question reads all manifests listed.
 */
int listing_names_blob(struct catalogue *c, struct listing *l,
    const struct digest *blob) ATTR_CHECK;

/* Forget all that are kept.  NULL is allowed. */
void listings_free(struct listings *all);

#endif
