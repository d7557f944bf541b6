/*
 * Starting without an index, or without some of the content.
 */
#include <stdio.h>
#include <unistd.h>

#include <check.h>

#include "proto/errors.h"
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

START_TEST(index_lost)
{
	struct holdings_head head;
	struct holdings_row row;

	crash_publish(&world, 1);
	crash_publish(&world, 2);
	exchange_contact(lab);
	world_close(lab);
	world_close(&world.primary);
	world_shell("rm -rf lab/state/index primary/state/index%s", "");
	world_open(&world.primary);
	world_open(lab);
	ck_assert_int_eq(holdings_one(lab->c, NULL, "winxp", "2", &head, &row),
	    PH_OK);
	ck_assert_str_eq(row.state, "visible");
	/* Nothing is to be moved, and nothing is new. */
	ck_assert(!exchange_documents(lab));
	ck_assert_uint_eq(exchange_manifests(lab), 0);
	ck_assert_uint_eq(exchange_content(lab), 0);
	ck_assert(!exchange_receipt(lab));
}
END_TEST

START_TEST(index_damaged)
{
	crash_publish(&world, 1);
	exchange_contact(lab);
	world_close(lab);
	world_shell("dd if=/dev/urandom of=lab/state/index/data.mdb bs=1000 "
		    "count=9 seek=3 conv=notrunc 2>/dev/null%s",
	    "");
	world_open(lab);
	invariants_check_granted(lab);
	ck_assert(!exchange_documents(lab));
}
END_TEST

START_TEST(content_lost_comes_again)
{
	char path[300], hex[DIGEST_HEX_SIZE];
	struct digest blob;

	crash_publish(&world, 1);
	crash_publish(&world, 2);
	exchange_contact(lab);
	world_close(lab);
	world.now += 60;
	world_blob(CRASH_SIZE, 1, &blob);
	digest_hex(&blob, hex);
	(void)snprintf(path, sizeof(path), "lab/store/blobs/%s", hex);
	ck_assert_int_eq(unlink(path), 0);
	world_open(lab);
	invariants_check_granted(lab);
	ck_assert_int_ne(access("lab/store/published/winxp/1", F_OK), 0);
	exchange_contact(lab);
	ck_assert_int_eq(access("lab/store/published/winxp/1", F_OK), 0);
	invariants_check_rebuild(lab);
}
END_TEST

/* What a crash left of documents that were being written. */
START_TEST(unfinished_documents_go)
{
	crash_publish(&world, 1);
	exchange_contact(lab);
	world_close(lab);
	world_close(&world.primary);
	world_shell("for d in primary lab; do cd $d/state/documents; "
		    "touch manifests/.$(printf %064d 7).json.new "
		    "manifests/.$(printf %064d 7).json.sig.new "
		    "grants/.x.new; cd ../../..; done%s",
	    "");
	world_open(&world.primary);
	world_open(lab);
	world_shell("test -z \"$(find */state/documents -name '.*')\"%s", "");
	invariants_check_granted(lab);
	ck_assert(!exchange_documents(lab));
}
END_TEST

static Suite *
suite(void)
{
	Suite *s;
	TCase *t;

	s = suite_create("recovery");
	t = tcase_create("recovery");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, index_lost);
	tcase_add_test(t, index_damaged);
	tcase_add_test(t, content_lost_comes_again);
	tcase_add_test(t, unfinished_documents_go);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return check_run(suite());
}
