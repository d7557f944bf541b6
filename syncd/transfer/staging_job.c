/*
 * Jobs on the staging of a blob.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"

#include "syncd/transfer/staging_job.h"

/* The landing is touched by one job at a time. */
struct staging_jobs {
	struct worker_pool *workers;
	struct worker_lane *lane;
	struct landing *landing;
	staging_jobs_closed *closed;
	void *cookie;
};

struct job {
	struct staging_jobs *s;
	void (*run)(struct job *job);
	staging_job_done *done;
	void *cookie;
	struct staging_job_result result;
	struct digest base;
	uint64_t data;
	struct message_segments rows;
	struct buffer bytes;
	uint32_t segment;
	uint32_t offset;
	int plain;
};

struct staging_jobs *
staging_jobs_new(struct worker_pool *workers, struct worker_lane *lane,
    const struct landing_config *config)
{
	struct staging_jobs *s;

	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return NULL;
	s->workers = workers;
	s->lane = lane;
	s->landing = landing_new(config);
	if (s->landing == NULL) {
		free(s);
		return NULL;
	}
	return s;
}

/* Job: the last one. */
static void
run_close(void *cookie)
{
	struct staging_jobs *s;

	s = cookie;
	landing_free(s->landing);
}

static void
on_closed(void *cookie)
{
	struct staging_jobs *s;

	s = cookie;
	if (s->closed != NULL)
		s->closed(s->cookie);
	free(s);
}

void
staging_jobs_close(struct staging_jobs *s, staging_jobs_closed *closed,
    void *cookie)
{
	if (s == NULL)
		return;
	s->closed = closed;
	s->cookie = cookie;
	/*
	 * Without memory for that little there is no order between this
	 * owner of the staging and the next.
	 */
	if (worker_submit(s->workers, s->lane, run_close, on_closed, s) !=
	    PH_OK)
		abort();
}

const char *
staging_jobs_what(const struct staging_jobs *s)
{
	return landing_what(s->landing);
}

int
staging_jobs_dir(const struct staging_jobs *s)
{
	return landing_dir(s->landing);
}

static void
run_job(void *cookie)
{
	struct job *job;

	job = cookie;
	job->run(job);
}

static void
job_free(struct job *job)
{
	buffer_fini(&job->bytes);
	free(job);
}

static void
on_job(void *cookie)
{
	struct job *job;

	job = cookie;
	job->done(job->cookie, &job->result);
	job_free(job);
}

static struct job *
job_new(struct staging_jobs *s, void (*run)(struct job *job),
    staging_job_done *done, void *cookie)
{
	struct job *job;

	job = calloc(1, sizeof(*job));
	if (job == NULL)
		return NULL;
	job->s = s;
	job->run = run;
	job->done = done;
	job->cookie = cookie;
	buffer_init(&job->bytes, 0);
	return job;
}

/* Submit a job, or free it. */
static int
submit(struct job *job)
{
	int r;

	r = worker_submit(job->s->workers, job->s->lane, run_job, on_job, job);
	if (r != PH_OK)
		job_free(job);
	return r;
}

static void
run_open(struct job *job)
{
	job->result.code = landing_open(job->s->landing,
	    &job->result.done_bytes, &job->result.failure);
}

int
staging_job_open(struct staging_jobs *s, staging_job_done *done, void *cookie)
{
	struct job *job;

	job = job_new(s, run_open, done, cookie);
	return job == NULL ? PH_ENOMEM : submit(job);
}

static void
run_plan(struct job *job)
{
	job->result.code = landing_plan(job->s->landing, &job->base, job->data,
	    &job->result.failure);
}

int
staging_job_plan(struct staging_jobs *s, const struct digest *base,
    uint64_t data, staging_job_done *done, void *cookie)
{
	struct job *job;

	job = job_new(s, run_plan, done, cookie);
	if (job == NULL)
		return PH_ENOMEM;
	job->base = *base;
	job->data = data;
	return submit(job);
}

static void
run_rows(struct job *job)
{
	struct landing *l;
	int r;

	l = job->s->landing;
	r = landing_put_rows(l, &job->rows, &job->result.failure);
	if (r == PH_OK && job->rows.plain)
		r = landing_get(l, job->rows.first, &job->result.segment);
	job->result.code = r;
}

int
staging_job_rows(struct staging_jobs *s, const struct message_segments *rows,
    staging_job_done *done, void *cookie)
{
	struct job *job;
	size_t len;

	job = job_new(s, run_rows, done, cookie);
	if (job == NULL)
		return PH_ENOMEM;
	len = rows->nrows * MESSAGE_ROW_SIZE;
	buffer_init(&job->bytes, len);
	if (buffer_put(&job->bytes, rows->rows, len) != PH_OK) {
		job_free(job);
		return PH_ENOMEM;
	}
	job->rows = *rows;
	job->rows.rows = job->bytes.data;
	return submit(job);
}

static void
run_find(struct job *job)
{
	struct staging_job_result *result;
	struct landing *l;

	l = job->s->landing;
	result = &job->result;
	result->at = landing_next(l, result->at, result->end);
	result->no_base = landing_lacks_base(l);
	if (result->at < result->end)
		result->code = landing_get(l, result->at, &result->segment);
}

int
staging_job_find(struct staging_jobs *s, uint64_t at, uint64_t end,
    staging_job_done *done, void *cookie)
{
	struct job *job;

	job = job_new(s, run_find, done, cookie);
	if (job == NULL)
		return PH_ENOMEM;
	job->result.at = at;
	job->result.end = end;
	return submit(job);
}

/* Put the bytes of a job. */
static int
append(struct job *job)
{
	job->result.appended = (uint32_t)job->bytes.len;
	if (job->bytes.len == 0)
		return PH_OK;
	return landing_append(job->s->landing, job->segment, job->offset,
	    job->bytes.data, job->bytes.len);
}

static void
run_append(struct job *job)
{
	job->result.code = append(job);
}

/* Take a buffer's bytes, and leave it empty and as large as it was. */
static void
take_bytes(struct job *job, struct buffer *bytes)
{
	job->bytes = *bytes;
	buffer_init(bytes, job->bytes.max);
}

int
staging_job_append(struct staging_jobs *s, uint32_t segment, uint32_t offset,
    struct buffer *bytes, staging_job_done *done, void *cookie)
{
	struct job *job;

	job = job_new(s, run_append, done, cookie);
	if (job == NULL)
		return PH_ENOMEM;
	job->segment = segment;
	job->offset = offset;
	take_bytes(job, bytes);
	return submit(job);
}

static void
run_complete(struct job *job)
{
	struct landing_outcome outcome;
	int r;

	memset(&outcome, 0, sizeof(outcome));
	r = append(job);
	if (r == PH_OK)
		r = landing_complete(job->s->landing, job->segment, job->plain,
		    &outcome, &job->result.failure);
	job->result.done_bytes = outcome.bytes;
	job->result.reused_bytes = outcome.reused_bytes;
	job->result.code = r;
}

int
staging_job_complete(struct staging_jobs *s, uint32_t segment, int plain,
    uint32_t offset, struct buffer *bytes, staging_job_done *done, void *cookie)
{
	struct job *job;

	job = job_new(s, run_complete, done, cookie);
	if (job == NULL)
		return PH_ENOMEM;
	job->segment = segment;
	job->plain = plain;
	job->offset = offset;
	take_bytes(job, bytes);
	return submit(job);
}

static void
run_finish(struct job *job)
{
	job->result.code = landing_finish(job->s->landing);
}

int
staging_job_finish(struct staging_jobs *s, staging_job_done *done, void *cookie)
{
	struct job *job;

	job = job_new(s, run_finish, done, cookie);
	return job == NULL ? PH_ENOMEM : submit(job);
}
