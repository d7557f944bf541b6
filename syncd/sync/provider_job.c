/*
 * Jobs of the provider.
 */
#include <stdlib.h>

#include "proto/errors.h"

#include "syncd/sync/provider_internal.h"

void
provider_run_job(void *cookie)
{
	struct provider_job *job;

	job = cookie;
	job->run(job);
}

void
provider_job_free(struct provider_job *job)
{
	buffer_fini(&job->frames);
	buffer_fini(&job->bytes);
	feed_fini(&job->feed);
	document_fini(&job->receipt);
	free(job);
}

void
provider_destroy(struct provider *p)
{
	loop_timer_free(p->waits);
	buffer_fini(&p->answers);
	buffer_fini(&p->receipt_changes);
	document_fini(&p->receipt);
	feed_fini(&p->feed);
	free(p);
}

void
provider_on_job(void *cookie)
{
	struct provider *p;
	struct provider_job *job;

	job = cookie;
	p = job->p;
	p->njobs--;
	if (p->freed) {
		if (p->njobs == 0)
			provider_destroy(p);
	} else {
		if (job->done != NULL)
			job->done(job);
		if (p->njobs == 0)
			conversation_resume(p->conversation);
	}
	provider_job_free(job);
}

struct provider_job *
provider_job_new(struct provider *p, void (*run)(struct provider_job *job),
    void (*done)(struct provider_job *job))
{
	struct provider_job *job;

	job = calloc(1, sizeof(*job));
	if (job == NULL)
		return NULL;
	job->p = p;
	job->run = run;
	job->done = done;
	job->handshake = p->handshake;
	job->id = p->peer.id;
	job->nchanges = p->nchanges;
	buffer_init(&job->frames, PROVIDER_ANSWER_MAX);
	buffer_init(&job->bytes, PH_LIST_CHANGES_MAX);
	feed_init(&job->feed);
	document_init(&job->receipt);
	return job;
}

int
provider_job_submit(struct provider_job *job)
{
	struct provider *p;
	int r;

	p = job->p;
	r = worker_submit(p->engine->workers, p->engine->lane, provider_run_job,
	    provider_on_job, job);
	if (r != PH_OK) {
		provider_job_free(job);
		return r;
	}
	p->njobs++;
	conversation_pause(p->conversation);
	return PH_OK;
}

void
provider_abort_for(struct provider_job *job)
{
	(void)failure_default(&job->failure, job->code, "the session");
	conversation_abort(job->p->conversation, &job->failure);
}
