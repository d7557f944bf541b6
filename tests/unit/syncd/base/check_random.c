/*
 * Randomness: all bytes are filled, numbers below a bound are below it and
 * not skewed, and a source that is passed in decides.
 */
#include <signal.h>
#include <string.h>

#include "tests/unit/check_main.h"

#include "syncd/base/random.h"

/* Gives the bytes of these numbers, one after the other. */
struct script {
	const uint64_t *numbers;
	size_t next;
};

static void
script_fill(void *cookie, void *out, size_t len)
{
	struct script *s = cookie;

	ck_assert_uint_eq(len, sizeof(uint64_t));
	memcpy(out, &s->numbers[s->next++], len);
}

START_TEST(every_byte_is_filled)
{
	/* In 40 fills each byte is not zero at least once, or 2^-320. */
	uint8_t data[1000], seen[1000];
	struct random r;
	size_t i, j;

	r = random_system();
	memset(seen, 0, sizeof(seen));
	for (i = 0; i < 40; i++) {
		memset(data, 0, sizeof(data));
		random_fill(&r, data, sizeof(data));
		for (j = 0; j < sizeof(data); j++)
			seen[j] |= data[j];
	}
	for (j = 0; j < sizeof(seen); j++)
		ck_assert_uint_ne(seen[j], 0);
}
END_TEST

START_TEST(nothing_beyond_the_length_is_touched)
{
	uint8_t data[300];
	struct random r;
	size_t i;

	r = random_system();
	memset(data, 0x55, sizeof(data));
	random_fill(&r, data + 10, 270);
	for (i = 0; i < 10; i++) {
		ck_assert_uint_eq(data[i], 0x55);
		ck_assert_uint_eq(data[290 - 10 + i], 0x55);
	}
	random_fill(&r, data, 0);
	ck_assert_uint_eq(data[0], 0x55);
}
END_TEST

START_TEST(below_one_there_is_only_zero)
{
	struct random r;

	r = random_system();
	ck_assert_uint_eq(random_below(&r, 1), 0);
}
END_TEST

START_TEST(every_number_below_a_bound_comes)
{
	struct random r;
	unsigned int count[6] = { 0 };
	uint64_t n;
	int i;

	r = random_system();
	for (i = 0; i < 6000; i++) {
		n = random_below(&r, 6);
		ck_assert_uint_lt(n, 6);
		count[n]++;
	}
	/* Ten standard deviations. */
	for (i = 0; i < 6; i++) {
		ck_assert_uint_gt(count[i], 1000 - 290);
		ck_assert_uint_lt(count[i], 1000 + 290);
	}
}
END_TEST

START_TEST(what_would_skew_is_drawn_again)
{
	/* 2^64 mod 3 is 1: the number 0 is one too many. */
	static const uint64_t numbers[] = { 0, 0, 7, UINT64_MAX };
	struct script s = { .numbers = numbers, .next = 0 };
	struct random r = { .fill = script_fill, .cookie = &s };

	ck_assert_uint_eq(random_below(&r, 3), 1);
	ck_assert_uint_eq(s.next, 3);
	/* With a power of two nothing skews. */
	ck_assert_uint_eq(random_below(&r, UINT64_C(1) << 63), UINT64_MAX >> 1);
	ck_assert_uint_eq(s.next, 4);
}
END_TEST

START_TEST(a_bound_of_zero_is_our_fault)
{
	struct random r;

	r = random_system();
	(void)random_below(&r, 0);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tests;

	suite = suite_create("random");
	tests = tcase_create("random");
	tcase_add_test(tests, every_byte_is_filled);
	tcase_add_test(tests, nothing_beyond_the_length_is_touched);
	tcase_add_test(tests, below_one_there_is_only_zero);
	tcase_add_test(tests, every_number_below_a_bound_comes);
	tcase_add_test(tests, what_would_skew_is_drawn_again);
	tcase_add_test_raise_signal(tests, a_bound_of_zero_is_our_fault,
	    SIGABRT);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
