/*
 * Entries and their effects: whatever comes between the two, an entry that
 * stands in the log is applied before the next one, or at the next start.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/catalogue/charters.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/grants.h"
#include "syncd/catalogue/holdings.h"
#include "syncd/catalogue/kinds.h"
#include "syncd/catalogue/ledger.h"
#include "syncd/catalogue/registry.h"
#include "syncd/catalogue/reports.h"
#include "syncd/catalogue/statement.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/base/fault_files.h"
#include "tests/unit/syncd/catalogue/exchange.h"
#include "tests/unit/syncd/catalogue/invariants.h"

#define SIZE 5000u

static struct world world;
static struct repository *lab;
static struct fault_files faults;
static struct files below;

static void
setup(void)
{
	world_begin(&world);
	lab = world_site(&world, "lab");
	below = world.primary.files;
	fault_files_init(&faults, &below);
	world.primary.files = faults.files;
	world_reopen(&world.primary);
}

static void
teardown(void)
{
	world_end(&world);
}

static int
is_published(const char *version)
{
	struct digest digest;
	struct manifest m;
	int r;

	manifest_init(&m);
	r = holdings_version(world.primary.c, "img", version, &digest, &m);
	manifest_fini(&m);
	return r == PH_OK;
}

/* Commit a publication while the k-th call fails. */
static int
publish_failing(const char *version, uint64_t seed, unsigned int k)
{
	struct publication_result result;
	struct publication *p;
	struct failure f;
	int r;

	p = world_publish_begin(&world, "img", version, SIZE, seed);
	publication_result_init(&result);
	fault_files_arm(&faults, FAULT_FAIL, k, 0);
	r = publication_commit(p, &result, &f);
	fault_files_disarm(&faults);
	publication_result_fini(&result);
	publication_free(p);
	return r;
}

/*
 * Each call fails in turn.  An entry that was appended and not applied is
 * seen after the next one was begun; one that was not appended never is.
 */
START_TEST(caught_up_by_the_next_entry)
{
	char version[16];
	uint64_t size;
	unsigned int k;
	int appended, r;

	r = PH_EIO;
	for (k = 1; r != PH_OK; k++) {
		(void)snprintf(version, sizeof(version), "%u", k);
		size = log_size(world.primary.c->log);
		r = publish_failing(version, k, k);
		/* The log may have been closed, because it failed itself. */
		world_publish(&world, "other", version, SIZE, k + 10000, NULL);
		appended = log_size(world.primary.c->log) == size + 2;
		ck_assert_int_eq(is_published(version), appended);
		ck_assert(r != PH_OK || appended);
		invariants_check(&world.primary);
	}
	ck_assert_uint_gt(k, 20);
	invariants_check_rebuild(&world.primary);
}
END_TEST

START_TEST(caught_up_at_the_next_start)
{
	char version[16];
	unsigned int k;
	int r, published;

	published = 0;
	r = PH_EIO;
	for (k = 1; r != PH_OK; k++) {
		(void)snprintf(version, sizeof(version), "%u", k);
		r = publish_failing(version, k, k);
		world_reopen(&world.primary);
		published += r != PH_OK && is_published(version);
		ck_assert(r != PH_OK || is_published(version));
		invariants_check(&world.primary);
	}
	/* Some failed after the commit point. */
	ck_assert_int_gt(published, 3);
	invariants_check_rebuild(&world.primary);
}
END_TEST

START_TEST(unknown_kinds_are_noticed)
{
	struct ledger_entry e;
	struct failure f;
	int appended;

	ck_assert_int_eq(ledger_begin(world.primary.c, NULL, "dance", "me", &e),
	    PH_OK);
	ck_assert_int_eq(ledger_commit(world.primary.c, &e, &appended),
	    PH_EVERSION);
	ck_assert_int_eq(appended, 1);
	world_close(&world.primary);
	ck_assert_int_eq(world_try_open(&world.primary, &f), PH_EVERSION);
	ck_assert_ptr_nonnull(strstr(f.what, "dance"));
}
END_TEST

START_TEST(aborted_entries_are_not_there)
{
	struct ledger_entry e;
	uint64_t size;

	size = log_size(world.primary.c->log);
	ck_assert_int_eq(ledger_begin(world.primary.c, NULL, "refused", "me",
			     &e),
	    PH_OK);
	ledger_abort(&e);
	ck_assert_uint_eq(log_size(world.primary.c->log), size);
}
END_TEST

START_TEST(shorter_logs_are_noticed)
{
	struct failure f;

	world_close(&world.primary);
	world_shell("cp primary/state/log/main.log before%s", "");
	world_open(&world.primary);
	world_publish(&world, "img", "1", SIZE, 1, NULL);
	world_close(&world.primary);
	world_shell("cp before primary/state/log/main.log%s", "");
	ck_assert_int_eq(world_try_open(&world.primary, &f), PH_ELOG);
	ck_assert_ptr_nonnull(strstr(f.what, "shorter"));
}
END_TEST

/* More repositories than logs are kept open. */
START_TEST(many_logs)
{
	struct digest about[OPEN_LOGS_MAX + 4];
	struct log *log;
	size_t i, round;

	for (round = 0; round < 3; round++) {
		for (i = 0; i < OPEN_LOGS_MAX + 4; i++) {
			struct ledger_entry e;

			digest_of(&i, sizeof(i), &about[i]);
			ck_assert_int_eq(ledger_begin(world.primary.c,
					     &about[i], "refused", "me", &e),
			    PH_OK);
			ck_assert_int_eq(ledger_commit(world.primary.c, &e,
					     NULL),
			    PH_OK);
			ck_assert_int_eq(ledger_log(world.primary.c, &about[i],
					     &log),
			    PH_OK);
			ck_assert_uint_eq(log_size(log), round + 1);
		}
	}
}
END_TEST

/* The kind of which no entry can be applied. */
static const char *stuck;

static int
apply_nothing(struct catalogue *c, const struct ledger_event *e)
{
	(void)c;
	(void)e;
	return PH_EIO;
}

static const struct ledger_kind *
find_stuck(const char *name)
{
	static struct ledger_kind kind;
	const struct ledger_kind *found;

	found = kinds_find(name);
	if (found == NULL || strcmp(name, stuck) != 0)
		return found;
	kind = *found;
	kind.apply = apply_nothing;
	return &kind;
}

/* From now on entries of a kind are appended and not applied; NULL: all are. */
static void
get_stuck(struct catalogue *c, const char *kind)
{
	stuck = kind;
	c->find_kind = kind == NULL ? kinds_find : find_stuck;
	world.now++; /* So that no document is made twice. */
}

/* Send the receipt of an empty set to the primary. */
static int
send_receipt(void)
{
	struct message_received answer;
	struct statement s;
	struct failure f;
	int r;

	statement_init(&s);
	ck_assert_int_eq(statement_make(lab->c, 0, &s), PH_OK);
	r = reports_receive(world.primary.c, &lab->id, &s.receipt, &s.base,
	    NULL, 0, &answer, &f);
	statement_fini(&s);
	return r;
}

/* A number that stands in an entry is not given to another receipt. */
START_TEST(receipts_after_one_that_is_stuck)
{
	struct statement s;

	(void)exchange_documents(lab);
	get_stuck(lab->c, "receipt-made");
	statement_init(&s);
	ck_assert_int_eq(statement_make(lab->c, 0, &s), PH_EIO);
	statement_fini(&s);
	/* While it is, none is made. */
	statement_init(&s);
	ck_assert_int_eq(statement_make(lab->c, 0, &s), PH_EIO);
	statement_fini(&s);
	get_stuck(lab->c, NULL);
	ck_assert(exchange_receipt(lab));
	ck_assert(!exchange_receipt(lab));
	world_reopen(lab);
	invariants_check_rebuild(lab);
	invariants_check_rebuild(&world.primary);
}
END_TEST

/* One that came stands: the same again is not logged again. */
START_TEST(reports_after_one_that_is_stuck)
{
	struct log *log;
	uint64_t size;

	(void)exchange_documents(lab);
	ck_assert_int_eq(ledger_log(world.primary.c, &lab->id, &log), PH_OK);
	size = log_size(log);
	get_stuck(world.primary.c, "receipt");
	ck_assert_int_eq(send_receipt(), PH_EIO);
	get_stuck(world.primary.c, NULL);
	ck_assert_int_eq(send_receipt(), PH_OK);
	ck_assert_uint_eq(log_size(log), size + 1);
	invariants_check_rebuild(&world.primary);
}
END_TEST

/* The same of grants, of all that follow from one event and of a new date. */
START_TEST(grants_after_one_that_is_stuck)
{
	struct catalogue *c = world.primary.c;
	struct registration record;
	struct grant grant;
	uint64_t generation;
	size_t n;
	int i;

	ck_assert_int_eq(registry_get(c, "lab", &record), PH_OK);
	ck_assert_int_eq(grants_refresh_all(c, &n), PH_OK);
	ck_assert_int_eq(grants_get(c, &lab->id, &grant, NULL), PH_OK);
	generation = grant.order.generation;
	for (i = 0; i < 3; i++) {
		get_stuck(c, "grant");
		ck_assert_int_eq(grants_renew(c, &record), PH_EIO);
		get_stuck(c, NULL);
		if (i == 0)
			ck_assert_int_eq(grants_renew(c, &record), PH_OK);
		else if (i == 1)
			(void)world_apply(&world,
			    "version: 1\nallow:\n"
			    "  - {to: [lab], images: {name: \"*\"}}\n");
		else
			world_publish(&world, "img", "1", SIZE, 1, NULL);
		ck_assert_int_eq(grants_get(c, &lab->id, &grant, NULL), PH_OK);
		/* The empty list did not change when it was allowed. */
		generation += i == 1 ? 1 : 2;
		ck_assert_uint_eq(grant.order.generation, generation);
	}
	world_reopen(&world.primary);
	invariants_check_rebuild(&world.primary);
	exchange_contact(lab);
}
END_TEST

START_TEST(charters_after_one_that_is_stuck)
{
	struct catalogue *c = world.primary.c;
	struct registration record;
	struct charter charter;
	struct failure f;

	ck_assert_int_eq(registry_get(c, "lab", &record), PH_OK);
	record.reasons |= CHARTER_CAPACITY;
	get_stuck(c, "charter");
	ck_assert_int_eq(registry_set(c, "me", &record, REGISTRY_REASONS, &f),
	    PH_EIO);
	get_stuck(c, NULL);
	ck_assert_int_eq(charters_issue_all(c), PH_OK);
	charter_init(&charter);
	ck_assert_int_eq(charters_get(c, &lab->id, &charter, NULL), PH_OK);
	ck_assert_uint_eq(charter.order.generation, 2);
	ck_assert_uint_eq(charter.reasons & CHARTER_CAPACITY, CHARTER_CAPACITY);
	charter_fini(&charter);
	world_reopen(&world.primary);
	invariants_check_rebuild(&world.primary);
}
END_TEST

/* What an entry has published is not published with other content. */
START_TEST(publications_after_one_that_is_stuck)
{
	get_stuck(world.primary.c, "publish");
	ck_assert_int_eq(publish_failing("1", 1, UINT_MAX), PH_EIO);
	get_stuck(world.primary.c, NULL);
	ck_assert_int_eq(publish_failing("1", 2, UINT_MAX), PH_ETAKEN);
	ck_assert(is_published("1"));
	invariants_check_rebuild(&world.primary);
}
END_TEST

/* How much room there is in state_dir. */
static uint64_t room, inodes_left = UINT64_MAX;

static int
probe(void *cookie, uint64_t *bytes, uint64_t *inodes)
{
	(void)cookie;
	*bytes = room;
	*inodes = inodes_left;
	return PH_OK;
}

/* Whether an entry of a kind may be begun. */
static int
may_begin(const char *kind)
{
	struct ledger_entry e;
	int r;

	r = ledger_begin(world.primary.c, NULL, kind, "me", &e);
	ck_assert(r == PH_OK || r == PH_ENOSPC);
	ledger_abort(&e);
	return r == PH_OK;
}

/* Strangers stop first, then what grows; what narrows goes on to the end. */
START_TEST(reserves_are_kept)
{
	struct failure f;

	world.primary.c->state_room = probe;
	room = 2 * LEDGER_RESERVE;
	ck_assert(may_begin("refused"));
	room--;
	ck_assert(!may_begin("refused"));
	ck_assert(may_begin("publish"));
	room = LEDGER_RESERVE - 1;
	ck_assert(!may_begin("publish"));
	ck_assert(!may_begin("receipt"));
	ck_assert(!may_begin("delivery"));
	room = 0;
	ck_assert(may_begin("delivered"));
	ck_assert(may_begin("grant"));
	ck_assert(may_begin("policy"));
	ck_assert(may_begin("withdraw"));
	ck_assert_int_eq(ledger_check_room(world.primary.c, "publish", &f),
	    PH_ENOSPC);
	ck_assert_ptr_nonnull(strstr(f.what, "state_dir"));
	/* Documents are small, and many. */
	room = UINT64_MAX;
	inodes_left = LEDGER_RESERVE / LEDGER_BYTES_PER_INODE;
	ck_assert(!may_begin("refused"));
	ck_assert(may_begin("publish"));
	inodes_left--;
	ck_assert(!may_begin("publish"));
	ck_assert(may_begin("grant"));
}
END_TEST

/* What is missing for an entry is named, and nothing goes past it. */
START_TEST(what_is_missing_is_named)
{
	struct failure f;

	world_publish(&world, "img", "1", SIZE, 1, NULL);
	world_close(&world.primary);
	world_shell("rm -r primary/state/index && "
		    "mv primary/state/documents/manifests aside%s",
	    "");
	ck_assert_int_eq(world_try_open(&world.primary, &f), PH_EABSENT);
	ck_assert_ptr_nonnull(strstr(f.what, "img@1"));
	world_shell("rm -r primary/state/documents/manifests && "
		    "mv aside primary/state/documents/manifests%s",
	    "");
	world_open(&world.primary);
	ck_assert(is_published("1"));
	invariants_check_rebuild(&world.primary);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s;
	TCase *t;

	s = suite_create("ledger");
	t = tcase_create("ledger");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, caught_up_by_the_next_entry);
	tcase_add_test(t, caught_up_at_the_next_start);
	tcase_add_test(t, unknown_kinds_are_noticed);
	tcase_add_test(t, aborted_entries_are_not_there);
	tcase_add_test(t, shorter_logs_are_noticed);
	tcase_add_test(t, many_logs);
	tcase_add_test(t, receipts_after_one_that_is_stuck);
	tcase_add_test(t, reports_after_one_that_is_stuck);
	tcase_add_test(t, grants_after_one_that_is_stuck);
	tcase_add_test(t, charters_after_one_that_is_stuck);
	tcase_add_test(t, publications_after_one_that_is_stuck);
	tcase_add_test(t, reserves_are_kept);
	tcase_add_test(t, what_is_missing_is_named);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return check_run(suite());
}
