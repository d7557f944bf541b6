/*
 * Opening a store, and noticing that it went away.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/store/store.h"
#include "tests/unit/check_main.h"
#include "tests/unit/mounts.h"
#include "tests/unit/syncd/base/fault_files.h"
#include "tests/unit/syncd/store/fixture.h"

static struct fixture f;
static struct failure failure;

static void
setup(void)
{
	fixture_begin(&f);
}

static void
teardown(void)
{
	fixture_end(&f);
}

START_TEST(directories)
{
	unsigned int i, k;

	for (i = 0; i < STORE_NPLACES; i++) {
		ck_assert_int_ge(store_dir(f.store, (enum store_place)i), 0);
		for (k = 0; k < i; k++)
			ck_assert_int_ne(store_dir(f.store,
					     (enum store_place)i),
			    store_dir(f.store, (enum store_place)k));
		ck_assert_int_eq(store_sync(f.store, (enum store_place)i),
		    PH_OK);
	}
	fixture_write(store_dir(f.store, STORE_MAPS), "x", "y", 1);
	ck_assert_int_eq(access("store/maps/x", F_OK), 0);
	ck_assert_ptr_eq(store_files(f.store), &f.system);
	ck_assert_int_eq(store_check(f.store, &failure), PH_OK);
	store_close(NULL);
}
END_TEST

START_TEST(missing)
{
	struct store *s;

	ck_assert_int_eq(rmdir("store/maps"), 0);
	ck_assert_int_eq(store_open(&f.system, f.path, &s, &failure),
	    PH_ESTORE);
	ck_assert_int_eq(failure.code, PH_ESTORE);
	ck_assert_ptr_nonnull(strstr(failure.what, "maps"));
	ck_assert_int_eq(store_open(&f.system, "/nowhere/at/all", &s, &failure),
	    PH_ESTORE);
	fixture_write(store_dir(f.store, STORE_ROOT), "maps", "", 0);
	ck_assert_int_eq(store_open(&f.system, f.path, &s, &failure),
	    PH_ESTORE);
}
END_TEST

/* One at a time, and who it is. */
START_TEST(locked)
{
	struct store *s;

	ck_assert_int_eq(store_open(&f.system, f.path, &s, &failure), PH_OK);
	ck_assert_int_eq(store_lock(s, "the first one, and longer", &failure),
	    PH_OK);
	ck_assert_int_eq(store_lock(f.store, "other", &failure), PH_EBUSY);
	ck_assert_int_eq(failure.code, PH_EBUSY);
	ck_assert_ptr_nonnull(
	    strstr(failure.what, "the first one, and longer"));
	store_close(s);
	ck_assert_int_eq(store_lock(f.store, "other", &failure), PH_OK);
	ck_assert_int_eq(store_open(&f.system, f.path, &s, &failure), PH_OK);
	ck_assert_int_eq(store_lock(s, "the first one", &failure), PH_EBUSY);
	ck_assert_ptr_nonnull(strstr(failure.what, ": other"));
	ck_assert_ptr_null(strstr(failure.what, "longer"));
	/* What it says is not believed to be text. */
	fixture_write(store_dir(f.store, STORE_ROOT), ".packhorse.lock",
	    "a\033[31m", 6);
	ck_assert_int_eq(store_lock(s, "the first one", &failure), PH_EBUSY);
	ck_assert_ptr_null(strchr(failure.what, 033));
	store_close(s);
}
END_TEST

START_TEST(through_a_link)
{
	struct store *s;
	char path[700];

	ck_assert_int_eq(symlink("store", "link"), 0);
	(void)snprintf(path, sizeof(path), "%s/link", f.dir);
	ck_assert_int_eq(store_open(&f.system, path, &s, &failure), PH_OK);
	ck_assert_int_eq(store_check(s, &failure), PH_OK);
	store_close(s);
}
END_TEST

START_TEST(vanished)
{
	ck_assert_int_eq(rename("store", "moved"), 0);
	ck_assert_int_eq(store_check(f.store, &failure), PH_ESTORE);
	ck_assert_int_eq(mkdir("store", 0755), 0);
	ck_assert_int_eq(store_check(f.store, &failure), PH_ESTORE);
	ck_assert_ptr_nonnull(strstr(failure.what, "something else"));
	/* What failed meanwhile is blamed on it; other failures are not. */
	ck_assert_int_eq(store_blame(f.store, PH_EIO, &failure), PH_ESTORE);
	ck_assert_int_eq(store_blame(f.store, PH_EABSENT, &failure), PH_ESTORE);
	ck_assert_int_eq(store_blame(f.store, PH_ENOSPC, &failure), PH_ENOSPC);
	ck_assert_int_eq(rmdir("store"), 0);
	ck_assert_int_eq(rename("moved", "store"), 0);
	ck_assert_int_eq(store_check(f.store, &failure), PH_OK);
	ck_assert_int_eq(store_blame(f.store, PH_EIO, &failure), PH_EIO);
	/* A directory in it, too. */
	ck_assert_int_eq(rename("store/blobs", "store/blobs.old"), 0);
	ck_assert_int_eq(store_check(f.store, &failure), PH_ESTORE);
}
END_TEST

START_TEST(mounted_and_read_only)
{
	uint64_t bytes, inodes;

	store_close(f.store);
	f.store = NULL;
	if (!mounts_tmpfs(f.path, "size=1m,nr_inodes=50"))
		return;
	fixture_make(&f, &f.system);
	ck_assert_int_eq(store_check(f.store, &failure), PH_OK);
	ck_assert_int_eq(store_free_space(f.store, &bytes, &inodes), PH_OK);
	ck_assert_uint_le(bytes, 1 << 20);
	ck_assert_uint_gt(bytes, 1 << 19);
	ck_assert_uint_lt(inodes, 50);
	ck_assert_uint_gt(inodes, 20);
	mounts_set_read_only(f.path, 1);
	ck_assert_int_eq(store_check(f.store, &failure), PH_ESTORE);
	ck_assert_ptr_nonnull(strstr(failure.what, "read-only"));
	mounts_set_read_only(f.path, 0);
	ck_assert_int_eq(store_check(f.store, &failure), PH_OK);
	/* Unmounted below us: the empty mount point is not the store. */
	mounts_end(f.path);
	ck_assert_int_eq(store_check(f.store, &failure), PH_ESTORE);
}
END_TEST

START_TEST(two_file_systems)
{
	struct store *s;
	char path[700];

	(void)snprintf(path, sizeof(path), "%s/staging", f.path);
	if (!mounts_tmpfs(path, "size=1m"))
		return;
	ck_assert_int_eq(store_open(&f.system, f.path, &s, &failure),
	    PH_ESTORE);
	ck_assert_ptr_nonnull(strstr(failure.what, "staging"));
	mounts_end(path);
}
END_TEST

START_TEST(calls_that_fail)
{
	struct fault_files faults;
	struct store *s;
	unsigned int k;
	int r, fired;

	fault_files_init(&faults, &f.system);
	k = 0;
	do {
		fault_files_arm(&faults, FAULT_FAIL, ++k, 0);
		r = store_open(&faults.files, f.path, &s, &failure);
		fired = fault_files_fired(&faults);
		fault_files_disarm(&faults);
		ck_assert_int_eq(r, fired ? PH_EIO : PH_OK);
		if (r == PH_OK)
			store_close(s);
	} while (fired);
	ck_assert_uint_eq(k, STORE_NPLACES + 1);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *t;

	suite = suite_create("store");
	t = tcase_create("store");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, directories);
	tcase_add_test(t, missing);
	tcase_add_test(t, locked);
	tcase_add_test(t, through_a_link);
	tcase_add_test(t, vanished);
	tcase_add_test(t, mounted_and_read_only);
	tcase_add_test(t, two_file_systems);
	tcase_add_test(t, calls_that_fail);
	suite_add_tcase(suite, t);
	return check_run(suite);
}
