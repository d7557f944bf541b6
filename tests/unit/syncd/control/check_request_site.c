/*
 * The verbs at a site; and which changes of a configuration are taken.
 */
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/base/diag.h"
#include "syncd/catalogue/withdrawal.h"
#include "syncd/control/reload.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/catalogue/exchange.h"
#include "tests/unit/syncd/control/desk.h"

static struct world world;
static struct repository *site;
static struct desk desk;

static void
setup(void)
{
	world_begin(&world);
	site = world_site(&world, "branch");
	desk_begin(&desk, site, 0, 0);
}

static void
teardown(void)
{
	desk_end(&desk);
	world_end(&world);
}

/* Give the site an upstream at a port of this machine that nobody has. */
static void
give_upstream(void)
{
	desk_end(&desk);
	site->configuration.has_upstream = 1;
	ck_assert_int_eq(address_decode("ssh://nobody@127.0.0.1:1",
			     &site->configuration.upstream_address),
	    PH_OK);
	site->configuration.upstream_host_key =
	    *key_private_public(world.authority);
	site->configuration.upstream_id = world.primary.id;
	desk_begin(&desk, site, 0, 0);
}

START_TEST(verbs_of_a_primary_are_not_for_a_site)
{
	static const char *const verbs[] = { "repo.add", "repo.ls",
		"policy.show", "image.publish", "where" };
	size_t i;

	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		desk_expect(&desk, verbs[i], "{}", PH_ENOTHERE);
}
END_TEST

START_TEST(site_without_an_upstream_says_so)
{
	struct asked a;

	desk_expect(&desk, "sync", "{\"wait\":true,\"dry_run\":false}",
	    PH_ENOTHERE);
	desk_ask(&desk, &a, "sync.cancel", "{}");
	ck_assert_int_eq(asked_has(&a, "\"canceled\":false"), 1);
	asked_fini(&a);
	desk_ask(&desk, &a, "status", "{}");
	ck_assert_msg(asked_has(&a, "\"role\":\"site\""), "%s", a.text);
	ck_assert_int_eq(asked_has(&a, "\"upstream\":null"), 1);
	ck_assert_int_eq(asked_has(&a, "\"grant\":null"), 1);
	asked_fini(&a);
	desk_ask(&desk, &a, "doctor", "{}");
	ck_assert_msg(asked_has(&a, "\"step\":\"port\",\"ok\":null"), "%s",
	    a.text);
	ck_assert_msg(asked_has(&a, "\"step\":\"grant\",\"ok\":false"), "%s",
	    a.text);
	ck_assert_msg(asked_has(&a, "\"code\":\"absent\""), "%s", a.text);
	/* Which would not help here. */
	ck_assert_msg(!asked_has(&a, "syncctl sync"), "%s", a.text);
	asked_fini(&a);
}
END_TEST

START_TEST(site_knows_itself_alone)
{
	desk_expect(&desk, "status", "{\"repository\":\"branch\"}", PH_OK);
	desk_expect(&desk, "status", "{\"repository\":\"other\"}", PH_ENOTHERE);
	desk_expect(&desk, "holdings", "{\"repository\":\"Branch\"}", PH_OK);
	desk_expect(&desk, "holdings", "{\"repository\":\"other\"}",
	    PH_ENOTHERE);
	desk_expect(&desk, "doctor", "{\"repository\":\"other\"}", PH_ENOTHERE);
	desk_expect(&desk, "image.ls", "{}", PH_OK);
	desk_expect(&desk, "verify", "{}", PH_OK);
}
END_TEST

/* Wait for a byte of a pipe. */
static void
wait_byte(void *cookie)
{
	uint8_t byte;
	int *fds = cookie;

	ck_assert_int_eq(read(fds[0], &byte, 1), 1);
}

static void
go_on(void *cookie)
{
	(void)cookie;
}

/* What is withdrawn between listing and hashing is not spoken of. */
START_TEST(verify_passes_over_what_is_withdrawn)
{
	struct asked a;
	size_t n;
	int fds[2];

	(void)world_apply(&world,
	    "version: 1\nallow:\n  - {to: [branch], images: {name: \"*\"}}\n");
	world_publish(&world, "denied", "1", 5000, 1, NULL);
	world_publish(&world, "kept", "1", 5000, 2, NULL);
	exchange_contact(site);
	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(worker_submit(desk.engine.workers,
			     desk.context.file_lane, wait_byte, go_on, fds),
	    PH_OK);
	desk_connect(&desk, &a);
	asked_request(&a, "verify", "{}", NULL, 0);
	desk_turn(&desk, 300);
	(void)world_apply(&world,
	    "version: 1\nallow:\n  - {to: [branch], images: {name: kept}}\n");
	(void)exchange_documents(site);
	ck_assert_int_eq(withdraw_denied(site->c, &n), PH_OK);
	ck_assert_uint_eq(n, 1);
	ck_assert_int_eq(write(fds[1], "", 1), 1);
	asked_wait(&desk, &a);
	ck_assert_msg(a.answer.kind == CONTROL_RESULT, "%s", a.text);
	ck_assert_msg(asked_has(&a, "\"kept\""), "%s", a.text);
	ck_assert_msg(!asked_has(&a, "\"denied\""), "%s", a.text);
	asked_fini(&a);
	(void)close(fds[0]);
	(void)close(fds[1]);
}
END_TEST

START_TEST(contact_that_fails_is_told)
{
	struct asked a;

	give_upstream();
	desk_ask(&desk, &a, "sync", "{\"wait\":true,\"dry_run\":false}");
	ck_assert_msg(a.answer.kind == CONTROL_RESULT, "%s", a.text);
	ck_assert_msg(asked_has(&a, "\"outcome\":\"failed\""), "%s", a.text);
	ck_assert_msg(asked_has(&a, "\"code\":\"connect\""), "%s", a.text);
	asked_fini(&a);
	desk_ask(&desk, &a, "sync", "{\"wait\":false,\"dry_run\":false}");
	ck_assert_msg(asked_has(&a, "\"outcome\":\"running\""), "%s", a.text);
	asked_fini(&a);
	desk_ask(&desk, &a, "status", "{}");
	ck_assert_msg(asked_has(&a, "ssh://nobody@127.0.0.1:1"), "%s", a.text);
	asked_fini(&a);
}
END_TEST

START_TEST(doctor_finds_the_step_that_fails)
{
	struct asked a;

	give_upstream();
	desk_ask(&desk, &a, "doctor", "{}");
	ck_assert_msg(asked_has(&a, "\"step\":\"name\",\"ok\":true"), "%s",
	    a.text);
	ck_assert_msg(asked_has(&a, "\"step\":\"port\",\"ok\":false"), "%s",
	    a.text);
	ck_assert_msg(asked_has(&a, "\"step\":\"protocol\",\"ok\":null"), "%s",
	    a.text);
	ck_assert_msg(asked_has(&a, "\"step\":\"grant\",\"ok\":null"), "%s",
	    a.text);
	ck_assert_msg(asked_has(&a, "\"code\":\"connect\""), "%s", a.text);
	asked_fini(&a);
}
END_TEST

/* A day before the world's time. */
static int64_t
yesterday(void *cookie)
{
	(void)cookie;
	return world.now - 86400;
}

START_TEST(doctor_sees_a_clock_that_is_behind)
{
	struct asked a;

	desk_ask(&desk, &a, "doctor", "{}");
	ck_assert_msg(asked_has(&a, "\"step\":\"clock\",\"ok\":true"), "%s",
	    a.text);
	asked_fini(&a);
	desk.clock.wall = yesterday;
	desk_ask(&desk, &a, "doctor", "{}");
	ck_assert_msg(asked_has(&a, "\"step\":\"clock\",\"ok\":false"), "%s",
	    a.text);
	ck_assert_msg(asked_has(&a, "the trust document in force is of"), "%s",
	    a.text);
	ck_assert_msg(asked_has(&a, "set the clock of this machine"), "%s",
	    a.text);
	ck_assert_msg(asked_has(&a, "\"code\":\"older\""), "%s", a.text);
	asked_fini(&a);
	/* A grant that was renewed is newer than the trust document. */
	ck_assert_int_eq(exchange_documents(site), 1);
	world.now += 60 * 86400;
	ck_assert_int_eq(exchange_documents(site), 1);
	desk_ask(&desk, &a, "doctor", "{}");
	ck_assert_msg(asked_has(&a, "but the grant in force is of"), "%s",
	    a.text);
	asked_fini(&a);
}
END_TEST

START_TEST(doctor_knows_an_empty_grant)
{
	struct asked a;

	ck_assert_int_eq(exchange_documents(site), 1);
	desk_ask(&desk, &a, "doctor", "{}");
	ck_assert_msg(asked_has(&a, "\"step\":\"grant\",\"ok\":true"), "%s",
	    a.text);
	ck_assert_msg(asked_has(&a, "nothing is granted"), "%s", a.text);
	asked_fini(&a);
}
END_TEST

START_TEST(only_some_changes_are_taken)
{
	struct configuration next;
	struct failure f;

	next = site->configuration;
	next.rate = 5;
	next.sync_interval_s = 7;
	next.delta_cache = 1;
	next.has_upstream = !next.has_upstream;
	ck_assert_int_eq(reload_check(&site->configuration, &next, &f), PH_OK);
	(void)strcpy(next.operator_group, "ops");
	ck_assert_int_eq(reload_check(&site->configuration, &next, &f),
	    PH_ECONFIG);
	ck_assert_ptr_nonnull(strstr(f.what, "operator_group"));
	ck_assert_ptr_nonnull(strstr(f.next, "restart"));
	(void)strcpy(next.store_dir, "/elsewhere");
	ck_assert_int_eq(reload_check(&site->configuration, &next, &f),
	    PH_ECONFIG);
	ck_assert_ptr_nonnull(strstr(f.what, "store_dir"));
	next.role = CONFIGURATION_PRIMARY;
	ck_assert_int_eq(reload_check(&site->configuration, &next, &f),
	    PH_ECONFIG);
	ck_assert_ptr_nonnull(strstr(f.what, "role"));
}
END_TEST

int
main(void)
{
	TCase *tc;
	Suite *s;

	diag_set_level(DIAG_ERROR);
	s = suite_create("request_site");
	tc = tcase_create("request_site");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, verbs_of_a_primary_are_not_for_a_site);
	tcase_add_test(tc, site_without_an_upstream_says_so);
	tcase_add_test(tc, site_knows_itself_alone);
	tcase_add_test(tc, verify_passes_over_what_is_withdrawn);
	tcase_add_test(tc, contact_that_fails_is_told);
	tcase_add_test(tc, doctor_finds_the_step_that_fails);
	tcase_add_test(tc, doctor_sees_a_clock_that_is_behind);
	tcase_add_test(tc, doctor_knows_an_empty_grant);
	tcase_add_test(tc, only_some_changes_are_taken);
	suite_add_tcase(s, tc);
	return check_run(s);
}
