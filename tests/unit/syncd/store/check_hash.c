/*
 * Digest and map against those that are computed the plain way.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "proto/errors.h"
#include "proto/limits.h"
#include "syncd/store/hash.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/base/fault_files.h"
#include "tests/unit/syncd/store/fixture.h"

#define MIB (1u << 20)
#define SIZE_MAX_TESTED (5u * MIB)

static struct fixture f;
static uint8_t *data;
static int dir;

static void
setup(void)
{
	fixture_begin(&f);
	dir = store_dir(f.store, STORE_STAGING);
	data = malloc(SIZE_MAX_TESTED);
	ck_assert_ptr_nonnull(data);
	fixture_fill(data, SIZE_MAX_TESTED, 1);
}

static void
teardown(void)
{
	free(data);
	fixture_end(&f);
}

static int
open_file(const char *name, int flags)
{
	int fd;

	fd = openat(dir, name, flags | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	return fd;
}

/* The result for the first size bytes of data, with the map in "map". */
static void
check_result(const struct hash_result *result, size_t size)
{
	struct digest expected;
	uint8_t *map;
	size_t i, n, len;

	ck_assert_uint_eq(result->size, size);
	digest_of(data, size, &expected);
	ck_assert_int_eq(digest_compare(&result->digest, &expected), 0);
	n = (size + PH_MAP_BLOCK_SIZE - 1) / PH_MAP_BLOCK_SIZE;
	map = malloc(n * DIGEST_SIZE + 1);
	ck_assert_ptr_nonnull(map);
	for (i = 0; i < n; i++) {
		len = size - i * PH_MAP_BLOCK_SIZE;
		if (len > PH_MAP_BLOCK_SIZE)
			len = PH_MAP_BLOCK_SIZE;
		digest_of(data + i * PH_MAP_BLOCK_SIZE, len, &expected);
		memcpy(map + i * DIGEST_SIZE, expected.bytes, DIGEST_SIZE);
	}
	ck_assert(fixture_holds(dir, "map", map, n * DIGEST_SIZE));
	digest_of(map, n * DIGEST_SIZE, &expected);
	ck_assert_int_eq(digest_compare(&result->map_root, &expected), 0);
	free(map);
}

START_TEST(sizes)
{
	static const size_t lengths[] = { 1, 4095, 65535, 65536, 65537, 131072,
		MIB - 1, MIB, MIB + 1, 3 * MIB + 77777, SIZE_MAX_TESTED };
	struct hash_result result;
	size_t i;
	int fd, map;

	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		fixture_write(dir, "file", data, lengths[i]);
		fd = open_file("file", O_RDONLY);
		map = open_file("map", O_RDWR | O_CREAT | O_TRUNC);
		ck_assert_int_eq(hash_file(&f.system, fd, map, NULL, NULL,
				     &result),
		    PH_OK);
		check_result(&result, lengths[i]);
		(void)close(fd);
		(void)close(map);
	}
}
END_TEST

static int
add_bytes(struct hash *h, const uint8_t *bytes, size_t len)
{
	memcpy(hash_room(h), bytes, len);
	return hash_add(h, len);
}

/* Pieces of any size, data and zeros, give what the whole gives. */
START_TEST(pieces)
{
	struct hash_result result;
	struct hash *h;
	uint64_t x;
	size_t at, n;
	int map, zeros;

	memset(data + 100000, 0, 700000);
	memset(data + 2 * MIB, 0, MIB);
	map = open_file("map", O_RDWR | O_CREAT | O_TRUNC);
	h = hash_new(&f.system, map);
	ck_assert_ptr_nonnull(h);
	x = 3;
	for (at = 0; at < SIZE_MAX_TESTED; at += n) {
		x = x * UINT64_C(6364136223846793005) + 1;
		n = (size_t)(x >> 33) % (x >> 63 ? 300 : 400000);
		if (n > SIZE_MAX_TESTED - at)
			n = SIZE_MAX_TESTED - at;
		zeros = (at >= 100000 && at + n <= 800000) ||
		    (at >= 2 * MIB && at + n <= 3 * MIB);
		ck_assert_int_eq(zeros ? hash_add_zeros(h, n) :
					 add_bytes(h, data + at, n),
		    PH_OK);
	}
	ck_assert_int_eq(hash_finish(h, &result), PH_OK);
	check_result(&result, SIZE_MAX_TESTED);
	hash_free(h);
	hash_free(NULL);
	(void)close(map);
}
END_TEST

struct seen {
	uint64_t taps;
	uint64_t zeros;
	uint64_t tapped;
	uint64_t done;
	unsigned int steps;
	unsigned int stop_at;
};

static int
on_tap(void *cookie, const void *bytes, uint64_t len)
{
	struct seen *seen = cookie;

	if (bytes == NULL)
		seen->zeros += len;
	else
		ck_assert_mem_eq(bytes, data + seen->tapped, len);
	seen->tapped += len;
	seen->taps++;
	return seen->taps == seen->stop_at ? PH_ENOSPC : PH_OK;
}

static int
on_step(void *cookie, uint64_t done, uint64_t total)
{
	struct seen *seen = cookie;

	ck_assert_uint_gt(done, seen->done);
	ck_assert_uint_le(done, total);
	seen->done = done;
	seen->steps++;
	return seen->steps == seen->stop_at ? PH_ECANCELED : PH_OK;
}

START_TEST(watched)
{
	struct hash_result result;
	struct seen seen;
	struct progress progress = { on_step, &seen };
	struct progress_watch watch = { on_tap, &seen };
	uint64_t size;
	int fd;

	/* Data, 100 MiB of hole, data. */
	size = UINT64_C(100) * MIB;
	fixture_write(dir, "file", data, MIB);
	fd = open_file("file", O_RDWR);
	ck_assert_int_eq(ftruncate(fd, (off_t)size), 0);
	memset(&seen, 0, sizeof(seen));
	ck_assert_int_eq(hash_file(&f.system, fd, -1, &progress, &watch,
			     &result),
	    PH_OK);
	ck_assert_uint_eq(result.size, size);
	ck_assert_uint_eq(seen.tapped, size);
	ck_assert_uint_eq(seen.done, size);
	ck_assert_uint_ge(seen.steps, 6);
	if (fixture_stored(dir, "file") < 50 * MIB)
		ck_assert_uint_gt(seen.zeros, 50 * MIB);
	memset(&seen, 0, sizeof(seen));
	seen.stop_at = 2;
	ck_assert_int_eq(hash_file(&f.system, fd, -1, &progress, NULL, &result),
	    PH_ECANCELED);
	ck_assert_uint_eq(seen.steps, 2);
	memset(&seen, 0, sizeof(seen));
	seen.stop_at = 1;
	ck_assert_int_eq(hash_file(&f.system, fd, -1, NULL, &watch, &result),
	    PH_ENOSPC);
	(void)close(fd);
}
END_TEST

START_TEST(ranges)
{
	struct digest found, expected;
	int fd;

	fixture_write(dir, "file", data, 3 * MIB);
	fd = open_file("file", O_RDONLY);
	digest_of(data + 5, 2 * MIB + 3, &expected);
	ck_assert_int_eq(hash_range(&f.system, fd, 5, 2 * MIB + 3, &found),
	    PH_OK);
	ck_assert_int_eq(digest_compare(&found, &expected), 0);
	ck_assert_int_eq(hash_range(&f.system, fd, 3 * MIB, 0, &found), PH_OK);
	ck_assert_int_eq(hash_range(&f.system, fd, 2 * MIB, MIB + 1, &found),
	    PH_EDIGEST);
	(void)close(fd);
}
END_TEST

START_TEST(calls_that_fail)
{
	struct fault_files faults;
	struct hash_result result;
	unsigned int k;
	int fd, map, r, fired;

	fault_files_init(&faults, &f.system);
	fixture_write(dir, "file", data, 3 * MIB);
	fd = open_file("file", O_RDONLY);
	map = open_file("map", O_RDWR | O_CREAT);
	k = 0;
	do {
		fault_files_arm(&faults, FAULT_FAIL, ++k, 0);
		r = hash_file(&faults.files, fd, map, NULL, NULL, &result);
		fired = fault_files_fired(&faults);
		ck_assert_int_eq(r, fired ? PH_EIO : PH_OK);
	} while (fired);
	/* Three reads and the map. */
	ck_assert_uint_eq(k, 5);
	(void)close(fd);
	(void)close(map);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *t;

	suite = suite_create("hash");
	t = tcase_create("hash");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, sizes);
	tcase_add_test(t, pieces);
	tcase_add_test(t, watched);
	tcase_add_test(t, ranges);
	tcase_add_test(t, calls_that_fail);
	suite_add_tcase(suite, t);
	return check_run(suite);
}
