/*
 * Buffers: what is put is there, nothing grows beyond its maximum, and the
 * first failure stays.
 */
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/check_main.h"

#include "proto/buffer.h"
#include "proto/errors.h"

static struct buffer buffer;

static void
begin_small(void)
{
	buffer_init(&buffer, 16);
}

static void
begin_large(void)
{
	buffer_init(&buffer, 1u << 20);
}

static void
end(void)
{
	buffer_fini(&buffer);
}

/* The buffer holds exactly the len bytes at data. */
static void
assert_holds(const void *data, size_t len)
{
	ck_assert_uint_eq(buffer.len, len);
	if (len > 0)
		ck_assert_mem_eq(buffer.data, data, len);
}

START_TEST(begins_empty_and_without_memory)
{
	ck_assert_uint_eq(buffer.len, 0);
	ck_assert_ptr_null(buffer.data);
	ck_assert_uint_eq(buffer.max, 1u << 20);
	ck_assert_int_eq(buffer_error(&buffer), PH_OK);
}
END_TEST

START_TEST(integers_are_big_endian)
{
	static const uint8_t expected[] = { 0x01, 0xfe, 0xdc, 0x89, 0xab, 0xcd,
		0xef, 0xff, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77 };

	ck_assert_int_eq(buffer_put_u8(&buffer, 0x01), PH_OK);
	ck_assert_int_eq(buffer_put_u16(&buffer, 0xfedc), PH_OK);
	ck_assert_int_eq(buffer_put_u32(&buffer, 0x89abcdef), PH_OK);
	ck_assert_int_eq(buffer_put_u64(&buffer, UINT64_C(0xff11223344556677)),
	    PH_OK);
	assert_holds(expected, sizeof(expected));
}
END_TEST

START_TEST(nothing_can_be_put)
{
	ck_assert_int_eq(buffer_put(&buffer, NULL, 0), PH_OK);
	ck_assert_int_eq(buffer_put_text(&buffer, ""), PH_OK);
	ck_assert_uint_eq(buffer.len, 0);
	buffer_consume(&buffer, 0);
	buffer_truncate(&buffer, 0);
	ck_assert_str_eq(buffer_text(&buffer), "");
}
END_TEST

START_TEST(strings_carry_their_length)
{
	ck_assert_int_eq(buffer_put_string(&buffer, "abc", 3), PH_OK);
	ck_assert_int_eq(buffer_put_string(&buffer, NULL, 0), PH_OK);
	assert_holds("\0\0\0\3abc\0\0\0\0", 11);
}
END_TEST

START_TEST(texts_come_without_nul)
{
	ck_assert_int_eq(buffer_put_text(&buffer, "one "), PH_OK);
	ck_assert_int_eq(buffer_putf(&buffer, "%s %d", "two", 3), PH_OK);
	ck_assert_int_eq(buffer_putf(&buffer, "%s", ""), PH_OK);
	assert_holds("one two 3", 9);
	ck_assert_str_eq(buffer_text(&buffer), "one two 3");
	ck_assert_uint_eq(buffer.len, 9);
}
END_TEST

START_TEST(grows_as_needed)
{
	static uint8_t expected[100000];
	size_t i, n, put;

	for (i = 0; i < sizeof(expected); i++)
		expected[i] = (uint8_t)(i * 7 + i / 256);
	n = 0;
	for (put = 0; put < sizeof(expected); put += n) {
		n = (n * 5 + 3) % 1021;
		if (n > sizeof(expected) - put)
			n = sizeof(expected) - put;
		ck_assert_int_eq(buffer_put(&buffer, expected + put, n), PH_OK);
	}
	assert_holds(expected, sizeof(expected));
}
END_TEST

START_TEST(reserved_bytes_count_as_put)
{
	uint8_t *room;

	buffer_put_u8(&buffer, 'a');
	room = buffer_reserve(&buffer, 3);
	ck_assert_ptr_nonnull(room);
	ck_assert_uint_eq(buffer.len, 4);
	memcpy(room, "bcd", 3);
	buffer_put_u8(&buffer, 'e');
	assert_holds("abcde", 5);
}
END_TEST

START_TEST(consume_drops_the_first)
{
	buffer_put_text(&buffer, "abcdef");
	buffer_consume(&buffer, 0);
	assert_holds("abcdef", 6);
	buffer_consume(&buffer, 2);
	assert_holds("cdef", 4);
	buffer_put_text(&buffer, "gh");
	assert_holds("cdefgh", 6);
	buffer_consume(&buffer, 6);
	ck_assert_uint_eq(buffer.len, 0);
}
END_TEST

START_TEST(truncate_keeps_the_first)
{
	buffer_put_text(&buffer, "abcdef");
	buffer_truncate(&buffer, 6);
	buffer_truncate(&buffer, 2);
	assert_holds("ab", 2);
	ck_assert_str_eq(buffer_text(&buffer), "ab");
}
END_TEST

START_TEST(reset_keeps_the_memory)
{
	const uint8_t *data;

	buffer_put_text(&buffer, "abcdef");
	data = buffer.data;
	buffer_reset(&buffer);
	ck_assert_uint_eq(buffer.len, 0);
	ck_assert_ptr_eq(buffer.data, data);
	buffer_put_text(&buffer, "gh");
	assert_holds("gh", 2);
}
END_TEST

START_TEST(take_gives_the_memory)
{
	uint8_t *data;
	size_t len;

	buffer_put_text(&buffer, "abc");
	data = buffer_take(&buffer, &len);
	ck_assert_uint_eq(len, 3);
	ck_assert_mem_eq(data, "abc", 3);
	ck_assert_uint_eq(buffer.len, 0);
	ck_assert_ptr_null(buffer.data);
	ck_assert_uint_eq(buffer.max, 1u << 20);
	buffer_put_text(&buffer, "de");
	ck_assert_mem_eq(data, "abc", 3);
	assert_holds("de", 2);
	free(data);
}
END_TEST

START_TEST(fini_can_be_followed_by_puts)
{
	buffer_put_text(&buffer, "abc");
	buffer_fini(&buffer);
	ck_assert_uint_eq(buffer.len, 0);
	ck_assert_uint_eq(buffer.max, 1u << 20);
	ck_assert_int_eq(buffer_put_text(&buffer, "de"), PH_OK);
	assert_holds("de", 2);
}
END_TEST

START_TEST(the_maximum_can_be_reached)
{
	ck_assert_int_eq(buffer_put(&buffer, "0123456789", 10), PH_OK);
	ck_assert_int_eq(buffer_putf(&buffer, "%s", "abcdef"), PH_OK);
	assert_holds("0123456789abcdef", 16);
	/* The NUL needs no room within the maximum. */
	ck_assert_str_eq(buffer_text(&buffer), "0123456789abcdef");
	ck_assert_int_eq(buffer_put(&buffer, "", 0), PH_OK);
	ck_assert_int_eq(buffer_error(&buffer), PH_OK);
	ck_assert_uint_le(buffer.size, 17);
}
END_TEST

/* Sixteen bytes are there, and one more of each kind is too many. */
START_TEST(one_more_is_refused)
{
	static const char full[] = "0123456789abcdef";

	buffer_put(&buffer, full, 16);
	switch (_i) {
	case 0:
		ck_assert_int_eq(buffer_put(&buffer, "g", 1), PH_ELIMIT);
		break;
	case 1:
		ck_assert_int_eq(buffer_put_u8(&buffer, 1), PH_ELIMIT);
		break;
	case 2:
		ck_assert_int_eq(buffer_put_u64(&buffer, 1), PH_ELIMIT);
		break;
	case 3:
		ck_assert_int_eq(buffer_put_text(&buffer, "g"), PH_ELIMIT);
		break;
	case 4:
		ck_assert_int_eq(buffer_putf(&buffer, "%c", 'g'), PH_ELIMIT);
		break;
	case 5:
		ck_assert_int_eq(buffer_put_string(&buffer, "", 0), PH_ELIMIT);
		break;
	default:
		ck_assert_ptr_null(buffer_reserve(&buffer, 1));
		break;
	}
	assert_holds(full, 16);
	ck_assert_int_eq(buffer_error(&buffer), PH_ELIMIT);
	ck_assert_str_eq(buffer_text(&buffer), full);
}
END_TEST

START_TEST(integers_do_not_fit_in_part)
{
	buffer_put(&buffer, "0123456789abcd", 14);
	ck_assert_int_eq(buffer_put_u32(&buffer, 1), PH_ELIMIT);
	assert_holds("0123456789abcd", 14);
}
END_TEST

START_TEST(strings_do_not_fit_in_part)
{
	buffer_put(&buffer, "0123456789", 10);
	/* Four bytes of length would fit, the three after them do not. */
	ck_assert_int_eq(buffer_put_string(&buffer, "abc", 3), PH_ELIMIT);
	assert_holds("0123456789", 10);
	buffer_reset(&buffer);
	ck_assert_int_eq(buffer_put_string(&buffer, "0123456789abc", 13),
	    PH_ELIMIT);
	ck_assert_uint_eq(buffer.len, 0);
	buffer_reset(&buffer);
	ck_assert_int_eq(buffer_put_string(&buffer, "0123456789ab", 12), PH_OK);
	assert_holds("\0\0\0\x0c"
		     "0123456789ab",
	    16);
}
END_TEST

START_TEST(the_first_error_stays)
{
	buffer_put(&buffer, "0123456789", 10);
	ck_assert_int_eq(buffer_put_u64(&buffer, 1), PH_ELIMIT);
	/* This would fit. */
	ck_assert_int_eq(buffer_put_u8(&buffer, 1), PH_ELIMIT);
	ck_assert_int_eq(buffer_put_text(&buffer, ""), PH_ELIMIT);
	ck_assert_int_eq(buffer_putf(&buffer, "a"), PH_ELIMIT);
	ck_assert_int_eq(buffer_put_string(&buffer, "", 0), PH_ELIMIT);
	ck_assert_ptr_null(buffer_reserve(&buffer, 0));
	assert_holds("0123456789", 10);
	/* Room does not heal an encoder that lost a part; reset does. */
	buffer_consume(&buffer, 10);
	ck_assert_int_eq(buffer_put_u8(&buffer, 1), PH_ELIMIT);
	ck_assert_int_eq(buffer_error(&buffer), PH_ELIMIT);
	buffer_reset(&buffer);
	ck_assert_int_eq(buffer_error(&buffer), PH_OK);
	ck_assert_int_eq(buffer_put_u8(&buffer, 'a'), PH_OK);
	assert_holds("a", 1);
}
END_TEST

START_TEST(fini_and_take_forget_the_error)
{
	uint8_t *data;
	size_t len;

	ck_assert_ptr_null(buffer_reserve(&buffer, 17));
	buffer_fini(&buffer);
	ck_assert_int_eq(buffer_error(&buffer), PH_OK);
	ck_assert_ptr_null(buffer_reserve(&buffer, 17));
	data = buffer_take(&buffer, &len);
	ck_assert_ptr_null(data);
	ck_assert_uint_eq(len, 0);
	ck_assert_int_eq(buffer_error(&buffer), PH_OK);
}
END_TEST

START_TEST(lengths_near_the_largest_do_not_wrap)
{
	static const size_t lengths[] = { SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 3,
		SIZE_MAX - 4, SIZE_MAX / 2 + 1, (size_t)UINT32_MAX + 1,
		UINT32_MAX };
	size_t i;

	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		buffer_reset(&buffer);
		buffer_put(&buffer, "abcde", 5);
		/* Refused before a byte is read. */
		ck_assert_int_eq(buffer_put(&buffer, NULL, lengths[i]),
		    PH_ELIMIT);
		assert_holds("abcde", 5);
		buffer_reset(&buffer);
		buffer_put(&buffer, "abcde", 5);
		ck_assert_int_eq(buffer_put_string(&buffer, NULL, lengths[i]),
		    PH_ELIMIT);
		assert_holds("abcde", 5);
		buffer_reset(&buffer);
		ck_assert_ptr_null(buffer_reserve(&buffer, lengths[i]));
		ck_assert_uint_eq(buffer.len, 0);
	}
}
END_TEST

START_TEST(a_buffer_of_nothing_holds_nothing)
{
	struct buffer b;

	buffer_init(&b, 0);
	ck_assert_int_eq(buffer_put(&b, NULL, 0), PH_OK);
	ck_assert_str_eq(buffer_text(&b), "");
	ck_assert_int_eq(buffer_put_u8(&b, 1), PH_ELIMIT);
	ck_assert_uint_eq(b.len, 0);
	buffer_fini(&b);
}
END_TEST

START_TEST(a_maximum_without_room_for_the_nul_is_our_fault)
{
	struct buffer b;

	buffer_init(&b, SIZE_MAX);
}
END_TEST

START_TEST(consuming_more_than_is_there_is_our_fault)
{
	buffer_put(&buffer, "abc", 3);
	buffer_consume(&buffer, 4);
}
END_TEST

START_TEST(truncating_to_more_than_is_there_is_our_fault)
{
	buffer_put(&buffer, "abc", 3);
	buffer_truncate(&buffer, 4);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *content, *maximum;

	suite = suite_create("buffer");
	content = tcase_create("content");
	tcase_add_checked_fixture(content, begin_large, end);
	tcase_add_test(content, begins_empty_and_without_memory);
	tcase_add_test(content, integers_are_big_endian);
	tcase_add_test(content, nothing_can_be_put);
	tcase_add_test(content, strings_carry_their_length);
	tcase_add_test(content, texts_come_without_nul);
	tcase_add_test(content, grows_as_needed);
	tcase_add_test(content, reserved_bytes_count_as_put);
	tcase_add_test(content, consume_drops_the_first);
	tcase_add_test(content, truncate_keeps_the_first);
	tcase_add_test(content, reset_keeps_the_memory);
	tcase_add_test(content, take_gives_the_memory);
	tcase_add_test(content, fini_can_be_followed_by_puts);
	suite_add_tcase(suite, content);
	maximum = tcase_create("maximum");
	tcase_add_checked_fixture(maximum, begin_small, end);
	tcase_add_test(maximum, the_maximum_can_be_reached);
	tcase_add_loop_test(maximum, one_more_is_refused, 0, 7);
	tcase_add_test(maximum, integers_do_not_fit_in_part);
	tcase_add_test(maximum, strings_do_not_fit_in_part);
	tcase_add_test(maximum, the_first_error_stays);
	tcase_add_test(maximum, fini_and_take_forget_the_error);
	tcase_add_test(maximum, lengths_near_the_largest_do_not_wrap);
	tcase_add_test(maximum, a_buffer_of_nothing_holds_nothing);
	tcase_add_test_raise_signal(maximum,
	    a_maximum_without_room_for_the_nul_is_our_fault, SIGABRT);
	tcase_add_test_raise_signal(maximum,
	    consuming_more_than_is_there_is_our_fault, SIGABRT);
	tcase_add_test_raise_signal(maximum,
	    truncating_to_more_than_is_there_is_our_fault, SIGABRT);
	suite_add_tcase(suite, maximum);
	return check_run(suite);
}
