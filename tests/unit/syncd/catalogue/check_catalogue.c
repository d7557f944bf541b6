/*
 * The catalogue as a whole: what it says of an index that failed.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/catalogue/context.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/catalogue/world.h"

static struct world world;
static struct failure failure;
static unsigned int ntold;

static void
setup(void)
{
	world_begin(&world);
	ntold = 0;
}

static void
teardown(void)
{
	world_end(&world);
}

/* From here on the disk takes nothing that is written, or all again. */
static void
set_disk(int broken)
{
	struct rlimit limit;

	(void)signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = broken ? 1 : limit.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* A commit to the index of the primary fails. */
static void
fail_commit(void)
{
	struct index_txn *txn;

	set_disk(1);
	ck_assert_int_eq(index_begin(world.primary.c->index, INDEX_WRITE, &txn),
	    PH_OK);
	ck_assert_int_eq(index_put(txn, INDEX_META, "x", 1, "y", 1), PH_OK);
	ck_assert_int_eq(index_commit(txn), PH_EIO);
	set_disk(0);
}

static void
on_notice(void *cookie, const char *text)
{
	(void)cookie;
	ntold += strstr(text, "the index is damaged") != NULL;
}

START_TEST(index_that_failed_is_used_again)
{
	struct digest manifest;

	world_publish(&world, "disk", "1", 1000, 1, &manifest);
	fail_commit();
	ck_assert_int_eq(catalogue_check_index(world.primary.c, &failure),
	    PH_OK);
	fail_commit();
	world_publish(&world, "disk", "2", 1000, 2, &manifest);
	world_reopen(&world.primary);
	ck_assert_int_eq(world.primary.c->rebuilt, 0);
}
END_TEST

START_TEST(index_that_was_damaged_meanwhile_is_made_anew_by_a_start)
{
	static const uint8_t noise[64] = { 0xff, 0xfe };
	struct digest manifest;
	int fd;

	world_publish(&world, "disk", "1", 1000, 1, &manifest);
	fail_commit();
	fd = open("primary/state/index/data.mdb", O_WRONLY | O_CLOEXEC);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(pwrite(fd, noise, sizeof(noise), 0), sizeof(noise));
	ck_assert_int_eq(close(fd), 0);
	ck_assert_int_eq(catalogue_check_index(world.primary.c, &failure),
	    PH_EDIGEST);
	ck_assert_str_eq(failure.what, "the index is damaged");
	catalogue_notices(world.primary.c, on_notice, NULL);
	ck_assert_uint_eq(ntold, 1);
	world_reopen(&world.primary);
	ck_assert_int_eq(world.primary.c->rebuilt, 1);
	ck_assert_int_eq(catalogue_check_index(world.primary.c, &failure),
	    PH_OK);
	world_publish(&world, "disk", "2", 1000, 2, &manifest);
}
END_TEST

int
main(void)
{
	Suite *s;
	TCase *t;

	s = suite_create("catalogue");
	t = tcase_create("index");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, index_that_failed_is_used_again);
	tcase_add_test(t,
	    index_that_was_damaged_meanwhile_is_made_anew_by_a_start);
	suite_add_tcase(s, t);
	return check_run(s);
}
