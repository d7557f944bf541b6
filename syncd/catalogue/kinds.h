#ifndef SYNCD_CATALOGUE_KINDS_H
#define SYNCD_CATALOGUE_KINDS_H

#include "syncd/catalogue/ledger.h"

/*
 * The kinds of log entries and what applies each.  The ledger is given this
 * table when the catalogue is opened and knows none of them itself.
 */

/* A kind; NULL when there is no such kind. */
const struct ledger_kind *kinds_find(const char *name);

#endif
