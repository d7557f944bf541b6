#ifndef SYNCD_CATALOGUE_REPORTED_H
#define SYNCD_CATALOGUE_REPORTED_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/document.h"
#include "proto/lineset.h"
#include "syncd/catalogue/catalogue.h"

/*
 * Primary: the files of what repositories reported.  Kept are the newest
 * receipts of each with the changes that they brought, and the set of the
 * newest one whole: the sets of the others follow from it, backwards.  Of
 * older receipts number and digests stay, in the log.  What a repository can
 * make us keep so does not grow with the number of its receipts.  Lane only.
 */

/* How many receipts of a repository are kept. */
#define REPORTED_KEPT 64u

/* Keep a receipt, its changes and its set, durably. */
int reported_put(struct catalogue *c, const struct digest *id, uint64_t number,
    const struct document *receipt, const void *changes, size_t len,
    const struct lineset *set) ATTR_CHECK;

/*
 * The set of the receipt of that number, which has this digest.  PH_OK;
 * PH_EABSENT; PH_EDIGEST when it is damaged.
 */
int reported_set(struct catalogue *c, const struct digest *id, uint64_t number,
    const struct digest *digest, struct lineset **out) ATTR_CHECK;

/* The receipt of that number is the newest now: drop what is not kept. */
int reported_drop(struct catalogue *c, const struct digest *id,
    uint64_t number) ATTR_CHECK;

/* At start: drop what a crash left behind. */
int reported_sweep(struct catalogue *c) ATTR_CHECK;

#endif
