/*
 * The line of progress: what it says, and that it never goes backwards.
 */
#include <string.h>

#include "tests/unit/check_main.h"

#include "syncctl/progress.h"

#define MIB (UINT64_C(1) << 20)

static struct progress progress;
static char text[PROGRESS_TEXT_SIZE];

static const char *
at(int64_t now_ms, uint64_t done, uint64_t total, uint64_t received,
    uint64_t reused)
{
	struct progress_point point = {
		.what = "winxp",
		.done = done,
		.total = total,
		.is_transfer = 1,
		.received = received,
		.reused = reused,
	};

	progress_text(&progress, &point, now_ms, text);
	return text;
}

static void
begin(void)
{
	memset(&progress, 0, sizeof(progress));
}

START_TEST(rate_and_time_left_come_with_time)
{
	ck_assert_str_eq(at(0, 0, 100 * MIB, 0, 0),
	    "winxp   0 %  0 B of 100 MiB, 0 B received, 0 B reused");
	ck_assert_str_eq(at(10000, 50 * MIB, 100 * MIB, 1250000, 49 * MIB),
	    "winxp  50 %  50 MiB of 100 MiB, 1.2 MiB received, 49 MiB reused, "
	    "1.0 Mbit/s, 11 s left");
}
END_TEST

START_TEST(what_was_resumed_is_no_speed)
{
	(void)at(0, 90 * MIB, 100 * MIB, 0, 90 * MIB);
	ck_assert_str_eq(at(1000, 90 * MIB, 100 * MIB, 0, 90 * MIB),
	    "winxp  90 %  90 MiB of 100 MiB, 0 B received, 90 MiB reused");
}
END_TEST

START_TEST(it_never_goes_backwards)
{
	(void)at(0, 60 * MIB, 100 * MIB, 0, 0);
	ck_assert_str_eq(at(100, 40 * MIB, 100 * MIB, 0, 0),
	    "winxp  60 %  60 MiB of 100 MiB, 0 B received, 0 B reused");
	/* More is to be done than was known. */
	ck_assert_str_eq(at(200, 60 * MIB, 200 * MIB, 0, 0),
	    "winxp  60 %  60 MiB of 200 MiB, 0 B received, 0 B reused");
	ck_assert_str_eq(at(300, 500 * MIB, 200 * MIB, 0, 0),
	    "winxp 100 %  200 MiB of 200 MiB, 0 B received, 0 B reused");
}
END_TEST

START_TEST(an_unknown_total_has_no_end)
{
	struct progress_point point = { .done = 3 * MIB };

	progress_text(&progress, &point, 0, text);
	ck_assert_str_eq(text, "3.0 MiB");
	point.done = 7 * MIB;
	progress_text(&progress, &point, 4000, text);
	ck_assert_str_eq(text, "7.0 MiB, 8.4 Mbit/s");
}
END_TEST

START_TEST(a_note_stands_instead_of_rates)
{
	struct progress_point point = {
		.done = 50 * MIB,
		.total = 100 * MIB,
		.note = "cut: trying again",
	};

	(void)at(0, 0, 100 * MIB, 0, 0);
	progress_text(&progress, &point, 10000, text);
	ck_assert_str_eq(text, " 50 %  50 MiB of 100 MiB; cut: trying again");
	/* The time that was waited counts for no rate. */
	ck_assert_ptr_null(
	    strstr(at(20000, 51 * MIB, 100 * MIB, MIB, 0), "/s"));
	ck_assert_ptr_nonnull(
	    strstr(at(21000, 52 * MIB, 100 * MIB, 2 * MIB, 0), "8.4 Mbit/s"));
}
END_TEST

START_TEST(samples_are_bounded)
{
	int64_t i;

	for (i = 0; i < 1000; i++)
		(void)at(i * 1000, (uint64_t)i * MIB, 2000 * MIB,
		    (uint64_t)i * 125000, 0);
	ck_assert_uint_eq(progress.nsamples, PROGRESS_SAMPLES);
	ck_assert_ptr_nonnull(strstr(text, "1.0 Mbit/s"));
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tests;

	suite = suite_create("progress");
	tests = tcase_create("progress");
	tcase_add_checked_fixture(tests, begin, NULL);
	tcase_add_test(tests, rate_and_time_left_come_with_time);
	tcase_add_test(tests, what_was_resumed_is_no_speed);
	tcase_add_test(tests, it_never_goes_backwards);
	tcase_add_test(tests, an_unknown_total_has_no_end);
	tcase_add_test(tests, a_note_stands_instead_of_rates);
	tcase_add_test(tests, samples_are_bounded);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
