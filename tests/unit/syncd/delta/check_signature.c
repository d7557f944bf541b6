/*
 * Signatures: what enters, what is found again, and damaged files.
 */
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "proto/digest.h"
#include "proto/errors.h"
#include "syncd/delta/blocks.h"
#include "syncd/delta/footer.h"
#include "syncd/delta/scanner.h"
#include "syncd/delta/signature.h"
#include "syncd/delta/signer.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/delta/memory.h"

#define BLOCK 4096u
#define NBLOCKS 20u
#define SIZE (NBLOCKS * BLOCK + 100u)

/* Noise but for zeros in block 3, a value in 4 and 5, and 9 equal to 2. */
static uint8_t base_bytes[SIZE];
static struct memory base_memory;
static struct delta_source base;
static struct memory file;
static struct delta_signature *signature;
static uint64_t state;

static void
setup(void)
{
	state = 99;
	memory_noise(&state, base_bytes, SIZE);
	memset(base_bytes + 3 * BLOCK, 0, BLOCK);
	memset(base_bytes + 4 * BLOCK, 7, 2 * BLOCK);
	memcpy(base_bytes + 9 * BLOCK, base_bytes + 2 * BLOCK, BLOCK);
	base_memory.data = base_bytes;
	base_memory.len = SIZE;
	base_memory.left = -1;
	base = memory_source(&base_memory);
	signature = memory_sign(&base, base.size, &file);
}

static void
teardown(void)
{
	delta_signature_free(signature);
	delta_signature_free(NULL);
	free(file.data);
}

/* Load the file as it stands. */
static int
load(void)
{
	struct delta_signature *s;
	struct delta_source source;
	int r;

	s = NULL;
	source = memory_source(&file);
	r = delta_signature_load(&source, SIZE, &s);
	delta_signature_free(s);
	return r;
}

/* Computed with another implementation of XXH64. */
START_TEST(hashes)
{
	uint8_t bytes[BLOCK];
	size_t i;

	for (i = 0; i < 32; i++)
		bytes[i] = (uint8_t)i;
	ck_assert(delta_block_hash(bytes, 32) == UINT64_C(0xcbf59c5116ff32b4));
	for (i = 0; i < BLOCK; i++)
		bytes[i] = (uint8_t)(i * 7);
	ck_assert(
	    delta_block_hash(bytes, BLOCK) == UINT64_C(0xc8066d80a6fe1426));
	ck_assert_int_eq(delta_block_is_constant(bytes, BLOCK), 0);
	ck_assert_int_eq(delta_block_is_constant(bytes, 1), 1);
}
END_TEST

/* The whole source at once makes the same file. */
START_TEST(run)
{
	struct buffer b;

	buffer_init(&b, 1 << 20);
	ck_assert_int_eq(delta_signer_run(&base, memory_write, &b), PH_OK);
	ck_assert_uint_eq(b.len, file.len);
	ck_assert_mem_eq(b.data, file.data, b.len);
	buffer_fini(&b);
}
END_TEST

START_TEST(finds_blocks)
{
	uint64_t offset;
	uint8_t other[BLOCK];
	size_t i;
	int found;

	ck_assert_uint_eq(delta_signature_block_size(signature), BLOCK);
	ck_assert_uint_eq(delta_signature_nblocks(signature), NBLOCKS - 4);
	for (i = 0; i < NBLOCKS; i++) {
		found = delta_signature_find(signature, base_bytes + i * BLOCK,
		    &offset);
		ck_assert_int_eq(found, i < 3 || i > 5);
		if (found)
			ck_assert_uint_eq(offset, (i == 9 ? 2 : i) * BLOCK);
	}
	memory_noise(&state, other, BLOCK);
	ck_assert_int_eq(delta_signature_find(signature, other, &offset), 0);
}
END_TEST

/* Blocks 0-2, 6-8 and 10-19 are the stream. */
START_TEST(locates)
{
	uint64_t length;

	ck_assert_uint_eq(delta_signature_locate(signature, 0, &length), 0);
	ck_assert_uint_eq(length, 3 * BLOCK);
	ck_assert_uint_eq(delta_signature_locate(signature, 3 * BLOCK - 1,
			      &length),
	    3 * BLOCK - 1);
	ck_assert_uint_eq(length, 1);
	ck_assert_uint_eq(delta_signature_locate(signature, 3 * BLOCK, &length),
	    6 * BLOCK);
	ck_assert_uint_eq(length, 3 * BLOCK);
	ck_assert_uint_eq(delta_signature_locate(signature, 6 * BLOCK + 5,
			      &length),
	    10 * BLOCK + 5);
	ck_assert_uint_eq(length, 10 * BLOCK - 5);
}
END_TEST

/* The file is the same however the bytes came. */
START_TEST(any_pieces)
{
	static const size_t sizes[] = { 1000, 4096, 5000, 65536, SIZE };
	struct delta_signer *signer;
	struct buffer b;
	size_t i, n, done;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		buffer_init(&b, 1 << 20);
		signer = delta_signer_new(SIZE, SIZE, memory_write, &b);
		ck_assert_ptr_nonnull(signer);
		for (done = 0; done < SIZE; done += n) {
			n = SIZE - done < sizes[i] ? SIZE - done : sizes[i];
			ck_assert_int_eq(delta_signer_add(signer,
					     base_bytes + done, n),
			    PH_OK);
		}
		ck_assert_int_eq(delta_signer_finish(signer), PH_OK);
		delta_signer_free(signer);
		ck_assert_uint_eq(b.len, file.len);
		ck_assert_mem_eq(b.data, file.data, b.len);
		buffer_fini(&b);
	}
}
END_TEST

/* Holes at any place count as zeros. */
START_TEST(holes)
{
	struct delta_signer *signer;
	struct buffer a, b;
	size_t n, done;
	int hole;

	memset(base_bytes + 30000, 0, 25000);
	buffer_init(&a, 1 << 20);
	signer = delta_signer_new(SIZE, SIZE, memory_write, &a);
	ck_assert_int_eq(delta_signer_add(signer, base_bytes, SIZE), PH_OK);
	ck_assert_int_eq(delta_signer_finish(signer), PH_OK);
	delta_signer_free(signer);

	buffer_init(&b, 1 << 20);
	signer = delta_signer_new(SIZE, SIZE, memory_write, &b);
	for (done = 0; done < SIZE; done += n) {
		hole = done >= 30000 && done < 55000;
		n = 1 + memory_random(&state, 9000);
		if (n > SIZE - done)
			n = SIZE - done;
		if (done < 30000 && done + n > 30000)
			n = 30000 - done;
		if (hole && done + n > 55000)
			n = 55000 - done;
		ck_assert_int_eq(hole ?
			delta_signer_add_hole(signer, n) :
			delta_signer_add(signer, base_bytes + done, n),
		    PH_OK);
	}
	ck_assert_int_eq(delta_signer_finish(signer), PH_OK);
	delta_signer_free(signer);
	ck_assert_uint_eq(a.len, b.len);
	ck_assert_mem_eq(a.data, b.data, a.len);
	buffer_fini(&a);
	buffer_fini(&b);
}
END_TEST

/* 64 GiB, nearly all of it a hole: at once, and blocks stay small. */
static int
read_island(void *cookie, uint64_t offset, void *buf, size_t len)
{
	(void)cookie;
	ck_assert_uint_ge(offset, UINT64_C(40) << 30);
	ck_assert_uint_le(offset + len, (UINT64_C(40) << 30) + SIZE);
	memcpy(buf, base_bytes + (offset - (UINT64_C(40) << 30)), len);
	return PH_OK;
}

static int
find_island(void *cookie, uint64_t offset, uint64_t *begin, uint64_t *end)
{
	(void)cookie;
	*begin = offset > UINT64_C(40) << 30 ? offset : UINT64_C(40) << 30;
	*end = (UINT64_C(40) << 30) + SIZE;
	if (offset >= *end)
		*begin = *end = UINT64_C(64) << 30;
	return PH_OK;
}

START_TEST(mostly_hole)
{
	struct delta_source island;
	struct delta_source source;
	struct delta_signature *s;
	struct memory other;
	struct buffer b;
	uint64_t offset;

	island.size = UINT64_C(64) << 30;
	island.read = read_island;
	island.data = find_island;
	island.cookie = NULL;
	buffer_init(&b, 1 << 20);
	ck_assert_int_eq(delta_signer_run(&island, memory_write, &b), PH_OK);
	other.data = buffer_take(&b, &other.len);
	other.left = -1;
	source = memory_source(&other);
	ck_assert_int_eq(delta_signature_load(&source, island.size, &s), PH_OK);
	ck_assert_uint_eq(delta_signature_block_size(s), BLOCK);
	/* The tail is a block with the zeros after it. */
	ck_assert_uint_eq(delta_signature_nblocks(s), NBLOCKS - 3);
	ck_assert_int_eq(delta_signature_find(s, base_bytes + 7 * BLOCK,
			     &offset),
	    1);
	ck_assert_uint_eq(offset, (UINT64_C(40) << 30) + 7 * BLOCK);
	delta_signature_free(s);
	free(other.data);
}
END_TEST

/* More data makes blocks larger; the limits of the loader hold. */
START_TEST(block_sizes)
{
	static const struct {
		uint64_t ndata;
		uint32_t block_size;
		uint32_t scan_size;
	} cases[] = {
		{ 1, 4096, 512 },
		{ UINT64_C(1) << 30, 4096, 512 },
		{ (UINT64_C(1) << 30) + BLOCK, 4096, 1024 },
		{ UINT64_C(1) << 31, 4096, 1024 },
		{ (UINT64_C(1) << 31) + BLOCK, 4096, 2048 },
		{ UINT64_C(1) << 32, 4096, 2048 },
		{ (UINT64_C(1) << 32) + BLOCK, 8192, 2048 },
		{ UINT64_C(64) << 30, 65536, 32768 },
		{ UINT64_C(1) << 48, 1 << 20, 1 << 19 },
	};
	struct delta_signer *signer;
	struct delta_footer f;
	struct buffer b;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buffer_init(&b, 1 << 20);
		signer =
		    delta_signer_new(SIZE, cases[i].ndata, memory_write, &b);
		ck_assert_int_eq(delta_signer_add(signer, base_bytes, SIZE),
		    PH_OK);
		ck_assert_int_eq(delta_signer_finish(signer), PH_OK);
		delta_signer_free(signer);
		ck_assert_int_eq(delta_footer_decode(b.data + b.len -
					 DIGEST_SIZE - DELTA_FOOTER_SIZE,
				     b.len, &f),
		    PH_OK);
		ck_assert_uint_eq(f.block_size, cases[i].block_size);
		ck_assert_uint_eq(f.scan_size, cases[i].scan_size);
		buffer_fini(&b);
	}
}
END_TEST

/* Bases without a whole block that could enter. */
START_TEST(nothing_enters)
{
	static const size_t sizes[] = { 0, 1, BLOCK - 1, 4 * BLOCK };
	struct delta_source source;
	struct delta_signature *s;
	struct delta_scanner *scanner;
	struct memory empty, other;
	uint64_t offset;
	size_t i;

	empty.data = calloc(4, BLOCK);
	empty.left = -1;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		empty.len = sizes[i];
		source = memory_source(&empty);
		s = memory_sign(&source, source.size, &other);
		ck_assert_uint_eq(delta_signature_nblocks(s), 0);
		ck_assert_int_eq(delta_signature_find(s, base_bytes, &offset),
		    0);
		scanner = delta_scanner_new(s);
		ck_assert_int_eq(delta_scanner_scan(scanner, base_bytes, SIZE,
				     NULL, NULL),
		    PH_OK);
		delta_scanner_free(scanner);
		delta_signature_free(s);
		free(other.data);
	}
	free(empty.data);
}
END_TEST

static int
refuse(void *cookie, const void *data, size_t len)
{
	int *left;

	(void)data;
	(void)len;
	left = cookie;
	return (*left)-- > 0 ? PH_OK : PH_ENOSPC;
}

START_TEST(failures)
{
	struct delta_signature *s;
	struct delta_source source;
	int left, r;

	for (left = 0; left < 2; left++) {
		r = left;
		ck_assert_int_eq(delta_signer_run(&base, refuse, &r),
		    PH_ENOSPC);
	}
	base_memory.left = 0;
	r = 1000;
	ck_assert_int_eq(delta_signer_run(&base, refuse, &r), PH_EIO);
	source = memory_source(&file);
	for (left = 0;; left++) {
		file.left = left;
		r = delta_signature_load(&source, SIZE, &s);
		if (r == PH_OK)
			break;
		ck_assert_int_eq(r, PH_EIO);
	}
	ck_assert_int_gt(left, 3);
	delta_signature_free(s);
}
END_TEST

/* Any changed, missing or further byte is noticed. */
START_TEST(damage)
{
	size_t i, len;

	ck_assert_int_eq(load(), PH_OK);
	for (i = 0; i < file.len; i++) {
		file.data[i] ^= (uint8_t)(1 + i % 255);
		ck_assert_int_eq(load(), PH_EFILE);
		file.data[i] ^= (uint8_t)(1 + i % 255);
	}
	len = file.len;
	for (i = 0; i < len; i++) {
		file.len = i;
		ck_assert_int_eq(load(), PH_EFILE);
	}
	file.data = realloc(file.data, len + 1);
	file.data[len] = 0;
	file.len = len + 1;
	ck_assert_int_eq(load(), PH_EFILE);
}
END_TEST

START_TEST(other_base)
{
	struct delta_signature *s;
	struct delta_source source;

	source = memory_source(&file);
	ck_assert_int_eq(delta_signature_load(&source, SIZE + 1, &s), PH_EFILE);
}
END_TEST

/* Whatever a file with a right digest says, blocks lie inside the base. */
START_TEST(false_files)
{
	struct delta_signature *s;
	struct delta_source source;
	struct digest digest;
	uint64_t offset, length, position;
	size_t i, n;
	uint8_t *begin, old[2];

	n = (NBLOCKS - 4) * DELTA_HASH_SIZE + 3 * DELTA_EXTENT_SIZE +
	    DELTA_FOOTER_SIZE;
	begin = file.data + file.len - DIGEST_SIZE - n;
	source = memory_source(&file);
	for (i = 0; i < 20000; i++) {
		position = memory_random(&state, (uint32_t)n - 1);
		memcpy(old, begin + position, 2);
		begin[position] = (uint8_t)memory_random(&state, 256);
		if (i % 2)
			begin[position + 1] ^= 1 << i / 2 % 8;
		digest_of(file.data, file.len - DIGEST_SIZE, &digest);
		memcpy(begin + n, digest.bytes, DIGEST_SIZE);
		if (delta_signature_load(&source, SIZE, &s) == PH_OK) {
			length = (uint64_t)delta_signature_nblocks(s) *
			    delta_signature_block_size(s);
			offset = delta_signature_locate(s,
			    memory_random(&state, (uint32_t)length), &length);
			ck_assert_uint_le(offset, SIZE);
			ck_assert_uint_le(length, SIZE - offset);
			delta_signature_free(s);
		}
		memcpy(begin + position, old, 2);
	}
}
END_TEST

/* Matches of a scan: they are true, and how many bytes they are. */
struct matches {
	const uint8_t *data;
	size_t end;
	size_t total;
	size_t count;
	size_t wrong;
};

static int
on_match(void *cookie, size_t position, size_t length, uint64_t source)
{
	struct matches *m;

	m = cookie;
	ck_assert_uint_ge(position, m->end);
	ck_assert_uint_le(source, SIZE);
	ck_assert_uint_le(length, SIZE - source);
	m->wrong +=
	    memcmp(m->data + position, base_bytes + source, length) != 0;
	m->end = position + length;
	m->total += length;
	m->count++;
	return PH_OK;
}

static int
stop(void *cookie, size_t position, size_t length, uint64_t source)
{
	(void)cookie;
	(void)position;
	(void)length;
	(void)source;
	return PH_ECANCELED;
}

/* One byte in front shifts all; copies are cut where extents end. */
START_TEST(scan_shifted)
{
	struct delta_scanner *scanner;
	struct matches m;
	uint8_t *data;

	data = malloc(SIZE + 1);
	data[0] = 1;
	memcpy(data + 1, base_bytes, SIZE);
	memset(&m, 0, sizeof(m));
	m.data = data;
	scanner = delta_scanner_new(signature);
	ck_assert_int_eq(delta_scanner_scan(scanner, data, SIZE + 1, on_match,
			     &m),
	    PH_OK);
	ck_assert_uint_eq(m.wrong, 0);
	/* All but zeros, values and the tail; block 9 is found as block 2. */
	ck_assert_uint_ge(m.total, (NBLOCKS - 3) * BLOCK - 2048);
	ck_assert_uint_ge(m.count, 3);
	ck_assert_int_eq(delta_scanner_scan(scanner, data, SIZE + 1, stop,
			     NULL),
	    PH_ECANCELED);
	/* Nothing to find. */
	memset(&m, 0, sizeof(m));
	m.data = data;
	memory_noise(&state, data, SIZE);
	ck_assert_int_eq(delta_scanner_scan(scanner, data, SIZE, on_match, &m),
	    PH_OK);
	ck_assert_uint_eq(m.count, 0);
	ck_assert_int_eq(delta_scanner_scan(scanner, data, 0, on_match, &m),
	    PH_OK);
	delta_scanner_free(scanner);
	delta_scanner_free(NULL);
	free(data);
}
END_TEST

/* Blocks 2 and 6 follow each other in the stream, not in the base. */
START_TEST(scan_across_extents)
{
	struct delta_scanner *scanner;
	struct matches m;
	uint8_t data[2 * BLOCK + 1];

	data[0] = 0;
	memcpy(data + 1, base_bytes + 2 * BLOCK, BLOCK);
	memcpy(data + 1 + BLOCK, base_bytes + 6 * BLOCK, BLOCK);
	memset(&m, 0, sizeof(m));
	m.data = data;
	scanner = delta_scanner_new(signature);
	ck_assert_int_eq(delta_scanner_scan(scanner, data, sizeof(data),
			     on_match, &m),
	    PH_OK);
	ck_assert_uint_eq(m.wrong, 0);
	ck_assert_uint_eq(m.total, 2 * BLOCK);
	ck_assert_uint_eq(m.count, 2);
	delta_scanner_free(scanner);
}
END_TEST

/* Sums that change after the signature was loaded: fewer matches, no more. */
START_TEST(scan_changed_sums)
{
	struct delta_scanner *scanner;
	struct matches m;
	size_t i, n;

	n = delta_signature_nsums(signature) * DELTA_SUM_SIZE;
	for (i = 0; i < n; i += 7)
		file.data[DELTA_SUMS_HEADER_SIZE + i] ^= 0x55;
	memset(file.data, 0xff, DELTA_SUMS_HEADER_SIZE);
	memset(&m, 0, sizeof(m));
	m.data = base_bytes;
	scanner = delta_scanner_new(signature);
	ck_assert_int_eq(delta_scanner_scan(scanner, base_bytes, SIZE, on_match,
			     &m),
	    PH_OK);
	delta_scanner_free(scanner);
	file.left = 0;
	scanner = delta_scanner_new(signature);
	ck_assert_int_eq(delta_scanner_scan(scanner, base_bytes, SIZE, on_match,
			     &m),
	    PH_EIO);
	delta_scanner_free(scanner);
}
END_TEST

int
main(void)
{
	Suite *s;
	TCase *t;

	s = suite_create("signature");
	t = tcase_create("signature");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, hashes);
	tcase_add_test(t, run);
	tcase_add_test(t, finds_blocks);
	tcase_add_test(t, locates);
	tcase_add_test(t, any_pieces);
	tcase_add_test(t, holes);
	tcase_add_test(t, mostly_hole);
	tcase_add_test(t, block_sizes);
	tcase_add_test(t, nothing_enters);
	tcase_add_test(t, failures);
	tcase_add_test(t, damage);
	tcase_add_test(t, other_base);
	tcase_add_test(t, false_files);
	tcase_add_test(t, scan_shifted);
	tcase_add_test(t, scan_across_extents);
	tcase_add_test(t, scan_changed_sums);
	suite_add_tcase(s, t);
	return check_run(s);
}
