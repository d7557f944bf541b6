/*
 * One segment by itself, with an encoder of its own.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/limits.h"
#include "syncd/delta/encode.h"
#include "syncd/transfer/source.h"

#include "syncd/transfer/plain.h"

struct plain_job {
	struct plain_queue *queue;
	struct plain_job *next;
	struct digest target;
	uint32_t segment_size;
	uint64_t segment;
	struct delta_file_row row;
	struct buffer encoding;
	int result;
	plain_done *done;
	void *cookie;
};

static void
run_plain(void *cookie)
{
	struct delta_outcome outcome;
	struct delta_encoder *encoder;
	struct delta_config config;
	struct file_source target;
	struct plain_job *job;
	int r;

	job = cookie;
	encoder = NULL;
	memset(&config, 0, sizeof(config));
	file_source_init(&target);
	r = file_source_open_blob(&target, job->queue->store, &job->target);
	if (r == PH_OK) {
		config.target = &target.source;
		config.segment_size = job->segment_size;
		config.level = DELTA_LEVEL;
		encoder = delta_encoder_new(&config);
		r = encoder == NULL ? PH_ENOMEM : PH_OK;
	}
	if (r == PH_OK)
		r = delta_encoder_segment_plain(encoder, (uint32_t)job->segment,
		    &job->encoding, &outcome);
	if (r == PH_OK) {
		job->row.encoding = outcome.encoding;
		job->row.target = outcome.target;
		job->row.length = (uint32_t)job->encoding.len;
	}
	delta_encoder_free(encoder);
	file_source_close(&target);
	job->result = r;
}

static void on_plain(void *cookie);

/* Begin with a job, when no other one runs. */
static int
begin(struct plain_job *job)
{
	struct plain_queue *queue;
	int r;

	queue = job->queue;
	r = worker_submit(queue->workers, NULL, run_plain, on_plain, job);
	queue->busy = r == PH_OK;
	return r;
}

/* A job is over: tell who asked for it. */
static void
end(struct plain_job *job)
{
	job->done(job->cookie, job->result, &job->row, &job->encoding);
	buffer_fini(&job->encoding);
	free(job);
}

static void
on_plain(void *cookie)
{
	struct plain_queue *queue;
	struct plain_job *job;
	int r;

	job = cookie;
	queue = job->queue;
	queue->busy = 0;
	end(job);
	while (!queue->busy && queue->first != NULL) {
		job = queue->first;
		queue->first = job->next;
		if (queue->first == NULL)
			queue->end = &queue->first;
		r = begin(job);
		if (r != PH_OK) {
			job->result = r;
			end(job);
		}
	}
}

void
plain_queue_init(struct plain_queue *queue, struct worker_pool *workers,
    struct store *store)
{
	queue->workers = workers;
	queue->store = store;
	queue->first = NULL;
	queue->end = &queue->first;
	queue->busy = 0;
}

int
plain_encode(struct plain_queue *queue, const struct digest *target,
    uint32_t segment_size, uint64_t segment, plain_done *done, void *cookie)
{
	struct plain_job *job;
	int r;

	job = calloc(1, sizeof(*job));
	if (job == NULL)
		return PH_ENOMEM;
	job->queue = queue;
	job->target = *target;
	job->segment_size = segment_size;
	job->segment = segment;
	job->done = done;
	job->cookie = cookie;
	buffer_init(&job->encoding, PH_ENCODING_SIZE_MAX);
	if (queue->busy || queue->first != NULL) {
		*queue->end = job;
		queue->end = &job->next;
		return PH_OK;
	}
	r = begin(job);
	if (r != PH_OK)
		free(job);
	return r;
}
