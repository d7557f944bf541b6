/*
 * repo ls, show, pause, resume, remove: looking at repositories, and at what
 * they are allowed at the moment.
 */
#include <inttypes.h>

#include "proto/errors.h"
#include "syncctl/output.h"
#include "syncctl/repository.h"
#include "syncctl/table.h"
#include "syncd/config/units.h"

#include "syncctl/commands.h"

static int
show_ls(struct invocation *in, struct json_object *result, void *cookie)
{
	static const char *const headers[] = { "NAME", "STATE", "FINGERPRINT",
		">CLIENTS", "ADDED", NULL };
	struct repository record;
	struct json_object o;
	struct json_array list;
	struct table *t;
	size_t i;

	(void)cookie;
	t = table_new(headers);
	json_get_array(result, "repositories", 0, SIZE_MAX, &list);
	for (i = 0; i < list.count; i++) {
		json_array_object(&list, i, &o);
		repository_get(&o, &record);
		table_text(t, record.name);
		table_text(t, repository_state(&record));
		table_text(t, record.fingerprint);
		table_put(t, "%" PRIu64, record.clients);
		table_text(t, record.added);
	}
	return command_table(in, t, "No repository was added yet.");
}

static int
run_ls(struct invocation *in)
{
	static const struct command_request request = {
		.verb = "repo.ls",
		.show = show_ls,
	};

	return command_ask(in, &request, NULL);
}

/* The name, which all the other commands have. */
static void
put_name(const struct invocation *in, struct json_writer *w, void *cookie)
{
	(void)cookie;
	json_put_string(w, "name", arguments_word(in->arguments, 0));
}

/* The grant in force. */
static void
show_grant(struct json_object *o, struct buffer *out)
{
	const char *expires, *time;
	uint64_t epoch, generation, items;
	char count[OUTPUT_TERM_SIZE];

	if (!json_object_present(o)) {
		output_put(out, "%-13s none\n", "grant");
		return;
	}
	json_get_u64(o, "epoch", 0, &epoch);
	json_get_u64(o, "generation", 0, &generation);
	json_get_u64(o, "items", 0, &items);
	json_get_string_or_null(o, "time", &time, NULL);
	json_get_string_or_null(o, "expires", &expires, NULL);
	output_put(out,
	    "%-13s %s, generation %" PRIu64 " of epoch %" PRIu64
	    ", of %s, expires %s\n",
	    "grant", output_plural(items, "item", count), generation, epoch,
	    output_time(time), output_time(expires));
}

/* The last receipt. */
static void
show_receipt(struct json_object *o, struct buffer *out)
{
	char free_space[UNITS_TEXT_SIZE], items[OUTPUT_TERM_SIZE];
	const char *received, *time;
	uint64_t count, number, space;

	if (!json_object_present(o)) {
		output_put(out, "%-13s none yet\n", "receipt");
		return;
	}
	json_get_u64(o, "number", 0, &number);
	json_get_string_or_null(o, "time", &time, NULL);
	json_get_string_or_null(o, "received", &received, NULL);
	json_get_u64(o, "count", 0, &count);
	json_get_u64(o, "free", 0, &space);
	units_size_text(space, free_space);
	output_put(out,
	    "%-13s number %" PRIu64 " of %s, received %s: %s, %s free\n",
	    "receipt", number, output_time(time), output_time(received),
	    output_plural(count, "item", items), free_space);
}

static int
show_show(struct invocation *in, struct json_object *result, void *cookie)
{
	struct repository record;
	struct json_object o;
	const char *contact;
	int connected;

	(void)cookie;
	json_get_object(result, "repository", &o);
	repository_get(&o, &record);
	repository_put(&record, in->out);
	json_get_object_or_null(result, "grant", &o);
	show_grant(&o, in->out);
	json_get_object_or_null(result, "receipt", &o);
	show_receipt(&o, in->out);
	json_get_bool(result, "connected", &connected);
	json_get_string_or_null(result, "last_contact", &contact, NULL);
	output_put(in->out, "%-13s %s\n", "last contact",
	    connected ? "connected now" : output_time(contact));
	return PH_OK;
}

static int
run_show(struct invocation *in)
{
	static const struct command_request request = {
		.verb = "repo.show",
		.put = put_name,
		.show = show_show,
	};

	return command_ask_about(in, &request, NULL);
}

/* What a change has come to. */
static int
show_change(struct invocation *in, struct json_object *result, void *cookie)
{
	struct repository record;
	struct json_object o;

	(void)cookie;
	json_get_object(result, "repository", &o);
	repository_get(&o, &record);
	output_put(in->out, "%s is %s.\n", record.name,
	    repository_state(&record));
	if (record.removed)
		output_put(in->out,
		    "Its key and its grant no longer count; record, history "
		    "and last known holdings stay.\n");
	return PH_OK;
}

/* A member of the record that changes. */
struct change {
	const char *member;
	int value;
};

static void
put_change(const struct invocation *in, struct json_writer *w, void *cookie)
{
	const struct change *change = cookie;

	put_name(in, w, NULL);
	json_put_bool(w, change->member, change->value);
}

static int
run_change(struct invocation *in, const char *member, int value)
{
	static const struct command_request request = {
		.verb = "repo.set",
		.put = put_change,
		.show = show_change,
	};
	struct change change = { member, value };

	return command_ask_about(in, &request, &change);
}

static int
run_pause(struct invocation *in)
{
	return run_change(in, "paused", 1);
}

static int
run_resume(struct invocation *in)
{
	return run_change(in, "paused", 0);
}

static int
run_remove(struct invocation *in)
{
	return run_change(in, "removed", 1);
}

static const struct argument_option options[] = { ARGUMENTS_EVERYWHERE };

const struct command cmd_repo_ls = {
	.noun = "repo",
	.verb = "ls",
	.usage = "",
	.summary = "List the repositories that were added",
	.help = "One line each, those that were removed included.\n"
		"\"syncctl status\" says how they are doing.\n",
	.options = options,
	.run = run_ls,
};

const struct command cmd_repo_show = {
	.noun = "repo",
	.verb = "show",
	.usage = "NAME",
	.summary = "Show record, grant and last receipt of a repository",
	.help = "\"syncctl holdings NAME\" shows what it holds.\n"
		"\n"
		"Example:\n"
		"  syncctl repo show branch-01\n",
	.options = options,
	.min = 1,
	.max = 1,
	.run = run_show,
};

const struct command cmd_repo_pause = {
	.noun = "repo",
	.verb = "pause",
	.usage = "NAME",
	.summary = "Refuse the sessions of a repository for a while",
	.help = "What it holds it keeps and serves.  \"syncctl repo resume\"\n"
		"lets it in again.\n",
	.options = options,
	.min = 1,
	.max = 1,
	.run = run_pause,
};

const struct command cmd_repo_resume = {
	.noun = "repo",
	.verb = "resume",
	.usage = "NAME",
	.summary = "Let in a repository that was paused",
	.help = "It continues at its next contact, where it was cut.\n",
	.options = options,
	.min = 1,
	.max = 1,
	.run = run_resume,
};

const struct command cmd_repo_remove = {
	.noun = "repo",
	.verb = "remove",
	.usage = "NAME",
	.summary = "Revoke key and grant of a repository, at once",
	.help = "A session that is going on is cut, and its key is refused\n"
		"from now on.  Its record, its history and what it was last\n"
		"known to hold stay; its name is not used again.\n",
	.options = options,
	.min = 1,
	.max = 1,
	.run = run_remove,
};
