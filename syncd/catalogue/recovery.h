#ifndef SYNCD_CATALOGUE_RECOVERY_H
#define SYNCD_CATALOGUE_RECOVERY_H

#include "proto/attributes.h"
#include "syncd/catalogue/context.h"

/*
 * At start: complete what a crash interrupted, or make the index anew.  What
 * is in the logs happened; what is not in them did not, unless the store
 * knows better (witness.h).  Nothing is deleted before all logs were replayed.
 */

/*
 * Replay; then make published/, the blobs and documents/ agree with the
 * items, take out of service what lost its content, and end withdrawals.
 * *napplied counts entries that had not been applied.  c->failure has words.
 */
int recovery_run(struct catalogue *c, unsigned int *napplied) ATTR_CHECK;

#endif
