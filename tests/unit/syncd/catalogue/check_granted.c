/*
 * Files of grants: however many publications, as many as somebody needs; and
 * the index follows from those.
 */
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/catalogue/granted.h"
#include "syncd/catalogue/grants.h"
#include "syncd/catalogue/mandate.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/catalogue/exchange.h"
#include "tests/unit/syncd/catalogue/invariants.h"

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

/* Publish versions first to last. */
static void
publish(unsigned int first, unsigned int last)
{
	char version[16];

	for (; first <= last; first++) {
		(void)snprintf(version, sizeof(version), "%u", first);
		world_publish(&world, "img", version, 10, first, NULL);
	}
}

/* How many files a pattern below the directory of the test names. */
static unsigned int
count(const char *pattern)
{
	char command[300];
	unsigned int n;
	FILE *f;

	(void)snprintf(command, sizeof(command), "ls %s 2>/dev/null | wc -l",
	    pattern);
	f = popen(command, "r");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fscanf(f, "%u", &n), 1);
	ck_assert_int_eq(pclose(f), 0);
	return n;
}

#define HEADS "primary/state/documents/grants/*.json"
#define LISTS "primary/state/documents/lists/*.txt"

START_TEST(bounded_at_primary)
{
	struct grant grant;
	struct feed feed;

	publish(1, 2);
	exchange_contact(lab);
	ck_assert_int_eq(mandate_grant(lab->c, &grant), PH_OK);
	publish(3, 3 * GRANTED_KEPT);
	ck_assert_uint_le(count(LISTS), GRANTED_KEPT + 20);
	ck_assert_uint_le(count(HEADS), 2 * GRANTED_KEPT + 20);
	world_reopen(&world.primary);
	/* In force, and what the site spoke under last. */
	ck_assert_uint_eq(count(LISTS), 2);
	ck_assert_uint_eq(count(HEADS), GRANTED_KEPT + 1);
	/* So it is told what differs, however much came meanwhile. */
	exchange_compare(lab, &feed);
	ck_assert(feed.has_grant);
	ck_assert_int_eq(digest_compare(&feed.base, &grant.list), 0);
	feed_fini(&feed);
	invariants_check_rebuild(&world.primary);
	exchange_contact(lab);
	world_reopen(&world.primary);
	ck_assert_uint_eq(count(LISTS), 1);
	ck_assert_uint_eq(count(HEADS), GRANTED_KEPT);
}
END_TEST

START_TEST(bounded_at_site)
{
	unsigned int i;

	for (i = 1; i <= 30; i++) {
		publish(i, i);
		exchange_contact(lab);
	}
	/* The list in force, the set of the last receipt; not 60. */
	ck_assert_uint_le(count("lab/state/documents/lists/*.txt"), 50);
	world_reopen(lab);
	ck_assert_uint_eq(count("lab/state/documents/lists/*.txt"), 2);
	ck_assert(!exchange_documents(lab));
	ck_assert(!exchange_receipt(lab));
	invariants_check_rebuild(lab);
	publish(31, 31);
	exchange_contact(lab);
	invariants_check_granted(lab);
}
END_TEST

/* Without the newest head, an older grant is not put in force. */
START_TEST(newest_lost)
{
	struct repository *const each[] = { &world.primary, lab };
	struct failure f;
	size_t i;

	publish(1, 3);
	exchange_contact(lab);
	for (i = 0; i < 2; i++) {
		world_close(each[i]);
		world_shell("cd %s/state && rm -r index && mkdir ../aside && "
			    "mv $(ls -v documents/grants/*-1-*.json | tail "
			    "-1) ../aside",
		    each[i]->name);
		ck_assert_int_eq(world_try_open(each[i], &f), PH_EABSENT);
		ck_assert_ptr_nonnull(strstr(f.what, "newest grant"));
		ck_assert_int_eq(world_try_open(each[i], &f), PH_EABSENT);
		world_shell("cd %s && mv aside/* state/documents/grants/",
		    each[i]->name);
		world_open(each[i]);
	}
	ck_assert(!exchange_documents(lab));
}
END_TEST

static Suite *
suite(void)
{
	Suite *s;
	TCase *t;

	s = suite_create("granted");
	t = tcase_create("granted");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, bounded_at_primary);
	tcase_add_test(t, bounded_at_site);
	tcase_add_test(t, newest_lost);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return check_run(suite());
}
