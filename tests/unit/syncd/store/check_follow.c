/*
 * Hashing behind a writer.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/store/follow.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/base/fault_files.h"
#include "tests/unit/syncd/store/fixture.h"

#define PIECE (1u << 20)
#define NPIECES 12u
#define SIZE ((size_t)NPIECES * PIECE + 777)

static struct fixture f;
static uint8_t piece[PIECE];
static int fd, map;

static int
create(const char *name)
{
	int made;

	made = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ck_assert_int_ge(made, 0);
	return made;
}

static void
setup(void)
{
	fixture_begin(&f);
	fd = create("file");
	map = create("map");
	ck_assert_int_eq(ftruncate(fd, (off_t)SIZE), 0);
}

static void
teardown(void)
{
	(void)close(fd);
	(void)close(map);
	fixture_end(&f);
}

/* Write a piece; every third is a hole. */
static uint64_t
write_piece(unsigned int i)
{
	size_t len;

	len = i < NPIECES ? PIECE : SIZE % PIECE;
	if (i % 3 != 2) {
		fixture_fill(piece, len, i);
		ck_assert_int_eq(pwrite(fd, piece, len, (off_t)i * PIECE),
		    (ssize_t)len);
	}
	return (uint64_t)i * PIECE + len;
}

/* The file and the map are as hashing all of it at once finds. */
static void
check_result(const struct hash_result *result)
{
	static uint8_t hashes[(SIZE / 65536 + 1) * DIGEST_SIZE];
	struct hash_result whole;
	int other;

	other = create("other");
	ck_assert_int_eq(hash_file(&f.system, fd, other, NULL, NULL, &whole),
	    PH_OK);
	ck_assert_int_eq(digest_compare(&whole.digest, &result->digest), 0);
	ck_assert_int_eq(digest_compare(&whole.map_root, &result->map_root), 0);
	ck_assert_uint_eq(whole.size, result->size);
	ck_assert_int_eq(pread(other, hashes, sizeof(hashes), 0),
	    (ssize_t)sizeof(hashes));
	ck_assert(fixture_holds(AT_FDCWD, "map", hashes, sizeof(hashes)));
	(void)close(other);
}

START_TEST(follows)
{
	struct hash_result result;
	struct follow *follow;
	unsigned int i;

	follow = follow_new(&f.system, fd, map);
	ck_assert_ptr_nonnull(follow);
	ck_assert_int_eq(follow_to(follow, 0), PH_OK);
	for (i = 0; i <= NPIECES; i++) {
		ck_assert_int_eq(follow_to(follow, write_piece(i)), PH_OK);
		if (i == 5)
			(void)usleep(20000);
	}
	ck_assert_int_eq(follow_finish(follow, &result), PH_OK);
	check_result(&result);
	follow_free(follow);
}
END_TEST

/* How often a call stands in the trace. */
static unsigned int
count_calls(const struct fault_files *faults, const char *call)
{
	unsigned int n;
	const char *at;

	n = 0;
	for (at = faults->trace; (at = strstr(at, call)) != NULL; at++)
		n++;
	return n;
}

/* Of a file that is all there it reads what it was told of, and no more. */
START_TEST(waits_to_be_told)
{
	struct hash_result result;
	struct fault_files faults;
	struct follow *follow;
	unsigned int i;

	for (i = 0; i <= NPIECES; i++)
		(void)write_piece(i);
	fault_files_init(&faults, &f.system);
	for (i = 0; i <= 2; i++) {
		fault_files_disarm(&faults);
		follow = follow_new(&faults.files, fd, map);
		ck_assert_int_eq(follow_to(follow, (uint64_t)i * PIECE), PH_OK);
		ck_assert_int_eq(follow_finish(follow, &result), PH_OK);
		follow_free(follow);
		ck_assert_uint_eq(result.size, (uint64_t)i * PIECE);
		ck_assert_uint_eq(count_calls(&faults, "pread"), i);
	}
}
END_TEST

START_TEST(stops)
{
	struct follow *follow;

	follow_free(NULL);
	follow = follow_new(&f.system, fd, map);
	follow_free(follow);
	follow = follow_new(&f.system, fd, map);
	ck_assert_int_eq(follow_to(follow, SIZE), PH_OK);
	follow_free(follow);
}
END_TEST

START_TEST(fails)
{
	struct hash_result result;
	struct fault_files faults;
	struct follow *follow;

	(void)write_piece(0);
	fault_files_init(&faults, &f.system);
	follow = follow_new(&faults.files, fd, map);
	fault_files_arm(&faults, FAULT_FAIL, 1, 0);
	ck_assert_int_eq(follow_to(follow, PIECE), PH_OK);
	while (follow_to(follow, PIECE) == PH_OK)
		(void)usleep(1000);
	ck_assert_int_eq(follow_to(follow, SIZE), PH_EIO);
	ck_assert_int_eq(follow_finish(follow, &result), PH_EIO);
	follow_free(follow);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tcase;

	suite = suite_create("follow");
	tcase = tcase_create("follow");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, follows);
	tcase_add_test(tcase, waits_to_be_told);
	tcase_add_test(tcase, stops);
	tcase_add_test(tcase, fails);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
