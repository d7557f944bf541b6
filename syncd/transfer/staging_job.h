#ifndef SYNCD_TRANSFER_STAGING_JOB_H
#define SYNCD_TRANSFER_STAGING_JOB_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/digest.h"
#include "proto/failure.h"
#include "proto/message_transfer.h"
#include "syncd/base/clock.h"
#include "syncd/base/worker.h"
#include "syncd/store/space.h"
#include "syncd/store/store.h"

/*
 * What is done to the staging of one blob that is being received, as jobs in
 * a lane.  Each function submits one; its callback is called on the loop
 * with the result.  Which job follows which is receive.h's.
 */

struct staging_job_blob;

struct staging_job_config {
	struct worker_pool *workers;
	struct worker_lane *lane;
	struct store *store;
	struct space *space;
	const struct clock *clock;
	struct digest digest;
	struct digest map;
	uint64_t size;
	const char *what; /* For messages; copied. */
};

/* Nothing is opened yet.  NULL without memory. */
struct staging_job_blob *staging_job_blob_new(
    const struct staging_job_config *config);

/* No job may be on its way.  What is staged stays.  NULL is allowed. */
void staging_job_blob_free(struct staging_job_blob *b);

/* What it is for, in words; borrowed. */
const char *staging_job_blob_what(const struct staging_job_blob *b);

/* The staging directory; valid once it was opened. */
int staging_job_blob_dir(const struct staging_job_blob *b);

struct staging_job_result {
	int code;
	struct failure failure; /* Its code is PH_OK without words. */
	uint64_t done_bytes;    /* open: done before; complete: of it. */
	uint64_t reused_bytes;  /* complete: not from the wire. */
	uint32_t appended;      /* append. */
	int found;              /* find: segment cursor - 1 is to be pulled. */
	uint64_t cursor;        /* find: go on here. */
	uint32_t length;        /* find: of the encoding. */
	uint32_t have;          /* find: of it. */
	int no_base;            /* find: the base cannot be used. */
};

typedef void staging_job_done(void *cookie,
    const struct staging_job_result *result);

/* Reserve room, open, and check what is there.  All: PH_OK or PH_ENOMEM. */
int staging_job_open(struct staging_job_blob *b, staging_job_done *done,
    void *cookie) ATTR_CHECK;

/* Begin a plan against a base (zeros: none), and open that. */
int staging_job_plan(struct staging_job_blob *b, const struct digest *base,
    staging_job_done *done, void *cookie) ATTR_CHECK;

/* Keep rows (copied). */
int staging_job_rows(struct staging_job_blob *b,
    const struct message_segments *rows, staging_job_done *done,
    void *cookie) ATTR_CHECK;

/* Find the first segment from cursor on, below end, that is not done. */
int staging_job_find(struct staging_job_blob *b, uint64_t cursor, uint64_t end,
    staging_job_done *done, void *cookie) ATTR_CHECK;

/* Put bytes (taken: the buffer is empty then) of an encoding at offset. */
int staging_job_append(struct staging_job_blob *b, uint32_t segment,
    uint32_t offset, struct buffer *bytes, staging_job_done *done,
    void *cookie) ATTR_CHECK;

/*
 * Put the last bytes, then apply the encoding, check the segment and note it
 * as done.  PH_EBASE: the base is not what it should be; PH_EDIGEST: the
 * encoding came damaged; PH_ESEGMENT: it is not of this segment.
 */
int staging_job_complete(struct staging_job_blob *b, uint32_t segment,
    int plain, uint32_t offset, struct buffer *bytes, staging_job_done *done,
    void *cookie) ATTR_CHECK;

/*
 * All segments are done: fsync, hash the whole, write its map.  PH_EDIGEST
 * when it is not what it should be; the staging is then discarded.
 */
int staging_job_finish(struct staging_job_blob *b, staging_job_done *done,
    void *cookie) ATTR_CHECK;

#endif
