/*
 * A site that is killed anywhere in a contact goes on from there.
 */
#include <check.h>

#include "proto/errors.h"
#include "syncd/catalogue/reception.h"
#include "syncd/catalogue/withdrawal.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/catalogue/crash.h"
#include "tests/unit/syncd/catalogue/exchange.h"
#include "tests/unit/syncd/catalogue/invariants.h"

/* Few are held at a time, so that a round takes as long as the first. */
#define POLICY                                                                 \
	"version: 1\nallow:\n  - to: [lab]\n    images: {name: \"*\"}\n"       \
	"    versions: {newest: 2}\n"

static struct world world;
static struct repository *lab;

static void
setup(void)
{
	world_begin(&world);
	lab = world_site(&world, "lab");
	(void)world_apply(&world, POLICY);
}

static void
teardown(void)
{
	world_end(&world);
}

/* A contact up to the end of reception. */
static void
receive(struct world *w, unsigned int k)
{
	size_t n;

	(void)w;
	(void)k;
	(void)exchange_documents(lab);
	ck_assert_int_eq(withdraw_denied(lab->c, &n), PH_OK);
	ck_assert_int_eq(reception_settle(lab->c, &n, NULL, NULL), PH_OK);
	(void)exchange_manifests(lab);
	(void)exchange_content(lab);
	ck_assert_int_eq(withdraw_retired(lab->c, &n), PH_OK);
	(void)exchange_receipt(lab);
}

START_TEST(killed_while_receiving)
{
	unsigned int k;
	int finished;

	k = 0;
	do {
		k++;
		crash_publish(&world, k);
		finished = crash_run(&world, lab, k, receive);
		exchange_contact(lab);
		invariants_check_granted(lab);
		ck_assert_uint_eq(exchange_content(lab), 0);
	} while (!finished);
	ck_assert_uint_gt(k, 30);
	invariants_check_rebuild(lab);
	invariants_check_rebuild(&world.primary);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s;
	TCase *t;

	s = suite_create("crash_reception");
	t = tcase_create("crash_reception");
	tcase_set_timeout(t, 110);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, killed_while_receiving);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return check_run(suite());
}
