/*
 * What is published, in the order of the evaluator.
 */
#include <string.h>

#include <check.h>

#include "proto/errors.h"
#include "proto/manifest.h"
#include "syncd/catalogue/versions.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/catalogue/world.h"

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

START_TEST(sorted)
{
	struct versions v;
	struct digest digest;
	struct manifest m;

	world_publish(&world, "b", "10", SIZE, 1, NULL);
	world_publish(&world, "b", "9", SIZE, 2, NULL);
	world_publish(&world, "a", "1", SIZE, 3, &digest);
	world_publish(&world, "ab", "1", SIZE, 4, NULL);
	versions_init(&v);
	ck_assert_int_eq(versions_load(world.primary.c, NULL, &v), PH_OK);
	ck_assert_uint_eq(v.count, 4);
	ck_assert_str_eq(v.items[0].image, "a");
	ck_assert_uint_eq(v.items[0].size, SIZE);
	ck_assert_int_eq(digest_compare(&v.items[0].manifest, &digest), 0);
	ck_assert_str_eq(v.items[1].image, "ab");
	ck_assert_str_eq(v.items[2].version, "9");
	ck_assert_str_eq(v.items[3].version, "10");
	ck_assert_ptr_eq(versions_find(&v, "b", "9"), &v.items[2]);
	ck_assert_ptr_null(versions_find(&v, "b", "8"));
	manifest_init(&m);
	(void)strcpy(m.image, "b");
	(void)strcpy(m.version, "9");
	ck_assert_int_eq(versions_add(&v, &m, &digest), PH_EEXISTS);
	(void)strcpy(m.version, "9.5");
	ck_assert_int_eq(versions_add(&v, &m, &digest), PH_OK);
	ck_assert_str_eq(v.items[3].version, "9.5");
	versions_fini(&v);
	/* One image: not those whose name it begins. */
	ck_assert_int_eq(versions_load(world.primary.c, "a", &v), PH_OK);
	ck_assert_uint_eq(v.count, 1);
	versions_fini(&v);
	ck_assert_int_eq(versions_load(world.primary.c, "none", &v), PH_OK);
	ck_assert_uint_eq(v.count, 0);
	versions_fini(&v);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s;
	TCase *t;

	s = suite_create("versions");
	t = tcase_create("versions");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, sorted);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return check_run(suite());
}
