/*
 * The token bucket: the rate is kept over ten seconds from the beginning,
 * however it is used; a break saves up next to nothing; changes take effect.
 */
#include "tests/unit/check_main.h"

#include "syncd/link/bucket.h"

static struct bucket b;

/* Take all that is offered, every step_ms, for ms; how much it was. */
static uint64_t
use(int64_t from_ms, int64_t ms, int64_t step_ms)
{
	uint64_t total;
	int64_t t;
	size_t n;

	total = 0;
	for (t = from_ms; t <= from_ms + ms; t += step_ms) {
		n = bucket_ready(&b, t);
		bucket_take(&b, n);
		total += n;
	}
	return total;
}

/* The same, but sleeping as bucket_wait_ms() says, plus a bit. */
static uint64_t
use_waiting(int64_t ms, int64_t late_ms)
{
	uint64_t total;
	int64_t t, wait_ms;
	size_t n;

	total = 0;
	for (t = 0; t <= ms; t += wait_ms + late_ms) {
		n = bucket_ready(&b, t);
		bucket_take(&b, n);
		total += n;
		wait_ms = bucket_wait_ms(&b, t);
		ck_assert_int_gt(wait_ms, 0);
	}
	return total;
}

static const uint64_t rates[] = { 1, 7, 99, 1000, 64000, 125000, 1000003,
	12500000, 1u << 30, UINT64_C(1) << 39 };

#define NRATES (sizeof(rates) / sizeof(rates[0]))

static void
check_within(uint64_t total, uint64_t rate, unsigned int percent)
{
	uint64_t slack;

	/* Below a hundred bytes per second a byte is more than a per cent. */
	slack = rate * 10 * percent / 100 + 1;
	ck_assert_uint_le(total, rate * 10 + slack);
	ck_assert_uint_ge(total + slack, rate * 10);
}

START_TEST(ten_seconds_keep_the_rate)
{
	static const int64_t steps[] = { 1, 3, 10, 25, 99 };
	uint64_t rate;
	size_t i;

	rate = rates[_i];
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		bucket_init(&b);
		bucket_set_rate(&b, rate, 1000);
		check_within(use(1000, 10000, steps[i]), rate, 2);
	}
}
END_TEST

START_TEST(waiting_keeps_the_rate)
{
	uint64_t rate;

	rate = rates[_i];
	bucket_init(&b);
	bucket_set_rate(&b, rate, 0);
	check_within(use_waiting(10000, 0), rate, 2);
	bucket_init(&b);
	bucket_set_rate(&b, rate, 0);
	check_within(use_waiting(10000, 5), rate, 2);
}
END_TEST

START_TEST(it_begins_empty)
{
	bucket_init(&b);
	bucket_set_rate(&b, 1000000, 5);
	ck_assert_uint_eq(bucket_ready(&b, 5), 0);
	ck_assert_int_eq(bucket_wait_ms(&b, 5), 10);
	ck_assert_uint_eq(bucket_ready(&b, 14), 0);
	ck_assert_uint_eq(bucket_ready(&b, 15), 10000);
	ck_assert_int_eq(bucket_wait_ms(&b, 15), 0);
}
END_TEST

START_TEST(a_break_saves_a_tenth_of_a_second)
{
	bucket_init(&b);
	bucket_set_rate(&b, 1000000, 0);
	ck_assert_uint_eq(bucket_ready(&b, 3600 * 1000), 100002);
	bucket_take(&b, 100002);
	ck_assert_uint_eq(bucket_ready(&b, 3600 * 1000), 0);
}
END_TEST

START_TEST(time_never_goes_back)
{
	bucket_init(&b);
	bucket_set_rate(&b, 1000000, 1000);
	ck_assert_uint_eq(bucket_ready(&b, 1050), 50000);
	ck_assert_uint_eq(bucket_ready(&b, 900), 50000);
	ck_assert_uint_eq(bucket_ready(&b, 1060), 60000);
}
END_TEST

START_TEST(no_rate_is_no_limit)
{
	bucket_init(&b);
	ck_assert_uint_eq(bucket_ready(&b, 0), BUCKET_UNLIMITED);
	bucket_take(&b, 1u << 30);
	ck_assert_uint_eq(bucket_ready(&b, 0), BUCKET_UNLIMITED);
	ck_assert_int_eq(bucket_wait_ms(&b, 0), 0);
	/* So great that it is none. */
	bucket_set_rate(&b, UINT64_MAX, 0);
	ck_assert_uint_eq(bucket_ready(&b, INT64_MAX), BUCKET_UNLIMITED);
}
END_TEST

START_TEST(the_rate_changes)
{
	bucket_init(&b);
	bucket_set_rate(&b, 1000000, 0);
	/* What was saved at the old rate stays within the new one's tenth. */
	bucket_set_rate(&b, 1000, 1000);
	ck_assert_uint_eq(bucket_ready(&b, 1000), 102);
	bucket_take(&b, 102);
	ck_assert_uint_eq(use(1000, 10000, 10), 10000);
	bucket_set_rate(&b, 0, 11000);
	ck_assert_uint_eq(bucket_ready(&b, 11000), BUCKET_UNLIMITED);
	/* Nothing was saved while there was no limit. */
	bucket_set_rate(&b, 1000000, 20000);
	ck_assert_uint_eq(bucket_ready(&b, 20000), 0);
	bucket_set_rate(&b, 2000000, 20050);
	ck_assert_uint_eq(bucket_ready(&b, 20050), 50000);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tc;

	suite = suite_create("syncd/link/bucket");
	tc = tcase_create("bucket");
	tcase_add_loop_test(tc, ten_seconds_keep_the_rate, 0, NRATES);
	tcase_add_loop_test(tc, waiting_keeps_the_rate, 0, NRATES);
	tcase_add_test(tc, it_begins_empty);
	tcase_add_test(tc, a_break_saves_a_tenth_of_a_second);
	tcase_add_test(tc, time_never_goes_back);
	tcase_add_test(tc, no_rate_is_no_limit);
	tcase_add_test(tc, the_rate_changes);
	suite_add_tcase(suite, tc);
	return check_run(suite);
}
