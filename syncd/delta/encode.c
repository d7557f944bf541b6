/*
 * Encoding: read, plan, put together, decode again, compare.  The target
 * digest is taken from the target's own bytes, and what the encoding gives is
 * compared with these bytes: a fault of planning or of the base can cost a
 * delta, but never make a wrong one.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/codec.h"
#include "proto/errors.h"
#include "proto/limits.h"
#include "proto/segment.h"
#include "syncd/delta/blocks.h"
#include "syncd/delta/plan.h"

#include "syncd/delta/encode.h"

/* Base bytes compared at a time. */
#define PIECE_SIZE 65536u

/* Literals that lose less of 1000 bytes are stored: decoding costs, too. */
#define DENSE 980u

/* Copies that are a smaller part than this of the literals are not worth it. */
#define COPY_PART 64u

/* An encoding of so few bytes is never compared with one without base. */
#define SMALL_SIZE 512u

struct delta_encoder {
	struct delta_config config;
	struct delta_planner *planner;
	struct segment_decoder *decoder;
	struct codec *codec;
	uint8_t *target; /* One segment. */
	uint8_t *piece;
	struct buffer literals;
	struct buffer plain;
	struct digest zeros; /* Of nzeros zero bytes. */
	uint32_t nzeros;     /* 0: not known yet. */
};

/* The segment at work. */
struct work {
	uint64_t offset;
	uint32_t len;
	struct digest digest;
};

struct delta_encoder *
delta_encoder_new(const struct delta_config *config)
{
	struct delta_encoder *e;

	assert(config->segment_size > 0 &&
	    config->segment_size <= PH_SEGMENT_SIZE_MAX);
	e = calloc(1, sizeof(*e));
	if (e == NULL)
		return NULL;
	e->config = *config;
	buffer_init(&e->literals, PH_SEGMENT_SIZE_MAX);
	buffer_init(&e->plain, PH_ENCODING_SIZE_MAX);
	e->planner = delta_planner_new(config->base, config->signature);
	e->decoder = segment_decoder_new();
	e->codec = codec_new();
	e->target = malloc(config->segment_size);
	e->piece = malloc(PIECE_SIZE);
	if (e->planner == NULL || e->decoder == NULL || e->codec == NULL ||
	    e->target == NULL || e->piece == NULL) {
		delta_encoder_free(e);
		return NULL;
	}
	return e;
}

void
delta_encoder_free(struct delta_encoder *e)
{
	if (e == NULL)
		return;
	delta_planner_free(e->planner);
	segment_decoder_free(e->decoder);
	codec_free(e->codec);
	free(e->target);
	free(e->piece);
	buffer_fini(&e->literals);
	buffer_fini(&e->plain);
	free(e);
}

uint32_t
delta_segment_count(uint64_t size, uint32_t segment_size)
{
	return (uint32_t)(size / segment_size + (size % segment_size != 0));
}

/* Read the segment and take its digest; that of zeros is taken once. */
static int
read_target(struct delta_encoder *e, uint32_t index, struct work *w)
{
	const struct delta_source *target;
	int r, zeros;

	target = e->config.target;
	w->offset = (uint64_t)index * e->config.segment_size;
	assert(w->offset < target->size);
	w->len = e->config.segment_size;
	if (w->len > target->size - w->offset)
		w->len = (uint32_t)(target->size - w->offset);
	r = delta_source_read_sparse(target, w->offset, e->target, w->len);
	if (r != PH_OK)
		return r;
	zeros = e->target[0] == 0 && delta_block_is_constant(e->target, w->len);
	if (zeros && w->len == e->nzeros) {
		w->digest = e->zeros;
		return PH_OK;
	}
	digest_of(e->target, w->len, &w->digest);
	if (zeros) {
		e->zeros = w->digest;
		e->nzeros = w->len;
	}
	return PH_OK;
}

/* Gather the literals of a plan. */
static int
gather(struct delta_encoder *e, const struct delta_plan *plan)
{
	size_t i, position;

	buffer_reset(&e->literals);
	position = 0;
	for (i = 0; i < plan->nops; i++) {
		if (plan->ops[i].kind == SEGMENT_LITERAL)
			(void)buffer_put(&e->literals, e->target + position,
			    plan->ops[i].length);
		position += plan->ops[i].length;
	}
	return buffer_error(&e->literals);
}

/* Put the encoding that plan says; what copies nothing names no base. */
static int
put_encoding(struct delta_encoder *e, const struct work *w,
    const struct delta_plan *plan, struct buffer *out)
{
	struct segment_content content;
	int r;

	r = gather(e, plan);
	if (r != PH_OK)
		return r;
	memset(&content, 0, sizeof(content));
	content.target_offset = w->offset;
	content.target_length = w->len;
	content.target = w->digest;
	if (plan->ncopy > 0) {
		content.base = e->config.base_digest;
		content.base_size = e->config.base->size;
	}
	content.ops = plan->ops;
	content.nops = plan->nops;
	content.literals = e->literals.data;
	content.nliterals = e->literals.len;
	content.level = e->config.level;
	if (codec_estimate(e->codec, e->literals.data, e->literals.len) >=
	    DENSE)
		content.level = 0;
	buffer_reset(out);
	return segment_encode(e->codec, &content, out);
}

/* Whether the base's bytes at source are those at target. */
static int
check_copy(struct delta_encoder *e, const uint8_t *target, uint64_t source,
    uint32_t length)
{
	uint32_t n;

	for (; length > 0; target += n, source += n, length -= n) {
		n = length < PIECE_SIZE ? length : PIECE_SIZE;
		if (delta_source_read(e->config.base, source, e->piece, n) !=
		    PH_OK)
			return PH_EBASE;
		if (memcmp(e->piece, target, n) != 0)
			return PH_EDIGEST;
	}
	return PH_OK;
}

/* Decode what was made: it gives the target's bytes. */
static int
check_encoding(struct delta_encoder *e, const struct work *w,
    const struct buffer *encoding)
{
	const struct segment_header *header;
	const uint8_t *t, *literal;
	struct segment_op op;
	int r;

	r = segment_load(e->decoder, encoding->data, encoding->len, &header);
	if (r != PH_OK)
		return r == PH_ENOMEM ? r : PH_EINTERNAL;
	if (header->target_length != w->len ||
	    digest_compare(&header->target, &w->digest) != 0)
		return PH_EINTERNAL;
	for (t = e->target; segment_next(e->decoder, &op, &literal) == 1;
	     t += op.length) {
		r = PH_OK;
		if (op.kind == SEGMENT_COPY)
			r = check_copy(e, t, op.source, op.length);
		else if (op.kind == SEGMENT_LITERAL)
			r = memcmp(t, literal, op.length) == 0 ? PH_OK :
								 PH_EINTERNAL;
		else if (*t != op.value ||
		    !delta_block_is_constant(t, op.length))
			r = PH_EINTERNAL;
		if (r != PH_OK)
			return r;
	}
	return t == e->target + w->len ? PH_OK : PH_EINTERNAL;
}

/* Say what became of the segment. */
static void
report(const struct work *w, const struct delta_plan *plan,
    const struct buffer *encoding, struct delta_outcome *outcome)
{
	digest_of(encoding->data, encoding->len, &outcome->encoding);
	outcome->target = w->digest;
	outcome->target_length = w->len;
	outcome->nzero = plan->nzero;
	outcome->nfill = plan->nfill;
	outcome->ncopy = plan->ncopy;
	outcome->nliteral = plan->nliteral;
	outcome->plain = plan->ncopy == 0;
}

/* Encode the segment without the base. */
static int
encode_plain(struct delta_encoder *e, const struct work *w, struct buffer *out,
    struct delta_outcome *outcome)
{
	struct delta_plan plan;
	int r;

	r = delta_planner_plan_plain(e->planner, w->offset, e->target, w->len,
	    &plan);
	if (r != PH_OK)
		return r;
	r = put_encoding(e, w, &plan, out);
	if (r != PH_OK)
		return r;
	r = check_encoding(e, w, out);
	if (r != PH_OK)
		return r;
	report(w, &plan, out, outcome);
	return PH_OK;
}

/* Whether the segment, compressed whole, may be less than len bytes. */
static int
plain_may_be_less(struct delta_encoder *e, const struct work *w, size_t len)
{
	uint64_t estimate;

	if (e->config.level == 0 || len < SMALL_SIZE)
		return 0;
	estimate = codec_estimate(e->codec, e->target, w->len);
	/* Samples know nothing of what is far apart: half of it is near. */
	return estimate * w->len / 2000 < len;
}

/* Where a plain encoding may be the smaller one, try. */
static int
prefer_plain(struct delta_encoder *e, const struct work *w,
    struct buffer *encoding, struct delta_outcome *outcome)
{
	struct delta_outcome plain;
	int r;

	if (outcome->plain || !plain_may_be_less(e, w, encoding->len))
		return PH_OK;
	r = encode_plain(e, w, &e->plain, &plain);
	if (r != PH_OK || e->plain.len >= encoding->len)
		return r;
	*outcome = plain;
	buffer_reset(encoding);
	return buffer_put(encoding, e->plain.data, e->plain.len);
}

int
delta_encoder_segment(struct delta_encoder *e, uint32_t index,
    struct buffer *encoding, struct delta_outcome *outcome)
{
	struct delta_plan plan;
	struct work w;
	int r;

	r = read_target(e, index, &w);
	if (r != PH_OK)
		return r;
	r = delta_planner_plan(e->planner, w.offset, e->target, w.len, &plan);
	if (r == PH_OK && plan.ncopy < plan.nliteral / COPY_PART)
		return encode_plain(e, &w, encoding, outcome);
	if (r == PH_OK)
		r = put_encoding(e, &w, &plan, encoding);
	/* So many operations, or so little gained by them. */
	if (r == PH_ELIMIT)
		return encode_plain(e, &w, encoding, outcome);
	if (r != PH_OK)
		return r;
	r = check_encoding(e, &w, encoding);
	if (r != PH_OK)
		return r;
	report(&w, &plan, encoding, outcome);
	return prefer_plain(e, &w, encoding, outcome);
}

int
delta_encoder_segment_plain(struct delta_encoder *e, uint32_t index,
    struct buffer *encoding, struct delta_outcome *outcome)
{
	struct work w;
	int r;

	r = read_target(e, index, &w);
	if (r != PH_OK)
		return r;
	return encode_plain(e, &w, encoding, outcome);
}
