#ifndef SYNCD_CONTROL_REQUEST_SYNC_H
#define SYNCD_CONTROL_REQUEST_SYNC_H

#include "syncd/control/verb.h"

/*
 * Contacts with the upstream: sync, sync.cancel.
 */

/* The verbs; the last has no name. */
extern const struct verb request_sync_verbs[];

#endif
