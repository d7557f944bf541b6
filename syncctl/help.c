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
	(void)buffer_putf(out, "usage: syncctl %s%s%s\n\n%s.\n\n%s", words,
	    command->usage[0] == '\0' ? "" : " ", command->usage,
	    command->summary, command->help);
}
