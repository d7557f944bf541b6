/*
 * repo invite and repo authorized-keys: what a site and an sshd are given.
 */
#include <string.h>

#include "proto/errors.h"
#include "syncctl/input.h"
#include "syncctl/output.h"
#include "syncd/config/configuration.h"
#include "syncd/config/layout.h"
#include "syncd/config/smallfile.h"

#include "syncctl/commands.h"

/* A line for each repository. */
#define AUTHORIZED_KEYS_MAX (64u << 20)

static void
put_invite(const struct invocation *in, struct json_writer *w, void *cookie)
{
	(void)cookie;
	json_put_string(w, "name", arguments_word(in->arguments, 0));
}

/* The join file, to standard output or to a file of its own. */
static int
show_invite(struct invocation *in, struct json_object *result, void *cookie)
{
	const char *name, *path, *text;
	size_t len;
	int r;

	(void)cookie;
	json_get_string(result, "name", &name, NULL);
	json_get_string(result, "file", &text, &len);
	path = arguments_get(in->arguments, "--output");
	if (path == NULL) {
		(void)buffer_put(in->out, text, len);
		return PH_OK;
	}
	r = smallfile_create(path, text, len, 0644, &in->report->failure);
	if (r == PH_OK && !in->json)
		output_put(in->out,
		    "Bring %s to %s by a way you trust, and run there:\n"
		    "  syncctl init site --join %s --state-dir DIR "
		    "--store-dir DIR\n",
		    path, name, path);
	return r;
}

/* The result as it is, and the file beside it. */
static int
show_invite_json(struct invocation *in, struct json_object *result,
    void *cookie)
{
	const char *name, *text, *path;
	struct json_writer w;
	size_t len;
	int r;

	(void)cookie;
	r = PH_OK;
	json_get_string(result, "name", &name, NULL);
	json_get_string(result, "file", &text, &len);
	path = arguments_get(in->arguments, "--output");
	if (path != NULL)
		r = smallfile_create(path, text, len, 0644,
		    &in->report->failure);
	if (r != PH_OK)
		return r;
	json_writer_init(&w, in->out);
	json_open_object(&w, NULL);
	json_put_string(&w, "name", name);
	json_put_string_bytes(&w, "file", text, len);
	json_put_string_or_null(&w, "output", path);
	json_close_object(&w);
	(void)buffer_put_text(in->out, "\n");
	return PH_OK;
}

static int
run_invite(struct invocation *in)
{
	static const struct command_request request = {
		.verb = "repo.invite",
		.put = put_invite,
		.show = show_invite,
		.show_json = show_invite_json,
	};
	int r;

	r = input_repository(arguments_word(in->arguments, 0),
	    &in->report->failure);
	return r == PH_OK ? command_ask(in, &request, NULL) : r;
}

/* The name of the repository of a line, which is its comment. */
static const char *
name_of(const char *line)
{
	const char *space;

	space = strrchr(line, ' ');
	return space == NULL ? line : space + 1;
}

/* Print the lines of a repository, or with name NULL of all. */
static size_t
show_lines(struct invocation *in, char *text, const char *name)
{
	struct json_writer w;
	char *line, *rest;
	size_t n;

	json_writer_init(&w, in->out);
	if (in->json) {
		json_open_object(&w, NULL);
		json_open_array(&w, "authorized_keys");
	}
	n = 0;
	for (line = strtok_r(text, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest)) {
		if (name != NULL && strcmp(name_of(line), name) != 0)
			continue;
		n++;
		if (!in->json) {
			(void)buffer_putf(in->out, "%s\n", line);
			continue;
		}
		json_open_object(&w, NULL);
		json_put_string(&w, "repository", name_of(line));
		json_put_string(&w, "line", line);
		json_close_object(&w);
	}
	if (in->json) {
		json_close_array(&w);
		json_close_object(&w);
		(void)buffer_put_text(in->out, "\n");
	}
	return n;
}

/* Fail because there is no line of that name. */
static int
fail_unknown(struct invocation *in, const char *name)
{
	struct failure *f;

	buffer_reset(in->out);
	f = &in->report->failure;
	(void)failure_set(f, PH_EUNKNOWN, "no key of %s may log in", name);
	failure_next(f,
	    "\"syncctl repo ls\" says whether it was added, has a key, or was "
	    "removed");
	return PH_EUNKNOWN;
}

static int
run_authorized_keys(struct invocation *in)
{
	struct configuration conf;
	char path[LAYOUT_PATH_SIZE];
	struct layout layout;
	struct failure *f;
	struct buffer text;
	const char *name;
	int r;

	f = &in->report->failure;
	name = arguments_word(in->arguments, 0);
	r = command_configuration(in, &conf, &layout);
	if (r == PH_OK && name != NULL)
		r = input_repository(name, f);
	if (r == PH_OK && conf.role != CONFIGURATION_PRIMARY)
		r = failure_set(f, PH_ENOTHERE,
		    "%s is a site: nobody logs in here", conf.name);
	if (r != PH_OK)
		return r;
	layout_path(&layout, LAYOUT_AUTHORIZED_KEYS, path);
	buffer_init(&text, AUTHORIZED_KEYS_MAX + 1);
	r = smallfile_read(path, AUTHORIZED_KEYS_MAX, &text, NULL, f);
	if (r == PH_OK && buffer_put_u8(&text, '\0') != PH_OK)
		r = command_no_memory(in);
	if (r == PH_OK && show_lines(in, (char *)text.data, name) == 0 &&
	    name != NULL)
		r = fail_unknown(in, name);
	buffer_fini(&text);
	return r;
}

static const struct argument_option invite_options[] = {
	{ "--output", "FILE", 0 },
	ARGUMENTS_EVERYWHERE,
};

const struct command cmd_repo_invite = {
	.noun = "repo",
	.verb = "invite",
	.usage = "NAME [--output FILE]",
	.summary = "Print the join file of a repository",
	.help =
	    "The file says to a new site who it is, whom to dial, by which\n"
	    "host key, and whose signatures count.  It holds no secret, but a\n"
	    "site believes what it says: bring it by a way you trust.\n"
	    "\n"
	    "Example:\n"
	    "  syncctl repo invite branch-01 > branch-01.join\n",
	.options = invite_options,
	.min = 1,
	.max = 1,
	.run = run_invite,
};

static const struct argument_option options[] = { ARGUMENTS_EVERYWHERE };

const struct command cmd_repo_authorized_keys = {
	.noun = "repo",
	.verb = "authorized-keys",
	.usage = "[NAME]",
	.summary = "Print what sshd is told: who may log in, to do what",
	.help =
	    "Prints the lines of state_dir/authorized_keys, which syncd keeps\n"
	    "current: the key of each repository with its forced command.\n"
	    "Works with syncd running or not.\n"
	    "\n"
	    "Example:\n"
	    "  syncctl repo authorized-keys branch-01\n",
	.options = options,
	.min = 0,
	.max = 1,
	.run = run_authorized_keys,
};
