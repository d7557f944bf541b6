#ifndef PROTO_JOIN_H
#define PROTO_JOIN_H

#include <stddef.h>
#include <stdint.h>

#include "proto/address.h"
#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/digest.h"
#include "proto/document.h"
#include "proto/key.h"
#include "proto/limits.h"
#include "proto/trust.h"

/*
 * The join file: all that a new repository needs to find and believe its
 * primary, brought by a way that is trusted (docs/formats.md §2.7).
 */

struct join {
	char name[PH_NAME_MAX + 1]; /* Of the new repository. */
	struct digest repository;   /* Its id; zeros when not known yet. */
	struct digest primary;
	char address[ADDRESS_SIZE];
	struct key_public host_key;
	struct document *trust; /* Owned; a chain, the newest last. */
	size_t ntrust;
	int64_t time;
};

/* Empty: not yet a document. */
void join_init(struct join *j);

/* Free what it holds; it is empty again. */
void join_fini(struct join *j);

/*
 * Add a copy of a trust document at the end.  PH_OK, PH_ENOMEM, or
 * PH_ELIMIT beyond PH_JOIN_TRUST_MAX.
 */
int join_add_trust(struct join *j, const struct document *d) ATTR_CHECK;

/*
 * Put the document's bytes.  PH_OK, PH_ENOMEM, PH_ELIMIT, or PH_EDOCUMENT
 * when j is not what join_decode() takes; out then holds what it held.
 */
int join_encode(const struct join *j, struct buffer *out) ATTR_CHECK;

/*
 * Decode bytes into an initialised and empty *out, which stays so on
 * failure.  PH_OK, PH_ENOMEM or PH_EDOCUMENT.
 */
int join_decode(const void *bytes, size_t len, struct join *out) ATTR_CHECK;

/*
 * Believe a join file: decode d, follow its trust documents from the first,
 * its anchor, to the newest, which is given; that one must name the primary
 * of the join file and one of its primary keys must have signed d.  PH_OK,
 * PH_ESIGNATURE, PH_EDOCUMENT, PH_EIDENTITY or PH_ENOMEM; on failure *out
 * is empty.
 */
int join_accept(const struct document *d, struct join *out,
    struct trust *trust) ATTR_CHECK;

#endif
