#ifndef SYNCD_CATALOGUE_CHECKPOINTS_H
#define SYNCD_CATALOGUE_CHECKPOINTS_H

#include "proto/attributes.h"
#include "proto/message_state.h"
#include "syncd/catalogue/catalogue.h"

/*
 * Checkpoints: the signed size and root of the log about a repository, which
 * that repository is given with each acknowledgement and keeps.  Whoever
 * would shorten or change the log later is contradicted by it.  Lane only.
 */

/* Primary: fill in the checkpoint of the log about a repository. */
int checkpoints_sign(struct catalogue *c, const struct digest *id,
    struct message_received *out) ATTR_CHECK;

/*
 * Site: check the one that came (PH_ESIGNATURE when no primary key signed
 * it) and keep it, durably, as documents/checkpoints/ID.
 */
int checkpoints_take(struct catalogue *c,
    const struct message_received *m) ATTR_CHECK;

#endif
