/*
 * Our own receipts: when one is due, and what acknowledges it.
 */
#include <string.h>

#include <check.h>

#include "proto/checkpoint.h"
#include "proto/document.h"
#include "proto/errors.h"
#include "proto/receipt.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/mandate.h"
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

static uint64_t
make(int due)
{
	struct receipt receipt;
	struct statement s;
	uint64_t number;

	statement_init(&s);
	ck_assert_int_eq(statement_make(lab->c, 0, &s), PH_OK);
	ck_assert_int_eq(s.due, due);
	receipt_init(&receipt);
	ck_assert_int_eq(receipt_decode(s.receipt.bytes, s.receipt.len,
			     &receipt),
	    PH_OK);
	number = receipt.number;
	ck_assert_int_eq(digest_is_zero(&receipt.previous), number == 1);
	receipt_fini(&receipt);
	statement_fini(&s);
	return number;
}

START_TEST(numbered_and_only_when_due)
{
	(void)exchange_documents(lab);
	ck_assert_uint_eq(make(1), 1);
	/* Not acknowledged: the same again, also after a start. */
	ck_assert_uint_eq(make(1), 1);
	world_reopen(lab);
	ck_assert_uint_eq(make(1), 1);
	ck_assert(exchange_receipt(lab));
	ck_assert_uint_eq(make(0), 1);
	world.now += 86399;
	ck_assert_uint_eq(make(0), 1);
	world.now++;
	ck_assert_uint_eq(make(1), 2);
	ck_assert(exchange_receipt(lab));
	ck_assert_uint_eq(make(0), 2);
	/* A change makes the next one due. */
	world_publish(&world, "img", "1", SIZE, 1, NULL);
	exchange_contact(lab);
	ck_assert_uint_gt(make(0), 2);
	invariants_check_rebuild(lab);
	(void)make(0);
}
END_TEST

/* Acknowledge a receipt with a checkpoint that a key signed. */
static int
acknowledge(uint64_t number, uint64_t size, const char *root,
    const struct key_private *key)
{
	struct message_received m;
	struct checkpoint checkpoint;
	struct buffer bytes;
	struct document d;
	int r;

	memset(&m, 0, sizeof(m));
	m.number = number;
	m.size = size;
	m.time = world.now;
	digest_of(root, strlen(root), &m.root);
	checkpoint_init(&checkpoint);
	checkpoint.owner = world.primary.id;
	digest_hex(&lab->id, checkpoint.log);
	checkpoint.size = size;
	checkpoint.root = m.root;
	checkpoint.time = m.time;
	buffer_init(&bytes, PH_DOCUMENT_MAX);
	document_init(&d);
	ck_assert_int_eq(checkpoint_encode(&checkpoint, &bytes), PH_OK);
	ck_assert_int_eq(document_set(&d, bytes.data, bytes.len), PH_OK);
	ck_assert_int_eq(document_sign(&d, DOCUMENT_CHECKPOINT, key), PH_OK);
	m.signature_len = d.signatures[0].len;
	memcpy(m.signature, d.signatures[0].blob, m.signature_len);
	r = statement_received(lab->c, &m);
	document_fini(&d);
	buffer_fini(&bytes);
	return r;
}

START_TEST(acknowledgements_that_are_refused)
{
	const struct key_private *key = world.primary.key;

	ck_assert_int_eq(acknowledge(1, 5, "root", key), PH_EMESSAGE);
	(void)exchange_documents(lab);
	ck_assert_uint_eq(make(1), 1);
	ck_assert_int_eq(acknowledge(2, 5, "root", key), PH_EMESSAGE);
	ck_assert_int_eq(acknowledge(1, 5, "root", world.policy),
	    PH_ESIGNATURE);
	ck_assert_uint_eq(make(1), 1);
	ck_assert_int_eq(acknowledge(1, 5, "root", key), PH_OK);
	ck_assert_uint_eq(make(0), 1);
	/* The log at the primary does not go back, nor become another. */
	ck_assert_int_eq(acknowledge(1, 4, "root", key), PH_EFORK);
	ck_assert_int_eq(acknowledge(1, 5, "other", key), PH_EFORK);
	invariants_check_rebuild(lab);
	ck_assert_int_eq(acknowledge(1, 5, "other", key), PH_EFORK);
	ck_assert_int_eq(acknowledge(1, 6, "more", key), PH_OK);
}
END_TEST

START_TEST(state_tells_what_is_in_force)
{
	struct message_state state;

	ck_assert_int_eq(mandate_state(lab->c, &state), PH_OK);
	ck_assert(order_is_zero(&state.grant) && order_is_zero(&state.charter));
	ck_assert_uint_eq(state.receipt, 0);
	exchange_contact(lab);
	ck_assert_int_eq(mandate_state(lab->c, &state), PH_OK);
	ck_assert_uint_eq(state.grant.generation, 1);
	ck_assert_uint_eq(state.receipt, 1);
	ck_assert_uint_eq(state.nlogs, 1);
	ck_assert_uint_gt(state.logs[0].size, 0);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s;
	TCase *t;

	s = suite_create("statement");
	t = tcase_create("statement");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, numbered_and_only_when_due);
	tcase_add_test(t, acknowledgements_that_are_refused);
	tcase_add_test(t, state_tells_what_is_in_force);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return check_run(suite());
}
