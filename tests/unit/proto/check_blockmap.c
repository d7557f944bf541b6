/*
 * Block maps: against hashes computed the plain way, in pieces of many sizes.
 */
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "proto/blockmap.h"
#include "proto/buffer.h"
#include "proto/errors.h"
#include "proto/limits.h"
#include "tests/unit/check_main.h"

static int
collect(void *cookie, const struct digest *hash)
{
	return buffer_put(cookie, hash->bytes, DIGEST_SIZE);
}

static int
refuse(void *cookie, const struct digest *hash)
{
	int *left;

	(void)hash;
	left = cookie;
	return (*left)-- > 0 ? PH_OK : PH_ENOSPC;
}

/* size bytes that do not repeat from block to block. */
static uint8_t *
make_blob(size_t size)
{
	uint8_t *data;
	size_t i;

	data = malloc(size);
	ck_assert_ptr_nonnull(data);
	for (i = 0; i < size; i++)
		data[i] = (uint8_t)(i * 7 + i / 251 + i / 65536);
	return data;
}

/* The map of a blob, fed in pieces, is what its definition says. */
static void
check_blob(struct blockmap *m, struct buffer *hashes, size_t size, size_t piece)
{
	uint8_t *data;
	struct digest hash, root, expected;
	size_t i, n;

	data = make_blob(size);
	buffer_reset(hashes);
	for (i = 0; i < size; i += n) {
		n = size - i < piece ? size - i : piece;
		ck_assert_int_eq(blockmap_add(m, data + i, n), PH_OK);
	}
	ck_assert_int_eq(blockmap_finish(m, &root), PH_OK);
	ck_assert_uint_eq(hashes->len, blockmap_count(size) * DIGEST_SIZE);
	for (i = 0; i < blockmap_count(size); i++) {
		n = size - i * PH_MAP_BLOCK_SIZE;
		if (n > PH_MAP_BLOCK_SIZE)
			n = PH_MAP_BLOCK_SIZE;
		digest_of(data + i * PH_MAP_BLOCK_SIZE, n, &hash);
		ck_assert_mem_eq(hashes->data + i * DIGEST_SIZE, hash.bytes,
		    DIGEST_SIZE);
	}
	digest_of(hashes->data, hashes->len, &expected);
	ck_assert_int_eq(digest_compare(&root, &expected), 0);
	free(data);
}

START_TEST(sizes_and_pieces)
{
	static const size_t sizes[] = { 1, 100, 65535, 65536, 65537, 131072,
		200000, 327680 };
	static const size_t pieces[] = { 1000, 4096, 65535, 65536, 65537,
		1 << 20 };
	struct blockmap *m;
	struct buffer hashes;
	size_t i, j;

	buffer_init(&hashes, 1 << 20);
	m = blockmap_new(collect, &hashes);
	ck_assert_ptr_nonnull(m);
	/* One map for all: it begins anew each time. */
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (j = 0; j < sizeof(pieces) / sizeof(pieces[0]); j++)
			check_blob(m, &hashes, sizes[i], pieces[j]);
	}
	blockmap_free(m);
	buffer_fini(&hashes);
}
END_TEST

/* Computed with sha256sum: "abc", hashed, and the hash hashed. */
START_TEST(golden)
{
	struct blockmap *m;
	struct digest root;
	char hex[DIGEST_HEX_SIZE];

	m = blockmap_new(NULL, NULL);
	ck_assert_int_eq(blockmap_add(m, "abc", 3), PH_OK);
	ck_assert_int_eq(blockmap_finish(m, &root), PH_OK);
	digest_hex(&root, hex);
	ck_assert_str_eq(hex,
	    "4f8b42c22dd3729b519ba6f68d2da7cc"
	    "5b2d606d05daed5ad5128cc03e6c6358");
	blockmap_free(m);
}
END_TEST

START_TEST(callback_ends_it)
{
	struct blockmap *m;
	struct digest root;
	uint8_t *data;
	int left;

	data = make_blob(3 * PH_MAP_BLOCK_SIZE);
	left = 1;
	m = blockmap_new(refuse, &left);
	ck_assert_int_eq(blockmap_add(m, data, 3 * PH_MAP_BLOCK_SIZE),
	    PH_ENOSPC);
	blockmap_free(m);
	left = 0;
	m = blockmap_new(refuse, &left);
	ck_assert_int_eq(blockmap_add(m, data, 5), PH_OK);
	ck_assert_int_eq(blockmap_finish(m, &root), PH_ENOSPC);
	blockmap_free(m);
	blockmap_free(NULL);
	free(data);
}
END_TEST

START_TEST(counts)
{
	ck_assert_uint_eq(blockmap_count(0), 0);
	ck_assert_uint_eq(blockmap_count(1), 1);
	ck_assert_uint_eq(blockmap_count(65536), 1);
	ck_assert_uint_eq(blockmap_count(65537), 2);
	ck_assert_uint_eq(blockmap_count(UINT64_MAX), UINT64_C(1) << 48);
}
END_TEST

int
main(void)
{
	Suite *s;
	TCase *t;

	s = suite_create("blockmap");
	t = tcase_create("blockmap");
	tcase_add_test(t, sizes_and_pieces);
	tcase_add_test(t, golden);
	tcase_add_test(t, callback_ends_it);
	tcase_add_test(t, counts);
	suite_add_tcase(s, t);
	return check_run(s);
}
