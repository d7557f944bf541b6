/*
 * A site that is killed while it withdraws leaves nothing of it in the end.
 */
#include <stdio.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/catalogue/withdrawal.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/catalogue/crash.h"
#include "tests/unit/syncd/catalogue/exchange.h"
#include "tests/unit/syncd/catalogue/invariants.h"

static struct world world;
static struct repository *lab;

static void
setup(void)
{
	world_begin(&world);
	lab = world_site(&world, "lab");
	(void)world_apply(&world, CRASH_ALLOW_ALL);
}

static void
teardown(void)
{
	world_end(&world);
}

static void
narrow(struct world *w, unsigned int k)
{
	size_t n;

	(void)w;
	(void)k;
	(void)exchange_documents(lab);
	ck_assert_int_eq(withdraw_denied(lab->c, &n), PH_OK);
}

START_TEST(killed_while_withdrawing)
{
	char policy[400], version[16];
	uint8_t bytes[CRASH_SIZE];
	unsigned int k;
	int finished;
	size_t n;

	world_publish(&world, "open", "1", CRASH_SIZE, 100000, NULL);
	k = 0;
	do {
		k++;
		crash_publish(&world, k);
		exchange_contact(lab);
		(void)snprintf(version, sizeof(version), "%u", k);
		(void)snprintf(policy, sizeof(policy),
		    CRASH_ALLOW_ALL
		    "deny:\n  - to: [lab]\n    images: "
		    "{name: winxp}\n    versions: {to: \"%s\"}\n",
		    version);
		(void)world_apply(&world, policy);
		finished = crash_run(&world, lab, k, narrow);
		(void)exchange_documents(lab);
		ck_assert_int_eq(withdraw_denied(lab->c, &n), PH_OK);
		world_content(bytes, CRASH_SIZE, k);
		ck_assert_uint_eq(world_grep("lab", bytes + CRASH_SIZE / 2, 64),
		    0);
		exchange_contact(lab);
	} while (!finished);
	ck_assert_uint_gt(k, 20);
	invariants_check_rebuild(lab);
	invariants_check_rebuild(&world.primary);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s;
	TCase *t;

	s = suite_create("crash_withdrawal");
	t = tcase_create("crash_withdrawal");
	tcase_set_timeout(t, 110);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, killed_while_withdrawing);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return check_run(suite());
}
