#ifndef SYNCCTL_COMMAND_H
#define SYNCCTL_COMMAND_H

#include <stddef.h>

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/json.h"
#include "proto/json_writer.h"
#include "syncctl/arguments.h"
#include "syncctl/report.h"

struct configuration;
struct layout;
struct table;

/*
 * A command of syncctl, and what it is given when it runs.  The list of all
 * is in commands.h.
 */

/* What a command is given, and where it leaves what it has to say. */
struct invocation {
	const struct arguments *arguments;
	const char *config;    /* Path of the configuration. */
	int json;              /* --json was given. */
	struct buffer *out;    /* For standard output. */
	struct report *report; /* Filled in by one that fails. */
	int answered;          /* What stands in out is the whole answer in
	                          JSON, whatever the report says. */
};

struct command {
	const char *noun;
	const char *verb;    /* NULL: the noun is all. */
	const char *usage;   /* What stands behind it. */
	const char *summary; /* One line. */
	const char *help;    /* Lines that teach, and examples. */
	const struct argument_option *options;
	size_t min, max; /* Words that are no options. */

	/* PH_OK, or the code of the report. */
	int (*run)(struct invocation *in);
};

/* A question to syncd. */
struct command_request {
	const char *verb;

	/* Put the arguments; NULL: there are none. */
	void (*put)(const struct invocation *in, struct json_writer *w,
	    void *cookie);

	/* Show progress to people; NULL: there is none. */
	void (*progress)(struct json_object *body, void *cookie);

	/*
	 * Put the result for people into in->out; with show_json NULL, the
	 * result itself is what --json prints.  PH_OK or the code of the
	 * report.
	 */
	int (*show)(struct invocation *in, struct json_object *result,
	    void *cookie);
	int (*show_json)(struct invocation *in, struct json_object *result,
	    void *cookie);

	const int *fds; /* Descriptors beside it, borrowed. */
	size_t nfds;
};

/*
 * Ask syncd and show what it answers; cookie goes to the functions.  PH_OK,
 * or a code with the report filled in.
 */
int command_ask(struct invocation *in, const struct command_request *request,
    void *cookie) ATTR_CHECK;

/*
 * Read the configuration, for commands that need no syncd.  PH_OK, or a code
 * with the report filled in.
 */
int command_configuration(struct invocation *in, struct configuration *conf,
    struct layout *layout) ATTR_CHECK;

/*
 * The same for a request about the repository that the first word names, if
 * there is one.
 */
int command_ask_about(struct invocation *in,
    const struct command_request *request, void *cookie) ATTR_CHECK;

/* A put of a request: the first word, if there is one, as "repository". */
void command_put_repository(const struct invocation *in, struct json_writer *w,
    void *cookie);

/*
 * Show a table, which is freed, or the line none where it has no rows.  PH_OK,
 * or a code with the report filled in.
 */
int command_table(struct invocation *in, struct table *t,
    const char *none) ATTR_CHECK;

/* Fail with the words of the report, for a command without memory. */
int command_no_memory(struct invocation *in);

#endif
