#ifndef SYNCD_CONTROL_UNKNOWN_H
#define SYNCD_CONTROL_UNKNOWN_H

#include "proto/attributes.h"
#include "syncd/control/request.h"

/*
 * How requests fail that name what is not here.  All return the code.
 */

/* There is no such version (NULL: none at all) of an image: PH_EUNKNOWN. */
int unknown_version(struct request *r, const char *image, const char *version);

/* There is no such repository: PH_EUNKNOWN. */
int unknown_repository(struct request *r, const char *name);

/*
 * A site knows itself alone.  PH_OK when this repository may be asked about
 * that one (NULL: itself), else PH_ENOTHERE.
 */
int unknown_check_site(struct request *r, const char *name) ATTR_CHECK;

#endif
