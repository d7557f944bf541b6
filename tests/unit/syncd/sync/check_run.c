/*
 * When a run goes on after a contact that failed, and what it counts then.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "tests/unit/check_main.h"

#include "syncd/sync/run.h"

static struct run run;

/* A run with one image of which nothing came. */
static void
setup(void)
{
	run_init(&run);
	run.images = calloc(1, sizeof(*run.images));
	ck_assert_ptr_nonnull(run.images);
	run.nimages = run.room = 1;
}

static void
teardown(void)
{
	run_fini(&run);
}

/* A contact brings some content and fails; what run_goes_on() says. */
static int
contact(uint64_t content, int code)
{
	run_begin_contact(&run);
	ck_assert_int_eq(run.outcome, RUN_RUNNING);
	ck_assert_int_eq(run.failure.code, PH_OK);
	run.images[0].cost.wire_bytes += content;
	run.outcome = RUN_FAILED;
	(void)failure_set(&run.failure, code, "%s", error_sentence(code));
	return run_goes_on(&run);
}

START_TEST(a_run_that_brought_nothing_ends)
{
	ck_assert_int_eq(contact(0, PH_ECUT), 0);
}
END_TEST

START_TEST(a_run_that_brought_something_goes_on)
{
	ck_assert_int_eq(contact(1, PH_ECUT), 1);
	ck_assert_int_eq(contact(1, PH_ETIMEOUT), 1);
	ck_assert_int_eq(contact(0, PH_ECONNECT), 1);
	ck_assert_uint_eq(run_content(&run), 2);
	ck_assert_uint_eq(run.ncontacts, 3);
}
END_TEST

START_TEST(a_run_ends_when_contact_after_contact_brings_nothing)
{
	unsigned int n;

	ck_assert_int_eq(contact(1, PH_ECUT), 1);
	for (n = 1; contact(0, PH_ECONNECT); n++)
		ck_assert_uint_lt(n, 10);
	ck_assert_uint_ge(n, 3);
}
END_TEST

START_TEST(what_comes_makes_up_for_contacts_that_brought_nothing)
{
	ck_assert_int_eq(contact(1, PH_ECUT), 1);
	ck_assert_int_eq(contact(0, PH_ECONNECT), 1);
	ck_assert_uint_eq(run.nfruitless, 1);
	ck_assert_int_eq(contact(1, PH_ECUT), 1);
	ck_assert_uint_eq(run.nfruitless, 0);
}
END_TEST

START_TEST(a_run_ends_where_trying_again_is_no_help)
{
	ck_assert_int_eq(contact(1, PH_EHOSTKEY), 0);
	ck_assert_int_eq(contact(1, PH_EREMOVED), 0);
	ck_assert_int_eq(contact(1, PH_EFRAME), 0);
	ck_assert_int_eq(contact(1, PH_ENOSPC), 0);
}
END_TEST

START_TEST(only_a_run_that_failed_goes_on)
{
	ck_assert_int_eq(contact(1, PH_ECUT), 1);
	run.outcome = RUN_PARTIAL;
	ck_assert_int_eq(run_goes_on(&run), 0);
	run.outcome = RUN_CANCELED;
	ck_assert_int_eq(run_goes_on(&run), 0);
	run.outcome = RUN_DONE;
	ck_assert_int_eq(run_goes_on(&run), 0);
}
END_TEST

START_TEST(a_dry_run_does_not_go_on)
{
	run.dry_run = 1;
	ck_assert_int_eq(contact(1, PH_ECUT), 0);
}
END_TEST

START_TEST(a_contact_adds_to_those_before)
{
	run.images[0].code = PH_EDENIED;
	run.wire_received = 100;
	run.wire_sent = 20;
	run.images[0].cost.wire_bytes = 70;
	run_begin_contact(&run);
	ck_assert_uint_eq(run.received_before, 100);
	ck_assert_uint_eq(run.sent_before, 20);
	ck_assert_uint_eq(run.content_before, 70);
	/* It is asked for once more. */
	ck_assert_int_eq(run.images[0].code, PH_OK);
}
END_TEST

START_TEST(every_file_has_one_entry)
{
	struct manifest_file file;
	struct run other;
	struct manifest m;
	size_t place;

	manifest_init(&m);
	(void)strcpy(m.image, "winxp");
	(void)strcpy(m.version, "9");
	memset(&file, 0, sizeof(file));
	(void)strcpy(file.name, "a");
	file.size = 10;
	ck_assert_int_eq(manifest_add_file(&m, &file), PH_OK);
	(void)strcpy(file.name, "b");
	ck_assert_int_eq(manifest_add_file(&m, &file), PH_OK);
	/* One came by wire, the other was here. */
	ck_assert_int_eq(run_image(&run, "winxp", "9", "b", &place), PH_OK);
	ck_assert_uint_eq(place, 1);
	run.images[1].cost.wire_bytes = 7;
	ck_assert_int_eq(run_image(&run, "winxp", "9", "b", &place), PH_OK);
	ck_assert_uint_eq(place, 1);
	run_init(&other);
	ck_assert_int_eq(run_note_whole(&other, &m), PH_OK);
	ck_assert_uint_eq(other.nimages, 2);
	ck_assert_int_eq(run_take_images(&run, &other), PH_OK);
	ck_assert_uint_eq(run.nimages, 3);
	ck_assert_uint_eq(run.images[1].cost.wire_bytes, 7);
	ck_assert_uint_eq(run.images[1].cost.reused_bytes, 0);
	ck_assert_str_eq(run.images[2].file, "a");
	ck_assert_uint_eq(run.images[2].cost.reused_bytes, 10);
	ck_assert_int_eq(run.images[2].done, 1);
	run_fini(&other);
	manifest_fini(&m);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tc;

	suite = suite_create("run");
	tc = tcase_create("run");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, every_file_has_one_entry);
	tcase_add_test(tc, a_run_that_brought_nothing_ends);
	tcase_add_test(tc, a_run_that_brought_something_goes_on);
	tcase_add_test(tc,
	    a_run_ends_when_contact_after_contact_brings_nothing);
	tcase_add_test(tc,
	    what_comes_makes_up_for_contacts_that_brought_nothing);
	tcase_add_test(tc, a_run_ends_where_trying_again_is_no_help);
	tcase_add_test(tc, only_a_run_that_failed_goes_on);
	tcase_add_test(tc, a_dry_run_does_not_go_on);
	tcase_add_test(tc, a_contact_adds_to_those_before);
	suite_add_tcase(suite, tc);
	return check_run(suite);
}
