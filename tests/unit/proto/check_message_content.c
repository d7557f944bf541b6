/*
 * The members of PULL, DATA and PLAIN?, against the vectors.
 */
#include <string.h>

#include "tests/unit/check_main.h"
#include "tests/unit/proto/message_vectors.h"

#include "proto/errors.h"
#include "proto/message_content.h"

static struct buffer out;

static void
setup(void)
{
	buffer_init(&out, FRAME_HEADER_SIZE + MESSAGE_PAYLOAD_MAX);
}

START_TEST(pull)
{
	struct message_pull m;

	m.segment = 4;
	m.plain = 0;
	m.offset = 0;
	m.credit = 1u << 20;
	ck_assert_int_eq(message_pull_encode(&m, 1, &out), PH_OK);
	message_vector_equals("PULL", "begin", &out);
	ck_assert_int_eq(message_pull_decode(&message_vector("PULL", "all")
						  ->frame,
			     &m),
	    PH_OK);
	ck_assert_uint_eq(m.segment, 4);
	ck_assert_int_eq(m.plain, 1);
	ck_assert_uint_eq(m.offset, 0);
	ck_assert_uint_eq(m.credit, PH_ENCODING_SIZE_MAX);
	ck_assert_int_eq(message_pull_encode(&m, 1, &out), PH_OK);
	message_vector_equals("PULL", "all", &out);
}
END_TEST

START_TEST(data)
{
	struct message_data m;

	m.segment = 4;
	m.offset = 65536;
	m.bytes = (const uint8_t *)"hello";
	m.len = 5;
	ck_assert_int_eq(message_data_encode(&m, 1, &out), PH_OK);
	message_vector_equals("DATA", "some", &out);
	memset(&m, 0, sizeof(m));
	ck_assert_int_eq(message_data_decode(&message_vector("DATA", "some")
						  ->frame,
			     &m),
	    PH_OK);
	ck_assert_uint_eq(m.segment, 4);
	ck_assert_uint_eq(m.offset, 65536);
	ck_assert_uint_eq(m.len, 5);
	ck_assert_mem_eq(m.bytes, "hello", 5);
}
END_TEST

START_TEST(data_that_is_filled_in_later)
{
	struct message_data m;
	uint8_t *bytes;

	m.segment = 4;
	m.offset = 65536;
	m.bytes = NULL;
	m.len = 5;
	ck_assert_int_eq(message_data_reserve(&m, 1, &out, &bytes), PH_OK);
	memcpy(bytes, "hello", 5);
	message_vector_equals("DATA", "some", &out);
}
END_TEST

START_TEST(the_last_data_of_the_largest_encoding)
{
	static uint8_t bytes[PH_DATA_MAX];
	struct message_data m;
	struct frame f;

	m.segment = PH_SEGMENTS_MAX - 1;
	m.offset = PH_ENCODING_SIZE_MAX - PH_DATA_MAX;
	m.bytes = bytes;
	m.len = sizeof(bytes);
	ck_assert_int_eq(message_data_encode(&m, 1, &out), PH_OK);
	f.type = MESSAGE_DATA;
	f.transfer = 1;
	f.payload = out.data + FRAME_HEADER_SIZE;
	f.len = out.len - FRAME_HEADER_SIZE;
	ck_assert_uint_eq(f.len, message_info(f.type)->limit);
	ck_assert_int_eq(message_data_decode(&f, &m), PH_OK);
	ck_assert_uint_eq(m.len, PH_DATA_MAX);
	buffer_fini(&out);
}
END_TEST

START_TEST(plain_query)
{
	struct message_plain_query m;

	m.segment = 4;
	ck_assert_int_eq(message_plain_query_encode(&m, 1, &out), PH_OK);
	message_vector_equals("PLAIN?", "one", &out);
	m.segment = 0;
	ck_assert_int_eq(message_plain_query_decode(&message_vector("PLAIN?",
							"one")
							 ->frame,
			     &m),
	    PH_OK);
	ck_assert_uint_eq(m.segment, 4);
	ck_assert_int_eq(message_plain_query_decode(&message_vector("PLAIN?",
							"long")
							 ->frame,
			     &m),
	    PH_EMESSAGE);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tcase;

	suite = suite_create("message_content");
	tcase = tcase_create("members");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, pull);
	tcase_add_test(tcase, data);
	tcase_add_test(tcase, data_that_is_filled_in_later);
	tcase_add_test(tcase, the_last_data_of_the_largest_encoding);
	tcase_add_test(tcase, plain_query);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
