/*
 * The sparse memory of a log against a full one.
 */
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "syncd/audit/sparse.h"
#include "tests/unit/check_main.h"

#define NLEAVES 5000u

static struct sparse s;
static struct digest leaves[NLEAVES];

/* Entry i takes i % 7 + 1 bytes. */
static uint64_t
offset_of(uint64_t i)
{
	return i + i / 7 * 21 + (i % 7) * (i % 7 - 1) / 2;
}

static void
setup(void)
{
	unsigned int i;

	for (i = 0; i < NLEAVES; i++)
		digest_of(&i, sizeof(i), &leaves[i]);
	sparse_init(&s);
}

START_TEST(sizes_and_roots)
{
	struct merkle all;
	struct digest a, b;
	unsigned int i;

	merkle_init(&all);
	for (i = 0; i < NLEAVES; i++) {
		sparse_append(&s, &leaves[i], offset_of(i), offset_of(i + 1));
		merkle_append(&all, &leaves[i]);
	}
	ck_assert_uint_eq(sparse_size(&s), NLEAVES);
	ck_assert_uint_lt(s.nruns, SPARSE_MAX);
	merkle_root(&all, &a);
	merkle_root(&s.all, &b);
	ck_assert_int_eq(digest_compare(&a, &b), 0);
	/* 5000 entries do not fit into 1024 runs of less than 8. */
	ck_assert_uint_eq(s.shift, 3);
}
END_TEST

START_TEST(places)
{
	uint64_t i, n, index, offset;
	unsigned int wrong;

	wrong = 0;

	for (n = 0; n < NLEAVES; n++) {
		sparse_append(&s, &leaves[n], offset_of(n), offset_of(n + 1));
		if (n % 97 != 0 && n + 1 != NLEAVES)
			continue;
		for (i = 0; i <= n + 1; i++) {
			sparse_find(&s, i, &index, &offset);
			wrong += index > i || (i - index) >> s.shift != 0 ||
			    offset != offset_of(index);
		}
	}
	ck_assert_uint_eq(wrong, 0);
}
END_TEST

START_TEST(trees)
{
	struct merkle tree, expected;
	struct digest a, b;
	uint64_t i, first, count, done;

	for (i = 0; i < NLEAVES; i++)
		sparse_append(&s, &leaves[i], offset_of(i), offset_of(i + 1));
	for (first = 0; first < NLEAVES; first += 52) {
		count = (NLEAVES - first) * 2 / 3;
		sparse_tree(&s, first, count, &tree, &done);
		if (first % (UINT64_C(1) << s.shift) != 0) {
			ck_assert_uint_eq(done, 0);
			continue;
		}
		ck_assert_uint_le(done, count);
		ck_assert_uint_lt(count - done, UINT64_C(1) << s.shift);
		merkle_init(&expected);
		for (i = first; i < first + done; i++)
			merkle_append(&expected, &leaves[i]);
		merkle_root(&tree, &a);
		merkle_root(&expected, &b);
		ck_assert_int_eq(digest_compare(&a, &b), 0);
	}
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *t;

	suite = suite_create("sparse");
	t = tcase_create("sparse");
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, sizes_and_roots);
	tcase_add_test(t, places);
	tcase_add_test(t, trees);
	suite_add_tcase(suite, t);
	return check_run(suite);
}
