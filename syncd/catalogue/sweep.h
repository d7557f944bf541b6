#ifndef SYNCD_CATALOGUE_SWEEP_H
#define SYNCD_CATALOGUE_SWEEP_H

#include "proto/attributes.h"
#include "syncd/catalogue/context.h"

/*
 * Removing what nothing names any more.  For modules of the catalogue, after
 * all logs are applied: what the index does not name is garbage.
 */

/*
 * Remove from the store blobs with all that belongs to them, deltas from and
 * to them, and stagings.  Done again after a failure or crash, it removes
 * what is left.
 */
int sweep_store(struct catalogue *c) ATTR_CHECK;

/* The same for one blob, of which nothing need be there to be found. */
int sweep_blob(struct catalogue *c, const struct digest *blob) ATTR_CHECK;

/* Remove manifests from documents/ that no row leads to. */
int sweep_documents(struct catalogue *c) ATTR_CHECK;

#endif
