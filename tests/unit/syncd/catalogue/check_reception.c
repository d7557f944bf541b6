/*
 * From a publication at the primary to a version that a site shows.
 */
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/catalogue/mandate.h"
#include "syncd/catalogue/needs.h"
#include "syncd/catalogue/reception.h"
#include "syncd/catalogue/withdrawal.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/catalogue/exchange.h"
#include "tests/unit/syncd/catalogue/invariants.h"

#define SIZE 300000u

#define ALLOW_ALL                                                              \
	"version: 1\nallow:\n  - to: [lab]\n    images: {name: \"*\"}\n"

static struct world world;
static struct repository *lab;

static void
setup(void)
{
	world_begin(&world);
	lab = world_site(&world, "lab");
}

static void
teardown(void)
{
	world_end(&world);
}

START_TEST(receives_and_shows)
{
	world_publish(&world, "winxp", "9", SIZE, 9, NULL);
	(void)world_apply(&world, ALLOW_ALL);
	exchange_contact(lab);
	invariants_check_granted(lab);
	ck_assert_int_eq(access("lab/store/published/winxp/9/disk.img", R_OK),
	    0);
	world_publish(&world, "winxp", "10", SIZE, 10, NULL);
	exchange_contact(lab);
	ck_assert_int_eq(access("lab/store/published/winxp/10/disk.img", R_OK),
	    0);
	invariants_check_rebuild(&world.primary);
	invariants_check_rebuild(lab);
	ck_assert(!exchange_documents(lab));
	ck_assert(!exchange_receipt(lab));
}
END_TEST

static Suite *
suite(void)
{
	Suite *s;
	TCase *t;

	s = suite_create("reception");
	t = tcase_create("reception");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, receives_and_shows);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return check_run(suite());
}
