/*
 * Planning a segment, in passes: each takes the plan of the one before and
 * makes its literals smaller, the cheap ones first, because librsync takes
 * twenty nanoseconds for each byte that it does not find.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/limits.h"
#include "syncd/delta/blocks.h"
#include "syncd/delta/pieces.h"
#include "syncd/delta/refine.h"
#include "syncd/delta/scanner.h"
#include "syncd/delta/view.h"

#include "syncd/delta/plan.h"

/* The grid of the first pass: what file systems allocate. */
#define BLOCK_SIZE DELTA_BLOCK_SIZE_MIN

/*
 * A block that has this share in common with a place that costs nothing to
 * look at is kept from librsync.
 */
#define GOOD_ENOUGH_PER_CENT 75u

/*
 * librsync is given small pieces, because what it finds goes on in the next
 * piece at memory speed.  Where it found nothing in as many bytes as its
 * patience, it is shown only a sample of each larger piece, until it finds
 * something again; that grows at both ends later.
 */
#define SCAN_PIECE_SIZE 16384u
#define SCAN_SAMPLE_SIZE 8192u
#define SCAN_SAMPLE_OF 65536u
#define SCAN_PATIENCE (512u << 10)

/* Fewer bytes where a copy leads to are chance. */
#define FOLLOW_MIN 64u

/* Shorter runs of one value are no operation of their own. */
#define CONSTANT_MIN 256u

struct delta_planner {
	struct delta_view view;
	const struct delta_signature *signature;
	struct delta_scanner *scanner; /* NULL without signature. */
	struct delta_pieces now;
	struct delta_pieces next;
	size_t in_vain; /* Bytes scanned since something was found. */
	int has_diagonal;
	int64_t diagonal; /* Source minus position of the last copy. */
};

/* A literal that is being scanned, piece by piece. */
struct scan {
	struct delta_planner *planner;
	size_t begin;  /* Of the piece in the segment. */
	size_t cursor; /* Up to here it is in the next plan. */
	size_t end;    /* Of the literal. */
};

struct delta_planner *
delta_planner_new(const struct delta_source *base,
    const struct delta_signature *signature)
{
	struct delta_planner *p;

	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return NULL;
	if (base != NULL)
		p->signature = signature;
	if (delta_view_init(&p->view, base) != PH_OK)
		goto fail;
	if (p->signature != NULL) {
		p->scanner = delta_scanner_new(signature);
		if (p->scanner == NULL)
			goto fail;
	}
	return p;
fail:
	delta_planner_free(p);
	return NULL;
}

void
delta_planner_free(struct delta_planner *p)
{
	if (p == NULL)
		return;
	delta_scanner_free(p->scanner);
	delta_view_fini(&p->view);
	delta_pieces_fini(&p->now);
	delta_pieces_fini(&p->next);
	free(p);
}

/* The pass is over: what it made is the plan. */
static void
swap(struct delta_planner *p)
{
	struct delta_pieces pieces;

	pieces = p->now;
	p->now = p->next;
	p->next = pieces;
}

/* Whether the n bytes at position are those of the base at source. */
static int
is_equal(struct delta_view *v, size_t position, size_t n, uint64_t source,
    int *equal)
{
	const uint8_t *bytes;
	size_t piece;
	int r;

	*equal = source <= v->base->size && n <= v->base->size - source;
	while (*equal && n > 0) {
		piece = n < DELTA_FAR_SIZE ? n : DELTA_FAR_SIZE;
		r = delta_view_far(v, source, piece, &bytes);
		if (r != PH_OK)
			return r;
		*equal = memcmp(v->target + position, bytes, piece) == 0;
		position += piece;
		source += piece;
		n -= piece;
	}
	return PH_OK;
}

/* Where the last copy of the plan being made would go on, if it is the last. */
static int
going_on(const struct delta_pieces *to, uint64_t *source)
{
	const struct segment_op *last;

	if (to->nops == 0 || to->ops[to->nops - 1].kind != SEGMENT_COPY)
		return 0;
	last = &to->ops[to->nops - 1];
	*source = last->source + last->length;
	return 1;
}

/* A block that the signature knows elsewhere: its size to *n, or 0. */
static int
find_block(struct delta_planner *p, size_t position, uint64_t *source,
    size_t *n)
{
	struct delta_view *v;
	size_t size;
	int equal, r;

	*n = 0;
	if (p->signature == NULL)
		return PH_OK;
	v = &p->view;
	size = delta_signature_block_size(p->signature);
	if ((v->offset + position) % size != 0 || v->len - position < size)
		return PH_OK;
	if (!delta_signature_find(p->signature, v->target + position, source))
		return PH_OK;
	r = is_equal(v, position, size, *source, &equal);
	if (equal)
		*n = size;
	return r;
}

/*
 * Plan the n bytes at position: the same place first, because it costs a
 * receiver nothing where it can clone the base; then where the copy before
 * goes on, which makes fewer operations than the first block of that
 * content.  *n grows where a larger block was found.
 */
static int
place_block(struct delta_planner *p, size_t position, size_t *n)
{
	struct delta_view *v;
	const uint8_t *t, *bytes;
	uint64_t source;
	size_t found;
	int equal, r;

	v = &p->view;
	t = v->target + position;
	/* A shorter one at an end goes with what stands beside it. */
	if ((*n >= CONSTANT_MIN || *n == v->len) &&
	    delta_block_is_constant(t, *n))
		return delta_pieces_constant(&p->next, *n, *t);
	if (v->base == NULL)
		return delta_pieces_literal(&p->next, *n);
	r = delta_view_near(v, position, *n, &bytes);
	if (r != PH_OK)
		return r;
	if (bytes != NULL && memcmp(t, bytes, *n) == 0)
		return delta_pieces_copy(&p->next, *n, v->offset + position);
	if (going_on(&p->next, &source)) {
		r = is_equal(v, position, *n, source, &equal);
		if (r != PH_OK)
			return r;
		if (equal)
			return delta_pieces_copy(&p->next, *n, source);
	}
	r = find_block(p, position, &source, &found);
	if (r != PH_OK)
		return r;
	if (found == 0)
		return delta_pieces_literal(&p->next, *n);
	*n = found;
	return delta_pieces_copy(&p->next, *n, source);
}

/* The first pass: block by block. */
static int
plan_blocks(struct delta_planner *p)
{
	struct delta_view *v;
	size_t position, n;
	int r;

	v = &p->view;
	delta_pieces_reset(&p->next);
	for (position = 0; position < v->len; position += n) {
		n = BLOCK_SIZE - (v->offset + position) % BLOCK_SIZE;
		if (n > v->len - position)
			n = v->len - position;
		r = place_block(p, position, &n);
		if (r != PH_OK)
			return r;
	}
	swap(p);
	return PH_OK;
}

/* Remember where a copy leads. */
static void
set_diagonal(struct delta_planner *p, size_t position, uint64_t source)
{
	p->has_diagonal = 1;
	p->diagonal = (int64_t)source - (int64_t)position;
}

/*
 * A delta_match_fn: literal up to the match, then the copy, if it is one, and
 * all that goes on behind it: librsync's matches end with a block.
 */
static int
on_match(void *cookie, size_t position, size_t length, uint64_t source)
{
	struct scan *scan;
	struct delta_planner *p;
	size_t more;
	int equal, r;

	scan = cookie;
	p = scan->planner;
	position += scan->begin;
	/* What an earlier match took is no longer to be had. */
	if (position + length <= scan->cursor)
		return PH_OK;
	if (position < scan->cursor) {
		more = scan->cursor - position;
		position += more;
		source += more;
		length -= more;
	}
	r = is_equal(&p->view, position, length, source, &equal);
	if (r != PH_OK || !equal)
		return r;
	r = delta_pieces_literal(&p->next, position - scan->cursor);
	if (r != PH_OK)
		return r;
	scan->cursor = position + length;
	r = delta_view_forward(&p->view, scan->cursor, scan->end - scan->cursor,
	    source + length, &more);
	if (r != PH_OK)
		return r;
	scan->cursor += more;
	set_diagonal(p, position, source);
	p->in_vain = 0;
	return delta_pieces_copy(&p->next, length + more, source);
}

/* What the last copy leads to, over a constant run perhaps, needs no scan. */
static int
follow(struct delta_planner *p, struct scan *scan)
{
	uint64_t source;
	size_t n;
	int r;

	source = (uint64_t)((int64_t)scan->cursor + p->diagonal);
	if (!p->has_diagonal || source > p->view.base->size)
		return PH_OK;
	r = delta_view_forward(&p->view, scan->cursor, scan->end - scan->cursor,
	    source, &n);
	if (r != PH_OK || n < FOLLOW_MIN)
		return r;
	scan->cursor += n;
	return delta_pieces_copy(&p->next, n, source);
}

/* Scan the next piece of a literal, or of a larger one a sample. */
static int
scan_piece(struct delta_planner *p, struct scan *scan)
{
	size_t length, n, end;
	int r;

	length = scan->end - scan->cursor;
	n = length < SCAN_PIECE_SIZE ? length : SCAN_PIECE_SIZE;
	end = scan->cursor + n;
	if (p->in_vain > SCAN_PATIENCE) {
		end = scan->cursor +
		    (length < SCAN_SAMPLE_OF ? length : SCAN_SAMPLE_OF);
		n = n < SCAN_SAMPLE_SIZE ? n : SCAN_SAMPLE_SIZE;
	}
	p->in_vain += n;
	scan->begin = scan->cursor;
	r = delta_scanner_scan(p->scanner, p->view.target + scan->begin, n,
	    on_match, scan);
	if (r != PH_OK || scan->cursor >= end)
		return r;
	r = delta_pieces_literal(&p->next, end - scan->cursor);
	scan->cursor = end;
	return r;
}

/* Scan a literal. */
static int
scan_literal(struct delta_planner *p, size_t position, size_t length)
{
	struct scan scan;
	int r;

	scan.planner = p;
	scan.begin = position;
	scan.cursor = position;
	scan.end = position + length;
	r = follow(p, &scan);
	if (r != PH_OK)
		return r;
	while (scan.cursor < scan.end) {
		r = scan_piece(p, &scan);
		if (r != PH_OK)
			return r;
	}
	return PH_OK;
}

/* The pass that asks librsync. */
static int
plan_scan(struct delta_planner *p)
{
	const struct segment_op *op;
	size_t i, position;
	int r;

	if (p->scanner == NULL)
		return PH_OK;
	p->in_vain = 0;
	p->has_diagonal = 0;
	delta_pieces_reset(&p->next);
	position = 0;
	for (i = 0; i < p->now.nops; i++, position += op->length) {
		op = &p->now.ops[i];
		if (op->kind == SEGMENT_COPY)
			set_diagonal(p, position, op->source);
		if (op->kind == SEGMENT_LITERAL)
			r = scan_literal(p, position, op->length);
		else
			r = delta_pieces_add(&p->next, op);
		if (r != PH_OK)
			return r;
	}
	swap(p);
	return PH_OK;
}

/* What remains: bytes at the edges, and blocks a little alike. */
static int
plan_rest(struct delta_planner *p)
{
	int r;

	r = delta_refine_edges(&p->view, &p->now, &p->next);
	if (r != PH_OK)
		return r;
	swap(p);
	if (p->view.base == NULL)
		return PH_OK;
	r = delta_refine_blocks(&p->view, 0, &p->now, &p->next);
	if (r != PH_OK)
		return r;
	swap(p);
	r = delta_refine_edges(&p->view, &p->now, &p->next);
	if (r != PH_OK)
		return r;
	swap(p);
	return PH_OK;
}

/* Hand out the plan. */
static void
finish(struct delta_planner *p, struct delta_plan *plan)
{
	const struct segment_op *op;
	size_t i;

	memset(plan, 0, sizeof(*plan));
	plan->ops = p->now.ops;
	plan->nops = p->now.nops;
	for (i = 0; i < plan->nops; i++) {
		op = &plan->ops[i];
		switch (op->kind) {
		case SEGMENT_ZERO:
			plan->nzero += op->length;
			break;
		case SEGMENT_LITERAL:
			plan->nliteral += op->length;
			break;
		case SEGMENT_COPY:
			plan->ncopy += op->length;
			break;
		case SEGMENT_FILL:
			plan->nfill += op->length;
			break;
		}
	}
	assert(p->now.position == p->view.len);
}

int
delta_planner_plan(struct delta_planner *p, uint64_t offset,
    const uint8_t *target, size_t len, struct delta_plan *plan)
{
	int r;

	assert(len > 0 && len <= PH_SEGMENT_SIZE_MAX);
	delta_view_set(&p->view, offset, target, len);
	r = plan_blocks(p);
	if (r != PH_OK)
		return r;
	r = delta_refine_constants(&p->view, &p->now, &p->next);
	if (r != PH_OK)
		return r;
	swap(p);
	r = delta_refine_blocks(&p->view, GOOD_ENOUGH_PER_CENT, &p->now,
	    &p->next);
	if (r != PH_OK)
		return r;
	swap(p);
	r = plan_scan(p);
	if (r != PH_OK)
		return r;
	r = plan_rest(p);
	if (r != PH_OK)
		return r;
	finish(p, plan);
	return PH_OK;
}

int
delta_planner_plan_plain(struct delta_planner *p, uint64_t offset,
    const uint8_t *target, size_t len, struct delta_plan *plan)
{
	const struct delta_source *base;
	int r;

	assert(len > 0 && len <= PH_SEGMENT_SIZE_MAX);
	delta_view_set(&p->view, offset, target, len);
	base = p->view.base;
	p->view.base = NULL;
	r = plan_blocks(p);
	if (r != PH_OK)
		goto out;
	r = delta_refine_constants(&p->view, &p->now, &p->next);
	if (r != PH_OK)
		goto out;
	swap(p);
	r = plan_rest(p);
	if (r != PH_OK)
		goto out;
	finish(p, plan);
out:
	p->view.base = base;
	return r;
}
