/*
 * Data and holes.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/store/extent.h"
#include "tests/unit/check_main.h"
#include "tests/unit/tempdir.h"

#define MIB (UINT64_C(1) << 20)

static int fd;

static void
setup(void)
{
	(void)tempdir_begin();
	fd = open("f", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
}

static void
teardown(void)
{
	(void)close(fd);
	tempdir_end();
}

START_TEST(runs)
{
	struct stat st;
	uint64_t begin, end;

	ck_assert_int_eq(ftruncate(fd, 10 * MIB), 0);
	ck_assert_int_eq(pwrite(fd, "x", 1, 2 * MIB), 1);
	ck_assert_int_eq(pwrite(fd, "x", 1, 7 * MIB), 1);
	ck_assert_int_eq(fstat(fd, &st), 0);
	if (st.st_blocks * 512 > (blkcnt_t)(5 * MIB)) {
		printf("left out: no holes here\n");
		return;
	}
	ck_assert_int_eq(extent_next(fd, 0, 10 * MIB, &begin, &end), PH_OK);
	ck_assert_uint_le(begin, 2 * MIB);
	ck_assert_uint_gt(begin, MIB);
	ck_assert_uint_gt(end, 2 * MIB);
	ck_assert_uint_lt(end, 3 * MIB);
	ck_assert_int_eq(extent_next(fd, end, 10 * MIB, &begin, &end), PH_OK);
	ck_assert_uint_le(begin, 7 * MIB);
	ck_assert_uint_gt(begin, 6 * MIB);
	ck_assert_int_eq(extent_next(fd, end, 10 * MIB, &begin, &end), PH_OK);
	ck_assert_uint_eq(begin, 10 * MIB);
	ck_assert_uint_eq(end, 10 * MIB);
	ck_assert_uint_ge(extent_count_data(fd, 10 * MIB), 2);
	ck_assert_uint_lt(extent_count_data(fd, 10 * MIB), 3 * MIB);
	ck_assert_uint_lt(extent_count_data(fd, 6 * MIB),
	    extent_count_data(fd, 10 * MIB));
	ck_assert_uint_eq(extent_count_data(fd, MIB), 0);
	/* Nothing is said about what is beyond size. */
	ck_assert_int_eq(extent_next(fd, 0, MIB, &begin, &end), PH_OK);
	ck_assert_uint_eq(begin, MIB);
	ck_assert(extent_is_hole(fd, 0, MIB));
	ck_assert(!extent_is_hole(fd, 0, 3 * MIB));
	ck_assert(extent_is_hole(fd, 8 * MIB, 2 * MIB));
}
END_TEST

START_TEST(all_data)
{
	uint64_t begin, end;

	ck_assert_int_eq(write(fd, "abc", 3), 3);
	ck_assert_int_eq(extent_next(fd, 1, 3, &begin, &end), PH_OK);
	ck_assert_uint_eq(begin, 1);
	ck_assert_uint_eq(end, 3);
	ck_assert(!extent_is_hole(fd, 0, 3));
}
END_TEST

START_TEST(not_a_file)
{
	uint64_t begin, end;
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(extent_next(fds[0], 0, 3, &begin, &end), PH_EIO);
	ck_assert(!extent_is_hole(fds[0], 0, 3));
	(void)close(fds[0]);
	(void)close(fds[1]);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *t;

	suite = suite_create("extent");
	t = tcase_create("extent");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, runs);
	tcase_add_test(t, all_data);
	tcase_add_test(t, not_a_file);
	suite_add_tcase(suite, t);
	return check_run(suite);
}
