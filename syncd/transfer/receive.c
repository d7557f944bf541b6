/*
 * Receiving one blob.  The loop keeps the conversation: which segments are
 * asked for, how much of each came.  Everything that touches the staging is
 * a job in one lane, so jobs of a blob run one at a time and in order; rows
 * are put before a segment that needs them is looked for.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/limits.h"
#include "syncd/transfer/staging_job.h"

#include "syncd/transfer/receive.h"

/* What came of a segment goes to disk in pieces of about this. */
#define FLUSH_SIZE (128u << 10)

/* A segment that comes damaged is asked for again, so often. */
#define RETRIES_MAX 2u

enum phase {
	PHASE_OPENING,   /* What is in staging is being checked. */
	PHASE_WANT,      /* WANT is to be put. */
	PHASE_WANTED,    /* PLAN, or NONE, is to come. */
	PHASE_PULLING,   /* Segments come. */
	PHASE_FINISHING, /* All are here: the whole is being hashed. */
	PHASE_OVER,
};

enum stream_state {
	STREAM_IDLE,
	STREAM_FINDING,    /* A job looks for the next segment. */
	STREAM_PULLING,    /* Its encoding comes. */
	STREAM_COMPLETING, /* A job applies it. */
	STREAM_QUERY,      /* PLAIN? is to be put. */
	STREAM_QUERIED,    /* The plain row is to come. */
};

struct stream {
	struct receive *r;
	enum stream_state state;
	uint32_t segment;
	int plain;
	uint32_t length; /* Of the encoding. */
	uint32_t stored; /* Handed to jobs that append. */
	uint32_t came;
	uint32_t asked;
	struct buffer pending; /* Came, and not handed on. */
	int appending;         /* A job is on it. */
	unsigned int retries;
};

struct receive {
	struct receive_config config;
	receive_ready *ready;
	void *cookie;
	struct staging_job_blob *blob; /* What the jobs work on. */
	enum phase phase;
	uint64_t nsegments;
	uint64_t announced;
	uint64_t cursor; /* Segments below are done or in a stream. */
	int finding;
	struct stream streams[RECEIVE_STREAMS];
	struct receive_stats stats;
	int code;
	struct failure failure;
	unsigned int njobs;
	int freed;
};

static void advance(struct receive *r);

/* Free what no job needs any more. */
static void
destroy(struct receive *r)
{
	size_t i;

	for (i = 0; i < RECEIVE_STREAMS; i++)
		buffer_fini(&r->streams[i].pending);
	staging_job_blob_free(r->blob);
	free(r);
}

/* The transfer failed; what came stays. */
static void
fail(struct receive *r, int code, const char *words)
{
	if (r->phase == PHASE_OVER)
		return;
	r->phase = PHASE_OVER;
	r->code = code;
	(void)failure_default(&r->failure, code, "receiving %s%s%s",
	    staging_job_blob_what(r->blob), words[0] == '\0' ? "" : ": ",
	    words);
	r->ready(r->cookie);
}

/* Every job comes back here first: 1 when its result still matters. */
static int
came_back(struct receive *r)
{
	r->njobs--;
	if (r->freed) {
		if (r->njobs == 0)
			destroy(r);
		return 0;
	}
	return r->phase != PHASE_OVER;
}

/* Count a job that was submitted; one that could not be is the end. */
static void
went(struct receive *r, int result)
{
	if (result == PH_OK)
		r->njobs++;
	else
		fail(r, result, "");
}

static void
on_opened(void *cookie, const struct staging_job_result *result)
{
	struct receive *r;

	r = cookie;
	if (!came_back(r))
		return;
	if (result->code != PH_OK) {
		r->failure = result->failure;
		fail(r, result->code, "");
		return;
	}
	r->stats.resumed_bytes = result->done_bytes;
	r->stats.logical_bytes = result->done_bytes;
	r->phase = PHASE_WANT;
	r->ready(r->cookie);
}

struct receive *
receive_new(const struct receive_config *config, receive_ready *ready,
    void *cookie)
{
	struct staging_job_config jobs;
	struct receive *r;
	size_t i;

	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return NULL;
	r->config = *config;
	r->ready = ready;
	r->cookie = cookie;
	r->stats.started_ms = clock_mono_ms(config->clock);
	r->stats.full = 1;
	for (i = 0; i < RECEIVE_STREAMS; i++) {
		r->streams[i].r = r;
		buffer_init(&r->streams[i].pending, RECEIVE_STREAM_WINDOW);
	}
	memset(&jobs, 0, sizeof(jobs));
	jobs.workers = config->workers;
	jobs.lane = config->lane;
	jobs.store = config->store;
	jobs.space = config->space;
	jobs.clock = config->clock;
	jobs.digest = config->blob;
	jobs.map = config->map;
	jobs.size = config->size;
	jobs.what = config->what;
	r->blob = staging_job_blob_new(&jobs);
	if (r->blob == NULL) {
		destroy(r);
		return NULL;
	}
	went(r, staging_job_open(r->blob, on_opened, r));
	return r;
}

void
receive_free(struct receive *r)
{
	if (r == NULL)
		return;
	r->freed = 1;
	if (r->njobs == 0)
		destroy(r);
}

uint32_t
receive_transfer(const struct receive *r)
{
	return r->config.transfer;
}

const struct digest *
receive_blob(const struct receive *r)
{
	return &r->config.blob;
}

void
receive_get_stats(const struct receive *r, struct receive_stats *out)
{
	*out = r->stats;
}

int
receive_finished(const struct receive *r, int *code, struct failure *f)
{
	if (r->phase != PHASE_OVER)
		return 0;
	*code = r->code;
	*f = r->failure;
	return 1;
}

int
receive_is_waiting(const struct receive *r)
{
	const struct stream *s;
	size_t i;

	for (i = 0; r->phase == PHASE_PULLING && i < RECEIVE_STREAMS; i++) {
		s = &r->streams[i];
		if (s->state == STREAM_QUERIED ||
		    (s->state == STREAM_PULLING && s->came < s->asked))
			return 1;
	}
	return r->phase == PHASE_WANTED ||
	    (r->phase == PHASE_PULLING && r->announced < r->nsegments);
}

int
receive_dir(const struct receive *r)
{
	return staging_job_blob_dir(r->blob);
}

void
receive_on_refused(struct receive *r, int code)
{
	fail(r, code, "the provider does not have it for us");
}

/* 1 when a base is one that we offered. */
static int
was_offered(const struct receive *r, const struct digest *base)
{
	size_t i;

	for (i = 0; i < r->config.nbases; i++) {
		if (digest_compare(&r->config.bases[i], base) == 0)
			return 1;
	}
	return 0;
}

static void
on_planned(void *cookie, const struct staging_job_result *result)
{
	struct receive *r;

	r = cookie;
	if (!came_back(r))
		return;
	if (result->code != PH_OK)
		fail(r, result->code, "");
	else
		advance(r);
}

int
receive_on_plan(struct receive *r, const struct message_plan *m)
{
	if (r->phase == PHASE_OVER)
		return PH_OK;
	if (r->phase != PHASE_WANTED ||
	    digest_compare(&m->blob, &r->config.blob) != 0 ||
	    m->size != r->config.size)
		return PH_EMESSAGE;
	/* Staging is laid out by segments of our own size. */
	if (m->segment_size != PH_SEGMENT_SIZE)
		return PH_ELIMIT;
	if (!digest_is_zero(&m->base) && !was_offered(r, &m->base))
		return PH_EMESSAGE;
	r->phase = PHASE_PULLING;
	r->nsegments = m->nsegments;
	r->stats.full = digest_is_zero(&m->base);
	r->stats.base = m->base;
	went(r, staging_job_plan(r->blob, &m->base, on_planned, r));
	return PH_OK;
}

/* The stream of a segment; NULL when there is none. */
static struct stream *
find_stream(struct receive *r, uint32_t segment)
{
	struct stream *s;
	size_t i;

	for (i = 0; i < RECEIVE_STREAMS; i++) {
		s = &r->streams[i];
		if (s->state != STREAM_IDLE && s->state != STREAM_FINDING &&
		    s->segment == segment)
			return s;
	}
	return NULL;
}

/* Begin to pull the encoding of a stream from its offset on. */
static void
start_pull(struct stream *s, uint32_t length, uint32_t have)
{
	s->state = STREAM_PULLING;
	s->length = length;
	s->stored = s->came = s->asked = have;
	buffer_reset(&s->pending);
}

/* A plain row that a stream waits for. */
static int
take_plain_row(struct receive *r, const struct message_segments *m)
{
	struct message_row row;
	struct stream *s;

	s = find_stream(r, m->first);
	if (m->nrows != 1 || s == NULL || s->state != STREAM_QUERIED)
		return PH_EMESSAGE;
	message_row_decode(m, 0, &row);
	went(r, staging_job_rows(r->blob, m, on_planned, r));
	s->plain = 1;
	start_pull(s, row.len, 0);
	return PH_OK;
}

int
receive_on_segments(struct receive *r, const struct message_segments *m)
{
	if (r->phase == PHASE_OVER)
		return PH_OK;
	if (r->phase != PHASE_PULLING)
		return PH_EMESSAGE;
	r->stats.wire_bytes += m->nrows * MESSAGE_ROW_SIZE;
	if (m->plain)
		return take_plain_row(r, m);
	if (m->first != r->announced || m->nrows > r->nsegments - r->announced)
		return PH_EMESSAGE;
	went(r, staging_job_rows(r->blob, m, on_planned, r));
	r->announced += m->nrows;
	return PH_OK;
}

int
receive_on_done(struct receive *r)
{
	if (r->phase == PHASE_OVER)
		return PH_OK;
	return r->phase == PHASE_PULLING && r->announced == r->nsegments ?
	    PH_OK :
	    PH_EMESSAGE;
}

static void flush(struct stream *s);

static void
on_appended(void *cookie, const struct staging_job_result *result)
{
	struct stream *s;

	s = cookie;
	if (!came_back(s->r))
		return;
	s->appending = 0;
	if (result->code != PH_OK) {
		s->r->failure = result->failure;
		fail(s->r, result->code, "");
		return;
	}
	s->stored += result->appended;
	flush(s);
	s->r->ready(s->r->cookie);
}

/* A segment's base failed it, or its encoding came damaged: again. */
static void
again(struct stream *s, int code)
{
	struct receive *r;

	r = s->r;
	if (++s->retries > RETRIES_MAX) {
		fail(r, code, "a segment came damaged again and again");
		return;
	}
	if (code == PH_EBASE && !s->plain) {
		r->stats.fallbacks++;
		s->state = STREAM_QUERY;
	} else
		start_pull(s, s->length, 0);
	r->ready(r->cookie);
}

static void
on_completed(void *cookie, const struct staging_job_result *result)
{
	struct receive *r;
	struct stream *s;

	s = cookie;
	r = s->r;
	if (!came_back(r))
		return;
	if (result->code == PH_EBASE || result->code == PH_EDIGEST) {
		again(s, result->code);
		return;
	}
	if (result->code != PH_OK) {
		r->failure = result->failure;
		fail(r, result->code, "");
		return;
	}
	r->stats.logical_bytes += result->done_bytes;
	r->stats.reused_bytes += result->reused_bytes;
	s->state = STREAM_IDLE;
	advance(r);
}

/* Hand on what came: a piece of the encoding, or its end. */
static void
flush(struct stream *s)
{
	if (s->appending || s->state != STREAM_PULLING)
		return;
	if (s->came == s->length) {
		s->state = STREAM_COMPLETING;
		went(s->r,
		    staging_job_complete(s->r->blob, s->segment, s->plain,
			s->stored, &s->pending, on_completed, s));
	} else if (s->pending.len >= FLUSH_SIZE) {
		s->appending = 1;
		went(s->r,
		    staging_job_append(s->r->blob, s->segment, s->stored,
			&s->pending, on_appended, s));
	}
}

int
receive_on_data(struct receive *r, const struct message_data *m)
{
	struct stream *s;
	int code;

	if (r->phase == PHASE_OVER)
		return PH_OK;
	s = find_stream(r, m->segment);
	if (s == NULL || s->state != STREAM_PULLING || m->offset != s->came ||
	    m->len > s->asked - s->came)
		return PH_EMESSAGE;
	code = buffer_put(&s->pending, m->bytes, m->len);
	if (code != PH_OK)
		return code;
	s->came += (uint32_t)m->len;
	r->stats.wire_bytes += m->len;
	flush(s);
	return PH_OK;
}

static void
on_found(void *cookie, const struct staging_job_result *result)
{
	struct receive *r;
	struct stream *s;

	s = cookie;
	r = s->r;
	if (!came_back(r))
		return;
	r->finding = 0;
	s->state = STREAM_IDLE;
	if (result->code != PH_OK) {
		fail(r, result->code, "");
		return;
	}
	r->cursor = result->cursor;
	if (result->found) {
		s->segment = (uint32_t)(result->cursor - 1);
		s->plain = 0;
		s->retries = 0;
		if (result->no_base) {
			r->stats.fallbacks++;
			s->state = STREAM_QUERY;
		} else {
			start_pull(s, result->length, result->have);
			r->stats.resumed_bytes += result->have;
			flush(s);
		}
		r->ready(r->cookie);
	}
	advance(r);
}

static void
on_finished(void *cookie, const struct staging_job_result *result)
{
	struct receive *r;

	r = cookie;
	if (!came_back(r))
		return;
	if (result->code != PH_OK) {
		r->failure = result->failure;
		fail(r, result->code,
		    result->code == PH_EDIGEST ?
			"the whole is not what the manifest says" :
			"");
		return;
	}
	r->phase = PHASE_OVER;
	r->code = PH_OK;
	r->ready(r->cookie);
}

/* Look for more to pull, or finish. */
static void
advance(struct receive *r)
{
	struct stream *idle;
	size_t i, nidle;

	if (r->phase != PHASE_PULLING)
		return;
	idle = NULL;
	nidle = 0;
	for (i = 0; i < RECEIVE_STREAMS; i++) {
		if (r->streams[i].state == STREAM_IDLE) {
			idle = &r->streams[i];
			nidle++;
		}
	}
	if (nidle == RECEIVE_STREAMS && r->cursor == r->nsegments) {
		r->phase = PHASE_FINISHING;
		went(r, staging_job_finish(r->blob, on_finished, r));
		return;
	}
	if (idle == NULL || r->finding || r->cursor >= r->announced)
		return;
	r->finding = 1;
	idle->state = STREAM_FINDING;
	went(r,
	    staging_job_find(r->blob, r->cursor, r->announced, on_found, idle));
}

static int
put_want(struct receive *r, struct buffer *out)
{
	struct message_want m;

	memset(&m, 0, sizeof(m));
	m.blob = r->config.blob;
	m.nbases = r->config.nbases;
	memcpy(m.bases, r->config.bases, sizeof(m.bases));
	r->phase = PHASE_WANTED;
	return message_want_encode(&m, r->config.transfer, out);
}

/* Ask for more of a stream, in pieces worth a message. */
static int
put_pull(struct receive *r, struct stream *s, struct buffer *out)
{
	struct message_pull m;
	uint32_t room;

	room = RECEIVE_STREAM_WINDOW - (s->asked - s->stored);
	if (room > s->length - s->asked)
		room = s->length - s->asked;
	if (room == 0 ||
	    (room < RECEIVE_STREAM_WINDOW / 4 && room < s->length - s->asked))
		return PH_OK;
	memset(&m, 0, sizeof(m));
	m.segment = s->segment;
	m.plain = s->plain;
	m.offset = s->asked;
	m.credit = room;
	s->asked += room;
	return message_pull_encode(&m, r->config.transfer, out);
}

/* Ask for a plain encoding; one at a time. */
static int
put_query(struct receive *r, struct stream *s, struct buffer *out)
{
	struct message_plain_query m;
	size_t i;

	for (i = 0; i < RECEIVE_STREAMS; i++) {
		if (r->streams[i].state == STREAM_QUERIED ||
		    (r->streams[i].plain &&
			r->streams[i].state == STREAM_PULLING))
			return PH_OK;
	}
	m.segment = s->segment;
	s->state = STREAM_QUERIED;
	return message_plain_query_encode(&m, r->config.transfer, out);
}

int
receive_control(struct receive *r, struct buffer *out)
{
	struct stream *s;
	size_t i;
	int code;

	if (r->phase == PHASE_WANT)
		return put_want(r, out);
	if (r->phase != PHASE_PULLING)
		return PH_OK;
	/* What could not be done before something else came back. */
	advance(r);
	code = PH_OK;
	for (i = 0; code == PH_OK && i < RECEIVE_STREAMS; i++) {
		s = &r->streams[i];
		if (s->state == STREAM_PULLING)
			code = put_pull(r, s, out);
		else if (s->state == STREAM_QUERY)
			code = put_query(r, s, out);
	}
	return code;
}
