#ifndef SYNCD_CATALOGUE_INVITATION_H
#define SYNCD_CATALOGUE_INVITATION_H

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/failure.h"
#include "syncd/catalogue/catalogue.h"

/*
 * Primary: letting repositories in.  Lane only.
 */

/*
 * Make state_dir/authorized_keys say who may log in: one line for each
 * repository with a key that is not removed, with its forced command.
 */
int invitation_write_keys(struct catalogue *c) ATTR_CHECK;

/*
 * Put the join file for a repository.  PH_OK; PH_EUNKNOWN, PH_EREMOVED;
 * PH_ECONFIG when the configuration does not say under which address and
 * host key this primary is reached.
 */
int invitation_make(struct catalogue *c, const char *name, struct buffer *out,
    struct failure *f) ATTR_CHECK;

#endif
