/*
 * The policy in force: a bad one changes nothing; what is odd is warned of.
 */
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/catalogue/grants.h"
#include "syncd/catalogue/policies.h"
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
}

static void
teardown(void)
{
	world_end(&world);
}

#define ALL "version: 1\nallow:\n  - {to: [lab], images: {name: \"*\"}}\n"

static struct failure failure;
static char warnings[2000];

static void
warn(void *cookie, const char *text)
{
	(void)cookie;
	(void)strcat(strcat(warnings, text), "\n");
}

static int
apply(const char *text, const char *file, size_t *nchanged)
{
	warnings[0] = '\0';
	return policies_apply_text(world.primary.c, WORLD_ACTOR, text,
	    strlen(text), file, warn, NULL, nchanged, &failure);
}

static void
must_show(const char *text)
{
	char actor[PH_TEXT_MAX + 1];
	struct buffer shown;
	struct digest digest;
	int64_t time;

	buffer_init(&shown, 1u << 20);
	ck_assert_int_eq(policies_show(world.primary.c, &shown, &time, actor,
			     &digest),
	    PH_OK);
	ck_assert_uint_eq(shown.len, strlen(text));
	ck_assert_int_eq(memcmp(shown.data, text, shown.len), 0);
	ck_assert_str_eq(actor, WORLD_ACTOR);
	ck_assert_int_eq(time, world.now);
	buffer_fini(&shown);
}

START_TEST(none)
{
	struct buffer shown;

	buffer_init(&shown, 100);
	ck_assert_int_eq(policies_show(world.primary.c, &shown, NULL, NULL,
			     NULL),
	    PH_EABSENT);
}
END_TEST

START_TEST(applied)
{
	size_t n;

	world_publish(&world, "img", "1", SIZE, 1, NULL);
	ck_assert_int_eq(apply(ALL, "p.yaml", &n), PH_OK);
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(warnings, "");
	must_show(ALL);
	ck_assert_int_eq(apply(ALL, "p.yaml", &n), PH_OK);
	ck_assert_uint_eq(n, 0);
	world_reopen(&world.primary);
	must_show(ALL);
	world_publish(&world, "img", "2", SIZE, 2, NULL);
	invariants_check_rebuild(&world.primary);
}
END_TEST

static unsigned int ndue;

static void
on_notice(void *cookie, const char *text)
{
	(void)cookie;
	ndue += strstr(text, "grants are not made yet") != NULL;
}

/* How many notices say that grants are not made. */
static unsigned int
count_due(void)
{
	ndue = 0;
	catalogue_notices(world.primary.c, on_notice, NULL);
	return ndue;
}

/* A policy is in force though its grants cannot be made; they follow. */
START_TEST(grants_follow)
{
	struct grant grant;
	size_t n;

	world_publish(&world, "img", "1", SIZE, 1, NULL);
	world_shell("mv primary/state/documents/lists aside%s", "");
	ck_assert_int_ne(apply(ALL, "p.yaml", &n), PH_OK);
	ck_assert_ptr_nonnull(strstr(failure.what, "is recorded"));
	ck_assert_ptr_nonnull(strstr(failure.next, "by itself"));
	must_show(ALL);
	ck_assert_uint_eq(count_due(), 1);
	ck_assert_int_eq(catalogue_upkeep(world.primary.c), PH_OK);
	ck_assert_uint_eq(count_due(), 1);
	world_shell("mv aside primary/state/documents/lists%s", "");
	ck_assert_int_eq(catalogue_upkeep(world.primary.c), PH_OK);
	ck_assert_uint_eq(count_due(), 0);
	ck_assert_int_eq(grants_get(world.primary.c, &lab->id, &grant, NULL),
	    PH_OK);
	ck_assert_uint_eq(grant.items, 1);
}
END_TEST

START_TEST(bad_one_changes_nothing)
{
	size_t n;

	ck_assert_int_eq(apply(ALL, "p.yaml", &n), PH_OK);
	ck_assert_int_eq(apply("version: 1\nallow: 3\n", "p.yaml", &n),
	    PH_EPOLICY);
	ck_assert_str_eq(failure.where, "p.yaml:2:8");
	ck_assert_ptr_nonnull(strstr(failure.next, "was not changed"));
	ck_assert_int_eq(apply(ALL "    more: 1\n", "p.yaml", &n), PH_EPOLICY);
	ck_assert_ptr_nonnull(strstr(failure.next, "was not changed"));
	must_show(ALL);
}
END_TEST

START_TEST(warned)
{
	struct registration record;
	size_t n;

	ck_assert_int_eq(apply("version: 1\nallow:\n"
			       "  - {to: [lab, oslo], images: {name: img}}\n",
			     "p.yaml", &n),
	    PH_OK);
	ck_assert_ptr_nonnull(strstr(warnings, "no repository oslo (yet)"));
	ck_assert_ptr_nonnull(
	    strstr(warnings, "p.yaml:3:5: no published image matches \"img\""));
	ck_assert_ptr_null(strstr(warnings, "lab"));
	world_registration(lab, &record);
	ck_assert_int_eq(registry_set(world.primary.c, WORLD_ACTOR, &record,
			     REGISTRY_REMOVED, &failure),
	    PH_OK);
	ck_assert_int_eq(apply(ALL, "p.yaml", &n), PH_OK);
	ck_assert_ptr_nonnull(strstr(warnings, "lab was removed"));
}
END_TEST

/* Whatever a file is called, the log can be read again. */
START_TEST(odd_file_names)
{
	char name[1200];
	size_t n;

	ck_assert_int_eq(apply(ALL, "a\nb\x01", &n), PH_OK);
	ck_assert_int_eq(apply(ALL, "", &n), PH_OK);
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	ck_assert_int_eq(apply(ALL, name, &n), PH_OK);
	ck_assert_int_ne(apply(ALL, "\xff", &n), PH_OK);
	must_show(ALL);
	world_reopen(&world.primary);
	invariants_check_rebuild(&world.primary);
	must_show(ALL);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s;
	TCase *t;

	s = suite_create("policies");
	t = tcase_create("policies");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, none);
	tcase_add_test(t, applied);
	tcase_add_test(t, grants_follow);
	tcase_add_test(t, bad_one_changes_nothing);
	tcase_add_test(t, warned);
	tcase_add_test(t, odd_file_names);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return check_run(suite());
}
