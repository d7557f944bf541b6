/*
 * Files: short and interrupted calls are gone on with, errno becomes the
 * right code and is kept, and a file that is being replaced is whole
 * whatever call fails.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/check_main.h"
#include "tests/unit/syncd/base/fault_files.h"
#include "tests/unit/tempdir.h"

#include "proto/errors.h"
#include "syncd/base/file.h"

/* The system below the faults: counting, and slow where a test says so. */
static struct {
	int open;        /* Descriptors opened and not closed. */
	size_t most;     /* Bytes that one read or write moves; 0: all. */
	int stuck;       /* Writes move nothing, and succeed. */
	int close_error; /* What close says after it closed; 0: fine. */
	struct files real;
	struct file_ops ops;
	struct files files;
} below;

static struct fault_files faults;
static const struct files *fs;

static int
below_open(void *cookie, int dir, const char *path, int flags, mode_t mode)
{
	int fd;

	fd = below.real.ops->open(cookie, dir, path, flags, mode);
	below.open += fd != -1;
	return fd;
}

static int
below_close(void *cookie, int fd)
{
	below.open--;
	if (below.real.ops->close(cookie, fd) != 0)
		return -1;
	errno = below.close_error;
	return below.close_error == 0 ? 0 : -1;
}

static size_t
at_most(size_t len)
{
	return below.most > 0 && len > below.most ? below.most : len;
}

static ssize_t
below_pread(void *cookie, int fd, void *buf, size_t len, off_t at)
{
	return below.real.ops->pread(cookie, fd, buf, at_most(len), at);
}

static ssize_t
below_pwrite(void *cookie, int fd, const void *buf, size_t len, off_t at)
{
	if (below.stuck)
		return 0;
	return below.real.ops->pwrite(cookie, fd, buf, at_most(len), at);
}

static void
begin(void)
{
	(void)tempdir_begin();
	memset(&below, 0, sizeof(below));
	below.real = files_system();
	below.ops = *below.real.ops;
	below.ops.open = below_open;
	below.ops.close = below_close;
	below.ops.pread = below_pread;
	below.ops.pwrite = below_pwrite;
	below.files.ops = &below.ops;
	below.files.cookie = below.real.cookie;
	fault_files_init(&faults, &below.files);
	fs = &faults.files;
}

static void
end(void)
{
	ck_assert_int_eq(below.open, 0);
	tempdir_end();
}

/* The next call that counts fails with errno. */
static void
fail_next(int error)
{
	fault_files_arm(&faults, FAULT_FAIL, 1, error);
}

static int
open_ok(const char *path, int flags)
{
	int fd;

	ck_assert_int_eq(file_open(fs, AT_FDCWD, path, flags, 0644, &fd),
	    PH_OK);
	return fd;
}

static void
close_ok(int fd)
{
	ck_assert_int_eq(file_close(fs, fd), PH_OK);
}

static void
assert_content(const char *path, const char *expected)
{
	char *text;

	text = tempdir_read(path);
	ck_assert_ptr_nonnull(text);
	ck_assert_str_eq(text, expected);
	free(text);
}

START_TEST(short_writes_and_reads_go_on)
{
	char data[1000], back[1200];
	size_t i, n;
	int fd;

	for (i = 0; i < sizeof(data); i++)
		data[i] = (char)(i * 7);
	below.most = 33;
	fd = open_ok("f", O_RDWR | O_CREAT);
	ck_assert_int_eq(file_write_at(fs, fd, 5, data, sizeof(data)), PH_OK);
	ck_assert_int_eq(file_read_at(fs, fd, 5, back, sizeof(data), &n),
	    PH_OK);
	ck_assert_uint_eq(n, sizeof(data));
	ck_assert_mem_eq(back, data, sizeof(data));
	/* Less only at the end. */
	ck_assert_int_eq(file_read_at(fs, fd, 105, back, sizeof(back), &n),
	    PH_OK);
	ck_assert_uint_eq(n, 900);
	ck_assert_int_eq(file_read_at(fs, fd, 9999, back, 1, &n), PH_OK);
	ck_assert_uint_eq(n, 0);
	close_ok(fd);
}
END_TEST

START_TEST(interrupted_calls_are_made_again)
{
	char back[4];
	size_t n;
	int fd;

	fail_next(EINTR);
	fd = open_ok("f", O_RDWR | O_CREAT);
	fail_next(EINTR);
	ck_assert_int_eq(file_write_at(fs, fd, 0, "text", 4), PH_OK);
	fail_next(EINTR);
	ck_assert_int_eq(file_read_at(fs, fd, 0, back, 4, &n), PH_OK);
	ck_assert_uint_eq(n, 4);
	fail_next(EINTR);
	ck_assert_int_eq(file_truncate(fs, fd, 2), PH_OK);
	fail_next(EINTR);
	ck_assert_int_eq(file_sync(fs, fd), PH_OK);
	fail_next(EINTR);
	ck_assert_int_eq(file_sync_data(fs, fd), PH_OK);
	/* But for close, after which the descriptor is gone. */
	below.close_error = EINTR;
	ck_assert_int_eq(file_close(fs, fd), PH_OK);
	assert_content("f", "te");
}
END_TEST

static const struct {
	int error;
	int code;
} errors[] = {
	{ ENOENT, PH_EABSENT },
	{ EEXIST, PH_EEXISTS },
	{ ENOTEMPTY, PH_EEXISTS },
	{ ENOSPC, PH_ENOSPC },
	{ EDQUOT, PH_ENOSPC },
	{ EACCES, PH_EPERM },
	{ EPERM, PH_EPERM },
	{ EROFS, PH_EPERM },
	{ EIO, PH_EIO },
	{ EMFILE, PH_EIO },
};

/* Every function gives the code of errno and keeps errno. */
START_TEST(errno_becomes_a_code)
{
	char back[4];
	size_t n;
	int code, fd, other;

	fd = open_ok("f", O_RDWR | O_CREAT);
	fault_files_arm(&faults, FAULT_STOP, 1, errors[_i].error);
	below.close_error = errors[_i].error;
	code = errors[_i].code;
	ck_assert_int_eq(file_open(fs, AT_FDCWD, "f", O_RDONLY, 0, &other),
	    code);
	ck_assert_int_eq(errno, errors[_i].error);
	ck_assert_int_eq(file_read_at(fs, fd, 0, back, 4, &n), code);
	ck_assert_int_eq(file_write_at(fs, fd, 0, "text", 4), code);
	ck_assert_int_eq(file_sync(fs, fd), code);
	ck_assert_int_eq(file_sync_data(fs, fd), code);
	ck_assert_int_eq(file_sync_dir(fs, AT_FDCWD, "."), code);
	ck_assert_int_eq(file_truncate(fs, fd, 2), code);
	ck_assert_int_eq(file_chmod(fs, fd, 0600), code);
	ck_assert_int_eq(file_rename(fs, AT_FDCWD, "f", AT_FDCWD, "g"), code);
	ck_assert_int_eq(file_link(fs, AT_FDCWD, "f", AT_FDCWD, "g"), code);
	ck_assert_int_eq(file_unlink(fs, AT_FDCWD, "f"), code);
	ck_assert_int_eq(file_rmdir(fs, AT_FDCWD, "f"), code);
	ck_assert_int_eq(file_mkdir(fs, AT_FDCWD, "d", 0700), code);
	ck_assert_int_eq(file_clone(fs, fd, fd), code);
	ck_assert_int_eq(file_close(fs, fd), code);
	ck_assert_int_eq(errno, errors[_i].error);
}
END_TEST

START_TEST(a_device_that_takes_nothing_fails)
{
	int fd;

	fd = open_ok("/dev/full", O_WRONLY);
	ck_assert_int_eq(file_write_at(fs, fd, 0, "x", 1), PH_ENOSPC);
	/* Nor may a call that moves nothing be made for ever. */
	below.stuck = 1;
	ck_assert_int_eq(file_write_at(fs, fd, 0, "x", 1), PH_EIO);
	close_ok(fd);
}
END_TEST

START_TEST(symbolic_links_are_not_followed)
{
	struct buffer out;
	struct stat st;
	int fd;

	tempdir_write("f", "secret");
	ck_assert_int_eq(symlink("f", "l"), 0);
	ck_assert_int_eq(file_open(fs, AT_FDCWD, "l", O_RDONLY, 0, &fd),
	    PH_EIO);
	ck_assert_int_eq(errno, ELOOP);
	ck_assert_int_eq(file_stat(fs, AT_FDCWD, "l", &st), PH_OK);
	ck_assert(S_ISLNK(st.st_mode));
	buffer_init(&out, 100);
	ck_assert_int_eq(file_read_whole(fs, AT_FDCWD, "l", 100, &out), PH_EIO);
	buffer_fini(&out);
}
END_TEST

START_TEST(descriptors_are_not_inherited)
{
	int fd;

	fd = open_ok("f", O_RDWR | O_CREAT);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	close_ok(fd);
}
END_TEST

START_TEST(names_come_and_go)
{
	struct stat st;
	int fd;

	ck_assert_int_eq(file_mkdir(fs, AT_FDCWD, "d", 0700), PH_OK);
	ck_assert_int_eq(file_mkdir(fs, AT_FDCWD, "d", 0700), PH_EEXISTS);
	fd = open_ok("d/f", O_WRONLY | O_CREAT);
	ck_assert_int_eq(file_chmod(fs, fd, 0444), PH_OK);
	ck_assert_int_eq(file_stat_fd(fs, fd, &st), PH_OK);
	ck_assert_uint_eq(st.st_mode & 07777, 0444);
	close_ok(fd);
	ck_assert_int_eq(file_link(fs, AT_FDCWD, "d/f", AT_FDCWD, "d/g"),
	    PH_OK);
	ck_assert_int_eq(file_link(fs, AT_FDCWD, "d/f", AT_FDCWD, "d/g"),
	    PH_EEXISTS);
	ck_assert_int_eq(file_rename(fs, AT_FDCWD, "d/g", AT_FDCWD, "h"),
	    PH_OK);
	ck_assert_int_eq(file_stat(fs, AT_FDCWD, "d/g", &st), PH_EABSENT);
	ck_assert_int_eq(file_sync_dir(fs, AT_FDCWD, "d"), PH_OK);
	ck_assert_int_eq(file_rmdir(fs, AT_FDCWD, "d"), PH_EEXISTS);
	ck_assert_int_eq(file_unlink(fs, AT_FDCWD, "d/f"), PH_OK);
	ck_assert_int_eq(file_rmdir(fs, AT_FDCWD, "d"), PH_OK);
	ck_assert_int_eq(file_unlink(fs, AT_FDCWD, "d/f"), PH_EABSENT);
	ck_assert_int_eq(file_unlink(fs, AT_FDCWD, "h"), PH_OK);
}
END_TEST

START_TEST(cloning_works_or_is_not_applicable)
{
	int from, fd, r;

	tempdir_write("from", "blocks to share");
	from = open_ok("from", O_RDONLY);
	fd = open_ok("to", O_WRONLY | O_CREAT);
	r = file_clone(fs, fd, from);
	ck_assert(r == PH_OK || r == PH_ENOTHERE);
	close_ok(fd);
	close_ok(from);
	assert_content("to", r == PH_OK ? "blocks to share" : "");
}
END_TEST

START_TEST(whole_files_are_read_behind_what_is_there)
{
	struct buffer out;

	tempdir_write("f", "content");
	buffer_init(&out, 100);
	ck_assert_int_eq(buffer_put_text(&out, "old "), PH_OK);
	below.most = 3;
	ck_assert_int_eq(file_read_whole(fs, AT_FDCWD, "f", 7, &out), PH_OK);
	ck_assert_str_eq(buffer_text(&out), "old content");
	ck_assert_int_eq(file_read_whole(fs, AT_FDCWD, "f", 6, &out),
	    PH_ELIMIT);
	ck_assert_int_eq(file_read_whole(fs, AT_FDCWD, "none", 6, &out),
	    PH_EABSENT);
	ck_assert_int_eq(file_read_whole(fs, AT_FDCWD, ".", 6, &out), PH_EIO);
	ck_assert_int_eq(mkfifo("fifo", 0600), 0);
	ck_assert_int_eq(file_read_whole(fs, AT_FDCWD, "fifo", 6, &out),
	    PH_EIO);
	ck_assert_str_eq(buffer_text(&out), "old content");
	/* The failure of a read leaves nothing of it. */
	fault_files_arm(&faults, FAULT_FAIL, 3, 0);
	ck_assert_int_eq(file_read_whole(fs, AT_FDCWD, "f", 7, &out), PH_EIO);
	ck_assert_str_eq(buffer_text(&out), "old content");
	buffer_fini(&out);
}
END_TEST

START_TEST(a_buffer_that_is_too_small_says_so)
{
	struct buffer out;

	tempdir_write("f", "content");
	buffer_init(&out, 6);
	ck_assert_int_eq(file_read_whole(fs, AT_FDCWD, "f", 100, &out),
	    PH_ELIMIT);
	ck_assert_uint_eq(out.len, 0);
	buffer_fini(&out);
}
END_TEST

/* Names that the listing gave. */
static char listed[200];

static int
on_entry(void *cookie, const char *name)
{
	const int *limit = cookie;

	if (*limit > 0 && (int)strlen(listed) >= *limit)
		return PH_ECANCELED;
	(void)strcat(listed, name);
	return PH_OK;
}

static int
on_entry_unlink(void *cookie, const char *name)
{
	int dir;

	dir = *(const int *)cookie;
	(void)strcat(listed, name);
	return file_unlink(fs, dir, name);
}

START_TEST(a_directory_is_listed)
{
	int limit = 0, dir;

	ck_assert_int_eq(file_mkdir(fs, AT_FDCWD, "d", 0700), PH_OK);
	ck_assert_int_eq(file_list(fs, AT_FDCWD, "d", on_entry, &limit), PH_OK);
	ck_assert_str_eq(listed, "");
	tempdir_write("d/a", "");
	tempdir_write("d/b", "");
	tempdir_write("d/.c", "");
	ck_assert_int_eq(file_list(fs, AT_FDCWD, "d", on_entry, &limit), PH_OK);
	ck_assert_uint_eq(strlen(listed), 4);
	ck_assert_ptr_nonnull(strchr(listed, 'a'));
	ck_assert_ptr_nonnull(strchr(listed, 'b'));
	ck_assert_ptr_nonnull(strstr(listed, ".c"));
	/* The first result that is not PH_OK ends it. */
	listed[0] = '\0';
	limit = 1;
	ck_assert_int_eq(file_list(fs, AT_FDCWD, "d", on_entry, &limit),
	    PH_ECANCELED);
	ck_assert_uint_le(strlen(listed), 2);
	/* Names may go while they are told. */
	dir = open_ok("d", O_RDONLY | O_DIRECTORY);
	listed[0] = '\0';
	ck_assert_int_eq(file_list(fs, dir, ".", on_entry_unlink, &dir), PH_OK);
	ck_assert_uint_eq(strlen(listed), 4);
	close_ok(dir);
	ck_assert_int_eq(file_list(fs, AT_FDCWD, "none", on_entry, &limit),
	    PH_EABSENT);
}
END_TEST

static int
on_entry_count(void *cookie, const char *name)
{
	(void)name;
	++*(int *)cookie;
	return PH_OK;
}

START_TEST(many_names_are_listed)
{
	char name[20];
	int i, n = 0;

	ck_assert_int_eq(mkdir("d", 0700), 0);
	for (i = 0; i < 300; i++) {
		(void)snprintf(name, sizeof(name), "d/%d", i);
		tempdir_write(name, "");
	}
	ck_assert_int_eq(file_list(fs, AT_FDCWD, "d", on_entry_count, &n),
	    PH_OK);
	ck_assert_int_eq(n, 300);
	ck_assert_int_eq(file_remove_tree(fs, AT_FDCWD, "d"), PH_OK);
	ck_assert_int_eq(access("d", F_OK), -1);
}
END_TEST

START_TEST(a_tree_is_removed_and_nothing_else)
{
	tempdir_write("outside", "stays");
	ck_assert_int_eq(mkdir("t", 0700), 0);
	ck_assert_int_eq(mkdir("t/d", 0700), 0);
	ck_assert_int_eq(mkdir("t/d/e", 0700), 0);
	tempdir_write("t/f", "");
	tempdir_write("t/d/e/g", "");
	ck_assert_int_eq(symlink("../outside", "t/l"), 0);
	ck_assert_int_eq(symlink("..", "t/d/up"), 0);
	ck_assert_int_eq(file_remove_tree(fs, AT_FDCWD, "t"), PH_OK);
	ck_assert_int_eq(access("t", F_OK), -1);
	assert_content("outside", "stays");
	ck_assert_int_eq(file_remove_tree(fs, AT_FDCWD, "t"), PH_OK);
	ck_assert_int_eq(file_remove_tree(fs, AT_FDCWD, "outside"), PH_OK);
	ck_assert_int_eq(access("outside", F_OK), -1);
}
END_TEST

START_TEST(a_tree_that_is_too_deep_is_refused)
{
	char path[200] = "t";
	int i;

	for (i = 0; i < 40; i++) {
		ck_assert_int_eq(mkdir(path, 0700), 0);
		(void)strcat(path, "/t");
	}
	ck_assert_int_eq(file_remove_tree(fs, AT_FDCWD, "t"), PH_EIO);
	ck_assert_int_eq(errno, ELOOP);
}
END_TEST

START_TEST(a_file_is_replaced)
{
	struct stat st;
	mode_t old;

	old = umask(077);
	ck_assert_int_eq(file_replace(fs, AT_FDCWD, "f", "one", 3, 0644),
	    PH_OK);
	assert_content("f", "one");
	ck_assert_int_eq(stat("f", &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0644);
	ck_assert_int_eq(file_replace(fs, AT_FDCWD, "f", "", 0, 0600), PH_OK);
	assert_content("f", "");
	ck_assert_int_eq(mkdir("d", 0700), 0);
	ck_assert_int_eq(file_replace(fs, AT_FDCWD, "d/f", "two", 3, 0600),
	    PH_OK);
	assert_content("d/f", "two");
	(void)umask(old);
}
END_TEST

START_TEST(what_a_crash_left_does_not_disturb)
{
	tempdir_write("f", "old");
	tempdir_write(".f.new", "half of a long text that nobody finish");
	ck_assert_int_eq(file_replace(fs, AT_FDCWD, "f", "new", 3, 0600),
	    PH_OK);
	assert_content("f", "new");
	ck_assert_int_eq(access(".f.new", F_OK), -1);
}
END_TEST

START_TEST(the_order_of_a_replacement_is_the_safe_one)
{
	ck_assert_int_eq(mkdir("d", 0700), 0);
	below.most = 2;
	ck_assert_int_eq(file_replace(fs, AT_FDCWD, "d/f", "data", 4, 0640),
	    PH_OK);
	ck_assert_str_eq(faults.trace,
	    "open d/.f.new\npwrite\npwrite\n"
	    "fchmod 640\nfsync\n"
	    "rename d/.f.new d/f\n"
	    "open d/\nfsync\n");
}
END_TEST

static const char new_text[] = "the new content of the file";

/* Replace "f", which holds old (NULL: is not there), with a fault at k. */
static int
replace_with_fault(enum fault_kind kind, unsigned int k, const char *old)
{
	int error, fired, r;
	char *text;

	(void)unlink("f");
	(void)unlink(".f.new");
	if (old != NULL)
		tempdir_write("f", old);
	below.most = 10;
	fault_files_arm(&faults, kind, k, ENOSPC);
	r = file_replace(fs, AT_FDCWD, "f", new_text, strlen(new_text), 0600);
	error = errno;
	fired = fault_files_fired(&faults);
	fault_files_disarm(&faults);
	ck_assert_int_eq(r, fired ? PH_ENOSPC : PH_OK);
	if (fired)
		ck_assert_int_eq(error, ENOSPC);
	if (kind == FAULT_FAIL)
		ck_assert_int_eq(access(".f.new", F_OK), -1);
	text = tempdir_read("f");
	if (text == NULL)
		ck_assert(fired && old == NULL);
	else if (!fired || old == NULL || strcmp(text, old) != 0)
		ck_assert_str_eq(text, new_text);
	free(text);
	return fired;
}

START_TEST(whatever_fails_the_file_is_whole)
{
	static const enum fault_kind kinds[] = { FAULT_FAIL, FAULT_STOP,
		FAULT_TEAR };
	unsigned int k = 0;

	while (replace_with_fault(kinds[_i / 2], ++k,
	    _i % 2 == 0 ? "the old content" : NULL)) {
		ck_assert_int_eq(below.open, 0);
		/* The next attempt succeeds. */
		ck_assert_int_eq(file_replace(fs, AT_FDCWD, "f", "x", 1, 0600),
		    PH_OK);
		assert_content("f", "x");
	}
	/* Two opens, three writes, mode, two syncs, rename; then none. */
	ck_assert_uint_eq(k, 10);
}
END_TEST

START_TEST(a_close_that_fails_fails_the_replacement)
{
	tempdir_write("f", "old");
	below.close_error = EIO;
	ck_assert_int_eq(file_replace(fs, AT_FDCWD, "f", "new", 3, 0600),
	    PH_EIO);
	assert_content("f", "old");
}
END_TEST

static void
add_calls(Suite *suite)
{
	TCase *tests;

	tests = tcase_create("calls");
	tcase_add_checked_fixture(tests, begin, end);
	tcase_add_test(tests, short_writes_and_reads_go_on);
	tcase_add_test(tests, interrupted_calls_are_made_again);
	tcase_add_loop_test(tests, errno_becomes_a_code, 0,
	    (int)(sizeof(errors) / sizeof(errors[0])));
	tcase_add_test(tests, a_device_that_takes_nothing_fails);
	tcase_add_test(tests, symbolic_links_are_not_followed);
	tcase_add_test(tests, descriptors_are_not_inherited);
	tcase_add_test(tests, names_come_and_go);
	tcase_add_test(tests, cloning_works_or_is_not_applicable);
	tcase_add_test(tests, whole_files_are_read_behind_what_is_there);
	tcase_add_test(tests, a_buffer_that_is_too_small_says_so);
	suite_add_tcase(suite, tests);
}

int
main(void)
{
	Suite *suite;
	TCase *tests;

	suite = suite_create("file");
	add_calls(suite);
	tests = tcase_create("directories");
	tcase_add_checked_fixture(tests, begin, end);
	tcase_add_test(tests, a_directory_is_listed);
	tcase_add_test(tests, many_names_are_listed);
	tcase_add_test(tests, a_tree_is_removed_and_nothing_else);
	tcase_add_test(tests, a_tree_that_is_too_deep_is_refused);
	suite_add_tcase(suite, tests);
	tests = tcase_create("replace");
	tcase_add_checked_fixture(tests, begin, end);
	tcase_add_test(tests, a_file_is_replaced);
	tcase_add_test(tests, what_a_crash_left_does_not_disturb);
	tcase_add_test(tests, the_order_of_a_replacement_is_the_safe_one);
	tcase_add_loop_test(tests, whatever_fails_the_file_is_whole, 0, 6);
	tcase_add_test(tests, a_close_that_fails_fails_the_replacement);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
