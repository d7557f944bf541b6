/*
 * What a site takes in, from a publication at the primary to a version that it
 * shows, and what it refuses.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/catalogue/holdings.h"
#include "syncd/catalogue/mandate.h"
#include "syncd/catalogue/needs.h"
#include "syncd/catalogue/reception.h"
#include "syncd/catalogue/withdrawal.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/catalogue/exchange.h"
#include "tests/unit/syncd/catalogue/forge.h"
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

static struct failure failure;
static struct digest first;

static int
is_shown(const char *version)
{
	char below[100], path[1200];

	(void)snprintf(below, sizeof(below), "store/published/img/%s/disk.img",
	    version);
	world_path(lab, below, path);
	return access(path, R_OK) == 0;
}

static struct holdings_row
row_of(const char *version)
{
	struct holdings_head head;
	struct holdings_row row;

	ck_assert_int_eq(holdings_one(lab->c, NULL, "img", version, &head,
			     &row),
	    PH_OK);
	return row;
}

/* Give the site a grant with one item, by hand. */
static void
grant(uint64_t generation, enum grant_state state, const char *version,
    const struct digest *manifest)
{
	struct grant_item item;
	struct lineset *list;
	struct document d;

	item = forge_item(state, "img", version, manifest);
	list = forge_list(&item, 1);
	forge_grant(lab, generation, list, world.primary.key, &d);
	ck_assert_int_eq(mandate_take_grant(lab->c, &d, list, &failure), PH_OK);
	document_fini(&d);
	lineset_free(list);
}

START_TEST(receives_and_shows)
{
	world_publish(&world, "img", "9", SIZE, 9, NULL);
	exchange_contact(lab);
	ck_assert(is_shown("9"));
	world_publish(&world, "img", "10", 3 * PH_SEGMENT_SIZE / 2, 10, NULL);
	exchange_contact(lab);
	ck_assert(is_shown("9") && is_shown("10"));
	invariants_check_rebuild(&world.primary);
	invariants_check_rebuild(lab);
	ck_assert(!exchange_documents(lab));
	ck_assert(!exchange_receipt(lab));
}
END_TEST

START_TEST(embargoed_is_held_and_not_shown)
{
	int64_t since;
	size_t n;

	world_publish(&world, "img", "1", SIZE, 1, &first);
	(void)exchange_documents(lab);
	grant(10, GRANT_EMBARGO, "1", &first);
	/* The primary knows nothing of this embargo, but gives the content. */
	(void)exchange_manifests(lab);
	ck_assert_uint_eq(exchange_content(lab), 1);
	ck_assert(!is_shown("1"));
	ck_assert_str_eq(row_of("1").state, "embargoed");
	invariants_check_rebuild(lab);
	since = world.now;
	world.now += 100;
	/* Released: shown, and its evidence is as old as it was. */
	grant(11, GRANT_ALLOW, "1", &first);
	ck_assert_int_eq(reception_settle(lab->c, &n, NULL, NULL), PH_OK);
	ck_assert_uint_eq(n, 1);
	ck_assert(is_shown("1"));
	ck_assert_int_eq(row_of("1").time, since);
	grant(12, GRANT_EMBARGO, "1", &first);
	ck_assert_int_eq(reception_settle(lab->c, &n, NULL, NULL), PH_OK);
	ck_assert(!is_shown("1"));
	invariants_check_rebuild(lab);
}
END_TEST

START_TEST(relabelled_moves_nothing)
{
	struct holdings_row row;
	struct digest second;
	struct document d;
	size_t n;

	world_publish(&world, "img", "1", SIZE, 1, &first);
	exchange_contact(lab);
	forge_relabelled(&world, &first, "k", "v", &d, &second);
	grant(10, GRANT_ALLOW, "1", &second);
	ck_assert_int_eq(withdraw_denied(lab->c, &n), PH_OK);
	ck_assert_uint_eq(n, 0);
	ck_assert_int_eq(reception_manifest(lab->c, &second, &d, &failure),
	    PH_OK);
	ck_assert_uint_eq(exchange_content(lab), 0);
	ck_assert_int_eq(reception_settle(lab->c, &n, NULL, NULL), PH_OK);
	ck_assert_uint_eq(n, 1);
	ck_assert(is_shown("1"));
	row = row_of("1");
	ck_assert_int_eq(digest_compare(&row.manifest, &second), 0);
	invariants_check_rebuild(lab);
	document_fini(&d);
	/* And gone as one. */
	grant(11, GRANT_ALLOW, "2", &second);
	ck_assert_int_eq(withdraw_denied(lab->c, &n), PH_OK);
	ck_assert_uint_eq(n, 1);
	invariants_check_rebuild(lab);
}
END_TEST

START_TEST(refused_manifests)
{
	struct document d, forged;
	struct digest other;
	struct manifest m;

	world_publish(&world, "img", "1", SIZE, 1, &first);
	world_publish(&world, "img", "2", SIZE, 2, NULL);
	(void)exchange_documents(lab);
	forge_relabelled(&world, &first, "k", "v", &d, &other);
	/* Not the one that was asked for; not in the grant. */
	ck_assert_int_eq(reception_manifest(lab->c, &first, &d, &failure),
	    PH_EDIGEST);
	ck_assert_int_eq(reception_manifest(lab->c, &other, &d, &failure),
	    PH_EDENIED);
	/* In the grant, of another key than a publisher's. */
	manifest_init(&m);
	ck_assert_int_eq(manifest_decode(d.bytes, d.len, &m), PH_OK);
	grant(10, GRANT_ALLOW, "1", &other);
	forge_sign_manifest(&m, world.primary.key, &forged);
	ck_assert_int_eq(reception_manifest(lab->c, &other, &forged, &failure),
	    PH_ESIGNATURE);
	ck_assert_int_eq(reception_manifest(lab->c, &other, &d, &failure),
	    PH_OK);
	/* Other content for a version that is held. */
	ck_assert_uint_eq(exchange_content(lab), 1);
	digest_of("x", 1, &m.files[0].digest);
	document_fini(&forged);
	forge_sign_manifest(&m, world.publisher, &forged);
	document_digest(&forged, &other);
	grant(11, GRANT_ALLOW, "1", &other);
	ck_assert_int_eq(reception_manifest(lab->c, &other, &forged, &failure),
	    PH_ECONFLICT);
	ck_assert(is_shown("1"));
	manifest_fini(&m);
	document_fini(&d);
	document_fini(&forged);
}
END_TEST

START_TEST(beyond_the_ceiling)
{
	struct charter charter;
	struct document given, d;

	world_publish(&world, "img", "1", SIZE, 1, &first);
	(void)exchange_documents(lab);
	charter_init(&charter);
	ck_assert_int_eq(mandate_charter(lab->c, &charter), PH_OK);
	(void)strcpy(charter.may_hold.items[0].name, "other");
	charter.order.generation = 2;
	forge_sign_charter(&charter, world.policy, &d);
	ck_assert_int_eq(mandate_take_charter(lab->c, &d, &failure), PH_OK);
	document_init(&given);
	ck_assert_int_eq(feed_manifest(world.primary.c, &lab->id, &first,
			     &given),
	    PH_OK);
	ck_assert_int_eq(reception_manifest(lab->c, &first, &given, &failure),
	    PH_EDENIED);
	document_fini(&given);
	document_fini(&d);
	charter_fini(&charter);
}
END_TEST

START_TEST(not_taken_without_a_mandate)
{
	struct digest blob, map;
	size_t n;
	int dir;

	world_publish(&world, "img", "1", SIZE, 1, &first);
	(void)exchange_documents(lab);
	(void)exchange_manifests(lab);
	world_blob(SIZE, 1, &blob);
	dir = exchange_stage(lab, &blob, &map);
	/* Meanwhile another version is granted in its place. */
	grant(10, GRANT_ALLOW, "2", &first);
	ck_assert_int_eq(reception_complete(lab->c, &blob, dir, &map, &n, NULL,
			     NULL),
	    PH_EDENIED);
	(void)close(dir);
	ck_assert(!is_shown("1"));
	ck_assert_int_eq(withdraw_denied(lab->c, &n), PH_OK);
	ck_assert_uint_eq(n, 1);
	invariants_check_rebuild(lab);
}
END_TEST

/* What is collected of a need. */
static struct need last;

static int
on_need(void *cookie, const struct need *need)
{
	(*(size_t *)cookie)++;
	last = *need;
	return PH_OK;
}

START_TEST(bases_are_the_nearest)
{
	struct digest blob;
	size_t n;

	world_publish(&world, "img", "1", SIZE, 1, NULL);
	world_publish(&world, "img", "9", SIZE, 9, NULL);
	world_publish(&world, "img", "11", SIZE, 11, NULL);
	exchange_contact(lab);
	world_publish(&world, "img", "10", SIZE, 10, NULL);
	(void)exchange_documents(lab);
	(void)exchange_manifests(lab);
	n = 0;
	ck_assert_int_eq(needs_each(lab->c, on_need, &n), PH_OK);
	ck_assert_uint_eq(n, 1);
	ck_assert_int_eq(needs_find_bases(lab->c, &last), PH_OK);
	ck_assert_str_eq(last.version, "10");
	ck_assert_uint_eq(last.size, SIZE);
	world_blob(SIZE, 10, &blob);
	ck_assert_int_eq(digest_compare(&last.blob, &blob), 0);
	ck_assert_uint_eq(last.nbases, 3);
	ck_assert_str_eq(last.base_versions[0], "9");
	ck_assert_str_eq(last.base_versions[1], "1");
	ck_assert_str_eq(last.base_versions[2], "11");
}
END_TEST

static Suite *
suite(void)
{
	Suite *s;
	TCase *t;

	s = suite_create("reception");
	t = tcase_create("reception");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, receives_and_shows);
	tcase_add_test(t, embargoed_is_held_and_not_shown);
	tcase_add_test(t, relabelled_moves_nothing);
	tcase_add_test(t, refused_manifests);
	tcase_add_test(t, beyond_the_ceiling);
	tcase_add_test(t, not_taken_without_a_mandate);
	tcase_add_test(t, bases_are_the_nearest);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return check_run(suite());
}
