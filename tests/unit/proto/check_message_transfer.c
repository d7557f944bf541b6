/*
 * The members of WANT, WAIT, PLAN, SEGMENTS, NONE and DONE, against the
 * vectors.
 */
#include <string.h>

#include "tests/unit/check_main.h"
#include "tests/unit/proto/message_vectors.h"

#include "proto/errors.h"
#include "proto/message_transfer.h"

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

START_TEST(want)
{
	struct message_want m, read;

	memset(&m, 0, sizeof(m));
	fill(&m.blob, 0x66);
	ck_assert_int_eq(message_want_encode(&m, 1, &out), PH_OK);
	message_vector_equals("WANT", "plain", &out);
	fill(&m.bases[0], 0x67);
	fill(&m.bases[1], 0x68);
	m.nbases = 2;
	ck_assert_int_eq(message_want_encode(&m, UINT32_MAX, &out), PH_OK);
	message_vector_equals("WANT", "bases", &out);
	memset(&read, 0, sizeof(read));
	ck_assert_int_eq(message_want_decode(&message_vector("WANT", "bases")
						  ->frame,
			     &read),
	    PH_OK);
	ck_assert_mem_eq(&read, &m, sizeof(m));
}
END_TEST

START_TEST(wait_for_it)
{
	struct message_wait m;

	m.done = 3;
	m.of = 8;
	ck_assert_int_eq(message_wait_encode(&m, 1, &out), PH_OK);
	message_vector_equals("WAIT", "some", &out);
	memset(&m, 0, sizeof(m));
	ck_assert_int_eq(message_wait_decode(&message_vector("WAIT", "some")
						  ->frame,
			     &m),
	    PH_OK);
	ck_assert_uint_eq(m.done, 3);
	ck_assert_uint_eq(m.of, 8);
}
END_TEST

START_TEST(plan)
{
	struct message_plan m, read;

	memset(&m, 0, sizeof(m));
	fill(&m.blob, 0x66);
	m.size = UINT64_C(1) << 48;
	m.data = m.size;
	m.segment_size = 16u << 20;
	m.nsegments = 1u << 24;
	ck_assert_int_eq(message_plan_encode(&m, 1, &out), PH_OK);
	message_vector_equals("PLAN", "largest", &out);
	fill(&m.base, 0x67);
	m.size = 33u << 20;
	m.data = 0x1230000;
	m.nsegments = 3;
	ck_assert_int_eq(message_plan_encode(&m, 1, &out), PH_OK);
	message_vector_equals("PLAN", "base", &out);
	memset(&read, 0, sizeof(read));
	ck_assert_int_eq(message_plan_decode(&message_vector("PLAN", "base")
						  ->frame,
			     &read),
	    PH_OK);
	ck_assert_mem_eq(&read.blob, &m.blob, DIGEST_SIZE);
	ck_assert_mem_eq(&read.base, &m.base, DIGEST_SIZE);
	ck_assert_uint_eq(read.size, m.size);
	ck_assert_uint_eq(read.data, m.data);
	ck_assert_uint_eq(read.segment_size, m.segment_size);
	ck_assert_uint_eq(read.nsegments, m.nsegments);
}
END_TEST

START_TEST(segments_are_counted)
{
	ck_assert_uint_eq(message_plan_segments(1, 4096), 1);
	ck_assert_uint_eq(message_plan_segments(4096, 4096), 1);
	ck_assert_uint_eq(message_plan_segments(4097, 4096), 2);
	ck_assert_uint_eq(message_plan_segments(UINT64_MAX, 1), UINT64_MAX);
}
END_TEST

START_TEST(segments)
{
	struct message_segments m;
	struct message_row row;
	struct buffer rows;

	buffer_init(&rows, 1024);
	fill(&row.encoding, 0x81);
	row.len = 1000;
	fill(&row.target, 0x82);
	ck_assert_int_eq(message_row_encode(&row, &rows), PH_OK);
	fill(&row.encoding, 0x83);
	row.len = PH_ENCODING_SIZE_MAX;
	fill(&row.target, 0x84);
	ck_assert_int_eq(message_row_encode(&row, &rows), PH_OK);
	m.first = 4;
	m.plain = 0;
	m.rows = rows.data;
	m.nrows = 2;
	ck_assert_int_eq(message_segments_encode(&m, 1, &out), PH_OK);
	message_vector_equals("SEGMENTS", "two", &out);
	memset(&m, 0, sizeof(m));
	ck_assert_int_eq(message_segments_decode(&message_vector("SEGMENTS",
						     "two")
						      ->frame,
			     &m),
	    PH_OK);
	ck_assert_uint_eq(m.first, 4);
	ck_assert_int_eq(m.plain, 0);
	ck_assert_uint_eq(m.nrows, 2);
	memset(&row, 0, sizeof(row));
	message_row_decode(&m, 1, &row);
	ck_assert_uint_eq(row.encoding.bytes[0], 0x83);
	ck_assert_uint_eq(row.len, PH_ENCODING_SIZE_MAX);
	ck_assert_uint_eq(row.target.bytes[31], 0x84);
	ck_assert_int_eq(message_segments_decode(&message_vector("SEGMENTS",
						     "plain")
						      ->frame,
			     &m),
	    PH_OK);
	ck_assert_int_eq(m.plain, 1);
	buffer_fini(&rows);
}
END_TEST

START_TEST(as_many_rows_as_fit)
{
	static uint8_t rows[MESSAGE_ROWS_MAX * MESSAGE_ROW_SIZE];
	struct message_segments m;
	struct frame f;

	memset(rows, 1, sizeof(rows));
	m.first = PH_SEGMENTS_MAX - MESSAGE_ROWS_MAX;
	m.plain = 1;
	m.rows = rows;
	m.nrows = MESSAGE_ROWS_MAX;
	/* The length that each row says. */
	ck_assert_uint_le(0x01010101, PH_ENCODING_SIZE_MAX);
	ck_assert_int_eq(message_segments_encode(&m, 1, &out), PH_OK);
	f.type = MESSAGE_SEGMENTS;
	f.transfer = 1;
	f.payload = out.data + FRAME_HEADER_SIZE;
	f.len = out.len - FRAME_HEADER_SIZE;
	ck_assert_int_eq(message_segments_decode(&f, &m), PH_OK);
	ck_assert_uint_eq(m.nrows, MESSAGE_ROWS_MAX);
	buffer_fini(&out);
}
END_TEST

START_TEST(none_and_done)
{
	struct message_digest m;

	fill(&m.digest, 0x66);
	ck_assert_int_eq(message_none_encode(&m, 7, &out), PH_OK);
	message_vector_equals("NONE", "blob", &out);
	ck_assert_int_eq(message_done_encode(&m, 1, &out), PH_OK);
	message_vector_equals("DONE", "one", &out);
	fill(&m.digest, 0x55);
	ck_assert_int_eq(message_none_encode(&m, 0, &out), PH_OK);
	message_vector_equals("NONE", "manifest", &out);
	ck_assert_int_eq(message_done_decode(&message_vector("DONE", "one")
						  ->frame,
			     &m),
	    PH_OK);
	ck_assert_uint_eq(m.digest.bytes[0], 0x66);
	ck_assert_int_eq(message_none_decode(&message_vector("NONE", "manifest")
						  ->frame,
			     &m),
	    PH_OK);
	ck_assert_uint_eq(m.digest.bytes[31], 0x55);
}
END_TEST

START_TEST(a_longer_done_is_refused)
{
	struct message_digest m;

	ck_assert_int_eq(message_done_decode(&message_vector("DONE", "long")
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

	suite = suite_create("message_transfer");
	tcase = tcase_create("members");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, want);
	tcase_add_test(tcase, wait_for_it);
	tcase_add_test(tcase, plan);
	tcase_add_test(tcase, segments_are_counted);
	tcase_add_test(tcase, segments);
	tcase_add_test(tcase, as_many_rows_as_fit);
	tcase_add_test(tcase, none_and_done);
	tcase_add_test(tcase, a_longer_done_is_refused);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
