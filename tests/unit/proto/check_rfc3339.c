/*
 * Times, against the C library's calendar.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/unit/check_main.h"

#include "proto/errors.h"
#include "proto/rfc3339.h"

#define DAY 86400

/* The C library must say the same of this second, there and back. */
static void
compare_with_libc(int64_t seconds)
{
	char ours[RFC3339_SIZE], theirs[80];
	struct tm tm;
	time_t t;
	int64_t back;

	/* No ck_assert for what holds: each costs a system call. */
	back = -1;
	t = (time_t)seconds;
	if (gmtime_r(&t, &tm) == NULL)
		ck_abort();
	(void)snprintf(theirs, sizeof(theirs), "%04d-%02d-%02dT%02d:%02d:%02dZ",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
	    tm.tm_sec);
	if (rfc3339_encode(seconds, ours) != PH_OK || strcmp(ours, theirs) != 0)
		ck_abort_msg("%s, libc: %s", ours, theirs);
	if (rfc3339_decode(ours, &back) != PH_OK || back != seconds)
		ck_abort_msg("%s is read as %jd", ours, (intmax_t)back);
}

START_TEST(known_times)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} times[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "1970-01-01T00:00:01Z", 1 },
		{ "2000-02-29T23:59:59Z", 951868799 },
		{ "2001-09-09T01:46:40Z", 1000000000 },
		{ "2038-01-19T03:14:07Z", INT64_C(2147483647) },
		{ "2038-01-19T03:14:08Z", INT64_C(2147483648) },
		{ "2100-02-28T23:59:59Z", INT64_C(4107542399) },
		{ "2100-03-01T00:00:00Z", INT64_C(4107542400) },
		{ "2106-02-07T06:28:16Z", INT64_C(4294967296) },
		{ "9999-12-31T23:59:59Z", RFC3339_SECONDS_MAX },
	};
	char text[RFC3339_SIZE];
	int64_t seconds;
	size_t i;

	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		ck_assert_int_eq(rfc3339_decode(times[i].text, &seconds),
		    PH_OK);
		ck_assert_int_eq(seconds, times[i].seconds);
		ck_assert_int_eq(rfc3339_encode(seconds, text), PH_OK);
		ck_assert_str_eq(text, times[i].text);
	}
}
END_TEST

START_TEST(seven_days_of_every_month)
{
	int64_t seconds;

	/* An odd step, so that every time of the day comes by as well. */
	for (seconds = 0; seconds <= RFC3339_SECONDS_MAX;
	     seconds += 4 * DAY + 5003)
		compare_with_libc(seconds);
	compare_with_libc(RFC3339_SECONDS_MAX);
}
END_TEST

START_TEST(every_day_of_some_centuries)
{
	int64_t day;

	for (day = 0; day < 500 * 366; day++) {
		compare_with_libc(day * DAY);
		compare_with_libc(day * DAY + DAY - 1);
	}
}
END_TEST

START_TEST(no_time_zone)
{
	char text[RFC3339_SIZE];
	int64_t seconds;

	ck_assert_int_eq(setenv("TZ", "Asia/Tokyo", 1), 0);
	tzset();
	ck_assert_int_eq(rfc3339_encode(0, text), PH_OK);
	ck_assert_str_eq(text, "1970-01-01T00:00:00Z");
	ck_assert_int_eq(rfc3339_decode(text, &seconds), PH_OK);
	ck_assert_int_eq(seconds, 0);
}
END_TEST

START_TEST(out_of_range)
{
	char text[RFC3339_SIZE];

	ck_assert_int_eq(rfc3339_encode(-1, text), PH_ELIMIT);
	ck_assert_str_eq(text, "");
	ck_assert_int_eq(rfc3339_encode(RFC3339_SECONDS_MAX + 1, text),
	    PH_ELIMIT);
	ck_assert_int_eq(rfc3339_encode(INT64_MAX, text), PH_ELIMIT);
	ck_assert_int_eq(rfc3339_encode(INT64_MIN, text), PH_ELIMIT);
}
END_TEST

START_TEST(texts_that_are_no_times)
{
	static const char *const texts[] = {
		"",
		"2026",
		"2026-11-22",
		"2026-11-22T09:30:00",
		"2026-11-22T09:30:00z",
		"2026-11-22t09:30:00Z",
		"2026-11-22 09:30:00Z",
		"2026-11-22T09:30:00+00:00",
		"2026-11-22T09:30:00.0Z",
		"2026-11-22T09:30:00ZZ",
		" 2026-11-22T09:30:00Z",
		"2026-11-22T09:30:00Z\n",
		"2026-1-22T09:30:00Z",
		"+026-11-22T09:30:00Z",
		"-026-11-22T09:30:00Z",
		"2026/11/22T09:30:00Z",
		"2026-11-22T 9:30:00Z",
		"12026-11-22T09:30:00Z",
		/* No such day, hour, minute or second. */
		"1969-12-31T23:59:59Z",
		"0000-01-01T00:00:00Z",
		"2026-00-22T09:30:00Z",
		"2026-13-22T09:30:00Z",
		"2026-11-00T09:30:00Z",
		"2026-11-31T09:30:00Z",
		"2026-12-32T09:30:00Z",
		"2026-02-29T09:30:00Z",
		"2028-02-30T09:30:00Z",
		"2100-02-29T09:30:00Z",
		"2026-11-22T24:00:00Z",
		"2026-11-22T09:60:00Z",
		"2016-12-31T23:59:60Z",
	};
	int64_t seconds;
	size_t i;

	seconds = 77;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		ck_assert_msg(rfc3339_decode(texts[i], &seconds) == PH_EMESSAGE,
		    "%s", texts[i]);
		ck_assert_int_eq(seconds, 77);
	}
}
END_TEST

START_TEST(a_changed_character_never_reads_as_the_same)
{
	static const char good[] = "2028-02-29T19:39:59Z";
	char text[RFC3339_SIZE];
	int64_t before, seconds;
	size_t i;
	int c;

	ck_assert_int_eq(rfc3339_decode(good, &before), PH_OK);
	for (i = 0; i < sizeof(good) - 1; i++) {
		for (c = 0; c < 256; c++) {
			memcpy(text, good, sizeof(good));
			text[i] = (char)c;
			if (text[i] != good[i] &&
			    rfc3339_decode(text, &seconds) == PH_OK)
				ck_assert_int_ne(seconds, before);
		}
	}
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *calendar, *strict;

	suite = suite_create("rfc3339");
	calendar = tcase_create("calendar");
	tcase_add_test(calendar, known_times);
	tcase_add_test(calendar, seven_days_of_every_month);
	tcase_add_test(calendar, every_day_of_some_centuries);
	tcase_add_test(calendar, no_time_zone);
	suite_add_tcase(suite, calendar);
	strict = tcase_create("strict");
	tcase_add_test(strict, out_of_range);
	tcase_add_test(strict, texts_that_are_no_times);
	tcase_add_test(strict, a_changed_character_never_reads_as_the_same);
	suite_add_tcase(suite, strict);
	return check_run(suite);
}
