#ifndef SYNCD_CONTROL_RELOAD_H
#define SYNCD_CONTROL_RELOAD_H

#include "proto/attributes.h"
#include "proto/failure.h"
#include "syncd/config/configuration.h"

/*
 * Which changes of the configuration a running syncd takes.
 */

/*
 * PH_OK when next can take the place of now; PH_ECONFIG with f when
 * something differs (name, role, directories, operators' group) that all the
 * running state stands on.  Any thread.
 */
int reload_check(const struct configuration *now,
    const struct configuration *next, struct failure *f) ATTR_CHECK;

#endif
