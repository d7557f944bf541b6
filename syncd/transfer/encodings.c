/*
 * Single flight.  A pair goes through open (cache and signature looked up,
 * what the cache has verified), then one job a segment.  Jobs own what they
 * use while they run, but for rows that were announced, which may be read
 * beside them.  The loop itself touches no file.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/limits.h"
#include "syncd/delta/encode.h"
#include "syncd/store/delta_cache.h"
#include "syncd/transfer/plain.h"
#include "syncd/transfer/signing.h"
#include "syncd/transfer/source.h"

#include "syncd/transfer/encodings.h"

/*
 * Pairs that are encoded at a time; others wait, so that what encoders hold
 * in memory does not depend on how many peers ask.
 */
#define WORKING_MAX 2u

struct encodings_use {
	struct encodings *pair;
	struct encodings_use *next;
	encodings_changed *changed;
	void *cookie;
};

/*
 * Invariants: while busy, a job of ours is with the workers and owns file,
 * encoder, sources and signature; reads are only of rows below nrows of
 * file, which do not change.  A pair without users is freed as soon as it is
 * neither busy nor read.
 */
struct encodings {
	struct encodings_pool *pool;
	struct encodings *next;
	struct encodings_use *users;
	struct delta_file_id id;
	struct delta_file *file;
	struct file_source target;
	struct file_source base;
	struct file_source signature_file;
	struct delta_signature *signature;
	struct delta_encoder *encoder;
	struct buffer encoding;
	uint64_t nrows;      /* Announced to the loop. */
	unsigned int nreads; /* Of such rows, on their way. */
	int busy;
	int opened;   /* The cache was looked up. */
	int working;  /* It has one of the pool's encoders. */
	int prepared; /* Base, signature and encoder are open. */
	int error;
	int result; /* Of the job that ran. */
};

struct encodings_pool {
	struct worker_pool *workers;
	struct worker_lane *lane; /* Of cache and signatures. */
	struct store *store;
	struct space *space;
	struct plain_queue plain;
	struct delta_cache *cache; /* Only in the lane. */
	struct encodings *pairs;
	uint64_t budget;
	unsigned int nworking; /* Pairs that have an encoder. */
};

struct encodings_pool *
encodings_pool_new(struct worker_pool *workers, struct store *store,
    struct space *space, uint64_t budget)
{
	struct encodings_pool *pool;

	pool = calloc(1, sizeof(*pool));
	if (pool == NULL)
		return NULL;
	pool->workers = workers;
	pool->store = store;
	pool->space = space;
	pool->budget = budget;
	plain_queue_init(&pool->plain, workers, store);
	pool->lane = worker_lane_new(workers);
	pool->cache = delta_cache_new(store);
	if (pool->lane == NULL || pool->cache == NULL) {
		encodings_pool_free(pool);
		return NULL;
	}
	return pool;
}

void
encodings_pool_free(struct encodings_pool *pool)
{
	if (pool == NULL)
		return;
	worker_drain(pool->workers);
	assert(pool->pairs == NULL);
	delta_cache_free(pool->cache);
	free(pool);
}

void
encodings_pool_set_budget(struct encodings_pool *pool, uint64_t budget)
{
	pool->budget = budget;
}

void
encodings_pool_sign(struct encodings_pool *pool, const struct digest *blob)
{
	signing_start(pool->workers, pool->lane, pool->store, blob);
}

/* Close what encoding needs; what the cache has stays open. */
static void
close_encoder(struct encodings *pair)
{
	delta_encoder_free(pair->encoder);
	pair->encoder = NULL;
	delta_signature_free(pair->signature);
	pair->signature = NULL;
	file_source_close(&pair->signature_file);
	file_source_close(&pair->base);
	file_source_close(&pair->target);
	buffer_fini(&pair->encoding);
}

/* Close all that a pair has open; in the lane. */
static void
close_pair(struct encodings *pair)
{
	close_encoder(pair);
	delta_cache_release(pair->pool->cache, pair->file);
	pair->file = NULL;
}

/* What the cache has must still be what its rows say. */
static int
verify_rows(struct delta_file *file)
{
	struct delta_file_row row;
	uint64_t i;
	int r;

	r = PH_OK;
	for (i = 0; r == PH_OK && i < delta_file_nrows(file); i++) {
		r = delta_file_row(file, i, &row);
		if (r == PH_OK)
			r = delta_file_verify(file, &row);
	}
	return r;
}

/* Open the pair in the cache, without what is damaged there. */
static int
open_cached(struct encodings *pair)
{
	struct delta_cache *cache;
	int r;

	cache = pair->pool->cache;
	r = delta_cache_use(cache, &pair->id, 1, &pair->file);
	if (r != PH_OK)
		return r;
	r = verify_rows(pair->file);
	if (r != PH_EDIGEST)
		return r;
	delta_cache_release(cache, pair->file);
	pair->file = NULL;
	r = delta_file_remove(pair->pool->store, &pair->id.target,
	    &pair->id.base);
	if (r == PH_OK)
		r = delta_cache_use(cache, &pair->id, 1, &pair->file);
	return r;
}

/* Open base and signature; without a base there is nothing to open. */
static int
open_base(struct encodings *pair)
{
	struct store *store;
	int r;

	if (digest_is_zero(&pair->id.base))
		return PH_OK;
	store = pair->pool->store;
	r = file_source_open_blob(&pair->base, store, &pair->id.base);
	if (r == PH_OK)
		r = signing_make(store, &pair->id.base);
	if (r == PH_OK)
		r = signing_load(store, &pair->id.base, pair->id.base_size,
		    &pair->signature_file, &pair->signature);
	return r;
}

static int
open_encoder(struct encodings *pair)
{
	struct delta_config config;

	memset(&config, 0, sizeof(config));
	config.target = &pair->target.source;
	if (pair->base.fd >= 0) {
		config.base = &pair->base.source;
		config.signature = pair->signature;
		config.base_digest = pair->id.base;
	}
	config.segment_size = pair->id.segment_size;
	config.level = DELTA_LEVEL;
	pair->encoder = delta_encoder_new(&config);
	return pair->encoder == NULL ? PH_ENOMEM : PH_OK;
}

/* Job, in the lane: look the pair up in the cache. */
static void
run_open(void *cookie)
{
	struct encodings *pair;
	uint64_t freed;

	pair = cookie;
	/* Make room first: a pair that is in use is never dropped. */
	(void)!delta_cache_trim(pair->pool->cache, pair->pool->budget, &freed);
	pair->result = open_cached(pair);
}

/* Job, in the lane: open what encoding needs. */
static void
run_prepare(void *cookie)
{
	struct encodings *pair;
	int r;

	pair = cookie;
	r = file_source_open_blob(&pair->target, pair->pool->store,
	    &pair->id.target);
	if (r == PH_OK)
		r = open_base(pair);
	if (r == PH_OK)
		r = open_encoder(pair);
	pair->result = r;
}

/* Job, in the lane: close it again. */
static void
run_rest(void *cookie)
{
	struct encodings *pair;

	pair = cookie;
	close_encoder(pair);
	pair->result = PH_OK;
}

/* Put an encoding into the cache, in room that is promised to nobody else. */
static int
append(struct encodings *pair, const struct delta_outcome *outcome)
{
	struct space_hold *hold;
	struct failure f;
	int r;

	hold = NULL;
	r = space_reserve(pair->pool->space, "the delta cache",
	    pair->encoding.len, 0, &hold, &f);
	if (r == PH_OK)
		r = delta_file_append(pair->file, pair->encoding.data,
		    pair->encoding.len, &outcome->encoding, &outcome->target);
	space_release(hold);
	return r;
}

/* Job: encode the next segment. */
static void
run_segment(void *cookie)
{
	struct delta_outcome outcome;
	struct encodings *pair;
	int r;

	pair = cookie;
	r = delta_encoder_segment(pair->encoder, (uint32_t)pair->nrows,
	    &pair->encoding, &outcome);
	pair->result = r == PH_OK ? append(pair, &outcome) : r;
}

/* Job, in the lane: close what a pair has open. */
static void
run_close(void *cookie)
{
	close_pair(cookie);
}

static void
on_closed(void *cookie)
{
	free(cookie);
}

static void step(struct encodings *pair);

/* A pair needs its encoder no more: another may have one. */
static void
release_encoder(struct encodings *pair)
{
	struct encodings *other, *next;

	if (!pair->working)
		return;
	pair->working = 0;
	pair->pool->nworking--;
	for (other = pair->pool->pairs; other != NULL; other = next) {
		next = other->next;
		if (other != pair && !other->busy)
			step(other);
	}
}

/* A pair that nobody uses goes. */
static void
drop(struct encodings *pair)
{
	struct encodings **p;

	for (p = &pair->pool->pairs; *p != NULL; p = &(*p)->next) {
		if (*p == pair) {
			*p = pair->next;
			break;
		}
	}
	pair->busy = 1;
	release_encoder(pair);
	if (worker_submit(pair->pool->workers, pair->pool->lane, run_close,
		on_closed, pair) != PH_OK) {
		/* Without memory: nothing runs for it, so close it here. */
		close_pair(pair);
		free(pair);
	}
}

/* Drop a pair that nobody uses, once nothing is at work on it. */
static void
drop_unused(struct encodings *pair)
{
	if (pair->users == NULL && !pair->busy && pair->nreads == 0)
		drop(pair);
}

/* Tell all users; each may end its use while it is told. */
static void
tell(struct encodings *pair)
{
	struct encodings_use *use, *next;

	for (use = pair->users; use != NULL; use = next) {
		next = use->next;
		use->changed(use->cookie);
	}
}

/* A job came back. */
static void
on_job(void *cookie)
{
	struct encodings *pair;

	pair = cookie;
	pair->error = pair->result;
	if (pair->result == PH_OK) {
		pair->opened = 1;
		pair->nrows = delta_file_nrows(pair->file);
	}
	/* Busy while telling: a user that ends must not free the pair. */
	tell(pair);
	pair->busy = 0;
	step(pair);
}

static void
on_prepared(void *cookie)
{
	struct encodings *pair;

	pair = cookie;
	pair->prepared = pair->result == PH_OK;
	on_job(pair);
}

static void
on_rested(void *cookie)
{
	struct encodings *pair;

	pair = cookie;
	pair->prepared = 0;
	release_encoder(pair);
	on_job(pair);
}

/* Submit a job of a pair. */
static void
begin(struct encodings *pair, struct worker_lane *lane, worker_run *run,
    worker_done *done)
{
	pair->busy = 1;
	pair->error = worker_submit(pair->pool->workers, lane, run, done, pair);
	if (pair->error != PH_OK)
		pair->busy = 0;
}

/* Do what is next for a pair that is not busy. */
static void
step(struct encodings *pair)
{
	struct encodings_pool *pool;
	int complete;

	assert(!pair->busy);
	pool = pair->pool;
	if (pair->users == NULL) {
		drop_unused(pair);
		return;
	}
	complete =
	    pair->opened && pair->nrows == delta_file_nsegments(pair->file);
	if (pair->error != PH_OK) {
		/* Its users know; it is closed when the last one leaves. */
		release_encoder(pair);
	} else if (!pair->opened) {
		begin(pair, pool->lane, run_open, on_job);
	} else if (complete && pair->prepared) {
		begin(pair, pool->lane, run_rest, on_rested);
	} else if (complete) {
		return;
	} else if (pair->prepared) {
		begin(pair, NULL, run_segment, on_job);
	} else if (pool->nworking < WORKING_MAX) {
		pool->nworking++;
		pair->working = 1;
		begin(pair, pool->lane, run_prepare, on_prepared);
	}
}

/* The pair of an id that is in flight, or a new one. */
static struct encodings *
find_pair(struct encodings_pool *pool, const struct delta_file_id *id)
{
	struct encodings *pair;

	for (pair = pool->pairs; pair != NULL; pair = pair->next) {
		if (pair->error == PH_OK &&
		    digest_compare(&pair->id.target, &id->target) == 0 &&
		    digest_compare(&pair->id.base, &id->base) == 0)
			return pair;
	}
	pair = calloc(1, sizeof(*pair));
	if (pair == NULL)
		return NULL;
	pair->pool = pool;
	pair->id = *id;
	file_source_init(&pair->target);
	file_source_init(&pair->base);
	file_source_init(&pair->signature_file);
	buffer_init(&pair->encoding, PH_ENCODING_SIZE_MAX);
	pair->next = pool->pairs;
	pool->pairs = pair;
	return pair;
}

struct encodings_use *
encodings_use(struct encodings_pool *pool, const struct digest *target,
    uint64_t size, const struct digest *base, uint64_t base_size,
    encodings_changed *changed, void *cookie)
{
	struct encodings_use *use;
	struct delta_file_id id;
	struct encodings *pair;

	memset(&id, 0, sizeof(id));
	id.target = *target;
	id.target_size = size;
	id.segment_size = PH_SEGMENT_SIZE;
	if (base != NULL) {
		id.base = *base;
		id.base_size = base_size;
	}
	use = calloc(1, sizeof(*use));
	if (use == NULL)
		return NULL;
	pair = find_pair(pool, &id);
	if (pair == NULL) {
		free(use);
		return NULL;
	}
	use->pair = pair;
	use->changed = changed;
	use->cookie = cookie;
	use->next = pair->users;
	pair->users = use;
	/* One that was read while it had no users rests. */
	if (!pair->busy)
		step(pair);
	return use;
}

void
encodings_end(struct encodings_use *use)
{
	struct encodings_use **p;
	struct encodings *pair;

	if (use == NULL)
		return;
	pair = use->pair;
	for (p = &pair->users; *p != NULL; p = &(*p)->next) {
		if (*p == use) {
			*p = use->next;
			break;
		}
	}
	free(use);
	drop_unused(pair);
}

uint64_t
encodings_nsegments(const struct encodings_use *use)
{
	return delta_segment_count(use->pair->id.target_size,
	    use->pair->id.segment_size);
}

uint64_t
encodings_nrows(const struct encodings_use *use)
{
	return use->pair->nrows;
}

int
encodings_error(const struct encodings_use *use)
{
	return use->pair->error;
}

/* Reading rows, or a piece of one encoding. */
struct read_job {
	struct encodings *pair;
	uint64_t segment;
	struct delta_file_row *rows; /* NULL: bytes. */
	size_t nrows;
	uint32_t offset;
	uint32_t end;
	void *bytes;
	size_t len;
	int result;
	encodings_read_done *done;
	void *cookie;
};

static int
read_rows(struct read_job *job)
{
	size_t i;
	int r;

	r = PH_OK;
	for (i = 0; r == PH_OK && i < job->nrows; i++)
		r = delta_file_row(job->pair->file, job->segment + i,
		    &job->rows[i]);
	return r;
}

static int
read_bytes(struct read_job *job)
{
	struct delta_file_row row;
	int r;

	r = delta_file_row(job->pair->file, job->segment, &row);
	if (r != PH_OK)
		return r;
	if (job->end > row.length)
		return PH_EMESSAGE;
	return delta_file_read(job->pair->file, &row, job->offset, job->bytes,
	    job->len);
}

static void
run_read(void *cookie)
{
	struct read_job *job;

	job = cookie;
	job->result = job->rows != NULL ? read_rows(job) : read_bytes(job);
}

static void
on_read(void *cookie)
{
	struct encodings *pair;
	struct read_job *job;

	job = cookie;
	pair = job->pair;
	job->done(job->cookie, job->result);
	free(job);
	pair->nreads--;
	drop_unused(pair);
}

/* Submit a copy of a job. */
static int
submit_read(const struct read_job *job)
{
	struct read_job *copy;
	int r;

	copy = malloc(sizeof(*copy));
	if (copy == NULL)
		return PH_ENOMEM;
	*copy = *job;
	r = worker_submit_short(job->pair->pool->workers, run_read, on_read,
	    copy);
	if (r == PH_OK)
		job->pair->nreads++;
	else
		free(copy);
	return r;
}

int
encodings_read_rows(struct encodings_use *use, uint64_t first, size_t nrows,
    struct delta_file_row *rows, encodings_read_done *done, void *cookie)
{
	struct read_job job;

	assert(first <= use->pair->nrows && nrows <= use->pair->nrows - first);
	memset(&job, 0, sizeof(job));
	job.pair = use->pair;
	job.segment = first;
	job.rows = rows;
	job.nrows = nrows;
	job.done = done;
	job.cookie = cookie;
	return submit_read(&job);
}

int
encodings_read(struct encodings_use *use, uint64_t segment, uint32_t offset,
    uint32_t end, void *bytes, size_t len, encodings_read_done *done,
    void *cookie)
{
	struct read_job job;

	assert(segment < use->pair->nrows);
	memset(&job, 0, sizeof(job));
	job.pair = use->pair;
	job.segment = segment;
	job.offset = offset;
	job.end = end;
	job.bytes = bytes;
	job.len = len;
	job.done = done;
	job.cookie = cookie;
	return submit_read(&job);
}

int
encodings_plain(struct encodings_use *use, uint64_t segment, plain_done *done,
    void *cookie)
{
	return plain_encode(&use->pair->pool->plain, &use->pair->id.target,
	    use->pair->id.segment_size, segment, done, cookie);
}
