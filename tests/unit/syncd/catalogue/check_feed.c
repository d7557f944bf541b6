/*
 * A peer is given what its grant lists, and learns nothing of the rest.
 */
#include <string.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/feed.h"
#include "syncd/catalogue/grants.h"
#include "syncd/catalogue/ledger.h"
#include "syncd/catalogue/mandate.h"
#include "syncd/catalogue/registry.h"
#include "syncd/catalogue/repeats.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/base/fault_files.h"
#include "tests/unit/syncd/catalogue/exchange.h"
#include "tests/unit/syncd/catalogue/invariants.h"

#define SIZE 5000u

#define POLICY                                                                 \
	"version: 1\nallow:\n"                                                 \
	"  - {to: [lab], images: {name: open}}\n"                              \
	"  - {to: [other], images: {name: \"*\"}}\n"

static struct world world;
static struct repository *lab, *other;
static struct digest open_manifest, secret_manifest, open_blob, secret_blob;
static struct digest unknown;

static void
setup(void)
{
	world_begin(&world);
	lab = world_site(&world, "lab");
	other = world_site(&world, "other");
	world_publish(&world, "open", "1", SIZE, 1, &open_manifest);
	world_publish(&world, "secret", "1", SIZE, 2, &secret_manifest);
	world_blob(SIZE, 1, &open_blob);
	world_blob(SIZE, 2, &secret_blob);
	digest_of("unknown", 7, &unknown);
	(void)world_apply(&world, POLICY);
}

static void
teardown(void)
{
	world_end(&world);
}

static int
ask_manifest(const struct repository *site, const struct digest *digest)
{
	struct document d;
	int r;

	document_init(&d);
	r = feed_manifest(world.primary.c, &site->id, digest, &d);
	ck_assert((r == PH_OK) == (d.len > 0));
	document_fini(&d);
	return r;
}

static int
ask_blob(const struct repository *site, const struct digest *digest)
{
	struct feed_blob blob;
	int r;

	r = feed_blob(world.primary.c, &site->id, digest, &blob);
	if (r == PH_OK)
		ck_assert_uint_eq(blob.size, SIZE);
	return r;
}

START_TEST(not_granted_is_not_there)
{
	ck_assert_int_eq(ask_manifest(lab, &open_manifest), PH_OK);
	ck_assert_int_eq(ask_manifest(lab, &secret_manifest), PH_EABSENT);
	ck_assert_int_eq(ask_manifest(lab, &unknown), PH_EABSENT);
	ck_assert_int_eq(ask_manifest(other, &secret_manifest), PH_OK);
	ck_assert_int_eq(ask_blob(lab, &open_blob), PH_OK);
	ck_assert_int_eq(ask_blob(lab, &secret_blob), PH_EABSENT);
	ck_assert_int_eq(ask_blob(lab, &unknown), PH_EABSENT);
	ck_assert_int_eq(ask_blob(other, &secret_blob), PH_OK);
}
END_TEST

/* Ask in every way for a digest that lab may not have. */
static void
ask_all(const struct digest *manifest, const struct digest *blob)
{
	struct feed_blob base;

	ck_assert_int_eq(ask_manifest(lab, manifest), PH_EABSENT);
	ck_assert_int_eq(ask_blob(lab, blob), PH_EABSENT);
	ck_assert_int_eq(feed_base(world.primary.c, &lab->id, blob, 1, &base),
	    PH_EABSENT);
}

START_TEST(not_granted_is_not_looked_for)
{
	struct fault_files faults;
	struct files files;
	char trace[FAULT_TRACE_SIZE];
	unsigned int n;

	/* Nothing is loaded yet: the same files for either. */
	files = world.primary.files;
	world_reopen(&world.primary);
	fault_files_init(&faults, &files);
	world.primary.files = faults.files;
	ask_all(&unknown, &unknown);
	n = faults.ncalls;
	memcpy(trace, faults.trace, sizeof(trace));
	ck_assert_uint_gt(n, 0);
	world.primary.files = files;
	world_reopen(&world.primary);
	fault_files_init(&faults, &files);
	world.primary.files = faults.files;
	ask_all(&secret_manifest, &secret_blob);
	ck_assert_uint_eq(faults.ncalls, n);
	ck_assert_str_eq(faults.trace, trace);
	/* Then none at all. */
	ask_all(&unknown, &unknown);
	ask_all(&secret_manifest, &secret_blob);
	ck_assert_uint_eq(faults.ncalls, n);
	world.primary.files = files;
}
END_TEST

START_TEST(base_must_be_granted)
{
	struct digest bases[3];
	struct feed_blob base;

	bases[0] = unknown;
	bases[1] = secret_blob;
	bases[2] = open_blob;
	ck_assert_int_eq(feed_base(world.primary.c, &lab->id, bases, 2, &base),
	    PH_EABSENT);
	ck_assert_int_eq(feed_base(world.primary.c, &lab->id, bases, 3, &base),
	    PH_OK);
	ck_assert_int_eq(digest_compare(&base.digest, &open_blob), 0);
	ck_assert_int_eq(feed_base(world.primary.c, &other->id, bases, 3,
			     &base),
	    PH_OK);
	ck_assert_int_eq(digest_compare(&base.digest, &secret_blob), 0);
}
END_TEST

START_TEST(removed_and_paused_get_nothing)
{
	struct registration record;
	struct failure f;

	world_registration(lab, &record);
	record.paused = 1;
	ck_assert_int_eq(registry_set(world.primary.c, WORLD_ACTOR, &record,
			     REGISTRY_PAUSED, &f),
	    PH_OK);
	ck_assert_int_eq(ask_blob(lab, &open_blob), PH_EABSENT);
	record.paused = 0;
	ck_assert_int_eq(registry_set(world.primary.c, WORLD_ACTOR, &record,
			     REGISTRY_PAUSED, &f),
	    PH_OK);
	ck_assert_int_eq(ask_blob(lab, &open_blob), PH_OK);
	ck_assert_int_eq(registry_set(world.primary.c, WORLD_ACTOR, &record,
			     REGISTRY_REMOVED, &f),
	    PH_OK);
	ck_assert_int_eq(ask_blob(lab, &open_blob), PH_EABSENT);
	ck_assert_int_eq(ask_manifest(lab, &open_manifest), PH_EABSENT);
	ck_assert_int_eq(ask_manifest(lab, &unknown), PH_EABSENT);
}
END_TEST

START_TEST(compared)
{
	struct feed feed;

	ck_assert(exchange_compare(lab, &feed));
	ck_assert(feed.has_charter && feed.has_grant && !feed.same);
	ck_assert_uint_eq(lineset_count(feed.from), 0);
	ck_assert_uint_eq(lineset_count(feed.list), 1);
	feed_fini(&feed);
	ck_assert(exchange_documents(lab));
	ck_assert(!exchange_compare(lab, &feed));
	ck_assert(feed.same && !feed.has_charter && !feed.has_grant);
	feed_fini(&feed);
	/* Differences from what it has. */
	world_publish(&world, "open", "2", SIZE, 3, NULL);
	ck_assert(exchange_compare(lab, &feed));
	ck_assert(!feed.has_charter && feed.has_grant);
	ck_assert_uint_eq(lineset_count(feed.from), 1);
	ck_assert_uint_eq(lineset_count(feed.list), 2);
	feed_fini(&feed);
}
END_TEST

START_TEST(lists_of_others_are_unknown)
{
	struct message_state state;
	struct grant grant;
	struct failure f;
	struct feed feed;

	(void)exchange_documents(lab);
	world_publish(&world, "open", "2", SIZE, 3, NULL);
	ck_assert_int_eq(mandate_state(lab->c, &state), PH_OK);
	ck_assert_int_eq(grants_get(world.primary.c, &other->id, &grant, NULL),
	    PH_OK);
	state.list = grant.list;
	feed_init(&feed);
	ck_assert_int_eq(feed_compare(world.primary.c, &lab->id, &state, &feed,
			     &f),
	    PH_OK);
	ck_assert_uint_eq(lineset_count(feed.from), 0);
	feed_fini(&feed);
	/* The same for one that nobody has. */
	state.list = unknown;
	ck_assert_int_eq(feed_compare(world.primary.c, &lab->id, &state, &feed,
			     &f),
	    PH_OK);
	ck_assert_uint_eq(lineset_count(feed.from), 0);
	feed_fini(&feed);
}
END_TEST

START_TEST(a_peer_that_knows_more)
{
	struct message_state state;
	struct failure f;
	struct feed feed;

	(void)exchange_documents(lab);
	ck_assert_int_eq(mandate_state(lab->c, &state), PH_OK);
	feed_init(&feed);
	state.grant.generation++;
	ck_assert_int_eq(feed_compare(world.primary.c, &lab->id, &state, &feed,
			     &f),
	    PH_EFORK);
	feed_fini(&feed);
	state.grant.generation--;
	state.list = unknown;
	ck_assert_int_eq(feed_compare(world.primary.c, &lab->id, &state, &feed,
			     &f),
	    PH_EFORK);
	feed_fini(&feed);
	ck_assert_int_eq(mandate_state(lab->c, &state), PH_OK);
	state.charter.epoch++;
	ck_assert_int_eq(feed_compare(world.primary.c, &lab->id, &state, &feed,
			     &f),
	    PH_EFORK);
	feed_fini(&feed);
	/* Of an epoch that has not begun. */
	state.charter.epoch--;
	state.grant.epoch++;
	ck_assert_int_eq(feed_compare(world.primary.c, &lab->id, &state, &feed,
			     &f),
	    PH_EFORK);
	feed_fini(&feed);
}
END_TEST

START_TEST(renewed_from_half_time)
{
	struct feed feed;

	(void)exchange_documents(lab);
	world.now += 44 * 86400;
	ck_assert(!exchange_compare(lab, &feed));
	feed_fini(&feed);
	world.now += 2 * 86400;
	ck_assert(exchange_compare(lab, &feed));
	ck_assert(feed.has_grant);
	feed_fini(&feed);
}
END_TEST

START_TEST(deliveries_are_logged)
{
	ck_assert_int_eq(feed_delivery_open(world.primary.c, &lab->id,
			     &open_blob, NULL),
	    PH_OK);
	ck_assert_int_eq(feed_delivery_open(world.primary.c, &lab->id,
			     &open_blob, &secret_blob),
	    PH_OK);
	ck_assert_int_eq(feed_delivery_close(world.primary.c, &lab->id,
			     &open_blob, 17, PH_ECUT),
	    PH_OK);
	ck_assert_uint_eq(world_grep("primary/state/log", "\"delivery\"", 10),
	    1);
	ck_assert_uint_eq(world_grep("primary/state/log", "\"delivered\"", 11),
	    1);
	invariants_check_rebuild(&world.primary);
}
END_TEST

static int
no_room(void *cookie, uint64_t *bytes, uint64_t *inodes)
{
	(void)cookie;
	*bytes = *inodes = 0;
	return PH_OK;
}

/* A peer that asks for one blob in a loop: told once an hour, and counted. */
START_TEST(repeated_deliveries_are_counted)
{
	struct log *log;
	uint64_t size;
	unsigned int i;

	ck_assert_int_eq(ledger_log(world.primary.c, &lab->id, &log), PH_OK);
	size = log_size(log);
	for (i = 0; i < 100; i++) {
		ck_assert_int_eq(feed_delivery_open(world.primary.c, &lab->id,
				     &open_blob, NULL),
		    PH_OK);
		ck_assert_int_eq(feed_delivery_close(world.primary.c, &lab->id,
				     &open_blob, 17, PH_ECUT),
		    PH_OK);
	}
	ck_assert_uint_eq(log_size(log), size + 2);
	/* Another end, another blob and a later hour are news. */
	ck_assert_int_eq(feed_delivery_close(world.primary.c, &lab->id,
			     &open_blob, 17, PH_OK),
	    PH_OK);
	ck_assert_int_eq(feed_delivery_open(world.primary.c, &lab->id,
			     &secret_blob, NULL),
	    PH_OK);
	ck_assert_uint_eq(log_size(log), size + 4);
	world.now += REPEATS_INTERVAL_S;
	ck_assert_int_eq(feed_delivery_open(world.primary.c, &lab->id,
			     &open_blob, NULL),
	    PH_OK);
	ck_assert_uint_eq(log_size(log), size + 5);
	ck_assert_uint_eq(world_grep("primary/state/log", "\"repeats\":99", 12),
	    1);
}
END_TEST

/* What could not be told is not taken for told. */
START_TEST(untold_deliveries_stay_due)
{
	world.primary.c->state_room = no_room;
	ck_assert_int_eq(feed_delivery_open(world.primary.c, &lab->id,
			     &open_blob, NULL),
	    PH_ENOSPC);
	ck_assert_int_eq(feed_delivery_open(world.primary.c, &lab->id,
			     &open_blob, NULL),
	    PH_ENOSPC);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s;
	TCase *t;

	s = suite_create("feed");
	t = tcase_create("feed");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, not_granted_is_not_there);
	tcase_add_test(t, not_granted_is_not_looked_for);
	tcase_add_test(t, base_must_be_granted);
	tcase_add_test(t, removed_and_paused_get_nothing);
	tcase_add_test(t, compared);
	tcase_add_test(t, lists_of_others_are_unknown);
	tcase_add_test(t, a_peer_that_knows_more);
	tcase_add_test(t, renewed_from_half_time);
	tcase_add_test(t, deliveries_are_logged);
	tcase_add_test(t, repeated_deliveries_are_counted);
	tcase_add_test(t, untold_deliveries_stay_due);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return check_run(suite());
}
