/*
 * The order of epochs and generations.
 */
#include "proto/order.h"
#include "tests/unit/check_main.h"

/* In order. */
static const struct order orders[] = {
	{ 0, 0 },
	{ 1, 1 },
	{ 1, 2 },
	{ 1, UINT64_MAX },
	{ 2, 1 },
	{ UINT64_MAX, 1 },
	{ UINT64_MAX, UINT64_MAX },
};

#define NORDERS (sizeof(orders) / sizeof(orders[0]))

START_TEST(compared)
{
	size_t i, j;
	int order;

	for (i = 0; i < NORDERS; i++) {
		for (j = 0; j < NORDERS; j++) {
			order = order_compare(&orders[i], &orders[j]);
			ck_assert_int_eq(order < 0, i < j);
			ck_assert_int_eq(order > 0, i > j);
		}
	}
}
END_TEST

START_TEST(none)
{
	struct order halves[] = { { 0, 1 }, { 1, 0 } };

	ck_assert_int_eq(order_is_zero(&orders[0]), 1);
	ck_assert_int_eq(order_valid(&orders[0]), 0);
	ck_assert_int_eq(order_is_zero(&orders[1]), 0);
	ck_assert_int_eq(order_valid(&orders[1]), 1);
	ck_assert_int_eq(order_is_zero(&halves[0]), 0);
	ck_assert_int_eq(order_is_zero(&halves[1]), 0);
	ck_assert_int_eq(order_valid(&halves[0]), 0);
	ck_assert_int_eq(order_valid(&halves[1]), 0);
}
END_TEST

int
main(void)
{
	TCase *tc;
	Suite *s;

	s = suite_create("order");
	tc = tcase_create("order");
	tcase_add_test(tc, compared);
	tcase_add_test(tc, none);
	suite_add_tcase(s, tc);
	return check_run(s);
}
