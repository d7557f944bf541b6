/*
 * What clients see: a version is there as a whole, or not at all.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/store/blob.h"
#include "syncd/store/published.h"
#include "syncd/store/staging.h"
#include "tests/unit/check_main.h"
#include "tests/unit/mounts.h"
#include "tests/unit/syncd/base/fault_files.h"
#include "tests/unit/syncd/store/fixture.h"

#define NFILES 3u
#define SIZE 20000u

static struct fixture f;
static uint8_t data[SIZE];
static struct published_file files[NFILES];
static struct published_version version;

/* Three blobs, and a version of them. */
static void
make_version(void)
{
	static const char *const names[NFILES] = { "disk.img", "disk.idx",
		"notes" };
	size_t i;

	for (i = 0; i < NFILES; i++) {
		files[i].name = names[i];
		files[i].size = 5000 * (i + 1);
		fixture_adopt(&f, data, files[i].size, &files[i].blob);
	}
	version.image = "winxp";
	version.version = "9";
	version.files = files;
	version.nfiles = NFILES;
}

static void
setup(void)
{
	fixture_begin(&f);
	fixture_fill(data, SIZE, 4);
	make_version();
}

static void
teardown(void)
{
	fixture_end(&f);
}

static int
staging(void)
{
	return store_dir(f.store, STORE_STAGING);
}

static int
published(void)
{
	return store_dir(f.store, STORE_PUBLISHED);
}

/* Whether the version is there, whole and right; never half. */
static int
visible(void)
{
	char path[100];
	size_t i;
	int r;

	r = published_check(f.store, &version);
	if (!fixture_exists(published(), "winxp/9")) {
		ck_assert_int_eq(r, PH_EABSENT);
		return 0;
	}
	ck_assert_int_eq(r, PH_OK);
	for (i = 0; i < NFILES; i++) {
		(void)snprintf(path, sizeof(path), "winxp/9/%s", files[i].name);
		ck_assert(
		    fixture_holds(published(), path, data, files[i].size));
	}
	return 1;
}

START_TEST(shown_and_hidden)
{
	struct stat st, blob;
	struct blob b;
	char hex[DIGEST_HEX_SIZE];
	mode_t mask;

	mask = umask(077);
	ck_assert(!visible());
	ck_assert_int_eq(published_build(f.store, &version, "01"), PH_OK);
	ck_assert(!visible());
	ck_assert_int_eq(published_show(f.store, "winxp", "9", "01"), PH_OK);
	(void)umask(mask);
	ck_assert(visible());
	ck_assert_uint_eq(fixture_count(staging()), 0);
	/* Readable by everyone, writable by nobody. */
	ck_assert_int_eq(fstatat(published(), "winxp", &st, 0), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0755);
	ck_assert_int_eq(fstatat(published(), "winxp/9", &st, 0), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0755);
	ck_assert_int_eq(fstatat(published(), "winxp/9/disk.img", &st, 0), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0444);
	/* A link to the blob or a clone of it; the blob stays sound. */
	digest_hex(&files[0].blob, hex);
	ck_assert_int_eq(fstatat(store_dir(f.store, STORE_BLOBS), hex, &blob,
			     0),
	    0);
	ck_assert(st.st_ino == blob.st_ino || st.st_nlink == 1);
	ck_assert_int_eq(blob_look(f.store, &files[0].blob, &b), PH_OK);
	ck_assert_int_eq(b.state, BLOB_SOUND);

	ck_assert_int_eq(published_hide(f.store, "winxp", "9", "02"), PH_OK);
	ck_assert(!visible());
	ck_assert_uint_eq(fixture_count(published()), 0);
	ck_assert_int_eq(published_hide(f.store, "winxp", "9", "03"),
	    PH_EABSENT);
	ck_assert_uint_eq(fixture_count(staging()), 1);
	ck_assert_int_eq(published_drop(f.store, "02"), PH_OK);
	ck_assert_int_eq(published_drop(f.store, "02"), PH_OK);
	ck_assert_uint_eq(fixture_count(staging()), 0);
	ck_assert_int_eq(blob_look(f.store, &files[0].blob, &b), PH_OK);
	ck_assert_int_eq(b.state, BLOB_SOUND);
}
END_TEST

START_TEST(two_versions)
{
	ck_assert_int_eq(published_build(f.store, &version, "01"), PH_OK);
	ck_assert_int_eq(published_show(f.store, "winxp", "9", "01"), PH_OK);
	ck_assert_int_eq(published_build(f.store, &version, "02"), PH_OK);
	ck_assert_int_eq(published_show(f.store, "winxp", "9", "02"),
	    PH_EEXISTS);
	ck_assert_int_eq(published_show(f.store, "winxp", "10", "02"), PH_OK);
	/* The image's directory stays while a version is in it. */
	ck_assert_int_eq(published_hide(f.store, "winxp", "10", "03"), PH_OK);
	ck_assert(visible());
	/* A tag that is taken changes nothing. */
	ck_assert_int_eq(published_hide(f.store, "winxp", "9", "03"),
	    PH_EEXISTS);
	ck_assert(visible());
	ck_assert_int_eq(published_show(f.store, "winxp", "11", "04"),
	    PH_EABSENT);
}
END_TEST

START_TEST(names)
{
	static const char *const bad[] = { "", ".", "..", "a/b", ".hidden",
		"/abs" };
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_int_eq(published_show(f.store, bad[i], "9", "01"),
		    PH_ENAME);
		ck_assert_int_eq(published_show(f.store, "winxp", bad[i], "01"),
		    PH_ENAME);
		ck_assert_int_eq(published_hide(f.store, bad[i], "9", "01"),
		    PH_ENAME);
		files[1].name = bad[i];
		ck_assert_int_eq(published_build(f.store, &version, "01"),
		    PH_ENAME);
		ck_assert_uint_eq(fixture_count(staging()), 0);
		version.image = bad[i];
		ck_assert_int_eq(published_check(f.store, &version), PH_ENAME);
		version.image = "winxp";
	}
	ck_assert_int_eq(published_build(f.store, &version, "G"), PH_ENAME);
	ck_assert_int_eq(published_drop(f.store, "../../x"), PH_ENAME);
	ck_assert_uint_eq(fixture_count(published()), 0);
}
END_TEST

START_TEST(blobs_that_are_wrong)
{
	files[1].size++;
	ck_assert_int_eq(published_build(f.store, &version, "01"), PH_EABSENT);
	files[1].size--;
	ck_assert_int_eq(blob_remove(f.store, &files[2].blob), PH_OK);
	ck_assert_int_eq(published_build(f.store, &version, "01"), PH_EABSENT);
	ck_assert_uint_eq(fixture_count(staging()), 0);
}
END_TEST

START_TEST(checked)
{
	ck_assert_int_eq(published_build(f.store, &version, "01"), PH_OK);
	ck_assert_int_eq(published_show(f.store, "winxp", "9", "01"), PH_OK);
	ck_assert_int_eq(published_check(f.store, &version), PH_OK);
	version.nfiles = 2;
	ck_assert_int_eq(published_check(f.store, &version), PH_EDIGEST);
	version.nfiles = 3;
	files[0].size++;
	ck_assert_int_eq(published_check(f.store, &version), PH_EDIGEST);
	files[0].size--;
	fixture_write(published(), "winxp/9/more", "x", 1);
	ck_assert_int_eq(published_check(f.store, &version), PH_EDIGEST);
	ck_assert_int_eq(unlinkat(published(), "winxp/9/more", 0), 0);
	ck_assert_int_eq(unlinkat(published(), "winxp/9/notes", 0), 0);
	ck_assert_int_eq(published_check(f.store, &version), PH_EDIGEST);
	ck_assert_int_eq(symlinkat("x", published(), "winxp/9/notes"), 0);
	ck_assert_int_eq(published_check(f.store, &version), PH_EDIGEST);
}
END_TEST

struct listed {
	unsigned int n;
	char text[100];
	int result;
};

static int
note(void *cookie, const char *image, const char *v)
{
	struct listed *listed = cookie;

	listed->n++;
	(void)snprintf(listed->text, sizeof(listed->text), "%s@%s", image, v);
	return listed->result;
}

START_TEST(listing)
{
	struct listed listed;

	memset(&listed, 0, sizeof(listed));
	ck_assert_int_eq(published_list(f.store, note, &listed), PH_OK);
	ck_assert_uint_eq(listed.n, 0);
	ck_assert_int_eq(published_build(f.store, &version, "01"), PH_OK);
	ck_assert_int_eq(published_show(f.store, "winxp", "9", "01"), PH_OK);
	ck_assert_int_eq(published_list(f.store, note, &listed), PH_OK);
	ck_assert_uint_eq(listed.n, 1);
	ck_assert_str_eq(listed.text, "winxp@9");
	ck_assert_int_eq(published_build(f.store, &version, "02"), PH_OK);
	ck_assert_int_eq(published_show(f.store, "os2", "3", "02"), PH_OK);
	fixture_write(published(), "index.html", "x", 1);
	listed.n = 0;
	ck_assert_int_eq(published_list(f.store, note, &listed), PH_OK);
	ck_assert_uint_eq(listed.n, 2);
	listed.result = PH_ECANCELED;
	ck_assert_int_eq(published_list(f.store, note, &listed), PH_ECANCELED);
}
END_TEST

/* Publish, and take away again, stopping at any call. */
START_TEST(stopped_anywhere)
{
	struct fault_files faults;
	struct failure failure;
	struct store *s;
	unsigned int k;
	int r, fired;

	fault_files_init(&faults, &f.system);
	ck_assert_int_eq(store_open(&faults.files, f.path, &s, &failure),
	    PH_OK);
	k = 0;
	do {
		fault_files_arm(&faults, (enum fault_kind)_i, ++k, 0);
		r = published_build(s, &version, "01");
		if (r == PH_OK)
			r = published_show(s, "winxp", "9", "01");
		fired = fault_files_fired(&faults);
		fault_files_disarm(&faults);
		if (r == PH_OK)
			ck_assert(visible());
		else
			ck_assert(fired);
		/* What a start does: clean up, and show what is missing. */
		ck_assert_int_eq(staging_clean(f.store), PH_OK);
		if (!visible()) {
			ck_assert_int_eq(published_build(f.store, &version,
					     "02"),
			    PH_OK);
			ck_assert_int_eq(published_show(f.store, "winxp", "9",
					     "02"),
			    PH_OK);
		}
		ck_assert(visible());
		ck_assert_int_eq(published_hide(f.store, "winxp", "9", "03"),
		    PH_OK);
		ck_assert_int_eq(staging_clean(f.store), PH_OK);
	} while (fired);
	ck_assert_uint_gt(k, 15);
	k = 0;
	do {
		if (!visible()) {
			ck_assert_int_eq(published_build(f.store, &version,
					     "02"),
			    PH_OK);
			ck_assert_int_eq(published_show(f.store, "winxp", "9",
					     "02"),
			    PH_OK);
		}
		fault_files_arm(&faults, (enum fault_kind)_i, ++k, 0);
		r = published_hide(s, "winxp", "9", "04");
		if (r == PH_OK)
			r = published_drop(s, "04");
		fired = fault_files_fired(&faults);
		fault_files_disarm(&faults);
		ck_assert(fired || r == PH_OK);
		ck_assert(!visible() || r != PH_OK);
		ck_assert_int_eq(staging_clean(f.store), PH_OK);
		ck_assert_uint_eq(fixture_count(staging()), 0);
	} while (fired);
	ck_assert_uint_gt(k, 8);
	store_close(s);
}
END_TEST

/* All is on the disk before it is shown. */
START_TEST(order_of_calls)
{
	struct fault_files faults;
	struct failure failure;
	struct store *s;
	const char *at;

	fault_files_init(&faults, &f.system);
	ck_assert_int_eq(store_open(&faults.files, f.path, &s, &failure),
	    PH_OK);
	fault_files_disarm(&faults);
	ck_assert_int_eq(published_build(s, &version, "01"), PH_OK);
	ck_assert_ptr_nonnull(strstr(faults.trace, "notes\nfsync\n"));
	fault_files_disarm(&faults);
	ck_assert_int_eq(published_show(s, "winxp", "9", "01"), PH_OK);
	at = strstr(faults.trace, "mkdir winxp\n");
	ck_assert_ptr_nonnull(at);
	at = strstr(at, "fsync\nrename build-01 9\nfsync\nfsync\n");
	ck_assert_ptr_nonnull(at);
	store_close(s);
}
END_TEST

/* The power fails: what was shown is there, what was hidden is not. */
START_TEST(power_cut)
{
	const char *kind;

	kind = _i == 0 ? "ext4" : "xfs";
	store_close(f.store);
	f.store = NULL;
	if (!mounts_new(f.path, "image", kind, 320))
		return;
	fixture_make(&f, &f.system);
	make_version();
	ck_assert_int_eq(store_sync(f.store, STORE_ROOT), PH_OK);
	ck_assert_int_eq(published_build(f.store, &version, "01"), PH_OK);
	ck_assert_int_eq(published_show(f.store, "winxp", "9", "01"), PH_OK);
	store_close(f.store);
	mounts_cut_power(f.path, "image", kind);
	fixture_make(&f, &f.system);
	ck_assert(visible());
	ck_assert_int_eq(published_hide(f.store, "winxp", "9", "02"), PH_OK);
	store_close(f.store);
	mounts_cut_power(f.path, "image", kind);
	fixture_make(&f, &f.system);
	ck_assert(!visible());
	ck_assert_int_eq(staging_clean(f.store), PH_OK);
	store_close(f.store);
	f.store = NULL;
	mounts_end(f.path);
}
END_TEST

/* Where the file system can, files of their own that share blocks. */
START_TEST(cloned)
{
	struct stat st;

	store_close(f.store);
	f.store = NULL;
	if (!mounts_new(f.path, "image", "xfs", 320))
		return;
	fixture_make(&f, &f.system);
	make_version();
	ck_assert_int_eq(published_build(f.store, &version, "01"), PH_OK);
	ck_assert_int_eq(published_show(f.store, "winxp", "9", "01"), PH_OK);
	ck_assert(visible());
	ck_assert_int_eq(fstatat(published(), "winxp/9/notes", &st, 0), 0);
	ck_assert_uint_eq(st.st_nlink, 1);
	ck_assert_uint_eq(st.st_mode & 07777, 0444);
	store_close(f.store);
	f.store = NULL;
	mounts_end(f.path);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *t;

	suite = suite_create("published");
	t = tcase_create("published");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, shown_and_hidden);
	tcase_add_test(t, two_versions);
	tcase_add_test(t, names);
	tcase_add_test(t, blobs_that_are_wrong);
	tcase_add_test(t, checked);
	tcase_add_test(t, listing);
	tcase_add_loop_test(t, stopped_anywhere, FAULT_FAIL, FAULT_STOP + 1);
	tcase_add_test(t, order_of_calls);
	tcase_add_loop_test(t, power_cut, 0, 2);
	tcase_add_test(t, cloned);
	suite_add_tcase(suite, t);
	return check_run(suite);
}
