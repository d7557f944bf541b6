/*
 * A thread beside its owner.
 */
#include <check.h>

#include "proto/errors.h"
#include "syncd/store/aside.h"
#include "tests/unit/check_main.h"

static int
add_one(void *cookie)
{
	int *n = cookie;

	return ++*n % 10 == 0 ? PH_ENOSPC : PH_OK;
}

START_TEST(many_times)
{
	struct aside *a;
	int i, n, r;

	a = aside_new();
	ck_assert_ptr_nonnull(a);
	n = 0;
	for (i = 1; i <= 1000; i++) {
		aside_start(a, add_one, &n);
		r = aside_wait(a);
		ck_assert_int_eq(n, i);
		ck_assert_int_eq(r, i % 10 == 0 ? PH_ENOSPC : PH_OK);
	}
	aside_free(a);
	aside_free(NULL);
}
END_TEST

START_TEST(never_used)
{
	aside_free(aside_new());
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *t;

	suite = suite_create("aside");
	t = tcase_create("aside");
	tcase_add_test(t, many_times);
	tcase_add_test(t, never_used);
	suite_add_tcase(suite, t);
	return check_run(suite);
}
