/*
 * Jobs on the staging of a blob.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/limits.h"
#include "proto/segment.h"
#include "syncd/base/file.h"
#include "syncd/store/hash.h"
#include "syncd/store/part.h"
#include "syncd/store/partial.h"
#include "syncd/transfer/source.h"

#include "syncd/transfer/staging_job.h"

/* A power cut costs at most what came in this time. */
#define SYNC_INTERVAL_MS 5000

/* Beside the blob itself: encodings on their way, records, a map. */
#define SPACE_EXTRA (UINT64_C(4) * PH_ENCODING_SIZE_MAX)
#define INODES_EXTRA 8u

/* Touched by one job at a time; by the loop only when none is on its way. */
struct staging_job_blob {
	struct staging_job_config config;
	char *what;
	struct partial *partial;
	struct space_hold *hold;
	struct digest base; /* Zeros: none. */
	struct file_source base_file;
	int base_lost; /* There should be one, and it cannot be used. */
	struct segment_decoder *decoder;
	struct buffer encoding;
	uint8_t *target; /* Room for one segment. */
	int64_t synced_ms;
};

struct job {
	struct staging_job_blob *b;
	void (*run)(struct job *job);
	staging_job_done *done;
	void *cookie;
	struct staging_job_result result;
	struct digest base;
	struct message_segments rows;
	struct buffer bytes;
	uint64_t cursor;
	uint64_t end;
	uint32_t segment;
	uint32_t offset;
	int plain;
};

struct staging_job_blob *
staging_job_blob_new(const struct staging_job_config *config)
{
	struct staging_job_blob *b;

	b = calloc(1, sizeof(*b));
	if (b == NULL)
		return NULL;
	b->config = *config;
	file_source_init(&b->base_file);
	buffer_init(&b->encoding, PH_ENCODING_SIZE_MAX);
	b->what = strdup(config->what);
	b->decoder = segment_decoder_new();
	b->target = malloc(PH_SEGMENT_SIZE);
	b->synced_ms = clock_mono_ms(config->clock);
	if (b->what == NULL || b->decoder == NULL || b->target == NULL) {
		staging_job_blob_free(b);
		return NULL;
	}
	return b;
}

void
staging_job_blob_free(struct staging_job_blob *b)
{
	if (b == NULL)
		return;
	partial_close(b->partial);
	space_release(b->hold);
	file_source_close(&b->base_file);
	segment_decoder_free(b->decoder);
	buffer_fini(&b->encoding);
	free(b->target);
	free(b->what);
	free(b);
}

const char *
staging_job_blob_what(const struct staging_job_blob *b)
{
	return b->what;
}

int
staging_job_blob_dir(const struct staging_job_blob *b)
{
	return partial_dir(b->partial);
}

static void
run_job(void *cookie)
{
	struct job *job;

	job = cookie;
	job->run(job);
}

static void
on_job(void *cookie)
{
	struct job *job;

	job = cookie;
	job->done(job->cookie, &job->result);
	buffer_fini(&job->bytes);
	free(job);
}

static struct job *
job_new(struct staging_job_blob *b, void (*run)(struct job *job),
    staging_job_done *done, void *cookie)
{
	struct job *job;

	job = calloc(1, sizeof(*job));
	if (job == NULL)
		return NULL;
	job->b = b;
	job->run = run;
	job->done = done;
	job->cookie = cookie;
	return job;
}

/* Submit a job, or free it. */
static int
submit(struct job *job, struct worker_lane *lane)
{
	int r;

	r = worker_submit(job->b->config.workers, lane, run_job, on_job, job);
	if (r != PH_OK) {
		buffer_fini(&job->bytes);
		free(job);
	}
	return r;
}

static void
run_open(struct job *job)
{
	struct staging_job_blob *b;
	uint64_t i, done;
	int r;

	b = job->b;
	done = 0;
	r = partial_open(b->config.store, &b->config.digest, b->config.size,
	    PH_SEGMENT_SIZE, &b->partial);
	if (r == PH_OK)
		r = partial_load(b->partial, NULL);
	if (r == PH_OK) {
		for (i = 0; i < partial_nsegments(b->partial); i++) {
			if (partial_is_done(b->partial, i))
				done += partial_segment_len(b->partial, i);
		}
		r = space_reserve(b->config.space, b->what,
		    b->config.size - done + SPACE_EXTRA, INODES_EXTRA, &b->hold,
		    &job->result.failure);
	}
	job->result.done_bytes = done;
	job->result.code = r;
}

int
staging_job_open(struct staging_job_blob *b, staging_job_done *done,
    void *cookie)
{
	struct job *job;

	job = job_new(b, run_open, done, cookie);
	return job == NULL ? PH_ENOMEM : submit(job, b->config.lane);
}

static void
run_plan(struct job *job)
{
	struct staging_job_blob *b;
	int r;

	b = job->b;
	b->base = job->base;
	r = part_plan_begin(b->partial, &b->base);
	if (r == PH_OK && !digest_is_zero(&b->base)) {
		/* Without it, each segment falls back; that is no failure. */
		b->base_lost = file_source_open_blob(&b->base_file,
				   b->config.store, &b->base) != PH_OK;
	}
	job->result.code = r;
}

int
staging_job_plan(struct staging_job_blob *b, const struct digest *base,
    staging_job_done *done, void *cookie)
{
	struct job *job;

	job = job_new(b, run_plan, done, cookie);
	if (job == NULL)
		return PH_ENOMEM;
	job->base = *base;
	return submit(job, b->config.lane);
}

static void
run_rows(struct job *job)
{
	struct message_row wire;
	struct part_row row;
	size_t i;
	int r;

	r = PH_OK;
	for (i = 0; r == PH_OK && i < job->rows.nrows; i++) {
		message_row_decode(&job->rows, i, &wire);
		row.encoding = wire.encoding;
		row.length = wire.len;
		row.target = wire.target;
		r = part_plan_put(job->b->partial, job->rows.first + i, &row);
	}
	job->result.code = r;
}

int
staging_job_rows(struct staging_job_blob *b,
    const struct message_segments *rows, staging_job_done *done, void *cookie)
{
	struct job *job;
	size_t len;

	job = job_new(b, run_rows, done, cookie);
	if (job == NULL)
		return PH_ENOMEM;
	len = rows->nrows * MESSAGE_ROW_SIZE;
	buffer_init(&job->bytes, len);
	if (buffer_put(&job->bytes, rows->rows, len) != PH_OK) {
		free(job);
		return PH_ENOMEM;
	}
	job->rows = *rows;
	job->rows.rows = job->bytes.data;
	return submit(job, b->config.lane);
}

static void
run_find(struct job *job)
{
	struct staging_job_result *result;
	struct staging_job_blob *b;
	struct part_row row;
	int r;

	b = job->b;
	result = &job->result;
	while (
	    job->cursor < job->end && partial_is_done(b->partial, job->cursor))
		job->cursor++;
	result->cursor = job->cursor;
	if (job->cursor == job->end)
		return;
	r = part_plan_get(b->partial, job->cursor, &row);
	if (r == PH_OK)
		r = part_size(b->partial, job->cursor, &result->have);
	result->code = r;
	result->length = row.length;
	result->found = 1;
	result->no_base = b->base_lost;
	result->cursor++;
}

int
staging_job_find(struct staging_job_blob *b, uint64_t cursor, uint64_t end,
    staging_job_done *done, void *cookie)
{
	struct job *job;

	job = job_new(b, run_find, done, cookie);
	if (job == NULL)
		return PH_ENOMEM;
	job->cursor = cursor;
	job->end = end;
	return submit(job, b->config.lane);
}

static void
run_append(struct job *job)
{
	job->result.appended = (uint32_t)job->bytes.len;
	if (job->bytes.len > 0)
		job->result.code = part_append(job->b->partial, job->segment,
		    job->offset, job->bytes.data, job->bytes.len);
}

/* Take a buffer's bytes, and leave it empty and as large as it was. */
static void
take_bytes(struct job *job, struct buffer *bytes)
{
	job->bytes = *bytes;
	buffer_init(bytes, job->bytes.max);
}

int
staging_job_append(struct staging_job_blob *b, uint32_t segment,
    uint32_t offset, struct buffer *bytes, staging_job_done *done, void *cookie)
{
	struct job *job;

	job = job_new(b, run_append, done, cookie);
	if (job == NULL)
		return PH_ENOMEM;
	job->segment = segment;
	job->offset = offset;
	take_bytes(job, bytes);
	return submit(job, b->config.lane);
}

static int
read_base(void *cookie, uint64_t offset, void *buf, size_t len)
{
	struct staging_job_blob *b;

	b = cookie;
	return delta_source_read(&b->base_file.source, offset, buf, len);
}

/* How much of the segment the decoder holds did not come by wire. */
static uint64_t
count_reused(struct segment_decoder *decoder)
{
	const uint8_t *literal;
	struct segment_op op;
	uint64_t reused;

	reused = 0;
	segment_rewind(decoder);
	while (segment_next(decoder, &op, &literal)) {
		if (op.kind != SEGMENT_LITERAL)
			reused += op.length;
	}
	segment_rewind(decoder);
	return reused;
}

/* Load the encoding and check that it is of this segment and base. */
static int
load_encoding(struct job *job, const struct part_row *row,
    const struct segment_header **header)
{
	struct staging_job_blob *b;
	const struct digest *base;
	uint64_t offset;
	int r;

	b = job->b;
	base = job->plain || digest_is_zero(&b->base) ? NULL : &b->base;
	offset = (uint64_t)job->segment * partial_segment_size(b->partial);
	r = segment_load(b->decoder, b->encoding.data, b->encoding.len, header);
	if (r == PH_OK)
		r = segment_header_check(*header, offset,
		    partial_segment_len(b->partial, job->segment), base,
		    base == NULL ? 0 : b->base_file.source.size);
	if (r == PH_OK && digest_compare(&(*header)->target, &row->target) != 0)
		r = PH_ESEGMENT;
	return r;
}

/* Apply the encoding that was read and write the segment. */
static int
apply(struct job *job, const struct part_row *row)
{
	const struct segment_header *header;
	struct staging_job_blob *b;
	int r;

	b = job->b;
	r = load_encoding(job, row, &header);
	if (r != PH_OK)
		return r;
	job->result.reused_bytes = count_reused(b->decoder);
	job->result.done_bytes = header->target_length;
	r = segment_apply(b->decoder, b->target, read_base, b);
	/* A right encoding gives a wrong segment only from a wrong base. */
	if (r == PH_EDIGEST && !digest_is_zero(&header->base))
		r = PH_EBASE;
	if (r == PH_OK)
		r = partial_write(b->partial, header->target_offset, b->target,
		    header->target_length);
	if (r == PH_OK)
		r = partial_done(b->partial, job->segment, &row->target);
	if (r == PH_OK)
		r = part_remove(b->partial, job->segment);
	return r;
}

/*
 * Make durable what came.  A failure is final: what was read back would come
 * from memory, and a second sync would say that all is well.
 */
static int
sync_staging(struct staging_job_blob *b)
{
	int r;

	r = partial_sync(b->partial);
	if (r != PH_OK)
		(void)!partial_discard(b->config.store, &b->config.digest);
	return r;
}

/* From time to time, make durable what came. */
static int
sync_sometimes(struct staging_job_blob *b)
{
	int64_t now;

	now = clock_mono_ms(b->config.clock);
	if (now - b->synced_ms < SYNC_INTERVAL_MS)
		return PH_OK;
	b->synced_ms = now;
	return sync_staging(b);
}

static void
run_complete(struct job *job)
{
	struct staging_job_blob *b;
	struct part_row row;
	int r;

	b = job->b;
	r = PH_OK;
	if (job->bytes.len > 0)
		r = part_append(b->partial, job->segment, job->offset,
		    job->bytes.data, job->bytes.len);
	if (r == PH_OK)
		r = part_plan_get(b->partial, job->segment, &row);
	buffer_reset(&b->encoding);
	if (r == PH_OK)
		r = part_read(b->partial, job->segment, &b->encoding);
	if (r == PH_OK)
		r = apply(job, &row);
	if (r == PH_OK) {
		space_spend(b->hold, job->result.done_bytes, 0);
		r = sync_sometimes(b);
	} else
		/* Whatever is wrong with it: it is of no further use. */
		(void)!part_remove(b->partial, job->segment);
	job->result.code = r;
}

int
staging_job_complete(struct staging_job_blob *b, uint32_t segment, int plain,
    uint32_t offset, struct buffer *bytes, staging_job_done *done, void *cookie)
{
	struct job *job;

	job = job_new(b, run_complete, done, cookie);
	if (job == NULL)
		return PH_ENOMEM;
	job->segment = segment;
	job->plain = plain;
	job->offset = offset;
	take_bytes(job, bytes);
	return submit(job, b->config.lane);
}

/* Hash the whole, writing its map beside it. */
static int
hash_whole(struct staging_job_blob *b, struct hash_result *out)
{
	const struct files *fs;
	int map, r, closed;

	map = -1;
	fs = store_files(b->config.store);
	r = file_open(fs, partial_dir(b->partial), PARTIAL_MAP,
	    O_RDWR | O_CREAT | O_TRUNC, 0600, &map);
	if (r != PH_OK)
		return r;
	r = hash_file(fs, partial_fd(b->partial), map, NULL, NULL, out);
	closed = file_close(fs, map);
	return r == PH_OK ? closed : r;
}

static void
run_finish(struct job *job)
{
	struct staging_job_blob *b;
	struct hash_result found;
	int r;

	b = job->b;
	r = sync_staging(b);
	if (r == PH_OK)
		r = hash_whole(b, &found);
	if (r == PH_OK &&
	    (digest_compare(&found.digest, &b->config.digest) != 0 ||
		digest_compare(&found.map_root, &b->config.map) != 0)) {
		(void)!partial_discard(b->config.store, &b->config.digest);
		r = PH_EDIGEST;
	}
	job->result.code = r;
}

int
staging_job_finish(struct staging_job_blob *b, staging_job_done *done,
    void *cookie)
{
	struct job *job;

	job = job_new(b, run_finish, done, cookie);
	/* Long, and alone: nothing else is on its way for this blob. */
	return job == NULL ? PH_ENOMEM : submit(job, NULL);
}
