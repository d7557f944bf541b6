/*
 * A state that is older than its store: nothing is lost, and it is said.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/needs.h"
#include "syncd/catalogue/reception.h"
#include "syncd/catalogue/withdrawal.h"
#include "syncd/catalogue/witness.h"
#include "syncd/config/marker.h"
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

/* Copy the state of a repository aside, or put the copy back. */
static void
back_up(struct repository *r)
{
	world_close(r);
	world_shell("cp -a %s/state saved", r->name);
	world_open(r);
}

static void
put_back(struct repository *r)
{
	world_close(r);
	world_shell("d=%s; rm -r $d/state && cp -a saved $d/state && "
		    "rm -rf $d/state/index $d/state/incarnation",
	    r->name);
	world_open(r);
}

static const char *wanted;
static unsigned int nfound, nlines;

static void
on_notice(void *cookie, const char *text)
{
	(void)cookie;
	nlines++;
	nfound += strstr(text, wanted) != NULL;
}

/* 1 when a notice has this text. */
static int
is_told(struct repository *r, const char *text)
{
	wanted = text;
	nfound = nlines = 0;
	witness_notices(r->c, on_notice, NULL);
	return nfound > 0;
}

/* 1 when winxp@ROUND is published. */
static int
is_shown(const struct repository *r, unsigned int round)
{
	char path[200];

	(void)snprintf(path, sizeof(path),
	    "%s/store/published/winxp/%u/disk.img", r->name, round);
	return access(path, F_OK) == 0;
}

/* 1 when the content of winxp@ROUND is in the store. */
static int
is_kept(const struct repository *r, unsigned int round)
{
	char path[200], hex[DIGEST_HEX_SIZE];
	struct digest blob;

	world_blob(CRASH_SIZE, round, &blob);
	digest_hex(&blob, hex);
	(void)snprintf(path, sizeof(path), "%s/store/blobs/%s", r->name, hex);
	return access(path, F_OK) == 0;
}

START_TEST(primary_keeps_what_was_published)
{
	crash_publish(&world, 1);
	back_up(&world.primary);
	crash_publish(&world, 2);
	put_back(&world.primary);
	ck_assert(is_shown(&world.primary, 2) && is_kept(&world.primary, 2));
	ck_assert(is_told(&world.primary, "older than"));
	ck_assert(is_told(&world.primary, "winxp@2 is in published/"));
	ck_assert(!is_told(&world.primary, "winxp@1 "));
	/* It stays so, whatever happens next. */
	crash_publish(&world, 3);
	crash_publish(&world, 4);
	ck_assert_int_eq(catalogue_upkeep(world.primary.c), PH_OK);
	world_reopen(&world.primary);
	ck_assert(is_shown(&world.primary, 2) && is_kept(&world.primary, 2));
	ck_assert(is_told(&world.primary, "winxp@2 is in published/"));
	/* The same files again, and all is as it should be. */
	crash_publish(&world, 2);
	ck_assert_int_eq(catalogue_upkeep(world.primary.c), PH_OK);
	ck_assert(!is_told(&world.primary, "") && nlines == 0);
	invariants_check_rebuild(&world.primary);
	ck_assert(!is_told(&world.primary, ""));
}
END_TEST

/* Content that was acknowledged and is not shown is not garbage, either. */
START_TEST(primary_keeps_what_is_not_shown)
{
	char path[200], hex[DIGEST_HEX_SIZE];
	struct digest blob;

	crash_publish(&world, 1);
	back_up(&world.primary);
	crash_publish(&world, 2);
	world_shell("rm -r primary/store/published/winxp/2%s", "");
	put_back(&world.primary);
	ck_assert(is_kept(&world.primary, 2));
	ck_assert(is_told(&world.primary, "1 files of blobs/"));
	ck_assert_int_eq(catalogue_upkeep(world.primary.c), PH_OK);
	ck_assert(is_kept(&world.primary, 2));
	/* The operator says that it is not wanted. */
	world_blob(CRASH_SIZE, 2, &blob);
	digest_hex(&blob, hex);
	(void)snprintf(path, sizeof(path), "primary/store/blobs/%s", hex);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(catalogue_upkeep(world.primary.c), PH_OK);
	ck_assert(!is_told(&world.primary, "") && nlines == 0);
}
END_TEST

/* Another history of the same length is another log. */
START_TEST(primary_with_another_log)
{
	struct marker marker;
	struct failure f;

	crash_publish(&world, 1);
	world_close(&world.primary);
	ck_assert_int_eq(marker_read("primary/store", &marker, &f), PH_OK);
	ck_assert_uint_gt(marker.log_size, 0);
	world_open(&world.primary);
	ck_assert(!is_told(&world.primary, ""));
	world_close(&world.primary);
	marker.log_root.bytes[0] ^= 1;
	ck_assert_int_eq(marker_write("primary/store", &marker, &f), PH_OK);
	world_shell("echo > primary/store/blobs/$(printf %064d 7)%s", "");
	world_open(&world.primary);
	ck_assert(is_told(&world.primary, "older than"));
	ck_assert(is_told(&world.primary, "1 files of blobs/"));
}
END_TEST

/* Where the log is all there was, what it does not name is garbage. */
START_TEST(garbage_of_a_crash_goes)
{
	crash_publish(&world, 1);
	world_close(&world.primary);
	world_shell("echo > primary/store/blobs/$(printf %064d 7)%s", "");
	world_open(&world.primary);
	invariants_check_rebuild(&world.primary);
	ck_assert(!is_told(&world.primary, ""));
}
END_TEST

/* Documents, manifests, and what is here already; no content, no receipt. */
static void
contact(void)
{
	size_t n;

	(void)exchange_documents(lab);
	ck_assert_int_eq(withdraw_denied(lab->c, &n), PH_OK);
	(void)exchange_manifests(lab);
	ck_assert_int_eq(reception_settle(lab->c, &n, NULL, NULL), PH_OK);
}

static int
on_need(void *cookie, const struct need *n)
{
	(void)cookie;
	(void)n;
	ck_abort_msg("something is needed that is here");
	return PH_OK;
}

START_TEST(site_takes_up_what_it_has)
{
	crash_publish(&world, 1);
	exchange_contact(lab);
	back_up(lab);
	crash_publish(&world, 2);
	exchange_contact(lab);
	ck_assert(is_shown(lab, 2));
	put_back(lab);
	/* No grant that is in force lists it: kept, and not shown. */
	ck_assert(is_shown(lab, 1) && !is_shown(lab, 2) && is_kept(lab, 2));
	ck_assert(is_told(lab, "older than"));
	ck_assert(is_told(lab, "1 files of blobs/"));
	ck_assert_int_eq(catalogue_upkeep(lab->c), PH_OK);
	ck_assert(is_kept(lab, 2));
	contact();
	ck_assert_int_eq(needs_each(lab->c, on_need, NULL), PH_OK);
	ck_assert(is_shown(lab, 2));
	ck_assert_int_eq(catalogue_upkeep(lab->c), PH_OK);
	ck_assert(!is_told(lab, "") && nlines == 0);
	invariants_check_rebuild(lab);
}
END_TEST

/* What the newest grant does not list goes, and only once it is known. */
START_TEST(site_removes_what_is_denied)
{
	crash_publish(&world, 1);
	exchange_contact(lab);
	back_up(lab);
	crash_publish(&world, 2);
	crash_publish(&world, 3);
	exchange_contact(lab);
	put_back(lab);
	(void)world_apply(&world,
	    "version: 1\nallow:\n  - to: [lab]\n    images: {name: \"*\"}\n"
	    "    versions: {exact: [\"2\"]}\n");
	(void)exchange_documents(lab);
	ck_assert_int_eq(catalogue_upkeep(lab->c), PH_OK);
	ck_assert(is_kept(lab, 2) && is_kept(lab, 3));
	contact();
	/* What is known and denied does not wait. */
	ck_assert(!is_kept(lab, 1) && is_kept(lab, 2) && is_kept(lab, 3));
	ck_assert_int_eq(catalogue_upkeep(lab->c), PH_OK);
	ck_assert(!is_kept(lab, 3) && is_shown(lab, 2));
	ck_assert(!is_told(lab, "") && nlines == 0);
	invariants_check_rebuild(lab);
}
END_TEST

/* File calls for which nothing can be removed. */
static const struct file_ops *real;
static struct file_ops stuck;
static int is_stuck;

static int
stuck_unlink(void *cookie, int dir, const char *path, int flags)
{
	if (is_stuck) {
		errno = EIO;
		return -1;
	}
	return real->unlink(cookie, dir, path, flags);
}

/*
 * A withdrawal that was interrupted is finished, whatever else goes: which
 * content it was about is not known any more.
 */
START_TEST(withdrawal_is_finished)
{
	size_t n;

	crash_publish(&world, 1);
	exchange_contact(lab);
	back_up(lab);
	crash_publish(&world, 2);
	exchange_contact(lab);
	put_back(lab);
	(void)world_apply(&world,
	    "version: 1\nallow:\n  - to: [lab]\n    images: {name: \"*\"}\n"
	    "    versions: {exact: [\"2\"]}\n");
	(void)exchange_documents(lab);
	real = lab->files.ops;
	stuck = *real;
	stuck.unlink = stuck_unlink;
	lab->files.ops = &stuck;
	is_stuck = 1;
	ck_assert_int_ne(withdraw_denied(lab->c, &n), PH_OK);
	ck_assert(is_kept(lab, 1) && is_kept(lab, 2));
	is_stuck = 0;
	ck_assert_int_eq(withdraw_denied(lab->c, &n), PH_OK);
	ck_assert(!is_kept(lab, 1) && !is_shown(lab, 1));
	contact();
	ck_assert_int_eq(catalogue_upkeep(lab->c), PH_OK);
	ck_assert(!is_told(lab, "") && nlines == 0);
	invariants_check_rebuild(lab);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s;
	TCase *t;

	s = suite_create("witness");
	t = tcase_create("witness");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, primary_keeps_what_was_published);
	tcase_add_test(t, primary_keeps_what_is_not_shown);
	tcase_add_test(t, primary_with_another_log);
	tcase_add_test(t, garbage_of_a_crash_goes);
	tcase_add_test(t, site_takes_up_what_it_has);
	tcase_add_test(t, site_removes_what_is_denied);
	tcase_add_test(t, withdrawal_is_finished);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return check_run(suite());
}
