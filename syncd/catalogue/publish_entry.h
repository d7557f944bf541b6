#ifndef SYNCD_CATALOGUE_PUBLISH_ENTRY_H
#define SYNCD_CATALOGUE_PUBLISH_ENTRY_H

#include "proto/attributes.h"
#include "proto/manifest.h"
#include "syncd/catalogue/catalogue.h"

struct ledger_event;

/*
 * Primary: the entry of the main log by which a version is published: how it
 * is written and what it does.  Lane only.
 */

/*
 * Its blobs are in the store and its manifest in documents/, all durable:
 * publish it.  PH_OK: the entry stands and is applied.
 */
int publish_entry_commit(struct catalogue *c, const char *actor,
    const struct manifest *m, const struct digest *digest) ATTR_CHECK;

/* Of the ledger. */
int publish_entry_apply(struct catalogue *c, const struct ledger_event *e);

#endif
