/*
 * Providing one blob.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/limits.h"
#include "proto/message_transfer.h"

#include "syncd/transfer/provide.h"

/* PULLs that are not answered whole; a receiver has few segments open. */
#define PULLS_MAX 64u

/* Rows that go with one call, so that content is not kept waiting. */
#define ROWS_AT_ONCE 512u

struct pull {
	uint32_t segment;
	int plain;
	uint32_t offset;
	uint32_t left;
};

/* The one segment that was encoded again without a base. */
struct plain {
	int wanted; /* Asked for, and not announced yet. */
	int busy;   /* A job is on it. */
	int ready;  /* Encoding and row are there. */
	int result;
	uint32_t segment;
	struct delta_file_row row;
	struct buffer encoding;
};

struct provide {
	struct provide_config config;
	struct encodings_use *use;
	provide_ready *ready;
	void *cookie;
	uint64_t announced;           /* Rows that went. */
	int planned;                  /* PLAN went. */
	int done;                     /* DONE went. */
	struct pull pulls[PULLS_MAX]; /* A ring. */
	size_t first;
	size_t npulls;
	struct plain plain;
	uint64_t sent;
	int freed; /* A plain job is still to come back. */
};

static void
on_changed(void *cookie)
{
	struct provide *p;

	p = cookie;
	p->ready(p->cookie);
}

struct provide *
provide_new(const struct provide_config *config, provide_ready *ready,
    void *cookie)
{
	struct provide *p;

	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return NULL;
	p->config = *config;
	p->ready = ready;
	p->cookie = cookie;
	buffer_init(&p->plain.encoding, PH_ENCODING_SIZE_MAX);
	p->use = encodings_use(config->pool, &config->blob, config->size,
	    config->has_base ? &config->base : NULL, config->base_size,
	    on_changed, p);
	if (p->use == NULL) {
		free(p);
		return NULL;
	}
	return p;
}

void
provide_free(struct provide *p)
{
	if (p == NULL)
		return;
	encodings_end(p->use);
	p->use = NULL;
	if (p->plain.busy) {
		/* on_plain() frees it. */
		p->freed = 1;
		return;
	}
	buffer_fini(&p->plain.encoding);
	free(p);
}

uint32_t
provide_transfer(const struct provide *p)
{
	return p->config.transfer;
}

const struct digest *
provide_blob(const struct provide *p)
{
	return &p->config.blob;
}

const struct digest *
provide_base(const struct provide *p)
{
	return p->config.has_base ? &p->config.base : NULL;
}

uint64_t
provide_sent(const struct provide *p)
{
	return p->sent;
}

/* The row that a pull is about. */
static int
find_row(struct provide *p, uint32_t segment, int plain,
    struct delta_file_row *row)
{
	if (plain) {
		if (!p->plain.ready || p->plain.wanted ||
		    p->plain.segment != segment)
			return PH_EMESSAGE;
		*row = p->plain.row;
		return PH_OK;
	}
	if (segment >= p->announced)
		return PH_EMESSAGE;
	return encodings_row(p->use, segment, row);
}

int
provide_on_pull(struct provide *p, const struct message_pull *m)
{
	struct delta_file_row row;
	struct pull *pull;
	int r;

	r = find_row(p, m->segment, m->plain, &row);
	if (r != PH_OK)
		return r;
	if (m->offset > row.length || m->credit > row.length - m->offset)
		return PH_EMESSAGE;
	if (p->npulls == PULLS_MAX)
		return PH_ELIMIT;
	pull = &p->pulls[(p->first + p->npulls) % PULLS_MAX];
	pull->segment = m->segment;
	pull->plain = m->plain;
	pull->offset = m->offset;
	pull->left = m->credit;
	p->npulls++;
	return PH_OK;
}

static void
on_plain(void *cookie, int result, const struct delta_file_row *row,
    struct buffer *encoding)
{
	struct provide *p;
	struct buffer mine;

	p = cookie;
	p->plain.busy = 0;
	if (p->freed) {
		provide_free(p);
		return;
	}
	p->plain.result = result;
	p->plain.row = *row;
	p->plain.ready = result == PH_OK;
	mine = p->plain.encoding;
	p->plain.encoding = *encoding;
	*encoding = mine;
	p->ready(p->cookie);
}

int
provide_on_plain_query(struct provide *p, uint32_t segment)
{
	if (segment >= p->announced)
		return PH_EMESSAGE;
	if (p->plain.busy || p->plain.wanted)
		return PH_ELIMIT;
	p->plain.wanted = 1;
	p->plain.busy = 1;
	p->plain.ready = 0;
	p->plain.segment = segment;
	return encodings_plain(p->use, segment, on_plain, p);
}

/* Put PLAN, once it is known that there will be rows. */
static int
put_plan(struct provide *p, struct buffer *out)
{
	struct message_plan plan;

	memset(&plan, 0, sizeof(plan));
	plan.blob = p->config.blob;
	if (p->config.has_base)
		plan.base = p->config.base;
	plan.size = p->config.size;
	plan.segment_size = PH_SEGMENT_SIZE;
	plan.nsegments = (uint32_t)encodings_nsegments(p->use);
	p->planned = 1;
	return message_plan_encode(&plan, p->config.transfer, out);
}

/* Put the rows from the first on, as SEGMENTS. */
static int
put_rows(struct provide *p, uint32_t first, uint32_t nrows, int plain,
    struct buffer *out)
{
	struct message_segments m;
	struct delta_file_row row;
	struct message_row wire;
	struct buffer rows;
	uint32_t i;
	int r;

	buffer_init(&rows, (size_t)nrows * MESSAGE_ROW_SIZE);
	r = PH_OK;
	for (i = 0; r == PH_OK && i < nrows; i++) {
		if (plain)
			row = p->plain.row;
		else
			r = encodings_row(p->use, first + i, &row);
		wire.encoding = row.encoding;
		wire.len = row.length;
		wire.target = row.target;
		if (r == PH_OK)
			r = message_row_encode(&wire, &rows);
	}
	m.first = first;
	m.plain = plain;
	m.rows = rows.data;
	m.nrows = nrows;
	if (r == PH_OK)
		r = message_segments_encode(&m, p->config.transfer, out);
	buffer_fini(&rows);
	return r;
}

/* Put the plain row that was asked for. */
static int
put_plain(struct provide *p, struct buffer *out)
{
	p->plain.wanted = 0;
	if (p->plain.result != PH_OK)
		return p->plain.result;
	return put_rows(p, p->plain.segment, 1, 1, out);
}

static int
put_done(struct provide *p, struct buffer *out)
{
	struct message_digest m;

	m.digest = p->config.blob;
	p->done = 1;
	return message_done_encode(&m, p->config.transfer, out);
}

static int
put_wait(struct provide *p, struct buffer *out)
{
	struct message_wait m;

	m.done = encodings_nrows(p->use);
	m.of = encodings_nsegments(p->use);
	return message_wait_encode(&m, p->config.transfer, out);
}

int
provide_control(struct provide *p, int wait, struct buffer *out)
{
	uint64_t nrows, n;
	int r;

	r = PH_OK;
	nrows = encodings_nrows(p->use);
	if (nrows > p->announced) {
		if (!p->planned)
			r = put_plan(p, out);
		n = nrows - p->announced;
		if (n > ROWS_AT_ONCE)
			n = ROWS_AT_ONCE;
		if (r == PH_OK)
			r = put_rows(p, (uint32_t)p->announced, (uint32_t)n, 0,
			    out);
		p->announced += n;
		wait = 0;
	}
	if (r == PH_OK && p->plain.wanted && !p->plain.busy)
		r = put_plain(p, out);
	if (r == PH_OK && !p->done &&
	    p->announced == encodings_nsegments(p->use))
		r = put_done(p, out);
	if (r == PH_OK && p->announced == nrows && !p->done)
		r = encodings_error(p->use);
	if (r == PH_OK && wait && !p->done)
		r = put_wait(p, out);
	return r;
}

int
provide_content(struct provide *p, size_t max, struct buffer *out, int *put)
{
	struct delta_file_row row;
	struct message_data data;
	struct pull *pull;
	uint8_t *bytes;
	int r;

	*put = 0;
	if (p->npulls == 0)
		return PH_OK;
	pull = &p->pulls[p->first];
	r = find_row(p, pull->segment, pull->plain, &row);
	if (r != PH_OK)
		return r;
	memset(&data, 0, sizeof(data));
	data.segment = pull->segment;
	data.offset = pull->offset;
	data.len = pull->left < max ? pull->left : max;
	if (data.len > PH_DATA_MAX)
		data.len = PH_DATA_MAX;
	r = message_data_reserve(&data, p->config.transfer, out, &bytes);
	if (r != PH_OK)
		return r;
	if (pull->plain)
		memcpy(bytes, p->plain.encoding.data + pull->offset, data.len);
	else
		r = encodings_read(p->use, &row, pull->offset, bytes, data.len);
	if (r != PH_OK)
		return r;
	*put = 1;
	p->sent += data.len;
	pull->offset += (uint32_t)data.len;
	pull->left -= (uint32_t)data.len;
	if (pull->left == 0) {
		p->first = (p->first + 1) % PULLS_MAX;
		p->npulls--;
	}
	return PH_OK;
}
