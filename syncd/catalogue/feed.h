#ifndef SYNCD_CATALOGUE_FEED_H
#define SYNCD_CATALOGUE_FEED_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/document.h"
#include "proto/failure.h"
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
	struct digest base;   /* The list that the peer has, if we can tell the
			       differences; else of the empty text. */
	struct lineset *from; /* That list. */
	struct lineset *list; /* The list of the grant. */
};

/*
 * Compare a peer's STATE with what is in force for it.  A peer whose charter
 * or grant is newer than ours, or of the same number and different: PH_EFORK
 * (we are behind, or someone signs with our key).  A grant past half of its
 * lifetime is renewed first, and one that is due is made; PH_ENOSPC, PH_EIO
 * when it cannot be.
 */
void feed_init(struct feed *feed);
int feed_compare(struct catalogue *c, const struct digest *id,
    const struct message_state *state, struct feed *out,
    struct failure *f) ATTR_CHECK;
void feed_fini(struct feed *feed);

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
 * first byte) or has ended: what travelled, how.  base may be NULL.  The
 * same of one blob again within an hour is counted and not logged: a peer
 * that asks for it in a loop does not make the log grow.
 */
int feed_delivery_open(struct catalogue *c, const struct digest *id,
    const struct digest *blob, const struct digest *base) ATTR_CHECK;
int feed_delivery_close(struct catalogue *c, const struct digest *id,
    const struct digest *blob, uint64_t nbytes, int result) ATTR_CHECK;

#endif
