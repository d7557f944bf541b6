/*
 * Names: which there are, and which clash.
 */
#include <ctype.h>
#include <string.h>

#include "tests/unit/check_main.h"

#include "proto/limits.h"
#include "proto/name.h"

/* A text of len times that character, valid until the next call. */
static const char *
repeat(char c, size_t len)
{
	static char text[1024];

	ck_assert_uint_lt(len, sizeof(text));
	memset(text, c, len);
	text[len] = '\0';
	return text;
}

START_TEST(names)
{
	ck_assert(name_valid("winxp"));
	ck_assert(name_valid("9front"));
	ck_assert(name_valid("Debian_12.5-netinst+firmware"));
	ck_assert(name_valid("a"));
	ck_assert(name_valid("a."));
	ck_assert(!name_valid(""));
	ck_assert(!name_valid(".."));
	ck_assert(!name_valid("a/b"));
	ck_assert(!name_valid("a b"));
	ck_assert(!name_valid("a\n"));
	ck_assert(!name_valid("caf\xc3\xa9"));
}
END_TEST

START_TEST(name_characters)
{
	char text[3];
	int c;

	for (c = 1; c < 256; c++) {
		text[0] = (char)c;
		text[1] = '\0';
		ck_assert_int_eq(name_valid(text), c < 128 && isalnum(c));
		text[0] = 'x';
		text[1] = (char)c;
		text[2] = '\0';
		ck_assert_int_eq(name_valid(text),
		    c < 128 && (isalnum(c) || strchr("._+-", c) != NULL));
	}
}
END_TEST

START_TEST(name_lengths)
{
	ck_assert(name_valid(repeat('n', PH_NAME_MAX)));
	ck_assert(!name_valid(repeat('n', PH_NAME_MAX + 1)));
	ck_assert(name_file_valid(repeat('n', PH_FILE_NAME_MAX)));
	ck_assert(!name_file_valid(repeat('n', PH_FILE_NAME_MAX + 1)));
}
END_TEST

START_TEST(file_names)
{
	ck_assert(name_file_valid("disk.img"));
	ck_assert(name_file_valid("disk 1 (caf\xc3\xa9).img"));
	ck_assert(name_file_valid("-rf"));
	ck_assert(name_file_valid("a..b"));
	ck_assert(!name_file_valid(""));
	ck_assert(!name_file_valid("."));
	ck_assert(!name_file_valid(".."));
	ck_assert(!name_file_valid(".hidden"));
	ck_assert(!name_file_valid("/etc"));
	ck_assert(!name_file_valid("a/b"));
	ck_assert(!name_file_valid("a/"));
	ck_assert(!name_file_valid("a\\b"));
	ck_assert(!name_file_valid("a\tb"));
	ck_assert(!name_file_valid("a\x7f"));
	ck_assert(!name_file_valid("a\xff"));
	/* U+009B begins control sequences of terminals. */
	ck_assert(!name_file_valid("a\xc2\x9b"));
}
END_TEST

START_TEST(names_that_clash)
{
	ck_assert(name_equal_folded("", ""));
	ck_assert(name_equal_folded("WinXP", "winxp"));
	ck_assert(name_equal_folded("AZ-az", "az-AZ"));
	ck_assert(!name_equal_folded("winxp", "winxp2"));
	ck_assert(!name_equal_folded("winxp2", "winxp"));
	ck_assert(!name_equal_folded("a", ""));
	/* ASCII alone is folded: not Latin-1, and no neighbours of letters. */
	ck_assert(!name_equal_folded("\xc3\x89", "\xc3\xa9"));
	ck_assert(!name_equal_folded("@", "`"));
	ck_assert(!name_equal_folded("[", "{"));
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *names_case;

	suite = suite_create("name");
	names_case = tcase_create("name");
	tcase_add_test(names_case, names);
	tcase_add_test(names_case, name_characters);
	tcase_add_test(names_case, name_lengths);
	tcase_add_test(names_case, file_names);
	tcase_add_test(names_case, names_that_clash);
	suite_add_tcase(suite, names_case);
	return check_run(suite);
}
