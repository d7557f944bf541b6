/*
 * Scanning with librsync.  Its delta is taken apart here, command by
 * command, as it comes: literals are skipped, copies mapped from the stream
 * of distinct blocks to the base.
 */
#include <stdlib.h>
#include <string.h>

#include <librsync.h>

#include "proto/buffer.h"
#include "proto/errors.h"
#include "syncd/delta/footer.h"
#include "syncd/delta/job.h"

#include "syncd/delta/scanner.h"

/* Bytes fed to librsync at a time. */
#define PIECE_SIZE (64u << 10)

/* librsync's delta commands (its command.c). */
#define COMMAND_END 0x00u
#define COMMAND_LITERAL_SIZED 0x41u /* Below, the length itself. */
#define COMMAND_COPY 0x45u
#define COMMAND_RESERVED 0x55u

/* Where the parser of a delta stands. */
enum state {
	STATE_MAGIC,   /* Wants the magic number. */
	STATE_COMMAND, /* Wants a command byte. */
	STATE_LITERAL, /* Wants the parameter of a literal. */
	STATE_COPY,    /* Wants the two parameters of a copy. */
	STATE_SKIP,    /* Wants the bytes of a literal. */
	STATE_END
};

/* A delta that is being taken apart. */
struct parser {
	const struct delta_signature *signature;
	enum state state;
	uint8_t bytes[16]; /* Of a number or two. */
	size_t nbytes;
	size_t need;
	size_t first;      /* Of these, bytes of the first. */
	uint64_t skip;     /* Bytes of a literal still to come. */
	uint64_t position; /* In what is scanned. */
	uint64_t len;      /* Of what is scanned. */
	delta_match_fn *on_match;
	void *cookie;
};

struct delta_scanner {
	const struct delta_signature *signature;
	rs_signature_t *sums; /* NULL until the first scan. */
	uint8_t piece[PIECE_SIZE];
};

struct delta_scanner *
delta_scanner_new(const struct delta_signature *s)
{
	struct delta_scanner *c;

	delta_job_prepare();
	c = calloc(1, sizeof(*c));
	if (c != NULL)
		c->signature = s;
	return c;
}

void
delta_scanner_free(struct delta_scanner *c)
{
	if (c == NULL)
		return;
	if (c->sums != NULL)
		rs_free_sumset(c->sums);
	free(c);
}

/* Loading a signature puts nothing out. */
static int
no_output(void *cookie, const uint8_t *data, size_t len)
{
	(void)cookie;
	(void)data;
	(void)len;
	return PH_EINTERNAL;
}

/*
 * Feed librsync the sums.  Its header is made here, not read: the limits of
 * the footer hold whatever became of the file since.
 */
static int
feed_sums(struct delta_scanner *c, rs_job_t *job)
{
	struct buffer header;
	uint64_t offset, size;
	size_t n;
	int r;

	buffer_init(&header, DELTA_SUMS_HEADER_SIZE);
	(void)buffer_put_u32(&header, RS_RK_BLAKE2_SIG_MAGIC);
	(void)buffer_put_u32(&header, delta_signature_scan_size(c->signature));
	(void)buffer_put_u32(&header, DELTA_STRONG_SIZE);
	r = buffer_error(&header);
	if (r == PH_OK)
		r = delta_job_feed(job, header.data, header.len, 0, no_output,
		    NULL);
	buffer_fini(&header);
	size = (uint64_t)delta_signature_nsums(c->signature) * DELTA_SUM_SIZE;
	for (offset = 0; offset < size && r == PH_OK; offset += n) {
		n = size - offset < PIECE_SIZE ? (size_t)(size - offset) :
						 PIECE_SIZE;
		r = delta_signature_read_sums(c->signature, offset, c->piece,
		    n);
		if (r == PH_OK)
			r = delta_job_feed(job, c->piece, n, offset + n == size,
			    no_output, NULL);
	}
	return r;
}

/* The table of sums. */
static int
load_sums(struct delta_scanner *c)
{
	rs_signature_t *sums;
	rs_job_t *job;
	int r;

	sums = NULL;
	job = rs_loadsig_begin(&sums);
	if (job == NULL)
		return PH_EINTERNAL;
	r = feed_sums(c, job);
	(void)rs_job_free(job);
	if (r == PH_OK && rs_build_hash_table(sums) != RS_DONE)
		r = PH_EINTERNAL;
	if (r != PH_OK) {
		if (sums != NULL)
			rs_free_sumset(sums);
		return r;
	}
	c->sums = sums;
	return PH_OK;
}

/* The next n bytes of the parser's numbers, the highest first. */
static uint64_t
number(const struct parser *p, size_t begin, size_t n)
{
	uint64_t v;
	size_t i;

	v = 0;
	for (i = begin; i < begin + n; i++)
		v = v << 8 | p->bytes[i];
	return v;
}

/* A command byte; PH_OK or PH_EINTERNAL. */
static int
parse_command(struct parser *p, uint8_t command)
{
	p->nbytes = 0;
	if (command == COMMAND_END) {
		p->state = STATE_END;
	} else if (command < COMMAND_LITERAL_SIZED) {
		p->skip = command;
		p->state = STATE_SKIP;
	} else if (command < COMMAND_COPY) {
		p->need = (size_t)1 << (command - COMMAND_LITERAL_SIZED);
		p->state = STATE_LITERAL;
	} else if (command < COMMAND_RESERVED) {
		p->first = (size_t)1 << (command - COMMAND_COPY) / 4;
		p->need =
		    p->first + ((size_t)1 << (command - COMMAND_COPY) % 4);
		p->state = STATE_COPY;
	} else {
		return PH_EINTERNAL;
	}
	return PH_OK;
}

/* Report a copy, piece by piece where it crosses extents. */
static int
report(struct parser *p)
{
	uint64_t source, length, offset, n, end;
	int r;

	source = number(p, 0, p->first);
	length = number(p, p->first, p->need - p->first);
	end = (uint64_t)delta_signature_nblocks(p->signature) *
	    delta_signature_block_size(p->signature);
	if (source > end || length > end - source ||
	    length > p->len - p->position)
		return PH_EINTERNAL;
	while (length > 0) {
		offset = delta_signature_locate(p->signature, source, &n);
		if (n > length)
			n = length;
		r = p->on_match(p->cookie, (size_t)p->position, (size_t)n,
		    offset);
		if (r != PH_OK)
			return r;
		source += n;
		length -= n;
		p->position += n;
	}
	p->state = STATE_COMMAND;
	return PH_OK;
}

/* All bytes of a magic number, a literal's or a copy's numbers are there. */
static int
parse_numbers(struct parser *p)
{
	if (p->state == STATE_COPY)
		return report(p);
	if (p->state == STATE_LITERAL) {
		p->skip = number(p, 0, p->need);
		p->state = STATE_SKIP;
		return PH_OK;
	}
	p->state = STATE_COMMAND;
	return number(p, 0, 4) == RS_DELTA_MAGIC ? PH_OK : PH_EINTERNAL;
}

/* A delta_job_fn: the next bytes of the delta. */
static int
parse(void *cookie, const uint8_t *data, size_t len)
{
	struct parser *p;
	size_t n;
	int r;

	p = cookie;
	for (r = PH_OK; len > 0 && r == PH_OK; data += n, len -= n) {
		n = 1;
		if (p->state == STATE_END) {
			r = PH_EINTERNAL;
		} else if (p->state == STATE_COMMAND) {
			r = parse_command(p, *data);
		} else if (p->state == STATE_SKIP) {
			n = p->skip < len ? (size_t)p->skip : len;
			if (n > p->len - p->position)
				return PH_EINTERNAL;
			p->position += n;
			p->skip -= n;
			if (p->skip == 0)
				p->state = STATE_COMMAND;
		} else {
			p->bytes[p->nbytes++] = *data;
			if (p->nbytes == p->need)
				r = parse_numbers(p);
		}
	}
	return r;
}

/* Feed librsync what is to be scanned. */
static int
feed_data(struct delta_scanner *c, rs_job_t *job, const uint8_t *data,
    size_t len, struct parser *p)
{
	size_t offset, n;
	int r;

	for (offset = 0; offset < len; offset += n) {
		n = len - offset < PIECE_SIZE ? len - offset : PIECE_SIZE;
		memcpy(c->piece, data + offset, n);
		r = delta_job_feed(job, c->piece, n, offset + n == len, parse,
		    p);
		if (r != PH_OK)
			return r;
	}
	return p->state == STATE_END && p->position == len ? PH_OK :
							     PH_EINTERNAL;
}

int
delta_scanner_scan(struct delta_scanner *c, const uint8_t *data, size_t len,
    delta_match_fn *on_match, void *cookie)
{
	struct parser p;
	rs_job_t *job;
	int r;

	/* librsync would look for nothing, and not load an empty table. */
	if (delta_signature_nblocks(c->signature) == 0 ||
	    len < delta_signature_scan_size(c->signature))
		return PH_OK;
	if (c->sums == NULL) {
		r = load_sums(c);
		if (r != PH_OK)
			return r;
	}
	memset(&p, 0, sizeof(p));
	p.signature = c->signature;
	p.state = STATE_MAGIC;
	p.need = 4;
	p.len = len;
	p.on_match = on_match;
	p.cookie = cookie;
	job = rs_delta_begin(c->sums);
	if (job == NULL)
		return PH_EINTERNAL;
	r = feed_data(c, job, data, len, &p);
	(void)rs_job_free(job);
	return r;
}
