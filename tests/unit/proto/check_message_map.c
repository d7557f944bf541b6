/*
 * The members of MAP? and MAP, against the vectors.
 */
#include <string.h>

#include "tests/unit/check_main.h"
#include "tests/unit/proto/message_vectors.h"

#include "proto/errors.h"
#include "proto/message_map.h"

static struct buffer out;

static void
setup(void)
{
	buffer_init(&out, FRAME_HEADER_SIZE + MESSAGE_PAYLOAD_MAX);
}

START_TEST(map_query)
{
	struct message_map_query m, read;

	memset(m.blob.bytes, 0x66, DIGEST_SIZE);
	m.first = 0;
	m.nblocks = MESSAGE_MAP_BLOCKS_MAX;
	ck_assert_int_eq(message_map_query_encode(&m, &out), PH_OK);
	message_vector_equals("MAP?", "first", &out);
	m.first = UINT32_MAX;
	m.nblocks = 1;
	ck_assert_int_eq(message_map_query_encode(&m, &out), PH_OK);
	message_vector_equals("MAP?", "last", &out);
	ck_assert_int_eq(message_map_query_decode(&message_vector("MAP?",
						      "last")
						       ->frame,
			     &read),
	    PH_OK);
	ck_assert_mem_eq(&read, &m, sizeof(m));
}
END_TEST

START_TEST(map)
{
	uint8_t hashes[2 * DIGEST_SIZE];
	struct message_map m;

	memset(m.blob.bytes, 0x66, DIGEST_SIZE);
	memset(hashes, 0x77, DIGEST_SIZE);
	memset(hashes + DIGEST_SIZE, 0x78, DIGEST_SIZE);
	m.first = 5;
	m.hashes = hashes;
	m.nblocks = 2;
	ck_assert_int_eq(message_map_encode(&m, &out), PH_OK);
	message_vector_equals("MAP", "two", &out);
	memset(&m, 0, sizeof(m));
	ck_assert_int_eq(message_map_decode(&message_vector("MAP", "two")
						 ->frame,
			     &m),
	    PH_OK);
	ck_assert_uint_eq(m.blob.bytes[0], 0x66);
	ck_assert_uint_eq(m.first, 5);
	ck_assert_uint_eq(m.nblocks, 2);
	ck_assert_mem_eq(m.hashes, hashes, sizeof(hashes));
}
END_TEST

START_TEST(a_full_map)
{
	static const uint8_t hashes[MESSAGE_MAP_BLOCKS_MAX * DIGEST_SIZE];
	struct message_map m;
	struct frame f;

	memset(&m, 0, sizeof(m));
	m.first = UINT32_MAX - MESSAGE_MAP_BLOCKS_MAX + 1;
	m.hashes = hashes;
	m.nblocks = MESSAGE_MAP_BLOCKS_MAX;
	ck_assert_int_eq(message_map_encode(&m, &out), PH_OK);
	f.type = MESSAGE_MAP;
	f.transfer = 0;
	f.payload = out.data + FRAME_HEADER_SIZE;
	f.len = out.len - FRAME_HEADER_SIZE;
	ck_assert_uint_eq(f.len, message_info(f.type)->limit);
	ck_assert_int_eq(message_map_decode(&f, &m), PH_OK);
	/* One block higher, the last would have no number. */
	out.data[FRAME_HEADER_SIZE + DIGEST_SIZE + 3]++;
	ck_assert_int_eq(message_map_decode(&f, &m), PH_ELIMIT);
	buffer_fini(&out);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tcase;

	suite = suite_create("message_map");
	tcase = tcase_create("members");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, map_query);
	tcase_add_test(tcase, map);
	tcase_add_test(tcase, a_full_map);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
