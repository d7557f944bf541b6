/*
 * Failures: words are kept, replaced and cut as the header says.
 */
#include <string.h>

#include "tests/unit/check_main.h"

#include "proto/errors.h"
#include "proto/failure.h"

/* A text longer than any member of a failure. */
static char long_text[2048];

/* Garbage everywhere, so that a member that is not written shows. */
static struct failure failure;

static void
fill(void)
{
	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	memset(&failure, 'y', sizeof(failure));
}

START_TEST(set_formats_and_returns_the_code)
{
	int code;

	code = failure_set(&failure, PH_ENAME, "%s of %d", "part", 7);
	ck_assert_int_eq(code, PH_ENAME);
	ck_assert_int_eq(failure.code, PH_ENAME);
	ck_assert_str_eq(failure.what, "part of 7");
	ck_assert_str_eq(failure.where, "");
	ck_assert_str_eq(failure.next, "");
}
END_TEST

START_TEST(set_overwrites_an_earlier_failure)
{
	failure_set(&failure, PH_ENAME, "first");
	failure_where(&failure, "here");
	failure_next(&failure, "do this");
	failure_set(&failure, PH_EKEY, "second");
	ck_assert_int_eq(failure.code, PH_EKEY);
	ck_assert_str_eq(failure.what, "second");
	ck_assert_str_eq(failure.where, "");
	ck_assert_str_eq(failure.next, "");
}
END_TEST

START_TEST(where_and_next_leave_the_rest)
{
	failure_set(&failure, PH_EPOLICY, "no such group");
	failure_where(&failure, "%s:%d:%d", "policy.yaml", 12, 5);
	failure_next(&failure, "name it under %s", "groups");
	ck_assert_int_eq(failure.code, PH_EPOLICY);
	ck_assert_str_eq(failure.what, "no such group");
	ck_assert_str_eq(failure.where, "policy.yaml:12:5");
	ck_assert_str_eq(failure.next, "name it under groups");
}
END_TEST

START_TEST(long_words_are_cut)
{
	failure_set(&failure, PH_EIO, "%s", long_text);
	ck_assert_uint_eq(strlen(failure.what), sizeof(failure.what) - 1);
	failure_where(&failure, "%s", long_text);
	ck_assert_uint_eq(strlen(failure.where), sizeof(failure.where) - 1);
	failure_next(&failure, "%s", long_text);
	ck_assert_uint_eq(strlen(failure.next), sizeof(failure.next) - 1);
	ck_assert_int_eq(failure.code, PH_EIO);
	ck_assert_uint_eq(strlen(failure.what), sizeof(failure.what) - 1);
}
END_TEST

START_TEST(default_keeps_words_of_the_same_code)
{
	int code;

	failure_set(&failure, PH_EIO, "the disk is gone");
	failure_where(&failure, "/srv");
	code = failure_default(&failure, PH_EIO, "reading %s", "x");
	ck_assert_int_eq(code, PH_EIO);
	ck_assert_str_eq(failure.what, "the disk is gone");
	ck_assert_str_eq(failure.where, "/srv");
}
END_TEST

START_TEST(default_fills_in_the_sentence)
{
	int code;

	failure.code = PH_OK;
	code = failure_default(&failure, PH_ENOSPC, "storing %s", "disk.img");
	ck_assert_int_eq(code, PH_ENOSPC);
	ck_assert_int_eq(failure.code, PH_ENOSPC);
	ck_assert_str_eq(failure.what, "storing disk.img: not enough space");
	ck_assert_str_eq(failure.where, "");
	ck_assert_str_eq(failure.next, "");
}
END_TEST

START_TEST(default_replaces_words_of_another_code)
{
	failure_set(&failure, PH_EIO, "the disk is gone");
	failure_where(&failure, "/srv");
	failure_next(&failure, "look for it");
	failure_default(&failure, PH_ECUT, "asking");
	ck_assert_int_eq(failure.code, PH_ECUT);
	ck_assert_str_eq(failure.what, "asking: the link was cut");
	ck_assert_str_eq(failure.where, "");
	ck_assert_str_eq(failure.next, "");
}
END_TEST

START_TEST(default_of_success_changes_nothing)
{
	failure_set(&failure, PH_EIO, "the disk is gone");
	failure_next(&failure, "look for it");
	ck_assert_int_eq(failure_default(&failure, PH_OK, "asking"), PH_OK);
	ck_assert_int_eq(failure.code, PH_EIO);
	ck_assert_str_eq(failure.what, "the disk is gone");
	ck_assert_str_eq(failure.next, "look for it");
}
END_TEST

START_TEST(default_cuts_long_words)
{
	failure.code = PH_OK;
	failure_default(&failure, PH_ECUT, "%s", long_text);
	ck_assert_uint_eq(strlen(failure.what), sizeof(failure.what) - 1);
	failure.code = PH_OK;
	failure_default(&failure, PH_ECUT, "%.*s", 505, long_text);
	ck_assert_uint_eq(strlen(failure.what), sizeof(failure.what) - 1);
	ck_assert_str_eq(failure.what + 505, ": the ");
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *words;

	suite = suite_create("failure");
	words = tcase_create("words");
	tcase_add_checked_fixture(words, fill, NULL);
	tcase_add_test(words, set_formats_and_returns_the_code);
	tcase_add_test(words, set_overwrites_an_earlier_failure);
	tcase_add_test(words, where_and_next_leave_the_rest);
	tcase_add_test(words, long_words_are_cut);
	tcase_add_test(words, default_keeps_words_of_the_same_code);
	tcase_add_test(words, default_fills_in_the_sentence);
	tcase_add_test(words, default_replaces_words_of_another_code);
	tcase_add_test(words, default_of_success_changes_nothing);
	tcase_add_test(words, default_cuts_long_words);
	suite_add_tcase(suite, words);
	return check_run(suite);
}
