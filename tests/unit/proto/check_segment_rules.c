/*
 * Segments: golden vectors, and every rule of the header and of the
 * operations broken by hand.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "proto/errors.h"
#include "proto/limits.h"
#include "proto/segment.h"
#include "tests/unit/check_main.h"

static struct segment_decoder *decoder;
static struct buffer encoding;
static uint8_t target[4096];

static void
setup(void)
{
	decoder = segment_decoder_new();
	ck_assert_ptr_nonnull(decoder);
	buffer_init(&encoding, 4096);
}

static void
teardown(void)
{
	buffer_fini(&encoding);
	segment_decoder_free(decoder);
}

/* An encoding put together by hand, to break one rule at a time. */
struct raw {
	uint64_t target_offset;
	uint32_t target_length;
	uint64_t base_size;
	uint32_t nops;
	const char *ops;
	size_t nops_bytes;
	const char *literals;
};

/* Load what raw says, with the digests right. */
static int
load_raw(const struct raw *raw)
{
	const struct segment_header *h;
	struct digest none, name;
	size_t nliterals;

	memset(&none, 0, sizeof(none));
	digest_of("base", 4, &name);
	nliterals = strlen(raw->literals);
	buffer_reset(&encoding);
	(void)buffer_put(&encoding, "PHS1\0\0\0\0", 8);
	(void)buffer_put_u64(&encoding, raw->target_offset);
	(void)buffer_put_u32(&encoding, raw->target_length);
	(void)buffer_put(&encoding, none.bytes, DIGEST_SIZE);
	(void)buffer_put(&encoding,
	    raw->base_size == 0 ? none.bytes : name.bytes, DIGEST_SIZE);
	(void)buffer_put_u64(&encoding, raw->base_size);
	(void)buffer_put_u32(&encoding, raw->nops);
	(void)buffer_put_u32(&encoding, (uint32_t)raw->nops_bytes);
	(void)buffer_put_u32(&encoding, (uint32_t)raw->nops_bytes);
	(void)buffer_put_u32(&encoding, (uint32_t)nliterals);
	(void)buffer_put_u32(&encoding, (uint32_t)nliterals);
	(void)buffer_put(&encoding, raw->ops, raw->nops_bytes);
	(void)buffer_put(&encoding, raw->literals, nliterals);
	ck_assert_int_eq(buffer_error(&encoding), PH_OK);
	return segment_load(decoder, encoding.data, encoding.len, &h);
}

#define OPS(bytes) bytes, sizeof(bytes) - 1

/* One rule broken at a time, and what just keeps it. */
static const struct {
	int result;
	struct raw raw;
} cases[] = {
	/* Ten zeros, ten literals, ten of a value. */
	{ PH_OK, { 0, 10, 0, 1, OPS("\x28"), "" } },
	{ PH_OK, { 0, 10, 0, 1, OPS("\x29"), "0123456789" } },
	{ PH_OK, { 0, 10, 0, 1, OPS("\x2b\x01"), "" } },
	/* Target length. */
	{ PH_ESEGMENT, { 0, 11, 0, 1, OPS("\x28"), "" } },
	{ PH_ESEGMENT, { 0, 9, 0, 1, OPS("\x28"), "" } },
	{ PH_ESEGMENT, { 0, 0, 0, 1, OPS("\x00"), "" } },
	{ PH_OK, { 0, 1 << 24, 0, 1, OPS("\x80\x80\x80\x20"), "" } },
	{ PH_ESEGMENT,
	    { 0, (1 << 24) + 1, 0, 1, OPS("\x84\x80\x80\x20"), "" } },
	/* Target offset. */
	{ PH_OK, { PH_BLOB_SIZE_MAX - 10, 10, 0, 1, OPS("\x28"), "" } },
	{ PH_ESEGMENT, { PH_BLOB_SIZE_MAX - 9, 10, 0, 1, OPS("\x28"), "" } },
	/* Literals: too many, too few, cut in two. */
	{ PH_ESEGMENT, { 0, 10, 0, 1, OPS("\x29"), "012345678" } },
	{ PH_ESEGMENT, { 0, 10, 0, 1, OPS("\x29"), "01234567890" } },
	{ PH_OK, { 0, 10, 0, 2, OPS("\x15\x15"), "0123456789" } },
	/* Count of operations. */
	{ PH_ESEGMENT, { 0, 10, 0, 1, OPS("\x14\x14"), "" } },
	{ PH_ESEGMENT, { 0, 10, 0, 3, OPS("\x14\x14"), "" } },
	{ PH_ESEGMENT, { 0, 10, 0, 0, OPS(""), "" } },
	{ PH_ESEGMENT, { 0, 10, 0, 2, OPS("\x28\x00"), "" } },
	{ PH_ESEGMENT,
	    { 0, 10, 0, 11, OPS("\x04\x04\x04\x04\x04\x04\x04\x04\x04\x04\x04"),
		"" } },
	/* Fill: no value, zero. */
	{ PH_ESEGMENT, { 0, 10, 0, 1, OPS("\x2b"), "" } },
	{ PH_ESEGMENT, { 0, 10, 0, 1, OPS("\x2b\x00"), "" } },
	/* A length that is not shortest. */
	{ PH_ESEGMENT, { 0, 10, 0, 1, OPS("\xa8\x00"), "" } },
	{ PH_ESEGMENT, { 0, 10, 0, 1, OPS("\xa8"), "" } },
	/* Lengths that would wrap. */
	{ PH_ESEGMENT, { 0, 10, 0, 2, OPS("\x28\x80\x80\x80\x80\x40"), "" } },
	{ PH_ESEGMENT,
	    { 0, 10, 0, 2, OPS("\x28\xfc\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
		"" } },
	/* Copies: no base, in it, at its end, beyond, before. */
	{ PH_ESEGMENT, { 0, 10, 0, 1, OPS("\x2a\x00"), "" } },
	{ PH_OK, { 0, 10, 10, 1, OPS("\x2a\x00"), "" } },
	{ PH_OK, { 90, 10, 100, 1, OPS("\x2a\x00"), "" } },
	{ PH_ESEGMENT, { 91, 10, 100, 1, OPS("\x2a\x00"), "" } },
	{ PH_OK, { 80, 10, 100, 1, OPS("\x2a\x14"), "" } },
	{ PH_ESEGMENT, { 80, 10, 100, 1, OPS("\x2a\x16"), "" } },
	{ PH_OK, { 3, 10, 100, 1, OPS("\x2a\x05"), "" } },
	{ PH_ESEGMENT, { 3, 10, 100, 1, OPS("\x2a\x07"), "" } },
	{ PH_ESEGMENT, { 3, 10, 100, 1, OPS("\x2a"), "" } },
	{ PH_ESEGMENT, { 3, 10, 100, 1, OPS("\x2a\x85\x00"), "" } },
	/* From the end of the previous copy, not of its target. */
	{ PH_OK, { 0, 20, 20, 2, OPS("\x2a\x00\x2a\x00"), "" } },
	{ PH_ESEGMENT, { 0, 20, 19, 2, OPS("\x2a\x00\x2a\x00"), "" } },
	{ PH_OK, { 0, 20, 10, 2, OPS("\x2a\x00\x2a\x13"), "" } },
	{ PH_OK, { 0, 30, 10, 3, OPS("\x2a\x00\x28\x2a\x13"), "" } },
	/* Differences at the ends of 64 bits. */
	{ PH_ESEGMENT,
	    { 9, 10, 100, 1,
		OPS("\x2a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), "" } },
	{ PH_ESEGMENT,
	    { 9, 10, 100, 1,
		OPS("\x2a\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"), "" } },
	/* A base beyond any blob. */
	{ PH_ESEGMENT,
	    { 0, 10, PH_BLOB_SIZE_MAX + 1, 1, OPS("\x2a\x00"), "" } },
	{ PH_OK, { 0, 10, PH_BLOB_SIZE_MAX, 1, OPS("\x2a\x00"), "" } },
	/* Bytes after the last operation. */
	{ PH_ESEGMENT, { 0, 10, 0, 1, OPS("\x28\x28"), "" } },
};

START_TEST(rules)
{
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_msg(load_raw(&cases[i].raw) == cases[i].result,
		    "case %zu", i);
	}
}
END_TEST

/* A base named without a size, or a size without a base. */
START_TEST(half_a_base)
{
	struct raw raw = { 0, 10, 10, 1, OPS("\x28"), "" };
	const struct segment_header *h;

	ck_assert_int_eq(load_raw(&raw), PH_OK);
	memset(encoding.data + 52, 0, DIGEST_SIZE);
	ck_assert_int_eq(segment_load(decoder, encoding.data, encoding.len, &h),
	    PH_ESEGMENT);
	raw.base_size = 0;
	ck_assert_int_eq(load_raw(&raw), PH_OK);
	encoding.data[60] = 1;
	ck_assert_int_eq(segment_load(decoder, encoding.data, encoding.len, &h),
	    PH_ESEGMENT);
}
END_TEST

/* The value of "name: HEX" lines, over as many lines as it takes. */
static size_t
vector_field(FILE *f, const char *name, uint8_t *out, size_t size)
{
	char line[512];
	char *p;
	unsigned int byte;
	size_t n;
	int inside, used;

	rewind(f);
	n = 0;
	inside = 0;
	while (fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "#\n")] = '\0';
		p = strchr(line, ':');
		if (p != NULL) {
			*p++ = '\0';
			inside = strcmp(line, name) == 0;
		} else {
			p = line;
		}
		while (inside && sscanf(p, " %2x%n", &byte, &used) == 1) {
			ck_assert_uint_lt(n, size);
			out[n++] = (uint8_t)byte;
			p += used;
		}
	}
	return n;
}

/* tests/vectors/segments/NAME, wherever the tree is. */
static FILE *
vector_open(const char *name)
{
	char path[1024];
	const char *p;
	FILE *f;

	p = strstr(__FILE__, "tests/unit/");
	ck_assert_ptr_nonnull(p);
	(void)snprintf(path, sizeof(path), "%.*stests/vectors/segments/%s",
	    (int)(p - __FILE__), __FILE__, name);
	f = fopen(path, "r");
	ck_assert_msg(f != NULL, "%s", path);
	return f;
}

static int
read_vector_base(void *cookie, uint64_t offset, void *buf, size_t len)
{
	memcpy(buf, (uint8_t *)cookie + offset, len);
	return PH_OK;
}

static const char *const vectors[] = { "zero.hex", "literal.hex", "fill.hex",
	"copies.hex", "mixed.hex", "zstd.hex" };

START_TEST(golden)
{
	const struct segment_header *h;
	struct digest digest;
	uint8_t bytes[1024], base_bytes[1024], expected[1024], name[64];
	size_t n, nbase, nexpected;
	FILE *f;

	f = vector_open(vectors[_i]);
	n = vector_field(f, "encoding", bytes, sizeof(bytes));
	nbase = vector_field(f, "base", base_bytes, sizeof(base_bytes));
	nexpected = vector_field(f, "target", expected, sizeof(expected));
	ck_assert_uint_eq(vector_field(f, "name", name, sizeof(name)),
	    DIGEST_SIZE);
	(void)fclose(f);

	digest_of(bytes, n, &digest);
	ck_assert_mem_eq(digest.bytes, name, DIGEST_SIZE);
	ck_assert_int_eq(segment_load(decoder, bytes, n, &h), PH_OK);
	ck_assert_uint_eq(h->target_length, nexpected);
	ck_assert_uint_eq(h->base_size, nbase);
	if (nbase > 0) {
		digest_of(base_bytes, nbase, &digest);
		ck_assert_int_eq(digest_compare(&h->base, &digest), 0);
	}
	ck_assert_int_eq(segment_apply(decoder, target, read_vector_base,
			     base_bytes),
	    PH_OK);
	ck_assert_mem_eq(target, expected, nexpected);
}
END_TEST

int
main(void)
{
	Suite *s;
	TCase *t;

	s = suite_create("segment rules");
	t = tcase_create("segment rules");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, rules);
	tcase_add_test(t, half_a_base);
	tcase_add_loop_test(t, golden, 0,
	    (int)(sizeof(vectors) / sizeof(vectors[0])));
	suite_add_tcase(s, t);
	return check_run(s);
}
