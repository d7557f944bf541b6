/*
 * Seals: each part of an entry changes them.
 */
#include <string.h>

#include <check.h>

#include "syncd/index/seal.h"
#include "tests/unit/check_main.h"

START_TEST(every_part_counts)
{
	struct digester *d;
	uint8_t sealed[3 + SEAL_SIZE];
	size_t i, len;

	d = digester_new();
	ck_assert_ptr_nonnull(d);
	len = sizeof(sealed);
	memcpy(sealed, "abc", 3);
	seal_of(d, "table", "key", 3, sealed, 3, sealed + 3);
	ck_assert(seal_holds(d, "table", "key", 3, sealed, len));
	ck_assert(!seal_holds(d, "tablf", "key", 3, sealed, len));
	ck_assert(!seal_holds(d, "table", "kez", 3, sealed, len));
	ck_assert(!seal_holds(d, "table", "key", 2, sealed, len));
	ck_assert(!seal_holds(d, "table", "key", 3, sealed, len - 1));
	ck_assert(!seal_holds(d, "table", "key", 3, sealed, 2));
	/* A byte that moves from the key to the value. */
	ck_assert(!seal_holds(d, "table", "keya", 4, sealed + 1, len - 1));
	for (i = 0; i < len; i++) {
		sealed[i] ^= 1;
		ck_assert(!seal_holds(d, "table", "key", 3, sealed, len));
		sealed[i] ^= 1;
	}
	ck_assert(seal_holds(d, "table", "key", 3, sealed, len));
	digester_free(d);
}
END_TEST

START_TEST(empty_value)
{
	struct digester *d;
	uint8_t seal[SEAL_SIZE];

	d = digester_new();
	ck_assert_ptr_nonnull(d);
	seal_of(d, "table", "key", 3, NULL, 0, seal);
	ck_assert(seal_holds(d, "table", "key", 3, seal, sizeof(seal)));
	ck_assert(!seal_holds(d, "table", "key", 3, seal, 0));
	digester_free(d);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *t;

	suite = suite_create("seal");
	t = tcase_create("seal");
	tcase_add_test(t, every_part_counts);
	tcase_add_test(t, empty_value);
	suite_add_tcase(suite, t);
	return check_run(suite);
}
