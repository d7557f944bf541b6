#ifndef SYNCD_CATALOGUE_WANTED_H
#define SYNCD_CATALOGUE_WANTED_H

#include <stddef.h>

#include "proto/attributes.h"
#include "proto/grant_item.h"
#include "proto/manifest.h"
#include "syncd/catalogue/catalogue.h"
#include "syncd/index/index.h"

/*
 * A site: the items of the grant in force, in the order in which they should
 * come.  For modules of the catalogue.
 */

struct wanted {
	struct grant_item *items; /* By image; the newest version first. */
	size_t count;
};

/* Load them; the caller frees out->items. */
int wanted_load(struct catalogue *c, struct wanted *out) ATTR_CHECK;

/* 1 when an item is held here, whole, as the manifest that is listed. */
int wanted_is_held(struct index_txn *txn, const struct grant_item *item);

/*
 * The manifest of an item, into an initialised and empty *out: from the
 * index or, after that was made anew, from documents/, from where it is then
 * entered.  PH_OK, PH_EABSENT when it is to be asked for.
 */
int wanted_manifest(struct catalogue *c, const struct grant_item *item,
    struct manifest *out) ATTR_CHECK;

/* Enter the manifests in documents/ of all items that are not held. */
int wanted_enter(struct catalogue *c) ATTR_CHECK;

#endif
