/*
 * Providing one blob.  Workers read ahead of what the link takes, so that
 * the loop neither waits for a disk nor leaves the link idle.
 */
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

/*
 * Pieces that are read before the link has room for them: while one is put,
 * the next are on their way from the disk.  512 KiB for a transfer.
 */
#define PIECES_MAX 4u
#define PIECE_SIZE (2u * PH_DATA_MAX)

/* What of a PULL is not read yet. */
struct pull {
	uint32_t segment;
	int plain;
	uint32_t offset;
	uint32_t left;
};

/* Bytes of one PULL, in the order of the PULLs; plain ones are not read. */
struct piece {
	struct provide *p;
	uint32_t segment;
	int plain;
	uint32_t offset; /* Of what is not put yet, in the encoding. */
	uint32_t len;
	uint32_t put; /* Of bytes. */
	int busy;     /* A job reads it. */
	int result;
	uint8_t *bytes;
};

/* Rows that are read before they are announced. */
struct rows {
	struct delta_file_row *rows; /* ROWS_AT_ONCE. */
	uint32_t nrows;              /* 0: none. */
	int busy;
	int result;
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
	struct piece pieces[PIECES_MAX]; /* A ring. */
	size_t first_piece;
	size_t npieces;
	struct rows rows;
	struct plain plain;
	uint64_t sent;
	unsigned int njobs; /* That are to come back. */
	int freed;
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

static void
destroy(struct provide *p)
{
	size_t i;

	for (i = 0; i < PIECES_MAX; i++)
		free(p->pieces[i].bytes);
	free(p->rows.rows);
	buffer_fini(&p->plain.encoding);
	free(p);
}

void
provide_free(struct provide *p)
{
	if (p == NULL)
		return;
	encodings_end(p->use);
	p->use = NULL;
	p->freed = 1;
	if (p->njobs == 0)
		destroy(p);
}

/* A job came back; 1 when the transfer is over, and was freed with the last. */
static int
is_over(struct provide *p)
{
	p->njobs--;
	if (!p->freed)
		return 0;
	if (p->njobs == 0)
		destroy(p);
	return 1;
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

/* 1 when an encoding without a base was announced and is still there. */
static int
has_plain(const struct provide *p, uint32_t segment)
{
	return p->plain.ready && !p->plain.wanted &&
	    p->plain.segment == segment;
}

int
provide_on_pull(struct provide *p, const struct message_pull *m)
{
	struct pull *pull;

	if (m->plain ?
		!has_plain(p, m->segment) || m->offset > p->plain.row.length ||
		    m->credit > p->plain.row.length - m->offset :
		m->segment >= p->announced)
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
	if (is_over(p))
		return;
	p->plain.busy = 0;
	p->plain.result = result;
	p->plain.row = *row;
	p->plain.ready = result == PH_OK;
	mine = p->plain.encoding;
	p->plain.encoding = *encoding;
	*encoding = mine;
	p->ready(p->cookie);
}

/* 1 while bytes of the encoding that we have are still to be put. */
static int
needs_plain(const struct provide *p)
{
	size_t i;

	for (i = 0; i < p->npulls; i++) {
		if (p->pulls[(p->first + i) % PULLS_MAX].plain)
			return 1;
	}
	for (i = 0; i < p->npieces; i++) {
		if (p->pieces[(p->first_piece + i) % PIECES_MAX].plain)
			return 1;
	}
	return 0;
}

int
provide_on_plain_query(struct provide *p, uint32_t segment)
{
	int r;

	if (segment >= p->announced)
		return PH_EMESSAGE;
	/* What was asked for of one was checked against that one. */
	if (p->plain.busy || p->plain.wanted || needs_plain(p))
		return PH_ELIMIT;
	r = encodings_plain(p->use, segment, on_plain, p);
	if (r != PH_OK)
		return r;
	p->njobs++;
	p->plain.wanted = 1;
	p->plain.busy = 1;
	p->plain.ready = 0;
	p->plain.segment = segment;
	return PH_OK;
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
	plan.data = p->config.data;
	plan.segment_size = PH_SEGMENT_SIZE;
	plan.nsegments = (uint32_t)encodings_nsegments(p->use);
	p->planned = 1;
	return message_plan_encode(&plan, p->config.transfer, out);
}

/* Put rows, of the segments from the first on, as SEGMENTS. */
static int
put_rows(const struct provide *p, uint32_t first,
    const struct delta_file_row *rows, uint32_t nrows, int plain,
    struct buffer *out)
{
	struct message_segments m;
	struct message_row wire;
	struct buffer encoded;
	uint32_t i;
	int r;

	buffer_init(&encoded, (size_t)nrows * MESSAGE_ROW_SIZE);
	r = PH_OK;
	for (i = 0; r == PH_OK && i < nrows; i++) {
		wire.encoding = rows[i].encoding;
		wire.len = rows[i].length;
		wire.target = rows[i].target;
		r = message_row_encode(&wire, &encoded);
	}
	m.first = first;
	m.plain = plain;
	m.rows = encoded.data;
	m.nrows = nrows;
	if (r == PH_OK)
		r = message_segments_encode(&m, p->config.transfer, out);
	buffer_fini(&encoded);
	return r;
}

/* Put the plain row that was asked for. */
static int
put_plain(struct provide *p, struct buffer *out)
{
	p->plain.wanted = 0;
	if (p->plain.result != PH_OK)
		return p->plain.result;
	return put_rows(p, p->plain.segment, &p->plain.row, 1, 1, out);
}

static void
on_rows(void *cookie, int result)
{
	struct provide *p;

	p = cookie;
	if (is_over(p))
		return;
	p->rows.busy = 0;
	p->rows.result = result;
	p->ready(p->cookie);
}

/* Read the rows that are announced next, if there are any. */
static int
read_rows(struct provide *p)
{
	struct rows *rows;
	uint64_t n;
	int r;

	rows = &p->rows;
	n = encodings_nrows(p->use) - p->announced;
	if (rows->nrows > 0 || n == 0)
		return PH_OK;
	if (n > ROWS_AT_ONCE)
		n = ROWS_AT_ONCE;
	if (rows->rows == NULL)
		rows->rows = calloc(ROWS_AT_ONCE, sizeof(*rows->rows));
	if (rows->rows == NULL)
		return PH_ENOMEM;
	r = encodings_read_rows(p->use, p->announced, (size_t)n, rows->rows,
	    on_rows, p);
	if (r != PH_OK)
		return r;
	p->njobs++;
	rows->nrows = (uint32_t)n;
	rows->busy = 1;
	return PH_OK;
}

/* Announce the rows that were read. */
static int
announce(struct provide *p, struct buffer *out)
{
	struct rows *rows;
	int r;

	rows = &p->rows;
	r = rows->result;
	if (r == PH_OK && !p->planned)
		r = put_plan(p, out);
	if (r == PH_OK)
		r = put_rows(p, (uint32_t)p->announced, rows->rows, rows->nrows,
		    0, out);
	p->announced += rows->nrows;
	rows->nrows = 0;
	return r;
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
	int r;

	r = PH_OK;
	if (p->rows.nrows > 0 && !p->rows.busy) {
		r = announce(p, out);
		wait = 0;
	}
	if (r == PH_OK)
		r = read_rows(p);
	if (r == PH_OK && p->plain.wanted && !p->plain.busy)
		r = put_plain(p, out);
	if (r == PH_OK && !p->done &&
	    p->announced == encodings_nsegments(p->use))
		r = put_done(p, out);
	if (r == PH_OK && p->rows.nrows == 0 && !p->done)
		r = encodings_error(p->use);
	if (r == PH_OK && wait && !p->done)
		r = put_wait(p, out);
	return r;
}

static void
on_piece(void *cookie, int result)
{
	struct piece *piece;

	piece = cookie;
	if (is_over(piece->p))
		return;
	piece->busy = 0;
	piece->result = result;
	piece->p->ready(piece->p->cookie);
}

/* Begin to read the next piece of a PULL. */
static int
read_piece(struct provide *p, const struct pull *pull, struct piece *piece)
{
	int r;

	piece->p = p;
	piece->segment = pull->segment;
	piece->plain = pull->plain;
	piece->offset = pull->offset;
	piece->len = pull->left;
	piece->put = 0;
	piece->result = PH_OK;
	if (pull->plain)
		return PH_OK;
	if (piece->len > PIECE_SIZE)
		piece->len = PIECE_SIZE;
	if (piece->bytes == NULL)
		piece->bytes = malloc(PIECE_SIZE);
	if (piece->bytes == NULL)
		return PH_ENOMEM;
	r = encodings_read(p->use, pull->segment, pull->offset,
	    pull->offset + pull->left, piece->bytes, piece->len, on_piece,
	    piece);
	piece->busy = r == PH_OK;
	p->njobs += r == PH_OK;
	return r;
}

/* Begin to read as much as there is room for. */
static int
read_pieces(struct provide *p)
{
	struct piece *piece;
	struct pull *pull;
	int r;

	while (p->npulls > 0 && p->npieces < PIECES_MAX) {
		pull = &p->pulls[p->first];
		piece = &p->pieces[(p->first_piece + p->npieces) % PIECES_MAX];
		r = read_piece(p, pull, piece);
		if (r != PH_OK)
			return r;
		p->npieces++;
		pull->offset += piece->len;
		pull->left -= piece->len;
		if (pull->left == 0) {
			p->first = (p->first + 1) % PULLS_MAX;
			p->npulls--;
		}
	}
	return PH_OK;
}

/* Put the next DATA of a piece that is there. */
static int
put_data(struct provide *p, struct piece *piece, size_t max, struct buffer *out)
{
	struct message_data data;
	const uint8_t *from;
	uint8_t *bytes;
	int r;

	from = piece->bytes + piece->put;
	if (piece->plain) {
		if (!has_plain(p, piece->segment))
			return PH_EMESSAGE;
		from = p->plain.encoding.data + piece->offset;
	}
	memset(&data, 0, sizeof(data));
	data.segment = piece->segment;
	data.offset = piece->offset;
	data.len = piece->len - piece->put;
	if (data.len > max)
		data.len = max;
	if (data.len > PH_DATA_MAX)
		data.len = PH_DATA_MAX;
	r = message_data_reserve(&data, p->config.transfer, out, &bytes);
	if (r != PH_OK)
		return r;
	memcpy(bytes, from, data.len);
	p->sent += data.len;
	piece->offset += (uint32_t)data.len;
	piece->put += (uint32_t)data.len;
	return PH_OK;
}

/* The last byte of the plain encoding was put: its memory is for others. */
static void
drop_plain(struct provide *p)
{
	p->plain.ready = 0;
	buffer_fini(&p->plain.encoding);
	buffer_init(&p->plain.encoding, PH_ENCODING_SIZE_MAX);
}

int
provide_content(struct provide *p, size_t max, struct buffer *out, int *put)
{
	struct piece *piece;
	int r;

	*put = 0;
	r = read_pieces(p);
	piece = &p->pieces[p->first_piece];
	if (r != PH_OK || p->npieces == 0 || piece->busy)
		return r;
	r = piece->result;
	if (r == PH_OK)
		r = put_data(p, piece, max, out);
	if (r != PH_OK)
		return r;
	*put = 1;
	if (piece->put < piece->len)
		return PH_OK;
	p->first_piece = (p->first_piece + 1) % PIECES_MAX;
	p->npieces--;
	if (piece->plain && piece->offset == p->plain.row.length)
		drop_plain(p);
	return read_pieces(p);
}
