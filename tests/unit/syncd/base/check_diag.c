/*
 * Diagnostics: one line each, with the level where standard error is the
 * journal and a time where not, and never a control character of a peer.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/check_main.h"
#include "tests/unit/tempdir.h"

#include "proto/errors.h"
#include "syncd/base/diag.h"

static int saved_stderr;

/* From here on standard error is the file "err". */
static void
begin(void)
{
	int fd;

	(void)tempdir_begin();
	(void)unsetenv("JOURNAL_STREAM");
	saved_stderr = dup(STDERR_FILENO);
	fd = open("err", O_WRONLY | O_CREAT | O_APPEND, 0600);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(dup2(fd, STDERR_FILENO), STDERR_FILENO);
	ck_assert_int_eq(close(fd), 0);
}

static void
end(void)
{
	(void)dup2(saved_stderr, STDERR_FILENO);
	(void)close(saved_stderr);
	tempdir_end();
}

/* Say that standard error is the journal, with this inode. */
static void
set_journal(int differ)
{
	struct stat st;
	char value[60];

	ck_assert_int_eq(fstat(STDERR_FILENO, &st), 0);
	(void)snprintf(value, sizeof(value), "%ju:%ju", (uintmax_t)st.st_dev,
	    (uintmax_t)st.st_ino + (uintmax_t)differ);
	ck_assert_int_eq(setenv("JOURNAL_STREAM", value, 1), 0);
}

/* What was said so far is the text. */
static void
assert_said(const char *expected)
{
	char *text;

	text = tempdir_read("err");
	ck_assert_str_eq(text, expected);
	free(text);
}

START_TEST(the_journal_gets_the_level)
{
	set_journal(0);
	diag_set_level(DIAG_DEBUG);
	diag(DIAG_ERROR, "e %d", 1);
	diag(DIAG_WARNING, "w");
	diag(DIAG_NOTICE, "n");
	diag(DIAG_INFO, "i");
	diag(DIAG_DEBUG, "d");
	assert_said("<3>e 1\n<4>w\n<5>n\n<6>i\n<7>d\n");
}
END_TEST

START_TEST(others_get_the_time)
{
	char *text;
	int differ;

	differ = _i;
	if (differ)
		set_journal(1);
	diag(DIAG_NOTICE, "started");
	diag(DIAG_ERROR, "failed");
	text = tempdir_read("err");
	/* 2026-11-22T09:30:00Z started */
	ck_assert_uint_eq(strlen(text), 29 + 20 + 15);
	ck_assert_int_eq(strncmp(text, "20", 2), 0);
	ck_assert_int_eq(text[19], 'Z');
	ck_assert_int_eq(strncmp(text + 20, " started\n", 9), 0);
	ck_assert_str_eq(text + 29 + 20, " error: failed\n");
	free(text);
}
END_TEST

START_TEST(less_important_lines_are_left_out)
{
	set_journal(0);
	diag(DIAG_INFO, "i");
	diag(DIAG_NOTICE, "n");
	diag_set_level(DIAG_ERROR);
	diag(DIAG_WARNING, "w");
	diag(DIAG_ERROR, "e");
	assert_said("<5>n\n<3>e\n");
}
END_TEST

START_TEST(control_characters_are_shown)
{
	set_journal(0);
	diag(DIAG_ERROR, "%s", "a\nb\r\033[31m\x7f|\t");
	assert_said("<3>a\\x0ab\\x0d\\x1b[31m\\x7f|\\x09\n");
}
END_TEST

START_TEST(text_stays_and_broken_text_is_shown)
{
	set_journal(0);
	diag(DIAG_ERROR, "%s",
	    "M\xc3\xbcnchen \xe2\x82\xac \xf0\x9f\x90\xb4 \xc2\x85 "
	    "\xff\xc3 \xed\xa0\x80 \xc3");
	assert_said("<3>M\xc3\xbcnchen \xe2\x82\xac \xf0\x9f\x90\xb4 "
		    "\\xc2\\x85 \\xff\\xc3 \\xed\\xa0\\x80 \\xc3\n");
}
END_TEST

START_TEST(a_long_line_is_cut_and_ends)
{
	char *text;
	char big[4000];

	set_journal(0);
	memset(big, '\n', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	diag(DIAG_ERROR, "%s", big);
	text = tempdir_read("err");
	ck_assert_uint_eq(strlen(text), 3 + 4 * 2047 + 1);
	ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
	free(text);
}
END_TEST

START_TEST(a_failure_is_one_line)
{
	struct failure f;

	set_journal(0);
	failure_set(&f, PH_ECONFIG, "\"rate\" needs a unit");
	diag_failure(DIAG_ERROR, &f, "reading %s", "x");
	failure_where(&f, "x.yaml:%d:%d", 3, 5);
	diag_failure(DIAG_ERROR, &f, "reading %s", "x");
	failure_next(&f, "write 8Mbit/s");
	diag_failure(DIAG_ERROR, &f, "reading %s", "x");
	diag_failure(DIAG_INFO, &f, "not shown");
	assert_said("<3>reading x: \"rate\" needs a unit\n"
		    "<3>reading x: x.yaml:3:5: \"rate\" needs a unit\n"
		    "<3>reading x: x.yaml:3:5: \"rate\" needs a unit; "
		    "write 8Mbit/s\n");
}
END_TEST

START_TEST(a_failure_without_words_has_the_sentence)
{
	struct failure f = { .code = PH_ENOSPC };

	set_journal(0);
	diag_failure(DIAG_ERROR, &f, "publishing");
	assert_said("<3>publishing: not enough space\n");
}
END_TEST

/* Standard error is a pipe from here on; the end to read from. */
static int
begin_pipe(void)
{
	int fds[2];

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	ck_assert_int_eq(dup2(fds[1], STDERR_FILENO), STDERR_FILENO);
	ck_assert_int_eq(close(fds[1]), 0);
	return fds[0];
}

START_TEST(all_is_written_by_the_end)
{
	set_journal(0);
	diag_start();
	diag(DIAG_ERROR, "one");
	diag(DIAG_ERROR, "two");
	diag_stop(20000);
	diag(DIAG_ERROR, "three");
	assert_said("<3>one\n<3>two\n<3>three\n");
}
END_TEST

START_TEST(nobody_waits_for_a_reader)
{
	char line[4096];
	unsigned int i, number, next, lost, missing;
	FILE *f;

	f = fdopen(begin_pipe(), "r");
	ck_assert_ptr_nonnull(f);
	diag_start();
	/* More than pipe and queue hold; nobody reads meanwhile. */
	for (i = 0; i < 20000; i++)
		diag(DIAG_ERROR, "number %u of those that nobody reads", i);
	next = lost = 0;
	while (next < 20000) {
		ck_assert_ptr_nonnull(fgets(line, sizeof(line), f));
		if (sscanf(line + 21, "error: number %u", &number) == 1) {
			ck_assert_uint_eq(number, next);
			next++;
		} else {
			/* Where they are missing it is said how many. */
			ck_assert_int_eq(sscanf(line + 21, "warning: %u",
					     &missing),
			    1);
			lost += missing;
			next += missing;
		}
	}
	ck_assert_uint_gt(lost, 1000);
	ck_assert_uint_lt(lost, 20000);
	/* What is said now is written again. */
	diag(DIAG_ERROR, "the last");
	diag_stop(20000);
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), f));
	ck_assert_str_eq(line + 21, "error: the last\n");
	(void)fclose(f);
}
END_TEST

START_TEST(nobody_waits_for_a_reader_at_the_end)
{
	unsigned int i;
	int fd, null;

	/* Who gets to say something after the test says it to nobody. */
	null = open("/dev/null", O_WRONLY);
	ck_assert_int_eq(dup2(null, saved_stderr), saved_stderr);
	fd = begin_pipe();
	diag_start();
	for (i = 0; i < 4000; i++)
		diag(DIAG_ERROR, "number %u of those that nobody reads", i);
	diag_stop(50);
	diag(DIAG_ERROR, "this is dropped");
	(void)close(fd);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tests;

	suite = suite_create("diag");
	tests = tcase_create("diag");
	tcase_add_checked_fixture(tests, begin, end);
	tcase_add_test(tests, the_journal_gets_the_level);
	tcase_add_loop_test(tests, others_get_the_time, 0, 2);
	tcase_add_test(tests, less_important_lines_are_left_out);
	tcase_add_test(tests, control_characters_are_shown);
	tcase_add_test(tests, text_stays_and_broken_text_is_shown);
	tcase_add_test(tests, a_long_line_is_cut_and_ends);
	tcase_add_test(tests, a_failure_is_one_line);
	tcase_add_test(tests, a_failure_without_words_has_the_sentence);
	tcase_add_test(tests, all_is_written_by_the_end);
	tcase_add_test(tests, nobody_waits_for_a_reader);
	tcase_add_test(tests, nobody_waits_for_a_reader_at_the_end);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
