/*
 * Byte-level matches without an index: along the diagonals that the copies
 * around a literal, and its own place, suggest.
 */
#include <string.h>

#include "proto/errors.h"

#include "syncd/delta/refine.h"

/* The grid on which a diagonal is chosen. */
#define BLOCK_SIZE 4096u

/*
 * Shorter runs of common bytes cost more in operations than they save in
 * compressed literals.
 */
#define RUN_MIN 24u

/* A diagonal is not followed further than this from its copy. */
#define REACH 65536u

/* Nor is a copy looked for over more operations than this. */
#define NEIGHBOURS 8u

/*
 * A constant run shorter than this joins the copies around it where the base
 * has it, too; a longer one may become a hole.
 */
#define HOLE_MIN 4096u

/* Shorter constant runs stay in their literal; they are sought so far apart. */
#define CONSTANT_MIN 256u
#define CONSTANT_STRIDE 64u

/* Bytes in common with the base, relative to a block. */
struct run {
	uint32_t begin;
	uint32_t len;
};

struct runs {
	struct run runs[BLOCK_SIZE / RUN_MIN + 1];
	size_t nruns;
	uint32_t total;  /* Of their lengths. */
	uint64_t source; /* Of the block's first byte. */
};

/* Eight bytes as they stand. */
static uint64_t
load(const uint8_t *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	return word;
}

/* The constant run around position that lies in [begin, end). */
static void
constant_around(const uint8_t *target, size_t position, size_t begin,
    size_t end, struct run *run)
{
	size_t first, last;

	first = last = position;
	while (first > begin && target[first - 1] == target[position])
		first--;
	while (last < end && target[last] == target[position])
		last++;
	run->begin = (uint32_t)first;
	run->len = (uint32_t)(last - first);
}

/* Take the constant runs out of the literal [begin, end). */
static int
split_constants(struct delta_view *v, size_t begin, size_t end,
    struct delta_pieces *to)
{
	const uint8_t *t;
	struct run run;
	size_t i;
	int r;

	t = v->target;
	for (i = begin; end - i >= CONSTANT_STRIDE; i += CONSTANT_STRIDE) {
		/* Equal to itself one byte on: nine bytes alike. */
		if (load(t + i) != load(t + i + 1))
			continue;
		constant_around(t, i, begin, end, &run);
		i = run.begin + run.len;
		if (run.len >= CONSTANT_MIN) {
			r = delta_pieces_literal(to, run.begin - begin);
			if (r != PH_OK)
				return r;
			r = delta_pieces_constant(to, run.len, t[run.begin]);
			if (r != PH_OK)
				return r;
			begin = i;
		}
		/* The loop adds a stride; the next run may begin here. */
		if (end - i < CONSTANT_STRIDE)
			break;
		i -= CONSTANT_STRIDE;
	}
	return delta_pieces_literal(to, end - begin);
}

int
delta_refine_constants(struct delta_view *v, const struct delta_pieces *from,
    struct delta_pieces *to)
{
	const struct segment_op *op;
	size_t i, position;
	int r;

	delta_pieces_reset(to);
	position = 0;
	for (i = 0; i < from->nops; i++, position += op->length) {
		op = &from->ops[i];
		if (op->kind == SEGMENT_LITERAL)
			r = split_constants(v, position, position + op->length,
			    to);
		else
			r = delta_pieces_add(to, op);
		if (r != PH_OK)
			return r;
	}
	return PH_OK;
}

/* The runs of at least RUN_MIN bytes that a and b have in common. */
static void
find_runs(const uint8_t *a, const uint8_t *b, size_t n, struct runs *runs)
{
	size_t i, done, back, forward;

	runs->nruns = 0;
	runs->total = 0;
	done = 0;
	/* A run of RUN_MIN holds a whole word at each second stride. */
	for (i = 0; i + 8 <= n; i += 8) {
		if (load(a + i) != load(b + i))
			continue;
		back = delta_equal_backward(a + i, b + i, i - done);
		forward = delta_equal_forward(a + i, b + i, n - i);
		if (back + forward >= RUN_MIN) {
			runs->runs[runs->nruns].begin = (uint32_t)(i - back);
			runs->runs[runs->nruns].len =
			    (uint32_t)(back + forward);
			runs->nruns++;
			runs->total += (uint32_t)(back + forward);
		}
		done = i + forward;
		i = done - done % 8;
	}
}

/* A literal, and the diagonals of its neighbours. */
struct gap {
	size_t begin;
	size_t end;
	int64_t before; /* Source minus position of the copy before it. */
	size_t before_end;
	int has_before;
	int64_t after; /* The same of the one after it. */
	int has_after;
};

/* Keep in best the better of it and the runs with base bytes at source. */
static void
consider(struct delta_view *v, size_t position, size_t n, uint64_t source,
    const uint8_t *bytes, struct runs *best)
{
	struct runs runs;

	find_runs(v->target + position, bytes, n, &runs);
	if (runs.total <= best->total)
		return;
	runs.source = source;
	*best = runs;
}

/* The same for a diagonal, where the base has bytes there. */
static int
consider_diagonal(struct delta_view *v, size_t position, size_t n,
    int64_t diagonal, struct runs *best)
{
	const uint8_t *bytes;
	int64_t source;
	int r;

	source = (int64_t)position + diagonal;
	if (source < 0 || (uint64_t)source > v->base->size ||
	    n > v->base->size - (uint64_t)source)
		return PH_OK;
	r = delta_view_far(v, (uint64_t)source, n, &bytes);
	if (r == PH_OK)
		consider(v, position, n, (uint64_t)source, bytes, best);
	return r;
}

/* The best diagonal for n bytes at position. */
static int
choose_diagonal(struct delta_view *v, const struct gap *gap, size_t position,
    size_t n, struct runs *best)
{
	const uint8_t *bytes;
	int64_t same;
	int r;

	best->total = 0;
	best->nruns = 0;
	same = (int64_t)v->offset;
	r = delta_view_near(v, position, n, &bytes);
	if (r != PH_OK)
		return r;
	if (bytes != NULL)
		consider(v, position, n, v->offset + position, bytes, best);
	if (best->total == n)
		return PH_OK;
	if (gap->has_before && gap->before != same &&
	    position - gap->before_end < REACH) {
		r = consider_diagonal(v, position, n, gap->before, best);
		if (r != PH_OK)
			return r;
	}
	if (gap->has_after && gap->after != same &&
	    (!gap->has_before || gap->after != gap->before) &&
	    gap->end - position < REACH)
		return consider_diagonal(v, position, n, gap->after, best);
	return PH_OK;
}

/* Put n bytes at position as the runs say. */
static int
put_runs(const struct runs *runs, size_t n, struct delta_pieces *to)
{
	const struct run *run;
	size_t i, done;
	int r;

	done = 0;
	for (i = 0; i < runs->nruns; i++) {
		run = &runs->runs[i];
		r = delta_pieces_literal(to, run->begin - done);
		if (r != PH_OK)
			return r;
		r = delta_pieces_copy(to, run->len, runs->source + run->begin);
		if (r != PH_OK)
			return r;
		done = run->begin + run->len;
	}
	return delta_pieces_literal(to, n - done);
}

/* A literal, block by block. */
static int
refine_gap(struct delta_view *v, unsigned int per_cent, struct gap *gap,
    struct delta_pieces *to)
{
	struct runs best;
	size_t position, n;
	int r;

	for (position = gap->begin; position < gap->end; position += n) {
		n = BLOCK_SIZE - (v->offset + position) % BLOCK_SIZE;
		if (n > gap->end - position)
			n = gap->end - position;
		r = choose_diagonal(v, gap, position, n, &best);
		if (r != PH_OK)
			return r;
		if (best.total == 0 || best.total * 100 < per_cent * n) {
			r = delta_pieces_literal(to, n);
		} else {
			r = put_runs(&best, n, to);
			gap->has_before = 1;
			gap->before = (int64_t)best.source - (int64_t)position;
			gap->before_end = position + n;
		}
		if (r != PH_OK)
			return r;
	}
	return PH_OK;
}

/* The diagonal of the next copy after literal number i, if one is near. */
static void
find_after(const struct delta_pieces *from, size_t i, struct gap *gap)
{
	const struct segment_op *op;
	size_t position, last;

	gap->has_after = 0;
	position = gap->end;
	last = from->nops - i > NEIGHBOURS ? i + NEIGHBOURS : from->nops - 1;
	for (i++; i <= last && position - gap->end < REACH; i++) {
		op = &from->ops[i];
		if (op->kind == SEGMENT_COPY) {
			gap->has_after = 1;
			gap->after = (int64_t)op->source - (int64_t)position;
			return;
		}
		position += op->length;
	}
}

int
delta_refine_blocks(struct delta_view *v, unsigned int per_cent,
    const struct delta_pieces *from, struct delta_pieces *to)
{
	const struct segment_op *op;
	struct gap gap;
	size_t i, position;
	int r;

	delta_pieces_reset(to);
	memset(&gap, 0, sizeof(gap));
	position = 0;
	for (i = 0; i < from->nops; i++) {
		op = &from->ops[i];
		if (op->kind == SEGMENT_LITERAL && v->base != NULL) {
			gap.begin = position;
			gap.end = position + op->length;
			find_after(from, i, &gap);
			r = refine_gap(v, per_cent, &gap, to);
		} else {
			r = delta_pieces_add(to, op);
		}
		if (r != PH_OK)
			return r;
		position += op->length;
		if (op->kind == SEGMENT_COPY) {
			gap.has_before = 1;
			gap.before_end = position;
			gap.before = (int64_t)(op->source + op->length) -
			    (int64_t)position;
		}
	}
	return PH_OK;
}

/* What the operation before the literal [begin, end) takes of it. */
static int
take_front(struct delta_view *v, size_t begin, size_t end,
    struct delta_pieces *to, size_t *n)
{
	const struct segment_op *last;
	uint64_t source;
	int r;

	*n = 0;
	if (to->nops == 0)
		return PH_OK;
	last = &to->ops[to->nops - 1];
	if (last->kind == SEGMENT_COPY) {
		source = last->source + last->length;
		r = delta_view_forward(v, begin, end - begin, source, n);
		if (r != PH_OK)
			return r;
		return delta_pieces_copy(to, *n, source);
	}
	if (last->kind == SEGMENT_LITERAL)
		return PH_OK;
	while (*n < end - begin && v->target[begin + *n] == last->value)
		(*n)++;
	return delta_pieces_constant(to, *n, last->value);
}

/* The literal [begin, end), less what next, the operation after it, takes. */
static int
put_rest(struct delta_view *v, size_t begin, size_t end,
    const struct segment_op *next, struct delta_pieces *to)
{
	size_t n;
	int r;

	n = 0;
	if (next != NULL && next->kind == SEGMENT_COPY) {
		r = delta_view_backward(v, end, end - begin, next->source, &n);
		if (r != PH_OK)
			return r;
	} else if (next != NULL && next->kind != SEGMENT_LITERAL) {
		while (n < end - begin && v->target[end - n - 1] == next->value)
			n++;
	}
	r = delta_pieces_literal(to, end - begin - n);
	if (r != PH_OK || n == 0)
		return r;
	if (next->kind == SEGMENT_COPY)
		return delta_pieces_copy(to, n, next->source - n);
	return delta_pieces_constant(to, n, next->value);
}

/* Operation op at position, a constant run, with another one after it. */
static int
put_constant(struct delta_view *v, size_t position, const struct segment_op *op,
    struct delta_pieces *to)
{
	const struct segment_op *last;
	uint64_t source;
	size_t n;
	int r;

	if (to->nops == 0 || op->length >= HOLE_MIN)
		return delta_pieces_add(to, op);
	last = &to->ops[to->nops - 1];
	source = last->source + last->length;
	if (last->kind != SEGMENT_COPY || op[1].kind != SEGMENT_COPY ||
	    op[1].source != source + op->length)
		return delta_pieces_add(to, op);
	r = delta_view_forward(v, position, op->length, source, &n);
	if (r != PH_OK)
		return r;
	if (n < op->length)
		return delta_pieces_add(to, op);
	return delta_pieces_copy(to, n, source);
}

int
delta_refine_edges(struct delta_view *v, const struct delta_pieces *from,
    struct delta_pieces *to)
{
	const struct segment_op *op;
	size_t i, position, n;
	int r;

	delta_pieces_reset(to);
	position = 0;
	for (i = 0; i < from->nops; i++, position += op->length) {
		op = &from->ops[i];
		if (op->kind == SEGMENT_COPY) {
			r = delta_pieces_add(to, op);
		} else if (op->kind != SEGMENT_LITERAL) {
			r = i + 1 < from->nops ?
			    put_constant(v, position, op, to) :
			    delta_pieces_add(to, op);
		} else {
			r = take_front(v, position, position + op->length, to,
			    &n);
			if (r == PH_OK)
				r = put_rest(v, position + n,
				    position + op->length,
				    i + 1 < from->nops ? op + 1 : NULL, to);
		}
		if (r != PH_OK)
			return r;
	}
	return PH_OK;
}
