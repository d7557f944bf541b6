/*
 * Sets of lines.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/limits.h"
#include "proto/lineset.h"
#include "tests/unit/check_main.h"

/* 64 characters. */
#define X64 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X448 X64 X64 X64 X64 X64 X64 X64
#define X511                                                                   \
	X448 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const struct {
	const char *text;
	size_t count;
} right[] = {
	{ "", 0 },
	{ "a\n", 1 },
	{ "a\nb\nc d\n", 3 },
	{ "a\na \naa\n", 3 },
	{ "A\na\n", 2 },
	{ " \n~\n", 2 },
	{ X511 "\n", 1 },
};

START_TEST(accepted)
{
	struct lineset *s;
	struct digest digest, expected;
	const char *line, *text;
	size_t i, len, total;

	ck_assert_int_eq(lineset_decode(right[_i].text, strlen(right[_i].text),
			     &s),
	    PH_OK);
	ck_assert_uint_eq(lineset_count(s), right[_i].count);
	text = lineset_text(s, &len);
	ck_assert_uint_eq(len, strlen(right[_i].text));
	ck_assert_int_eq(memcmp(text, right[_i].text, len), 0);
	lineset_digest(s, &digest);
	digest_of(right[_i].text, len, &expected);
	ck_assert_int_eq(digest_compare(&digest, &expected), 0);
	total = 0;
	for (i = 0; i < lineset_count(s); i++) {
		line = lineset_line(s, i, &len);
		ck_assert_ptr_eq(line, text + total);
		ck_assert_int_eq(lineset_has(s, line, len), 1);
		total += len + 1;
	}
	ck_assert_uint_eq(total, strlen(right[_i].text));
	ck_assert_int_eq(lineset_has(s, "", 0), 0);
	ck_assert_int_eq(lineset_has(s, "zzz", 3), 0);
	lineset_free(s);
}
END_TEST

static const char *const wrong[] = {
	"a",
	"\n",
	"a\n\n",
	"\na\n",
	"a\na\n",
	"b\na\n",
	"aa\na\n",
	"a \na\n",
	"a\nb",
	"a\r\n",
	"a\tb\n",
	"\x7f\n",
	"\xc3\xa4\n",
	X511 "x\n",
};

START_TEST(refused)
{
	struct lineset *s;

	ck_assert_int_eq(lineset_decode(wrong[_i], strlen(wrong[_i]), &s),
	    PH_EMESSAGE);
}
END_TEST

START_TEST(taken)
{
	struct lineset *s;
	uint8_t *text;

	text = (uint8_t *)strdup("b\na\n");
	ck_assert_int_eq(lineset_decode_take(&text, 4, &s), PH_EMESSAGE);
	ck_assert_ptr_nonnull(text);
	memcpy(text, "a\nb\n", 4);
	ck_assert_int_eq(lineset_decode_take(&text, 4, &s), PH_OK);
	ck_assert_ptr_null(text);
	ck_assert_uint_eq(lineset_count(s), 2);
	lineset_free(s);
	ck_assert_int_eq(lineset_decode_take(&text, 0, &s), PH_OK);
	ck_assert_uint_eq(lineset_count(s), 0);
	ck_assert_ptr_nonnull(lineset_text(s, NULL));
	lineset_free(s);
	lineset_free(NULL);
	/* The limit comes before the bytes. */
	ck_assert_int_eq(lineset_decode("a\n", PH_LIST_SIZE_MAX + 1, &s),
	    PH_ELIMIT);
}
END_TEST

START_TEST(zero_byte)
{
	struct lineset *s;

	ck_assert_int_eq(lineset_decode("a\0b\n", 4, &s), PH_EMESSAGE);
}
END_TEST

/* Add a C string. */
static int
add(struct lineset_builder *b, const char *line)
{
	return lineset_builder_add(b, line, strlen(line));
}

START_TEST(built)
{
	struct lineset_builder *b;
	struct lineset *s;
	size_t len;

	b = lineset_builder_new();
	ck_assert_int_eq(add(b, "b"), PH_OK);
	ck_assert_int_eq(add(b, "a a"), PH_OK);
	ck_assert_int_eq(add(b, "b"), PH_OK);
	ck_assert_int_eq(add(b, "a"), PH_OK);
	ck_assert_int_eq(add(b, X511), PH_OK);
	ck_assert_int_eq(add(b, ""), PH_EMESSAGE);
	ck_assert_int_eq(add(b, "a\nb"), PH_EMESSAGE);
	ck_assert_int_eq(add(b, "\xff"), PH_EMESSAGE);
	ck_assert_int_eq(add(b, X511 "x"), PH_EMESSAGE);
	ck_assert_int_eq(lineset_builder_finish(b, &s), PH_OK);
	ck_assert_int_eq(memcmp(lineset_text(s, &len), "a\na a\nb\nx", 9), 0);
	ck_assert_uint_eq(lineset_count(s), 4);
	lineset_free(s);
	/* It begins anew. */
	ck_assert_int_eq(lineset_builder_finish(b, &s), PH_OK);
	ck_assert_uint_eq(lineset_count(s), 0);
	lineset_free(s);
	ck_assert_int_eq(add(b, "c"), PH_OK);
	ck_assert_int_eq(lineset_builder_finish(b, &s), PH_OK);
	ck_assert_uint_eq(lineset_count(s), 1);
	lineset_free(s);
	lineset_builder_free(b);
	lineset_builder_free(NULL);
}
END_TEST

/* Many lines in a scrambled order; the result reads back. */
START_TEST(many)
{
	struct lineset_builder *b;
	struct lineset *copy, *s;
	const char *text;
	char line[32];
	size_t i, len;
	const size_t n = 100000;

	b = lineset_builder_new();
	for (i = 0; i < n; i++) {
		(void)snprintf(line, sizeof(line), "line %zu", i * 77773 % n);
		ck_assert_int_eq(add(b, line), PH_OK);
	}
	ck_assert_int_eq(lineset_builder_finish(b, &s), PH_OK);
	lineset_builder_free(b);
	ck_assert_uint_eq(lineset_count(s), n);
	text = lineset_text(s, &len);
	ck_assert_int_eq(lineset_decode(text, len, &copy), PH_OK);
	for (i = 0; i < n; i += 997) {
		(void)snprintf(line, sizeof(line), "line %zu", i);
		ck_assert_int_eq(lineset_has(copy, line, strlen(line)), 1);
		(void)snprintf(line, sizeof(line), "line %zu", n + i);
		ck_assert_int_eq(lineset_has(copy, line, strlen(line)), 0);
	}
	lineset_free(s);
	lineset_free(copy);
}
END_TEST

START_TEST(compared)
{
	ck_assert_int_lt(lineset_compare("a", 1, "b", 1), 0);
	ck_assert_int_gt(lineset_compare("b", 1, "a", 1), 0);
	ck_assert_int_lt(lineset_compare("a", 1, "a ", 2), 0);
	ck_assert_int_gt(lineset_compare("a ", 2, "a", 1), 0);
	ck_assert_int_eq(lineset_compare("ab", 1, "ac", 1), 0);
}
END_TEST

int
main(void)
{
	TCase *tc;
	Suite *s;

	s = suite_create("lineset");
	tc = tcase_create("lineset");
	tcase_add_loop_test(tc, accepted, 0,
	    (int)(sizeof(right) / sizeof(right[0])));
	tcase_add_loop_test(tc, refused, 0,
	    (int)(sizeof(wrong) / sizeof(wrong[0])));
	tcase_add_test(tc, taken);
	tcase_add_test(tc, zero_byte);
	tcase_add_test(tc, built);
	tcase_add_test(tc, many);
	tcase_add_test(tc, compared);
	suite_add_tcase(s, tc);
	return check_run(s);
}
