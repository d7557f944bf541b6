/*
 * A primary that is killed while it publishes has published the version, and
 * granted it, or not.
 */
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/catalogue/grants.h"
#include "syncd/catalogue/holdings.h"
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

/* 1 when the primary has a version. */
static int
is_published(unsigned int round)
{
	struct digest digest;
	struct manifest m;
	char version[16];
	int r;

	(void)snprintf(version, sizeof(version), "%u", round);
	manifest_init(&m);
	r = holdings_version(world.primary.c, "winxp", version, &digest, &m);
	manifest_fini(&m);
	ck_assert(r == PH_OK || r == PH_EABSENT);
	return r == PH_OK;
}

/* 1 when the grant of the site lists a version. */
static int
is_granted(unsigned int round)
{
	struct grant grant;
	struct lineset *list;
	char needle[32];
	const char *text;
	size_t len;
	int found;

	ck_assert_int_eq(grants_get(world.primary.c, &lab->id, &grant, NULL),
	    PH_OK);
	ck_assert_int_eq(grants_list(world.primary.c, &grant.list, &list),
	    PH_OK);
	text = lineset_text(list, &len);
	(void)snprintf(needle, sizeof(needle), " winxp %u\n", round);
	found = memmem(text, len, needle, strlen(needle)) != NULL;
	lineset_free(list);
	return found;
}

START_TEST(killed_while_publishing)
{
	unsigned int k;
	int finished;

	k = 0;
	do {
		k++;
		finished = crash_run(&world, &world.primary, k, crash_publish);
		ck_assert_int_eq(is_published(k), is_granted(k));
		if (!is_published(k))
			crash_publish(&world, k);
		ck_assert(is_published(k));
	} while (!finished);
	ck_assert_uint_gt(k, 20);
	exchange_contact(lab);
	invariants_check_rebuild(lab);
	invariants_check_rebuild(&world.primary);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s;
	TCase *t;

	s = suite_create("crash_publication");
	t = tcase_create("crash_publication");
	tcase_set_timeout(t, 110);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, killed_while_publishing);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return check_run(suite());
}
