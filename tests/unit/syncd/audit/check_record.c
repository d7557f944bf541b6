/*
 * Records: one at a time, and what a crash or a disk makes of them.
 */
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/audit/record.h"
#include "tests/unit/check_main.h"

static struct buffer bytes;

static void
setup(void)
{
	buffer_init(&bytes, 4 * RECORD_SIZE_MAX);
}

static void
teardown(void)
{
	buffer_fini(&bytes);
}

/* Put a record whose body has len bytes. */
static void
put(uint64_t seq, size_t len)
{
	static char body[PH_LOG_ENTRY_MAX + 1];
	int n;

	memset(body, 'x', len);
	n = snprintf(body, sizeof(body), "{\"seq\":%u,", (unsigned int)seq);
	body[n] = 'y';
	ck_assert_int_eq(record_encode(body, len, seq, &bytes), PH_OK);
}

START_TEST(golden)
{
	static const uint8_t expected[] = { 0, 0, 0, 9,
		/* printf '\0{"seq":0,' | sha256sum */
		0x18, 0xe3, 0x3a, 0x48, 0x6c, 0x5b, 0x92, 0x8b, 0x0b, 0xd1,
		0x2a, 0xed, 0x71, 0x16, 0x94, 0x4d, 0x04, 0x48, 0xd5, 0xc3,
		0x72, 0x1c, 0x14, 0x01, 0xae, 0xc7, 0x4a, 0x68, 0x34, 0xb1,
		0x54, 0xe4, '{', '"', 's', 'e', 'q', '"', ':', '0', ',' };

	ck_assert_int_eq(record_encode("{\"seq\":0,", 9, 0, &bytes), PH_OK);
	ck_assert_uint_eq(bytes.len, sizeof(expected));
	ck_assert_mem_eq(bytes.data, expected, sizeof(expected));
}
END_TEST

START_TEST(there_and_back)
{
	struct record record;

	put(17, 100);
	ck_assert_uint_eq(record_body_len(bytes.data), 100);
	ck_assert_int_eq(record_decode(bytes.data, bytes.len, 17, &record),
	    PH_OK);
	ck_assert_uint_eq(record.len, 100);
	ck_assert_mem_eq(record.body, "{\"seq\":17,y", 11);
	ck_assert_mem_eq(record.leaf.bytes, bytes.data + 4, DIGEST_SIZE);
	/* With others behind it, too. */
	put(18, 100);
	ck_assert_int_eq(record_decode(bytes.data, bytes.len, 17, &record),
	    PH_OK);
	ck_assert_int_eq(record_decode(bytes.data, bytes.len, 18, &record),
	    PH_ELOG);
	ck_assert_int_eq(record_decode(bytes.data, bytes.len, 1, &record),
	    PH_ELOG);
}
END_TEST

START_TEST(refused)
{
	static const char body[PH_LOG_ENTRY_MAX + 1] = "{\"seq\":1,";

	ck_assert_int_eq(record_encode(body, 0, 1, &bytes), PH_ELIMIT);
	ck_assert_int_eq(record_encode(body, sizeof(body), 1, &bytes),
	    PH_ELIMIT);
	ck_assert_int_eq(record_encode(body, sizeof(body) - 1, 1, &bytes),
	    PH_OK);
	ck_assert_int_eq(record_encode(body, 100, 2, &bytes), PH_EINTERNAL);
	ck_assert_int_eq(record_encode("[]", 2, 0, &bytes), PH_EINTERNAL);
	ck_assert_int_eq(record_encode(body, 8, 1, &bytes), PH_EINTERNAL);
}
END_TEST

START_TEST(damaged)
{
	struct record record;
	size_t i;

	put(3, 60);
	for (i = 0; i < bytes.len; i++)
		ck_assert_int_eq(record_decode(bytes.data, i, 3, &record),
		    PH_ELOG);
	for (i = 0; i < bytes.len; i++) {
		bytes.data[i] ^= 0x10;
		ck_assert_int_eq(record_decode(bytes.data, bytes.len, 3,
				     &record),
		    PH_ELOG);
		bytes.data[i] ^= 0x10;
	}
	memset(bytes.data, 0, 4);
	ck_assert_uint_eq(record_body_len(bytes.data), 0);
	memset(bytes.data, 0xff, 4);
	ck_assert_uint_eq(record_body_len(bytes.data), 0);
}
END_TEST

START_TEST(torn)
{
	size_t one, i;

	put(3, 60);
	one = bytes.len;
	/* Cut short, or with other bytes, at the end of a file. */
	for (i = 0; i < one; i++)
		ck_assert_int_eq(record_torn(bytes.data, i), PH_OK);
	bytes.data[one - 1] ^= 1;
	ck_assert_int_eq(record_torn(bytes.data, one), PH_OK);
	/* A page that was never written. */
	memset(bytes.data, 0, one);
	ck_assert_int_eq(record_torn(bytes.data, one), PH_OK);
	/* Not when another stands behind it, whatever is damaged. */
	for (i = 0; i < one; i++) {
		buffer_reset(&bytes);
		put(3, 60);
		put(4, 60);
		bytes.data[i] ^= 0x10;
		ck_assert_int_eq(record_torn(bytes.data, bytes.len), PH_ELOG);
	}
	/* Not even when that one is damaged, too. */
	bytes.data[one - 1] ^= 1;
	bytes.data[bytes.len - 1] ^= 1;
	ck_assert_int_eq(record_torn(bytes.data, bytes.len), PH_ELOG);
	/* Nor when it is longer than any record. */
	buffer_reset(&bytes);
	put(3, PH_LOG_ENTRY_MAX);
	bytes.data[one] ^= 1;
	ck_assert_int_eq(record_torn(bytes.data, bytes.len), PH_OK);
	(void)buffer_put_u8(&bytes, 0);
	ck_assert_int_eq(record_torn(bytes.data, bytes.len), PH_ELOG);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *t;

	suite = suite_create("record");
	t = tcase_create("record");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, golden);
	tcase_add_test(t, there_and_back);
	tcase_add_test(t, refused);
	tcase_add_test(t, damaged);
	tcase_add_test(t, torn);
	suite_add_tcase(suite, t);
	return check_run(suite);
}
