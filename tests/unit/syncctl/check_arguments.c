/*
 * Words of a command line: options anywhere, each fault named.
 */
#include <string.h>

#include "tests/unit/check_main.h"

#include "proto/errors.h"
#include "syncctl/arguments.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

static const struct argument_option options[] = {
	{ "--reason", "REASON", 1 },
	{ "--contact", "TEXT", 0 },
	{ "--wait", NULL, 0 },
	ARGUMENTS_EVERYWHERE,
};

static char one[] = "one", two[] = "two", dash[] = "-", dashes[] = "--";
static char reason_a[] = "--reason=a=b", reason[] = "--reason";
static char wait_flag[] = "--wait", help[] = "-h", contact[] = "--contact";

static struct arguments *a;
static struct failure failure;

static void
finish(void)
{
	arguments_free(a);
	a = NULL;
}

START_TEST(options_and_words_mix)
{
	char *words[] = { one, reason_a, wait_flag, reason, wait_flag, dash,
		help, dashes, reason, two };

	ck_assert_int_eq(arguments_parse(options, COUNT(words), words, &a,
			     &failure),
	    PH_OK);
	ck_assert_uint_eq(arguments_nwords(a), 4);
	ck_assert_str_eq(arguments_word(a, 0), "one");
	ck_assert_str_eq(arguments_word(a, 1), "-");
	ck_assert_str_eq(arguments_word(a, 2), "--reason");
	ck_assert_str_eq(arguments_word(a, 3), "two");
	ck_assert_ptr_null(arguments_word(a, 4));
	ck_assert_uint_eq(arguments_count(a, "--reason"), 2);
	ck_assert_str_eq(arguments_item(a, "--reason", 0), "a=b");
	ck_assert_str_eq(arguments_item(a, "--reason", 1), "--wait");
	ck_assert_int_eq(arguments_has(a, "--wait"), 1);
	ck_assert_int_eq(arguments_has(a, "--help"), 1);
	ck_assert_int_eq(arguments_has(a, "--json"), 0);
	ck_assert_ptr_null(arguments_get(a, "--contact"));
}
END_TEST

START_TEST(no_words_at_all)
{
	ck_assert_int_eq(arguments_parse(options, 0, NULL, &a, &failure),
	    PH_OK);
	ck_assert_uint_eq(arguments_nwords(a), 0);
	ck_assert_ptr_null(arguments_word(a, 0));
}
END_TEST

static const struct {
	const char *words[4];
	const char *what;
} bad[] = {
	{ { "--wat" }, "there is no option --wat" },
	{ { "--reaso=x" }, "there is no option --reaso=x" },
	{ { "-x" }, "there is no option -x" },
	{ { "--wait=yes" }, "--wait takes no value" },
	{ { "--contact" }, "--contact needs its TEXT" },
	{ { "a", "--reason" }, "--reason needs its REASON" },
	{ { "--contact", "a", "--contact=b" }, "--contact is given twice" },
};

START_TEST(faults_are_named)
{
	char copies[4][32];
	char *words[4];
	int n;

	for (n = 0; n < 4 && bad[_i].words[n] != NULL; n++) {
		(void)strcpy(copies[n], bad[_i].words[n]);
		words[n] = copies[n];
	}
	ck_assert_int_eq(arguments_parse(options, n, words, &a, &failure),
	    PH_EUSAGE);
	ck_assert_str_eq(failure.what, bad[_i].what);
	a = NULL;
}
END_TEST

START_TEST(flags_may_be_repeated)
{
	char *words[] = { wait_flag, wait_flag, contact, two };

	ck_assert_int_eq(arguments_parse(options, COUNT(words), words, &a,
			     &failure),
	    PH_OK);
	ck_assert_str_eq(arguments_get(a, "--contact"), "two");
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tests;

	suite = suite_create("arguments");
	tests = tcase_create("arguments");
	tcase_add_checked_fixture(tests, NULL, finish);
	tcase_add_test(tests, options_and_words_mix);
	tcase_add_test(tests, no_words_at_all);
	tcase_add_loop_test(tests, faults_are_named, 0, COUNT(bad));
	tcase_add_test(tests, flags_may_be_repeated);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
