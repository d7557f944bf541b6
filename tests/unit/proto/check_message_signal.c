/*
 * The members of CANCEL, ERROR, PING, PONG, ABORT and BYE, against the
 * vectors.
 */
#include <string.h>

#include "tests/unit/check_main.h"
#include "tests/unit/proto/message_vectors.h"

#include "proto/errors.h"
#include "proto/message_signal.h"

static struct buffer out;

static void
setup(void)
{
	buffer_init(&out, FRAME_HEADER_SIZE + MESSAGE_PAYLOAD_MAX);
}

START_TEST(cancel_and_bye)
{
	ck_assert_int_eq(message_cancel_encode(7, &out), PH_OK);
	message_vector_equals("CANCEL", "one", &out);
	ck_assert_int_eq(message_bye_encode(&out), PH_OK);
	message_vector_equals("BYE", "done", &out);
	ck_assert_int_eq(message_cancel_decode(
			     &message_vector("CANCEL", "one")->frame),
	    PH_OK);
	ck_assert_int_eq(message_cancel_decode(
			     &message_vector("CANCEL", "payload")->frame),
	    PH_EMESSAGE);
	ck_assert_int_eq(message_bye_decode(
			     &message_vector("BYE", "done")->frame),
	    PH_OK);
	ck_assert_int_eq(message_bye_decode(
			     &message_vector("BYE", "payload")->frame),
	    PH_EMESSAGE);
}
END_TEST

START_TEST(error)
{
	struct message_error m;

	m.code = PH_ENOSPC;
	ck_assert_int_eq(message_error_encode(&m, 7, &out), PH_OK);
	message_vector_equals("ERROR", "space", &out);
	m.code = 0;
	ck_assert_int_eq(message_error_decode(&message_vector("ERROR", "space")
						   ->frame,
			     &m),
	    PH_OK);
	ck_assert_int_eq(m.code, PH_ENOSPC);
	ck_assert_str_eq(m.name, "no-space");
}
END_TEST

START_TEST(an_error_of_a_later_release_keeps_its_name)
{
	struct message_error m;

	ck_assert_int_eq(message_error_decode(&message_vector("ERROR", "new")
						   ->frame,
			     &m),
	    PH_OK);
	ck_assert_int_eq(m.code, PH_EINTERNAL);
	ck_assert_str_eq(m.name, "out-of-hay");
}
END_TEST

START_TEST(every_error_travels)
{
	static const int codes[] = {
#define CODE(code, value, name, exit, sentence) code,
		PH_ERRORS(CODE)
#undef CODE
	};
	struct message_error m;
	struct frame f;
	size_t i;

	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		m.code = codes[i];
		buffer_reset(&out);
		ck_assert_int_eq(message_abort_encode(&m, &out), PH_OK);
		f.type = MESSAGE_ABORT;
		f.transfer = 0;
		f.payload = out.data + FRAME_HEADER_SIZE;
		f.len = out.len - FRAME_HEADER_SIZE;
		ck_assert_int_eq(message_abort_decode(&f, &m), PH_OK);
		ck_assert_int_eq(m.code, codes[i]);
		ck_assert_str_eq(m.name, error_name(codes[i]));
	}
	buffer_fini(&out);
}
END_TEST

START_TEST(abort_session)
{
	struct message_error m;

	m.code = PH_ESTATE;
	ck_assert_int_eq(message_abort_encode(&m, &out), PH_OK);
	message_vector_equals("ABORT", "state", &out);
}
END_TEST

START_TEST(ping_and_pong)
{
	static const uint8_t bytes[] = { 0, 1, 2, 3, 4, 5, 6, 7 };
	struct message_ping m;

	memcpy(m.bytes, bytes, sizeof(bytes));
	ck_assert_int_eq(message_ping_encode(&m, &out), PH_OK);
	message_vector_equals("PING", "any", &out);
	memset(&m, 0, sizeof(m));
	ck_assert_int_eq(message_ping_decode(&message_vector("PING", "any")
						  ->frame,
			     &m),
	    PH_OK);
	ck_assert_mem_eq(m.bytes, bytes, sizeof(bytes));
	ck_assert_int_eq(message_pong_encode(&m, &out), PH_OK);
	message_vector_equals("PONG", "any", &out);
	ck_assert_int_eq(message_pong_decode(&message_vector("PONG", "any")
						  ->frame,
			     &m),
	    PH_OK);
	ck_assert_mem_eq(m.bytes, bytes, sizeof(bytes));
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tcase;

	suite = suite_create("message_signal");
	tcase = tcase_create("members");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, cancel_and_bye);
	tcase_add_test(tcase, error);
	tcase_add_test(tcase, an_error_of_a_later_release_keeps_its_name);
	tcase_add_test(tcase, every_error_travels);
	tcase_add_test(tcase, abort_session);
	tcase_add_test(tcase, ping_and_pong);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
