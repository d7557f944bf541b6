#ifndef SYNCD_CONTROL_REQUEST_WHERE_H
#define SYNCD_CONTROL_REQUEST_WHERE_H

#include "syncd/control/verb.h"

/*
 * Which repositories hold a version: where.
 */

/* The verbs; the last has no name. */
extern const struct verb request_where_verbs[];

#endif
