/*
 * The receiver.  Documents become jobs in the catalogue's lane; content goes
 * to its transfer and to the staging, while the catalogue does other things.
 * After every step a survey says what is next.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/message_grant.h"
#include "proto/message_state.h"

#include "syncd/sync/receiver.h"
#include "syncd/sync/receiver_internal.h"

/* Surveys for progress alone take at most this part of the time. */
#define SURVEY_PART 10

/* Receipts while content comes are so far apart. */
#define RECEIPT_EVERY_MS 60000

static void
run_survey(struct receiver_job *job)
{
	survey_run(job->r->engine->catalogue, &job->survey);
}

/* Send the receipt that a survey has made. */
static int
send_receipt(struct receiver *r, struct statement *statement)
{
	struct message_grant m;
	struct buffer sealed;
	int code;

	statement_fini(&r->statement);
	r->statement = *statement;
	statement_init(statement);
	code = document_seal(&r->statement.receipt, &sealed);
	memset(&m, 0, sizeof(m));
	m.sealed = sealed.data;
	m.len = sealed.len;
	m.base = r->statement.base;
	m.nlistdiffs = (uint32_t)lineset_diff_frames(r->statement.from,
	    r->statement.set, PH_LISTDIFF_MAX);
	if (code == PH_OK)
		code = message_receipt_encode(&m, &r->answers);
	buffer_fini(&sealed);
	lineset_diff_init(&r->diff, r->statement.from, r->statement.set);
	r->diffing = m.nlistdiffs > 0;
	r->receipt_sent = 1;
	r->receipt_ms = clock_mono_ms(r->engine->clock);
	r->whole = 0;
	r->news = 1;
	return code;
}

/* Take over from a survey which manifests are missing, and ask for them. */
static int
ask_manifests(struct receiver *r, struct survey *s)
{
	free(r->manifests);
	r->manifests = s->manifests;
	r->nmanifests = s->nmanifests;
	r->next_manifest = 0;
	s->manifests = NULL;
	return receiver_ask_manifests(r);
}

static void
done_survey(struct receiver_job *job)
{
	struct receiver *r;
	struct survey *s;
	int64_t now;
	int code;

	r = job->r;
	s = &job->survey;
	now = clock_mono_ms(r->engine->clock);
	r->survey_due_ms = now + SURVEY_PART * (now - r->survey_asked);
	r->surveying = 0;
	r->run.nwithdrawn += s->nwithdrawn;
	r->run.nretired += s->nretired;
	r->run.ncompleted += s->ncompleted;
	r->run.nothing_granted = s->nothing_granted;
	code = run_take_images(&r->run, &s->found);
	if (s->code != PH_OK)
		code = s->code;
	if (code == PH_EEXPIRED || code == PH_EREMOVED || code == PH_ESTORE) {
		receiver_note_failure(r, &s->failure);
		code = PH_OK;
	}
	if (code == PH_OK && s->statement.due && !r->receipt_sent)
		code = send_receipt(r, &s->statement);
	/* While answers are to come: the last of them surveys again. */
	if (code == PH_OK && s->nmanifests > 0 && !r->granting &&
	    r->manifests_left == 0)
		code = ask_manifests(r, s);
	if (code != PH_OK) {
		receiver_abort_with(r, &s->failure, code);
		return;
	}
	free(r->needs);
	r->needs = s->needs;
	r->nneeds = r->granting ? 0 : s->nneeds;
	r->next_need = 0;
	s->needs = NULL;
	r->run.total_bytes = run_done_bytes(&r->run) + s->needed_bytes;
	r->events->on_progress(r->cookie);
	receiver_next(r);
}

/*
 * 1 when a receipt may be made: after a new grant, when nothing is on its
 * way, and else once a minute, which is what the provider takes of them.
 */
static int
is_receipt_due(const struct receiver *r)
{
	if (r->receipt_sent)
		return 0;
	return r->changed ||
	    (!receiver_any_coming(r) && !receiver_has_needs(r)) ||
	    clock_mono_ms(r->engine->clock) - r->receipt_ms >= RECEIPT_EVERY_MS;
}

/* Find out what is next. */
static int
survey(struct receiver *r)
{
	struct receiver_job *job;

	if (r->surveying) {
		r->survey_again = 1;
		return PH_OK;
	}
	job = receiver_job_new(r, run_survey, done_survey);
	if (job == NULL)
		return PH_ENOMEM;
	job->survey.changed = r->changed;
	job->survey.whole = r->whole;
	job->survey.receipt = is_receipt_due(r);
	if (survey_refused_copy(&r->refused, &job->survey.refused) != PH_OK) {
		receiver_job_free(job);
		return PH_ENOMEM;
	}
	r->changed = 0;
	r->survey_again = 0;
	r->surveying = 1;
	r->survey_asked = clock_mono_ms(r->engine->clock);
	return receiver_job_submit(job, 1);
}

/* 1 when it is time to look again at what there is to do. */
static int
is_survey_due(const struct receiver *r)
{
	if (r->changed)
		return 1;
	if (!r->survey_again || r->manifests_left > 0)
		return 0;
	return !receiver_has_needs(r) ||
	    clock_mono_ms(r->engine->clock) >= r->survey_due_ms;
}

void
receiver_next(struct receiver *r)
{
	int code;

	if (r->over || r->run.dry_run || r->granting || r->surveying ||
	    r->stated > 0)
		return;
	if (is_survey_due(r)) {
		code = survey(r);
	} else if (r->manifests_left > 0) {
		code = PH_OK;
	} else {
		code = receiver_start_blobs(r);
		if (code == PH_OK && r->survey_again &&
		    !receiver_any_coming(r)) {
			code = survey(r);
		} else if (code == PH_OK && !receiver_any_coming(r) &&
		    !r->receipt_sent) {
			/* All done.  What changed meanwhile, and when next? */
			if (!r->same || r->news)
				code = receiver_send_state(r);
			else
				conversation_bye(r->conversation);
		}
	}
	if (code != PH_OK)
		receiver_abort_code(r, code);
	conversation_kick(r->conversation);
}

static void
run_received(struct receiver_job *job)
{
	job->code =
	    statement_received(job->r->engine->catalogue, &job->received);
}

static void
done_received(struct receiver_job *job)
{
	struct receiver *r;

	r = job->r;
	r->receipt_sent = 0;
	if (job->code != PH_OK) {
		receiver_abort_for(job);
		return;
	}
	/* Something may have changed since it was made. */
	r->survey_again = 1;
	receiver_next(r);
}

static int
on_received(struct receiver *r, const struct frame *frame)
{
	struct receiver_job *job;
	int code;

	job = receiver_job_new(r, run_received, done_received);
	if (job == NULL)
		return PH_ENOMEM;
	code = message_received_decode(frame, &job->received);
	if (code != PH_OK || job->received.send_whole) {
		r->receipt_sent = 0;
		r->survey_again = r->whole = 1;
		receiver_job_free(job);
		if (code == PH_OK)
			receiver_next(r);
		return code;
	}
	return receiver_job_submit(job, 1);
}

static int
on_frame(void *cookie, const struct frame *frame)
{
	struct receiver *r;

	r = cookie;
	switch (frame->type) {
	case MESSAGE_HELLO:
		return receiver_on_hello(r, frame);
	case MESSAGE_TRUST:
		return receiver_on_trust(r, frame);
	case MESSAGE_AUTH:
		return receiver_on_auth(r, frame);
	case MESSAGE_SAME:
		return receiver_on_same(r, frame);
	case MESSAGE_BUSY:
		return receiver_on_busy(r, frame);
	case MESSAGE_CHARTER:
		return receiver_on_charter(r, frame);
	case MESSAGE_GRANT:
		return receiver_on_grant(r, frame);
	case MESSAGE_LISTDIFF:
		return receiver_on_listdiff(r, frame);
	case MESSAGE_MANIFEST:
		return receiver_on_manifest(r, frame);
	case MESSAGE_NONE:
	case MESSAGE_ERROR:
		return receiver_on_refusal(r, frame);
	case MESSAGE_WAIT:
		return receiver_on_wait(frame);
	case MESSAGE_PLAN:
		return receiver_on_plan(r, frame);
	case MESSAGE_SEGMENTS:
		return receiver_on_segments(r, frame);
	case MESSAGE_DATA:
		return receiver_on_data(r, frame);
	case MESSAGE_DONE:
		return receiver_on_done(r, frame);
	case MESSAGE_RECEIVED:
		return on_received(r, frame);
	default:
		return PH_ESTATE;
	}
}

/* Put LISTDIFF frames of a receipt, one at a time. */
static int
put_listdiff(struct receiver *r, struct buffer *out)
{
	struct message_listdiff m;
	struct buffer lines;
	int code;

	buffer_init(&lines, PH_LISTDIFF_MAX);
	code = lineset_diff_next(&r->diff, PH_LISTDIFF_MAX, &lines);
	if (code == 1) {
		m.lines = (const char *)lines.data;
		m.len = lines.len;
		code = message_listdiff_encode(&m, out);
	} else
		r->diffing = 0;
	buffer_fini(&lines);
	return code;
}

static int
on_room(void *cookie, struct buffer *out)
{
	struct receiver *r;
	size_t i, n;
	int code;

	r = cookie;
	if (r->answers.len > 0) {
		/* A frame at a time: RECEIPT announces what goes next. */
		n = frame_size(r->answers.data);
		code = buffer_put(out, r->answers.data, n);
		buffer_consume(&r->answers, n);
		return code;
	}
	if (r->diffing)
		return put_listdiff(r, out);
	code = PH_OK;
	for (i = 0; code == PH_OK && i < RECEIVER_BLOBS_MAX; i++) {
		if (r->blobs[i].receive != NULL && !r->blobs[i].completing)
			code = receive_control(r->blobs[i].receive, out);
	}
	return code;
}

/* Differences, manifests or content are to come. */
static int
is_waiting(void *cookie)
{
	const struct receiver *r;
	size_t i;

	r = cookie;
	if (r->grant_left > 0 || r->manifests_left > 0)
		return 1;
	for (i = 0; i < RECEIVER_BLOBS_MAX; i++) {
		if (r->blobs[i].receive != NULL &&
		    receive_is_waiting(r->blobs[i].receive))
			return 1;
	}
	return 0;
}

static void
on_closed(void *cookie, const struct failure *f)
{
	struct receiver *r;
	size_t i;

	r = cookie;
	r->over = 1;
	for (i = 0; i < RECEIVER_BLOBS_MAX; i++) {
		if (r->blobs[i].receive != NULL)
			receiver_update_image(&r->blobs[i]);
	}
	(void)receiver_run(r);
	receiver_note_denied(r);
	if (r->canceled)
		r->run.outcome = RUN_CANCELED;
	else if (f->code != PH_OK) {
		r->run.outcome = RUN_FAILED;
		r->run.failure = *f;
	} else if (r->run.outcome == RUN_RUNNING)
		r->run.outcome = RUN_DONE;
	r->events->on_closed(r->cookie, r->next_s);
}

static const struct conversation_events conversation_events = {
	.on_frame = on_frame,
	.on_room = on_room,
	.is_waiting = is_waiting,
	.on_closed = on_closed,
};

struct receiver *
receiver_new(const struct engine *engine, struct link *link, struct run *run,
    const struct receiver_events *events, void *cookie)
{
	struct receiver *r;

	r = calloc(1, sizeof(*r));
	if (r == NULL) {
		link_free(link);
		return NULL;
	}
	r->engine = engine;
	r->events = events;
	r->cookie = cookie;
	r->changed = 1;
	run_init(&r->run);
	buffer_init(&r->answers, RECEIVER_ANSWERS_MAX);
	buffer_init(&r->grant_changes, PH_LIST_CHANGES_MAX);
	document_init(&r->grant);
	statement_init(&r->statement);
	link_set_rate(link, engine->configuration->rate);
	r->conversation = conversation_new(engine->loop, engine->clock, link,
	    SIDE_RECEIVER, &conversation_events, r);
	if (r->conversation == NULL || receiver_greet(r) != PH_OK) {
		receiver_free(r);
		return NULL;
	}
	r->run = *run;
	run_init(run);
	if (r->run.ncontacts == 0)
		r->run.started_ms = clock_mono_ms(engine->clock);
	run_begin_contact(&r->run);
	return r;
}

void
receiver_free(struct receiver *r)
{
	size_t i;

	if (r == NULL)
		return;
	conversation_free(r->conversation);
	r->conversation = NULL;
	r->over = 1;
	r->freed = 1;
	/* One that is being taken in is needed by its job until then. */
	for (i = 0; i < RECEIVER_BLOBS_MAX; i++) {
		if (!r->blobs[i].completing) {
			receive_free(r->blobs[i].receive);
			r->blobs[i].receive = NULL;
		}
	}
	if (r->njobs == 0)
		receiver_destroy(r);
}

const struct run *
receiver_run(struct receiver *r)
{
	uint64_t received, sent;

	r->run.elapsed_ms = clock_mono_ms(r->engine->clock) - r->run.started_ms;
	if (r->conversation != NULL) {
		link_counters(conversation_link(r->conversation), &received,
		    &sent);
		r->run.wire_received = r->run.received_before + received;
		r->run.wire_sent = r->run.sent_before + sent;
	}
	return &r->run;
}

void
receiver_take_run(struct receiver *r, struct run *out)
{
	*out = r->run;
	run_init(&r->run);
}

const struct link *
receiver_link(const struct receiver *r)
{
	return conversation_link(r->conversation);
}

void
receiver_cancel(struct receiver *r)
{
	struct failure f;

	r->canceled = 1;
	if (conversation_is_open(r->conversation)) {
		conversation_bye(r->conversation);
		return;
	}
	(void)failure_set(&f, PH_ECANCELED, "canceled");
	conversation_abort(r->conversation, &f);
}

void
receiver_set_rate(struct receiver *r, uint64_t bytes_per_second)
{
	link_set_rate(conversation_link(r->conversation), bytes_per_second);
}
