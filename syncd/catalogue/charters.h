#ifndef SYNCD_CATALOGUE_CHARTERS_H
#define SYNCD_CATALOGUE_CHARTERS_H

#include "proto/attributes.h"
#include "proto/charter.h"
#include "syncd/catalogue/catalogue.h"
#include "syncd/catalogue/registration.h"

struct ledger_event;

/*
 * Primary: the charters of repositories.  Lane only.
 */

/*
 * Make and sign the charter that follows from a record, of the next
 * generation, unless the one in force says the same.  PH_OK; PH_EKEY when
 * the policy key is not on this machine.
 */
int charters_issue(struct catalogue *c, const char *actor,
    const struct registration *record) ATTR_CHECK;

/*
 * The same for every repository; at start, for what a crash or a change of
 * the configuration left behind.  What waits for the policy key, waits.
 */
int charters_issue_all(struct catalogue *c) ATTR_CHECK;

/*
 * The charter of a repository, into an initialised and empty *out; and the
 * document (NULL, or empty).  PH_OK, or PH_EABSENT when it has none.
 */
int charters_get(struct catalogue *c, const struct digest *id,
    struct charter *out, struct document *d) ATTR_CHECK;

/* Of the ledger. */
int charters_apply(struct catalogue *c, const struct ledger_event *e);

#endif
