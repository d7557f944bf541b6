#ifndef SYNCD_CATALOGUE_STATEMENT_H
#define SYNCD_CATALOGUE_STATEMENT_H

#include <stdint.h>

#include "proto/attributes.h"
#include "proto/document.h"
#include "proto/lineset.h"
#include "proto/message_state.h"
#include "syncd/catalogue/catalogue.h"

struct index_txn;
struct ledger_event;

/*
 * Our own receipts: numbered, chained, signed.  Lane only.
 */

struct statement {
	int due; /* 0: nothing changed, and the last one is fresh. */
	struct document receipt;
	struct digest base; /* The acknowledged set; of the empty text. */
	struct lineset *from;
	struct lineset *set;
};

/* Empty. */
void statement_init(struct statement *s);

/* Free what it holds. */
void statement_fini(struct statement *s);

/*
 * The receipt that the provider should have: the last one if it was not
 * acknowledged and nothing changed since; else a new one, kept durably
 * before this returns, if the set changed, the grant in force did, or the
 * last one is a day old.  whole 1: from the empty set.
 */
int statement_make(struct catalogue *c, int whole,
    struct statement *out) ATTR_CHECK;

/*
 * Whether a receipt is due whatever the set is: the last one is not
 * acknowledged, too old, or there is none.
 */
int statement_due(struct catalogue *c, int *due) ATTR_CHECK;

/*
 * The provider acknowledged a receipt, with the checkpoint of our log at its
 * end, which never goes back.  It is logged, so that it outlives the index.
 * PH_OK, PH_EMESSAGE (of a number we did not send), PH_EFORK (the log went
 * back or is another one).
 */
int statement_received(struct catalogue *c,
    const struct message_received *m) ATTR_CHECK;

/* The set of what we hold or are receiving now; *out is the caller's. */
int statement_set(struct catalogue *c, struct lineset **out) ATTR_CHECK;

/*
 * Which sets are still needed: that of our last receipt, and the one that was
 * acknowledged; of the empty text where there is none.
 */
int statement_sets(struct catalogue *c, struct index_txn *txn,
    struct digest out[2]) ATTR_CHECK;

/* The members of STATE about receipts and logs. */
int statement_state(struct catalogue *c, struct message_state *out) ATTR_CHECK;

/* Of the ledger. */
int statement_apply(struct catalogue *c, const struct ledger_event *e);
int statement_apply_acknowledged(struct catalogue *c,
    const struct ledger_event *e);

#endif
