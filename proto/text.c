/*
 * UTF-8, read by the table of well-formed sequences in the Unicode standard
 * (table 3-7), one character at a time.
 */
#include <stdint.h>

#include "proto/text.h"

/* The byte at s continues a character.  A NUL does not: nothing is overrun. */
static int
is_continuation(const uint8_t *s)
{
	return (*s & 0xc0) == 0x80;
}

/* The length of the character at s, or 0 when it is none or a control. */
static size_t
character_length(const uint8_t *s)
{
	if (s[0] < 0x80)
		return s[0] >= 0x20 && s[0] != 0x7f ? 1 : 0;
	if (s[0] < 0xc2 || s[0] > 0xf4 || !is_continuation(s + 1))
		return 0;
	if (s[0] < 0xe0)
		return s[0] == 0xc2 && s[1] < 0xa0 ? 0 : 2;
	if (!is_continuation(s + 2))
		return 0;
	if (s[0] < 0xf0) {
		/* Overlong forms, then surrogates. */
		if ((s[0] == 0xe0 && s[1] < 0xa0) ||
		    (s[0] == 0xed && s[1] > 0x9f))
			return 0;
		return 3;
	}
	/* Overlong forms, then what is beyond U+10FFFF. */
	if (!is_continuation(s + 3) || (s[0] == 0xf0 && s[1] < 0x90) ||
	    (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return 4;
}

int
text_valid(const char *text, size_t max)
{
	const uint8_t *s;
	size_t len, n;

	s = (const uint8_t *)text;
	for (len = 0; s[len] != '\0'; len += n) {
		n = character_length(s + len);
		if (n == 0 || n > max - len)
			return 0;
	}
	return 1;
}
