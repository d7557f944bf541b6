/*
 * Text for people: nothing that came from elsewhere can move a cursor.
 */
#include <stdio.h>
#include <string.h>

#include "tests/unit/check_main.h"

#include "proto/buffer.h"
#include "proto/errors.h"
#include "proto/json_writer.h"
#include "syncctl/output.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

static struct buffer out;

static void
begin(void)
{
	buffer_init(&out, 1 << 16);
}

static void
finish(void)
{
	buffer_fini(&out);
}

static const struct {
	const char *text;
	size_t size;
	const char *clean;
} texts[] = {
	{ "plain", 16, "plain" },
	{ "\xc3\xa4\xe2\x82\xac", 16, "\xc3\xa4\xe2\x82\xac" },
	{ "a\033[2Jb\x7f\n", 16, "a?[2Jb??" },
	{ "\xc2\x9b"
	  "31m",
	    16, "??31m" },
	{ "\xff\xc3", 16, "??" },
	{ "\xc3\xa4\xc3\xa4", 4, "\xc3\xa4" },
	{ "abc", 3, "ab" },
};

START_TEST(text_is_cleaned)
{
	char clean[16];

	output_clean(texts[_i].text, clean, texts[_i].size);
	ck_assert_str_eq(clean, texts[_i].clean);
}
END_TEST

START_TEST(lines_stay_lines)
{
	output_put(&out, "a %s\n\nb\n", "x\033y");
	ck_assert_str_eq(buffer_text(&out), "a x?y\n\nb\n");
}
END_TEST

static const struct {
	uint64_t milliseconds;
	const char *text;
} durations[] = {
	{ 0, "0.0 s" },
	{ 449, "0.4 s" },
	{ 9949, "9.9 s" },
	{ 9950, "10 s" },
	{ 192345, "3 min 12 s" },
};

START_TEST(durations_are_short)
{
	char text[OUTPUT_TERM_SIZE];

	output_duration(durations[_i].milliseconds, text);
	ck_assert_str_eq(text, durations[_i].text);
}
END_TEST

static const struct {
	const char *text;
	size_t size;
	const char *word;
} words[] = {
	{ "/srv/packhorse", 64, "/srv/packhorse" },
	{ "", 64, "''" },
	{ "a b", 64, "'a b'" },
	{ "it's", 64, "'it'\\''s'" },
	{ "$HOME", 64, "'$HOME'" },
};

START_TEST(words_are_quoted_for_shells)
{
	char text[64];

	ck_assert_str_eq(output_shell(words[_i].text, text, words[_i].size),
	    words[_i].word);
}
END_TEST

START_TEST(seconds_have_three_decimals)
{
	struct json_writer w;

	json_writer_init(&w, &out);
	json_open_object(&w, NULL);
	output_json_seconds(&w, "a", 192045);
	output_json_seconds(&w, "b", 7);
	json_close_object(&w);
	ck_assert_int_eq(json_writer_end(&w), PH_OK);
	ck_assert_str_eq(buffer_text(&out), "{\"a\":192.045,\"b\":0.007}");
}
END_TEST

START_TEST(failures_have_their_lines)
{
	struct failure f;

	(void)failure_set(&f, PH_EPOLICY, "bad");
	output_failure(&out, "  ", &f);
	failure_where(&f, "p.yaml:1:2");
	failure_next(&f, "mend it");
	output_failure(&out, "", &f);
	ck_assert_str_eq(buffer_text(&out),
	    "  bad\nbad\n  at p.yaml:1:2\n  next: mend it\n");
}
END_TEST

START_TEST(one_has_no_plural)
{
	char text[OUTPUT_TERM_SIZE];

	ck_assert_str_eq(output_plural(1, "file", text), "1 file");
	ck_assert_str_eq(output_plural(0, "file", text), "0 files");
	ck_assert_str_eq(output_time(NULL), "never");
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tests;

	suite = suite_create("output");
	tests = tcase_create("output");
	tcase_add_checked_fixture(tests, begin, finish);
	tcase_add_loop_test(tests, text_is_cleaned, 0, COUNT(texts));
	tcase_add_test(tests, lines_stay_lines);
	tcase_add_loop_test(tests, durations_are_short, 0, COUNT(durations));
	tcase_add_loop_test(tests, words_are_quoted_for_shells, 0,
	    COUNT(words));
	tcase_add_test(tests, seconds_have_three_decimals);
	tcase_add_test(tests, failures_have_their_lines);
	tcase_add_test(tests, one_has_no_plural);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
