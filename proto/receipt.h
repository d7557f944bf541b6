#ifndef PROTO_RECEIPT_H
#define PROTO_RECEIPT_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/digest.h"
#include "proto/limits.h"
#include "proto/order.h"

/*
 * The receipt: a repository's numbered, chained statement of what it holds
 * (docs/formats.md §2.5).  The lines of its set are holding.h's.
 */

struct receipt {
	struct digest repository;
	uint64_t number;        /* From 1. */
	struct digest previous; /* Of receipt number - 1; zeros for none. */
	uint8_t incarnation[PH_INCARNATION_SIZE];
	int64_t time;
	struct order grant; /* In force; {0, 0} for none. */
	struct digest set;
	uint64_t set_count;
	uint64_t free_bytes;
	struct digest never; /* Of what it never accepts; zeros for none. */
	char *medium;        /* Owned; the last one read; NULL for none. */
	uint64_t log_size;   /* Checkpoint of its own log. */
	struct digest log_root;
	struct digest commitments[PH_COMMITMENTS_MAX];
	size_t ncommitments;
};

/* Empty: not yet a document. */
void receipt_init(struct receipt *r);

/* Free what it holds; it is empty again. */
void receipt_fini(struct receipt *r);

/*
 * Put the document's bytes.  PH_OK, PH_ENOMEM, PH_ELIMIT, or PH_EDOCUMENT
 * when r is not what receipt_decode() takes; out then holds what it held.
 */
int receipt_encode(const struct receipt *r, struct buffer *out) ATTR_CHECK;

/*
 * Decode bytes that were verified, into an initialised and empty *out,
 * which stays so on failure.  PH_OK, PH_ENOMEM or PH_EDOCUMENT.
 */
int receipt_decode(const void *bytes, size_t len,
    struct receipt *out) ATTR_CHECK;

#endif
