/*
 * Receipts: the chain, repeats, clones, sets that are not here.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "proto/errors.h"
#include "proto/holding.h"
#include "proto/lineset_diff.h"
#include "proto/receipt.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/grants.h"
#include "syncd/catalogue/registry.h"
#include "syncd/catalogue/reports.h"
#include "syncd/catalogue/statement.h"
#include "syncd/catalogue/withdrawal.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/catalogue/exchange.h"
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

/* Send a statement as whole set. */
static int
send(const struct statement *s, struct message_received *answer)
{
	struct lineset_diff diff;
	struct buffer changes;
	int r;

	buffer_init(&changes, 1u << 20);
	lineset_diff_init(&diff, s->from, s->set);
	do {
		r = lineset_diff_next(&diff, PH_LISTDIFF_MAX, &changes);
	} while (r == 1);
	r = reports_receive(world.primary.c, &lab->id, &s->receipt, &s->base,
	    changes.data, changes.len, answer, &failure);
	buffer_fini(&changes);
	return r;
}

static void
make(struct statement *s)
{
	statement_init(s);
	ck_assert_int_eq(statement_make(lab->c, 0, s), PH_OK);
	ck_assert(s->due);
}

static uint64_t
number(void)
{
	struct report report;
	int r;

	r = reports_get(world.primary.c, &lab->id, &report);
	ck_assert(r == PH_OK || r == PH_EABSENT);
	return r == PH_OK ? report.number : 0;
}

START_TEST(chained)
{
	int holds;

	ck_assert_uint_eq(number(), 0);
	exchange_contact(lab);
	world_publish(&world, "img", "1", SIZE, 1, NULL);
	exchange_contact(lab);
	ck_assert_uint_ge(number(), 2);
	ck_assert_int_eq(reports_holds(world.primary.c, &lab->id, "img", "1",
			     &holds),
	    PH_OK);
	ck_assert(holds);
	ck_assert_int_eq(reports_holds(world.primary.c, &lab->id, "img", "2",
			     &holds),
	    PH_OK);
	ck_assert(!holds);
	invariants_check_rebuild(&world.primary);
}
END_TEST

START_TEST(repeated)
{
	struct message_received first, again;
	struct statement s;

	(void)exchange_documents(lab);
	make(&s);
	ck_assert_int_eq(send(&s, &first), PH_OK);
	ck_assert_int_eq(send(&s, &again), PH_OK);
	ck_assert_uint_eq(again.number, first.number);
	ck_assert_uint_eq(number(), 1);
	ck_assert_int_eq(statement_received(lab->c, &first), PH_OK);
	ck_assert_int_eq(statement_received(lab->c, &again), PH_OK);
	statement_fini(&s);
}
END_TEST

/* A failure between a receipt and the grant that follows from it. */
START_TEST(repeated_for_what_follows)
{
	struct message_received answer;
	struct statement s;
	struct failure f;
	struct grant grant;
	size_t n;

	(void)world_apply(&world,
	    "version: 1\nallow:\n  - {to: [lab], images: {name: \"*\"}, "
	    "versions: {newest: 1}}\n");
	world_publish(&world, "img", "1", SIZE, 1, NULL);
	exchange_contact(lab);
	world_publish(&world, "img", "2", SIZE, 2, NULL);
	(void)exchange_documents(lab);
	(void)exchange_manifests(lab);
	(void)exchange_content(lab);
	ck_assert_int_eq(withdraw_retired(lab->c, &n), PH_OK);
	ck_assert_uint_eq(n, 1);
	make(&s);
	world_shell("mv primary/state/documents/lists lists%s", "");
	/* The receipt stands, and is answered. */
	ck_assert_int_eq(send(&s, &answer), PH_OK);
	ck_assert_int_ne(grants_check(world.primary.c, &f), PH_OK);
	world_shell("mv lists primary/state/documents/lists%s", "");
	ck_assert_int_eq(grants_get(world.primary.c, &lab->id, &grant, NULL),
	    PH_OK);
	ck_assert_uint_eq(grant.items, 2);
	ck_assert_int_eq(send(&s, &answer), PH_OK);
	ck_assert_int_eq(grants_get(world.primary.c, &lab->id, &grant, NULL),
	    PH_OK);
	ck_assert_uint_eq(grant.items, 1);
	statement_fini(&s);
}
END_TEST

START_TEST(cloned)
{
	struct message_received answer;
	struct statement s;

	exchange_contact(lab);
	world_close(lab);
	world_shell("cp -a lab/state clone%s", "");
	world_open(lab);
	world_publish(&world, "img", "1", SIZE, 1, NULL);
	exchange_contact(lab);
	/* The clone goes on from where it was copied. */
	world_close(lab);
	world_shell("rm -r lab/state && mv clone lab/state%s", "");
	world_open(lab);
	world.now += 2 * 86400;
	make(&s);
	ck_assert_int_eq(send(&s, &answer), PH_EFORK);
	statement_fini(&s);
}
END_TEST

START_TEST(restored)
{
	struct message_received answer;
	struct statement s;

	exchange_contact(lab);
	world_close(lab);
	ck_assert_int_eq(unlink("lab/state/incarnation"), 0);
	world_open(lab);
	make(&s);
	ck_assert_int_eq(send(&s, &answer), PH_EFORK);
	ck_assert_ptr_nonnull(strstr(failure.what, "another"));
	statement_fini(&s);
}
END_TEST

/* Sign the receipt of a statement again, after a change. */
static void
alter(struct statement *s, const struct key_private *key, int what)
{
	struct receipt receipt;
	struct buffer bytes;

	receipt_init(&receipt);
	ck_assert_int_eq(receipt_decode(s->receipt.bytes, s->receipt.len,
			     &receipt),
	    PH_OK);
	if (what == 1)
		receipt.number += 2;
	if (what == 2)
		receipt.set_count++;
	if (what == 3)
		receipt.repository = world.primary.id;
	buffer_init(&bytes, PH_DOCUMENT_MAX);
	if (receipt.number > 1 && digest_is_zero(&receipt.previous))
		digest_of("x", 1, &receipt.previous);
	ck_assert_int_eq(receipt_encode(&receipt, &bytes), PH_OK);
	ck_assert_int_eq(document_set(&s->receipt, bytes.data, bytes.len),
	    PH_OK);
	ck_assert_int_eq(document_sign(&s->receipt, DOCUMENT_RECEIPT, key),
	    PH_OK);
	receipt_fini(&receipt);
	buffer_fini(&bytes);
}

START_TEST(refused)
{
	struct message_received answer;
	struct statement s;

	exchange_contact(lab);
	world.now += 2 * 86400;
	make(&s);
	alter(&s, world.publisher, 0);
	ck_assert_int_eq(send(&s, &answer), PH_ESIGNATURE);
	alter(&s, lab->key, 2);
	ck_assert_int_eq(send(&s, &answer), PH_EDIGEST);
	alter(&s, lab->key, 3);
	ck_assert_int_eq(send(&s, &answer), PH_EIDENTITY);
	statement_fini(&s);
	make(&s);
	alter(&s, lab->key, 1);
	ck_assert_int_eq(send(&s, &answer), PH_EFORK);
	statement_fini(&s);
	ck_assert_int_eq(reports_receive(world.primary.c, &world.primary.id,
			     &s.receipt, &s.base, NULL, 0, &answer, &failure),
	    PH_EUNKNOWN);
	ck_assert_uint_eq(number(), 1);
}
END_TEST

START_TEST(whole_when_the_base_is_unknown)
{
	struct message_received answer;
	struct statement s;

	world_publish(&world, "img", "1", SIZE, 1, NULL);
	exchange_contact(lab);
	world.now += 2 * 86400;
	make(&s);
	digest_of("unknown", 7, &s.base);
	ck_assert_int_eq(send(&s, &answer), PH_OK);
	ck_assert_int_eq(answer.send_whole, 1);
	statement_fini(&s);
	statement_init(&s);
	ck_assert_int_eq(statement_make(lab->c, 1, &s), PH_OK);
	ck_assert(s.due);
	ck_assert_uint_eq(lineset_count(s.from), 0);
	ck_assert_int_eq(send(&s, &answer), PH_OK);
	ck_assert_int_eq(answer.send_whole, 0);
	statement_fini(&s);
	invariants_check_rebuild(&world.primary);
}
END_TEST

/* Whether it says that it holds what nobody published. */
static int
holds_ghost(unsigned int version)
{
	char text[16];
	int holds;

	(void)snprintf(text, sizeof(text), "%u", version);
	ck_assert_int_eq(reports_holds(world.primary.c, &lab->id, "ghost", text,
			     &holds),
	    PH_OK);
	return holds;
}

/* A receipt of a set, after another; what the primary says. */
static int
forge(uint64_t n, const struct digest *previous, struct lineset *set,
    struct digest *digest)
{
	struct message_received answer;
	struct receipt receipt;
	struct statement s;
	struct buffer bytes;
	int r;

	statement_init(&s);
	receipt_init(&receipt);
	receipt.repository = lab->id;
	receipt.number = n;
	if (n > 1)
		receipt.previous = *previous;
	memset(receipt.incarnation, 7, sizeof(receipt.incarnation));
	receipt.time = world.now;
	lineset_digest(set, &receipt.set);
	receipt.set_count = lineset_count(set);
	digest_of(NULL, 0, &receipt.log_root);
	buffer_init(&bytes, PH_DOCUMENT_MAX);
	ck_assert_int_eq(receipt_encode(&receipt, &bytes), PH_OK);
	ck_assert_int_eq(document_set(&s.receipt, bytes.data, bytes.len),
	    PH_OK);
	ck_assert_int_eq(document_sign(&s.receipt, DOCUMENT_RECEIPT, lab->key),
	    PH_OK);
	buffer_fini(&bytes);
	document_digest(&s.receipt, digest);
	ck_assert_int_eq(lineset_decode(NULL, 0, &s.from), PH_OK);
	lineset_digest(s.from, &s.base);
	s.set = set;
	r = send(&s, &answer);
	s.set = NULL;
	receipt_fini(&receipt);
	statement_fini(&s);
	return r;
}

/* A set of count versions that nobody published, first being the first. */
static struct lineset *
invent(unsigned int first, unsigned int count)
{
	struct lineset_builder *b;
	struct lineset *set;
	struct buffer line;
	struct holding h;
	unsigned int i;

	b = lineset_builder_new();
	ck_assert_ptr_nonnull(b);
	for (i = 0; i < count; i++) {
		memset(&h, 0, sizeof(h));
		h.state = HOLDING_VISIBLE;
		h.evidence = HOLDING_HASHED;
		h.time = world.now;
		memset(h.manifest.bytes, 1, DIGEST_SIZE);
		(void)strcpy(h.image, "ghost");
		(void)snprintf(h.version, sizeof(h.version), "%u", first + i);
		buffer_init(&line, PH_LIST_LINE_MAX);
		ck_assert_int_eq(holding_encode(&h, &line), PH_OK);
		ck_assert_int_eq(lineset_builder_add(b, (const char *)line.data,
				     line.len),
		    PH_OK);
		buffer_fini(&line);
	}
	ck_assert_int_eq(lineset_builder_finish(b, &set), PH_OK);
	lineset_builder_free(b);
	return set;
}

static uint64_t
log_bytes(void)
{
	char hex[DIGEST_HEX_SIZE], path[200];
	struct stat st;

	digest_hex(&lab->id, hex);
	(void)snprintf(path, sizeof(path), "primary/state/log/%s.log", hex);
	ck_assert_int_eq(stat(path, &st), 0);
	return (uint64_t)st.st_size;
}

#define COUNT_FILES "test $(ls primary/state/documents/"

/*
 * Receipts as fast as they come, each with another set: so many at once, one
 * an interval after that; files do not grow with them, the log by less than
 * 512 bytes each.
 */
START_TEST(bounded)
{
	struct digest last, digest;
	struct lineset *set;
	uint64_t n, before;
	unsigned int i;
	int r;

	(void)exchange_documents(lab);
	before = log_bytes();
	n = 1;
	for (i = 0; i < REPORTS_BURST + 50; i++) {
		set = invent(i, 10);
		r = forge(n, &last, set, &digest);
		lineset_free(set);
		ck_assert_int_eq(r, i < REPORTS_BURST ? PH_OK : PH_EBUSY);
		if (r == PH_OK) {
			last = digest;
			n++;
		}
	}
	ck_assert_uint_eq(number(), REPORTS_BURST);
	for (i = 0; i < 3 * REPORTS_INTERVAL_S; i++) {
		world.now++;
		set = invent(i, 10);
		r = forge(n, &last, set, &digest);
		lineset_free(set);
		ck_assert_int_eq(r,
		    (i + 1) % REPORTS_INTERVAL_S == 0 ? PH_OK : PH_EBUSY);
		if (r == PH_OK) {
			last = digest;
			n++;
		}
	}
	ck_assert_uint_lt(log_bytes() - before, (n - 1) * 512);
	world_shell(COUNT_FILES "sets | wc -l) = 1%s", "");
	world_shell(COUNT_FILES "receipts | wc -l) = 192%s", "");
	ck_assert_int_eq(holds_ghost(0), 0);
	invariants_check_rebuild(&world.primary);
	/* Set back, the clock lets nobody wait. */
	world.now -= 365 * 86400;
	set = invent(0, 1);
	ck_assert_int_eq(forge(n, &last, set, &digest), PH_OK);
	lineset_free(set);
	ck_assert_int_eq(holds_ghost(0), 1);
	ck_assert_int_eq(holds_ghost(9), 0);
}
END_TEST

/* What others are granted has no part in what a repository may say. */
START_TEST(what_others_hold_is_not_told)
{
	struct digest digest;
	struct lineset *set;
	unsigned int i;
	char version[16];

	(void)world_site(&world, "other");
	(void)world_apply(&world,
	    "version: 1\nallow:\n  - {to: [other], images: {name: \"*\"}}\n");
	for (i = 0; i < 5; i++) {
		(void)snprintf(version, sizeof(version), "%u", i);
		world_publish(&world, "secret", version, SIZE, i, NULL);
	}
	set = invent(0, REPORTS_UNKNOWN_MAX + 1);
	ck_assert_int_eq(forge(1, NULL, set, &digest), PH_ELIMIT);
	ck_assert_ptr_nonnull(strstr(failure.what, "its grants had 0"));
	lineset_free(set);
	set = invent(0, REPORTS_UNKNOWN_MAX);
	ck_assert_int_eq(forge(1, NULL, set, &digest), PH_OK);
	lineset_free(set);
	invariants_check_rebuild(&world.primary);
}
END_TEST

/* What was granted once may be told of as withdrawn for ever. */
START_TEST(what_was_granted_counts)
{
	struct digest digest;
	struct lineset *set;

	world_publish(&world, "img", "1", SIZE, 1, NULL);
	(void)world_apply(&world,
	    "version: 1\ndeny:\n  - {to: [lab], images: {name: \"*\"}}\n");
	world_reopen(&world.primary);
	set = invent(0, REPORTS_UNKNOWN_MAX + 1);
	ck_assert_int_eq(forge(1, NULL, set, &digest), PH_OK);
	lineset_free(set);
}
END_TEST

/* One version more than there can be. */
START_TEST(beyond_what_there_is)
{
	struct digest digest;
	struct lineset *set;

	world_publish(&world, "img", "1", SIZE, 1, NULL);
	set = invent(0, REPORTS_UNKNOWN_MAX + 2);
	ck_assert_int_eq(forge(1, NULL, set, &digest), PH_ELIMIT);
	lineset_free(set);
	ck_assert_uint_eq(number(), 0);
	world_shell(COUNT_FILES "sets | wc -l) = 0%s", "");
	set = invent(0, REPORTS_UNKNOWN_MAX + 1);
	ck_assert_int_eq(forge(1, NULL, set, &digest), PH_OK);
	lineset_free(set);
}
END_TEST

/* What is superseded may be gone; what is not may not, and is named. */
START_TEST(the_newest_is_needed)
{
	struct failure f;

	exchange_contact(lab);
	world_publish(&world, "img", "1", SIZE, 1, NULL);
	exchange_contact(lab);
	ck_assert_uint_eq(number(), 2);
	world_close(&world.primary);
	world_shell("rm -r primary/state/index && "
		    "rm primary/state/documents/receipts/*-1.*%s",
	    "");
	world_shell("touch primary/state/documents/sets/$(ls "
		    "primary/state/documents/sets | sed s/-2/-3/)%s",
	    "");
	world_open(&world.primary);
	ck_assert_uint_eq(number(), 2);
	/* What was written before a crash, and never named, is not kept. */
	world_shell(COUNT_FILES "sets | wc -l) = 1%s", "");
	invariants_check_rebuild(&world.primary);
	world_close(&world.primary);
	world_shell("rm -r primary/state/index && "
		    "mv primary/state/documents/receipts aside%s",
	    "");
	ck_assert_int_eq(world_try_open(&world.primary, &f), PH_EABSENT);
	ck_assert_ptr_nonnull(strstr(f.what, "last receipt"));
	world_shell("rm -r primary/state/documents/receipts && "
		    "mv aside primary/state/documents/receipts%s",
	    "");
	world_open(&world.primary);
	ck_assert_uint_eq(number(), 2);
	invariants_check_rebuild(&world.primary);
}
END_TEST

/*
 * A day on which nothing happens, with a contact each five minutes: one
 * entry, of the daily receipt, of less than 512 bytes.
 */
START_TEST(quiet_day)
{
	uint64_t main_size, bytes, before;
	unsigned int i;

	world_publish(&world, "img", "1", SIZE, 1, NULL);
	exchange_contact(lab);
	main_size = log_size(world.primary.c->log);
	bytes = log_bytes();
	before = number();
	for (i = 0; i < 288; i++) {
		world.now += 300;
		exchange_contact(lab);
	}
	ck_assert_uint_eq(number(), before + 1);
	ck_assert_uint_eq(log_size(world.primary.c->log), main_size);
	ck_assert_uint_gt(log_bytes(), bytes);
	ck_assert_uint_lt(log_bytes() - bytes, 512);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s;
	TCase *t;

	s = suite_create("reports");
	t = tcase_create("reports");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, chained);
	tcase_add_test(t, repeated);
	tcase_add_test(t, repeated_for_what_follows);
	tcase_add_test(t, cloned);
	tcase_add_test(t, restored);
	tcase_add_test(t, refused);
	tcase_add_test(t, whole_when_the_base_is_unknown);
	tcase_add_test(t, bounded);
	tcase_add_test(t, beyond_what_there_is);
	tcase_add_test(t, what_others_hold_is_not_told);
	tcase_add_test(t, what_was_granted_counts);
	tcase_add_test(t, the_newest_is_needed);
	tcase_add_test(t, quiet_day);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return check_run(suite());
}
