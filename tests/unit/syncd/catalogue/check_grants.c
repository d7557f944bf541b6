/*
 * Grants: a new generation when the list changes and only then, who hears of
 * it, and what it lists.
 */
#include <string.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/catalogue/grants.h"
#include "syncd/catalogue/registry.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/catalogue/invariants.h"

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

static unsigned int nchanges;
static struct digest changed;

static void
on_changed(void *cookie, const struct digest *id)
{
	ck_assert_ptr_eq(cookie, &world);
	nchanges++;
	changed = *id;
}

static uint64_t
generation(const struct repository *site)
{
	struct grant grant;

	ck_assert_int_eq(grants_get(world.primary.c, &site->id, &grant, NULL),
	    PH_OK);
	return grant.order.generation;
}

START_TEST(moves_only_with_the_list)
{
	struct repository *other;
	size_t n;

	other = world_site(&world, "other");
	grants_set_listener(world.primary.c, on_changed, &world);
	ck_assert_uint_eq(generation(lab), 1);
	world_publish(&world, "img", "1", SIZE, 1, NULL);
	ck_assert_uint_eq(generation(lab), 2);
	ck_assert_uint_eq(generation(other), 1);
	ck_assert_uint_eq(nchanges, 1);
	ck_assert_int_eq(digest_compare(&changed, &lab->id), 0);
	ck_assert_int_eq(grants_refresh_all(world.primary.c, &n), PH_OK);
	ck_assert_uint_eq(n, 0);
	world_reopen(&world.primary);
	ck_assert_uint_eq(generation(lab), 2);
	ck_assert_uint_eq(nchanges, 1);
	/* Out and in again. */
	(void)world_apply(&world,
	    "version: 1\ndeny:\n  - {to: [lab], images: {name: \"*\"}}\n");
	ck_assert_uint_eq(generation(lab), 3);
	invariants_check_rebuild(&world.primary);
	ck_assert_uint_eq(generation(lab), 3);
}
END_TEST

START_TEST(renewed)
{
	struct registration record;
	struct grant before, after;

	ck_assert_int_eq(grants_get(world.primary.c, &lab->id, &before, NULL),
	    PH_OK);
	world.now += 1000;
	ck_assert_int_eq(registry_get(world.primary.c, "lab", &record), PH_OK);
	ck_assert_int_eq(grants_renew(world.primary.c, &record), PH_OK);
	ck_assert_int_eq(grants_get(world.primary.c, &lab->id, &after, NULL),
	    PH_OK);
	ck_assert_uint_eq(after.order.generation, before.order.generation + 1);
	ck_assert_int_eq(after.expires, before.expires + 1000);
	ck_assert_int_eq(digest_compare(&after.list, &before.list), 0);
}
END_TEST

START_TEST(lists)
{
	struct lineset *list;
	struct digest empty, unknown;
	struct grant grant;
	const char *text;

	grants_empty_list(&empty);
	ck_assert_int_eq(grants_list(world.primary.c, &empty, &list), PH_OK);
	ck_assert_uint_eq(lineset_count(list), 0);
	lineset_free(list);
	digest_of("x", 1, &unknown);
	ck_assert_int_eq(grants_list(world.primary.c, &unknown, &list),
	    PH_EABSENT);
	world_publish(&world, "img", "1", SIZE, 1, NULL);
	ck_assert_int_eq(grants_get(world.primary.c, &lab->id, &grant, NULL),
	    PH_OK);
	ck_assert_int_eq(grants_list(world.primary.c, &grant.list, &list),
	    PH_OK);
	text = lineset_text(list, NULL);
	ck_assert_int_eq(strncmp(text, "allow sha256:", 13), 0);
	lineset_free(list);
	/* A text that was changed is not believed. */
	world_shell("for f in primary/state/documents/lists/*.txt; do "
		    "echo x > $f; done%s",
	    "");
	ck_assert_int_eq(grants_list(world.primary.c, &grant.list, &list),
	    PH_EDIGEST);
}
END_TEST

START_TEST(isolated_never_expires)
{
	struct registration record;
	struct grant grant;
	struct failure f;
	size_t n;

	ck_assert_int_eq(registry_get(world.primary.c, "lab", &record), PH_OK);
	record.reasons = CHARTER_ISOLATED_NETWORK;
	ck_assert_int_eq(registry_set(world.primary.c, WORLD_ACTOR, &record,
			     REGISTRY_REASONS, &f),
	    PH_OK);
	world_publish(&world, "img", "1", SIZE, 1, NULL);
	ck_assert_int_eq(grants_refresh_all(world.primary.c, &n), PH_OK);
	ck_assert_int_eq(grants_get(world.primary.c, &lab->id, &grant, NULL),
	    PH_OK);
	ck_assert_int_eq(grant.expires, 0);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s;
	TCase *t;

	s = suite_create("grants");
	t = tcase_create("grants");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, moves_only_with_the_list);
	tcase_add_test(t, renewed);
	tcase_add_test(t, lists);
	tcase_add_test(t, isolated_never_expires);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return check_run(suite());
}
