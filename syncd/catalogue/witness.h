#ifndef SYNCD_CATALOGUE_WITNESS_H
#define SYNCD_CATALOGUE_WITNESS_H

#include "proto/attributes.h"
#include "syncd/catalogue/context.h"

/*
 * The store as a witness of our own log: its marker names the size and root
 * that the log had when something was last shown.  Where the store knows of
 * more than the log has, the state is older than the store: it was restored
 * from a backup, or copied.  What the log does not name may then have been
 * acknowledged, so c->outdated is set and the store is not swept, until all
 * that lies in it is named again.  Lane only.
 */

/* At start, before anything is applied: set c->outdated. */
int witness_check(struct catalogue *c) ATTR_CHECK;

/*
 * Let the marker know our log as it is.  To be called before what an entry
 * says is shown.  That it cannot be written stops nothing: witness_upkeep()
 * writes it.
 */
void witness_raise(struct catalogue *c);

/*
 * From time to time: bring the marker up to date, and end c->outdated when it
 * is over.  A primary is no longer so when the log names all that is in
 * the store; it removes nothing.  A site removes what its grant does not
 * list, as soon as it has the newest grant that it ever saw and knows the
 * content of all its items.
 */
int witness_upkeep(struct catalogue *c) ATTR_CHECK;

/* While the state is older, say so, and what is kept; line(cookie, text). */
void witness_notices(struct catalogue *c, catalogue_line *line, void *cookie);

#endif
