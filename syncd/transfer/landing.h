#ifndef SYNCD_TRANSFER_LANDING_H
#define SYNCD_TRANSFER_LANDING_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/digest.h"
#include "proto/failure.h"
#include "proto/message_transfer.h"
#include "syncd/base/clock.h"
#include "syncd/store/space.h"
#include "syncd/store/store.h"

/*
 * What is done to the staging of one blob that is being received: rows and
 * encodings are kept, a whole encoding is applied and its segment checked,
 * and at the end the whole blob.  Blocks; one thread at a time.
 *
 * What came stays whatever fails, but for what is proven wrong: an encoding
 * that is not what its digest says or does not make its segment, a blob that
 * is not what its manifest says, and all of it after a failed fsync.
 */

struct landing;

/* Encodings of one blob that may be on their way at a time. */
#define LANDING_PARTS_MAX 4u

struct landing_config {
	struct store *store;
	struct space *space;
	const struct clock *clock;
	struct digest digest;
	struct digest map; /* Root of its block map. */
	uint64_t size;
	const char *what; /* For messages; copied. */
};

/* A segment that is to be pulled. */
struct landing_segment {
	uint32_t length; /* Of its encoding. */
	uint32_t have;   /* Bytes of it that came. */
	int plain;       /* It is the plain one. */
};

/* What became of a segment. */
struct landing_outcome {
	uint64_t bytes;        /* Its length. */
	uint64_t reused_bytes; /* Of these, not from the wire. */
};

/* Nothing is opened yet.  NULL without memory. */
struct landing *landing_new(const struct landing_config *config);

/* Close it; what is staged stays.  NULL is allowed. */
void landing_free(struct landing *l);

/* What it is for, in words; borrowed. */
const char *landing_what(const struct landing *l);

/* The staging directory; valid once it was opened. */
int landing_dir(const struct landing *l);

/*
 * Reserve room for encodings and records, open, and check what is there:
 * *done is the bytes of the segments that are done.  PH_OK; PH_ENOSPC with
 * the shortfall in f; PH_EIO, PH_ENOMEM.
 */
int landing_open(struct landing *l, uint64_t *done,
    struct failure *f) ATTR_CHECK;

/*
 * Begin a plan against base (zeros: none), which is opened.  data is how much
 * of the blob is not zeros, as the provider says: so much is reserved.  As
 * landing_open().
 */
int landing_plan(struct landing *l, const struct digest *base, uint64_t data,
    struct failure *f) ATTR_CHECK;

/*
 * Keep rows, and reserve more for encodings larger than any before.  A
 * segment whose plain encoding was begun goes on with that.  PH_OK;
 * PH_ENOSPC, with the shortfall in f when it was foreseen; PH_EIO.
 */
int landing_put_rows(struct landing *l, const struct message_segments *rows,
    struct failure *f) ATTR_CHECK;

/* The segment from at on, below end, that is not done; end: none. */
uint64_t landing_next(const struct landing *l, uint64_t at, uint64_t end);

/* What is known of a segment that has a row.  PH_OK; PH_EABSENT, PH_EIO. */
int landing_get(struct landing *l, uint64_t segment,
    struct landing_segment *out) ATTR_CHECK;

/* 1 when there should be a base, and it cannot be used. */
int landing_lacks_base(const struct landing *l);

/*
 * Put bytes of a segment's encoding at offset, which is where it ends so
 * far.  PH_OK, PH_ESEGMENT, PH_ENOSPC, PH_EIO.
 */
int landing_append(struct landing *l, uint64_t segment, uint32_t offset,
    const void *data, size_t len) ATTR_CHECK;

/*
 * The encoding of a segment is whole: apply it, check the segment, write it
 * and note it as done.  PH_OK and *out; PH_EBASE: the base is not what it
 * should be, and the encoding stays; PH_EDIGEST: the encoding came damaged,
 * PH_ESEGMENT: it is not of this segment, and in both cases it is removed;
 * PH_ENOSPC, with the shortfall in f where less was promised than came;
 * PH_EIO, PH_ENOMEM.
 */
int landing_complete(struct landing *l, uint32_t segment, int plain,
    struct landing_outcome *out, struct failure *f) ATTR_CHECK;

/*
 * All segments are done: fsync, and see that the whole and its map, which is
 * then in the directory, are what they should be.  PH_OK; PH_EDIGEST: they
 * are not, and the staging was discarded; PH_ENOSPC, PH_EIO.
 */
int landing_finish(struct landing *l) ATTR_CHECK;

#endif
