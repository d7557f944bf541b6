/*
 * Jobs of the receiver, and how a session ends for what they find.
 */
#include <stdlib.h>

#include "proto/errors.h"

#include "syncd/sync/receiver_internal.h"

static void
run_job(void *cookie)
{
	struct receiver_job *job;

	job = cookie;
	job->run(job);
}

void
receiver_job_free(struct receiver_job *job)
{
	buffer_fini(&job->frames);
	buffer_fini(&job->bytes);
	document_fini(&job->document);
	survey_fini(&job->survey);
	run_fini(&job->found);
	free(job);
}

void
receiver_destroy(struct receiver *r)
{
	size_t i;

	for (i = 0; i < RECEIVER_BLOBS_MAX; i++)
		receive_free(r->blobs[i].receive);
	buffer_fini(&r->answers);
	buffer_fini(&r->grant_changes);
	document_fini(&r->grant);
	statement_fini(&r->statement);
	survey_refused_fini(&r->refused);
	run_fini(&r->run);
	free(r->manifests);
	free(r->needs);
	free(r);
}

static void
on_job(void *cookie)
{
	struct receiver *r;
	struct receiver_job *job;

	job = cookie;
	r = job->r;
	r->njobs--;
	r->npausing -= (unsigned int)job->pausing;
	if (r->freed) {
		if (r->njobs == 0)
			receiver_destroy(r);
	} else if (!r->over) {
		job->done(job);
		if (r->npausing == 0 && job->pausing)
			conversation_resume(r->conversation);
		else
			conversation_kick(r->conversation);
	}
	receiver_job_free(job);
}

struct receiver_job *
receiver_job_new(struct receiver *r, void (*run)(struct receiver_job *job),
    void (*done)(struct receiver_job *job))
{
	struct receiver_job *job;

	job = calloc(1, sizeof(*job));
	if (job == NULL)
		return NULL;
	job->r = r;
	job->run = run;
	job->done = done;
	job->handshake = r->handshake;
	buffer_init(&job->frames, RECEIVER_ANSWERS_MAX);
	buffer_init(&job->bytes, PH_LIST_CHANGES_MAX);
	document_init(&job->document);
	survey_init(&job->survey);
	run_init(&job->found);
	return job;
}

int
receiver_job_submit(struct receiver_job *job, int pausing)
{
	struct receiver *r;
	int code;

	r = job->r;
	job->pausing = pausing;
	code = worker_submit(r->engine->workers, r->engine->lane, run_job,
	    on_job, job);
	if (code != PH_OK) {
		receiver_job_free(job);
		return code;
	}
	r->njobs++;
	if (pausing) {
		r->npausing++;
		conversation_pause(r->conversation);
	}
	return PH_OK;
}

void
receiver_abort_with(struct receiver *r, struct failure *f, int code)
{
	(void)failure_default(f, code, "the session");
	conversation_abort(r->conversation, f);
}

void
receiver_abort_for(struct receiver_job *job)
{
	receiver_abort_with(job->r, &job->failure, job->code);
}

void
receiver_abort_code(struct receiver *r, int code)
{
	struct failure f;

	(void)failure_set(&f, code, "%s", error_sentence(code));
	conversation_abort(r->conversation, &f);
}

void
receiver_note_failure(struct receiver *r, const struct failure *f)
{
	if (r->run.failure.code == PH_OK)
		r->run.failure = *f;
	r->run.outcome = RUN_PARTIAL;
}
