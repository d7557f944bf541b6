/*
 * When nothing is to be done: until something is entered, a receipt becomes
 * old, or something is owed.
 */
#include <check.h>

#include "proto/errors.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/quiet.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/catalogue/exchange.h"

static struct world world;
static struct repository *lab;

static void
setup(void)
{
	world_begin(&world);
	lab = world_site(&world, "lab");
	(void)world_apply(&world,
	    "version: 1\nallow:\n  - {to: [lab], images: {name: \"*\"}}\n");
	world_publish(&world, "img", "1", 100, 1, NULL);
}

static void
teardown(void)
{
	world_end(&world);
}

START_TEST(until_something_happens)
{
	ck_assert(!quiet_holds(lab->c));
	exchange_contact(lab);
	ck_assert(!quiet_holds(lab->c));
	quiet_note(lab->c);
	ck_assert(quiet_holds(lab->c));
	ck_assert(!exchange_documents(lab));
	ck_assert(quiet_holds(lab->c));
	world_publish(&world, "img", "2", 100, 2, NULL);
	ck_assert(exchange_documents(lab));
	ck_assert(!quiet_holds(lab->c));
	exchange_contact(lab);
	quiet_note(lab->c);
	ck_assert(quiet_holds(lab->c));
	/* What was noted is not believed after a start. */
	world_reopen(lab);
	ck_assert(!quiet_holds(lab->c));
}
END_TEST

START_TEST(receipts)
{
	/* None was made yet; none was acknowledged. */
	ck_assert(exchange_documents(lab));
	quiet_note(lab->c);
	ck_assert(!quiet_holds(lab->c));
	exchange_contact(lab);
	quiet_note(lab->c);
	world.now += 24 * 3600 - 1;
	ck_assert(quiet_holds(lab->c));
	world.now += 1;
	ck_assert(!quiet_holds(lab->c));
	ck_assert(exchange_receipt(lab));
}
END_TEST

START_TEST(owed)
{
	exchange_contact(lab);
	quiet_note(lab->c);
	lab->c->owed_code = PH_ENOSPC;
	ck_assert(!quiet_holds(lab->c));
	lab->c->owed_code = PH_OK;
	ck_assert(quiet_holds(lab->c));
}
END_TEST

static Suite *
suite(void)
{
	Suite *s;
	TCase *t;

	s = suite_create("quiet");
	t = tcase_create("quiet");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, until_something_happens);
	tcase_add_test(t, receipts);
	tcase_add_test(t, owed);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return check_run(suite());
}
