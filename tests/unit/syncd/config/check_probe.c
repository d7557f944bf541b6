/*
 * Probing: fit directories pass and are left as they were, unfit ones are
 * named with what to do.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/check_main.h"
#include "tests/unit/tempdir.h"

#include "proto/errors.h"
#include "syncd/config/probe.h"

static struct failure failure;

static void
begin(void)
{
	(void)tempdir_begin();
	memset(&failure, 0, sizeof(failure));
}

/* Entries of the directory of the test. */
static int
entries(void)
{
	DIR *d;
	int n = 0;

	d = opendir(".");
	ck_assert_ptr_nonnull(d);
	while (readdir(d) != NULL)
		n++;
	ck_assert_int_eq(closedir(d), 0);
	return n - 2;
}

static void
end(void)
{
	ck_assert_int_eq(entries(), 0);
	tempdir_end();
}

START_TEST(network_file_systems_have_names)
{
	ck_assert_str_eq(probe_remote_name(0x6969), "NFS");
	ck_assert_str_eq(probe_remote_name(0xff534d42), "CIFS");
	ck_assert_str_eq(probe_remote_name(0xfe534d42), "SMB");
	ck_assert_str_eq(probe_remote_name(0x65735546), "FUSE");
	ck_assert_str_eq(probe_remote_name(0x01021997), "9p");
	ck_assert_str_eq(probe_remote_name(0x00c36400), "CephFS");
	/* ext4, XFS, btrfs, tmpfs, overlayfs, ZFS. */
	ck_assert_ptr_null(probe_remote_name(0xef53));
	ck_assert_ptr_null(probe_remote_name(0x58465342));
	ck_assert_ptr_null(probe_remote_name(0x9123683e));
	ck_assert_ptr_null(probe_remote_name(0x01021994));
	ck_assert_ptr_null(probe_remote_name(0x794c7630));
	ck_assert_ptr_null(probe_remote_name(0x2fc12fc1));
}
END_TEST

START_TEST(a_local_file_system_is_local)
{
	/* Of every machine, /proc is its own. */
	ck_assert_int_eq(probe_local("/proc", &failure), PH_OK);
	ck_assert_int_eq(probe_local("none", &failure), PH_EABSENT);
	ck_assert_str_eq(failure.what,
	    "cannot look at the file system of "
	    "none: No such file or directory");
}
END_TEST

START_TEST(a_directory_for_tests_is_fit)
{
	ck_assert_msg(probe_store(".", &failure) == PH_OK, "%s", failure.what);
	ck_assert_int_eq(probe_writable(".", &failure), PH_OK);
	ck_assert_int_eq(entries(), 0);
}
END_TEST

START_TEST(a_directory_that_is_not_there_is_not_fit)
{
	ck_assert_int_eq(probe_store("none", &failure), PH_EABSENT);
	ck_assert_str_eq(failure.what,
	    "cannot make a directory in none: "
	    "No such file or directory");
	ck_assert_int_eq(probe_writable("none", &failure), PH_EABSENT);
}
END_TEST

START_TEST(a_directory_that_cannot_be_written_is_not_fit)
{
	int r;

	/* Not even root writes there. */
	r = probe_writable("/proc", &failure);
	ck_assert(r == PH_EPERM || r == PH_EABSENT);
	r = probe_store("/proc", &failure);
	ck_assert(r == PH_EPERM || r == PH_EABSENT);
	ck_assert_int_eq(failure.code, r);
}
END_TEST

START_TEST(space_is_told)
{
	struct probe_space space;

	ck_assert_int_eq(probe_space(".", &space, &failure), PH_OK);
	ck_assert_uint_gt(space.total, 0);
	ck_assert_uint_gt(space.free, 0);
	ck_assert_uint_le(space.free, space.total);
	ck_assert_uint_le(space.inodes_free, space.inodes);
	ck_assert_int_eq(probe_space("none", &space, &failure), PH_EABSENT);
}
END_TEST

START_TEST(modes_are_exact)
{
	ck_assert_int_eq(mkdir("d", 0700), 0);
	ck_assert_int_eq(chmod("d", 0711), 0);
	ck_assert_int_eq(probe_mode("d", 0711, &failure), PH_OK);
	ck_assert_int_eq(chmod("d", 0755), 0);
	ck_assert_int_eq(probe_mode("d", 0711, &failure), PH_EPERM);
	ck_assert_str_eq(failure.what, "d has mode 0755, not 0711");
	ck_assert_str_eq(failure.next, "chmod 0711 d");
	ck_assert_int_eq(rmdir("d"), 0);
	ck_assert_int_eq(probe_mode("d", 0711, &failure), PH_EABSENT);
	tempdir_write("f", "");
	ck_assert_int_eq(probe_mode("f", 0711, &failure), PH_EIO);
	ck_assert_str_eq(failure.what, "f is not a directory");
	ck_assert_int_eq(unlink("f"), 0);
}
END_TEST

START_TEST(a_directory_of_another_user_is_refused)
{
	const char *path = "/";

	if (geteuid() == 0) {
		ck_assert_int_eq(mkdir("d", 0711), 0);
		ck_assert_int_eq(chown("d", 65534, 65534), 0);
		path = "d";
	}
	ck_assert_int_eq(probe_mode(path, 0711, &failure), PH_EPERM);
	ck_assert_ptr_nonnull(strstr(failure.what, "belongs to user"));
	(void)rmdir("d");
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tests;

	suite = suite_create("probe");
	tests = tcase_create("probe");
	tcase_add_checked_fixture(tests, begin, end);
	tcase_add_test(tests, network_file_systems_have_names);
	tcase_add_test(tests, a_local_file_system_is_local);
	tcase_add_test(tests, a_directory_for_tests_is_fit);
	tcase_add_test(tests, a_directory_that_is_not_there_is_not_fit);
	tcase_add_test(tests, a_directory_that_cannot_be_written_is_not_fit);
	tcase_add_test(tests, space_is_told);
	tcase_add_test(tests, modes_are_exact);
	tcase_add_test(tests, a_directory_of_another_user_is_refused);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
