/*
 * Wildcards.  The matcher goes back to the last '*' only: what an earlier
 * one could take more, the last one can take as well.  So a pattern of many
 * stars costs no more than one of few.
 */
#include <string.h>

#include "proto/limits.h"
#include "proto/name.h"

#include "proto/pattern.h"

int
pattern_valid(const char *text)
{
	char name[PH_NAME_MAX + 1];
	size_t i, len;

	len = strlen(text);
	if (len > PH_NAME_MAX)
		return 0;
	/* Valid when a letter in place of each wildcard makes a name. */
	for (i = 0; i <= len; i++)
		name[i] = text[i] == '*' || text[i] == '?' ? 'x' : text[i];
	return name_valid(name);
}

int
pattern_match(const char *pattern, const char *name)
{
	const char *star, *taken;

	star = NULL;  /* Behind the last '*' seen. */
	taken = NULL; /* Behind what that '*' stands for so far. */
	while (*name != '\0') {
		if (*pattern == '*') {
			star = ++pattern;
			taken = name;
		} else if (*pattern == '?' || *pattern == *name) {
			pattern++;
			name++;
		} else if (star != NULL) {
			pattern = star;
			name = ++taken;
		} else {
			return 0;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}
