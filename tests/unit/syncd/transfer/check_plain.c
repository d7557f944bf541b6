/*
 * Segments by themselves: one after the other, whoever asks.
 */
#include <string.h>

#include <check.h>

#include "proto/errors.h"
#include "proto/limits.h"
#include "syncd/transfer/plain.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/store/fixture.h"

#define NSEGMENTS 3u

static struct fixture store;
static struct loop *loop;
static struct worker_pool *workers;
static struct plain_queue queue;
static struct digest blob;

static int results[8];
static size_t nresults;

static void
setup(void)
{
	static uint8_t bytes[NSEGMENTS * 4096];

	fixture_begin(&store);
	fixture_fill(bytes, sizeof(bytes), 1);
	fixture_adopt(&store, bytes, sizeof(bytes), &blob);
	loop = loop_new();
	workers = worker_pool_new(loop, 2);
	ck_assert_ptr_nonnull(workers);
	plain_queue_init(&queue, workers, store.store);
}

static void
teardown(void)
{
	worker_pool_free(workers);
	loop_free(loop);
	fixture_end(&store);
}

static void
on_plain(void *cookie, int result, const struct delta_file_row *row,
    struct buffer *encoding)
{
	struct digest digest;
	int *again;

	/* At most the next one is begun. */
	ck_assert_uint_le(worker_pending(workers), 1);
	if (result == PH_OK) {
		digest_of(encoding->data, encoding->len, &digest);
		ck_assert_int_eq(digest_compare(&digest, &row->encoding), 0);
		ck_assert_uint_eq(encoding->len, row->length);
	}
	results[nresults++] = result;
	again = cookie;
	if (again == NULL || *again == 0)
		return;
	(*again)--;
	ck_assert_int_eq(plain_encode(&queue, &blob, 4096, 0, on_plain, again),
	    PH_OK);
}

START_TEST(one_after_the_other)
{
	struct digest unknown;
	uint64_t i;

	digest_of("unknown", 7, &unknown);
	for (i = 0; i < NSEGMENTS; i++) {
		ck_assert_int_eq(plain_encode(&queue, &blob, 4096, i, on_plain,
				     NULL),
		    PH_OK);
		ck_assert_int_eq(plain_encode(&queue, &unknown, 4096, i,
				     on_plain, NULL),
		    PH_OK);
	}
	ck_assert_uint_eq(worker_pending(workers), 1);
	ck_assert_uint_eq(nresults, 0);
	worker_drain(workers);
	ck_assert_uint_eq(nresults, 2 * NSEGMENTS);
	for (i = 0; i < nresults; i++)
		ck_assert_int_eq(results[i], i % 2 == 0 ? PH_OK : PH_EABSENT);
}
END_TEST

/* Who is told may ask again, at once. */
START_TEST(asked_from_within)
{
	int again;

	again = 2;
	ck_assert_int_eq(plain_encode(&queue, &blob, 4096, 0, on_plain, &again),
	    PH_OK);
	ck_assert_int_eq(plain_encode(&queue, &blob, 4096, 1, on_plain, NULL),
	    PH_OK);
	worker_drain(workers);
	ck_assert_uint_eq(nresults, 4);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tcase;

	suite = suite_create("plain");
	tcase = tcase_create("plain");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, one_after_the_other);
	tcase_add_test(tcase, asked_from_within);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
