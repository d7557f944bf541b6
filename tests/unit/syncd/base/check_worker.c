/*
 * Workers: every job is run once and done once on the loop's thread; a lane
 * runs one at a time and in order, whatever the load; a pool of no threads
 * does all in the order of submission.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "tests/unit/check_main.h"

#include "proto/errors.h"
#include "syncd/base/loop.h"
#include "syncd/base/worker.h"

#define JOBS 3000
#define LANES 5
#define THREADS 4

/* A lane and what must hold for it. */
struct track {
	struct worker_lane *lane;
	atomic_int inside; /* Jobs of the lane that run now: at most one. */
	int next;          /* Without lock: the lane is the lock. */
	int submitted;
};

struct work {
	struct track *track; /* NULL: no lane. */
	int number;          /* In its track. */
	int runs;
	int dones;
	pthread_t ran_on;
	int resubmit;
};

static struct loop *loop;
static struct worker_pool *pool;
static struct track tracks[LANES];
static struct work works[JOBS];
static int ndone;
static pthread_t main_thread;

static void
begin(int nthreads)
{
	int i;

	main_thread = pthread_self();
	loop = loop_new();
	ck_assert_ptr_nonnull(loop);
	pool = worker_pool_new(loop, nthreads);
	ck_assert_ptr_nonnull(pool);
	for (i = 0; i < LANES; i++) {
		tracks[i].lane = worker_lane_new(pool);
		ck_assert_ptr_nonnull(tracks[i].lane);
	}
}

static void
begin_threads(void)
{
	begin(THREADS);
}

static void
begin_inline(void)
{
	begin(0);
}

static void
end(void)
{
	worker_pool_free(pool);
	loop_free(loop);
}

/* A little to do, so that jobs overlap. */
static void
spin(int rounds)
{
	volatile int i;

	for (i = 0; i < rounds; i++)
		;
}

/* On a worker: no Check macros here, a violation is counted. */
static atomic_int violations;

static void
run(void *job)
{
	struct work *w = job;

	w->runs++;
	w->ran_on = pthread_self();
	if (w->track == NULL) {
		spin(200);
		return;
	}
	if (atomic_fetch_add(&w->track->inside, 1) != 0)
		atomic_fetch_add(&violations, 1);
	if (w->track->next != w->number)
		atomic_fetch_add(&violations, 1);
	w->track->next++;
	spin(w->number % 7 * 100);
	atomic_fetch_sub(&w->track->inside, 1);
}

static void done(void *job);

static void
submit(struct work *w)
{
	struct worker_lane *lane;

	lane = NULL;
	if (w->track != NULL) {
		lane = w->track->lane;
		w->number = w->track->submitted++;
	}
	ck_assert_int_eq(worker_submit(pool, lane, run, done, w), PH_OK);
}

static void
done(void *job)
{
	struct work *w = job;

	ck_assert(pthread_equal(pthread_self(), main_thread));
	w->dones++;
	ndone++;
	ck_assert_int_eq(w->runs, w->dones);
	if (w->resubmit > 0) {
		w->resubmit--;
		submit(w);
	} else if (worker_pending(pool) == 0) {
		loop_stop(loop);
	}
}

/* Fill lanes and the free way in turn. */
static void
submit_all(int resubmit)
{
	int i;

	for (i = 0; i < JOBS; i++) {
		works[i].track =
		    i % (LANES + 1) == LANES ? NULL : &tracks[i % (LANES + 1)];
		works[i].resubmit = resubmit;
		submit(&works[i]);
	}
}

static void
assert_all_done(int times)
{
	int i;

	ck_assert_int_eq(worker_pending(pool), 0);
	ck_assert_int_eq(ndone, JOBS * times);
	ck_assert_int_eq(atomic_load(&violations), 0);
	for (i = 0; i < JOBS; i++)
		ck_assert_int_eq(works[i].dones, times);
	for (i = 0; i < LANES; i++)
		ck_assert_int_eq(tracks[i].next, tracks[i].submitted);
}

START_TEST(all_are_run_and_done_on_the_loop)
{
	submit_all(0);
	ck_assert_int_eq(worker_pending(pool), JOBS);
	ck_assert_int_eq(ndone, 0);
	loop_run(loop);
	assert_all_done(1);
}
END_TEST

START_TEST(done_may_submit_again)
{
	submit_all(3);
	loop_run(loop);
	assert_all_done(4);
}
END_TEST

START_TEST(drain_waits_for_all)
{
	submit_all(2);
	worker_drain(pool);
	assert_all_done(3);
	/* And may be followed by more. */
	submit(&works[0]);
	worker_drain(pool);
	ck_assert_int_eq(works[0].dones, 4);
	worker_drain(pool);
	loop_turn(loop);
}
END_TEST

START_TEST(free_drains)
{
	submit_all(1);
	worker_pool_free(pool);
	pool = NULL;
	ck_assert_int_eq(ndone, JOBS * 2);
}
END_TEST

START_TEST(jobs_run_on_other_threads)
{
	submit_all(0);
	loop_run(loop);
	ck_assert(!pthread_equal(works[0].ran_on, main_thread));
}
END_TEST

/* Two jobs that wait for each other only end when they run together. */
static pthread_barrier_t barrier;
static pthread_barrier_t begun;

/* Say that a thread is taken, then be it until all meet. */
static void
run_begin_and_meet(void *job)
{
	(void)job;
	(void)pthread_barrier_wait(&begun);
	(void)pthread_barrier_wait(&barrier);
}

static void
run_meet(void *job)
{
	(void)job;
	(void)pthread_barrier_wait(&barrier);
}

static void
done_count(void *job)
{
	(void)job;
	ndone++;
}

START_TEST(jobs_without_a_lane_run_side_by_side)
{
	int i;

	ck_assert_int_eq(pthread_barrier_init(&barrier, NULL, THREADS), 0);
	for (i = 0; i < THREADS; i++)
		ck_assert_int_eq(worker_submit(pool, NULL, run_meet, done_count,
				     NULL),
		    PH_OK);
	worker_drain(pool);
	ck_assert_int_eq(ndone, THREADS);
	ck_assert_int_eq(pthread_barrier_destroy(&barrier), 0);
}
END_TEST

START_TEST(short_jobs_wait_for_no_others)
{
	int i;

	/* All threads but the one that is theirs are taken. */
	ck_assert_int_eq(pthread_barrier_init(&barrier, NULL, THREADS + 1), 0);
	ck_assert_int_eq(pthread_barrier_init(&begun, NULL, THREADS + 1), 0);
	for (i = 0; i < THREADS; i++)
		ck_assert_int_eq(worker_submit(pool, NULL, run_begin_and_meet,
				     done_count, NULL),
		    PH_OK);
	/* None of them is free to take the short one any more. */
	(void)pthread_barrier_wait(&begun);
	ck_assert_int_eq(worker_submit_short(pool, run_meet, done_count, NULL),
	    PH_OK);
	worker_drain(pool);
	ck_assert_int_eq(ndone, THREADS + 1);
	ck_assert_int_eq(pthread_barrier_destroy(&begun), 0);
	ck_assert_int_eq(pthread_barrier_destroy(&barrier), 0);
}
END_TEST

START_TEST(lanes_run_side_by_side)
{
	int i;

	ck_assert_int_eq(pthread_barrier_init(&barrier, NULL, THREADS), 0);
	for (i = 0; i < THREADS; i++)
		ck_assert_int_eq(worker_submit(pool, tracks[i].lane, run_meet,
				     done_count, NULL),
		    PH_OK);
	worker_drain(pool);
	ck_assert_int_eq(ndone, THREADS);
	ck_assert_int_eq(pthread_barrier_destroy(&barrier), 0);
}
END_TEST

static void
run_look_at_signals(void *job)
{
	sigset_t now;

	(void)pthread_sigmask(SIG_BLOCK, NULL, &now);
	*(int *)job = sigismember(&now, SIGTERM) && sigismember(&now, SIGHUP);
}

START_TEST(workers_leave_signals_to_the_loop)
{
	sigset_t now;
	int blocked = 0;

	ck_assert_int_eq(worker_submit(pool, NULL, run_look_at_signals,
			     done_count, &blocked),
	    PH_OK);
	worker_drain(pool);
	ck_assert_int_eq(blocked, 1);
	(void)pthread_sigmask(SIG_BLOCK, NULL, &now);
	ck_assert_int_eq(sigismember(&now, SIGTERM), 0);
}
END_TEST

/* Without threads: what happened, in order. */
static char story[64];

static void
tell(char c)
{
	size_t n;

	n = strlen(story);
	ck_assert_uint_lt(n, sizeof(story) - 1);
	story[n] = c;
}

static void
run_tell(void *job)
{
	tell(*(const char *)job);
}

static void
done_tell(void *job)
{
	(void)job;
	tell('.');
}

START_TEST(without_threads_the_order_is_that_of_submission)
{
	char letters[] = "abcd";

	ck_assert_int_eq(worker_submit(pool, tracks[0].lane, run_tell,
			     done_tell, &letters[0]),
	    PH_OK);
	ck_assert_int_eq(worker_submit(pool, NULL, run_tell, done_tell,
			     &letters[1]),
	    PH_OK);
	ck_assert_int_eq(worker_submit(pool, tracks[0].lane, run_tell,
			     done_tell, &letters[2]),
	    PH_OK);
	ck_assert_int_eq(worker_submit(pool, tracks[1].lane, run_tell,
			     done_tell, &letters[3]),
	    PH_OK);
	ck_assert_str_eq(story, "");
	while (worker_pending(pool) > 0)
		loop_turn(loop);
	ck_assert_str_eq(story, "a.b.c.d.");
	loop_turn(loop);
	ck_assert_str_eq(story, "a.b.c.d.");
}
END_TEST

START_TEST(null_is_freed_gladly)
{
	worker_pool_free(NULL);
}
END_TEST

static void
add_common(TCase *tests)
{
	tcase_add_test(tests, all_are_run_and_done_on_the_loop);
	tcase_add_test(tests, done_may_submit_again);
	tcase_add_test(tests, drain_waits_for_all);
	tcase_add_test(tests, free_drains);
	tcase_add_test(tests, null_is_freed_gladly);
}

int
main(void)
{
	Suite *suite;
	TCase *tests;

	suite = suite_create("worker");
	tests = tcase_create("threads");
	tcase_add_checked_fixture(tests, begin_threads, end);
	add_common(tests);
	tcase_add_test(tests, jobs_run_on_other_threads);
	tcase_add_test(tests, jobs_without_a_lane_run_side_by_side);
	tcase_add_test(tests, short_jobs_wait_for_no_others);
	tcase_add_test(tests, lanes_run_side_by_side);
	tcase_add_test(tests, workers_leave_signals_to_the_loop);
	suite_add_tcase(suite, tests);
	tests = tcase_create("inline");
	tcase_add_checked_fixture(tests, begin_inline, end);
	add_common(tests);
	tcase_add_test(tests, without_threads_the_order_is_that_of_submission);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
