/*
 * Text: well-formed UTF-8 without controls.
 */
#include <stdint.h>
#include <string.h>

#include "tests/unit/check_main.h"

#include "proto/text.h"

/* Encode a code point by the shortest form; returns its length. */
static size_t
put_character(uint32_t c, char out[5])
{
	size_t len;

	memset(out, 0, 5);
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	if (len == 2) {
		out[0] = (char)(0xc0 | c >> 6);
	} else if (len == 3) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 63));
	} else {
		out[0] = (char)(0xf0 | c >> 18);
		out[1] = (char)(0x80 | (c >> 12 & 63));
		out[2] = (char)(0x80 | (c >> 6 & 63));
	}
	out[len - 1] = (char)(0x80 | (c & 63));
	return len;
}

START_TEST(every_character_but_controls_and_surrogates)
{
	char text[5];
	uint32_t c;
	int good;

	for (c = 1; c < 0x120000; c++) {
		(void)put_character(c, text);
		good = c >= 0x20 && !(c >= 0x7f && c <= 0x9f) &&
		    !(c >= 0xd800 && c <= 0xdfff) && c <= 0x10ffff;
		/* A ck_assert costs a system call. */
		if (text_valid(text, 4) != good)
			ck_abort_msg("U+%04X", c);
	}
}
END_TEST

START_TEST(no_other_two_bytes)
{
	char text[3];
	unsigned int a, b;
	int good;

	text[2] = '\0';
	for (a = 0x80; a < 0x100; a++) {
		for (b = 1; b < 0x100; b++) {
			text[0] = (char)a;
			text[1] = (char)b;
			good = a >= 0xc2 && a <= 0xdf && b >= 0x80 &&
			    b <= 0xbf && !(a == 0xc2 && b < 0xa0);
			if (text_valid(text, 2) != good)
				ck_abort_msg("%02x %02x", a, b);
		}
	}
}
END_TEST

START_TEST(malformed)
{
	static const char *const texts[] = {
		"\x80",
		"\xbf",
		"a\xff",
		"\xfe",
		"\xc0\xaf",
		"\xc1\xbf", /* Overlong: two bytes. */
		"\xe0\x80\xaf",
		"\xe0\x9f\xbf", /* Three. */
		"\xf0\x80\x80\xaf",
		"\xf0\x8f\xbf\xbf", /* Four. */
		"\xed\xa0\x80",
		"\xed\xbf\xbf", /* Surrogates. */
		"\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80", /* Too high. */
		"\xf8\x88\x80\x80\x80",
		"\xc3",
		"\xe2\x82",
		"\xf0\x9f\x98", /* Cut short. */
		"\xc3(",
		"\xe2\x82(",
		"\xf0\x9f\x98(",
		"\xe2(\xac",
		"\xf0(\x98\x80",
	};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		ck_assert_msg(!text_valid(texts[i], 16), "text %zu", i);
}
END_TEST

START_TEST(the_limit_is_of_bytes)
{
	ck_assert(text_valid("", 0));
	ck_assert(!text_valid("a", 0));
	ck_assert(text_valid("abcd", 4));
	ck_assert(!text_valid("abcde", 4));
	ck_assert(text_valid("ab\xc3\xa9", 4));
	ck_assert(!text_valid("abc\xc3\xa9", 4));
	ck_assert(!text_valid("\xf0\x9f\x98\x80", 3));
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *text;

	suite = suite_create("text");
	text = tcase_create("text");
	tcase_add_test(text, every_character_but_controls_and_surrogates);
	tcase_add_test(text, no_other_two_bytes);
	tcase_add_test(text, malformed);
	tcase_add_test(text, the_limit_is_of_bytes);
	suite_add_tcase(suite, text);
	return check_run(suite);
}
