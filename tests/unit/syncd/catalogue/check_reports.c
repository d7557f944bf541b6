/*
 * Receipts: the chain, repeats, clones, sets that are not here.
 */
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "proto/errors.h"
#include "proto/lineset_diff.h"
#include "proto/receipt.h"
#include "syncd/catalogue/registry.h"
#include "syncd/catalogue/reports.h"
#include "syncd/catalogue/statement.h"
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
	tcase_add_test(t, cloned);
	tcase_add_test(t, restored);
	tcase_add_test(t, refused);
	tcase_add_test(t, whole_when_the_base_is_unknown);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return check_run(suite());
}
