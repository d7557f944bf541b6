/*
 * where: who holds a version.
 */
#include <string.h>

#include "proto/errors.h"
#include "proto/version.h"
#include "syncctl/held.h"
#include "syncctl/input.h"
#include "syncctl/output.h"
#include "syncctl/table.h"

#include "syncctl/commands.h"

static void
put_where(const struct invocation *in, struct json_writer *w, void *cookie)
{
	const struct input_version *v;

	v = cookie;
	json_put_string(w, "image", v->image);
	json_put_string(w, "version", v->version);
	json_put_bool(w, "wait", arguments_has(in->arguments, "--wait"));
}

static int
show_where(struct invocation *in, struct json_object *result, void *cookie)
{
	static const char *const headers[] = { "REPOSITORY", "ALLOWED", "HELD",
		"STATE", "EVIDENCE", "AS OF", NULL };
	const char *as_of, *name;
	struct json_array list;
	struct json_object o;
	struct held held;
	struct table *t;
	int removed;
	size_t i;

	(void)cookie;
	t = table_new(headers);
	json_get_array(result, "repositories", 0, SIZE_MAX, &list);
	for (i = 0; i < list.count; i++) {
		json_array_object(&list, i, &o);
		json_get_string(&o, "repository", &name, NULL);
		held_get(&o, &held);
		json_get_string_or_null(&o, "as_of", &as_of, NULL);
		json_get_bool(&o, "removed", &removed);
		table_put(t, "%s%s", name, removed ? " (removed)" : "");
		table_text(t, held.allowed ? "yes" : "no");
		table_text(t, held.held);
		table_text(t, held.state);
		table_text(t, held.evidence);
		table_text(t, output_time(as_of));
	}
	return command_table(in, t, "No repository was added yet.");
}

static void
put_image(const struct invocation *in, struct json_writer *w, void *cookie)
{
	const struct input_version *v;

	(void)in;
	v = cookie;
	json_put_string(w, "image", v->image);
}

/* The newest version is the one that is meant. */
static int
take_newest(struct invocation *in, struct json_object *result, void *cookie)
{
	struct input_version *v;
	struct json_array list;
	struct json_object o;
	const char *text;
	size_t i;

	(void)in;
	v = cookie;
	json_get_array(result, "versions", 0, SIZE_MAX, &list);
	for (i = 0; i < list.count; i++) {
		json_array_object(&list, i, &o);
		json_get_string(&o, "version", &text, NULL);
		if (version_valid(text) &&
		    (v->version[0] == '\0' ||
			version_compare(text, v->version) > 0))
			(void)strcpy(v->version, text);
	}
	return PH_OK;
}

/* Ask which version is the newest. */
static int
find_newest(struct invocation *in, struct input_version *v)
{
	static const struct command_request request = {
		.verb = "image.show",
		.put = put_image,
		.show = take_newest,
		.show_json = take_newest,
	};
	int r;

	r = command_ask(in, &request, v);
	if (r != PH_OK || v->version[0] != '\0')
		return r;
	return failure_set(&in->report->failure, PH_EUNKNOWN,
	    "there is no image %s", v->image);
}

static int
run(struct invocation *in)
{
	static const struct command_request request = {
		.verb = "where",
		.put = put_where,
		.show = show_where,
	};
	struct input_version v;
	int r;

	r = input_version(arguments_word(in->arguments, 0), 0, &v,
	    &in->report->failure);
	if (r == PH_OK && v.version[0] == '\0') {
		r = find_newest(in, &v);
		if (r == PH_OK && !in->json)
			output_put(in->out, "%s@%s\n", v.image, v.version);
	}
	return r == PH_OK ? command_ask(in, &request, &v) : r;
}

static const struct argument_option options[] = {
	{ "--wait", NULL, 0 },
	ARGUMENTS_EVERYWHERE,
};

const struct command cmd_where = {
	.noun = "where",
	.usage = "NAME[@VERSION] [--wait]",
	.summary = "Say which repositories hold a version, and how we know",
	.help =
	    "One line for each repository: whether it may hold the version,\n"
	    "whether it does (by its own signed receipt), and of when that is.\n"
	    "Without a version, the newest is meant.\n"
	    "\n"
	    "  --wait  until all that may hold it do\n"
	    "\n"
	    "Example:\n"
	    "  syncctl where winxp@10 --wait\n",
	.options = options,
	.min = 1,
	.max = 1,
	.run = run,
};
