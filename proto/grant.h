#ifndef PROTO_GRANT_H
#define PROTO_GRANT_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/digest.h"
#include "proto/order.h"

/*
 * The head of a grant: for whom, until when, and the digest of the list of
 * what the repository may hold now (docs/formats.md §2.4).  The lines of
 * the list are grant_item.h's.
 */

/* Plain data without memory of its own. */
struct grant {
	struct digest repository;
	struct order order;
	int64_t time;
	int64_t expires; /* 0 for never. */
	uint64_t items;  /* Lines of the list. */
	struct digest list;
};

/* Empty: not yet a document. */
void grant_init(struct grant *g);

/*
 * Put the document's bytes.  PH_OK, PH_ENOMEM, PH_ELIMIT, or PH_EDOCUMENT
 * when g is not what grant_decode() takes; out then holds what it held.
 */
int grant_encode(const struct grant *g, struct buffer *out) ATTR_CHECK;

/*
 * Decode bytes that were verified.  PH_OK, PH_ENOMEM, PH_ELIMIT beyond
 * PH_GRANT_HEAD_MAX, or PH_EDOCUMENT.
 */
int grant_decode(const void *bytes, size_t len, struct grant *out) ATTR_CHECK;

#endif
