#ifndef SYNCCTL_ARGUMENTS_H
#define SYNCCTL_ARGUMENTS_H

#include <stddef.h>

#include "proto/attributes.h"
#include "proto/failure.h"

/*
 * The words behind a command: options, which have two dashes and stand
 * anywhere, and the rest, which is known by its place.  "--name=value" is
 * "--name value", "--" ends the options, and "-" alone is no option.  What
 * the words mean is not known here.
 */

/* One option; a table of them ends with a NULL name. */
struct argument_option {
	const char *name;  /* With its dashes. */
	const char *value; /* What stands behind it; NULL: nothing does. */
	int many;          /* It may be given several times. */
};

/* Every command has these; they stand at the end of its table. */
/* clang-format off */
#define ARGUMENTS_EVERYWHERE                                                  \
	{ "--config", "FILE", 0 },                                            \
	{ "--json", NULL, 0 },                                                \
	{ "--help", NULL, 0 },                                                \
	{ NULL, NULL, 0 }
/* clang-format on */

struct arguments;

/*
 * Take apart argc words, which like the table outlive *out; the caller frees
 * it.  PH_OK; PH_EUSAGE for an option that is not in the table, one without
 * its value or with one too many, one given twice; PH_ENOMEM.
 */
int arguments_parse(const struct argument_option *options, int argc,
    char *const *argv, struct arguments **out, struct failure *f) ATTR_CHECK;

/* NULL is allowed. */
void arguments_free(struct arguments *a);

/* 1 when the option was given, else 0. */
int arguments_has(const struct arguments *a, const char *option);

/* Its value, borrowed from the words; NULL when it was not given. */
const char *arguments_get(const struct arguments *a, const char *option);

/* How often it was given, and its value there (i below that). */
size_t arguments_count(const struct arguments *a, const char *option);
const char *arguments_item(const struct arguments *a, const char *option,
    size_t i);

/* How many words are no options, and these in their order. */
size_t arguments_nwords(const struct arguments *a);

/* Word i; NULL when there are not that many. */
const char *arguments_word(const struct arguments *a, size_t i);

#endif
