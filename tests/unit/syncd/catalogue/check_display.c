/*
 * Versions appear and disappear as a whole.
 */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/display.h"
#include "syncd/catalogue/holdings.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/catalogue/invariants.h"

#define SIZE 5000u

static struct world world;

static void
setup(void)
{
	world_begin(&world);
	(void)world_site(&world, "lab");
}

static void
teardown(void)
{
	world_end(&world);
}

#define PLACE "primary/store/published/img/1"

static struct manifest m;

static void
publish(void)
{
	struct digest digest;

	world_publish(&world, "img", "1", SIZE, 1, NULL);
	manifest_init(&m);
	ck_assert_int_eq(holdings_version(world.primary.c, "img", "1", &digest,
			     &m),
	    PH_OK);
}

START_TEST(shown_and_hidden)
{
	publish();
	ck_assert_int_eq(display_show(world.primary.c, &m), PH_OK);
	ck_assert_int_eq(display_hide(world.primary.c, "img", "1"), PH_OK);
	ck_assert_int_eq(access(PLACE, F_OK), -1);
	ck_assert_int_eq(display_hide(world.primary.c, "img", "1"), PH_OK);
	ck_assert_int_eq(display_show(world.primary.c, &m), PH_OK);
	invariants_check(&world.primary);
	manifest_fini(&m);
}
END_TEST

START_TEST(what_is_not_as_it_should_be_is_replaced)
{
	publish();
	ck_assert_int_eq(unlink(PLACE "/disk.img"), 0);
	ck_assert_int_eq(display_show(world.primary.c, &m), PH_OK);
	invariants_check(&world.primary);
	world_shell("touch " PLACE "/more%s", "");
	ck_assert_int_eq(display_show(world.primary.c, &m), PH_OK);
	ck_assert_int_eq(access(PLACE "/more", F_OK), -1);
	manifest_fini(&m);
}
END_TEST

START_TEST(reconciled)
{
	publish();
	ck_assert_int_eq(display_hide(world.primary.c, "img", "1"), PH_OK);
	world_shell("mkdir -p primary/store/published/ghost/1%s", "");
	ck_assert_int_eq(display_reconcile(world.primary.c), PH_OK);
	ck_assert_int_eq(access("primary/store/published/ghost", F_OK), -1);
	invariants_check(&world.primary);
	manifest_fini(&m);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s;
	TCase *t;

	s = suite_create("display");
	t = tcase_create("display");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, shown_and_hidden);
	tcase_add_test(t, what_is_not_as_it_should_be_is_replaced);
	tcase_add_test(t, reconciled);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return check_run(suite());
}
