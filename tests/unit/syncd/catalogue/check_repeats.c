/*
 * Told once an hour, counted meanwhile; what was not told stays due.
 */
#include <string.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/repeats.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/catalogue/world.h"

static struct world world;
static uint64_t repeats;

static void
setup(void)
{
	world_begin(&world);
}

static void
teardown(void)
{
	world_end(&world);
}

/* It happens once more: 1 when it is to be told. */
static int
happens(const char *key)
{
	int due;

	ck_assert_int_eq(repeats_count(world.primary.c, key, strlen(key), &due,
			     &repeats),
	    PH_OK);
	return due;
}

static void
tell(const char *key)
{
	ck_assert_int_eq(repeats_told(world.primary.c, key, strlen(key)),
	    PH_OK);
}

START_TEST(told_and_counted)
{
	ck_assert(happens("a"));
	ck_assert_uint_eq(repeats, 0);
	tell("a");
	ck_assert(!happens("a"));
	world.now += REPEATS_INTERVAL_S - 1;
	ck_assert(!happens("a"));
	ck_assert(happens("b"));
	world.now++;
	ck_assert(happens("a"));
	ck_assert_uint_eq(repeats, 2);
	tell("a");
	ck_assert(!happens("a"));
	ck_assert_uint_eq(repeats, 0);
}
END_TEST

START_TEST(due_until_it_is_told)
{
	ck_assert(happens("a"));
	ck_assert(happens("a"));
	tell("a");
	ck_assert(!happens("a"));
	/* It outlives a restart. */
	world_reopen(&world.primary);
	ck_assert(!happens("a"));
	world.now += REPEATS_INTERVAL_S;
	ck_assert(happens("a"));
	ck_assert(happens("a"));
	ck_assert_uint_eq(repeats, 2);
}
END_TEST

START_TEST(clock_set_back)
{
	tell("a");
	world.now -= 86400;
	ck_assert(happens("a"));
	tell("a");
	ck_assert(!happens("a"));
}
END_TEST

/* How many are counted. */
static uint64_t
rows(void)
{
	struct index_txn *txn;
	uint64_t count;

	ck_assert_int_eq(index_begin(world.primary.c->index, INDEX_READ, &txn),
	    PH_OK);
	ck_assert_int_eq(index_count(txn, INDEX_REFUSALS, &count), PH_OK);
	index_abort(txn);
	return count;
}

START_TEST(given_up_in_the_end)
{
	tell("a");
	tell("b");
	ck_assert_int_eq(catalogue_upkeep(world.primary.c), PH_OK);
	ck_assert_uint_eq(rows(), 2);
	world.now += REPEATS_KEPT_S - 1;
	ck_assert(happens("b"));
	tell("b");
	ck_assert_int_eq(catalogue_upkeep(world.primary.c), PH_OK);
	ck_assert_uint_eq(rows(), 2);
	world.now += 1;
	/* Not so soon again. */
	ck_assert_int_eq(catalogue_upkeep(world.primary.c), PH_OK);
	ck_assert_uint_eq(rows(), 2);
	world.now += REPEATS_INTERVAL_S;
	ck_assert_int_eq(catalogue_upkeep(world.primary.c), PH_OK);
	ck_assert_uint_eq(rows(), 1);
	ck_assert(happens("a"));
	/* Nor are those of a future that was taken back. */
	world.now -= 365 * 86400;
	ck_assert_int_eq(catalogue_upkeep(world.primary.c), PH_OK);
	ck_assert_uint_eq(rows(), 0);
}
END_TEST

START_TEST(damaged)
{
	struct index_txn *txn;
	int due;

	ck_assert_int_eq(index_begin(world.primary.c->index, INDEX_WRITE, &txn),
	    PH_OK);
	ck_assert_int_eq(index_put(txn, INDEX_REFUSALS, "a", 1, "short", 5),
	    PH_OK);
	ck_assert_int_eq(index_commit(txn), PH_OK);
	ck_assert_int_eq(repeats_count(world.primary.c, "a", 1, &due, &repeats),
	    PH_EDIGEST);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s;
	TCase *t;

	s = suite_create("repeats");
	t = tcase_create("repeats");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, told_and_counted);
	tcase_add_test(t, due_until_it_is_told);
	tcase_add_test(t, clock_set_back);
	tcase_add_test(t, given_up_in_the_end);
	tcase_add_test(t, damaged);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return check_run(suite());
}
