#ifndef SYNCCTL_HELP_H
#define SYNCCTL_HELP_H

#include "syncctl/command.h"

struct buffer;

/*
 * What --help prints.  Lists of commands end with NULL.
 */

/* All commands in one line each, and what holds for all of them. */
void help_all(const struct command *const *commands, struct buffer *out);

/* The commands of a noun. */
void help_noun(const struct command *const *commands, const char *noun,
    struct buffer *out);

/* One command: its form, what it is for, examples. */
void help_command(const struct command *command, struct buffer *out);

#endif
