/*
 * Reservations.
 */
#include <pthread.h>
#include <string.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/store/space.h"
#include "tests/unit/check_main.h"

#define MIB (UINT64_C(1) << 20)

static struct failure failure;

/* A file system that is told what it has. */
static struct {
	uint64_t bytes;
	uint64_t inodes;
	int result;
} disk;

static int
probe(void *cookie, uint64_t *bytes, uint64_t *inodes)
{
	ck_assert_ptr_eq(cookie, &disk);
	*bytes = disk.bytes;
	*inodes = disk.inodes;
	return disk.result;
}

static void
setup(void)
{
	disk.bytes = 1000 * MIB;
	disk.inodes = 1064;
	disk.result = PH_OK;
}

START_TEST(reserved_and_spent)
{
	struct space *space;
	struct space_hold *a, *b, *c;
	uint64_t bytes, inodes;

	space = space_new(probe, &disk, 100 * MIB);
	ck_assert_int_eq(space_left(space, &bytes, &inodes), PH_OK);
	ck_assert_uint_eq(bytes, 900 * MIB);
	ck_assert_uint_eq(inodes, 1000);
	ck_assert_int_eq(space_reserve(space, "a", 500 * MIB, 400, &a,
			     &failure),
	    PH_OK);
	ck_assert_int_eq(space_reserve(space, "b", 400 * MIB, 600, &b,
			     &failure),
	    PH_OK);
	ck_assert_int_eq(space_reserve(space, "c", 1, 0, &c, &failure),
	    PH_ENOSPC);
	ck_assert_int_eq(space_reserve(space, "c", 0, 1, &c, &failure),
	    PH_ENOSPC);
	ck_assert_ptr_nonnull(strstr(failure.what, "inodes"));
	ck_assert_int_eq(space_extend(b, 1, 0, &failure), PH_ENOSPC);
	/* What is written is no longer free, and no longer promised. */
	space_spend(a, 300 * MIB, 400);
	disk.bytes -= 300 * MIB;
	disk.inodes -= 400;
	ck_assert_uint_eq(space_promised(space), 600 * MIB);
	ck_assert_int_eq(space_left(space, &bytes, &inodes), PH_OK);
	ck_assert_uint_eq(bytes, 0);
	ck_assert_uint_eq(inodes, 0);
	space_release(a);
	ck_assert_int_eq(space_left(space, &bytes, &inodes), PH_OK);
	ck_assert_uint_eq(bytes, 200 * MIB);
	ck_assert_int_eq(space_extend(b, 200 * MIB, 0, &failure), PH_OK);
	/* More than was reserved counts as all of it. */
	space_spend(b, 10000 * MIB, 10000);
	ck_assert_uint_eq(space_promised(space), 0);
	space_release(b);
	space_release(NULL);
	space_free(space);
	space_free(NULL);
}
END_TEST

START_TEST(margins)
{
	struct space *space;
	uint64_t bytes, inodes;

	space = space_new(probe, &disk, 0);
	ck_assert_int_eq(space_left(space, &bytes, &inodes), PH_OK);
	ck_assert_uint_eq(bytes, 1000 * MIB - SPACE_MARGIN_DEFAULT);
	/* Less than the margin is nothing, not very much. */
	disk.bytes = 10 * MIB;
	disk.inodes = 3;
	ck_assert_int_eq(space_left(space, &bytes, &inodes), PH_OK);
	ck_assert_uint_eq(bytes, 0);
	ck_assert_uint_eq(inodes, 0);
	space_free(space);
	/* One in a hundred of a large one. */
	disk.bytes = 100000 * MIB;
	disk.inodes = UINT64_MAX;
	space = space_new(probe, &disk, 0);
	ck_assert_int_eq(space_left(space, &bytes, &inodes), PH_OK);
	ck_assert_uint_eq(bytes, 99000 * MIB);
	ck_assert_uint_eq(inodes, UINT64_MAX);
	space_free(space);
}
END_TEST

START_TEST(refused_in_words)
{
	struct space *space;
	struct space_hold *hold;

	space = space_new(probe, &disk, 64 * MIB);
	ck_assert_int_eq(space_reserve(space, "winxp 9", 1536 * MIB, 5, &hold,
			     &failure),
	    PH_ENOSPC);
	ck_assert_int_eq(failure.code, PH_ENOSPC);
	ck_assert_str_eq(failure.what,
	    "winxp 9 needs 1.5GiB, 936.0MiB is free beside what is reserved "
	    "and a margin of 64.0MiB: 600.0MiB short");
	ck_assert_str_eq(failure.next,
	    "free or add 600.0MiB on the file system of the store");
	/* Rounded up. */
	ck_assert_int_eq(space_reserve(space, "x", 936 * MIB + 1025, 5, &hold,
			     &failure),
	    PH_ENOSPC);
	ck_assert_ptr_nonnull(strstr(failure.what, ": 1.1KiB short"));
	ck_assert_int_eq(space_reserve(space, "x", UINT64_MAX, 5, &hold,
			     &failure),
	    PH_ENOSPC);
	ck_assert_ptr_nonnull(strstr(failure.what, "needs 16.0EiB"));
	ck_assert_int_eq(space_reserve(space, "x", 936 * MIB + 1, 5, &hold,
			     &failure),
	    PH_ENOSPC);
	ck_assert_ptr_nonnull(strstr(failure.what, ": 1B short"));
	disk.result = PH_EIO;
	ck_assert_int_eq(space_reserve(space, "x", 1, 1, &hold, &failure),
	    PH_EIO);
	ck_assert_int_eq(failure.code, PH_EIO);
	ck_assert_uint_eq(space_promised(space), 0);
	space_free(space);
}
END_TEST

/* Reserve and release all the time; what is promised is never too much. */
static void *
churn(void *cookie)
{
	struct space *space = cookie;
	struct space_hold *hold;
	struct failure f;
	int i;

	for (i = 0; i < 2000; i++) {
		if (space_reserve(space, "x", 300 * MIB, 1, &hold, &f) != PH_OK)
			continue;
		space_spend(hold, MIB, 0);
		if (space_promised(space) > 900 * MIB)
			ck_abort();
		space_release(hold);
	}
	return NULL;
}

START_TEST(many_threads)
{
	pthread_t threads[4];
	struct space *space;
	int i;

	space = space_new(probe, &disk, 100 * MIB);
	for (i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, churn,
				     space),
		    0);
	for (i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	ck_assert_uint_eq(space_promised(space), 0);
	space_free(space);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *t;

	suite = suite_create("space");
	t = tcase_create("space");
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, reserved_and_spent);
	tcase_add_test(t, margins);
	tcase_add_test(t, refused_in_words);
	tcase_add_test(t, many_threads);
	suite_add_tcase(suite, t);
	return check_run(suite);
}
