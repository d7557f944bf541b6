#ifndef SYNCD_CONTROL_REQUEST_STATUS_H
#define SYNCD_CONTROL_REQUEST_STATUS_H

#include "syncd/control/verb.h"

/*
 * How things stand: status.
 */

/* The verbs; the last has no name. */
extern const struct verb request_status_verbs[];

#endif
