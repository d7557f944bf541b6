/*
 * Varints: every length, the shortest form, and zigzag.
 */
#include <string.h>

#include <check.h>

#include "proto/errors.h"
#include "proto/varint.h"
#include "tests/unit/check_main.h"

/* Encode, look at the bytes, decode. */
static void
check_value(uint64_t value, const char *bytes, size_t len)
{
	struct buffer b;
	struct reader r;
	uint64_t back;

	buffer_init(&b, 64);
	ck_assert_int_eq(varint_put(&b, value), PH_OK);
	ck_assert_uint_eq(b.len, len);
	ck_assert_mem_eq(b.data, bytes, len);
	reader_init(&r, b.data, b.len);
	ck_assert_int_eq(varint_get(&r, &back), PH_OK);
	ck_assert_uint_eq(back, value);
	ck_assert_int_eq(reader_end(&r), PH_OK);
	buffer_fini(&b);
}

START_TEST(known_values)
{
	check_value(0, "\x00", 1);
	check_value(1, "\x01", 1);
	check_value(0x7f, "\x7f", 1);
	check_value(0x80, "\x80\x01", 2);
	check_value(300, "\xac\x02", 2);
	check_value(UINT64_C(1) << 63,
	    "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 10);
	check_value(UINT64_MAX, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10);
}
END_TEST

START_TEST(every_power)
{
	struct buffer b;
	struct reader r;
	uint64_t value, back;
	int bit, near;

	for (bit = 0; bit < 64; bit++) {
		for (near = -1; near <= 1; near++) {
			value = (UINT64_C(1) << bit) + (uint64_t)near;
			buffer_init(&b, 64);
			ck_assert_int_eq(varint_put(&b, value), PH_OK);
			/* Seven bits to a byte. */
			ck_assert(b.len == 1 || value >> (7 * (b.len - 1)) > 0);
			reader_init(&r, b.data, b.len);
			ck_assert_int_eq(varint_get(&r, &back), PH_OK);
			ck_assert_uint_eq(back, value);
			buffer_fini(&b);
		}
	}
}
END_TEST

/* Refused, and the reader stays where it was. */
static void
check_refused(const char *bytes, size_t len)
{
	struct reader r;
	uint64_t value;

	reader_init(&r, bytes, len);
	value = 77;
	ck_assert_int_eq(varint_get(&r, &value), PH_EMESSAGE);
	ck_assert_uint_eq(r.len, len);
	ck_assert_uint_eq(value, 77);
}

START_TEST(refused)
{
	check_refused("", 0);
	check_refused("\x80", 1);
	check_refused("\xff\xff\xff", 3);
	/* Not the shortest form. */
	check_refused("\x80\x00", 2);
	check_refused("\x81\x80\x00", 3);
	/* Beyond 64 bits. */
	check_refused("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10);
	check_refused("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 10);
	check_refused("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x81\x00", 11);
	check_refused("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 11);
}
END_TEST

START_TEST(leaves_what_follows)
{
	struct reader r;
	uint64_t value;

	reader_init(&r, "\xac\x02\x05", 3);
	ck_assert_int_eq(varint_get(&r, &value), PH_OK);
	ck_assert_uint_eq(value, 300);
	ck_assert_int_eq(varint_get(&r, &value), PH_OK);
	ck_assert_uint_eq(value, 5);
	ck_assert_uint_eq(r.len, 0);
}
END_TEST

START_TEST(zigzag)
{
	static const int64_t values[] = { 0, -1, 1, -2, 2, -3 };
	size_t i;

	for (i = 0; i < 6; i++) {
		ck_assert_uint_eq(varint_zigzag(values[i]), i);
		ck_assert_int_eq(varint_unzigzag(i), values[i]);
	}
	ck_assert_uint_eq(varint_zigzag(INT64_MAX), UINT64_MAX - 1);
	ck_assert_uint_eq(varint_zigzag(INT64_MIN), UINT64_MAX);
	ck_assert_int_eq(varint_unzigzag(UINT64_MAX), INT64_MIN);
	ck_assert_int_eq(varint_unzigzag(UINT64_MAX - 1), INT64_MAX);
}
END_TEST

START_TEST(full_buffer)
{
	struct buffer b;

	buffer_init(&b, 2);
	ck_assert_int_eq(varint_put(&b, 1 << 14), PH_ELIMIT);
	ck_assert_uint_eq(b.len, 0);
	buffer_fini(&b);
}
END_TEST

int
main(void)
{
	Suite *s;
	TCase *t;

	s = suite_create("varint");
	t = tcase_create("varint");
	tcase_add_test(t, known_values);
	tcase_add_test(t, every_power);
	tcase_add_test(t, refused);
	tcase_add_test(t, leaves_what_follows);
	tcase_add_test(t, zigzag);
	tcase_add_test(t, full_buffer);
	suite_add_tcase(s, t);
	return check_run(s);
}
