#ifndef SYNCD_SYNC_UPKEEP_H
#define SYNCD_SYNC_UPKEEP_H

#include "syncd/sync/engine.h"

/*
 * What the catalogue wants done from time to time (catalogue_upkeep()), three
 * times a minute, in its lane.  Loop thread only.
 */

struct upkeep;

/* Begins to wait.  NULL without memory. */
struct upkeep *upkeep_new(const struct engine *engine);

/* A job that runs ends by itself.  NULL is allowed. */
void upkeep_free(struct upkeep *upkeep);

#endif
