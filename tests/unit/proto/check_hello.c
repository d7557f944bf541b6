/*
 * HELLO: its members against the vectors, the version that is spoken, and
 * the transcript.
 */
#include <string.h>

#include "tests/unit/check_main.h"
#include "tests/unit/proto/message_vectors.h"

#include "proto/errors.h"
#include "proto/hello.h"

/* The members of the vector "receiver". */
static void
receiver(struct hello *h)
{
	size_t i;

	memset(h, 0, sizeof(*h));
	h->lowest = 1;
	h->highest = 3;
	h->side = SIDE_RECEIVER;
	memset(h->repository.bytes, 0x11, DIGEST_SIZE);
	for (i = 0; i < HELLO_RANDOM_SIZE; i++)
		h->random[i] = (uint8_t)(0x20 + i);
	for (i = 0; i < HELLO_INCARNATION_SIZE; i++)
		h->incarnation[i] = (uint8_t)(0xa0 + i);
	h->trust_epoch = 7;
}

START_TEST(it_is_encoded)
{
	uint8_t payload[HELLO_SIZE];
	struct buffer out;
	struct hello h;

	receiver(&h);
	hello_encode(&h, payload);
	buffer_init(&out, 1024);
	ck_assert_int_eq(frame_put(&out, MESSAGE_HELLO, 0, payload, HELLO_SIZE),
	    PH_OK);
	message_vector_equals("HELLO", "receiver", &out);
}
END_TEST

START_TEST(it_is_decoded)
{
	const struct frame *f;
	struct hello expected, h;

	receiver(&expected);
	f = &message_vector("HELLO", "receiver")->frame;
	ck_assert_int_eq(hello_decode(f->payload, f->len, &h), PH_OK);
	ck_assert_uint_eq(h.lowest, 1);
	ck_assert_uint_eq(h.highest, 3);
	ck_assert_int_eq(h.side, SIDE_RECEIVER);
	ck_assert_mem_eq(&h.repository, &expected.repository, DIGEST_SIZE);
	ck_assert_mem_eq(h.random, expected.random, HELLO_RANDOM_SIZE);
	ck_assert_mem_eq(h.incarnation, expected.incarnation,
	    HELLO_INCARNATION_SIZE);
	ck_assert_uint_eq(h.trust_epoch, 7);
	f = &message_vector("HELLO", "provider")->frame;
	ck_assert_int_eq(hello_decode(f->payload, f->len, &h), PH_OK);
	ck_assert_int_eq(h.side, SIDE_PROVIDER);
	ck_assert_uint_eq(h.trust_epoch, (UINT64_C(1) << 53) - 1);
}
END_TEST

START_TEST(another_length_is_refused)
{
	uint8_t payload[HELLO_SIZE + 1];
	struct hello h;

	memset(payload, 0, sizeof(payload));
	receiver(&h);
	hello_encode(&h, payload);
	ck_assert_int_eq(hello_decode(payload, HELLO_SIZE, &h), PH_OK);
	ck_assert_int_eq(hello_decode(payload, HELLO_SIZE - 1, &h),
	    PH_EMESSAGE);
	ck_assert_int_eq(hello_decode(payload, HELLO_SIZE + 1, &h),
	    PH_EMESSAGE);
	ck_assert_int_eq(hello_decode(NULL, 0, &h), PH_EMESSAGE);
}
END_TEST

/* Ranges of both sides and the version they speak; 0: none. */
static const struct {
	uint16_t ours[2];
	uint16_t theirs[2];
	uint16_t version;
} ranges[] = {
	{ { 1, 1 }, { 1, 1 }, 1 },
	{ { 1, 3 }, { 2, 5 }, 3 },
	{ { 2, 5 }, { 1, 3 }, 3 },
	{ { 1, 9 }, { 4, 5 }, 5 },
	{ { 4, 5 }, { 1, 9 }, 5 },
	{ { 3, 3 }, { 1, 3 }, 3 },
	{ { 65535, 65535 }, { 1, 65535 }, 65535 },
	{ { 1, 2 }, { 3, 4 }, 0 },
	{ { 3, 4 }, { 1, 2 }, 0 },
};

START_TEST(the_highest_common_version_is_spoken)
{
	struct hello ours, theirs;
	uint16_t version;
	int r;

	receiver(&ours);
	receiver(&theirs);
	theirs.side = SIDE_PROVIDER;
	ours.lowest = ranges[_i].ours[0];
	ours.highest = ranges[_i].ours[1];
	theirs.lowest = ranges[_i].theirs[0];
	theirs.highest = ranges[_i].theirs[1];
	version = 1;
	r = hello_negotiate(&ours, &theirs, &version);
	ck_assert_int_eq(r, ranges[_i].version == 0 ? PH_EVERSION : PH_OK);
	ck_assert_uint_eq(version, ranges[_i].version);
}
END_TEST

START_TEST(roles_differ)
{
	struct hello ours, theirs;
	uint16_t version;

	receiver(&ours);
	receiver(&theirs);
	ck_assert_int_eq(hello_negotiate(&ours, &theirs, &version),
	    PH_EIDENTITY);
	ck_assert_uint_eq(version, 0);
}
END_TEST

START_TEST(each_side_signs_bytes_of_its_own)
{
	uint8_t ours[HELLO_SIZE], theirs[HELLO_SIZE];
	uint8_t of_receiver[HELLO_TRANSCRIPT_SIZE];
	uint8_t of_provider[HELLO_TRANSCRIPT_SIZE];

	memset(ours, 'r', sizeof(ours));
	memset(theirs, 'p', sizeof(theirs));
	hello_transcript(SIDE_RECEIVER, ours, theirs, of_receiver);
	hello_transcript(SIDE_PROVIDER, ours, theirs, of_provider);
	ck_assert_uint_eq(sizeof(of_receiver), 203);
	ck_assert_uint_eq(of_receiver[0], 1);
	ck_assert_uint_eq(of_provider[0], 2);
	ck_assert_mem_eq(of_receiver + 1, ours, HELLO_SIZE);
	ck_assert_mem_eq(of_receiver + 1 + HELLO_SIZE, theirs, HELLO_SIZE);
	ck_assert_mem_eq(of_provider + 1, of_receiver + 1,
	    HELLO_TRANSCRIPT_SIZE - 1);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tcase;

	suite = suite_create("hello");
	tcase = tcase_create("hello");
	tcase_add_test(tcase, it_is_encoded);
	tcase_add_test(tcase, it_is_decoded);
	tcase_add_test(tcase, another_length_is_refused);
	tcase_add_loop_test(tcase, the_highest_common_version_is_spoken, 0,
	    (int)(sizeof(ranges) / sizeof(ranges[0])));
	tcase_add_test(tcase, roles_differ);
	tcase_add_test(tcase, each_side_signs_bytes_of_its_own);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
