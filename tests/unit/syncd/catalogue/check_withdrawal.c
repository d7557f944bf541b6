/*
 * What is not granted any more goes, and nothing of it is left; what is only
 * superseded stays until its successor is here.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/grants.h"
#include "syncd/catalogue/holdings.h"
#include "syncd/catalogue/mandate.h"
#include "syncd/catalogue/reception.h"
#include "syncd/catalogue/withdrawal.h"
#include "tests/unit/check_main.h"
#include "tests/unit/tempdir.h"
#include "tests/unit/syncd/catalogue/exchange.h"
#include "tests/unit/syncd/catalogue/invariants.h"

#define SIZE 300000u

#define ALLOW_ALL                                                              \
	"version: 1\nallow:\n  - to: [lab]\n    images: {name: \"*\"}\n"
#define DENY_SECRET                                                            \
	ALLOW_ALL "deny:\n  - to: [lab]\n    images: {name: secret}\n"
#define NEWEST                                                                 \
	"version: 1\nallow:\n  - to: [lab]\n    images: {name: \"*\"}\n"       \
	"    versions: {newest: 1}\n"

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

/* 1 when clients see a version at the site. */
static int
is_shown(const char *image, const char *version)
{
	char below[400], path[1200];

	(void)snprintf(below, sizeof(below), "store/published/%s/%s/disk.img",
	    image, version);
	world_path(lab, below, path);
	return access(path, R_OK) == 0;
}

/* What the site says of a version: "visible", "absent", … */
static const char *
state_of(struct repository *r, const struct registration *record,
    const char *image, const char *version)
{
	struct holdings_head head;
	struct holdings_row row;

	ck_assert_int_eq(holdings_one(r->c, record, image, version, &head,
			     &row),
	    PH_OK);
	return row.state;
}

/* Nothing of some content, and no file named by it, is below a directory. */
static void
check_nothing_left(const char *dir, size_t size, uint64_t seed)
{
	char command[1600], hex[DIGEST_HEX_SIZE];
	uint8_t bytes[SIZE];
	struct digest blob;
	size_t at;

	ck_assert_uint_le(size, sizeof(bytes));
	world_content(bytes, size, seed);
	for (at = 0; at + 64 <= size; at += size / 5)
		ck_assert_uint_eq(world_grep(dir, bytes + at, 64), 0);
	world_blob(size, seed, &blob);
	digest_hex(&blob, hex);
	(void)snprintf(command, sizeof(command),
	    "test -z \"$(find %s -name '*%s*')\"", dir, hex);
	world_shell(command, "");
}

/* Put files of a blob where transfers and the store put them. */
static void
put_belongings(size_t size, uint64_t seed, uint64_t other)
{
	char hex[DIGEST_HEX_SIZE], base[DIGEST_HEX_SIZE], path[400];
	struct digest blob;

	world_blob(size, seed, &blob);
	digest_hex(&blob, hex);
	world_blob(size, other, &blob);
	digest_hex(&blob, base);
	(void)snprintf(path, sizeof(path), "lab/store/signatures/%s", hex);
	tempdir_write(path, "signature");
	(void)snprintf(path, sizeof(path), "lab/store/deltas/%s", hex);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof(path), "lab/store/deltas/%s/%s.data", hex,
	    base);
	tempdir_write(path, "to it");
	(void)snprintf(path, sizeof(path), "lab/store/deltas/%s/%s.index", hex,
	    base);
	tempdir_write(path, "to it");
	(void)snprintf(path, sizeof(path), "lab/store/deltas/%s", base);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof(path), "lab/store/deltas/%s/%s.data", base,
	    hex);
	tempdir_write(path, "from it");
	(void)snprintf(path, sizeof(path), "lab/store/deltas/%s/%s.index", base,
	    hex);
	tempdir_write(path, "from it");
}

START_TEST(denied_is_gone)
{
	struct digest manifest;
	char hex[DIGEST_HEX_SIZE], path[300];
	struct registration record;
	size_t n;

	world_publish(&world, "secret", "1", SIZE, 1, &manifest);
	world_publish(&world, "open", "1", SIZE, 2, NULL);
	(void)world_apply(&world, ALLOW_ALL);
	exchange_contact(lab);
	ck_assert(is_shown("secret", "1") && is_shown("open", "1"));
	put_belongings(SIZE, 1, 2);
	ck_assert_uint_eq(world_apply(&world, DENY_SECRET), 1);
	ck_assert(exchange_documents(lab));
	ck_assert_int_eq(withdraw_denied(lab->c, &n), PH_OK);
	ck_assert_uint_eq(n, 1);
	check_nothing_left("lab/store", SIZE, 1);
	digest_hex(&manifest, hex);
	(void)snprintf(path, sizeof(path),
	    "lab/state/documents/manifests/%s.json", hex);
	ck_assert_int_ne(access(path, F_OK), 0);
	ck_assert(!is_shown("secret", "1") && is_shown("open", "1"));
	ck_assert_str_eq(state_of(lab, NULL, "secret", "1"), "withdrawn");
	ck_assert_int_eq(withdraw_denied(lab->c, &n), PH_OK);
	ck_assert_uint_eq(n, 0);
	exchange_contact(lab);
	world_registration(lab, &record);
	record.id = lab->id;
	ck_assert_str_eq(state_of(&world.primary, &record, "secret", "1"),
	    "withdrawn");
	invariants_check_rebuild(lab);
	invariants_check_rebuild(&world.primary);
}
END_TEST

START_TEST(denied_while_it_arrives)
{
	struct digest blob, map;
	size_t n;

	world_publish(&world, "secret", "1", SIZE, 1, NULL);
	(void)world_apply(&world, ALLOW_ALL);
	(void)exchange_documents(lab);
	(void)exchange_manifests(lab);
	world_blob(SIZE, 1, &blob);
	(void)close(exchange_stage(lab, &blob, &map));
	ck_assert_str_eq(state_of(lab, NULL, "secret", "1"), "partial");
	(void)world_apply(&world, DENY_SECRET);
	(void)exchange_documents(lab);
	ck_assert_int_eq(reception_admits(lab->c, &blob), PH_EDENIED);
	ck_assert_int_eq(withdraw_denied(lab->c, &n), PH_OK);
	ck_assert_uint_eq(n, 1);
	check_nothing_left("lab/store", SIZE, 1);
	ck_assert_str_eq(state_of(lab, NULL, "secret", "1"), "withdrawn");
	invariants_check_rebuild(lab);
}
END_TEST

START_TEST(denied_before_it_arrives)
{
	size_t n;

	world_publish(&world, "secret", "1", SIZE, 1, NULL);
	(void)world_apply(&world, ALLOW_ALL);
	(void)exchange_documents(lab);
	(void)exchange_manifests(lab);
	(void)world_apply(&world, DENY_SECRET);
	(void)exchange_documents(lab);
	ck_assert_int_eq(withdraw_denied(lab->c, &n), PH_OK);
	ck_assert_uint_eq(n, 0);
	ck_assert_str_eq(state_of(lab, NULL, "secret", "1"), "absent");
	ck_assert_uint_eq(world_grep("lab/state/documents/manifests", "secret",
			      6),
	    0);
	invariants_check_rebuild(lab);
}
END_TEST

START_TEST(shared_content_stays)
{
	world_publish(&world, "secret", "1", SIZE, 1, NULL);
	world_publish(&world, "open", "1", SIZE, 1, NULL);
	(void)world_apply(&world, ALLOW_ALL);
	exchange_contact(lab);
	(void)world_apply(&world, DENY_SECRET);
	exchange_contact(lab);
	ck_assert(!is_shown("secret", "1") && is_shown("open", "1"));
	invariants_check_rebuild(lab);
}
END_TEST

START_TEST(comes_back_when_allowed_again)
{
	world_publish(&world, "secret", "1", SIZE, 1, NULL);
	(void)world_apply(&world, ALLOW_ALL);
	exchange_contact(lab);
	(void)world_apply(&world, DENY_SECRET);
	exchange_contact(lab);
	(void)world_apply(&world, ALLOW_ALL);
	exchange_contact(lab);
	ck_assert(is_shown("secret", "1"));
	ck_assert_str_eq(state_of(lab, NULL, "secret", "1"), "visible");
	invariants_check_rebuild(lab);
	ck_assert(is_shown("secret", "1"));
}
END_TEST

START_TEST(lost_blob_does_not_hide_an_item)
{
	char path[300], hex[DIGEST_HEX_SIZE];
	struct digest blob;
	size_t n;

	world_publish(&world, "secret", "1", SIZE, 1, NULL);
	(void)world_apply(&world, ALLOW_ALL);
	exchange_contact(lab);
	world_blob(SIZE, 1, &blob);
	digest_hex(&blob, hex);
	(void)snprintf(path, sizeof(path), "lab/store/blobs/%s", hex);
	ck_assert_int_eq(unlink(path), 0);
	(void)world_apply(&world, DENY_SECRET);
	(void)exchange_documents(lab);
	ck_assert_int_eq(withdraw_denied(lab->c, &n), PH_OK);
	ck_assert_uint_eq(n, 1);
	check_nothing_left("lab/store", SIZE, 1);
	invariants_check_rebuild(lab);
}
END_TEST

START_TEST(superseded_stays_until_its_successor_is_visible)
{
	struct lineset *list;
	struct grant grant;
	size_t n;

	world_publish(&world, "winxp", "9", SIZE, 9, NULL);
	(void)world_apply(&world, NEWEST);
	exchange_contact(lab);
	ck_assert(is_shown("winxp", "9"));
	world_publish(&world, "winxp", "10", SIZE, 10, NULL);
	(void)exchange_documents(lab);
	ck_assert_int_eq(withdraw_denied(lab->c, &n), PH_OK);
	ck_assert_uint_eq(n, 0);
	ck_assert_int_eq(withdraw_retired(lab->c, &n), PH_OK);
	ck_assert_uint_eq(n, 0);
	ck_assert(is_shown("winxp", "9"));
	ck_assert_str_eq(state_of(lab, NULL, "winxp", "9"), "retiring");
	ck_assert(exchange_receipt(lab));
	(void)exchange_manifests(lab);
	ck_assert_uint_eq(exchange_content(lab), 1);
	ck_assert(is_shown("winxp", "9") && is_shown("winxp", "10"));
	ck_assert_int_eq(withdraw_retired(lab->c, &n), PH_OK);
	ck_assert_uint_eq(n, 1);
	ck_assert(!is_shown("winxp", "9") && is_shown("winxp", "10"));
	ck_assert_str_eq(state_of(lab, NULL, "winxp", "9"), "absent");
	check_nothing_left("lab/store", SIZE, 9);
	ck_assert_int_eq(grants_get(world.primary.c, &lab->id, &grant, NULL),
	    PH_OK);
	ck_assert_uint_eq(grant.items, 2);
	ck_assert(exchange_receipt(lab));
	ck_assert_int_eq(grants_get(world.primary.c, &lab->id, &grant, NULL),
	    PH_OK);
	ck_assert_uint_eq(grant.items, 1);
	ck_assert_int_eq(grants_list(world.primary.c, &grant.list, &list),
	    PH_OK);
	ck_assert_uint_eq(lineset_count(list), 1);
	lineset_free(list);
	exchange_contact(lab);
	invariants_check_rebuild(lab);
	invariants_check_rebuild(&world.primary);
}
END_TEST

START_TEST(superseded_while_it_arrives)
{
	size_t n;

	world_publish(&world, "winxp", "9", SIZE, 9, NULL);
	(void)world_apply(&world, NEWEST);
	(void)exchange_documents(lab);
	/* The site says that it does not hold 9; then 9 arrives. */
	ck_assert(exchange_receipt(lab));
	(void)exchange_manifests(lab);
	ck_assert_uint_eq(exchange_content(lab), 1);
	world_publish(&world, "winxp", "10", SIZE, 10, NULL);
	(void)exchange_documents(lab);
	ck_assert_int_eq(withdraw_denied(lab->c, &n), PH_OK);
	ck_assert(is_shown("winxp", "9"));
	exchange_contact(lab);
	ck_assert(!is_shown("winxp", "9") && is_shown("winxp", "10"));
	invariants_check_rebuild(lab);
}
END_TEST

START_TEST(superseded_when_half_here)
{
	struct digest blob, map;
	struct grant grant;

	world_publish(&world, "winxp", "9", SIZE, 9, NULL);
	(void)world_apply(&world, NEWEST);
	(void)exchange_documents(lab);
	(void)exchange_manifests(lab);
	world_blob(SIZE, 9, &blob);
	(void)close(exchange_stage(lab, &blob, &map));
	ck_assert(exchange_receipt(lab));
	world_publish(&world, "winxp", "10", SIZE, 10, NULL);
	exchange_contact(lab);
	ck_assert(is_shown("winxp", "10"));
	check_nothing_left("lab/store", SIZE, 9);
	ck_assert_int_eq(grants_get(world.primary.c, &lab->id, &grant, NULL),
	    PH_OK);
	ck_assert_uint_eq(grant.items, 1);
	invariants_check_rebuild(lab);
}
END_TEST

/* Entries of a kind. */
struct tally {
	const char *kind;
	unsigned int count;
};

static int
on_entry(void *cookie, uint64_t i, const void *body, size_t len)
{
	struct tally *tally = cookie;

	(void)i;
	if (memmem(body, len, tally->kind, strlen(tally->kind)) != NULL)
		tally->count++;
	return PH_OK;
}

static unsigned int
count_entries(const char *kind)
{
	struct tally tally = { kind, 0 };

	ck_assert_int_eq(log_each(lab->c->log, 0, on_entry, &tally), PH_OK);
	return tally.count;
}

/* A crash may leave parts of encodings and nothing else. */
START_TEST(remains_are_swept_at_start)
{
	char hex[DIGEST_HEX_SIZE], path[300];
	struct digest blob;

	world_blob(SIZE, 1, &blob);
	digest_hex(&blob, hex);
	(void)snprintf(path, sizeof(path), "lab/store/staging/%s", hex);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof(path), "lab/store/staging/%s/part-0", hex);
	tempdir_write(path, "part");
	put_belongings(SIZE, 1, 2);
	world_reopen(lab);
	check_nothing_left("lab/store", SIZE, 1);
}
END_TEST

START_TEST(log_says_before_and_after)
{
	world_publish(&world, "secret", "1", SIZE, 1, NULL);
	(void)world_apply(&world, ALLOW_ALL);
	exchange_contact(lab);
	(void)world_apply(&world, DENY_SECRET);
	exchange_contact(lab);
	world_reopen(lab);
	ck_assert_uint_eq(count_entries("\"kind\":\"withdraw\""), 1);
	ck_assert_uint_eq(count_entries("\"kind\":\"removed\""), 1);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s;
	TCase *t;

	s = suite_create("withdrawal");
	t = tcase_create("withdrawal");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, denied_is_gone);
	tcase_add_test(t, denied_while_it_arrives);
	tcase_add_test(t, denied_before_it_arrives);
	tcase_add_test(t, shared_content_stays);
	tcase_add_test(t, comes_back_when_allowed_again);
	tcase_add_test(t, lost_blob_does_not_hide_an_item);
	tcase_add_test(t, superseded_stays_until_its_successor_is_visible);
	tcase_add_test(t, superseded_while_it_arrives);
	tcase_add_test(t, superseded_when_half_here);
	tcase_add_test(t, remains_are_swept_at_start);
	tcase_add_test(t, log_says_before_and_after);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return check_run(suite());
}
