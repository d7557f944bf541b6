/*
 * Receiving one blob.  The loop keeps the conversation: which segments are
 * asked for, how much of each came.  Everything that touches the staging is
 * a job in one lane, so jobs of a blob run one at a time and in order; rows
 * are put before a segment that needs them is looked for.
 *
 * Only callbacks of jobs end a transfer and tell the owner (settle(), fail());
 * what the owner calls returns what went wrong.
 */
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
	STREAM_RESUMING,   /* A job keeps that row, and looks what is here. */
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
	struct staging_jobs *jobs;
	enum phase phase;
	uint64_t nsegments;
	uint64_t announced;
	uint64_t cursor; /* Segments below are done or in a stream. */
	int finding;
	struct stream streams[RECEIVE_STREAMS];
	struct receive_stats stats;
	int code;
	struct failure failure;
	int freed;
};

static int advance(struct receive *r);
static int flush(struct stream *s);

/* The last job is back. */
static void
on_closed(void *cookie)
{
	struct receive *r;
	size_t i;

	r = cookie;
	for (i = 0; i < RECEIVE_STREAMS; i++)
		buffer_fini(&r->streams[i].pending);
	free(r);
}

/* It is over: what came stays. */
static void
end(struct receive *r, int code, const char *words)
{
	r->phase = PHASE_OVER;
	r->code = code;
	if (code != PH_OK)
		(void)failure_default(&r->failure, code, "receiving %s%s%s",
		    staging_jobs_what(r->jobs), words[0] == '\0' ? "" : ": ",
		    words);
}

/* The transfer failed; from callbacks of jobs only. */
static void
fail(struct receive *r, int code, const char *words)
{
	end(r, code, words);
	r->ready(r->cookie);
}

/* What was to follow a job could be begun, or not. */
static void
settle(struct receive *r, int code)
{
	if (code != PH_OK)
		fail(r, code, "");
}

/* 1 when a job that came back still matters. */
static int
matters(const struct receive *r)
{
	return !r->freed && r->phase != PHASE_OVER;
}

/* The same, and it went well; else that is the end. */
static int
went_well(struct receive *r, const struct staging_job_result *result)
{
	if (!matters(r))
		return 0;
	if (result->code == PH_OK)
		return 1;
	r->failure = result->failure;
	fail(r, result->code, "");
	return 0;
}

static void
on_opened(void *cookie, const struct staging_job_result *result)
{
	struct receive *r;

	r = cookie;
	if (!went_well(r, result))
		return;
	r->stats.resumed_bytes = result->done_bytes;
	r->stats.logical_bytes = result->done_bytes;
	r->phase = PHASE_WANT;
	r->ready(r->cookie);
}

/* The jobs of a transfer, of which the first is begun. */
static int
begin(struct receive *r)
{
	const struct receive_config *c;
	struct landing_config landing;

	c = &r->config;
	memset(&landing, 0, sizeof(landing));
	landing.store = c->store;
	landing.space = c->space;
	landing.clock = c->clock;
	landing.digest = c->blob;
	landing.map = c->map;
	landing.size = c->size;
	landing.what = c->what;
	r->jobs = staging_jobs_new(c->workers, c->lane, &landing);
	/* Borrowed till now: they have a copy. */
	r->config.what = NULL;
	return r->jobs == NULL ? PH_ENOMEM :
				 staging_job_open(r->jobs, on_opened, r);
}

struct receive *
receive_new(const struct receive_config *config, receive_ready *ready,
    void *cookie)
{
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
	if (begin(r) != PH_OK) {
		receive_free(r);
		return NULL;
	}
	return r;
}

void
receive_free(struct receive *r)
{
	if (r == NULL)
		return;
	r->freed = 1;
	if (r->jobs != NULL)
		staging_jobs_close(r->jobs, on_closed, r);
	else
		on_closed(r);
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
	return staging_jobs_dir(r->jobs);
}

void
receive_on_refused(struct receive *r, int code)
{
	if (r->phase != PHASE_OVER)
		end(r, code, "the provider does not have it for us");
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
	if (went_well(r, result))
		settle(r, advance(r));
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
	return staging_job_plan(r->jobs, &m->base, m->data, on_planned, r);
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

/* Begin to pull the encoding of a stream from what is here on. */
static void
start_pull(struct stream *s, const struct landing_segment *segment)
{
	s->state = STREAM_PULLING;
	s->length = segment->length;
	s->stored = s->came = s->asked = segment->have;
	s->r->stats.resumed_bytes += segment->have;
	buffer_reset(&s->pending);
}

static void
on_resumed(void *cookie, const struct staging_job_result *result)
{
	struct stream *s;
	struct receive *r;

	s = cookie;
	r = s->r;
	if (!went_well(r, result))
		return;
	s->plain = 1;
	start_pull(s, &result->segment);
	settle(r, flush(s));
	if (r->phase != PHASE_OVER)
		r->ready(r->cookie);
}

/* A plain row that a stream waits for. */
static int
take_plain_row(struct receive *r, const struct message_segments *m)
{
	struct stream *s;

	s = find_stream(r, m->first);
	if (m->nrows != 1 || s == NULL || s->state != STREAM_QUERIED)
		return PH_EMESSAGE;
	s->state = STREAM_RESUMING;
	return staging_job_rows(r->jobs, m, on_resumed, s);
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
	r->announced += m->nrows;
	return staging_job_rows(r->jobs, m, on_planned, r);
}

int
receive_on_done(struct receive *r)
{
	if (r->phase == PHASE_OVER)
		return PH_OK;
	/* Where all was done before, its rows already let us finish. */
	return (r->phase == PHASE_PULLING || r->phase == PHASE_FINISHING) &&
		r->announced == r->nsegments ?
	    PH_OK :
	    PH_EMESSAGE;
}

static void
on_appended(void *cookie, const struct staging_job_result *result)
{
	struct stream *s;
	struct receive *r;

	s = cookie;
	r = s->r;
	if (!went_well(r, result))
		return;
	s->appending = 0;
	s->stored += result->appended;
	settle(r, flush(s));
	if (r->phase != PHASE_OVER)
		r->ready(r->cookie);
}

/* A segment's base failed it, or its encoding came damaged: again. */
static void
again(struct stream *s, int code)
{
	static const struct landing_segment nothing;
	struct landing_segment segment;
	struct receive *r;

	r = s->r;
	if (++s->retries > RETRIES_MAX) {
		fail(r, code, "a segment came damaged again and again");
		return;
	}
	if (code == PH_EBASE)
		r->stats.fallbacks++;
	/* The provider keeps one plain encoding, now perhaps another. */
	if (code == PH_EBASE || s->plain) {
		s->state = STREAM_QUERY;
	} else {
		segment = nothing;
		segment.length = s->length;
		start_pull(s, &segment);
	}
	r->ready(r->cookie);
}

static void
on_completed(void *cookie, const struct staging_job_result *result)
{
	struct receive *r;
	struct stream *s;

	s = cookie;
	r = s->r;
	if (matters(r) &&
	    (result->code == PH_EBASE || result->code == PH_EDIGEST)) {
		again(s, result->code);
		return;
	}
	if (!went_well(r, result))
		return;
	r->stats.logical_bytes += result->done_bytes;
	r->stats.reused_bytes += result->reused_bytes;
	s->state = STREAM_IDLE;
	settle(r, advance(r));
}

/* Hand on what came: a piece of the encoding, or its end. */
static int
flush(struct stream *s)
{
	if (s->appending || s->state != STREAM_PULLING)
		return PH_OK;
	if (s->came == s->length) {
		s->state = STREAM_COMPLETING;
		return staging_job_complete(s->r->jobs, s->segment, s->plain,
		    s->stored, &s->pending, on_completed, s);
	}
	if (s->pending.len < FLUSH_SIZE)
		return PH_OK;
	s->appending = 1;
	return staging_job_append(s->r->jobs, s->segment, s->stored,
	    &s->pending, on_appended, s);
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
	return flush(s);
}

/*
 * Begin with a segment that was found.  A plain encoding that is not all
 * here is asked for again, which makes the provider have it.
 */
static int
start_segment(struct stream *s, const struct staging_job_result *found)
{
	const struct landing_segment *segment;

	segment = &found->segment;
	s->segment = (uint32_t)found->at;
	s->plain = segment->plain;
	s->retries = 0;
	if (segment->plain ? segment->have < segment->length : found->no_base) {
		/* One whose plain encoding was begun was counted then. */
		s->r->stats.fallbacks += !segment->plain;
		s->state = STREAM_QUERY;
		return PH_OK;
	}
	start_pull(s, segment);
	return flush(s);
}

static void
on_found(void *cookie, const struct staging_job_result *result)
{
	struct receive *r;
	struct stream *s;
	int code;

	s = cookie;
	r = s->r;
	r->finding = 0;
	s->state = STREAM_IDLE;
	if (!went_well(r, result))
		return;
	r->cursor = result->at;
	code = PH_OK;
	if (result->at < result->end) {
		r->cursor++;
		code = start_segment(s, result);
	}
	if (code == PH_OK)
		code = advance(r);
	settle(r, code);
	if (r->phase != PHASE_OVER)
		r->ready(r->cookie);
}

static void
on_finished(void *cookie, const struct staging_job_result *result)
{
	struct receive *r;

	r = cookie;
	if (!matters(r))
		return;
	if (result->code == PH_EDIGEST) {
		fail(r, result->code,
		    "the whole is not what the manifest says");
		return;
	}
	if (!went_well(r, result))
		return;
	end(r, PH_OK, "");
	r->ready(r->cookie);
}

/* Look for more to pull, or finish. */
static int
advance(struct receive *r)
{
	struct stream *idle;
	size_t i, nidle;

	if (r->phase != PHASE_PULLING)
		return PH_OK;
	idle = NULL;
	nidle = 0;
	for (i = 0; i < RECEIVE_STREAMS; i++) {
		if (r->streams[i].state != STREAM_IDLE)
			continue;
		if (idle == NULL)
			idle = &r->streams[i];
		nidle++;
	}
	if (nidle == RECEIVE_STREAMS && r->cursor == r->nsegments) {
		r->phase = PHASE_FINISHING;
		return staging_job_finish(r->jobs, on_finished, r);
	}
	if (idle == NULL || r->finding || r->cursor >= r->announced)
		return PH_OK;
	r->finding = 1;
	idle->state = STREAM_FINDING;
	return staging_job_find(r->jobs, r->cursor, r->announced, on_found,
	    idle);
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

/* 1 while a stream needs the one plain encoding that the provider keeps. */
static int
needs_plain(const struct stream *s)
{
	return s->state == STREAM_QUERIED || s->state == STREAM_RESUMING ||
	    (s->state == STREAM_PULLING && s->plain);
}

/* Ask for a plain encoding; one at a time. */
static int
put_query(struct receive *r, struct stream *s, struct buffer *out)
{
	struct message_plain_query m;
	size_t i;

	for (i = 0; i < RECEIVE_STREAMS; i++) {
		if (needs_plain(&r->streams[i]))
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
	code = advance(r);
	for (i = 0; code == PH_OK && i < RECEIVE_STREAMS; i++) {
		s = &r->streams[i];
		if (s->state == STREAM_PULLING)
			code = put_pull(r, s, out);
		else if (s->state == STREAM_QUERY)
			code = put_query(r, s, out);
	}
	return code;
}
