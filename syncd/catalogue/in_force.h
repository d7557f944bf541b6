#ifndef SYNCD_CATALOGUE_IN_FORCE_H
#define SYNCD_CATALOGUE_IN_FORCE_H

#include "proto/attributes.h"
#include "proto/digest.h"
#include "proto/document.h"
#include "syncd/catalogue/catalogue.h"
#include "syncd/index/tables.h"

struct ledger_event;

/*
 * The charter (INDEX_CHARTERS) or grant (INDEX_GRANTS) that is in force for a
 * repository, as a document: at a primary of all, at a site its own.  Lane
 * only.
 */

/* Into d, initialised and empty.  PH_OK, PH_EABSENT, PH_EDOCUMENT. */
int in_force_get(struct catalogue *c, enum index_table table,
    const struct digest *id, struct document *d) ATTR_CHECK;

/*
 * Of the ledger: put the document of documents/ that an entry names (by its
 * order, and by its digest in that member) in force.  PH_ELOG; PH_EDOCUMENT
 * when it is another one.  While entries of the past are applied, heads of
 * grants that were dropped (granted.h) are passed over.
 */
int in_force_apply(struct catalogue *c, const struct ledger_event *e,
    enum index_table table, const struct digest *id, const char *member);

/*
 * At start, when all logs are applied: PH_EABSENT, with words, when the newest
 * grant of a repository was passed over: an older one must not be in force.
 */
int in_force_check(struct catalogue *c) ATTR_CHECK;

#endif
