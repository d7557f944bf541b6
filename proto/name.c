/*
 * What may be a name, character by character; no locale is asked.
 */
#include <string.h>

#include "proto/limits.h"
#include "proto/text.h"

#include "proto/name.h"

#define LETTERS_AND_DIGITS                                                     \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ"                                           \
	"abcdefghijklmnopqrstuvwxyz"                                           \
	"0123456789"

int
name_valid(const char *text)
{
	size_t len;

	len = strspn(text, LETTERS_AND_DIGITS "._+-");
	if (text[len] != '\0' || len > PH_NAME_MAX)
		return 0;
	return strspn(text, LETTERS_AND_DIGITS) > 0;
}

int
name_file_valid(const char *text)
{
	if (text[0] == '\0' || text[0] == '.')
		return 0;
	if (strpbrk(text, "/\\") != NULL)
		return 0;
	return text_valid(text, PH_FILE_NAME_MAX);
}

/* A lower-case letter for an upper-case one, else the same character. */
static char
fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

int
name_equal_folded(const char *a, const char *b)
{
	while (fold(*a) == fold(*b)) {
		if (*a == '\0')
			return 1;
		a++;
		b++;
	}
	return 0;
}
