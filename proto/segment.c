/*
 * Segments: written in one go, read with a walk over the operations that
 * checks them all before anything is done, so that applying has no errors
 * of its own but those of the base.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/limits.h"
#include "proto/varint.h"

#include "proto/segment.h"

static const char magic[4] = "PHS1";

#define PREFIX_NONE 0u

/*
 * The longest operation: a length below 2^26 with its kind in 4 bytes, the
 * zigzag of a difference within PH_BLOB_SIZE_MAX in 8.
 */
#define OP_SIZE_MAX 12u

/* Fewer bytes than this are not worth a frame. */
#define COMPRESS_MIN 32u

/* The walk over the operations; all was checked up to where it stands. */
struct walk {
	struct reader ops;
	const uint8_t *literals;
	uint64_t copied; /* Where the previous copy's source ended. */
	uint64_t base_size;
	uint32_t nops; /* What is left of each. */
	uint32_t ntarget;
	uint32_t nliterals;
};

struct segment_decoder {
	struct codec *codec;
	struct buffer ops_memory;
	struct buffer literals_memory;
	const uint8_t *ops; /* Decoded, here or in the encoding itself. */
	const uint8_t *literals;
	struct segment_header header;
	struct walk walk;
};

/* The signed difference a - b of two offsets. */
static int64_t
difference(uint64_t a, uint64_t b)
{
	return (int64_t)(a - b);
}

/* Put the operations of content; asserts the rules of the format. */
static int
put_ops(const struct segment_content *content, struct buffer *b)
{
	const struct segment_op *op;
	uint64_t copied;
	size_t i, ntarget, nliterals;

	copied = content->target_offset;
	ntarget = nliterals = 0;
	for (i = 0; i < content->nops; i++) {
		op = &content->ops[i];
		assert(op->length > 0 &&
		    op->length <= content->target_length - ntarget);
		ntarget += op->length;
		(void)varint_put(b, (uint64_t)op->length << 2 | op->kind);
		if (op->kind == SEGMENT_LITERAL) {
			nliterals += op->length;
		} else if (op->kind == SEGMENT_COPY) {
			assert(op->source <= content->base_size &&
			    op->length <= content->base_size - op->source);
			(void)varint_put(b,
			    varint_zigzag(difference(op->source, copied)));
			copied = op->source + op->length;
		} else if (op->kind == SEGMENT_FILL) {
			assert(op->value != 0);
			(void)buffer_put_u8(b, op->value);
		}
	}
	assert(ntarget == content->target_length);
	assert(nliterals == content->nliterals);
	return buffer_error(b);
}

/* What put_section did. */
struct section {
	enum segment_coding coding;
	size_t length;
	size_t encoded;
};

/* Put len bytes, as a frame where level is not 0 and that is shorter. */
static int
put_section(struct codec *codec, int level, const uint8_t *data, size_t len,
    struct buffer *out, struct section *section)
{
	size_t start;
	int r;

	start = out->len;
	section->coding = SEGMENT_ZSTD;
	section->length = len;
	r = PH_ELIMIT;
	if (level > 0 && len >= COMPRESS_MIN)
		r = codec_compress(codec, level, data, len, out);
	if (r == PH_ENOMEM)
		return r;
	if (r != PH_OK || out->len - start >= len) {
		buffer_truncate(out, start);
		section->coding = SEGMENT_STORED;
		r = buffer_put(out, data, len);
	}
	section->encoded = out->len - start;
	return r;
}

/* Put the header; PH_OK or PH_ENOMEM. */
static int
put_header(const struct segment_content *content, const struct section *ops,
    const struct section *literals, struct buffer *b)
{
	(void)buffer_put(b, magic, sizeof(magic));
	(void)buffer_put_u8(b, (uint8_t)ops->coding);
	(void)buffer_put_u8(b, (uint8_t)literals->coding);
	(void)buffer_put_u8(b, PREFIX_NONE);
	(void)buffer_put_u8(b, 0);
	(void)buffer_put_u64(b, content->target_offset);
	(void)buffer_put_u32(b, content->target_length);
	(void)buffer_put(b, content->target.bytes, DIGEST_SIZE);
	(void)buffer_put(b, content->base.bytes, DIGEST_SIZE);
	(void)buffer_put_u64(b, content->base_size);
	(void)buffer_put_u32(b, (uint32_t)content->nops);
	(void)buffer_put_u32(b, (uint32_t)ops->length);
	(void)buffer_put_u32(b, (uint32_t)ops->encoded);
	(void)buffer_put_u32(b, (uint32_t)literals->length);
	(void)buffer_put_u32(b, (uint32_t)literals->encoded);
	return buffer_error(b);
}

int
segment_encode(struct codec *codec, const struct segment_content *content,
    struct buffer *out)
{
	struct buffer header, ops;
	struct section ops_section, literals_section;
	size_t start;
	int r;

	buffer_init(&header, SEGMENT_HEADER_SIZE);
	buffer_init(&ops, (size_t)PH_SEGMENT_OPS_MAX * OP_SIZE_MAX);
	start = out->len;
	r = PH_ELIMIT;
	if (content->nops > PH_SEGMENT_OPS_MAX)
		goto out;
	r = put_ops(content, &ops);
	if (r != PH_OK)
		goto out;
	/* The header's lengths are known last, its place first. */
	if (buffer_reserve(out, SEGMENT_HEADER_SIZE) == NULL) {
		r = buffer_error(out);
		goto out;
	}
	r = put_section(codec, CODEC_LEVEL_DEFAULT, ops.data, ops.len, out,
	    &ops_section);
	if (r != PH_OK)
		goto out;
	r = put_section(codec, content->level, content->literals,
	    content->nliterals, out, &literals_section);
	if (r != PH_OK)
		goto out;
	r = put_header(content, &ops_section, &literals_section, &header);
	if (r != PH_OK)
		goto out;
	assert(header.len == SEGMENT_HEADER_SIZE);
	memcpy(out->data + start, header.data, SEGMENT_HEADER_SIZE);
out:
	buffer_fini(&header);
	buffer_fini(&ops);
	return r;
}

/* The fields in their order, checked one by one. */
static int
get_fields(struct reader *r, struct segment_header *h)
{
	const uint8_t *m;
	uint8_t ops_coding, literals_coding, prefix, zero;

	if (reader_borrow(r, sizeof(magic), &m) != PH_OK ||
	    memcmp(m, magic, sizeof(magic)) != 0)
		return PH_ESEGMENT;
	if (reader_get_u8(r, &ops_coding) != PH_OK ||
	    reader_get_u8(r, &literals_coding) != PH_OK ||
	    reader_get_u8(r, &prefix) != PH_OK ||
	    reader_get_u8(r, &zero) != PH_OK ||
	    reader_get_u64(r, &h->target_offset) != PH_OK ||
	    reader_get_u32(r, &h->target_length) != PH_OK ||
	    reader_get(r, h->target.bytes, DIGEST_SIZE) != PH_OK ||
	    reader_get(r, h->base.bytes, DIGEST_SIZE) != PH_OK ||
	    reader_get_u64(r, &h->base_size) != PH_OK ||
	    reader_get_u32(r, &h->nops) != PH_OK ||
	    reader_get_u32(r, &h->ops_length) != PH_OK ||
	    reader_get_u32(r, &h->ops_encoded) != PH_OK ||
	    reader_get_u32(r, &h->literals_length) != PH_OK ||
	    reader_get_u32(r, &h->literals_encoded) != PH_OK)
		return PH_ESEGMENT;
	if (ops_coding > SEGMENT_ZSTD || literals_coding > SEGMENT_ZSTD ||
	    prefix != PREFIX_NONE || zero != 0)
		return PH_ESEGMENT;
	h->ops_coding = ops_coding;
	h->literals_coding = literals_coding;
	return PH_OK;
}

/* Whether what stands in h can be true, rest bytes following it. */
static int
is_plausible(const struct segment_header *h, size_t rest)
{
	if (h->target_length == 0 || h->target_length > PH_SEGMENT_SIZE_MAX)
		return 0;
	if (h->target_offset > PH_BLOB_SIZE_MAX - h->target_length)
		return 0;
	if (h->base_size > PH_BLOB_SIZE_MAX ||
	    digest_is_zero(&h->base) != (h->base_size == 0))
		return 0;
	if (h->nops == 0 || h->nops > PH_SEGMENT_OPS_MAX ||
	    h->nops > h->target_length)
		return 0;
	if (h->ops_length < h->nops || h->ops_length > h->nops * OP_SIZE_MAX)
		return 0;
	if (h->ops_coding == SEGMENT_STORED && h->ops_encoded != h->ops_length)
		return 0;
	if (h->literals_length > h->target_length)
		return 0;
	if (h->literals_coding == SEGMENT_STORED &&
	    h->literals_encoded != h->literals_length)
		return 0;
	if (h->literals_coding == SEGMENT_ZSTD && h->literals_length == 0)
		return 0;
	return (uint64_t)h->ops_encoded + h->literals_encoded == rest;
}

int
segment_header_decode(const void *data, size_t len,
    struct segment_header *header)
{
	struct reader r;

	if (len > PH_ENCODING_SIZE_MAX)
		return PH_ESEGMENT;
	reader_init(&r, data, len);
	if (get_fields(&r, header) != PH_OK || !is_plausible(header, r.len))
		return PH_ESEGMENT;
	return PH_OK;
}

int
segment_header_check(const struct segment_header *header, uint64_t offset,
    uint32_t length, const struct digest *base, uint64_t base_size)
{
	if (header->target_offset != offset || header->target_length != length)
		return PH_ESEGMENT;
	if (digest_is_zero(&header->base))
		return PH_OK;
	if (base == NULL || digest_compare(&header->base, base) != 0 ||
	    header->base_size != base_size)
		return PH_ESEGMENT;
	return PH_OK;
}

struct segment_decoder *
segment_decoder_new(void)
{
	struct segment_decoder *d;

	d = calloc(1, sizeof(*d));
	if (d == NULL)
		return NULL;
	buffer_init(&d->ops_memory, (size_t)PH_SEGMENT_OPS_MAX * OP_SIZE_MAX);
	buffer_init(&d->literals_memory, PH_SEGMENT_SIZE_MAX);
	d->codec = codec_new();
	if (d->codec == NULL) {
		segment_decoder_free(d);
		return NULL;
	}
	return d;
}

void
segment_decoder_free(struct segment_decoder *d)
{
	if (d == NULL)
		return;
	codec_free(d->codec);
	buffer_fini(&d->ops_memory);
	buffer_fini(&d->literals_memory);
	free(d);
}

/* The decoded bytes of a section: where they stand, or in memory. */
static int
decode_section(struct codec *codec, enum segment_coding coding,
    const uint8_t *data, size_t encoded, size_t length, struct buffer *memory,
    const uint8_t **out)
{
	uint8_t *room;
	int r;

	*out = data;
	if (coding == SEGMENT_STORED)
		return PH_OK;
	buffer_reset(memory);
	room = buffer_reserve(memory, length);
	if (room == NULL)
		return PH_ENOMEM;
	*out = room;
	r = codec_decompress(codec, data, encoded, room, length);
	return r == PH_EMESSAGE ? PH_ESEGMENT : r;
}

/* The source of a copy: the second varint, and its bounds. */
static int
walk_copy(struct walk *w, struct segment_op *op)
{
	uint64_t value;
	int64_t source;

	if (varint_get(&w->ops, &value) != PH_OK)
		return PH_ESEGMENT;
	if (__builtin_add_overflow((int64_t)w->copied, varint_unzigzag(value),
		&source) ||
	    source < 0)
		return PH_ESEGMENT;
	op->source = (uint64_t)source;
	if (op->source > w->base_size || op->length > w->base_size - op->source)
		return PH_ESEGMENT;
	w->copied = op->source + op->length;
	return PH_OK;
}

/* The next operation, of which one at least is left. */
static int
walk_next(struct walk *w, struct segment_op *op)
{
	uint64_t value;

	memset(op, 0, sizeof(*op));
	if (varint_get(&w->ops, &value) != PH_OK)
		return PH_ESEGMENT;
	op->kind = value & 3;
	if (value >> 2 == 0 || value >> 2 > w->ntarget)
		return PH_ESEGMENT;
	op->length = (uint32_t)(value >> 2);
	w->ntarget -= op->length;
	w->nops--;
	switch (op->kind) {
	case SEGMENT_ZERO:
		return PH_OK;
	case SEGMENT_LITERAL:
		if (op->length > w->nliterals)
			return PH_ESEGMENT;
		w->nliterals -= op->length;
		return PH_OK;
	case SEGMENT_COPY:
		return walk_copy(w, op);
	case SEGMENT_FILL:
		if (reader_get_u8(&w->ops, &op->value) != PH_OK ||
		    op->value == 0)
			return PH_ESEGMENT;
		return PH_OK;
	}
	return PH_ESEGMENT;
}

void
segment_rewind(struct segment_decoder *d)
{
	struct walk *w;

	w = &d->walk;
	reader_init(&w->ops, d->ops, d->header.ops_length);
	w->literals = d->literals;
	w->copied = d->header.target_offset;
	w->base_size = d->header.base_size;
	w->nops = d->header.nops;
	w->ntarget = d->header.target_length;
	w->nliterals = d->header.literals_length;
}

/* Walk over all operations once; nothing may be left of anything. */
static int
check_ops(struct segment_decoder *d)
{
	struct walk *w;
	struct segment_op op;
	int r;

	segment_rewind(d);
	w = &d->walk;
	while (w->nops > 0) {
		r = walk_next(w, &op);
		if (r != PH_OK)
			return r;
	}
	if (w->ntarget != 0 || w->nliterals != 0 ||
	    reader_end(&w->ops) != PH_OK)
		return PH_ESEGMENT;
	segment_rewind(d);
	return PH_OK;
}

int
segment_load(struct segment_decoder *d, const void *data, size_t len,
    const struct segment_header **header)
{
	struct segment_header *h;
	const uint8_t *p;
	int r;

	h = &d->header;
	r = segment_header_decode(data, len, h);
	if (r != PH_OK)
		goto fail;
	p = (const uint8_t *)data + SEGMENT_HEADER_SIZE;
	r = decode_section(d->codec, h->ops_coding, p, h->ops_encoded,
	    h->ops_length, &d->ops_memory, &d->ops);
	if (r != PH_OK)
		goto fail;
	p += h->ops_encoded;
	/* Operations first: literals are not worth decoding if they fail. */
	r = check_ops(d);
	if (r != PH_OK)
		goto fail;
	r = decode_section(d->codec, h->literals_coding, p, h->literals_encoded,
	    h->literals_length, &d->literals_memory, &d->literals);
	if (r != PH_OK)
		goto fail;
	segment_rewind(d);
	*header = h;
	return PH_OK;
fail:
	memset(h, 0, sizeof(*h));
	segment_rewind(d);
	return r;
}

int
segment_next(struct segment_decoder *d, struct segment_op *op,
    const uint8_t **literal)
{
	int r;

	*literal = NULL;
	if (d->walk.nops == 0)
		return 0;
	r = walk_next(&d->walk, op);
	assert(r == PH_OK); /* segment_load walked here before. */
	if (op->kind == SEGMENT_LITERAL) {
		*literal = d->walk.literals;
		d->walk.literals += op->length;
	}
	return 1;
}

/* The target bytes; PH_OK or PH_EBASE. */
static int
replay(struct segment_decoder *d, uint8_t *target, segment_read_fn *read,
    void *cookie)
{
	struct segment_op op;
	const uint8_t *literal;

	segment_rewind(d);
	while (segment_next(d, &op, &literal)) {
		switch (op.kind) {
		case SEGMENT_ZERO:
		case SEGMENT_FILL:
			memset(target, op.value, op.length);
			break;
		case SEGMENT_LITERAL:
			memcpy(target, literal, op.length);
			break;
		case SEGMENT_COPY:
			if (read == NULL ||
			    read(cookie, op.source, target, op.length) != PH_OK)
				return PH_EBASE;
			break;
		}
		target += op.length;
	}
	segment_rewind(d);
	return PH_OK;
}

int
segment_apply(struct segment_decoder *d, uint8_t *target, segment_read_fn *read,
    void *cookie)
{
	struct digest found;
	int r;

	r = replay(d, target, read, cookie);
	if (r != PH_OK)
		return r;
	digest_of(target, d->header.target_length, &found);
	if (digest_compare(&found, &d->header.target) != 0)
		return PH_EDIGEST;
	return PH_OK;
}
