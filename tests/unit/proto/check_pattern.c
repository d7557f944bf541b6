/*
 * Patterns, against a matcher that is as plain as the definition.
 */
#include <string.h>

#include "tests/unit/check_main.h"

#include "proto/limits.h"
#include "proto/pattern.h"

/* Every text up to this length is tried. */
#define LENGTH_MAX 6

/* What a pattern means, and exponential in its stars. */
static int
model_match(const char *pattern, const char *name)
{
	if (*pattern == '\0')
		return *name == '\0';
	if (*pattern == '*')
		return model_match(pattern + 1, name) ||
		    (*name != '\0' && model_match(pattern, name + 1));
	return *name != '\0' && (*pattern == '?' || *pattern == *name) &&
	    model_match(pattern + 1, name + 1);
}

/* Step to the next text over the characters; returns 0 behind the last. */
static int
next_text(const char *characters, char text[LENGTH_MAX + 1])
{
	const char *c;
	size_t i;

	for (i = 0; i < LENGTH_MAX; i++) {
		c = text[i] == '\0' ? characters :
				      strchr(characters, text[i]) + 1;
		if (*c != '\0') {
			text[i] = *c;
			return 1;
		}
		text[i] = characters[0];
	}
	return 0;
}

START_TEST(patterns)
{
	char text[PH_NAME_MAX + 2];

	ck_assert(pattern_valid("*"));
	ck_assert(pattern_valid("?"));
	ck_assert(pattern_valid("win*"));
	ck_assert(pattern_valid("*-amd64"));
	ck_assert(pattern_valid("**??**"));
	ck_assert(pattern_valid("debian_12.?+x-*"));
	ck_assert(!pattern_valid(""));
	ck_assert(!pattern_valid(".*"));
	ck_assert(!pattern_valid("-*"));
	ck_assert(!pattern_valid("[a]"));
	ck_assert(!pattern_valid("a b"));
	ck_assert(!pattern_valid("a\\*"));
	ck_assert(!pattern_valid("*/"));
	memset(text, '*', sizeof(text));
	text[PH_NAME_MAX] = '\0';
	ck_assert(pattern_valid(text));
	text[PH_NAME_MAX] = '*';
	text[PH_NAME_MAX + 1] = '\0';
	ck_assert(!pattern_valid(text));
}
END_TEST

START_TEST(matches)
{
	ck_assert(pattern_match("*", "anything"));
	ck_assert(pattern_match("win*", "win"));
	ck_assert(pattern_match("win*", "winxp"));
	ck_assert(!pattern_match("win*", "Winxp"));
	ck_assert(!pattern_match("win*", "darwin"));
	ck_assert(pattern_match("*win", "darwin"));
	ck_assert(!pattern_match("win", "winxp"));
	ck_assert(!pattern_match("winxp", "win"));
	ck_assert(pattern_match("win?p", "winxp"));
	ck_assert(!pattern_match("win??p", "winxp"));
	ck_assert(!pattern_match("winxp?", "winxp"));
	ck_assert(pattern_match("*.*-?", "a.b.c-d-e"));
	/* Nothing else is special. */
	ck_assert(!pattern_match("a.c", "abc"));
	ck_assert(!pattern_match("a+", "aa"));
}
END_TEST

START_TEST(the_same_as_the_model)
{
	char pattern[LENGTH_MAX + 1], name[LENGTH_MAX + 1];

	memset(pattern, 0, sizeof(pattern));
	do {
		memset(name, 0, sizeof(name));
		do {
			/* A ck_assert costs a system call. */
			if (pattern_match(pattern, name) !=
			    model_match(pattern, name))
				ck_abort_msg("%s on %s", pattern, name);
		} while (next_text("ab", name));
	} while (next_text("ab?*", pattern));
}
END_TEST

START_TEST(many_stars_take_no_time)
{
	char pattern[PH_NAME_MAX + 1], name[PH_NAME_MAX + 1];
	size_t i;

	/* The model would take longer than the machine lasts. */
	memset(name, 'a', PH_NAME_MAX);
	name[PH_NAME_MAX] = '\0';
	for (i = 0; i < PH_NAME_MAX; i++)
		pattern[i] = i % 2 == 0 ? '*' : 'a';
	pattern[PH_NAME_MAX - 1] = 'b';
	pattern[PH_NAME_MAX] = '\0';
	for (i = 0; i < 1000; i++)
		ck_assert(!pattern_match(pattern, name));
	pattern[PH_NAME_MAX - 1] = 'a';
	ck_assert(pattern_match(pattern, name));
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *pattern;

	suite = suite_create("pattern");
	pattern = tcase_create("pattern");
	tcase_add_test(pattern, patterns);
	tcase_add_test(pattern, matches);
	tcase_add_test(pattern, the_same_as_the_model);
	tcase_add_test(pattern, many_stars_take_no_time);
	suite_add_tcase(suite, pattern);
	return check_run(suite);
}
