/*
 * The members of STATE, SAME, BUSY and RECEIVED, against the vectors.
 */
#include <string.h>

#include "tests/unit/check_main.h"
#include "tests/unit/proto/message_vectors.h"

#include "proto/errors.h"
#include "proto/message_state.h"

#define INTEGER_MAX ((UINT64_C(1) << 53) - 1)

static struct buffer out;

static void
setup(void)
{
	buffer_init(&out, FRAME_HEADER_SIZE + MESSAGE_PAYLOAD_MAX);
}

static void
fill(struct digest *d, int byte)
{
	memset(d->bytes, byte, DIGEST_SIZE);
}

/* One log of a STATE. */
static void
add_log(struct message_state *m, const char *name, uint64_t size)
{
	struct message_log *log;

	log = &m->logs[m->nlogs++];
	strcpy(log->name, name);
	log->size = size;
}

/* The members of the vector "later". */
static void
later(struct message_state *m)
{
	memset(m, 0, sizeof(*m));
	m->charter = (struct order){ 1, 2 };
	m->grant = (struct order){ 3, 4 };
	fill(&m->list, 0x21);
	fill(&m->set, 0x22);
	m->receipt = 5;
	add_log(m,
	    "1111111111111111111111111111111111111111111111111111111111111111",
	    12);
	fill(&m->logs[0].root, 0x33);
	add_log(m, "local", 0);
	digest_of(NULL, 0, &m->logs[1].root);
	add_log(m, "main", INTEGER_MAX);
	fill(&m->logs[2].root, 0x44);
}

START_TEST(state_of_a_new_repository)
{
	struct message_state m, read;

	memset(&m, 0, sizeof(m));
	digest_of(NULL, 0, &m.list);
	digest_of(NULL, 0, &m.set);
	ck_assert_int_eq(message_state_encode(&m, &out), PH_OK);
	message_vector_equals("STATE", "first", &out);
	ck_assert_int_eq(message_state_decode(&message_vector("STATE", "first")
						   ->frame,
			     &read),
	    PH_OK);
	ck_assert_mem_eq(&read, &m, sizeof(m));
}
END_TEST

START_TEST(state_of_an_old_one)
{
	struct message_state m, read;

	later(&m);
	ck_assert_int_eq(message_state_encode(&m, &out), PH_OK);
	message_vector_equals("STATE", "later", &out);
	ck_assert_int_eq(message_state_decode(&message_vector("STATE", "later")
						   ->frame,
			     &read),
	    PH_OK);
	ck_assert_mem_eq(&read, &m, sizeof(m));
}
END_TEST

/* Read back what was just put. */
static int
read_state(struct message_state *m)
{
	struct frame f;

	f.type = MESSAGE_STATE;
	f.transfer = 0;
	f.payload = out.data + FRAME_HEADER_SIZE;
	f.len = out.len - FRAME_HEADER_SIZE;
	return message_state_decode(&f, m);
}

START_TEST(as_many_logs_as_there_may_be)
{
	char name[MESSAGE_LOG_NAME_SIZE];
	struct message_state m, read;
	int i;

	later(&m);
	memset(m.logs, 0, sizeof(m.logs));
	m.nlogs = 0;
	for (i = 0; i < (int)MESSAGE_LOGS_MAX; i++) {
		memset(name, "0123456789abcdef"[i], sizeof(name) - 1);
		name[sizeof(name) - 1] = '\0';
		add_log(&m, name, INTEGER_MAX);
		fill(&m.logs[i].root, i + 1);
	}
	m.receipt = INTEGER_MAX;
	m.grant = (struct order){ INTEGER_MAX, INTEGER_MAX };
	m.charter = m.grant;
	ck_assert_int_eq(message_state_encode(&m, &out), PH_OK);
	ck_assert_int_eq(read_state(&read), PH_OK);
	ck_assert_mem_eq(&read, &m, sizeof(m));
	buffer_fini(&out);
}
END_TEST

START_TEST(numbers_that_json_lacks_are_not_written)
{
	struct message_state m;

	later(&m);
	m.receipt = INTEGER_MAX + 1;
	ck_assert_int_eq(message_state_encode(&m, &out), PH_EJSON);
	ck_assert_uint_eq(out.len, 0);
	buffer_fini(&out);
}
END_TEST

START_TEST(same_and_busy)
{
	struct message_same same;
	struct message_busy busy;

	same.next_s = 3600;
	ck_assert_int_eq(message_same_encode(&same, &out), PH_OK);
	message_vector_equals("SAME", "hour", &out);
	same.next_s = 0;
	ck_assert_int_eq(message_same_decode(&message_vector("SAME", "hour")
						  ->frame,
			     &same),
	    PH_OK);
	ck_assert_int_eq(same.next_s, 3600);
	busy.after_s = MESSAGE_SECONDS_MAX;
	ck_assert_int_eq(message_busy_encode(&busy, &out), PH_OK);
	message_vector_equals("BUSY", "leap-year", &out);
	busy.after_s = 0;
	ck_assert_int_eq(message_busy_decode(&message_vector("BUSY",
						 "leap-year")
						  ->frame,
			     &busy),
	    PH_OK);
	ck_assert_int_eq(busy.after_s, MESSAGE_SECONDS_MAX);
}
END_TEST

/* One RECEIVED, both ways. */
static void
check_received(const char *label, const struct message_received *m)
{
	struct message_received read;

	ck_assert_int_eq(message_received_encode(m, &out), PH_OK);
	message_vector_equals("RECEIVED", label, &out);
	ck_assert_int_eq(message_received_decode(&message_vector("RECEIVED",
						     label)
						      ->frame,
			     &read),
	    PH_OK);
	ck_assert_mem_eq(&read, m, sizeof(read));
}

START_TEST(received)
{
	struct message_received m;

	memset(&m, 0, sizeof(m));
	m.number = 5;
	m.send_whole = 1;
	check_received("whole", &m);
	m.send_whole = 0;
	m.size = 12;
	fill(&m.root, 0x33);
	m.time = 1795339800; /* 2026-11-22T09:30:00Z */
	memcpy(m.signature, "\xde\xad\xbe\xef", 4);
	m.signature_len = 4;
	check_received("plain", &m);
	m.number = 6;
	m.nproof = 2;
	fill(&m.proof[0], 0x91);
	fill(&m.proof[1], 0x92);
	fill(&m.commitment, 0x93);
	check_received("proof", &m);
}
END_TEST

START_TEST(the_longest_proof_fits)
{
	struct message_received m;
	size_t i;

	memset(&m, 0, sizeof(m));
	m.number = INTEGER_MAX;
	m.size = INTEGER_MAX;
	fill(&m.root, 0x33);
	m.time = 1;
	memset(m.signature, 0xff, sizeof(m.signature));
	m.signature_len = sizeof(m.signature);
	fill(&m.commitment, 0x93);
	m.nproof = MESSAGE_PROOF_MAX;
	for (i = 0; i < m.nproof; i++)
		fill(&m.proof[i], (int)i + 1);
	ck_assert_int_eq(message_received_encode(&m, &out), PH_OK);
	buffer_fini(&out);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tcase;

	suite = suite_create("message_state");
	tcase = tcase_create("members");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, state_of_a_new_repository);
	tcase_add_test(tcase, state_of_an_old_one);
	tcase_add_test(tcase, as_many_logs_as_there_may_be);
	tcase_add_test(tcase, numbers_that_json_lacks_are_not_written);
	tcase_add_test(tcase, same_and_busy);
	tcase_add_test(tcase, received);
	tcase_add_test(tcase, the_longest_proof_fits);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
