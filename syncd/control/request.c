/*
 * The life of a request.
 */
#include <assert.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "proto/errors.h"
#include "proto/limits.h"
#include "syncd/base/diag.h"
#include "syncd/base/worker.h"
#include "syncd/control/verb.h"

#include "syncd/control/request.h"

/* One frame; and room for one of progress and one of the answer. */
#define ANSWER_MAX ((size_t)PH_CONTROL_MAX + CONTROL_HEADER_SIZE)
#define OUTPUT_MAX (2 * ANSWER_MAX)

/* For what is said before the daemon ends itself. */
#define LAST_WORDS_MS 1000

struct request {
	const struct control_context *context;
	struct control_request decoded;
	int fds[PH_CONTROL_FDS_MAX];
	size_t nfds;
	char actor[PH_NAME_MAX + 1];
	const struct request_events *events; /* NULL: abandoned. */
	void *cookie;

	void *state;
	void (*state_fini)(void *);
	request_step *on_cancel;
	atomic_int canceled;

	request_step *run; /* Of the step that is submitted; else NULL. */
	request_step *done;

	struct control_writer writer; /* Of the result. */
	struct buffer answer;
	int failed;

	/* The loop's, also while a step runs. */
	struct control_writer progress;
	struct buffer output;
	int finished;
};

/* What is small and cannot be had ends the daemon: it starts again. */
static void
need_memory(int ok)
{
	if (ok)
		return;
	diag(DIAG_ERROR, "out of memory");
	diag_stop(LAST_WORDS_MS);
	abort();
}

/* Free it and what it owns. */
static void
request_free(struct request *r)
{
	size_t i;

	if (r->state != NULL && r->state_fini != NULL)
		r->state_fini(r->state);
	free(r->state);
	for (i = 0; i < r->nfds; i++)
		(void)close(r->fds[i]);
	control_request_fini(&r->decoded);
	buffer_fini(&r->answer);
	buffer_fini(&r->output);
	free(r);
}

struct request *
request_new(const struct control_context *context,
    struct control_request *decoded, const int *fds, size_t nfds,
    const char *actor, const struct request_events *events, void *cookie)
{
	struct request *r;
	size_t i;

	assert(nfds <= PH_CONTROL_FDS_MAX);
	r = calloc(1, sizeof(*r));
	if (r == NULL) {
		for (i = 0; i < nfds; i++)
			(void)close(fds[i]);
		control_request_fini(decoded);
		return NULL;
	}
	r->context = context;
	r->decoded = *decoded;
	r->nfds = nfds;
	for (i = 0; i < nfds; i++)
		r->fds[i] = fds[i];
	(void)snprintf(r->actor, sizeof(r->actor), "%s", actor);
	r->events = events;
	r->cookie = cookie;
	atomic_init(&r->canceled, 0);
	buffer_init(&r->answer, ANSWER_MAX);
	buffer_init(&r->output, OUTPUT_MAX);
	return r;
}

/* Refuse a verb that is unknown, or for the other kind of repository. */
static int
check_verb(struct request *r, const struct verb *verb)
{
	const struct configuration *configuration;
	struct failure f;
	int primary;

	if (verb == NULL) {
		(void)failure_set(&f, PH_EUSAGE,
		    "this syncd does not know the request \"%s\"",
		    r->decoded.verb);
		failure_next(&f,
		    "use the syncctl that came with it (it is version %s)",
		    PH_VERSION);
		return request_fail(r, &f);
	}
	configuration = r->context->engine->configuration;
	primary = configuration->role == CONFIGURATION_PRIMARY;
	if (verb->place & (primary ? VERB_AT_PRIMARY : VERB_AT_SITE))
		return PH_OK;
	(void)failure_set(&f, PH_ENOTHERE, "%s is a %s, not a %s",
	    configuration->name, primary ? "primary" : "site",
	    primary ? "site" : "primary");
	failure_next(&f, "give this command at a %s",
	    primary ? "site" : "primary");
	return request_fail(r, &f);
}

void
request_start(struct request *r)
{
	const struct verb *verb;

	verb = verb_find(r->decoded.verb);
	if (check_verb(r, verb) != PH_OK || verb->start(r) != PH_OK)
		request_finish(r);
}

void
request_abandon(struct request *r)
{
	request_step *on_cancel;

	r->events = NULL;
	if (r->finished) {
		request_free(r);
		return;
	}
	atomic_store(&r->canceled, 1);
	on_cancel = r->on_cancel;
	r->on_cancel = NULL;
	if (on_cancel != NULL)
		on_cancel(r);
}

int
request_is_long(const struct request *r)
{
	const struct verb *verb;

	verb = verb_find(r->decoded.verb);
	return verb != NULL && (verb->place & VERB_LONG) != 0;
}

struct buffer *
request_output(struct request *r)
{
	return &r->output;
}

const struct control_context *
request_context(const struct request *r)
{
	return r->context;
}

const char *
request_actor(const struct request *r)
{
	return r->actor;
}

const char *
request_verb(const struct request *r)
{
	return r->decoded.verb;
}

struct json_object *
request_arguments(struct request *r)
{
	return &r->decoded.arguments;
}

int
request_check_arguments(struct request *r)
{
	struct failure f;
	const char *member;

	json_object_end(&r->decoded.arguments);
	if (json_error(r->decoded.tree) == PH_OK)
		return PH_OK;
	if (json_error(r->decoded.tree) == PH_ENOMEM)
		return request_fail_code(r, PH_ENOMEM, NULL, "%s",
		    r->decoded.verb);
	member = json_error_member(r->decoded.tree);
	(void)failure_set(&f, PH_EUSAGE,
	    "%s: the argument %s is missing, unknown, or not as it should be",
	    r->decoded.verb, member[0] == '\0' ? "list" : member);
	failure_next(&f, "see docs/control.md, or \"syncctl --help\"");
	return request_fail(r, &f);
}

size_t
request_nfds(const struct request *r)
{
	return r->nfds;
}

int
request_fd(const struct request *r, size_t i)
{
	assert(i < r->nfds);
	return r->fds[i];
}

void *
request_state_new(struct request *r, size_t size, void (*fini)(void *))
{
	assert(r->state == NULL);
	r->state = calloc(1, size);
	need_memory(r->state != NULL);
	r->state_fini = fini;
	return r->state;
}

void *
request_state(struct request *r)
{
	return r->state;
}

/* A worker has the request. */
static void
step_run(void *job)
{
	struct request *r = job;

	r->run(r);
}

/* The loop has it again. */
static void
step_done(void *job)
{
	struct request *r = job;
	request_step *done = r->done;

	r->run = NULL;
	r->done = NULL;
	if (done == NULL)
		done = request_finish;
	done(r);
}

/* Submit a step. */
static void
submit(struct request *r, struct worker_lane *lane, request_step *run,
    request_step *done)
{
	const struct engine *engine = r->context->engine;

	assert(r->run == NULL && !r->finished);
	r->run = run;
	r->done = done;
	need_memory(worker_submit(engine->workers, lane, step_run, step_done,
			r) == PH_OK);
}

void
request_in_lane(struct request *r, request_step *run, request_step *done)
{
	submit(r, r->context->engine->lane, run, done);
}

void
request_in_worker(struct request *r, struct worker_lane *lane,
    request_step *run, request_step *done)
{
	submit(r, lane, run, done);
}

int
request_is_canceled(const struct request *r)
{
	return atomic_load(&r->canceled);
}

void
request_on_cancel(struct request *r, request_step *canceled)
{
	r->on_cancel = canceled;
}

struct json_writer *
request_result(struct request *r)
{
	buffer_reset(&r->answer);
	r->failed = 0;
	control_result_begin(&r->writer, &r->answer);
	return &r->writer.json;
}

void
request_result_end(struct request *r)
{
	struct failure f;
	int error;

	error = control_end(&r->writer);
	if (error == PH_OK)
		return;
	(void)failure_set(&f, error, "the answer to %s cannot be told: %s",
	    r->decoded.verb, error_sentence(error));
	if (error == PH_ELIMIT)
		failure_next(&f, "ask for less at a time");
	(void)request_fail(r, &f);
}

int
request_fail_parts(struct request *r, const struct failure *f,
    const struct failure *parts, size_t nparts)
{
	assert(f->code != PH_OK);
	buffer_reset(&r->answer);
	r->failed = 1;
	/* Without memory the connection ends without an answer. */
	if (control_error_encode(f, parts, nparts, &r->answer) != PH_OK)
		buffer_reset(&r->answer);
	return f->code;
}

int
request_fail(struct request *r, const struct failure *f)
{
	return request_fail_parts(r, f, NULL, 0);
}

int
request_fail_code(struct request *r, int code, const struct failure *f,
    const char *what, ...)
{
	struct failure words;
	char lead[256];
	va_list ap;

	if (f != NULL && f->code == code)
		return request_fail(r, f);
	va_start(ap, what);
	(void)vsnprintf(lead, sizeof(lead), what, ap);
	va_end(ap);
	(void)failure_set(&words, code, "%s: %s", lead, error_sentence(code));
	return request_fail(r, &words);
}

int
request_has_failed(const struct request *r)
{
	return r->failed;
}

struct json_writer *
request_progress(struct request *r)
{
	if (r->events == NULL || r->output.len > 0)
		return NULL;
	control_progress_begin(&r->progress, &r->output);
	return &r->progress.json;
}

void
request_progress_end(struct request *r)
{
	/* Progress that cannot be told is left out. */
	if (control_end(&r->progress) == PH_OK)
		r->events->on_output(r->cookie);
	else
		buffer_reset(&r->output);
}

void
request_finish(struct request *r)
{
	assert(!r->finished && r->run == NULL);
	r->finished = 1;
	r->on_cancel = NULL;
	if (r->events == NULL) {
		request_free(r);
		return;
	}
	(void)buffer_put(&r->output, r->answer.data, r->answer.len);
	buffer_fini(&r->answer);
	r->events->on_finished(r->cookie);
}
