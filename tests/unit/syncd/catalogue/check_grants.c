/*
 * Grants: a new generation when the list changes and only then, who hears of
 * it, and what it lists.
 */
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/catalogue/feed.h"
#include "syncd/catalogue/grants.h"
#include "syncd/catalogue/mandate.h"
#include "syncd/catalogue/policies.h"
#include "syncd/catalogue/registry.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/catalogue/exchange.h"
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

/* Policies that retire, deny and bring back. */
static const char *const policies[] = {
	"version: 1\nallow:\n  - {to: [lab, far], images: {name: \"*\"}}\n",
	"version: 1\nallow:\n"
	"  - {to: [lab], images: {name: \"*\"}, versions: {newest: 2}}\n"
	"  - {to: [far], images: {name: \"img*\"}, versions: {newest: 1}}\n",
	"version: 1\nallow:\n"
	"  - {to: [lab], images: {name: \"*\"}, versions: {newest: 1}}\n"
	"  - {to: [far], images: {name: \"*1\"}}\n"
	"deny:\n  - {to: [lab], images: {name: \"img2\"}}\n",
};

/*
 * Whatever happened, and in whatever order: to evaluate everything changes
 * nothing, so what was decided image by image is the same.
 */
START_TEST(by_image_as_by_all)
{
	char image[16], version[16];
	struct repository *far;
	uint32_t seed;
	size_t n, step;

	far = world_site(&world, "far");
	seed = 1;
	for (step = 1; step <= 60; step++) {
		seed = seed * 1664525 + 1013904223;
		switch ((seed >> 24) % 8) {
		case 0:
			(void)world_apply(&world, policies[(seed >> 16) % 3]);
			break;
		case 1:
			exchange_contact(lab);
			break;
		case 2:
			exchange_contact(far);
			break;
		case 3:
			world_reopen(&world.primary);
			break;
		default:
			(void)snprintf(image, sizeof(image), "img%u",
			    (seed >> 16) % 4);
			/* Older ones come later, too. */
			(void)snprintf(version, sizeof(version), "%u.%zu",
			    (seed >> 8) % 5, step);
			world_publish(&world, image, version, 100, step, NULL);
		}
		ck_assert_int_eq(grants_refresh_all(world.primary.c, &n),
		    PH_OK);
		ck_assert_msg(n == 0, "step %zu", step);
	}
	invariants_check_rebuild(&world.primary);
}
END_TEST

/* What a failure came between is made up for by the next publication. */
START_TEST(made_up_for)
{
	struct publication_result result;
	struct publication *p;
	struct grant grant;
	struct failure f;

	publication_result_init(&result);
	p = world_publish_begin(&world, "img", "1", SIZE, 1);
	world_shell("mv primary/state/documents/lists lists%s", "");
	ck_assert_int_ne(publication_commit(p, &result, &f), PH_OK);
	publication_free(p);
	publication_result_fini(&result);
	world_shell("mv lists primary/state/documents/lists%s", "");
	ck_assert_uint_eq(generation(lab), 1);
	world_publish(&world, "other", "1", SIZE, 2, NULL);
	ck_assert_int_eq(grants_get(world.primary.c, &lab->id, &grant, NULL),
	    PH_OK);
	ck_assert_uint_eq(grant.items, 2);
}
END_TEST

/* To decide anew about an image without versions takes nothing away. */
START_TEST(nothing_of_an_image)
{
	uint64_t before;

	world_publish(&world, "img", "1", SIZE, 1, NULL);
	before = generation(lab);
	grants_touch(world.primary.c, "ghost");
	ck_assert_int_eq(grants_refresh_touched(world.primary.c), PH_OK);
	ck_assert_uint_eq(generation(lab), before);
}
END_TEST

/* Publish; what is said of it. */
static int
publish(const char *version, struct failure *f)
{
	struct publication_result result;
	struct publication *p;
	int r;

	publication_result_init(&result);
	p = world_publish_begin(&world, "img", version, SIZE, 1);
	r = publication_commit(p, &result, f);
	publication_free(p);
	publication_result_fini(&result);
	return r;
}

/*
 * "Published" is not said before grants are made: neither at first nor when it
 * is published again.  A site that comes meanwhile is told why not, and gets
 * what its grant lacked as soon as it can be made.
 */
START_TEST(due_until_made)
{
	struct message_state state;
	struct failure f;
	struct feed feed;

	exchange_contact(lab);
	world_shell("mv primary/state/documents/lists lists%s", "");
	ck_assert_int_ne(publish("1", &f), PH_OK);
	ck_assert_ptr_nonnull(strstr(f.what, "is recorded"));
	ck_assert_ptr_nonnull(strstr(f.next, "by itself"));
	ck_assert_int_ne(publish("1", &f), PH_OK);
	ck_assert_ptr_nonnull(strstr(f.what, "is recorded"));
	ck_assert_int_ne(grants_check(world.primary.c, &f), PH_OK);
	ck_assert_int_eq(mandate_state(lab->c, &state), PH_OK);
	feed_init(&feed);
	ck_assert_int_ne(feed_compare(world.primary.c, &lab->id, &state, &feed,
			     &f),
	    PH_OK);
	feed_fini(&feed);
	world_shell("mv lists primary/state/documents/lists%s", "");
	ck_assert_uint_eq(generation(lab), 1);
	ck_assert_int_eq(exchange_documents(lab), 1);
	ck_assert_uint_eq(generation(lab), 2);
	ck_assert_int_eq(publish("1", &f), PH_OK);
	ck_assert_int_eq(grants_check(world.primary.c, &f), PH_OK);
	ck_assert_uint_eq(generation(lab), 2);
}
END_TEST

/* One that cannot be made keeps neither others nor a start. */
START_TEST(others_do_not_wait)
{
	struct repository *far;
	struct grant grant;
	struct failure f;
	char hex[DIGEST_HEX_SIZE];
	size_t n;

	far = world_site(&world, "far");
	(void)world_apply(&world,
	    "version: 1\nallow:\n  - {to: [far], images: {name: \"img\"}}\n");
	world_publish(&world, "img", "1", SIZE, 1, NULL);
	world_publish(&world, "other", "1", SIZE, 2, NULL);
	ck_assert_int_eq(grants_get(world.primary.c, &far->id, &grant, NULL),
	    PH_OK);
	digest_hex(&grant.list, hex);
	world_shell("mv primary/state/documents/lists/%s.txt aside", hex);
	ck_assert_int_eq(policies_apply_text(world.primary.c, WORLD_ACTOR,
			     policies[0], strlen(policies[0]), "p", NULL, NULL,
			     &n, &f),
	    PH_EABSENT);
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(generation(lab), 2);
	world_reopen(&world.primary);
	ck_assert_int_ne(grants_check(world.primary.c, &f), PH_OK);
	ck_assert_int_eq(publish("2", &f), PH_EABSENT);
	ck_assert_uint_eq(generation(lab), 3);
	world_shell("mv aside primary/state/documents/lists/%s.txt", hex);
	ck_assert_int_eq(catalogue_upkeep(world.primary.c), PH_OK);
	ck_assert_int_eq(grants_check(world.primary.c, &f), PH_OK);
	invariants_check_rebuild(&world.primary);
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
	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, moves_only_with_the_list);
	tcase_add_test(t, renewed);
	tcase_add_test(t, lists);
	tcase_add_test(t, by_image_as_by_all);
	tcase_add_test(t, made_up_for);
	tcase_add_test(t, nothing_of_an_image);
	tcase_add_test(t, due_until_made);
	tcase_add_test(t, others_do_not_wait);
	tcase_add_test(t, isolated_never_expires);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return check_run(suite());
}
