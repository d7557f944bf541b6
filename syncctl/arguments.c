/*
 * Arguments: a list of what was found, in the order of the words.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"

#include "syncctl/arguments.h"

/* An option with its value, or with option NULL a word. */
struct argument {
	const struct argument_option *option;
	const char *value;
};

struct arguments {
	size_t count;
	struct argument found[];
};

/* The option whose name is the first len bytes of word; NULL: none. */
static const struct argument_option *
find(const struct argument_option *options, const char *word, size_t len)
{
	if (len == 2 && strncmp(word, "-h", len) == 0) {
		word = "--help";
		len = strlen(word);
	}
	for (; options->name != NULL; options++) {
		if (strlen(options->name) == len &&
		    strncmp(options->name, word, len) == 0)
			return options;
	}
	return NULL;
}

/* Add one that was found; there is room. */
static void
add(struct arguments *a, const struct argument_option *option,
    const char *value)
{
	a->found[a->count].option = option;
	a->found[a->count].value = value;
	a->count++;
}

/*
 * Take the option at *argv, of the words up to end, and move behind it.
 */
static int
take_option(struct arguments *a, const struct argument_option *options,
    char *const **argv, char *const *end, struct failure *f)
{
	const struct argument_option *option;
	const char *word, *value;
	size_t len;

	word = *(*argv)++;
	len = strcspn(word, "=");
	value = word[len] == '=' ? word + len + 1 : NULL;
	option = find(options, word, len);
	if (option == NULL)
		return failure_set(f, PH_EUSAGE, "there is no option %.100s",
		    word);
	if (option->value == NULL && value != NULL)
		return failure_set(f, PH_EUSAGE, "%s takes no value",
		    option->name);
	if (option->value != NULL && value == NULL) {
		if (*argv == end)
			return failure_set(f, PH_EUSAGE, "%s needs its %s",
			    option->name, option->value);
		value = *(*argv)++;
	}
	if (!option->many && option->value != NULL &&
	    arguments_has(a, option->name))
		return failure_set(f, PH_EUSAGE, "%s is given twice",
		    option->name);
	add(a, option, value);
	return PH_OK;
}

int
arguments_parse(const struct argument_option *options, int argc,
    char *const *argv, struct arguments **out, struct failure *f)
{
	char *const *end;
	struct arguments *a;
	int only_words, r;

	assert(argc >= 0);
	/* Of no words argv may be NULL, which cannot be added to. */
	end = argc > 0 ? argv + argc : argv;
	a = calloc(1, sizeof(*a) + (size_t)argc * sizeof(a->found[0]));
	if (a == NULL)
		return failure_set(f, PH_ENOMEM, "out of memory");
	r = PH_OK;
	only_words = 0;
	while (r == PH_OK && argv < end) {
		if (!only_words && strcmp(*argv, "--") == 0) {
			only_words = 1;
			argv++;
		} else if (!only_words && argv[0][0] == '-' &&
		    argv[0][1] != '\0') {
			r = take_option(a, options, &argv, end, f);
		} else {
			add(a, NULL, *argv++);
		}
	}
	if (r != PH_OK) {
		arguments_free(a);
		return r;
	}
	*out = a;
	return PH_OK;
}

void
arguments_free(struct arguments *a)
{
	free(a);
}

/* Whether it is that option or, with NULL, a word. */
static int
is(const struct argument *found, const char *option)
{
	if (option == NULL || found->option == NULL)
		return option == NULL && found->option == NULL;
	return strcmp(found->option->name, option) == 0;
}

int
arguments_has(const struct arguments *a, const char *option)
{
	return arguments_count(a, option) > 0;
}

const char *
arguments_get(const struct arguments *a, const char *option)
{
	return arguments_item(a, option, 0);
}

size_t
arguments_count(const struct arguments *a, const char *option)
{
	size_t i, n;

	n = 0;
	for (i = 0; i < a->count; i++)
		n += is(&a->found[i], option) ? 1 : 0;
	return n;
}

const char *
arguments_item(const struct arguments *a, const char *option, size_t i)
{
	size_t j;

	for (j = 0; j < a->count; j++) {
		if (is(&a->found[j], option) && i-- == 0)
			return a->found[j].value;
	}
	return NULL;
}

size_t
arguments_nwords(const struct arguments *a)
{
	return arguments_count(a, NULL);
}

const char *
arguments_word(const struct arguments *a, size_t i)
{
	return arguments_item(a, NULL, i);
}
