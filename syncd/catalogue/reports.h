#ifndef SYNCD_CATALOGUE_REPORTS_H
#define SYNCD_CATALOGUE_REPORTS_H

#include <stdint.h>

#include "proto/attributes.h"
#include "proto/document.h"
#include "proto/failure.h"
#include "proto/limits.h"
#include "proto/message_state.h"
#include "proto/order.h"
#include "syncd/catalogue/catalogue.h"

struct ledger_event;

/*
 * Primary: what repositories reported to hold, by their receipts.  Lane
 * only.
 */

/* The last receipt of a repository. */
struct report {
	uint64_t number;
	struct digest receipt; /* Of the document. */
	struct digest set;
	uint64_t count; /* Lines of the set. */
	uint8_t incarnation[PH_INCARNATION_SIZE];
	struct order grant; /* Under which it spoke; {0, 0}: none. */
	uint64_t free_bytes;
	int64_t time;     /* As the repository has it. */
	int64_t received; /* As we have it. */
};

/* PH_OK, or PH_EABSENT when it never reported. */
int reports_get(struct catalogue *c, const struct digest *id,
    struct report *out) ATTR_CHECK;

/* Whether its last receipt was made under that grant. */
int reports_under_grant(struct catalogue *c, const struct digest *id,
    const struct order *grant, int *under) ATTR_CHECK;

/* Whether it said that it holds a version (any state but withdrawn). */
int reports_holds(struct catalogue *c, const struct digest *id,
    const char *image, const char *version, int *holds) ATTR_CHECK;

/*
 * Take a receipt: signed by the repository's key, the next of its chain (or
 * the last one again), of the incarnation known.  changes is the text of its
 * LISTDIFF frames, which start from the set named base.  All is durable and
 * logged, and grants that follow from it are issued, before PH_OK.  *out is
 * the answer; out->send_whole when the set named base is not here.
 * PH_ESIGNATURE, PH_EDOCUMENT, PH_EDIGEST; PH_EFORK for a clone: another
 * receipt of a number we have, a lower number, or another incarnation.
 */
int reports_receive(struct catalogue *c, const struct digest *id,
    const struct document *receipt, const struct digest *base,
    const void *changes, size_t len, struct message_received *out,
    struct failure *f) ATTR_CHECK;

/* Of the ledger. */
int reports_apply(struct catalogue *c, const struct ledger_event *e);

#endif
