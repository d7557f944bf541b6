/*
 * sync: a site contacts its upstream now.
 */
#include <string.h>

#include "proto/control.h"
#include "proto/errors.h"
#include "syncctl/output.h"
#include "syncctl/run.h"
#include "syncd/config/configuration.h"
#include "syncd/config/layout.h"

#include "syncctl/commands.h"

/* Who we are, for the last line, and the line before it. */
struct syncing {
	struct configuration conf;
	struct progress progress;
	int wait;
	int dry_run;
};

static void
put(const struct invocation *in, struct json_writer *w, void *cookie)
{
	const struct syncing *s;

	(void)in;
	s = cookie;
	json_put_bool(w, "wait", s->wait);
	json_put_bool(w, "dry_run", s->dry_run);
}

static void
on_progress(struct json_object *body, void *cookie)
{
	struct progress_point point;
	struct syncing *s;
	struct run run;

	s = cookie;
	if (run_get(body, &run) == PH_OK) {
		run_point(&run, &point);
		progress_show(&s->progress, &point);
	}
	run_fini(&run);
}

/* Versions that would go or come. */
static void
show_would(struct buffer *out, const char *what, struct json_array *list)
{
	const char *text;
	size_t i;

	for (i = 0; i < list->count; i++) {
		json_array_string(list, i, &text, NULL);
		output_put(out, "%s %s\n", what, text);
	}
}

static int
show(struct invocation *in, struct json_object *result, void *cookie)
{
	struct syncing *s;
	struct run run;
	int r;

	s = cookie;
	progress_end(&s->progress);
	r = run_get(result, &run);
	if (r == PH_OK && strcmp(run.outcome, "running") != 0)
		r = run_table(&run, in->out);
	if (r != PH_OK) {
		run_fini(&run);
		return command_no_memory(in);
	}
	show_would(in->out, "would remove", &run.would_withdraw);
	show_would(in->out, "would receive", &run.would_receive);
	if (strcmp(run.outcome, "running") == 0) {
		output_put(in->out,
		    "a run goes on; \"syncctl sync --wait\" follows it\n");
	} else if (strcmp(run.outcome, "done") == 0 || run.total_files > 0) {
		run_summary(&run, s->conf.name, in->out);
		output_put(in->out, "\n");
	}
	r = run_report(&run, in->report);
	run_fini(&run);
	return r;
}

/* The members that scripts rely on and, of a run that failed, why. */
static int
show_json(struct invocation *in, struct json_object *result, void *cookie)
{
	struct json_writer w;
	struct run run;
	size_t i;
	int r;

	(void)cookie;
	r = run_get(result, &run);
	if (r != PH_OK) {
		run_fini(&run);
		return command_no_memory(in);
	}
	r = run_report(&run, in->report);
	json_writer_init(&w, in->out);
	json_open_object(&w, NULL);
	run_put(&run, &w);
	if (r != PH_OK) {
		control_put_failure(&w, "error", &in->report->failure);
		json_open_array(&w, "errors");
		for (i = 0; i < in->report->nparts; i++)
			control_put_failure(&w, NULL, &in->report->parts[i]);
		json_close_array(&w);
	}
	json_close_object(&w);
	(void)buffer_put_text(in->out, "\n");
	in->answered = 1;
	run_fini(&run);
	return r;
}

static int
show_cancel(struct invocation *in, struct json_object *result, void *cookie)
{
	int canceled;

	(void)cookie;
	json_get_bool(result, "canceled", &canceled);
	output_put(in->out, "%s\n",
	    canceled ? "The run was canceled; what came is kept." :
		       "No run goes on.");
	return PH_OK;
}

/* sync --cancel */
static int
cancel(struct invocation *in)
{
	static const struct command_request request = {
		.verb = "sync.cancel",
		.show = show_cancel,
	};

	return command_ask(in, &request, NULL);
}

static int
run_sync(struct invocation *in)
{
	static const struct command_request request = {
		.verb = "sync",
		.put = put,
		.progress = on_progress,
		.show = show,
		.show_json = show_json,
	};
	struct layout layout;
	struct syncing s;
	int r;

	memset(&s, 0, sizeof(s));
	s.dry_run = arguments_has(in->arguments, "--dry-run");
	/* What a dry run finds is known at its end. */
	s.wait = s.dry_run || arguments_has(in->arguments, "--wait");
	if (arguments_has(in->arguments, "--cancel"))
		return s.wait ? failure_set(&in->report->failure, PH_EUSAGE,
				    "--cancel goes with no other option") :
				cancel(in);
	r = command_configuration(in, &s.conf, &layout);
	if (r != PH_OK)
		return r;
	progress_init(&s.progress);
	r = command_ask(in, &request, &s);
	progress_end(&s.progress);
	return r;
}

static const struct argument_option options[] = {
	{ "--wait", NULL, 0 },
	{ "--dry-run", NULL, 0 },
	{ "--cancel", NULL, 0 },
	ARGUMENTS_EVERYWHERE,
};

const struct command cmd_sync = {
	.noun = "sync",
	.usage = "[--wait] [--dry-run] [--cancel]",
	.summary = "Contact the upstream now, and receive what is granted",
	.help =
	    "syncd does so by itself at every sync_interval.  A run that goes\n"
	    "on already is joined.  One that is cut goes on where it was, as soon\n"
	    "as the upstream can be reached again.\n"
	    "\n"
	    "  --wait     until it has ended; shows progress on a terminal,\n"
	    "             then what it brought and what that cost\n"
	    "  --dry-run  say what would be received and removed\n"
	    "  --cancel   end the run that goes on; what came is kept\n"
	    "\n"
	    "Example:\n"
	    "  syncctl sync --wait\n"
	    "  83 MiB for 4.0 GiB (2 %), 3 min 12 s, resumed once\n",
	.options = options,
	.run = run_sync,
};
