#ifndef SYNCD_CONFIG_OPERATORS_H
#define SYNCD_CONFIG_OPERATORS_H

#include <sys/types.h>

#include "proto/attributes.h"
#include "proto/failure.h"
#include "syncd/config/configuration.h"

/*
 * The group of those who may use the control socket, as this machine knows
 * it.  Reading a configuration does not ask for it: the file may be of
 * another machine.
 */

struct operators {
	int has_group; /* 0: there is none. */
	gid_t group;
};

/*
 * Find the group that a configuration names; path is its file, for the
 * failure.  PH_OK, or PH_ECONFIG with file, line and column when the system
 * has no such group.
 */
int operators_find(const struct configuration *c, const char *path,
    struct operators *out, struct failure *f) ATTR_CHECK;

#endif
