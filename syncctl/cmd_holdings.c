/*
 * holdings: what a repository may hold, and holds.
 */
#include <inttypes.h>

#include "syncctl/held.h"
#include "syncctl/output.h"
#include "syncctl/table.h"

#include "syncctl/commands.h"

/* A row for each version; how many are held that may not be. */
static size_t
put_items(struct json_object *result, struct table *t)
{
	const char *image, *time, *version;
	struct json_array list;
	struct json_object o;
	struct held held;
	size_t i, nwrong;
	uint64_t size;
	int known;

	nwrong = 0;
	json_get_array(result, "items", 0, SIZE_MAX, &list);
	for (i = 0; i < list.count; i++) {
		json_array_object(&list, i, &o);
		json_get_string(&o, "image", &image, NULL);
		json_get_string(&o, "version", &version, NULL);
		json_get_u64_or_null(&o, "size", 0, &size, &known);
		held_get(&o, &held);
		json_get_string_or_null(&o, "evidence_time", &time, NULL);
		table_text(t, image);
		table_text(t, version);
		if (known)
			table_size(t, size);
		else
			table_text(t, NULL);
		table_text(t, held.allowed ? "yes" : "no");
		table_text(t, held.held);
		table_text(t, held.state);
		table_text(t, held.evidence);
		table_text(t, time);
		nwrong += held.wrong ? 1 : 0;
	}
	return nwrong;
}

/* Whose holdings these are, and how old that knowledge is. */
static void
show_head(struct json_object *result, const char *repository, int removed,
    struct buffer *out)
{
	uint64_t generation;
	const char *as_of;

	json_get_u64(result, "grant_generation", 0, &generation);
	json_get_string_or_null(result, "as_of", &as_of, NULL);
	if (removed)
		output_put(out, "%s was removed; ", repository);
	else
		output_put(out, "%s: ", repository);
	if (as_of == NULL)
		output_put(out, "it never said what it holds");
	else
		output_put(out, "as of %s", as_of);
	if (generation > 0 && !removed)
		output_put(out, ", grant generation %" PRIu64, generation);
	output_put(out, "\n");
}

/* What happens to copies that may not be held. */
static void
show_wrong(size_t nwrong, int removed, struct buffer *out)
{
	char copies[OUTPUT_TERM_SIZE];

	if (nwrong == 0)
		return;
	output_plural(nwrong, "version", copies);
	if (removed)
		output_put(out,
		    "%s held when it was last heard of.  Its key is revoked "
		    "and it is not contacted\nagain: what is left there must "
		    "be removed there.\n",
		    copies);
	else
		output_put(out,
		    "%s held and not allowed: removed at the next contact\n",
		    copies);
}

static int
show(struct invocation *in, struct json_object *result, void *cookie)
{
	static const char *const headers[] = { "IMAGE", "VERSION", ">SIZE",
		"ALLOWED", "HELD", "STATE", "EVIDENCE", "OF", NULL };
	const char *repository;
	struct table *t;
	size_t nwrong;
	int removed, r;

	(void)cookie;
	json_get_string(result, "repository", &repository, NULL);
	json_get_bool(result, "removed", &removed);
	show_head(result, repository, removed, in->out);
	t = table_new(headers);
	nwrong = put_items(result, t);
	r = command_table(in, t, "Nothing is granted, and nothing held.");
	show_wrong(nwrong, removed, in->out);
	return r;
}

static int
run(struct invocation *in)
{
	static const struct command_request request = {
		.verb = "holdings",
		.put = command_put_repository,
		.show = show,
	};

	return command_ask_about(in, &request, NULL);
}

static const struct argument_option options[] = { ARGUMENTS_EVERYWHERE };

const struct command cmd_holdings = {
	.noun = "holdings",
	.usage = "[REPO]",
	.summary = "List what a repository may hold, and what it holds",
	.help =
	    "Each version that is granted or held, with the evidence: hashed\n"
	    "(on arrival), inherited (from a base, unchanged), scrubbed (read\n"
	    "again since), adopted.  At a primary, a repository is known by\n"
	    "its last receipt: the line on top says of when that is.\n"
	    "\n"
	    "Examples:\n"
	    "  syncctl holdings                   # of this repository\n"
	    "  syncctl holdings branch-01 --json  # at the primary\n",
	.options = options,
	.max = 1,
	.run = run,
};
