/*
 * The list of errors: every row is complete, and names lead back to codes.
 */
#include <stddef.h>
#include <string.h>

#include "tests/unit/check_main.h"

#include "proto/errors.h"

static const int codes[] = {
#define CODE(code, value, name, exit, sentence) code,
	PH_ERRORS(CODE)
#undef CODE
};

#define NCODES (sizeof(codes) / sizeof(codes[0]))

START_TEST(codes_are_negative_and_unique)
{
	size_t i, j;

	for (i = 0; i < NCODES; i++) {
		ck_assert_int_lt(codes[i], 0);
		for (j = 0; j < i; j++)
			ck_assert_int_ne(codes[i], codes[j]);
	}
}
END_TEST

START_TEST(names_lead_back_to_codes)
{
	size_t i;

	for (i = 0; i < NCODES; i++)
		ck_assert_int_eq(error_from_name(error_name(codes[i])),
		    codes[i]);
}
END_TEST

START_TEST(names_are_lower_case_words)
{
	const char *name;
	size_t i;

	for (i = 0; i < NCODES; i++) {
		name = error_name(codes[i]);
		ck_assert_uint_gt(strlen(name), 0);
		ck_assert_msg(strspn(name, "abcdefghijklmnopqrstuvwxyz-") ==
			strlen(name),
		    "%s", name);
	}
}
END_TEST

START_TEST(names_are_stable)
{
	/* Older peers and scripts know these. */
	ck_assert_str_eq(error_name(PH_ENOSPC), "no-space");
	ck_assert_str_eq(error_name(PH_ESIGNATURE), "bad-signature");
	ck_assert_str_eq(error_name(PH_EUPSTREAMDOWN), "upstream-down");
	ck_assert_int_eq(PH_EINTERNAL, -1);
	ck_assert_int_eq(PH_EJSON, -93);
}
END_TEST

START_TEST(sentences_are_sentences_without_full_stop)
{
	const char *sentence;
	size_t i, len;

	for (i = 0; i < NCODES; i++) {
		sentence = error_sentence(codes[i]);
		len = strlen(sentence);
		ck_assert_uint_gt(len, 3);
		ck_assert_int_ne(sentence[len - 1], '.');
		ck_assert_int_ne(sentence[len - 1], '\n');
	}
}
END_TEST

START_TEST(failures_exit_with_a_failure)
{
	size_t i;

	for (i = 0; i < NCODES; i++) {
		ck_assert_int_ge(error_exit_status(codes[i]), 1);
		ck_assert_int_le(error_exit_status(codes[i]), 12);
	}
}
END_TEST

START_TEST(success_is_no_failure)
{
	ck_assert_int_eq(PH_OK, 0);
	ck_assert_str_eq(error_name(PH_OK), "ok");
	ck_assert_int_eq(error_exit_status(PH_OK), 0);
}
END_TEST

START_TEST(unknown_codes_are_internal)
{
	static const int unknown[] = { 1, -10, -1000, 2147483647,
		-2147483647 - 1 };
	size_t i;

	for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		ck_assert_str_eq(error_name(unknown[i]), "internal");
		ck_assert_str_eq(error_sentence(unknown[i]),
		    error_sentence(PH_EINTERNAL));
		ck_assert_int_eq(error_exit_status(unknown[i]), 1);
	}
}
END_TEST

START_TEST(unknown_names_are_internal)
{
	static const char *const unknown[] = { "", "ok", "No-Space", "no-spac",
		"no-space ", "no-spaces", "-4" };
	size_t i;

	for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		ck_assert_int_eq(error_from_name(unknown[i]), PH_EINTERNAL);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *list;

	suite = suite_create("errors");
	list = tcase_create("list");
	tcase_add_test(list, codes_are_negative_and_unique);
	tcase_add_test(list, names_lead_back_to_codes);
	tcase_add_test(list, names_are_lower_case_words);
	tcase_add_test(list, names_are_stable);
	tcase_add_test(list, sentences_are_sentences_without_full_stop);
	tcase_add_test(list, failures_exit_with_a_failure);
	tcase_add_test(list, success_is_no_failure);
	tcase_add_test(list, unknown_codes_are_internal);
	tcase_add_test(list, unknown_names_are_internal);
	suite_add_tcase(suite, list);
	return check_run(suite);
}
