/*
 * Blobs that come in segments, and stay across restarts.
 */
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "proto/errors.h"
#include "proto/limits.h"
#include "syncd/store/blob.h"
#include "syncd/store/partial.h"
#include "tests/unit/check_main.h"
#include "tests/unit/mounts.h"
#include "tests/unit/syncd/base/fault_files.h"
#include "tests/unit/syncd/store/fixture.h"

#define SEGMENT 65536u
#define NSEGMENTS 11u
#define SIZE (10u * SEGMENT + 1234u)

static struct fixture f;
static struct partial *p;
static uint8_t *data;
static struct digest target;
static char name[DIGEST_HEX_SIZE];

static void
setup(void)
{
	fixture_begin(&f);
	data = malloc(SIZE);
	ck_assert_ptr_nonnull(data);
	fixture_fill(data, SIZE, 3);
	digest_of(data, SIZE, &target);
	digest_hex(&target, name);
	p = NULL;
}

static void
teardown(void)
{
	partial_close(p);
	free(data);
	fixture_end(&f);
}

/* Close and open again, as after a restart. */
static void
reopen(void)
{
	partial_close(p);
	ck_assert_int_eq(partial_open(f.store, &target, SIZE, SEGMENT, &p),
	    PH_OK);
}

/* Write a segment and note it. */
static int
put(struct partial *to, uint64_t segment)
{
	struct digest digest;
	uint32_t len;
	int r;

	len = partial_segment_len(to, segment);
	digest_of(data + segment * SEGMENT, len, &digest);
	r = partial_write(to, segment * SEGMENT, data + segment * SEGMENT, len);
	return r == PH_OK ? partial_done(to, segment, &digest) : r;
}

START_TEST(segments)
{
	reopen();
	ck_assert_uint_eq(partial_size(p), SIZE);
	ck_assert_uint_eq(partial_segment_size(p), SEGMENT);
	ck_assert_uint_eq(partial_nsegments(p), NSEGMENTS);
	ck_assert_uint_eq(partial_segment_len(p, 0), SEGMENT);
	ck_assert_uint_eq(partial_segment_len(p, NSEGMENTS - 1), 1234);
	ck_assert_ptr_eq(partial_files(p), &f.system);
	ck_assert_int_eq(put(p, 3), PH_OK);
	ck_assert_int_eq(put(p, 3), PH_OK);
	ck_assert_int_eq(put(p, NSEGMENTS - 1), PH_OK);
	ck_assert_uint_eq(partial_ndone(p), 2);
	ck_assert(partial_is_done(p, 3));
	ck_assert(!partial_is_done(p, 2));
	ck_assert_uint_lt(fixture_stored(partial_dir(p), PARTIAL_FILE),
	    3 * SEGMENT);
	ck_assert_int_eq(partial_sync(p), PH_OK);
	partial_close(NULL);
}
END_TEST

START_TEST(limits)
{
	struct partial *q;

	ck_assert_int_eq(partial_open(f.store, &target, 0, SEGMENT, &q),
	    PH_ELIMIT);
	ck_assert_int_eq(partial_open(f.store, &target, PH_BLOB_SIZE_MAX + 1,
			     SEGMENT, &q),
	    PH_ELIMIT);
	ck_assert_int_eq(partial_open(f.store, &target, SIZE, 0, &q),
	    PH_ELIMIT);
	ck_assert_int_eq(partial_open(f.store, &target, SIZE,
			     PH_SEGMENT_SIZE_MAX + 1, &q),
	    PH_ELIMIT);
	ck_assert_uint_eq(fixture_count(store_dir(f.store, STORE_STAGING)), 0);
}
END_TEST

START_TEST(across_restarts)
{
	uint64_t i;

	reopen();
	for (i = 0; i < NSEGMENTS; i += 2)
		ck_assert_int_eq(put(p, i), PH_OK);
	/* Nothing counts before it was hashed. */
	reopen();
	ck_assert_uint_eq(partial_ndone(p), 0);
	ck_assert_int_eq(partial_load(p, NULL), PH_OK);
	ck_assert_uint_eq(partial_ndone(p), 6);
	for (i = 0; i < NSEGMENTS; i++)
		ck_assert_int_eq(partial_is_done(p, i), i % 2 == 0);
	/* Bytes that are not what was noted do not count. */
	ck_assert_int_eq(pwrite(partial_fd(p), "x", 1, 4 * SEGMENT + 5), 1);
	reopen();
	ck_assert_int_eq(partial_load(p, NULL), PH_OK);
	ck_assert_uint_eq(partial_ndone(p), 5);
	ck_assert(!partial_is_done(p, 4));
	for (i = 0; i < NSEGMENTS; i++) {
		if (!partial_is_done(p, i))
			ck_assert_int_eq(put(p, i), PH_OK);
	}
	reopen();
	ck_assert_int_eq(partial_load(p, NULL), PH_OK);
	ck_assert_uint_eq(partial_ndone(p), NSEGMENTS);
	ck_assert(fixture_holds(partial_dir(p), PARTIAL_FILE, data, SIZE));
}
END_TEST

/* A list that is torn, or full of nonsense, costs time and nothing else. */
START_TEST(bad_lists)
{
	uint8_t noise[36 * 200];
	struct stat st;
	int list;

	reopen();
	ck_assert_int_eq(put(p, 1), PH_OK);
	ck_assert_int_eq(put(p, 2), PH_OK);
	list = openat(partial_dir(p), "done", O_RDWR | O_CLOEXEC);
	ck_assert_int_eq(ftruncate(list, 36 + 20), 0);
	reopen();
	ck_assert_int_eq(partial_load(p, NULL), PH_OK);
	ck_assert_uint_eq(partial_ndone(p), 1);
	ck_assert(partial_is_done(p, 1));
	ck_assert_int_eq(put(p, 2), PH_OK);
	fixture_fill(noise, sizeof(noise), 1);
	memset(noise, 0, 3);
	ck_assert_int_eq(pwrite(list, noise, sizeof(noise), 72), sizeof(noise));
	reopen();
	ck_assert_int_eq(partial_load(p, NULL), PH_OK);
	ck_assert_uint_eq(partial_ndone(p), 2);
	ck_assert_int_eq(fstat(list, &st), 0);
	ck_assert_int_eq(st.st_size, 72);
	/* Noise first: what stands behind it still counts. */
	ck_assert_int_eq(pwrite(list, noise, 36, 0), 36);
	reopen();
	ck_assert_int_eq(partial_load(p, NULL), PH_OK);
	ck_assert_uint_eq(partial_ndone(p), 1);
	ck_assert(partial_is_done(p, 2));
	(void)close(list);
}
END_TEST

START_TEST(other_size)
{
	reopen();
	ck_assert_int_eq(put(p, 1), PH_OK);
	fixture_write(partial_dir(p), "part-7", "x", 1);
	partial_close(p);
	ck_assert_int_eq(partial_open(f.store, &target, SIZE + 1, SEGMENT, &p),
	    PH_OK);
	ck_assert_int_eq(partial_load(p, NULL), PH_OK);
	ck_assert_uint_eq(partial_ndone(p), 0);
	ck_assert(!fixture_exists(partial_dir(p), "part-7"));
	ck_assert_uint_eq(fixture_stored(partial_dir(p), PARTIAL_FILE), 0);
}
END_TEST

/* Zeros are not written where there is a hole, and are where there is not. */
START_TEST(holes)
{
	reopen();
	memset(data, 0, 5 * SEGMENT);
	data[2 * SEGMENT + 100] = 1;
	ck_assert_int_eq(partial_write(p, 0, data, 5 * SEGMENT), PH_OK);
	ck_assert_uint_le(fixture_stored(partial_dir(p), PARTIAL_FILE), 16384);
	memset(data + SEGMENT, 7, 3 * SEGMENT);
	ck_assert_int_eq(partial_write(p, SEGMENT, data + SEGMENT, 3 * SEGMENT),
	    PH_OK);
	memset(data + SEGMENT, 0, SEGMENT + 777);
	ck_assert_int_eq(partial_write(p, SEGMENT + 1, data + SEGMENT + 1,
			     SEGMENT + 776),
	    PH_OK);
	ck_assert_int_eq(partial_write(p, SEGMENT, data, 1), PH_OK);
	ck_assert_int_eq(partial_write(p, 5 * SEGMENT, data + 5 * SEGMENT,
			     SIZE - 5 * SEGMENT),
	    PH_OK);
	ck_assert(fixture_holds(partial_dir(p), PARTIAL_FILE, data, SIZE));
}
END_TEST

static int
count_step(void *cookie, uint64_t done, uint64_t total)
{
	unsigned int *left = cookie;

	ck_assert_uint_le(done, total + SEGMENT);
	return --*left == 0 ? PH_ECANCELED : PH_OK;
}

START_TEST(loading_stopped)
{
	struct progress progress;
	unsigned int left;
	uint64_t i;

	reopen();
	for (i = 0; i < NSEGMENTS; i++)
		ck_assert_int_eq(put(p, i), PH_OK);
	reopen();
	progress.step = count_step;
	progress.cookie = &left;
	left = 4;
	ck_assert_int_eq(partial_load(p, &progress), PH_ECANCELED);
	reopen();
	left = 100;
	ck_assert_int_eq(partial_load(p, &progress), PH_OK);
	ck_assert_uint_eq(partial_ndone(p), NSEGMENTS);
}
END_TEST

START_TEST(discarded)
{
	reopen();
	ck_assert_int_eq(put(p, 1), PH_OK);
	partial_close(p);
	p = NULL;
	ck_assert_int_eq(partial_discard(f.store, &target), PH_OK);
	ck_assert_uint_eq(fixture_count(store_dir(f.store, STORE_STAGING)), 0);
	ck_assert_int_eq(partial_discard(f.store, &target), PH_OK);
}
END_TEST

/* Sealed, then a crash: the file can be written again, by anyone but root. */
START_TEST(sealed_and_reopened)
{
	struct blob_record record;
	const struct passwd *nobody;

	nobody = getpwnam("nobody");
	if (getuid() == 0 && nobody != NULL) {
		ck_assert_int_eq(chmod(f.path, 0777), 0);
		ck_assert_int_eq(chmod("store/staging", 0777), 0);
		ck_assert_int_eq(chmod(".", 0755), 0);
		ck_assert_int_eq(seteuid(nobody->pw_uid), 0);
	}
	reopen();
	ck_assert_int_eq(put(p, 0), PH_OK);
	ck_assert_int_eq(blob_seal(f.store, partial_fd(p), &record), PH_OK);
	reopen();
	ck_assert_int_eq(partial_load(p, NULL), PH_OK);
	ck_assert_uint_eq(partial_ndone(p), 1);
	ck_assert_int_eq(put(p, 1), PH_OK);
	if (getuid() == 0)
		ck_assert_int_eq(seteuid(0), 0);
}
END_TEST

/* Every call fails, or is the last: nothing wrong is ever believed. */
START_TEST(calls_that_fail)
{
	struct fault_files faults;
	struct failure failure;
	struct partial *q;
	struct store *s;
	unsigned int k;
	uint64_t i;
	int r, fired;

	fault_files_init(&faults, &f.system);
	ck_assert_int_eq(store_open(&faults.files, f.path, &s, &failure),
	    PH_OK);
	k = 0;
	do {
		fault_files_arm(&faults, (enum fault_kind)_i, ++k, 0);
		q = NULL;
		r = partial_open(s, &target, SIZE, SEGMENT, &q);
		if (r == PH_OK)
			r = partial_load(q, NULL);
		for (i = k % 5; i < NSEGMENTS && r == PH_OK; i += 5)
			r = put(q, i);
		if (r == PH_OK)
			r = partial_sync(q);
		partial_close(q);
		fired = fault_files_fired(&faults);
		fault_files_disarm(&faults);
		ck_assert_int_eq(r == PH_OK, !fired);
		reopen();
		ck_assert_int_eq(partial_load(p, NULL), PH_OK);
		for (i = 0; i < NSEGMENTS; i++) {
			uint8_t found[SEGMENT];
			uint32_t len;

			if (!partial_is_done(p, i))
				continue;
			len = partial_segment_len(p, i);
			ck_assert_int_eq(pread(partial_fd(p), found, len,
					     (off_t)(i * SEGMENT)),
			    len);
			ck_assert_mem_eq(found, data + i * SEGMENT, len);
		}
		if (k % 7 == 0) {
			partial_close(p);
			p = NULL;
			ck_assert_int_eq(partial_discard(f.store, &target),
			    PH_OK);
		}
	} while (fired);
	ck_assert_uint_gt(k, 12);
	store_close(s);
}
END_TEST

/* Begun as a clone of a base that is longer, then shorter. */
START_TEST(cloned)
{
	struct digest base;
	struct blob b;
	uint8_t *longer;
	char path[600];

	(void)snprintf(path, sizeof(path), "%.500s/xfs", f.dir);
	ck_assert_int_eq(mkdir(path, 0755), 0);
	longer = malloc(2 * SIZE);
	ck_assert_ptr_nonnull(longer);
	fixture_fill(longer, 2 * SIZE, 77);
	/* Where there are no clones nothing happens. */
	fixture_adopt(&f, longer, 1000, &base);
	ck_assert_int_eq(blob_open(f.store, &base, &b), PH_OK);
	reopen();
	if (partial_clone(p, b.fd) == PH_ENOTHERE)
		ck_assert_uint_eq(fixture_stored(partial_dir(p), PARTIAL_FILE),
		    0);
	blob_close(f.store, &b);
	partial_close(p);
	p = NULL;
	if (!mounts_new(path, "image", "xfs", 320)) {
		free(longer);
		return;
	}
	store_close(f.store);
	memcpy(f.path, path, sizeof(f.path));
	fixture_make(&f, &f.system);
	fixture_adopt(&f, longer, 2 * SIZE, &base);
	ck_assert_int_eq(blob_open(f.store, &base, &b), PH_OK);
	reopen();
	ck_assert_int_eq(partial_clone(p, b.fd), PH_OK);
	blob_close(f.store, &b);
	ck_assert(fixture_holds(partial_dir(p), PARTIAL_FILE, longer, SIZE));
	/* Zeros over what was cloned are written. */
	memset(longer + 8192, 0, SEGMENT);
	ck_assert_int_eq(partial_write(p, 8192, longer + 8192, SEGMENT), PH_OK);
	ck_assert(fixture_holds(partial_dir(p), PARTIAL_FILE, longer, SIZE));
	fixture_adopt(&f, longer, 5000, &base);
	ck_assert_int_eq(blob_open(f.store, &base, &b), PH_OK);
	partial_close(p);
	ck_assert_int_eq(partial_discard(f.store, &target), PH_OK);
	p = NULL;
	reopen();
	ck_assert_int_eq(partial_clone(p, b.fd), PH_OK);
	blob_close(f.store, &b);
	memset(longer + 5000, 0, SIZE - 5000);
	ck_assert(fixture_holds(partial_dir(p), PARTIAL_FILE, longer, SIZE));
	partial_close(p);
	p = NULL;
	free(longer);
	store_close(f.store);
	f.store = NULL;
	mounts_end(path);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *t;

	suite = suite_create("partial");
	t = tcase_create("partial");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, segments);
	tcase_add_test(t, limits);
	tcase_add_test(t, across_restarts);
	tcase_add_test(t, bad_lists);
	tcase_add_test(t, other_size);
	tcase_add_test(t, holes);
	tcase_add_test(t, loading_stopped);
	tcase_add_test(t, discarded);
	tcase_add_test(t, sealed_and_reopened);
	tcase_add_loop_test(t, calls_that_fail, FAULT_FAIL, FAULT_TEAR + 1);
	tcase_add_test(t, cloned);
	suite_add_tcase(suite, t);
	return check_run(suite);
}
