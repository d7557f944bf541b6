#ifndef SYNCD_CONTROL_REQUEST_HOLDINGS_H
#define SYNCD_CONTROL_REQUEST_HOLDINGS_H

#include "syncd/control/verb.h"

/*
 * What one repository may hold and holds: holdings.
 */

/* The verbs; the last has no name. */
extern const struct verb request_holdings_verbs[];

#endif
