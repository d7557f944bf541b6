/*
 * Jobs on a staging: one owner after the other.
 */
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/transfer/staging_job.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/transfer/supplier.h"

static struct supplier s;

/* Results in the order in which they came: 'o' opened, 'f', 'c' closed. */
static char order[32];
static struct staging_job_result last;

/* fdatasync() of the store waits here while it is held. */
static struct {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	int held;
	int waiting;
} gate = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0 };

static int
gated_sync(void *cookie, int fd)
{
	(void)cookie;
	(void)pthread_mutex_lock(&gate.mutex);
	gate.waiting = 1;
	(void)pthread_cond_broadcast(&gate.changed);
	while (gate.held)
		(void)pthread_cond_wait(&gate.changed, &gate.mutex);
	(void)pthread_mutex_unlock(&gate.mutex);
	return fdatasync(fd);
}

static void
setup(void)
{
	supplier_begin(&s, 3);
	s.ops.fdatasync = gated_sync;
	memset(order, 0, sizeof(order));
}

static void
teardown(void)
{
	supplier_end(&s);
}

static void
note(char what)
{
	ck_assert_uint_lt(strlen(order), sizeof(order) - 1);
	order[strlen(order)] = what;
}

static void
on_opened(void *cookie, const struct staging_job_result *result)
{
	(void)cookie;
	last = *result;
	note('o');
}

static void
on_finished(void *cookie, const struct staging_job_result *result)
{
	(void)cookie;
	last = *result;
	note('f');
}

static void
on_closed(void *cookie)
{
	(void)cookie;
	note('c');
}

/* Someone who wants the blob of the supplier. */
static struct staging_jobs *
begin(void)
{
	struct landing_config config;
	struct staging_jobs *jobs;

	memset(&config, 0, sizeof(config));
	config.store = s.store.store;
	config.space = s.space;
	config.clock = &s.clock;
	config.digest = supplier_content.blob;
	config.map = supplier_content.map;
	config.size = SUPPLIER_SIZE;
	config.what = "disk 2";
	jobs = staging_jobs_new(s.workers, s.lane, &config);
	ck_assert_ptr_nonnull(jobs);
	ck_assert_str_eq(staging_jobs_what(jobs), "disk 2");
	ck_assert_int_eq(staging_job_open(jobs, on_opened, NULL), PH_OK);
	return jobs;
}

/* The next owner opens when the one before has finished and closed. */
START_TEST(one_owner)
{
	static const struct timespec moment = { 0, 100000000 };
	struct staging_jobs *first, *second;
	struct digest none;

	first = begin();
	memset(&none, 0, sizeof(none));
	ck_assert_int_eq(staging_job_plan(first, &none, SUPPLIER_SIZE,
			     on_opened, NULL),
	    PH_OK);
	worker_drain(s.workers);
	ck_assert_str_eq(order, "oo");
	gate.held = 1;
	ck_assert_int_eq(staging_job_finish(first, on_finished, NULL), PH_OK);
	staging_jobs_close(first, on_closed, NULL);
	second = begin();
	(void)pthread_mutex_lock(&gate.mutex);
	while (!gate.waiting)
		(void)pthread_cond_wait(&gate.changed, &gate.mutex);
	(void)pthread_mutex_unlock(&gate.mutex);
	/* Time enough for the other threads, were they free to open it. */
	(void)nanosleep(&moment, NULL);
	loop_turn(s.loop);
	ck_assert_str_eq(order, "oo");
	(void)pthread_mutex_lock(&gate.mutex);
	gate.held = 0;
	(void)pthread_cond_broadcast(&gate.changed);
	(void)pthread_mutex_unlock(&gate.mutex);
	worker_drain(s.workers);
	/* Nothing came, so the whole was wrong, and all of it went. */
	ck_assert_str_eq(order, "oofco");
	ck_assert_int_eq(last.code, PH_OK);
	ck_assert_uint_eq(last.done_bytes, 0);
	ck_assert_int_eq(supplier_staged(&s, "target"), 1);
	staging_jobs_close(second, NULL, NULL);
	worker_drain(s.workers);
}
END_TEST

START_TEST(closes_without_opening)
{
	staging_jobs_close(NULL, NULL, NULL);
	staging_jobs_close(begin(), on_closed, NULL);
	ck_assert_str_eq(order, "");
	worker_drain(s.workers);
	ck_assert_str_eq(order, "oc");
	ck_assert_uint_eq(space_promised(s.space), 0);
}
END_TEST

/* A row, bytes, and a segment; then there is nothing left to find. */
START_TEST(a_segment)
{
	const struct supplier_encoding *e;
	struct message_segments rows;
	struct staging_jobs *jobs;
	struct buffer bytes;
	struct digest none;

	e = &supplier_content.plain[0];
	jobs = begin();
	memset(&none, 0, sizeof(none));
	ck_assert_int_eq(staging_job_plan(jobs, &none, SUPPLIER_SIZE, on_opened,
			     NULL),
	    PH_OK);
	memset(&rows, 0, sizeof(rows));
	buffer_init(&bytes, PH_ENCODING_SIZE_MAX);
	ck_assert_int_eq(message_row_encode(&e->row, &bytes), PH_OK);
	rows.rows = bytes.data;
	rows.nrows = 1;
	ck_assert_int_eq(staging_job_rows(jobs, &rows, on_opened, NULL), PH_OK);
	/* The rows were copied. */
	buffer_reset(&bytes);
	ck_assert_int_eq(staging_job_find(jobs, 0, 1, on_opened, NULL), PH_OK);
	worker_drain(s.workers);
	ck_assert_int_eq(last.code, PH_OK);
	ck_assert_uint_eq(last.at, 0);
	ck_assert_uint_eq(last.segment.length, e->row.len);
	ck_assert_uint_eq(last.segment.have, 0);
	ck_assert_int_eq(last.no_base, 0);
	ck_assert_int_eq(buffer_put(&bytes, e->bytes.data, 1000), PH_OK);
	ck_assert_int_eq(staging_job_append(jobs, 0, 0, &bytes, on_opened,
			     NULL),
	    PH_OK);
	ck_assert_uint_eq(bytes.len, 0);
	ck_assert_uint_eq(bytes.max, PH_ENCODING_SIZE_MAX);
	worker_drain(s.workers);
	ck_assert_uint_eq(last.appended, 1000);
	/* Not where it ends. */
	ck_assert_int_eq(buffer_put(&bytes, e->bytes.data, 1000), PH_OK);
	ck_assert_int_eq(staging_job_append(jobs, 0, 0, &bytes, on_opened,
			     NULL),
	    PH_OK);
	worker_drain(s.workers);
	ck_assert_int_eq(last.code, PH_ESEGMENT);
	/* Not whole. */
	ck_assert_int_eq(staging_job_complete(jobs, 0, 0, 1000, &bytes,
			     on_opened, NULL),
	    PH_OK);
	worker_drain(s.workers);
	ck_assert_int_eq(last.code, PH_EABSENT);
	ck_assert_int_eq(buffer_put(&bytes, e->bytes.data + 1000,
			     e->bytes.len - 1000),
	    PH_OK);
	ck_assert_int_eq(staging_job_complete(jobs, 0, 0, 1000, &bytes,
			     on_opened, NULL),
	    PH_OK);
	worker_drain(s.workers);
	ck_assert_int_eq(last.code, PH_OK);
	ck_assert_uint_eq(last.done_bytes, PH_SEGMENT_SIZE);
	ck_assert_uint_eq(last.reused_bytes, 0);
	ck_assert_int_eq(staging_job_find(jobs, 0, 1, on_opened, NULL), PH_OK);
	worker_drain(s.workers);
	ck_assert_int_eq(last.code, PH_OK);
	ck_assert_uint_eq(last.at, last.end);
	/* No row yet. */
	ck_assert_int_eq(staging_job_find(jobs, 0, 2, on_opened, NULL), PH_OK);
	worker_drain(s.workers);
	ck_assert_int_eq(last.code, PH_EABSENT);
	staging_jobs_close(jobs, NULL, NULL);
	buffer_fini(&bytes);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tcase;

	suite = suite_create("staging_job");
	tcase = tcase_create("staging_job");
	tcase_add_unchecked_fixture(tcase, supplier_make_content,
	    supplier_free_content);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, one_owner);
	tcase_add_test(tcase, closes_without_opening);
	tcase_add_test(tcase, a_segment);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
