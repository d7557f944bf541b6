#ifndef SYNCD_CATALOGUE_RECEIPT_ENTRY_H
#define SYNCD_CATALOGUE_RECEIPT_ENTRY_H

#include <stdint.h>

#include "proto/attributes.h"
#include "proto/receipt.h"
#include "syncd/catalogue/catalogue.h"
#include "syncd/index/index.h"

struct ledger_event;

/*
 * Primary: the entry by which a receipt is taken, in the log about its
 * repository: how it is written and what it does.  Lane only.
 */

/* The receipt of that digest and all that belongs to it is kept: take it. */
int receipt_entry_commit(struct catalogue *c, const struct receipt *receipt,
    const struct digest *digest) ATTR_CHECK;

/*
 * How far the share of a repository (reports.h) is used up, as a time, when a
 * receipt comes at a time: beyond that time means that it comes too early.
 * *out is the same for the same entries, with and without their documents.
 */
int receipt_entry_pace(struct index_txn *txn, const struct digest *id,
    int64_t time, int64_t *out) ATTR_CHECK;

/*
 * What a set may have is what was granted.  Of the ledger: a grant of so many
 * items is being applied.  And how many items all grants of a repository had,
 * together: it cannot hold more versions, and nothing else has a part in it.
 */
int receipt_entry_granted(struct index_txn *txn, const struct digest *id,
    uint64_t items) ATTR_CHECK;
int receipt_entry_room(struct index_txn *txn, const struct digest *id,
    uint64_t *items) ATTR_CHECK;

/*
 * After all logs are applied: PH_OK when the last receipt of every repository
 * is in documents/, else PH_EABSENT, and c->failure says whose is not.
 */
int receipt_entry_check(struct catalogue *c) ATTR_CHECK;

/* Of the ledger. */
int receipt_entry_apply(struct catalogue *c, const struct ledger_event *e);

#endif
