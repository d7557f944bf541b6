/*
 * syncctl: what operators and auditors say to Packhorse.  Finds the command,
 * takes its words apart, lets it run, and prints what it has to say: data to
 * standard output, failures to standard error or, with --json, all of it to
 * standard output.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "syncctl/commands.h"
#include "syncctl/help.h"
#include "syncd/config/configuration.h"
#include "syncd/config/standard_files.h"

/* More than any answer of syncd comes to, as JSON or as a table. */
#define OUT_SIZE_MAX (1u << 30)

static const struct command *const commands[] = {
	&cmd_init_primary,
	&cmd_init_site,
	&cmd_key_show,
	&cmd_repo_add,
	&cmd_repo_ls,
	&cmd_repo_show,
	&cmd_repo_set,
	&cmd_repo_pause,
	&cmd_repo_resume,
	&cmd_repo_remove,
	&cmd_repo_invite,
	&cmd_repo_authorized_keys,
	&cmd_policy_check,
	&cmd_policy_apply,
	&cmd_policy_show,
	&cmd_image_publish,
	&cmd_image_ls,
	&cmd_image_show,
	&cmd_sync,
	&cmd_status,
	&cmd_where,
	&cmd_holdings,
	&cmd_verify,
	&cmd_doctor,
	NULL,
};

/* The words of the command line, less those that name the command. */
struct words {
	const struct command *command;
	const char *noun; /* Where there is one and no command was found. */
	int help;         /* Wanted, and no command was found. */
	int version;
	int argc;
	char **argv; /* Owned. */
};

/* 1 when a noun has commands. */
static int
is_noun(const char *noun)
{
	size_t i;

	for (i = 0; commands[i] != NULL; i++) {
		if (strcmp(commands[i]->noun, noun) == 0)
			return 1;
	}
	return 0;
}

/* The command of a noun and the word behind it, which may be NULL. */
static const struct command *
find(const char *noun, const char *verb)
{
	size_t i;

	for (i = 0; commands[i] != NULL; i++) {
		if (strcmp(commands[i]->noun, noun) != 0)
			continue;
		if (commands[i]->verb == NULL ||
		    (verb != NULL && strcmp(commands[i]->verb, verb) == 0))
			return commands[i];
	}
	return NULL;
}

/* 1 when --json stands there; for errors about the other words. */
static int
wants_json(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--json") == 0)
			return 1;
	}
	return 0;
}

/* Options that stand before the command are kept for it. */
static int
skip_options(struct words *words, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		words->argv[words->argc++] = argv[i];
		if (strcmp(argv[i], "--help") == 0 ||
		    strcmp(argv[i], "-h") == 0)
			words->help = 1;
		else if (strcmp(argv[i], "--version") == 0)
			words->version = 1;
		else if (strcmp(argv[i], "--config") == 0 && i + 1 < argc)
			words->argv[words->argc++] = argv[++i];
	}
	return i;
}

/* Find the command and what is for it. */
static int
find_command(int argc, char **argv, struct words *words, struct failure *f)
{
	const char *verb;
	int i;

	i = skip_options(words, argc, argv);
	if (words->version || i == argc)
		return PH_OK;
	words->noun = argv[i];
	if (!is_noun(words->noun)) {
		(void)failure_set(f, PH_EUSAGE, "there is no command %.100s",
		    words->noun);
		failure_next(f, "\"syncctl --help\" lists all commands");
		return PH_EUSAGE;
	}
	verb = i + 1 < argc ? argv[i + 1] : NULL;
	words->command = find(words->noun, verb);
	if (words->command != NULL) {
		i += words->command->verb == NULL ? 1 : 2;
		memcpy(words->argv + words->argc, argv + i,
		    (size_t)(argc - i) * sizeof(*argv));
		words->argc += argc - i;
		return PH_OK;
	}
	if (verb == NULL || strcmp(verb, "--help") == 0 ||
	    strcmp(verb, "-h") == 0) {
		words->help |= verb != NULL;
		return PH_OK;
	}
	(void)failure_set(f, PH_EUSAGE, "there is no command %.50s %.100s",
	    words->noun, verb);
	failure_next(f, "\"syncctl %.50s --help\" lists those there are",
	    words->noun);
	return PH_EUSAGE;
}

/* Say that the words are not those of the command. */
static int
fail_usage(const struct command *c, struct failure *f)
{
	if (f->code == PH_OK)
		(void)failure_set(f, PH_EUSAGE,
		    "the command is: syncctl %s%s%s %s", c->noun,
		    c->verb == NULL ? "" : " ", c->verb == NULL ? "" : c->verb,
		    c->usage);
	failure_next(f, "\"syncctl %s%s%s --help\" shows examples", c->noun,
	    c->verb == NULL ? "" : " ", c->verb == NULL ? "" : c->verb);
	return f->code;
}

/* The file of --config, of the environment, or the one of the system. */
static const char *
config_path(const struct arguments *arguments)
{
	const char *path;

	path = arguments_get(arguments, "--config");
	if (path == NULL)
		path = getenv("PACKHORSE_CONFIG");
	if (path == NULL || path[0] == '\0')
		path = CONFIGURATION_DEFAULT_FILE;
	return path;
}

/* Run the command that was found. */
static int
run_command(const struct words *words, struct invocation *in)
{
	const struct command *c;
	struct arguments *arguments;
	struct failure *f;
	size_t n;
	int r;

	c = words->command;
	f = &in->report->failure;
	r = arguments_parse(c->options, words->argc, words->argv, &arguments,
	    f);
	if (r == PH_EUSAGE)
		return fail_usage(c, f);
	if (r != PH_OK)
		return r;
	n = arguments_nwords(arguments);
	in->arguments = arguments;
	in->config = config_path(arguments);
	in->json = arguments_has(arguments, "--json");
	if (arguments_has(arguments, "--help")) {
		help_command(c, in->out);
		in->answered = 1;
	} else if (n < c->min || n > c->max) {
		r = fail_usage(c, f);
	} else {
		r = c->run(in);
	}
	if (r == PH_EUSAGE && f->next[0] == '\0')
		(void)fail_usage(c, f);
	in->arguments = NULL;
	arguments_free(arguments);
	return r;
}

/* Print help or the version, or run the command. */
static int
run_words(const struct words *words, struct invocation *in)
{
	if (words->command != NULL)
		return run_command(words, in);
	if (words->version)
		(void)buffer_put_text(in->out, "syncctl " PH_VERSION "\n");
	else if (words->noun != NULL)
		help_noun(commands, words->noun, in->out);
	else
		help_all(commands, in->out);
	if (words->help || words->version)
		return PH_OK;
	/* Help that was not asked for is no data. */
	if (!in->json)
		(void)fputs(buffer_text(in->out), stderr);
	buffer_reset(in->out);
	(void)failure_set(&in->report->failure, PH_EUSAGE,
	    "a command is missing");
	failure_next(&in->report->failure,
	    "\"syncctl --help\" lists all commands");
	return PH_EUSAGE;
}

/* Print what there is to say; returns the exit status. */
static int
finish(struct invocation *in, int r)
{
	struct report *report;

	report = in->report;
	if (r == PH_OK && buffer_error(in->out) != PH_OK)
		r = command_no_memory(in);
	if (r != PH_OK && in->json && !in->answered) {
		buffer_reset(in->out);
		if (report_json(report, in->out) != PH_OK)
			report_print(report, stderr);
	}
	if ((in->out->len > 0 &&
		fwrite(in->out->data, in->out->len, 1, stdout) != 1) ||
	    fflush(stdout) != 0) {
		(void)fprintf(stderr,
		    "syncctl: cannot write to standard output: %s\n",
		    strerror(errno));
		return r != PH_OK ? report_exit_status(report) :
				    error_exit_status(PH_EIO);
	}
	if (r == PH_OK)
		return 0;
	if (!in->json)
		report_print(report, stderr);
	return report_exit_status(report);
}

int
main(int argc, char **argv)
{
	struct invocation in;
	struct report report;
	struct buffer out;
	struct words words;
	int r, status;

	if (standard_files_open() != PH_OK)
		return error_exit_status(PH_EIO);
	memset(&words, 0, sizeof(words));
	memset(&in, 0, sizeof(in));
	report_init(&report);
	buffer_init(&out, OUT_SIZE_MAX);
	in.report = &report;
	in.out = &out;
	in.json = wants_json(argc, argv);
	words.argv = calloc((size_t)argc + 1, sizeof(*words.argv));
	r = words.argv == NULL ?
	    command_no_memory(&in) :
	    find_command(argc, argv, &words, &report.failure);
	if (r == PH_OK)
		r = run_words(&words, &in);
	status = finish(&in, r);
	free(words.argv);
	buffer_fini(&out);
	report_fini(&report);
	return status;
}
