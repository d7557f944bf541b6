#ifndef SYNCD_CATALOGUE_INTAKE_H
#define SYNCD_CATALOGUE_INTAKE_H

#include "proto/attributes.h"
#include "proto/failure.h"
#include "syncd/store/ingest.h"
#include "syncd/store/progress.h"
#include "syncd/store/space.h"

/*
 * Taking in one file of a publication, with room for it.  What a regular file
 * needs is reserved beforehand; a pipe does not tell how much will come, so
 * that room for the next piece is reserved whenever one is in.
 */

/*
 * ingest_file(), telling progress (NULL: nobody) and reserving in hold, of
 * space, what a pipe needs (hold NULL: nothing, since nothing is kept).
 * PH_OK or its errors; of PH_ENOSPC f says how much was in, how much is free,
 * and what to do.  Blocks; for a worker.
 */
int intake_file(struct space *space, struct space_hold *hold,
    struct ingest_config *config, const struct progress *progress,
    struct ingest_result *out, struct failure *f) ATTR_CHECK;

#endif
