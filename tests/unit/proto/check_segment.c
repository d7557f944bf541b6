/*
 * Segments: round trips of random operations, and every single-byte change of
 * real encodings.  The rules of the format are in check_segment_rules.c.
 */
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "proto/errors.h"
#include "proto/limits.h"
#include "proto/segment.h"
#include "tests/unit/check_main.h"

#define BASE_SIZE 5000u

static struct codec *codec;
static struct segment_decoder *decoder;
static uint8_t base[BASE_SIZE];
static struct buffer encoding;
static uint8_t *target; /* Room for what is applied. */

/* A small generator; tests print its seed by their loop index. */
static uint64_t random_state;

static uint32_t
random_below(uint32_t bound)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)((random_state >> 20) % bound);
}

static int
read_base(void *cookie, uint64_t offset, void *buf, size_t len)
{
	ck_assert_ptr_eq(cookie, base);
	ck_assert_uint_le(offset, BASE_SIZE);
	ck_assert_uint_le(len, BASE_SIZE - offset);
	memcpy(buf, base + offset, len);
	return PH_OK;
}

static int
read_nothing(void *cookie, uint64_t offset, void *buf, size_t len)
{
	(void)cookie;
	(void)offset;
	(void)buf;
	(void)len;
	return PH_EIO;
}

static void
setup(void)
{
	size_t i;

	random_state = 88172645463325252u;
	for (i = 0; i < BASE_SIZE; i++)
		base[i] = (uint8_t)random_below(256);
	codec = codec_new();
	decoder = segment_decoder_new();
	target = malloc(PH_SEGMENT_SIZE_MAX);
	ck_assert(codec != NULL && decoder != NULL && target != NULL);
	buffer_init(&encoding, PH_ENCODING_SIZE_MAX);
}

static void
teardown(void)
{
	buffer_fini(&encoding);
	segment_decoder_free(decoder);
	segment_decoder_free(NULL);
	codec_free(codec);
	free(target);
}

/* Load and apply; PH_OK or the first failure. */
static int
apply(const void *data, size_t len)
{
	const struct segment_header *header;
	int r;

	r = segment_load(decoder, data, len, &header);
	if (r != PH_OK)
		return r;
	return segment_apply(decoder, target, read_base, base);
}

/* A segment of each kind of operation, its expected bytes and encoding. */
struct sample {
	struct segment_op ops[64];
	uint8_t literals[4096];
	uint8_t expected[8192];
	struct segment_content content;
};

static void
sample_begin(struct sample *s, uint64_t offset)
{
	memset(s, 0, sizeof(*s));
	s->content.target_offset = offset;
	s->content.ops = s->ops;
	s->content.literals = s->literals;
	s->content.level = 3;
}

/* Add an operation; a literal takes the bytes at from. */
static void
sample_add(struct sample *s, enum segment_kind kind, uint32_t length,
    uint64_t source, uint8_t value, const uint8_t *from)
{
	struct segment_op *op;
	uint8_t *out;

	ck_assert_uint_lt(s->content.nops, 64);
	op = &s->ops[s->content.nops++];
	op->kind = kind;
	op->length = length;
	op->source = source;
	op->value = value;
	out = s->expected + s->content.target_length;
	if (kind == SEGMENT_COPY) {
		memcpy(out, base + source, length);
		s->content.base_size = BASE_SIZE;
		digest_of(base, BASE_SIZE, &s->content.base);
	} else if (kind == SEGMENT_LITERAL) {
		memcpy(out, from, length);
		memcpy(s->literals + s->content.nliterals, from, length);
		s->content.nliterals += length;
	} else {
		memset(out, value, length);
	}
	s->content.target_length += length;
}

static void
sample_encode(struct sample *s)
{
	digest_of(s->expected, s->content.target_length, &s->content.target);
	buffer_reset(&encoding);
	ck_assert_int_eq(segment_encode(codec, &s->content, &encoding), PH_OK);
}

/* One of each, with sources before and behind. */
static void
sample_mixed(struct sample *s, int level)
{
	sample_begin(s, 1000);
	sample_add(s, SEGMENT_COPY, 100, 1000, 0, NULL);
	sample_add(s, SEGMENT_LITERAL, 5, 0, 0, (const uint8_t *)"horse");
	sample_add(s, SEGMENT_ZERO, 70, 0, 0, NULL);
	sample_add(s, SEGMENT_COPY, 40, 4960, 0, NULL);
	sample_add(s, SEGMENT_FILL, 33, 0, 0xff, NULL);
	sample_add(s, SEGMENT_COPY, 1, 0, 0, NULL);
	sample_add(s, SEGMENT_LITERAL, 60, 0, 0,
	    (const uint8_t *)"packpackpackpackpackpackpackpack"
			     "packpackpackpackpackpackpackpack");
	s->content.level = level;
	sample_encode(s);
}

START_TEST(header)
{
	const struct segment_header *h;
	struct digest other;
	struct sample s;

	sample_mixed(&s, 3);
	ck_assert_int_eq(segment_load(decoder, encoding.data, encoding.len, &h),
	    PH_OK);
	ck_assert_uint_eq(h->target_offset, 1000);
	ck_assert_uint_eq(h->target_length, s.content.target_length);
	ck_assert_int_eq(digest_compare(&h->target, &s.content.target), 0);
	ck_assert_int_eq(digest_compare(&h->base, &s.content.base), 0);
	ck_assert_uint_eq(h->base_size, BASE_SIZE);
	ck_assert_uint_eq(h->nops, 7);
	ck_assert_uint_eq(h->literals_length, 65);
	ck_assert_int_eq(h->literals_coding, SEGMENT_ZSTD);
	ck_assert_uint_eq(SEGMENT_HEADER_SIZE + h->ops_encoded +
		h->literals_encoded,
	    encoding.len);

	digest_of("other", 5, &other);
	ck_assert_int_eq(segment_header_check(h, 1000, h->target_length,
			     &s.content.base, BASE_SIZE),
	    PH_OK);
	ck_assert_int_eq(segment_header_check(h, 1001, h->target_length,
			     &s.content.base, BASE_SIZE),
	    PH_ESEGMENT);
	ck_assert_int_eq(segment_header_check(h, 1000, h->target_length + 1,
			     &s.content.base, BASE_SIZE),
	    PH_ESEGMENT);
	ck_assert_int_eq(segment_header_check(h, 1000, h->target_length, &other,
			     BASE_SIZE),
	    PH_ESEGMENT);
	ck_assert_int_eq(segment_header_check(h, 1000, h->target_length,
			     &s.content.base, BASE_SIZE + 1),
	    PH_ESEGMENT);
	ck_assert_int_eq(segment_header_check(h, 1000, h->target_length, NULL,
			     0),
	    PH_ESEGMENT);
}
END_TEST

/* An encoding without base suits where one may be named and where not. */
START_TEST(header_without_base)
{
	const struct segment_header *h;
	struct digest other;
	struct sample s;

	sample_begin(&s, 0);
	sample_add(&s, SEGMENT_ZERO, 4000, 0, 0, NULL);
	sample_encode(&s);
	digest_of("other", 5, &other);
	ck_assert_int_eq(segment_load(decoder, encoding.data, encoding.len, &h),
	    PH_OK);
	ck_assert_int_eq(segment_header_check(h, 0, 4000, NULL, 0), PH_OK);
	ck_assert_int_eq(segment_header_check(h, 0, 4000, &other, 9), PH_OK);
	ck_assert_int_eq(segment_apply(decoder, target, NULL, NULL), PH_OK);
}
END_TEST

START_TEST(applies)
{
	struct sample s;
	int level;

	for (level = 0; level <= 3; level += 3) {
		sample_mixed(&s, level);
		memset(target, 0xaa, s.content.target_length);
		ck_assert_int_eq(apply(encoding.data, encoding.len), PH_OK);
		ck_assert_mem_eq(target, s.expected, s.content.target_length);
	}
}
END_TEST

/* The operations come out as they went in, twice. */
START_TEST(walks)
{
	const struct segment_header *h;
	const uint8_t *literal;
	struct segment_op op;
	struct sample s;
	size_t i, pass, nliterals;

	sample_mixed(&s, 3);
	ck_assert_int_eq(segment_load(decoder, encoding.data, encoding.len, &h),
	    PH_OK);
	for (pass = 0; pass < 2; pass++) {
		nliterals = 0;
		for (i = 0; i < s.content.nops; i++) {
			ck_assert_int_eq(segment_next(decoder, &op, &literal),
			    1);
			ck_assert_int_eq(op.kind, s.ops[i].kind);
			ck_assert_uint_eq(op.length, s.ops[i].length);
			ck_assert_uint_eq(op.source, s.ops[i].source);
			ck_assert_uint_eq(op.value, s.ops[i].value);
			if (op.kind != SEGMENT_LITERAL) {
				ck_assert_ptr_null(literal);
				continue;
			}
			ck_assert_mem_eq(literal, s.literals + nliterals,
			    op.length);
			nliterals += op.length;
		}
		ck_assert_int_eq(segment_next(decoder, &op, &literal), 0);
		ck_assert_int_eq(segment_next(decoder, &op, &literal), 0);
		segment_rewind(decoder);
	}
}
END_TEST

START_TEST(random_round_trips)
{
	struct sample s;
	uint8_t bytes[100];
	uint32_t length;
	size_t i, n, nops;

	random_state = (uint64_t)_i * 0x9e3779b97f4a7c15u + 1;
	sample_begin(&s, random_below(2) * random_below(100000));
	nops = 1 + random_below(60);
	for (n = 0; n < nops; n++) {
		length = 1 + random_below(60);
		for (i = 0; i < length; i++)
			bytes[i] = (uint8_t)random_below(4);
		sample_add(&s, random_below(4), length,
		    random_below(BASE_SIZE - length),
		    (uint8_t)(1 + random_below(255)), bytes);
		/* What another kind does not use stays 0. */
		if (s.ops[n].kind != SEGMENT_FILL)
			s.ops[n].value = 0;
		if (s.ops[n].kind == SEGMENT_ZERO)
			memset(s.expected + s.content.target_length - length, 0,
			    length);
	}
	s.content.level = _i % 3;
	sample_encode(&s);
	ck_assert_int_eq(apply(encoding.data, encoding.len), PH_OK);
	ck_assert_mem_eq(target, s.expected, s.content.target_length);
}
END_TEST

START_TEST(base_faults)
{
	const struct segment_header *h;
	struct sample s;

	sample_mixed(&s, 3);
	ck_assert_int_eq(segment_load(decoder, encoding.data, encoding.len, &h),
	    PH_OK);
	ck_assert_int_eq(segment_apply(decoder, target, read_nothing, NULL),
	    PH_EBASE);
	ck_assert_int_eq(segment_apply(decoder, target, NULL, NULL), PH_EBASE);
	base[1050] ^= 1;
	ck_assert_int_eq(segment_apply(decoder, target, read_base, base),
	    PH_EDIGEST);
	base[1050] ^= 1;
	ck_assert_int_eq(segment_apply(decoder, target, read_base, base),
	    PH_OK);
}
END_TEST

/* Whatever one byte is changed to: refused, or the same bytes come out. */
static void
check_all_bytes(const struct sample *s)
{
	size_t i;
	unsigned int value;
	uint8_t old;
	int r;

	for (i = 0; i < encoding.len; i++) {
		old = encoding.data[i];
		for (value = 0; value < 256; value++) {
			encoding.data[i] = (uint8_t)value;
			r = apply(encoding.data, encoding.len);
			if (r == PH_OK) {
				ck_assert_mem_eq(target, s->expected,
				    s->content.target_length);
			} else {
				ck_assert(r == PH_ESEGMENT || r == PH_EDIGEST);
			}
		}
		encoding.data[i] = old;
	}
}

START_TEST(single_byte_changes)
{
	struct sample s;

	sample_mixed(&s, 0);
	check_all_bytes(&s);
	sample_mixed(&s, 3);
	check_all_bytes(&s);
}
END_TEST

/* Each integer of the header set to values that break something. */
START_TEST(single_field_changes)
{
	static const uint64_t values[] = { 0, 1, 2, 111, 112, 0x7fff, 0x8000,
		0xffff, 1 << 20, (1 << 20) + 1, 1 << 24, (1 << 24) + 1,
		0x7fffffff, 0x80000000, 0xffffffff, PH_BLOB_SIZE_MAX,
		PH_BLOB_SIZE_MAX + 1, INT64_MAX, UINT64_C(1) << 63,
		UINT64_MAX };
	static const struct {
		size_t offset;
		size_t size;
	} fields[] = { { 8, 8 }, { 16, 4 }, { 84, 8 }, { 92, 4 }, { 96, 4 },
		{ 100, 4 }, { 104, 4 }, { 108, 4 } };
	struct sample s;
	uint8_t old[8];
	size_t i, j, k;
	int r;

	sample_mixed(&s, 3);
	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		memcpy(old, encoding.data + fields[i].offset, 8);
		for (j = 0; j < sizeof(values) / sizeof(values[0]); j++) {
			for (k = 0; k < fields[i].size; k++) {
				encoding.data[fields[i].offset + k] =
				    (uint8_t)(values[j] >>
					8 * (fields[i].size - 1 - k));
			}
			r = apply(encoding.data, encoding.len);
			if (r == PH_OK)
				ck_assert_mem_eq(target, s.expected,
				    s.content.target_length);
			memcpy(encoding.data + fields[i].offset, old, 8);
		}
	}
	ck_assert_int_eq(apply(encoding.data, encoding.len), PH_OK);
}
END_TEST

START_TEST(cut_and_longer)
{
	struct sample s;
	uint8_t *copy;
	size_t i;

	sample_mixed(&s, 3);
	for (i = 0; i < encoding.len; i++) {
		/* Of exactly that size, so that a sanitizer sees its end. */
		copy = malloc(i + 1);
		memcpy(copy, encoding.data, i);
		copy = realloc(copy, i > 0 ? i : 1);
		ck_assert_int_eq(apply(copy, i), PH_ESEGMENT);
		free(copy);
	}
	ck_assert_int_eq(buffer_put_u8(&encoding, 0), PH_OK);
	ck_assert_int_eq(apply(encoding.data, encoding.len), PH_ESEGMENT);
}
END_TEST

/* The most operations, of the smallest lengths, and one more. */
START_TEST(many_operations)
{
	struct segment_content content;
	struct segment_op *ops;
	size_t i, n;

	n = PH_SEGMENT_OPS_MAX + 1;
	ops = calloc(n, sizeof(*ops));
	ck_assert_ptr_nonnull(ops);
	for (i = 0; i < n; i++) {
		ops[i].kind = SEGMENT_ZERO;
		ops[i].length = 1;
	}
	memset(&content, 0, sizeof(content));
	memset(target, 0, n);
	content.ops = ops;
	content.nops = n;
	content.target_length = (uint32_t)n;
	digest_of(target, n, &content.target);
	ck_assert_int_eq(segment_encode(codec, &content, &encoding), PH_ELIMIT);
	content.nops = n - 1;
	content.target_length = (uint32_t)n - 1;
	digest_of(target, n - 1, &content.target);
	ck_assert_int_eq(segment_encode(codec, &content, &encoding), PH_OK);
	ck_assert_int_eq(apply(encoding.data, encoding.len), PH_OK);
	free(ops);
}
END_TEST

/* Noise of a whole segment is stored, and fits the limit of an encoding. */
START_TEST(whole_segment_of_noise)
{
	struct segment_content content;
	struct segment_op op;
	uint8_t *noise;
	size_t i;

	noise = malloc(PH_SEGMENT_SIZE_MAX);
	ck_assert_ptr_nonnull(noise);
	for (i = 0; i < PH_SEGMENT_SIZE_MAX; i++)
		noise[i] = (uint8_t)random_below(256);
	memset(&content, 0, sizeof(content));
	memset(&op, 0, sizeof(op));
	op.kind = SEGMENT_LITERAL;
	op.length = PH_SEGMENT_SIZE_MAX;
	content.ops = &op;
	content.nops = 1;
	content.target_length = PH_SEGMENT_SIZE_MAX;
	content.literals = noise;
	content.nliterals = PH_SEGMENT_SIZE_MAX;
	content.level = 1;
	digest_of(noise, PH_SEGMENT_SIZE_MAX, &content.target);
	ck_assert_int_eq(segment_encode(codec, &content, &encoding), PH_OK);
	ck_assert_uint_eq(encoding.len,
	    SEGMENT_HEADER_SIZE + 4 + PH_SEGMENT_SIZE_MAX);
	ck_assert_int_eq(apply(encoding.data, encoding.len), PH_OK);
	ck_assert_mem_eq(target, noise, PH_SEGMENT_SIZE_MAX);
	free(noise);
}
END_TEST

/* A buffer that is too small for it. */
START_TEST(full_buffer)
{
	struct buffer small;
	struct sample s;
	size_t max;

	sample_mixed(&s, 3);
	for (max = 0; max < encoding.len; max += 10) {
		buffer_init(&small, max);
		ck_assert_int_eq(segment_encode(codec, &s.content, &small),
		    PH_ELIMIT);
		buffer_fini(&small);
	}
}
END_TEST

int
main(void)
{
	Suite *s;
	TCase *t;

	s = suite_create("segment");
	t = tcase_create("segment");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, header);
	tcase_add_test(t, header_without_base);
	tcase_add_test(t, applies);
	tcase_add_test(t, walks);
	tcase_add_loop_test(t, random_round_trips, 0, 200);
	tcase_add_test(t, base_faults);
	tcase_add_test(t, single_byte_changes);
	tcase_add_test(t, single_field_changes);
	tcase_add_test(t, cut_and_longer);
	tcase_add_test(t, many_operations);
	tcase_add_test(t, whole_segment_of_noise);
	tcase_add_test(t, full_buffer);
	suite_add_tcase(s, t);
	return check_run(s);
}
