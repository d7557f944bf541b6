#ifndef TESTS_UNIT_SYNCD_CATALOGUE_EXCHANGE_H
#define TESTS_UNIT_SYNCD_CATALOGUE_EXCHANGE_H

#include <stddef.h>

#include "proto/document.h"
#include "proto/lineset.h"
#include "syncd/catalogue/feed.h"
#include "tests/unit/syncd/catalogue/world.h"

/*
 * What a session moves between a primary and a site, as function calls: the
 * documents through their encoded forms, the content by hand.  Each step
 * must succeed, but for those that return a code.
 */

/* Compare, and take charter and grant.  1 when there was something. */
int exchange_documents(struct repository *site);

/* The same up to a feed, for tests that look at it; end with feed_fini(). */
int exchange_compare(struct repository *site, struct feed *feed);

/* Ask for manifests until none is missing; how many came. */
size_t exchange_manifests(struct repository *site);

/*
 * Put a blob of the primary into the site's staging directory, whole and
 * hashed; the open directory and the map's root.
 */
int exchange_stage(struct repository *site, const struct digest *blob,
    struct digest *map);

/* Bring every blob that is needed; how many versions became complete. */
size_t exchange_content(struct repository *site);

/* Report; 1 when a receipt was due. */
int exchange_receipt(struct repository *site);

/* A whole contact: all of the above and the removals, until nothing changes. */
void exchange_contact(struct repository *site);

/* Copy a document through its sealed form, as a wire does. */
void exchange_copy(const struct document *from, struct document *to);

#endif
