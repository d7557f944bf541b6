/*
 * Help.
 */
#include <stdio.h>
#include <string.h>

#include "proto/buffer.h"
#include "syncd/config/configuration.h"

#include "syncctl/help.h"

/* A command's words. */
#define WORDS_SIZE 64u

/* Where usage lines are wrapped, and what their next lines begin with. */
#define LINE_WIDTH 79u
#define INDENT "           "

static const char foot[] =
    "\n"
    "Everywhere:\n"
    "  --config FILE  the configuration; else PACKHORSE_CONFIG, else\n"
    "                 " CONFIGURATION_DEFAULT_FILE "\n"
    "  --json         print JSON for programs, errors included\n"
    "  --help         what a command is for, with examples\n"
    "\n"
    "Exit status: 0 done, 1 failed, 2 wrong words or files, 3 unknown,\n"
    "4 not allowed or in conflict, 5 not reached (try again), 6 not as\n"
    "signed or hashed, 7 no space, 8 outside of a window, 9 some done,\n"
    "10 busy or taken, 11 syncd is not running, 12 not applicable here.\n";

/* "repo add" */
static void
words_of(const struct command *c, char out[WORDS_SIZE])
{
	(void)snprintf(out, WORDS_SIZE, "%s%s%s", c->noun,
	    c->verb == NULL ? "" : " ", c->verb == NULL ? "" : c->verb);
}

/* The characters of UTF-8 text. */
static size_t
width_of(const char *text, size_t len)
{
	size_t i, n;

	for (i = n = 0; i < len; i++)
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
	return n;
}

/*
 * Put a usage behind column characters, in lines of a terminal; an option
 * and its value stay together.
 */
static void
put_usage(const char *usage, size_t column, struct buffer *out)
{
	size_t len, width;

	while (*usage != '\0') {
		/* Up to the space before a word that can begin a line. */
		len = 1;
		while (usage[len] != '\0' &&
		    (usage[len] != ' ' ||
			strchr("[(-|", usage[len + 1]) == NULL))
			len++;
		width = width_of(usage, len) + 1;
		if (column + width > LINE_WIDTH) {
			(void)buffer_put_text(out, "\n" INDENT);
			column = strlen(INDENT);
		} else {
			(void)buffer_put_text(out, " ");
		}
		(void)buffer_put(out, usage, len);
		column += width;
		usage += len + (usage[len] == ' ');
	}
}

/* One line each for those of the noun, or for all. */
static void
put_list(const struct command *const *commands, const char *noun,
    struct buffer *out)
{
	char words[WORDS_SIZE];

	for (; *commands != NULL; commands++) {
		if (noun != NULL && strcmp((*commands)->noun, noun) != 0)
			continue;
		words_of(*commands, words);
		(void)buffer_putf(out, "  %-22s %s\n", words,
		    (*commands)->summary);
	}
}

void
help_all(const struct command *const *commands, struct buffer *out)
{
	(void)buffer_put_text(out,
	    "usage: syncctl [--config FILE] [--json] COMMAND …\n\n"
	    "Packhorse replicates packed images to the repositories that\n"
	    "may hold them.  syncctl talks to the syncd of this machine.\n\n");
	put_list(commands, NULL, out);
	(void)buffer_put_text(out, foot);
}

void
help_noun(const struct command *const *commands, const char *noun,
    struct buffer *out)
{
	(void)buffer_putf(out, "usage: syncctl %s COMMAND …\n\n", noun);
	put_list(commands, noun, out);
	(void)buffer_putf(out, "\n\"syncctl %s COMMAND --help\" tells more.\n",
	    noun);
}

void
help_command(const struct command *command, struct buffer *out)
{
	char words[WORDS_SIZE];

	words_of(command, words);
	(void)buffer_putf(out, "usage: syncctl %s", words);
	put_usage(command->usage, strlen("usage: syncctl ") + strlen(words),
	    out);
	(void)buffer_putf(out, "\n\n%s.\n\n%s", command->summary,
	    command->help);
}
