/*
 * What is known of what a repository holds: held, not held, not known.
 */
#include <string.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/catalogue/holdings.h"
#include "syncd/catalogue/registry.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/catalogue/exchange.h"

#define SIZE 5000u

static struct world world;
static struct repository *lab;

static void
setup(void)
{
	world_begin(&world);
	lab = world_site(&world, "lab");
	(void)world_apply(&world,
	    "version: 1\nallow:\n  - {to: [lab], images: {name: \"*\"}}\n");
}

static void
teardown(void)
{
	world_end(&world);
}

static struct holdings_head head;

static struct holdings_row
row_of(struct repository *asked, const char *name, const char *version)
{
	struct registration record;
	struct holdings_row row;

	if (name != NULL)
		ck_assert_int_eq(registry_get(asked->c, name, &record), PH_OK);
	ck_assert_int_eq(holdings_one(asked->c, name == NULL ? NULL : &record,
			     "img", version, &head, &row),
	    PH_OK);
	return row;
}

START_TEST(not_known_until_it_reports)
{
	struct holdings_row row;

	world_publish(&world, "img", "1", SIZE, 1, NULL);
	row = row_of(&world.primary, "lab", "1");
	ck_assert_int_eq(row.held, HOLDINGS_UNKNOWN);
	ck_assert_str_eq(row.state, "unknown");
	ck_assert_int_eq(row.allowed, 1);
	ck_assert_int_eq(head.as_of, 0);
	(void)exchange_documents(lab);
	ck_assert(exchange_receipt(lab));
	row = row_of(&world.primary, "lab", "1");
	ck_assert_int_eq(row.held, HOLDINGS_NOT_HELD);
	ck_assert_str_eq(row.state, "absent");
	ck_assert_str_eq(row.evidence, "none");
	ck_assert_int_eq(head.as_of, world.now);
	exchange_contact(lab);
	row = row_of(&world.primary, "lab", "1");
	ck_assert_int_eq(row.held, HOLDINGS_HELD);
	ck_assert_str_eq(row.state, "visible");
	ck_assert_str_eq(row.evidence, "hashed");
	/* What is neither granted nor held. */
	row = row_of(&world.primary, "lab", "7");
	ck_assert_int_eq(row.held, HOLDINGS_NOT_HELD);
	ck_assert_int_eq(row.allowed, 0);
}
END_TEST

START_TEST(own)
{
	struct holdings_row row;

	world_publish(&world, "img", "1", SIZE, 1, NULL);
	row = row_of(&world.primary, NULL, "1");
	ck_assert_int_eq(row.held, HOLDINGS_HELD);
	ck_assert_int_eq(row.allowed, 1);
	row = row_of(lab, NULL, "1");
	ck_assert_int_eq(row.held, HOLDINGS_NOT_HELD);
	ck_assert_int_eq(row.allowed, 0);
	exchange_contact(lab);
	row = row_of(lab, NULL, "1");
	ck_assert_int_eq(row.held, HOLDINGS_HELD);
	ck_assert_int_eq(row.allowed, 1);
	ck_assert_str_eq(head.name, "lab");
	ck_assert_uint_eq(head.grant_generation, 2);
}
END_TEST

static int
on_row(void *cookie, const struct holdings_row *row)
{
	char *text = cookie;

	(void)strcat(strcat(text, row->version), " ");
	return PH_OK;
}

START_TEST(in_order)
{
	char text[100] = "";

	world_publish(&world, "img", "10", SIZE, 10, NULL);
	world_publish(&world, "img", "9", SIZE, 9, NULL);
	exchange_contact(lab);
	world_publish(&world, "img", "9.5", SIZE, 95, NULL);
	ck_assert_int_eq(holdings_of(lab->c, NULL, &head, on_row, text), PH_OK);
	ck_assert_str_eq(text, "9 10 ");
	(void)exchange_documents(lab);
	text[0] = '\0';
	ck_assert_int_eq(holdings_of(lab->c, NULL, &head, on_row, text), PH_OK);
	ck_assert_str_eq(text, "9 9.5 10 ");
}
END_TEST

static Suite *
suite(void)
{
	Suite *s;
	TCase *t;

	s = suite_create("holdings");
	t = tcase_create("holdings");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, not_known_until_it_reports);
	tcase_add_test(t, own);
	tcase_add_test(t, in_order);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return check_run(suite());
}
