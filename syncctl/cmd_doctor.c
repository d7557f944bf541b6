/*
 * doctor: walking the way, step by step, up to the first that fails.  What
 * can be seen without syncd is looked at here, when syncd does not answer.
 */
#include <string.h>

#include "proto/errors.h"
#include "syncctl/input.h"
#include "syncctl/output.h"
#include "syncd/config/configuration.h"
#include "syncd/config/keypair.h"
#include "syncd/config/layout.h"
#include "syncd/config/marker.h"
#include "syncd/config/probe.h"

#include "syncctl/commands.h"

#define STEP_WIDTH 18

static void
put(const struct invocation *in, struct json_writer *w, void *cookie)
{
	(void)cookie;
	if (arguments_word(in->arguments, 0) != NULL)
		json_put_string(w, "repository",
		    arguments_word(in->arguments, 0));
}

/* A step that was walked, or not reached. */
struct step {
	const char *name;
	const char *detail;
	const char *next;
	int ok;
	int walked;
};

/* Take a step apart. */
static void
get_step(struct json_object *o, struct step *s)
{
	json_get_string(o, "step", &s->name, NULL);
	json_get_bool_or_null(o, "ok", &s->ok, &s->walked);
	json_get_string_or_null(o, "detail", &s->detail, NULL);
	json_get_string_or_null(o, "next", &s->next, NULL);
}

/* Print a step; the first that fails becomes the failure. */
static void
show_step(struct invocation *in, const struct step *s)
{
	struct failure *f;

	if (!in->json)
		output_put(in->out, "%-6s %-*s %s\n",
		    !s->walked ? "-" :
			s->ok  ? "ok" :
				 "FAILED",
		    STEP_WIDTH, s->name, s->detail == NULL ? "" : s->detail);
	f = &in->report->failure;
	if (!s->walked || s->ok || f->code != PH_OK)
		return;
	(void)failure_set(f, PH_EINTERNAL, "%s: %s", s->name,
	    s->detail == NULL ? "failed" : s->detail);
	if (s->next != NULL)
		failure_next(f, "%s", s->next);
}

static int
show(struct invocation *in, struct json_object *result, void *cookie)
{
	struct json_array list;
	struct json_object o;
	struct step step;
	size_t i;

	(void)cookie;
	json_get_array(result, "steps", 0, SIZE_MAX, &list);
	for (i = 0; i < list.count; i++) {
		json_array_object(&list, i, &o);
		get_step(&o, &step);
		show_step(in, &step);
	}
	return in->report->failure.code;
}

/* The result as it is; its steps decide about the exit status. */
static int
show_json(struct invocation *in, struct json_object *result, void *cookie)
{
	struct json_array list;
	struct json_writer w;
	struct json_object o;
	struct step step;
	size_t i;

	(void)cookie;
	json_writer_init(&w, in->out);
	json_open_object(&w, NULL);
	json_open_array(&w, "steps");
	json_get_array(result, "steps", 0, SIZE_MAX, &list);
	for (i = 0; i < list.count; i++) {
		json_array_object(&list, i, &o);
		get_step(&o, &step);
		show_step(in, &step);
		json_open_object(&w, NULL);
		json_put_string(&w, "step", step.name);
		if (step.walked)
			json_put_bool(&w, "ok", step.ok);
		else
			json_put_null(&w, "ok");
		json_put_string_or_null(&w, "detail", step.detail);
		json_put_string_or_null(&w, "next", step.next);
		json_close_object(&w);
	}
	json_close_array(&w);
	json_close_object(&w);
	(void)buffer_put_text(in->out, "\n");
	in->answered = 1;
	return in->report->failure.code;
}

/* A step that we walk ourselves: r and f say how it went. */
static int
walked(struct invocation *in, const char *name, const char *detail, int r,
    const struct failure *f)
{
	if (r == PH_OK) {
		output_put(in->out, "ok     %-*s %s\n", STEP_WIDTH, name,
		    detail);
		return PH_OK;
	}
	output_put(in->out, "FAILED %-*s %s\n", STEP_WIDTH, name, f->what);
	in->report->failure = *f;
	return r;
}

/* That the store is there, and ours. */
static int
look_at_store(const struct configuration *conf, const struct layout *layout,
    struct failure *f)
{
	char path[LAYOUT_PATH_SIZE];
	struct key_public key;
	struct marker marker;
	struct digest id;
	int r;

	r = marker_read(conf->store_dir, &marker, f);
	if (r == PH_EABSENT && f->next[0] == '\0')
		failure_next(f, "is it mounted?");
	layout_path(layout,
	    conf->role == CONFIGURATION_PRIMARY ? LAYOUT_KEY_PRIMARY :
						  LAYOUT_KEY_REPOSITORY,
	    path);
	if (r == PH_OK)
		r = keypair_read_public(path, &key, f);
	if (r != PH_OK)
		return r;
	key_id(&key, &id);
	r = marker_check(&marker, conf->store_dir, &id, f);
	return r == PH_OK ? probe_store(conf->store_dir, f) : r;
}

/*
 * syncd did not answer: say so last, after what would keep it from running.
 */
static int
walk_alone(struct invocation *in)
{
	struct failure absent, f;
	struct configuration conf;
	struct layout layout;
	int r;

	absent = in->report->failure;
	memset(&f, 0, sizeof(f));
	r = command_configuration(in, &conf, &layout);
	if (r == PH_OK)
		r = walked(in, "configuration", in->config, PH_OK, NULL);
	if (r == PH_OK)
		r = walked(in, "state directory", conf.state_dir,
		    probe_local(conf.state_dir, &f), &f);
	if (r == PH_OK)
		r = walked(in, "state writable", conf.state_dir,
		    probe_writable(conf.state_dir, &f), &f);
	if (r == PH_OK)
		r = walked(in, "store", conf.store_dir,
		    look_at_store(&conf, &layout, &f), &f);
	if (r == PH_OK)
		r = walked(in, "syncd", "", PH_ENODAEMON, &absent);
	return r;
}

static int
run(struct invocation *in)
{
	static const struct command_request request = {
		.verb = "doctor",
		.put = put,
		.show = show,
		.show_json = show_json,
	};
	const char *name;
	int r;

	name = arguments_word(in->arguments, 0);
	r = name == NULL ? PH_OK : input_repository(name, &in->report->failure);
	if (r == PH_OK)
		r = command_ask(in, &request, NULL);
	if (r == PH_ENODAEMON)
		r = walk_alone(in);
	return r;
}

static const struct argument_option options[] = { ARGUMENTS_EVERYWHERE };

const struct command cmd_doctor = {
	.noun = "doctor",
	.usage = "[REPO]",
	.summary = "Find out what is wrong, and say what to do",
	.help =
	    "Walks the way from here to a completed contact: configuration,\n"
	    "state, store, syncd, and at a site the name, port, host key,\n"
	    "algorithms, key, gate, protocol, grant and clocks.  For the first\n"
	    "step that fails it says what to do, and at which end.\n"
	    "\n"
	    "Examples:\n"
	    "  syncctl doctor            # here\n"
	    "  syncctl doctor branch-01  # at the primary, about a site\n",
	.options = options,
	.max = 1,
	.run = run,
};
