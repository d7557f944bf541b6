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
#include "syncd/catalogue/report_row.h"

/*
 * Primary: what repositories reported to hold, by their receipts.  Lane
 * only.
 */

/*
 * A repository may send so many receipts at once, and one more each interval.
 * One that does its work needs one a day and one or two for each contact with
 * news; only one that wants our disk to grow needs more.
 */
#define REPORTS_BURST 240
#define REPORTS_INTERVAL_S 60

/* Versions that a set may have beyond all that the repository was ever
 * granted: those that a primary which was restored from a backup does not
 * know. */
#define REPORTS_UNKNOWN_MAX 1024u

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
 * logged, and grants that follow from it are issued or due (grants.h), before
 * PH_OK.  *out is
 * the answer; out->send_whole when the set named base is not here.
 * PH_ESIGNATURE, PH_EDOCUMENT, PH_EDIGEST; PH_EFORK for a clone: another
 * receipt of a number we have, a lower number, or another incarnation;
 * PH_EBUSY when they come too often, PH_ELIMIT for a set of more versions than
 * it was granted, PH_ENOSPC: then nothing was written.
 */
int reports_receive(struct catalogue *c, const struct digest *id,
    const struct document *receipt, const struct digest *base,
    const void *changes, size_t len, struct message_received *out,
    struct failure *f) ATTR_CHECK;

#endif
