/*
 * A pool of threads and its lanes.
 *
 * One mutex guards the queues.  A job is in exactly one of: its lane's queue
 * (behind another of that lane), the ready queue or that of short jobs, a
 * thread, the finished queue.  A lane is busy from the moment one of its jobs
 * enters the ready queue until that job was run.
 *
 * Threads tell the loop through an eventfd: that needs no memory, so a job
 * that was accepted can always be finished.
 */
#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <unistd.h>

#include "proto/errors.h"

#include "syncd/base/worker.h"

struct task {
	STAILQ_ENTRY(task) link;
	struct worker_lane *lane; /* Or NULL. */
	worker_run *run;
	worker_done *done;
	void *job;
};

STAILQ_HEAD(task_queue, task);

struct worker_lane {
	SLIST_ENTRY(worker_lane) link;
	struct task_queue waiting;
	int busy;
};

struct worker_pool {
	struct loop_io *io; /* On wakefd. */
	int wakefd;
	int pending; /* Submitted and not done; the loop's thread only. */
	int nthreads;
	pthread_t *threads;
	SLIST_HEAD(, worker_lane) lanes; /* The loop's thread only. */

	/* The mutex guards all below, and the insides of the lanes. */
	pthread_mutex_t mutex;
	pthread_cond_t work; /* Something is ready, or it is time to stop. */
	pthread_cond_t brief_work;
	pthread_cond_t rest;     /* Something is finished. */
	struct task_queue brief; /* Short ones; where there are threads. */
	struct task_queue ready;
	struct task_queue finished;
	int stop;
};

/* Take the first of a queue, or NULL; with the mutex. */
static struct task *
take(struct task_queue *queue)
{
	struct task *task;

	task = STAILQ_FIRST(queue);
	if (task != NULL)
		STAILQ_REMOVE_HEAD(queue, link);
	return task;
}

/* Make the eventfd readable. */
static void
wake(struct worker_pool *pool)
{
	uint64_t one;
	ssize_t n;

	one = 1;
	n = write(pool->wakefd, &one, sizeof(one));
	(void)n;
}

/*
 * Queue what the loop is to take; with the mutex.  Behind another nobody
 * need wake the loop: on_wake() comes back until it finds nothing.
 */
static void
put_for_loop(struct worker_pool *pool, struct task_queue *queue,
    struct task *task)
{
	if (STAILQ_EMPTY(queue))
		wake(pool);
	STAILQ_INSERT_TAIL(queue, task, link);
}

/* Queue a job, or the next of a lane whose turn it is; with the mutex. */
static void
make_ready(struct worker_pool *pool, struct task *task)
{
	if (task->lane != NULL)
		task->lane->busy = 1;
	STAILQ_INSERT_TAIL(&pool->ready, task, link);
	(void)pthread_cond_signal(&pool->work);
}

/* A job was run: give way to the next of its lane; with the mutex. */
static void
finish(struct worker_pool *pool, struct task *task)
{
	struct worker_lane *lane;
	struct task *next;

	lane = task->lane;
	if (lane != NULL) {
		lane->busy = 0;
		next = take(&lane->waiting);
		if (next != NULL)
			make_ready(pool, next);
	}
	put_for_loop(pool, &pool->finished, task);
	(void)pthread_cond_signal(&pool->rest);
}

/* Run what a thread may take until told to stop; others: not short, too. */
static void
serve(struct worker_pool *pool, pthread_cond_t *work, int others)
{
	struct task *task;

	(void)pthread_mutex_lock(&pool->mutex);
	for (;;) {
		task = take(&pool->brief);
		if (task == NULL && others)
			task = take(&pool->ready);
		if (task == NULL && pool->stop)
			break;
		if (task == NULL) {
			(void)pthread_cond_wait(work, &pool->mutex);
			continue;
		}
		(void)pthread_mutex_unlock(&pool->mutex);
		task->run(task->job);
		(void)pthread_mutex_lock(&pool->mutex);
		finish(pool, task);
	}
	(void)pthread_mutex_unlock(&pool->mutex);
}

static void *
thread_main(void *cookie)
{
	struct worker_pool *pool = cookie;

	serve(pool, &pool->work, 1);
	return NULL;
}

/* The thread for short jobs alone. */
static void *
brief_main(void *cookie)
{
	struct worker_pool *pool = cookie;

	serve(pool, &pool->brief_work, 0);
	return NULL;
}

/* Take what is ready, where there are no threads, or else is finished. */
static struct task *
take_for_loop(struct worker_pool *pool)
{
	struct task *task;

	(void)pthread_mutex_lock(&pool->mutex);
	task = take(pool->nthreads == 0 ? &pool->ready : &pool->finished);
	(void)pthread_mutex_unlock(&pool->mutex);
	return task;
}

/* The end of a job: all of it, where there are no threads. */
static void
complete(struct worker_pool *pool, struct task *task)
{
	if (pool->nthreads == 0)
		task->run(task->job);
	pool->pending--;
	task->done(task->job);
	free(task);
}

/*
 * The eventfd is readable: finish one job and come back for the others, so
 * that the loop sees its descriptors and timers between any two.
 */
static void
on_wake(void *cookie, int events)
{
	struct worker_pool *pool = cookie;
	struct task *task;
	uint64_t count;
	ssize_t n;

	(void)events;
	task = take_for_loop(pool);
	if (task == NULL) {
		n = read(pool->wakefd, &count, sizeof(count));
		(void)n;
		/* One may have come between the two. */
		task = take_for_loop(pool);
		if (task == NULL)
			return;
		wake(pool);
	}
	complete(pool, task);
}

/* Start the threads, with all signals left to the loop's. */
static int
start_threads(struct worker_pool *pool, int nthreads)
{
	sigset_t all, old;
	int r;

	if (nthreads == 0)
		return PH_OK;
	pool->threads = calloc((size_t)nthreads + 1, sizeof(*pool->threads));
	if (pool->threads == NULL)
		return PH_ENOMEM;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	r = 0;
	while (r == 0 && pool->nthreads < nthreads + 1) {
		r = pthread_create(&pool->threads[pool->nthreads], NULL,
		    pool->nthreads == 0 ? brief_main : thread_main, pool);
		if (r == 0)
			pool->nthreads++;
	}
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	return r == 0 ? PH_OK : PH_ENOMEM;
}

struct worker_pool *
worker_pool_new(struct loop *loop, int nthreads)
{
	struct worker_pool *pool;

	assert(nthreads >= 0);
	pool = calloc(1, sizeof(*pool));
	if (pool == NULL)
		return NULL;
	SLIST_INIT(&pool->lanes);
	STAILQ_INIT(&pool->brief);
	STAILQ_INIT(&pool->ready);
	STAILQ_INIT(&pool->finished);
	(void)pthread_mutex_init(&pool->mutex, NULL);
	(void)pthread_cond_init(&pool->work, NULL);
	(void)pthread_cond_init(&pool->brief_work, NULL);
	(void)pthread_cond_init(&pool->rest, NULL);
	pool->wakefd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (pool->wakefd == -1)
		goto fail;
	pool->io = loop_io_new(loop, pool->wakefd, on_wake, pool);
	if (pool->io == NULL)
		goto fail;
	loop_io_want(pool->io, LOOP_READABLE);
	if (start_threads(pool, nthreads) != PH_OK)
		goto fail;
	return pool;
fail:
	worker_pool_free(pool);
	return NULL;
}

struct worker_lane *
worker_lane_new(struct worker_pool *pool)
{
	struct worker_lane *lane;

	lane = calloc(1, sizeof(*lane));
	if (lane == NULL)
		return NULL;
	STAILQ_INIT(&lane->waiting);
	SLIST_INSERT_HEAD(&pool->lanes, lane, link);
	return lane;
}

/* A task that is pending from now on; NULL without memory. */
static struct task *
new_task(struct worker_pool *pool, struct worker_lane *lane, worker_run *run,
    worker_done *done, void *job)
{
	struct task *task;

	task = malloc(sizeof(*task));
	if (task == NULL)
		return NULL;
	task->lane = lane;
	task->run = run;
	task->done = done;
	task->job = job;
	pool->pending++;
	return task;
}

int
worker_submit_short(struct worker_pool *pool, worker_run *run,
    worker_done *done, void *job)
{
	struct task *task;

	if (pool->nthreads == 0)
		return worker_submit(pool, NULL, run, done, job);
	task = new_task(pool, NULL, run, done, job);
	if (task == NULL)
		return PH_ENOMEM;
	(void)pthread_mutex_lock(&pool->mutex);
	STAILQ_INSERT_TAIL(&pool->brief, task, link);
	(void)pthread_cond_signal(&pool->brief_work);
	(void)pthread_mutex_unlock(&pool->mutex);
	return PH_OK;
}

int
worker_submit(struct worker_pool *pool, struct worker_lane *lane,
    worker_run *run, worker_done *done, void *job)
{
	struct task *task;

	task = new_task(pool, lane, run, done, job);
	if (task == NULL)
		return PH_ENOMEM;
	(void)pthread_mutex_lock(&pool->mutex);
	/* Without threads all go one at a time and in order, lanes too. */
	if (pool->nthreads == 0)
		put_for_loop(pool, &pool->ready, task);
	else if (lane != NULL && lane->busy)
		STAILQ_INSERT_TAIL(&lane->waiting, task, link);
	else
		make_ready(pool, task);
	(void)pthread_mutex_unlock(&pool->mutex);
	return PH_OK;
}

int
worker_pending(const struct worker_pool *pool)
{
	return pool->pending;
}

/* Wait for a job to be finished and take it. */
static struct task *
wait_finished(struct worker_pool *pool)
{
	struct task *task;

	(void)pthread_mutex_lock(&pool->mutex);
	while ((task = take(&pool->finished)) == NULL)
		(void)pthread_cond_wait(&pool->rest, &pool->mutex);
	(void)pthread_mutex_unlock(&pool->mutex);
	return task;
}

void
worker_drain(struct worker_pool *pool)
{
	struct task *task;

	while (pool->pending > 0) {
		if (pool->nthreads == 0)
			task = take_for_loop(pool);
		else
			task = wait_finished(pool);
		assert(task != NULL);
		complete(pool, task);
	}
}

void
worker_pool_free(struct worker_pool *pool)
{
	struct worker_lane *lane;
	int i;

	if (pool == NULL)
		return;
	worker_drain(pool);
	(void)pthread_mutex_lock(&pool->mutex);
	pool->stop = 1;
	(void)pthread_cond_broadcast(&pool->work);
	(void)pthread_cond_broadcast(&pool->brief_work);
	(void)pthread_mutex_unlock(&pool->mutex);
	for (i = 0; i < pool->nthreads; i++)
		(void)pthread_join(pool->threads[i], NULL);
	free(pool->threads);
	while ((lane = SLIST_FIRST(&pool->lanes)) != NULL) {
		SLIST_REMOVE_HEAD(&pool->lanes, link);
		free(lane);
	}
	loop_io_free(pool->io);
	if (pool->wakefd != -1)
		(void)close(pool->wakefd);
	(void)pthread_cond_destroy(&pool->rest);
	(void)pthread_cond_destroy(&pool->work);
	(void)pthread_cond_destroy(&pool->brief_work);
	(void)pthread_mutex_destroy(&pool->mutex);
	free(pool);
}
