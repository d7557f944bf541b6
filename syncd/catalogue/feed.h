#ifndef SYNCD_CATALOGUE_FEED_H
#define SYNCD_CATALOGUE_FEED_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/document.h"
#include "proto/lineset.h"
#include "proto/message_state.h"
#include "syncd/catalogue/catalogue.h"

/*
 * Provider: what a peer may be given.  Every question is checked here, at
 * the moment it is asked, against the peer's grant in force; what is not
 * granted and what does not exist give the same answer, PH_EABSENT.  Lane
 * only.
 */

/* What a peer lacks; owned by the caller, who ends it with feed_fini(). */
struct feed {
	int same; /* Nothing: the answer is SAME. */
	struct document charter;
	int has_charter;
	struct document grant;
	int has_grant;
	struct digest base;	/* The list that the peer has, if we can tell
				   the differences; else of the empty text. */
	struct lineset *from;	/* That list. */
	struct lineset *list;	/* The list of the grant. */
};

/*
 * Compare a peer's STATE with what is in force for it.  A peer whose charter
 * or grant is newer than ours, or of the same number and different: PH_EFORK
 * (we are behind, or someone signs with our key).  A grant past half of its
 * lifetime is renewed.  The contact is noted.
 */
int feed_compare(struct catalogue *c, const struct digest *id,
    const struct message_state *state, struct feed *out) ATTR_CHECK;
void feed_init(struct feed *f);
void feed_fini(struct feed *f);

/*
 * The order of the grant in force, to see whether a peer's has changed; and
 * its list.  PH_OK or PH_EABSENT.
 */
int feed_order(struct catalogue *c, const struct digest *id,
    struct order *out) ATTR_CHECK;

/* A manifest that the peer's grant lists, into d (empty). */
int feed_manifest(struct catalogue *c, const struct digest *id,
    const struct digest *manifest, struct document *d) ATTR_CHECK;

/* A blob that a transfer is about. */
struct feed_blob {
	struct digest digest;
	uint64_t size;
};

/* A blob of a version that the peer's grant lists and that is here. */
int feed_blob(struct catalogue *c, const struct digest *id,
    const struct digest *blob, struct feed_blob *out) ATTR_CHECK;

/*
 * The first of nbases blobs that may be the base of a delta for the peer:
 * named by its grant, sound, and here.  PH_OK or PH_EABSENT.
 */
int feed_base(struct catalogue *c, const struct digest *id,
    const struct digest *bases, size_t nbases,
    struct feed_blob *out) ATTR_CHECK;

/*
 * Log, durably, that the delivery of a blob to the peer begins (before its
 * first byte) or has ended: what travelled, how.  base may be NULL.
 */
int feed_delivery_open(struct catalogue *c, const struct digest *id,
    const struct digest *blob, const struct digest *base) ATTR_CHECK;
int feed_delivery_close(struct catalogue *c, const struct digest *id,
    const struct digest *blob, uint64_t nbytes, int result) ATTR_CHECK;

/* Log that manifests were handed over; names travel with them. */

/*
 * Take a receipt: check its signature, number, chain and incarnation, apply
 * the changes (text of all its LISTDIFF frames) to the set named by base,
 * check the set's digest, keep all, durably, log it.  On PH_OK *out is the
 * answer.  When the set that the differences start from is not here, PH_OK
 * with out->whole 1: the peer is to send all.  PH_ESIGNATURE, PH_EOLDER,
 * PH_EFORK (a clone: two receipts of one number), PH_EDOCUMENT, PH_EDIGEST.
 */
int feed_receipt(struct catalogue *c, const struct digest *id,
    const struct document *receipt, const struct digest *base,
    const void *changes, size_t len, struct message_received *out,
    struct failure *f) ATTR_CHECK;

#endif
