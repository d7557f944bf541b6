/*
 * Reading big-endian bytes: in order, never beyond the end, and a get that
 * fails moves nothing.
 */
#include <stdint.h>
#include <string.h>

#include "tests/unit/check_main.h"

#include "proto/errors.h"
#include "proto/reader.h"

static const uint8_t fifteen[] = { 0x01, 0xfe, 0xdc, 0x89, 0xab, 0xcd, 0xef,
	0xff, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77 };

/* The reader stands at data and has len bytes left. */
static void
assert_at(const struct reader *r, const uint8_t *data, size_t len)
{
	ck_assert_ptr_eq(r->data, data);
	ck_assert_uint_eq(r->len, len);
}

START_TEST(integers_are_big_endian)
{
	struct reader r;
	uint64_t u64;
	uint32_t u32;
	uint16_t u16;
	uint8_t u8;

	reader_init(&r, fifteen, sizeof(fifteen));
	ck_assert_int_eq(reader_get_u8(&r, &u8), PH_OK);
	ck_assert_uint_eq(u8, 0x01);
	ck_assert_int_eq(reader_get_u16(&r, &u16), PH_OK);
	ck_assert_uint_eq(u16, 0xfedc);
	ck_assert_int_eq(reader_get_u32(&r, &u32), PH_OK);
	ck_assert_uint_eq(u32, 0x89abcdef);
	ck_assert_int_eq(reader_end(&r), PH_EMESSAGE);
	ck_assert_int_eq(reader_get_u64(&r, &u64), PH_OK);
	ck_assert_uint_eq(u64, UINT64_C(0xff11223344556677));
	ck_assert_int_eq(reader_end(&r), PH_OK);
}
END_TEST

START_TEST(too_few_bytes_move_nothing)
{
	struct reader r;
	uint64_t u64;
	uint32_t u32;
	uint16_t u16;
	uint8_t u8;
	size_t len;

	u8 = 1;
	u16 = 2;
	u32 = 3;
	u64 = 4;
	for (len = 0; len < 8; len++) {
		reader_init(&r, fifteen, len);
		if (len < 1)
			ck_assert_int_eq(reader_get_u8(&r, &u8), PH_EMESSAGE);
		if (len < 2)
			ck_assert_int_eq(reader_get_u16(&r, &u16), PH_EMESSAGE);
		if (len < 4)
			ck_assert_int_eq(reader_get_u32(&r, &u32), PH_EMESSAGE);
		ck_assert_int_eq(reader_get_u64(&r, &u64), PH_EMESSAGE);
		assert_at(&r, fifteen, len);
	}
	ck_assert_uint_eq(u8, 1);
	ck_assert_uint_eq(u16, 2);
	ck_assert_uint_eq(u32, 3);
	ck_assert_uint_eq(u64, 4);
}
END_TEST

START_TEST(get_copies)
{
	struct reader r;
	uint8_t out[4] = { 9, 9, 9, 9 };

	reader_init(&r, fifteen, 5);
	ck_assert_int_eq(reader_get(&r, out, 3), PH_OK);
	ck_assert_mem_eq(out, fifteen, 3);
	ck_assert_uint_eq(out[3], 9);
	ck_assert_int_eq(reader_get(&r, out, 3), PH_EMESSAGE);
	ck_assert_mem_eq(out, fifteen, 3);
	assert_at(&r, fifteen + 3, 2);
	ck_assert_int_eq(reader_get(&r, out, 2), PH_OK);
	ck_assert_int_eq(reader_end(&r), PH_OK);
}
END_TEST

START_TEST(borrow_points_into_the_data)
{
	const uint8_t *out;
	struct reader r;

	reader_init(&r, fifteen, sizeof(fifteen));
	ck_assert_int_eq(reader_borrow(&r, 7, &out), PH_OK);
	ck_assert_ptr_eq(out, fifteen);
	ck_assert_int_eq(reader_borrow(&r, 0, &out), PH_OK);
	ck_assert_ptr_eq(out, fifteen + 7);
	ck_assert_int_eq(reader_borrow(&r, 9, &out), PH_EMESSAGE);
	ck_assert_int_eq(reader_borrow(&r, SIZE_MAX, &out), PH_EMESSAGE);
	assert_at(&r, fifteen + 7, 8);
	ck_assert_int_eq(reader_borrow(&r, 8, &out), PH_OK);
	ck_assert_ptr_eq(out, fifteen + 7);
	ck_assert_int_eq(reader_end(&r), PH_OK);
}
END_TEST

START_TEST(nothing_can_be_read_of_nothing)
{
	const uint8_t *out;
	struct reader r;
	uint8_t u8;

	reader_init(&r, NULL, 0);
	ck_assert_int_eq(reader_end(&r), PH_OK);
	ck_assert_int_eq(reader_get(&r, NULL, 0), PH_OK);
	ck_assert_int_eq(reader_borrow(&r, 0, &out), PH_OK);
	ck_assert_int_eq(reader_borrow(&r, 1, &out), PH_EMESSAGE);
	ck_assert_int_eq(reader_get_u8(&r, &u8), PH_EMESSAGE);
	ck_assert_int_eq(reader_end(&r), PH_OK);
}
END_TEST

START_TEST(strings_follow_each_other)
{
	static const uint8_t data[] = "\0\0\0\3abc\0\0\0\0\0\0\0\1d";
	const uint8_t *out;
	struct reader r;
	size_t len;

	reader_init(&r, data, sizeof(data) - 1);
	ck_assert_int_eq(reader_get_string(&r, 3, &out, &len), PH_OK);
	ck_assert_uint_eq(len, 3);
	ck_assert_mem_eq(out, "abc", 3);
	ck_assert_ptr_eq(out, data + 4);
	ck_assert_int_eq(reader_get_string(&r, 0, &out, &len), PH_OK);
	ck_assert_uint_eq(len, 0);
	ck_assert_int_eq(reader_get_string(&r, 10, &out, &len), PH_OK);
	ck_assert_uint_eq(len, 1);
	ck_assert_mem_eq(out, "d", 1);
	ck_assert_int_eq(reader_end(&r), PH_OK);
}
END_TEST

START_TEST(a_string_beyond_its_limit_moves_nothing)
{
	static const uint8_t data[] = "\0\0\0\4abcd";
	const uint8_t *out;
	struct reader r;
	size_t len;

	reader_init(&r, data, 8);
	ck_assert_int_eq(reader_get_string(&r, 3, &out, &len), PH_ELIMIT);
	assert_at(&r, data, 8);
	ck_assert_int_eq(reader_get_string(&r, 0, &out, &len), PH_ELIMIT);
	assert_at(&r, data, 8);
	ck_assert_int_eq(reader_get_string(&r, 4, &out, &len), PH_OK);
	ck_assert_mem_eq(out, "abcd", 4);
}
END_TEST

START_TEST(a_cut_string_moves_nothing)
{
	static const uint8_t data[] = "\0\0\0\4abcd";
	const uint8_t *out;
	struct reader r;
	size_t cut, len;

	for (cut = 0; cut < 8; cut++) {
		reader_init(&r, data, cut);
		ck_assert_int_eq(reader_get_string(&r, 100, &out, &len),
		    PH_EMESSAGE);
		assert_at(&r, data, cut);
	}
}
END_TEST

START_TEST(a_huge_length_is_harmless)
{
	static const uint8_t data[] = "\xff\xff\xff\xff"
				      "abcd";
	const uint8_t *out;
	struct reader r;
	size_t len;

	reader_init(&r, data, 8);
	ck_assert_int_eq(reader_get_string(&r, SIZE_MAX, &out, &len),
	    PH_EMESSAGE);
	assert_at(&r, data, 8);
	ck_assert_int_eq(reader_get_string(&r, UINT32_MAX - 1, &out, &len),
	    PH_ELIMIT);
	assert_at(&r, data, 8);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *bytes, *strings;

	suite = suite_create("reader");
	bytes = tcase_create("bytes");
	tcase_add_test(bytes, integers_are_big_endian);
	tcase_add_test(bytes, too_few_bytes_move_nothing);
	tcase_add_test(bytes, get_copies);
	tcase_add_test(bytes, borrow_points_into_the_data);
	tcase_add_test(bytes, nothing_can_be_read_of_nothing);
	suite_add_tcase(suite, bytes);
	strings = tcase_create("strings");
	tcase_add_test(strings, strings_follow_each_other);
	tcase_add_test(strings, a_string_beyond_its_limit_moves_nothing);
	tcase_add_test(strings, a_cut_string_moves_nothing);
	tcase_add_test(strings, a_huge_length_is_harmless);
	suite_add_tcase(suite, strings);
	return check_run(suite);
}
