#ifndef SYNCD_CATALOGUE_WITHDRAWAL_H
#define SYNCD_CATALOGUE_WITHDRAWAL_H

#include <stddef.h>

#include "proto/attributes.h"
#include "proto/digest.h"
#include "syncd/catalogue/catalogue.h"

struct ledger_event;

/*
 * A site: removing what may not or need not be held any more.  Lane only.
 *
 * The order of a withdrawal: log the intent; rename out of published/;
 * unlink what no remaining item names (blob, record, map, signature, deltas
 * from and to it, staging); log that it is done; a tombstone stays.  A crash
 * between is finished by the next call.
 */

/*
 * Withdraw every item that is held or partial and that the grant in force
 * does not list.  Before anything else happens in a contact; the caller has
 * already cut transfers of such blobs.  *nitems counts the versions.
 */
int withdraw_denied(struct catalogue *c, size_t *nitems) ATTR_CHECK;

/*
 * Free what is retiring, whole or begun, where at least one allow version of
 * its image is granted and all of those are visible here.  No tombstone: the
 * item is absent.
 */
int withdraw_retired(struct catalogue *c, size_t *nitems) ATTR_CHECK;

/*
 * Remove from the store what no item names, and enter withdrawals that a
 * crash interrupted as done.  Where the state is older than the store, what
 * no item names stays, but when there is such a withdrawal: what may not be
 * held goes first.  At start, after replay; also of a primary.
 */
int withdraw_finish(struct catalogue *c) ATTR_CHECK;

/* Of the ledger. */
int withdrawal_apply(struct catalogue *c, const struct ledger_event *e);
int withdrawal_apply_removed(struct catalogue *c, const struct ledger_event *e);

#endif
