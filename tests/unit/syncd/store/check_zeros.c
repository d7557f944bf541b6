/*
 * Runs of zeros.
 */
#include <string.h>

#include <check.h>

#include "syncd/store/zeros.h"
#include "tests/unit/check_main.h"

static uint8_t data[6 * ZEROS_BLOCK];

static void
setup(void)
{
	memset(data, 7, sizeof(data));
}

START_TEST(only)
{
	uint8_t z[100];
	size_t i;

	memset(z, 0, sizeof(z));
	ck_assert(zeros_only(z, 0));
	ck_assert(zeros_only(z, 1));
	ck_assert(zeros_only(z, sizeof(z)));
	for (i = 0; i < sizeof(z); i++) {
		z[i] = 1;
		ck_assert(!zeros_only(z, sizeof(z)));
		ck_assert(zeros_only(z, i));
		z[i] = 0;
	}
}
END_TEST

START_TEST(blocks)
{
	int zero;

	ck_assert_uint_eq(zeros_run(data, 0, 0, &zero), 0);
	ck_assert_uint_eq(zeros_run(data, sizeof(data), 0, &zero),
	    sizeof(data));
	ck_assert(!zero);
	memset(data + ZEROS_BLOCK, 0, 2 * ZEROS_BLOCK);
	ck_assert_uint_eq(zeros_run(data, sizeof(data), 0, &zero), ZEROS_BLOCK);
	ck_assert(!zero);
	ck_assert_uint_eq(zeros_run(data + ZEROS_BLOCK,
			      sizeof(data) - ZEROS_BLOCK, ZEROS_BLOCK, &zero),
	    2 * ZEROS_BLOCK);
	ck_assert(zero);
	/* Zeros that do not fill a block of the file are data. */
	memset(data, 7, sizeof(data));
	memset(data + 100, 0, ZEROS_BLOCK);
	ck_assert_uint_eq(zeros_run(data, sizeof(data), 0, &zero),
	    sizeof(data));
	ck_assert(!zero);
}
END_TEST

START_TEST(not_aligned)
{
	int zero;

	/* The data begin 100 bytes before a block of the file. */
	memset(data, 0, 100 + ZEROS_BLOCK + 50);
	ck_assert_uint_eq(zeros_run(data, sizeof(data), ZEROS_BLOCK - 100,
			      &zero),
	    100 + ZEROS_BLOCK);
	ck_assert(zero);
	ck_assert_uint_eq(zeros_run(data, 60, ZEROS_BLOCK - 100, &zero), 60);
	ck_assert(zero);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *t;

	suite = suite_create("zeros");
	t = tcase_create("zeros");
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, only);
	tcase_add_test(t, blocks);
	tcase_add_test(t, not_aligned);
	suite_add_tcase(suite, t);
	return check_run(suite);
}
