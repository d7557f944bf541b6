/*
 * status: how a repository is doing and, at a primary, how all are.
 */
#include <inttypes.h>
#include <string.h>

#include "proto/buffer.h"
#include "proto/errors.h"
#include "proto/limits.h"
#include "syncctl/output.h"
#include "syncctl/run.h"
#include "syncctl/table.h"
#include "syncd/config/units.h"

#include "syncctl/commands.h"

/* A run in one line behind a word; what failed, below. */
static int
show_run(struct json_object *o, const char *word, const char *name,
    struct buffer *out)
{
	struct progress progress;
	struct progress_point point;
	char text[PROGRESS_TEXT_SIZE];
	struct run run;
	int r;

	if (!json_object_present(o))
		return PH_OK;
	r = run_get(o, &run);
	if (r != PH_OK) {
		run_fini(&run);
		return r;
	}
	output_put(out, "%-13s ", word);
	if (strcmp(run.outcome, "running") == 0) {
		memset(&progress, 0, sizeof(progress));
		run_point(&run, &point);
		progress_text(&progress, &point, 0, text);
		output_put(out, "%s\n", text);
	} else {
		output_put(out, "%s", run.outcome);
		if (strcmp(run.outcome, "done") == 0 || run.total_files > 0) {
			output_put(out, ": ");
			run_summary(&run, name, out);
		}
		output_put(out, "\n");
	}
	if (run.failure.code != PH_OK)
		output_failure(out, "              ", &run.failure);
	run_fini(&run);
	return PH_OK;
}

/* The way to the upstream. */
static int
show_upstream(struct json_object *o, const char *name, struct buffer *out)
{
	const char *address, *last, *stage;
	char next[UNITS_TEXT_SIZE];
	struct json_object run;
	uint64_t failures, seconds;
	int known, r;

	if (!json_object_present(o)) {
		output_put(out, "%-13s none: fed by media, or dialled\n",
		    "upstream");
		return PH_OK;
	}
	json_get_string(o, "address", &address, NULL);
	json_get_string_or_null(o, "stage", &stage, NULL);
	json_get_u64(o, "failures", 0, &failures);
	json_get_u64_or_null(o, "next_seconds", 0, &seconds, &known);
	json_get_string_or_null(o, "last_success", &last, NULL);
	output_put(out, "%-13s %s\n", "upstream", address);
	output_put(out, "%-13s %s\n", "last success", output_time(last));
	if (failures > 0)
		output_put(out, "%-13s %" PRIu64 " in a row, at \"%s\"\n",
		    "failures", failures, stage == NULL ? "" : stage);
	if (known) {
		units_duration_text((int64_t)seconds, next);
		output_put(out, "%-13s in %s\n", "next contact", next);
	}
	json_get_object_or_null(o, "running", &run);
	r = show_run(&run, "running", name, out);
	json_get_object_or_null(o, "last", &run);
	if (r == PH_OK)
		r = show_run(&run, "last run", name, out);
	return r;
}

/* What may be held. */
static void
show_grant(struct json_object *o, struct buffer *out)
{
	uint64_t epoch, generation, items;
	char count[OUTPUT_TERM_SIZE];
	const char *expires;

	if (!json_object_present(o)) {
		output_put(out, "%-13s none yet\n", "grant");
		return;
	}
	json_get_u64(o, "epoch", 0, &epoch);
	json_get_u64(o, "generation", 0, &generation);
	json_get_u64(o, "items", 0, &items);
	json_get_string_or_null(o, "expires", &expires, NULL);
	output_put(out,
	    "%-13s %s, generation %" PRIu64 " of epoch %" PRIu64
	    ", expires %s\n",
	    "grant", output_plural(items, "item", count), generation, epoch,
	    output_time(expires));
}

/* One row, and below the table why the last contact failed. */
static void
put_repository(struct json_object *e, struct table *t, struct buffer *failures)
{
	const char *contact, *failure, *id, *name;
	int connected, paused, removed;
	uint64_t granted, held, missing;

	json_get_string(e, "name", &name, NULL);
	json_get_string_or_null(e, "id", &id, NULL);
	json_get_bool(e, "paused", &paused);
	json_get_bool(e, "removed", &removed);
	json_get_bool(e, "connected", &connected);
	json_get_string_or_null(e, "last_contact", &contact, NULL);
	json_get_string_or_null(e, "last_failure", &failure, NULL);
	json_get_u64(e, "granted", 0, &granted);
	json_get_u64(e, "held", 0, &held);
	json_get_u64(e, "missing", 0, &missing);
	table_text(t, name);
	table_text(t,
	    removed        ? "removed" :
		id == NULL ? "key not known" :
		paused     ? "paused" :
		connected  ? "connected" :
			     "active");
	table_text(t, output_time(contact));
	table_put(t, "%" PRIu64, granted);
	table_put(t, "%" PRIu64, held);
	table_put(t, "%" PRIu64, missing);
	if (failure != NULL)
		output_put(failures, "%s: %s\n", name, failure);
}

/* How the repositories of a primary are doing. */
static int
show_repositories(struct invocation *in, struct json_object *o)
{
	static const char *const headers[] = { "REPOSITORY", "STATE",
		"LAST CONTACT", ">GRANTED", ">HELD", ">MISSING", NULL };
	struct buffer failures;
	struct json_array list;
	struct json_object e;
	struct table *t;
	size_t i;
	int r;

	buffer_init(&failures, PH_CONTROL_MAX);
	t = table_new(headers);
	json_get_array(o, "repositories", 0, SIZE_MAX, &list);
	for (i = 0; i < list.count; i++) {
		json_array_object(&list, i, &e);
		put_repository(&e, t, &failures);
	}
	output_put(in->out, "\n");
	r = command_table(in, t, "No repository was added yet.");
	if (failures.len > 0) {
		output_put(in->out, "\n");
		(void)buffer_put(in->out, failures.data, failures.len);
	}
	buffer_fini(&failures);
	return r;
}

/* Who and where, and what needs a person. */
static void
show_head(struct json_object *o, const char *role, const char *name,
    struct buffer *out)
{
	char free_text[UNITS_TEXT_SIZE], reserved_text[UNITS_TEXT_SIZE];
	uint64_t free_space, reserved, total;
	char total_text[UNITS_TEXT_SIZE];
	const char *id, *text, *version;
	struct json_object store;
	struct json_array list;
	size_t i;

	json_get_string(o, "id", &id, NULL);
	json_get_string(o, "version", &version, NULL);
	json_get_object(o, "store", &store);
	json_get_u64(&store, "total", 0, &total);
	json_get_u64(&store, "free", 0, &free_space);
	json_get_u64(&store, "reserved", 0, &reserved);
	units_size_text(total, total_text);
	units_size_text(free_space, free_text);
	units_size_text(reserved, reserved_text);
	output_put(out, "%-13s %s, syncd %s\n", role, name, version);
	output_put(out, "%-13s %s\n", "id", id);
	if (total == 0)
		output_put(out, "%-13s cannot be used\n", "store");
	else
		output_put(out, "%-13s %s free of %s, %s reserved\n", "store",
		    free_text, total_text, reserved_text);
	json_get_array(o, "notices", 0, SIZE_MAX, &list);
	for (i = 0; i < list.count; i++) {
		json_array_string(&list, i, &text, NULL);
		output_put(out, "%-13s %s\n", "notice", text);
	}
}

static int
show(struct invocation *in, struct json_object *result, void *cookie)
{
	uint64_t images, items, versions;
	char count[OUTPUT_TERM_SIZE];
	const char *name, *role;
	struct json_object o;
	int r;

	(void)cookie;
	json_get_string(result, "role", &role, NULL);
	json_get_string(result, "name", &name, NULL);
	show_head(result, role, name, in->out);
	if (strcmp(role, "primary") == 0) {
		json_get_u64(result, "images", 0, &images);
		json_get_u64(result, "versions", 0, &versions);
		output_put(in->out, "%-13s %" PRIu64 ", in %s\n", "images",
		    images, output_plural(versions, "version", count));
		r = show_repositories(in, result);
	} else {
		json_get_u64(result, "items", 0, &items);
		output_put(in->out, "%-13s %s\n", "holds",
		    output_plural(items, "version", count));
		json_get_object_or_null(result, "grant", &o);
		show_grant(&o, in->out);
		json_get_object_or_null(result, "upstream", &o);
		r = show_upstream(&o, name, in->out);
	}
	return r == PH_OK ? PH_OK : command_no_memory(in);
}

static int
run_status(struct invocation *in)
{
	static const struct command_request request = {
		.verb = "status",
		.put = command_put_repository,
		.show = show,
	};

	return command_ask_about(in, &request, NULL);
}

static const struct argument_option options[] = { ARGUMENTS_EVERYWHERE };

const struct command cmd_status = {
	.noun = "status",
	.usage = "[REPO]",
	.summary = "Say how this repository is doing and, at a primary, all",
	.help =
	    "At a site: the last contact with its upstream, why it failed if\n"
	    "it did, and when the next one is due.  At a primary: one line for\n"
	    "each repository, with how many versions it is granted, is known\n"
	    "to hold, and lacks.  Notices say what needs a person.\n"
	    "\n"
	    "Examples:\n"
	    "  syncctl status\n"
	    "  syncctl status branch-01 --json\n",
	.options = options,
	.max = 1,
	.run = run_status,
};
