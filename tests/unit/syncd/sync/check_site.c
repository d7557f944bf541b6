/*
 * Runs of a site: one that is cut goes on with the next contact, and who
 * waits for it learns its end, whatever becomes of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "syncd/sync/site.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/sync/network.h"
#include "tests/unit/tempdir.h"

#define FILE_SIZE 1000000
#define CUT_AFTER 500000

static struct loop *loop;
static struct worker_pool *workers;
static struct node primary;
static struct node node;
static struct site *site;

/* How the run that was waited for ended. */
static int ended;
static enum run_outcome outcome;
static unsigned int ncontacts;
static unsigned int nresumed;

static void
on_done(void *cookie, const struct run *run)
{
	(void)cookie;
	ended++;
	outcome = run->outcome;
	ncontacts = run->ncontacts;
	nresumed = run->nresumed;
}

static const struct site_waiter_events events = { .on_done = on_done };

/* A file of bytes that do not compress. */
static void
make_file(const char *path)
{
	uint32_t x;
	FILE *file;
	int i;

	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	x = 1;
	for (i = 0; i < FILE_SIZE; i++) {
		x = x * 1664525 + 1013904223;
		(void)fputc((int)(x >> 24), file);
	}
	ck_assert_int_eq(fclose(file), 0);
}

static void
setup(void)
{
	(void)tempdir_begin();
	loop = loop_new();
	workers = worker_pool_new(loop, 2);
	ck_assert_ptr_nonnull(workers);
	node_init_primary(&primary, loop, workers, "primary");
	node_init_site(&node, loop, workers, &primary, "site", "branch-01");
	make_file("v1");
	node_add(&primary, &node, "branch-01");
	node_apply(&primary,
	    "version: 1\nallow:\n  - to: [branch-01]\n"
	    "    images: {name: \"*\"}\n");
	node_publish(&primary, "winxp", "9", "v1");
	/* It is never dialled: the test hands the links over. */
	node.configuration.has_upstream = 1;
	(void)strcpy(node.configuration.upstream_address.host, "127.0.0.1");
	node.configuration.upstream_address.port = 1;
	site = site_new(&node.engine);
	ck_assert_ptr_nonnull(site);
	ended = 0;
}

static void
teardown(void)
{
	site_free(site);
	worker_drain(workers);
	node_fini(&node);
	node_fini(&primary);
	worker_pool_free(workers);
	loop_free(loop);
	tempdir_end();
}

/* Hand a link over, wait for the run, and stay until the contact ended. */
static void
contact(uint64_t nbytes, int wait)
{
	struct site_waiter *waiter;
	struct site_status status;
	struct failure f;
	struct link *link;
	struct talk *talk;

	talk = talk_new(&primary, &node, nbytes, &link);
	site_accept(site, link);
	if (wait)
		ck_assert_int_eq(site_sync(site, 0, &events, NULL, &waiter, &f),
		    PH_OK);
	do {
		talk_turn(talk);
		site_get_status(site, &status);
	} while (status.run != NULL);
	talk_free(talk);
}

START_TEST(a_run_that_is_cut_goes_on)
{
	struct site_status status;

	contact(CUT_AFTER, 1);
	site_get_status(site, &status);
	ck_assert_int_eq(ended, 0);
	ck_assert_int_eq(status.last->outcome, RUN_FAILED);
	ck_assert_int_eq(status.last->failure.code, PH_ECUT);
	ck_assert_uint_eq(status.failures, 1);
	/* Soon, and not at the next interval. */
	ck_assert_int_ge(status.next_ms, 0);
	ck_assert_int_le(status.next_ms, 1000);
	contact(UINT64_MAX, 0);
	ck_assert_int_eq(ended, 1);
	ck_assert_int_eq(outcome, RUN_DONE);
	ck_assert_uint_eq(ncontacts, 2);
	ck_assert_uint_eq(nresumed, 1);
}
END_TEST

START_TEST(a_dry_run_does_not_join_one_that_goes_on)
{
	struct site_waiter *waiter;
	struct failure f;

	contact(CUT_AFTER, 1);
	ck_assert_int_eq(site_sync(site, 1, &events, NULL, &waiter, &f),
	    PH_EBUSY);
	ck_assert_int_eq(ended, 0);
}
END_TEST

START_TEST(one_that_goes_on_can_be_canceled)
{
	struct site_status status;

	contact(CUT_AFTER, 1);
	ck_assert_int_eq(site_cancel(site), PH_OK);
	ck_assert_int_eq(ended, 1);
	ck_assert_int_eq(outcome, RUN_CANCELED);
	ck_assert_int_eq(site_cancel(site), PH_EABSENT);
	site_get_status(site, &status);
	ck_assert_int_gt(status.next_ms, 1000);
	/* The next one is another run. */
	contact(UINT64_MAX, 1);
	ck_assert_int_eq(ended, 2);
	ck_assert_uint_eq(ncontacts, 1);
}
END_TEST

START_TEST(nobody_waits_where_nobody_dials)
{
	contact(CUT_AFTER, 1);
	node.configuration.has_upstream = 0;
	site_reconfigure(site);
	ck_assert_int_eq(ended, 1);
	ck_assert_int_eq(outcome, RUN_FAILED);
}
END_TEST

START_TEST(a_run_without_an_upstream_ends_with_its_contact)
{
	node.configuration.has_upstream = 0;
	site_reconfigure(site);
	contact(CUT_AFTER, 1);
	ck_assert_int_eq(ended, 1);
	ck_assert_int_eq(outcome, RUN_FAILED);
	contact(UINT64_MAX, 1);
	ck_assert_int_eq(ended, 2);
	ck_assert_int_eq(outcome, RUN_DONE);
	ck_assert_uint_eq(ncontacts, 1);
	ck_assert_uint_eq(nresumed, 1);
}
END_TEST

START_TEST(who_leaves_hears_nothing)
{
	struct site_waiter *waiter;
	struct failure f;
	struct link *link;
	struct talk *talk;

	talk = talk_new(&primary, &node, CUT_AFTER, &link);
	site_accept(site, link);
	ck_assert_int_eq(site_sync(site, 0, &events, NULL, &waiter, &f), PH_OK);
	site_leave(site, waiter);
	talk_free(talk);
	ck_assert_int_eq(site_cancel(site), PH_OK);
	ck_assert_int_eq(ended, 0);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tc;

	suite = suite_create("site");
	tc = tcase_create("runs");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_run_that_is_cut_goes_on);
	tcase_add_test(tc, a_dry_run_does_not_join_one_that_goes_on);
	tcase_add_test(tc, one_that_goes_on_can_be_canceled);
	tcase_add_test(tc, nobody_waits_where_nobody_dials);
	tcase_add_test(tc, a_run_without_an_upstream_ends_with_its_contact);
	tcase_add_test(tc, who_leaves_hears_nothing);
	suite_add_tcase(suite, tc);
	return check_run(suite);
}
