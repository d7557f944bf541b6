/*
 * Clocks: the machine's agrees with the system, and one that is passed in is
 * the one that is asked.
 */
#include <time.h>

#include "tests/unit/check_main.h"

#include "syncd/base/clock.h"

static int64_t
fake_wall(void *cookie)
{
	return *(const int64_t *)cookie;
}

static int64_t
fake_mono(void *cookie)
{
	return *(const int64_t *)cookie * 1000 + 7;
}

START_TEST(wall_time_is_that_of_the_system)
{
	struct clock c;
	time_t before, after;
	int64_t now;

	c = clock_system();
	before = time(NULL);
	now = clock_wall(&c);
	after = time(NULL);
	/* time() may lag behind by a tick. */
	ck_assert_int_ge(now, before);
	ck_assert_int_le(now, after + 1);
}
END_TEST

START_TEST(monotonic_time_measures_a_pause)
{
	struct timespec pause = { .tv_sec = 0, .tv_nsec = 30000000 };
	struct clock c;
	int64_t begin, end;

	c = clock_system();
	begin = clock_mono_ms(&c);
	ck_assert_int_eq(nanosleep(&pause, NULL), 0);
	end = clock_mono_ms(&c);
	ck_assert_int_ge(end - begin, 29);
	ck_assert_int_lt(end - begin, 30000);
}
END_TEST

START_TEST(a_clock_that_is_passed_in_is_asked)
{
	int64_t now = 1000;
	struct clock c = {
		.wall = fake_wall,
		.mono_ms = fake_mono,
		.cookie = &now,
	};

	ck_assert_int_eq(clock_wall(&c), 1000);
	ck_assert_int_eq(clock_mono_ms(&c), 1000007);
	now = 2000;
	ck_assert_int_eq(clock_wall(&c), 2000);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tests;

	suite = suite_create("clock");
	tests = tcase_create("clock");
	tcase_add_test(tests, wall_time_is_that_of_the_system);
	tcase_add_test(tests, monotonic_time_measures_a_pause);
	tcase_add_test(tests, a_clock_that_is_passed_in_is_asked);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
