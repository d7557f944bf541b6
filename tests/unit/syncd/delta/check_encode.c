/*
 * Encoding: whatever the base and whatever became of it, what is decoded is
 * the target.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "proto/errors.h"
#include "proto/limits.h"
#include "proto/segment.h"
#include "syncd/delta/encode.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/delta/memory.h"

#define BLOCK 4096u

/* Room for a base, and for a target that edits made longer. */
#define BASE_MAX (80 * BLOCK)
#define TARGET_MAX (4 * BASE_MAX)

static struct memory base_memory;
static struct memory target_memory;
static struct delta_source base;
static struct delta_source target;
static struct memory file;
static struct delta_signature *signature;
static struct delta_config config;
static struct delta_encoder *encoder;
static struct segment_decoder *decoder;
static struct buffer encoding;
static uint8_t *decoded;
static uint64_t signed_as; /* Bytes of data the signature is for; or 0. */
static uint64_t state;

static uint32_t
below(uint32_t bound)
{
	return memory_random(&state, bound);
}

static void
setup(void)
{
	state = 4711;
	base_memory.data = malloc(BASE_MAX);
	target_memory.data = malloc(TARGET_MAX);
	decoded = malloc(PH_SEGMENT_SIZE_MAX);
	decoder = segment_decoder_new();
	buffer_init(&encoding, PH_ENCODING_SIZE_MAX);
	memset(&config, 0, sizeof(config));
	config.segment_size = 16 * BLOCK;
	config.level = 3;
	signature = NULL;
	encoder = NULL;
	file.data = NULL;
	signed_as = 0;
}

/* An encoder of target against base as they stand. */
static void
prepare(void)
{
	base_memory.left = target_memory.left = -1;
	base = memory_source(&base_memory);
	target = memory_source(&target_memory);
	signature =
	    memory_sign(&base, signed_as ? signed_as : base.size, &file);
	digest_of(base_memory.data, base_memory.len, &config.base_digest);
	config.target = &target;
	config.base = &base;
	config.signature = signature;
	encoder = delta_encoder_new(&config);
	ck_assert_ptr_nonnull(encoder);
}

/* Undo prepare. */
static void
release(void)
{
	delta_encoder_free(encoder);
	delta_signature_free(signature);
	free(file.data);
	encoder = NULL;
	signature = NULL;
	file.data = NULL;
}

static void
teardown(void)
{
	release();
	delta_encoder_free(NULL);
	segment_decoder_free(decoder);
	buffer_fini(&encoding);
	free(base_memory.data);
	free(target_memory.data);
	free(decoded);
}

static int
read_base(void *cookie, uint64_t offset, void *buf, size_t len)
{
	const struct delta_source *s;

	s = cookie;
	return delta_source_read(s, offset, buf, len);
}

/* What stands in encoding decodes to segment index; its outcome is true. */
static void
check_segment(uint32_t index, const struct delta_outcome *o)
{
	const struct segment_header *h;
	struct digest digest;
	uint64_t offset;

	offset = (uint64_t)index * config.segment_size;
	ck_assert_int_eq(segment_load(decoder, encoding.data, encoding.len, &h),
	    PH_OK);
	ck_assert_int_eq(segment_header_check(h, offset, o->target_length,
			     &config.base_digest, base.size),
	    PH_OK);
	ck_assert_int_eq(segment_apply(decoder, decoded, read_base, &base),
	    PH_OK);
	ck_assert_mem_eq(decoded, target_memory.data + offset,
	    o->target_length);
	digest_of(encoding.data, encoding.len, &digest);
	ck_assert_int_eq(digest_compare(&digest, &o->encoding), 0);
	ck_assert_int_eq(digest_compare(&h->target, &o->target), 0);
	ck_assert_int_eq(digest_is_zero(&h->base), o->plain);
	ck_assert_uint_eq((uint64_t)o->nzero + o->nfill + o->ncopy +
		o->nliteral,
	    o->target_length);
}

/* Encode and check every segment; the bytes of all encodings. */
static size_t
check_all(void)
{
	struct delta_outcome o;
	uint32_t i, n;
	size_t total, length;

	total = length = 0;
	n = delta_segment_count(target.size, config.segment_size);
	for (i = 0; i < n; i++) {
		ck_assert_int_eq(delta_encoder_segment(encoder, i, &encoding,
				     &o),
		    PH_OK);
		check_segment(i, &o);
		total += encoding.len;
		length += o.target_length;
		ck_assert_int_eq(delta_encoder_segment_plain(encoder, i,
				     &encoding, &o),
		    PH_OK);
		ck_assert_int_eq(o.plain, 1);
		check_segment(i, &o);
	}
	ck_assert_uint_eq(length, target.size);
	return total;
}

/* Random content: noise, few values, one value, or a repeated piece. */
static void
fill(uint8_t *data, size_t len)
{
	size_t i, period;

	switch (below(5)) {
	case 0:
		memory_noise(&state, data, len);
		break;
	case 1:
		for (i = 0; i < len; i++)
			data[i] = (uint8_t)(below(8) / 7);
		break;
	case 2:
		memset(data, (int)below(3), len);
		break;
	case 3:
		period = 1 + below(5000);
		memory_noise(&state, data, len < period ? len : period);
		for (i = period; i < len; i++)
			data[i] = data[i - period];
		break;
	default:
		for (i = 0; i < len; i++)
			data[i] = (uint8_t) "a packed image "[i % 15];
		break;
	}
}

/* A base of many kinds of content, of any length. */
static void
make_base(void)
{
	size_t done, n;

	base_memory.len = 1 + below(below(4) == 0 ? 5000 : BASE_MAX);
	for (done = 0; done < base_memory.len; done += n) {
		n = 1 + below(6 * BLOCK);
		if (below(2))
			n = (n + BLOCK) / BLOCK * BLOCK;
		if (n > base_memory.len - done)
			n = base_memory.len - done;
		fill(base_memory.data + done, n);
	}
}

/* A place in the target, on the grid half of the time. */
static size_t
place(void)
{
	size_t at;

	at = below((uint32_t)target_memory.len);
	return below(2) ? at - at % BLOCK : at;
}

/* A length for an edit at a place, which keeps it in the target. */
static size_t
length_at(size_t at)
{
	size_t n;

	n = 1 + below(below(2) ? 100 : 8 * BLOCK);
	if (below(2))
		n = (n + BLOCK) / BLOCK * BLOCK;
	return n < target_memory.len - at ? n : target_memory.len - at;
}

/* One edit of the target. */
static void
edit(void)
{
	uint8_t *t, swapped[BLOCK];
	size_t at, n, other;

	t = target_memory.data;
	at = place();
	n = length_at(at);
	switch (below(6)) {
	case 0: /* Insert. */
		if (n > TARGET_MAX - target_memory.len)
			return;
		memmove(t + at + n, t + at, target_memory.len - at);
		fill(t + at, n);
		target_memory.len += n;
		break;
	case 1: /* Delete, but not all. */
		if (n == target_memory.len)
			return;
		memmove(t + at, t + at + n, target_memory.len - at - n);
		target_memory.len -= n;
		break;
	case 2: /* Overwrite. */
		fill(t + at, n);
		break;
	case 3: /* Move a piece. */
		other = place();
		if (n > target_memory.len - other)
			n = target_memory.len - other;
		memmove(t + other, t + at, n);
		break;
	case 4: /* Zeros. */
		memset(t + at, 0, n);
		break;
	default: /* Swap pages. */
		other = place();
		at -= at % BLOCK;
		other -= other % BLOCK;
		if (at + BLOCK > target_memory.len ||
		    other + BLOCK > target_memory.len)
			return;
		memcpy(swapped, t + at, BLOCK);
		memmove(t + at, t + other, BLOCK);
		memcpy(t + other, swapped, BLOCK);
		break;
	}
}

/* The loop index is the seed. */
START_TEST(random_edits)
{
	static const uint32_t sizes[] = { 4096, 65536, 1 << 20, 5000 };
	/* Blocks of 4, 4, 8 and 32 KiB. */
	static const uint64_t signed_sizes[] = { 0, UINT64_C(3) << 30,
		UINT64_C(5) << 30, UINT64_C(32) << 30 };
	uint32_t n;

	state = (uint64_t)_i * 0x9e3779b97f4a7c15u + 1;
	make_base();
	memcpy(target_memory.data, base_memory.data, base_memory.len);
	target_memory.len = base_memory.len;
	for (n = below(12); n > 0; n--)
		edit();
	config.segment_size = sizes[below(4)];
	config.level = (int)below(4);
	signed_as = signed_sizes[below(4)];
	prepare();
	(void)check_all();
}
END_TEST

/* Unrelated content. */
START_TEST(random_pairs)
{
	state = (uint64_t)_i * 0x9e3779b97f4a7c15u + 3;
	make_base();
	memcpy(target_memory.data, base_memory.data, base_memory.len);
	target_memory.len = base_memory.len;
	make_base();
	prepare();
	(void)check_all();
}
END_TEST

/* The same base and a target that fill made. */
static size_t
total_of(void)
{
	size_t total;

	prepare();
	total = check_all();
	release();
	return total;
}

/* Runs of blocks that are equal but not constant, which librsync dislikes. */
START_TEST(equal_blocks)
{
	size_t i, total;

	memory_noise(&state, base_memory.data, BLOCK);
	for (i = 1; i < 80; i++)
		memcpy(base_memory.data + i * BLOCK, base_memory.data, BLOCK);
	base_memory.len = 80 * BLOCK;
	/* Shifted, so that no block of the grid is one of the base. */
	target_memory.len = 79 * BLOCK;
	memcpy(target_memory.data, base_memory.data + 1000, 79 * BLOCK);
	total = total_of();
	/* Five segments, each with the base, and next to nothing. */
	ck_assert_uint_lt(total, 5 * (SEGMENT_HEADER_SIZE + 200));
}
END_TEST

START_TEST(all_zero)
{
	size_t total;

	memset(base_memory.data, 0, BASE_MAX);
	memset(target_memory.data, 0, BASE_MAX);
	base_memory.len = BASE_MAX;
	target_memory.len = BASE_MAX - 5;
	total = total_of();
	ck_assert_uint_lt(total, 5 * (SEGMENT_HEADER_SIZE + 10));
}
END_TEST

START_TEST(inserted_byte)
{
	size_t total;

	memory_noise(&state, base_memory.data, BASE_MAX);
	base_memory.len = BASE_MAX;
	target_memory.data[0] = 'x';
	memcpy(target_memory.data + 1, base_memory.data, BASE_MAX);
	target_memory.len = BASE_MAX + 1;
	total = total_of();
	ck_assert_uint_lt(total, 6 * (SEGMENT_HEADER_SIZE + 100));
}
END_TEST

START_TEST(lengths)
{
	static const size_t sizes[] = { 1, 2, 4095, 4096, 4097, 65536, 65537,
		100000 };
	size_t i, j;

	memory_noise(&state, base_memory.data, BASE_MAX);
	memcpy(target_memory.data, base_memory.data, BASE_MAX);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (j = 0; j < sizeof(sizes) / sizeof(sizes[0]); j++) {
			base_memory.len = sizes[i];
			target_memory.len = sizes[j];
			(void)total_of();
		}
	}
}
END_TEST

/* An encoding that copies nothing is the same with and without base. */
START_TEST(plain_is_plain)
{
	struct delta_outcome with, without;

	memory_noise(&state, base_memory.data, BASE_MAX);
	memory_noise(&state, target_memory.data, BASE_MAX);
	base_memory.len = target_memory.len = BASE_MAX;
	prepare();
	ck_assert_int_eq(delta_encoder_segment(encoder, 0, &encoding, &with),
	    PH_OK);
	delta_encoder_free(encoder);
	config.base = NULL;
	encoder = delta_encoder_new(&config);
	ck_assert_int_eq(delta_encoder_segment(encoder, 0, &encoding, &without),
	    PH_OK);
	ck_assert_int_eq(with.plain, 1);
	ck_assert_int_eq(digest_compare(&with.encoding, &without.encoding), 0);
	/* Noise is stored. */
	ck_assert_uint_lt(encoding.len, config.segment_size + 200);
}
END_TEST

/* What compresses to nothing is not worth copies. */
START_TEST(delta_that_does_not_pay)
{
	struct delta_outcome o;
	size_t i;

	for (i = 0; i < BASE_MAX; i++)
		target_memory.data[i] = (uint8_t) "ab"[i % 2];
	base_memory.len = target_memory.len = BASE_MAX;
	memcpy(base_memory.data, target_memory.data, BASE_MAX);
	/* Changes all over, so that copies are many and short. */
	for (i = 0; i < BASE_MAX; i += 30 + below(60))
		base_memory.data[i] = (uint8_t)below(256);
	prepare();
	ck_assert_int_eq(delta_encoder_segment(encoder, 0, &encoding, &o),
	    PH_OK);
	ck_assert_int_eq(o.plain, 1);
	check_segment(0, &o);
}
END_TEST

/* More operations than a segment may have: no delta, but an encoding. */
START_TEST(too_many_operations)
{
	struct delta_outcome o;
	size_t i, size;

	size = PH_SEGMENT_SIZE_MAX;
	base_memory.data = realloc(base_memory.data, size);
	target_memory.data = realloc(target_memory.data, size);
	memory_noise(&state, base_memory.data, size);
	memcpy(target_memory.data, base_memory.data, size);
	for (i = 0; i < size; i += 26)
		target_memory.data[i] ^= 1;
	base_memory.len = target_memory.len = size;
	config.segment_size = PH_SEGMENT_SIZE_MAX;
	prepare();
	ck_assert_int_eq(delta_encoder_segment(encoder, 0, &encoding, &o),
	    PH_OK);
	check_segment(0, &o);
	ck_assert_int_eq(o.plain, 1);
}
END_TEST

/* Reads of target, base or signature fail, one after the other. */
START_TEST(reads_fail)
{
	struct delta_outcome o;
	struct memory *memories[] = { &target_memory, &base_memory, &file };
	static const int results[] = { PH_EIO, PH_EBASE, PH_EIO };
	size_t i;
	int left, r;

	memory_noise(&state, base_memory.data, BASE_MAX);
	memcpy(target_memory.data + 5, base_memory.data, BASE_MAX - 5);
	memset(target_memory.data, 9, 5);
	base_memory.len = target_memory.len = BASE_MAX;
	for (i = 0; i < 3; i++) {
		prepare();
		for (left = 0;; left++) {
			memories[i]->left = left;
			r = delta_encoder_segment(encoder, 1, &encoding, &o);
			if (r == PH_OK)
				break;
			ck_assert_int_eq(r, results[i]);
		}
		ck_assert_int_gt(left, 0);
		memories[i]->left = -1;
		check_segment(1, &o);
		release();
	}
}
END_TEST

/* The base changes after the plan was made: no encoding comes out. */
static int
read_changing(void *cookie, uint64_t offset, void *buf, size_t len)
{
	struct memory *m;

	m = cookie;
	memcpy(buf, m->data + offset, len);
	if (m->left > 0 && --m->left == 0)
		memset(m->data, 0x77, m->len);
	return PH_OK;
}

START_TEST(base_changes)
{
	struct delta_outcome o;
	int left, r, noticed;

	noticed = 0;
	for (left = 1; left < 30; left++) {
		memory_noise(&state, base_memory.data, BASE_MAX);
		memcpy(target_memory.data, base_memory.data, BASE_MAX);
		base_memory.len = target_memory.len = BASE_MAX;
		prepare();
		base.read = read_changing;
		base_memory.left = left;
		r = delta_encoder_segment(encoder, 0, &encoding, &o);
		if (r == PH_OK) {
			base_memory.left = 0;
			memcpy(base_memory.data, target_memory.data, BASE_MAX);
			check_segment(0, &o);
		} else {
			ck_assert_int_eq(r, PH_EDIGEST);
			noticed++;
		}
		release();
	}
	ck_assert_int_gt(noticed, 0);
}
END_TEST

/* Every byte of a real encoding changed: refused, or the target again. */
START_TEST(changed_encodings)
{
	const struct segment_header *h;
	struct delta_outcome o;
	size_t i;
	unsigned int value;
	uint8_t old;

	memory_noise(&state, base_memory.data, BASE_MAX);
	memcpy(target_memory.data, base_memory.data + 100, BASE_MAX - 100);
	memset(target_memory.data + 3 * BLOCK, 0, BLOCK);
	memset(target_memory.data + 5 * BLOCK, 1, BLOCK);
	memcpy(target_memory.data + 7 * BLOCK, "changed", 7);
	base_memory.len = BASE_MAX;
	target_memory.len = BASE_MAX - 100;
	prepare();
	ck_assert_int_eq(delta_encoder_segment(encoder, 0, &encoding, &o),
	    PH_OK);
	ck_assert_uint_lt(encoding.len, 500);
	for (i = 0; i < encoding.len; i++) {
		old = encoding.data[i];
		for (value = 0; value < 256; value += 5) {
			encoding.data[i] = (uint8_t)(old ^ value);
			if (segment_load(decoder, encoding.data, encoding.len,
				&h) != PH_OK ||
			    segment_apply(decoder, decoded, read_base, &base) !=
				PH_OK)
				continue;
			ck_assert_uint_eq(h->target_length, o.target_length);
			ck_assert_mem_eq(decoded, target_memory.data,
			    o.target_length);
		}
		encoding.data[i] = old;
	}
}
END_TEST

/* A thread that encodes all segments with an encoder of its own. */
struct thread {
	pthread_t id;
	struct digest digests[64];
	int result;
};

static void *
encode_all(void *cookie)
{
	struct thread *t;
	struct delta_encoder *e;
	struct delta_outcome o;
	struct buffer b;
	uint32_t i;

	t = cookie;
	buffer_init(&b, PH_ENCODING_SIZE_MAX);
	e = delta_encoder_new(&config);
	for (i = 0; i < delta_segment_count(target.size, config.segment_size);
	     i++) {
		t->result = delta_encoder_segment(e, i, &b, &o);
		if (t->result != PH_OK)
			break;
		t->digests[i] = o.encoding;
	}
	delta_encoder_free(e);
	buffer_fini(&b);
	return NULL;
}

/* Two encoders at a time share all but themselves, and agree. */
START_TEST(threads)
{
	static struct thread pair[2];
	size_t i;

	memory_noise(&state, base_memory.data, BASE_MAX);
	memcpy(target_memory.data + 5, base_memory.data, BASE_MAX - 5);
	memset(target_memory.data, 9, 5);
	base_memory.len = target_memory.len = BASE_MAX;
	config.segment_size = 2 * BLOCK;
	prepare();
	for (i = 0; i < 2; i++)
		ck_assert_int_eq(pthread_create(&pair[i].id, NULL, encode_all,
				     &pair[i]),
		    0);
	for (i = 0; i < 2; i++) {
		ck_assert_int_eq(pthread_join(pair[i].id, NULL), 0);
		ck_assert_int_eq(pair[i].result, PH_OK);
	}
	ck_assert_mem_eq(pair[0].digests, pair[1].digests,
	    sizeof(pair[0].digests));
}
END_TEST

START_TEST(counts)
{
	ck_assert_uint_eq(delta_segment_count(1, 4096), 1);
	ck_assert_uint_eq(delta_segment_count(4096, 4096), 1);
	ck_assert_uint_eq(delta_segment_count(4097, 4096), 2);
	ck_assert_uint_eq(delta_segment_count(PH_BLOB_SIZE_MAX,
			      PH_SEGMENT_SIZE_MAX),
	    PH_BLOB_SIZE_MAX / PH_SEGMENT_SIZE_MAX);
}
END_TEST

int
main(void)
{
	Suite *s;
	TCase *t;

	s = suite_create("encode");
	t = tcase_create("encode");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, random_edits, 0, 200);
	tcase_add_loop_test(t, random_pairs, 0, 30);
	tcase_add_test(t, equal_blocks);
	tcase_add_test(t, all_zero);
	tcase_add_test(t, inserted_byte);
	tcase_add_test(t, lengths);
	tcase_add_test(t, plain_is_plain);
	tcase_add_test(t, delta_that_does_not_pay);
	tcase_add_test(t, too_many_operations);
	tcase_add_test(t, reads_fail);
	tcase_add_test(t, base_changes);
	tcase_add_test(t, changed_encodings);
	tcase_add_test(t, threads);
	tcase_add_test(t, counts);
	suite_add_tcase(s, t);
	return check_run(s);
}
