/*
 * Versions appear and disappear as a whole; what cannot be shown is owed.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/display.h"
#include "syncd/catalogue/holdings.h"
#include "syncd/catalogue/reception.h"
#include "syncd/catalogue/registry.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/catalogue/crash.h"
#include "tests/unit/syncd/catalogue/exchange.h"
#include "tests/unit/syncd/catalogue/invariants.h"

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

#define PLACE "primary/store/published/img/1"

static struct manifest m;

static void
publish(void)
{
	struct digest digest;

	world_publish(&world, "img", "1", SIZE, 1, NULL);
	manifest_init(&m);
	ck_assert_int_eq(holdings_version(world.primary.c, "img", "1", &digest,
			     &m),
	    PH_OK);
}

START_TEST(shown_and_hidden)
{
	publish();
	ck_assert_int_eq(display_show(world.primary.c, &m), PH_OK);
	ck_assert_int_eq(display_hide(world.primary.c, "img", "1"), PH_OK);
	ck_assert_int_eq(access(PLACE, F_OK), -1);
	ck_assert_int_eq(display_hide(world.primary.c, "img", "1"), PH_OK);
	ck_assert_int_eq(display_show(world.primary.c, &m), PH_OK);
	invariants_check(&world.primary);
	manifest_fini(&m);
}
END_TEST

START_TEST(what_is_not_as_it_should_be_is_replaced)
{
	publish();
	ck_assert_int_eq(unlink(PLACE "/disk.img"), 0);
	ck_assert_int_eq(display_show(world.primary.c, &m), PH_OK);
	invariants_check(&world.primary);
	world_shell("touch " PLACE "/more%s", "");
	ck_assert_int_eq(display_show(world.primary.c, &m), PH_OK);
	ck_assert_int_eq(access(PLACE "/more", F_OK), -1);
	manifest_fini(&m);
}
END_TEST

START_TEST(reconciled)
{
	publish();
	ck_assert_int_eq(display_hide(world.primary.c, "img", "1"), PH_OK);
	ck_assert_int_eq(display_reconcile(world.primary.c), PH_OK);
	invariants_check(&world.primary);
	/* What a primary does not know is not its to remove. */
	world_shell("mkdir -p primary/store/published/ghost/1%s", "");
	ck_assert_int_eq(display_reconcile(world.primary.c), PH_OK);
	ck_assert_int_eq(access("primary/store/published/ghost/1", F_OK), 0);
	/* What no grant lists is a site's to hide. */
	world_shell("mkdir -p lab/store/published/ghost/1%s", "");
	ck_assert_int_eq(display_reconcile(world.sites[0].c), PH_OK);
	ck_assert_int_eq(access("lab/store/published/ghost", F_OK), -1);
	manifest_fini(&m);
}
END_TEST

/* File calls of which the next fsync fails. */
static const struct file_ops *sound;
static struct file_ops failing;
static int fails;

static int
failing_fsync(void *cookie, int fd)
{
	if (fails) {
		fails = 0;
		errno = EIO;
		return -1;
	}
	return sound->fsync(cookie, fd);
}

/* What was renamed and not removed is removed by the next attempt. */
START_TEST(hidden_in_the_end)
{
	publish();
	sound = world.primary.files.ops;
	failing = *sound;
	failing.fsync = failing_fsync;
	world.primary.files.ops = &failing;
	fails = 1;
	ck_assert_int_eq(display_hide(world.primary.c, "img", "1"), PH_EIO);
	ck_assert_int_eq(access(PLACE, F_OK), -1);
	ck_assert_int_eq(display_hide(world.primary.c, "img", "1"), PH_OK);
	world_shell("test -z \"$(ls -A primary/store/staging)\"%s", "");
	ck_assert_int_eq(display_show(world.primary.c, &m), PH_OK);
	invariants_check(&world.primary);
	manifest_fini(&m);
}
END_TEST

/* File calls for which staging/ has no room to build a version in. */
static const struct file_ops *real;
static struct file_ops narrow;
static int is_full;

static int
narrow_mkdir(void *cookie, int dir, const char *path, mode_t mode)
{
	if (is_full && strncmp(path, "build-", 6) == 0) {
		errno = ENOSPC;
		return -1;
	}
	return real->mkdir(cookie, dir, path, mode);
}

/* Fill the store of a repository: what is shown must wait. */
static void
fill(struct repository *r)
{
	real = r->files.ops;
	narrow = *real;
	narrow.mkdir = narrow_mkdir;
	r->files.ops = &narrow;
	is_full = 1;
}

static const char *
state_of(struct repository *r, const struct registration *record,
    const char *version)
{
	static struct holdings_row row;
	struct holdings_head head;

	ck_assert_int_eq(holdings_one(r->c, record, "winxp", version, &head,
			     &row),
	    PH_OK);
	return row.state;
}

/* Commit a publication that cannot be shown. */
static void
publish_owed(const char *version, uint64_t seed)
{
	struct publication_result result;
	struct publication *p;
	struct failure f;

	p = world_publish_begin(&world, "winxp", version, SIZE, seed);
	publication_result_init(&result);
	ck_assert_int_eq(publication_commit(p, &result, &f), PH_ENOSPC);
	ck_assert_ptr_nonnull(strstr(f.what, "recorded and not visible"));
	ck_assert_ptr_nonnull(strstr(f.next, "by itself"));
	publication_result_fini(&result);
	publication_free(p);
	ck_assert_str_eq(state_of(&world.primary, NULL, version), "complete");
}

static unsigned int nowed;

static void
on_notice(void *cookie, const char *text)
{
	(void)cookie;
	nowed += strstr(text, "recorded and not visible") != NULL;
}

/* How many debts the operator is told. */
static unsigned int
count_notices(struct repository *r)
{
	nowed = 0;
	catalogue_notices(r->c, on_notice, NULL);
	return nowed;
}

/*
 * A publication that cannot be shown stops neither other entries nor the
 * next start, goes to sites, and is shown when there is room.
 */
START_TEST(owed_by_a_primary)
{
	struct repository *lab = &world.sites[0];

	(void)world_apply(&world, CRASH_ALLOW_ALL);
	fill(&world.primary);
	publish_owed("1", 1);
	publish_owed("2", 2);
	ck_assert_uint_eq(count_notices(&world.primary), 2);
	invariants_check(&world.primary);
	exchange_contact(lab);
	ck_assert_str_eq(state_of(lab, NULL, "2"), "visible");
	/* Nothing of the attempts is left behind. */
	ck_assert_int_eq(catalogue_upkeep(world.primary.c), PH_OK);
	world_shell("test -z \"$(ls -A primary/store/staging)\"%s", "");
	world_reopen(&world.primary);
	ck_assert_uint_eq(count_notices(&world.primary), 2);
	ck_assert_str_eq(state_of(&world.primary, NULL, "1"), "complete");
	is_full = 0;
	ck_assert_int_eq(catalogue_upkeep(world.primary.c), PH_OK);
	ck_assert_uint_eq(count_notices(&world.primary), 0);
	ck_assert_str_eq(state_of(&world.primary, NULL, "1"), "visible");
	invariants_check_rebuild(&world.primary);
	exchange_contact(lab);
	invariants_check_rebuild(lab);
}
END_TEST

/* The next publication, or the same again, pays as well. */
START_TEST(paid_by_publishing)
{
	fill(&world.primary);
	publish_owed("1", 1);
	is_full = 0;
	world_publish(&world, "winxp", "2", SIZE, 2, NULL);
	ck_assert_str_eq(state_of(&world.primary, NULL, "1"), "visible");
	is_full = 1;
	publish_owed("3", 3);
	is_full = 0;
	world_publish(&world, "winxp", "3", SIZE, 3, NULL);
	ck_assert_str_eq(state_of(&world.primary, NULL, "3"), "visible");
	invariants_check_rebuild(&world.primary);
}
END_TEST

/*
 * A site says that it holds it and does not show it, keeps showing what it
 * is to replace, and does not write the same entry each time it tries.
 */
START_TEST(owed_by_a_site)
{
	struct repository *lab = &world.sites[0];
	struct registration record;
	uint64_t size;
	size_t n;

	(void)world_apply(&world,
	    "version: 1\nallow:\n  - to: [lab]\n    images: {name: \"*\"}\n"
	    "    versions: {newest: 1}\n");
	world_publish(&world, "winxp", "1", SIZE, 1, NULL);
	exchange_contact(lab);
	world_publish(&world, "winxp", "2", SIZE, 2, NULL);
	fill(lab);
	exchange_contact(lab);
	ck_assert_str_eq(state_of(lab, NULL, "2"), "complete");
	ck_assert_str_eq(state_of(lab, NULL, "1"), "retiring");
	ck_assert_int_eq(access("lab/store/published/winxp/1", F_OK), 0);
	ck_assert_int_eq(access("lab/store/published/winxp/2", F_OK), -1);
	ck_assert_int_eq(registry_get(world.primary.c, "lab", &record), PH_OK);
	ck_assert_str_eq(state_of(&world.primary, &record, "2"), "complete");
	ck_assert_str_eq(state_of(&world.primary, &record, "1"), "retiring");
	size = log_size(lab->c->log);
	ck_assert_int_eq(reception_settle(lab->c, &n, NULL, NULL), PH_OK);
	world_reopen(lab);
	ck_assert_uint_eq(log_size(lab->c->log), size);
	ck_assert_uint_eq(count_notices(lab), 1);
	is_full = 0;
	exchange_contact(lab);
	ck_assert_int_eq(access("lab/store/published/winxp/2", F_OK), 0);
	ck_assert_int_eq(access("lab/store/published/winxp/1", F_OK), -1);
	ck_assert_str_eq(state_of(&world.primary, &record, "2"), "visible");
	invariants_check_rebuild(lab);
}
END_TEST

/* A primary owes what was damaged until it is published again. */
START_TEST(owed_for_want_of_content)
{
	struct repository *lab = &world.sites[0];
	struct digest blob;

	(void)world_apply(&world, CRASH_ALLOW_ALL);
	world_publish(&world, "winxp", "1", SIZE, 1, NULL);
	exchange_contact(lab);
	world_blob(SIZE, 1, &blob);
	ck_assert_int_eq(reception_damaged(world.primary.c, &blob), PH_OK);
	ck_assert_str_eq(state_of(&world.primary, NULL, "1"), "complete");
	world_reopen(&world.primary);
	ck_assert_uint_eq(count_notices(&world.primary), 1);
	exchange_contact(lab);
	ck_assert_str_eq(state_of(lab, NULL, "1"), "visible");
	world_publish(&world, "winxp", "1", SIZE, 1, NULL);
	ck_assert_str_eq(state_of(&world.primary, NULL, "1"), "visible");
	ck_assert_uint_eq(count_notices(&world.primary), 0);
	invariants_check_rebuild(&world.primary);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s;
	TCase *t;

	s = suite_create("display");
	t = tcase_create("display");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, shown_and_hidden);
	tcase_add_test(t, what_is_not_as_it_should_be_is_replaced);
	tcase_add_test(t, reconciled);
	tcase_add_test(t, hidden_in_the_end);
	tcase_add_test(t, owed_by_a_primary);
	tcase_add_test(t, paid_by_publishing);
	tcase_add_test(t, owed_by_a_site);
	tcase_add_test(t, owed_for_want_of_content);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return check_run(suite());
}
