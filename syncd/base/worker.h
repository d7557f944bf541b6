#ifndef SYNCD_BASE_WORKER_H
#define SYNCD_BASE_WORKER_H

#include "proto/attributes.h"
#include "syncd/base/loop.h"

/*
 * Threads for what would block the loop: hashing, delta, compression, file
 * and index writes.  A job has exactly one owner at a time: the loop until
 * it is submitted, a worker while run() runs, the loop again when done() is
 * called there.  The pool knows nothing of a job but its pointer.
 *
 * A lane is a queue whose jobs run one at a time, in order: what writes
 * documents, log and index goes through one lane and needs no locks.
 *
 * A pool of no threads runs its jobs on the loop's thread, in the order of
 * submission, each from a callback of the loop: tests are then
 * deterministic.
 */

struct worker_pool;
struct worker_lane;

/* Either may take as long as it likes (run) or must be short (done). */
typedef void worker_run(void *job);
typedef void worker_done(void *job);

/* NULL without memory or threads.  nthreads 0: see above. */
struct worker_pool *worker_pool_new(struct loop *loop, int nthreads);

/* A lane of the pool, freed with the pool.  NULL without memory. */
struct worker_lane *worker_lane_new(struct worker_pool *pool);

/*
 * Run run(job) on some thread (lane NULL) or after the earlier jobs of the
 * lane; then done(job) on the loop, never before this returns.  done is
 * called exactly once for every submission that returned PH_OK.  Loop thread
 * only.  PH_OK or PH_ENOMEM.
 */
int worker_submit(struct worker_pool *pool, struct worker_lane *lane,
    worker_run *run, worker_done *done, void *job) ATTR_CHECK;

/*
 * The same, before all that is not short.  For a job that computes nothing
 * and waits for one small read at most: one more thread than the pool was
 * made with runs these alone, so that they do not wait for hours of others.
 * They finish in no order.
 */
int worker_submit_short(struct worker_pool *pool, worker_run *run,
    worker_done *done, void *job) ATTR_CHECK;

/* Jobs submitted whose done() has not been called. */
int worker_pending(const struct worker_pool *pool);

/*
 * Wait until no job is running or queued, calling done() of each on this
 * thread; loop thread only, outside of callbacks of jobs.
 */
void worker_drain(struct worker_pool *pool);

/* Drains first; not from a callback of a job.  NULL is allowed. */
void worker_pool_free(struct worker_pool *pool);

#endif
