#ifndef SYNCD_TRANSFER_STAGING_JOB_H
#define SYNCD_TRANSFER_STAGING_JOB_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/digest.h"
#include "proto/failure.h"
#include "proto/message_transfer.h"
#include "syncd/base/worker.h"
#include "syncd/transfer/landing.h"

/*
 * What landing.h does, as jobs in a lane.  Each function submits one; its
 * callback is called on the loop with the result, never before the function
 * returned.  Which job follows which is receive.h's.
 *
 * Everything from opening to closing happens in the lane.  So when another
 * opens the same staging, whoever had it before has closed it.
 */

struct staging_jobs;

/* All of these is borrowed but the text.  NULL without memory. */
struct staging_jobs *staging_jobs_new(struct worker_pool *workers,
    struct worker_lane *lane, const struct landing_config *config);

/*
 * Close, in the lane, and free; what is staged stays.  The callbacks of the
 * jobs before come first, then closed (NULL: none).  NULL is allowed, and
 * does nothing.
 */
typedef void staging_jobs_closed(void *cookie);
void staging_jobs_close(struct staging_jobs *s, staging_jobs_closed *closed,
    void *cookie);

/* What it is for, in words; borrowed. */
const char *staging_jobs_what(const struct staging_jobs *s);

/* The staging directory; valid once it was opened. */
int staging_jobs_dir(const struct staging_jobs *s);

struct staging_job_result {
	int code;
	struct failure failure; /* Its code is PH_OK without words. */
	uint64_t done_bytes;    /* open: done before; complete: of it. */
	uint64_t reused_bytes;  /* complete: not from the wire. */
	uint32_t appended;      /* append. */
	uint64_t at;            /* find: the segment; end: none. */
	uint64_t end;           /* find. */
	struct landing_segment segment; /* find, rows of a plain one. */
	int no_base;                    /* find: the base cannot be used. */
};

typedef void staging_job_done(void *cookie,
    const struct staging_job_result *result);

/* landing_open().  All: PH_OK or PH_ENOMEM. */
int staging_job_open(struct staging_jobs *s, staging_job_done *done,
    void *cookie) ATTR_CHECK;

/* landing_plan(). */
int staging_job_plan(struct staging_jobs *s, const struct digest *base,
    uint64_t data, staging_job_done *done, void *cookie) ATTR_CHECK;

/*
 * Keep rows (copied); of a plain one, see how much of its encoding is there.
 */
int staging_job_rows(struct staging_jobs *s,
    const struct message_segments *rows, staging_job_done *done,
    void *cookie) ATTR_CHECK;

/* Find the first segment from at on, below end, that is not done. */
int staging_job_find(struct staging_jobs *s, uint64_t at, uint64_t end,
    staging_job_done *done, void *cookie) ATTR_CHECK;

/* Put bytes (taken: the buffer is empty then) of an encoding at offset. */
int staging_job_append(struct staging_jobs *s, uint32_t segment,
    uint32_t offset, struct buffer *bytes, staging_job_done *done,
    void *cookie) ATTR_CHECK;

/* Put the last bytes (taken), then landing_complete(). */
int staging_job_complete(struct staging_jobs *s, uint32_t segment, int plain,
    uint32_t offset, struct buffer *bytes, staging_job_done *done,
    void *cookie) ATTR_CHECK;

/* landing_finish(). */
int staging_job_finish(struct staging_jobs *s, staging_job_done *done,
    void *cookie) ATTR_CHECK;

#endif
