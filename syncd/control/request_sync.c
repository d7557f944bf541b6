/*
 * Contacting the upstream now, and stopping that.
 */
#include <assert.h>

#include "proto/errors.h"
#include "syncd/control/run_answer.h"

#include "syncd/control/request_sync.h"

/* Between two reports. */
#define REPORT_MS 250

struct sync_request {
	int wait;
	int dry_run;
	struct site_waiter *waiter; /* NULL: we do not wait (any more). */
	int64_t reported_ms;
};

/* The answer is a run. */
static void
answer(struct request *r, const struct run *run)
{
	run_answer_put_members(request_result(r), run, RUN_ANSWER_ALL);
	request_result_end(r);
}

/* Something moved. */
static void
on_progress(void *cookie, const struct run *run)
{
	struct request *r = cookie;
	struct sync_request *s = request_state(r);
	const struct clock *clock = request_context(r)->engine->clock;
	struct json_writer *w;
	int64_t now;

	now = clock_mono_ms(clock);
	/* That a contact was cut is told once, so it is told. */
	if (run->outcome == RUN_RUNNING && s->reported_ms != 0 &&
	    now - s->reported_ms < REPORT_MS)
		return;
	w = request_progress(r);
	if (w == NULL)
		return;
	s->reported_ms = now;
	run_answer_put_members(w, run, RUN_ANSWER_OPEN);
	request_progress_end(r);
}

/* The run is over: how it ended is in the result, be it a failure. */
static void
on_done(void *cookie, const struct run *run)
{
	struct request *r = cookie;
	struct sync_request *s = request_state(r);

	s->waiter = NULL;
	answer(r, run);
	request_finish(r);
}

static const struct site_waiter_events waiter_events = {
	.on_progress = on_progress,
	.on_done = on_done,
};

/* The client is gone; the run goes on. */
static void
on_cancel(struct request *r)
{
	struct sync_request *s = request_state(r);

	assert(s->waiter != NULL);
	site_leave(request_context(r)->site, s->waiter);
	s->waiter = NULL;
	request_finish(r);
}

/* Nobody waits: say that it goes on. */
static void
answer_at_once(struct request *r)
{
	struct site_status status;
	struct run run;

	site_get_status(request_context(r)->site, &status);
	if (status.run != NULL) {
		run_answer_put_members(request_result(r), status.run,
		    RUN_ANSWER_OPEN);
		request_result_end(r);
		return;
	}
	run_init(&run);
	run.outcome = RUN_RUNNING;
	answer(r, &run);
	run_fini(&run);
}

static int
sync_start(struct request *r)
{
	struct site *site = request_context(r)->site;
	struct json_object *o = request_arguments(r);
	struct sync_request *s;
	struct failure f;
	int code;

	s = request_state_new(r, sizeof(*s), NULL);
	json_get_bool(o, "wait", &s->wait);
	json_get_bool(o, "dry_run", &s->dry_run);
	code = request_check_arguments(r);
	if (code != PH_OK)
		return code;
	/* What would be done is of use to one who waits for it. */
	s->wait = s->wait || s->dry_run;
	f.code = PH_OK;
	code = site_sync(site, s->dry_run, &waiter_events, r,
	    s->wait ? &s->waiter : NULL, &f);
	if (code != PH_OK)
		return request_fail_code(r, code, &f,
		    "contacting the "
		    "upstream");
	if (s->wait) {
		request_on_cancel(r, on_cancel);
		return PH_OK;
	}
	answer_at_once(r);
	request_finish(r);
	return PH_OK;
}

static int
sync_cancel(struct request *r)
{
	int code;

	code = request_check_arguments(r);
	if (code != PH_OK)
		return code;
	code = site_cancel(request_context(r)->site);
	json_put_bool(request_result(r), "canceled", code == PH_OK);
	request_result_end(r);
	request_finish(r);
	return PH_OK;
}

const struct verb request_sync_verbs[] = {
	{ "sync", VERB_AT_SITE | VERB_LONG, sync_start },
	{ "sync.cancel", VERB_AT_SITE, sync_cancel },
	{ NULL, VERB_AT_BOTH, NULL },
};
