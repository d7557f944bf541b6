/*
 * Small files: whole or not there, with their mode, never in place of
 * another that was not to be replaced.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/check_main.h"
#include "tests/unit/tempdir.h"

#include "proto/errors.h"
#include "syncd/config/smallfile.h"

static struct buffer out;
static struct failure failure;

static void
begin(void)
{
	(void)tempdir_begin();
	buffer_init(&out, 1000);
	memset(&failure, 0, sizeof(failure));
}

static void
end(void)
{
	buffer_fini(&out);
	tempdir_end();
}

static void
assert_file(const char *path, const char *expected, unsigned int mode)
{
	struct stat st;
	char *text;

	text = tempdir_read(path);
	ck_assert_ptr_nonnull(text);
	ck_assert_str_eq(text, expected);
	free(text);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, mode);
}

START_TEST(a_file_is_created_with_its_mode)
{
	mode_t old;

	old = umask(077);
	ck_assert_int_eq(smallfile_create("a", "text", 4, 0644, &failure),
	    PH_OK);
	ck_assert_int_eq(smallfile_create("b", "", 0, 0600, &failure), PH_OK);
	(void)umask(old);
	assert_file("a", "text", 0644);
	assert_file("b", "", 0600);
	ck_assert_int_eq(access(".a.new", F_OK), -1);
}
END_TEST

START_TEST(what_is_there_is_not_created_again)
{
	tempdir_write("a", "old");
	ck_assert_int_eq(smallfile_create("a", "new", 3, 0600, &failure),
	    PH_EEXISTS);
	ck_assert_str_eq(failure.what, "a exists already");
	assert_file("a", "old", 0644);
	ck_assert_int_eq(access(".a.new", F_OK), -1);
	/* Not even behind a link that leads nowhere. */
	ck_assert_int_eq(symlink("nowhere", "l"), 0);
	ck_assert_int_eq(smallfile_create("l", "new", 3, 0600, &failure),
	    PH_EEXISTS);
	ck_assert_int_eq(access("nowhere", F_OK), -1);
}
END_TEST

START_TEST(a_file_is_replaced)
{
	ck_assert_int_eq(mkdir("d", 0700), 0);
	ck_assert_int_eq(smallfile_replace("d/a", "one", 3, 0600, &failure),
	    PH_OK);
	ck_assert_int_eq(smallfile_replace("d/a", "two", 3, 0640, &failure),
	    PH_OK);
	assert_file("d/a", "two", 0640);
	ck_assert_int_eq(access("d/.a.new", F_OK), -1);
}
END_TEST

START_TEST(what_a_crash_left_does_not_disturb)
{
	tempdir_write(".a.new", "half of a te");
	ck_assert_int_eq(smallfile_create("a", "text", 4, 0600, &failure),
	    PH_OK);
	assert_file("a", "text", 0600);
}
END_TEST

START_TEST(a_failure_leaves_the_old_file_alone)
{
	struct rlimit limit, old;
	int r;

	tempdir_write("a", "old");
	ck_assert(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
	limit = old;
	limit.rlim_cur = 2;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	r = smallfile_replace("a", "new", 3, 0600, &failure);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
	ck_assert_int_eq(r, PH_EIO);
	ck_assert_str_eq(failure.what, "cannot write a: File too large");
	assert_file("a", "old", 0644);
	ck_assert_int_eq(access(".a.new", F_OK), -1);
}
END_TEST

START_TEST(a_directory_that_is_missing_is_named)
{
	ck_assert_int_eq(smallfile_create("d/a", "x", 1, 0600, &failure),
	    PH_EABSENT);
	ck_assert_str_eq(failure.what,
	    "cannot create d/a: No such file or directory");
	ck_assert_int_eq(smallfile_replace("d/a", "x", 1, 0600, &failure),
	    PH_EABSENT);
	ck_assert_str_eq(failure.what,
	    "cannot write d/a: No such file or directory");
}
END_TEST

START_TEST(a_file_is_read_whole)
{
	struct stat st;

	tempdir_write("a", "content");
	ck_assert_int_eq(buffer_put_text(&out, "old "), PH_OK);
	ck_assert_int_eq(smallfile_read("a", 7, &out, &st, &failure), PH_OK);
	ck_assert_str_eq(buffer_text(&out), "old content");
	ck_assert_int_eq((int)st.st_size, 7);
	ck_assert_int_eq(smallfile_read("a", 7, &out, NULL, &failure), PH_OK);
	ck_assert_uint_eq(out.len, 18);
}
END_TEST

START_TEST(what_cannot_be_read_is_told_apart)
{
	ck_assert_int_eq(smallfile_read("a", 7, &out, NULL, &failure),
	    PH_EABSENT);
	ck_assert_str_eq(failure.what,
	    "cannot open a: No such file or directory");
	tempdir_write("a", "content!");
	ck_assert_int_eq(smallfile_read("a", 7, &out, NULL, &failure),
	    PH_ELIMIT);
	ck_assert_str_eq(failure.what, "a is larger than 7 bytes");
	ck_assert_int_eq(smallfile_read(".", 7, &out, NULL, &failure), PH_EIO);
	ck_assert_str_eq(failure.what, ". is not a regular file");
	ck_assert_int_eq(mkfifo("fifo", 0600), 0);
	ck_assert_int_eq(smallfile_read("fifo", 7, &out, NULL, &failure),
	    PH_EIO);
	ck_assert_int_eq(smallfile_read("a/b", 7, &out, NULL, &failure),
	    PH_EABSENT);
	buffer_fini(&out);
	buffer_init(&out, 5);
	ck_assert_int_eq(smallfile_read("a", 10, &out, NULL, &failure),
	    PH_ELIMIT);
	ck_assert_uint_eq(out.len, 0);
}
END_TEST

START_TEST(errno_becomes_a_code)
{
	static const struct {
		int error;
		int code;
	} rows[] = {
		{ ENOENT, PH_EABSENT },
		{ EEXIST, PH_EEXISTS },
		{ ENOSPC, PH_ENOSPC },
		{ EDQUOT, PH_ENOSPC },
		{ EACCES, PH_EPERM },
		{ EROFS, PH_EPERM },
		{ EIO, PH_EIO },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		errno = rows[i].error;
		ck_assert_int_eq(smallfile_fail(&failure, "do", "it"),
		    rows[i].code);
		ck_assert_int_eq(failure.code, rows[i].code);
		ck_assert_int_eq(strncmp(failure.what, "cannot do it: ", 14),
		    0);
	}
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tests;

	suite = suite_create("smallfile");
	tests = tcase_create("smallfile");
	tcase_add_checked_fixture(tests, begin, end);
	tcase_add_test(tests, a_file_is_created_with_its_mode);
	tcase_add_test(tests, what_is_there_is_not_created_again);
	tcase_add_test(tests, a_file_is_replaced);
	tcase_add_test(tests, what_a_crash_left_does_not_disturb);
	tcase_add_test(tests, a_failure_leaves_the_old_file_alone);
	tcase_add_test(tests, a_directory_that_is_missing_is_named);
	tcase_add_test(tests, a_file_is_read_whole);
	tcase_add_test(tests, what_cannot_be_read_is_told_apart);
	tcase_add_test(tests, errno_becomes_a_code);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
