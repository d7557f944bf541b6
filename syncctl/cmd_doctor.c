/*
 * doctor: walking the way, step by step, up to the first that fails.  What
 * can be seen without syncd is looked at here, when syncd does not answer.
 */
#include <stdio.h>
#include <string.h>

#include "proto/control.h"
#include "proto/errors.h"
#include "syncctl/client.h"
#include "syncctl/output.h"
#include "syncd/config/configuration.h"
#include "syncd/config/keypair.h"
#include "syncd/config/layout.h"
#include "syncd/config/marker.h"
#include "syncd/config/operators.h"
#include "syncd/config/probe.h"

#include "syncctl/commands.h"

#define STEP_WIDTH 18

/* A step that was walked, or not reached. */
struct step {
	const char *name;
	const char *detail; /* Or NULL; also next, code. */
	const char *next;
	const char *code; /* Of what failed. */
	int ok;
	int walked;
};

/* Where steps go: as lines for people, or as JSON. */
struct walk {
	struct invocation *in;
	struct json_writer w; /* With --json. */
};

static void
walk_begin(struct walk *walk, struct invocation *in)
{
	walk->in = in;
	if (!in->json)
		return;
	json_writer_init(&walk->w, in->out);
	json_open_object(&walk->w, NULL);
	json_open_array(&walk->w, "steps");
}

/* Put a step; the first that fails decides about the exit status. */
static void
walk_step(struct walk *walk, const struct step *s)
{
	struct invocation *in = walk->in;

	if (in->json) {
		json_open_object(&walk->w, NULL);
		json_put_string(&walk->w, "step", s->name);
		if (s->walked)
			json_put_bool(&walk->w, "ok", s->ok);
		else
			json_put_null(&walk->w, "ok");
		json_put_string_or_null(&walk->w, "detail", s->detail);
		json_put_string_or_null(&walk->w, "next", s->next);
		json_put_string_or_null(&walk->w, "code", s->code);
		json_close_object(&walk->w);
	} else {
		output_put(in->out, "%-6s %-*s %s\n",
		    !s->walked ? "-" :
			s->ok  ? "ok" :
				 "FAILED",
		    STEP_WIDTH, s->name, s->detail == NULL ? "" : s->detail);
	}
	if (!s->walked || s->ok)
		return;
	if (!in->json && s->next != NULL && s->next[0] != '\0')
		output_put(in->out, "%-6s %-*s next: %s\n", "", STEP_WIDTH, "",
		    s->next);
	if (in->report->failure.code != PH_OK)
		return;
	(void)failure_set(&in->report->failure,
	    error_from_name(s->code == NULL ? "" : s->code),
	    "the first step that fails is \"%s\"", s->name);
	/* For people it stands below the step. */
	if (in->json && s->next != NULL)
		failure_next(&in->report->failure, "%s", s->next);
}

/* All steps are put; the code of the first that failed. */
static int
walk_end(struct walk *walk)
{
	struct invocation *in = walk->in;

	if (in->json) {
		json_close_array(&walk->w);
		if (in->report->failure.code != PH_OK)
			control_put_failure(&walk->w, "error",
			    &in->report->failure);
		json_close_object(&walk->w);
		(void)buffer_put_text(in->out, "\n");
		in->answered = 1;
	}
	return in->report->failure.code;
}

/* What syncd walked. */
static int
show(struct invocation *in, struct json_object *result, void *cookie)
{
	struct json_array list;
	struct json_object o;
	struct walk walk;
	struct step s;
	size_t i;

	(void)cookie;
	walk_begin(&walk, in);
	json_get_array(result, "steps", 0, SIZE_MAX, &list);
	for (i = 0; i < list.count; i++) {
		json_array_object(&list, i, &o);
		json_get_string(&o, "step", &s.name, NULL);
		json_get_bool_or_null(&o, "ok", &s.ok, &s.walked);
		json_get_string_or_null(&o, "detail", &s.detail, NULL);
		json_get_string_or_null(&o, "next", &s.next, NULL);
		json_get_string_or_null(&o, "code", &s.code, NULL);
		walk_step(&walk, &s);
	}
	return walk_end(&walk);
}

/* A step that we walk ourselves: r and f say how it went; returns r. */
static int
walked(struct walk *walk, const char *name, const char *detail, int r,
    const struct failure *f)
{
	char what[sizeof(f->where) + sizeof(f->what) + 2];
	struct step s;

	memset(&s, 0, sizeof(s));
	s.name = name;
	s.walked = 1;
	s.ok = r == PH_OK;
	s.detail = detail;
	if (r != PH_OK) {
		(void)snprintf(what, sizeof(what), "%s%s%s", f->where,
		    f->where[0] == '\0' ? "" : ": ", f->what);
		s.detail = what;
		s.next = f->next;
		s.code = error_name(r);
	}
	walk_step(walk, &s);
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

/* Its file system is of this machine, and it can be written. */
static int
look_at_state(const struct configuration *conf, struct failure *f)
{
	int r;

	r = probe_local(conf->state_dir, f);
	return r == PH_OK ? probe_writable(conf->state_dir, f) : r;
}

/*
 * syncd did not answer: say so last, after what would keep it from running.
 */
static int
walk_alone(struct invocation *in)
{
	struct failure absent, f;
	struct configuration conf;
	struct operators operators;
	struct layout layout;
	struct walk walk;
	int r;

	absent = in->report->failure;
	memset(&f, 0, sizeof(f));
	memset(&in->report->failure, 0, sizeof(in->report->failure));
	walk_begin(&walk, in);
	r = client_configuration(in->config, &conf, &f);
	if (r == PH_OK)
		r = layout_init(&layout, conf.state_dir, conf.store_dir, &f);
	if (r == PH_OK)
		r = operators_find(&conf, in->config, &operators, &f);
	r = walked(&walk, "configuration", in->config, r, &f);
	if (r == PH_OK)
		r = walked(&walk, "state", conf.state_dir,
		    look_at_state(&conf, &f), &f);
	if (r == PH_OK)
		r = walked(&walk, "store", conf.store_dir,
		    look_at_store(&conf, &layout, &f), &f);
	if (r == PH_OK)
		(void)walked(&walk, "syncd", NULL, PH_ENODAEMON, &absent);
	return walk_end(&walk);
}

static int
run(struct invocation *in)
{
	static const struct command_request request = {
		.verb = "doctor",
		.put = command_put_repository,
		.show = show,
		.show_json = show,
	};
	int r;

	r = command_ask_about(in, &request, NULL);
	if (r == PH_ENODAEMON || r == PH_ECONFIG || r == PH_EFILE)
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
	    "state, clock, store, space; at a site the way to the upstream\n"
	    "and the grant; at a primary keys, address, sshd and, asked about\n"
	    "a repository, what is known of that.  For a step that fails it\n"
	    "says what to do, and at which end; the exit status is that of\n"
	    "the first.  Steps with \"-\" were not reached or are of no use\n"
	    "here.\n"
	    "\n"
	    "Examples:\n"
	    "  syncctl doctor            # here\n"
	    "  syncctl doctor branch-01  # at the primary, about a site\n",
	.options = options,
	.max = 1,
	.run = run,
};
