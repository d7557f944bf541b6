/*
 * Armour: lines, labels, and where a block ends.
 */
#include <stdint.h>
#include <string.h>

#include "tests/unit/check_main.h"

#include "proto/armour.h"
#include "proto/buffer.h"
#include "proto/errors.h"
#include "proto/reader.h"

#define BEGIN "-----BEGIN TEST-----\n"
#define END "-----END TEST-----\n"

/* Decode text; it must give result, and a reader that fails stays. */
static void
expect(const char *text, int result)
{
	struct reader r;
	uint8_t out[8];
	size_t len;

	reader_init(&r, text, strlen(text));
	ck_assert_msg(armour_decode(&r, "TEST", out, sizeof(out), &len) ==
		result,
	    "%s", text);
	if (result != PH_OK)
		ck_assert_uint_eq(r.len, strlen(text));
}

START_TEST(lines_of_70_columns)
{
	static const char want[] = BEGIN
	    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS"
	    "4vMDEyMz\n"
	    "Q1Njc4\n" END;
	struct buffer b;
	uint8_t data[57];
	size_t i;

	for (i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)i;
	buffer_init(&b, 1024);
	ck_assert_int_eq(armour_encode("TEST", data, sizeof(data), &b), PH_OK);
	ck_assert_str_eq(buffer_text(&b), want);
	buffer_fini(&b);
}
END_TEST

START_TEST(all_lengths)
{
	struct buffer b;
	struct reader r;
	uint8_t data[256], out[256];
	size_t i, len, outlen;

	for (i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 89);
	buffer_init(&b, 1024);
	for (len = 0; len <= sizeof(data); len++) {
		buffer_reset(&b);
		ck_assert_int_eq(armour_encode("TEST", data, len, &b), PH_OK);
		ck_assert_int_eq(buffer_put_text(&b, "rest"), PH_OK);
		reader_init(&r, b.data, b.len);
		ck_assert_int_eq(armour_decode(&r, "TEST", out, len, &outlen),
		    PH_OK);
		ck_assert_uint_eq(outlen, len);
		ck_assert_int_eq(memcmp(out, data, len), 0);
		ck_assert_uint_eq(r.len, 4);
		ck_assert_mem_eq(r.data, "rest", 4);
	}
	buffer_fini(&b);
}
END_TEST

START_TEST(no_byte_too_many)
{
	struct buffer b;
	struct reader r;
	uint8_t data[9], out[9];
	size_t len, size;

	memset(data, 'x', sizeof(data));
	buffer_init(&b, 1024);
	ck_assert_int_eq(armour_encode("TEST", data, sizeof(data), &b), PH_OK);
	for (size = 0; size < sizeof(data); size++) {
		reader_init(&r, b.data, b.len);
		ck_assert_int_eq(armour_decode(&r, "TEST", out, size, &len),
		    PH_ELIMIT);
		ck_assert_uint_eq(r.len, b.len);
	}
	/* A buffer that is too small gets nothing. */
	len = b.len;
	for (size = 0; size < len; size++) {
		buffer_fini(&b);
		buffer_init(&b, size);
		ck_assert_int_eq(armour_encode("TEST", data, sizeof(data), &b),
		    PH_ELIMIT);
		ck_assert_uint_eq(b.len, 0);
	}
	buffer_fini(&b);
}
END_TEST

START_TEST(forms_that_are_taken)
{
	expect(BEGIN "Zm9v\n" END, PH_OK);
	expect(BEGIN "Zm9v\n-----END TEST-----", PH_OK);
	expect(BEGIN "Z\nm9\nv\n" END, PH_OK);
	expect(BEGIN "Zg=\n=\n" END, PH_OK);
	expect("-----BEGIN TEST-----\r\nZm9v\r\n-----END TEST-----\r\n", PH_OK);
	expect(BEGIN END, PH_OK);
}
END_TEST

START_TEST(forms_that_are_refused)
{
	expect("", PH_EMESSAGE);
	expect("\n" BEGIN "Zm9v\n" END, PH_EMESSAGE);
	expect(" " BEGIN "Zm9v\n" END, PH_EMESSAGE);
	expect(BEGIN, PH_EMESSAGE);
	expect(BEGIN "Zm9v\n", PH_EMESSAGE);
	expect(BEGIN "Zm9v", PH_EMESSAGE);
	expect(BEGIN "\nZm9v\n" END, PH_EMESSAGE);
	expect(BEGIN "Zm9v\n\n" END, PH_EMESSAGE);
	expect(BEGIN "Zm9v \n" END, PH_EMESSAGE);
	expect(BEGIN "Zm9v\r\r\n" END, PH_EMESSAGE);
	expect(BEGIN "Zm9\n" END, PH_EMESSAGE);
	expect(BEGIN "Zg==\nZg==\n" END, PH_EMESSAGE);
	expect(BEGIN "Zg==\n=\n" END, PH_EMESSAGE);
	expect(BEGIN "Zm9v" END, PH_EMESSAGE);
	expect(BEGIN "Zm9v\n " END, PH_EMESSAGE);
	expect(BEGIN "Zm9v\n-----END TEST----- \n", PH_EMESSAGE);
	expect(BEGIN "Zm9v\n-----END TEST-----\r", PH_EMESSAGE);
	expect(BEGIN "Zm9v\n-----END OTHER-----\n", PH_EMESSAGE);
	expect(BEGIN "Comment: no\nZm9v\n" END, PH_EMESSAGE);
	expect("-----BEGIN OTHER-----\nZm9v\n" END, PH_EMESSAGE);
	expect("-----BEGIN TEST-----Zm9v\n" END, PH_EMESSAGE);
}
END_TEST

START_TEST(cut_anywhere)
{
	static const char text[] = BEGIN "Zm9vYmFy\nZm8=\n" END;
	struct reader r;
	uint8_t out[16];
	size_t cut, len;

	/* All but the last line feed is needed. */
	for (cut = 0; cut + 1 < sizeof(text) - 1; cut++) {
		reader_init(&r, text, cut);
		ck_assert_int_eq(armour_decode(&r, "TEST", out, sizeof(out),
				     &len),
		    PH_EMESSAGE);
		ck_assert_uint_eq(r.len, cut);
	}
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *armour;

	suite = suite_create("armour");
	armour = tcase_create("armour");
	tcase_add_test(armour, lines_of_70_columns);
	tcase_add_test(armour, all_lengths);
	tcase_add_test(armour, no_byte_too_many);
	tcase_add_test(armour, forms_that_are_taken);
	tcase_add_test(armour, forms_that_are_refused);
	tcase_add_test(armour, cut_anywhere);
	suite_add_tcase(suite, armour);
	return check_run(suite);
}
