#ifndef SYNCD_CATALOGUE_QUIET_H
#define SYNCD_CATALOGUE_QUIET_H

#include "proto/attributes.h"
#include "syncd/catalogue/catalogue.h"

/*
 * A site: that there is nothing to do.  To find that out takes a look at all
 * that is granted and held; as long as nothing is entered into the log, it
 * stays so, and a contact without change costs no such look.  Lane only.
 */

/*
 * A look at everything has just found nothing to receive, to show, to remove
 * or to say.
 */
void quiet_note(struct catalogue *c);

/*
 * 1 when that was noted, nothing was entered since, and the last receipt is
 * neither old nor unacknowledged; else 0.
 */
int quiet_holds(struct catalogue *c) ATTR_CHECK;

#endif
