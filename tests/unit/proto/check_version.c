/*
 * Versions, and that their order is one.
 */
#include <stdint.h>
#include <string.h>

#include "tests/unit/check_main.h"

#include "proto/limits.h"
#include "proto/version.h"

/* In order; each is before all that follow. */
static const char *const ordered[] = {
	"",
	"0",
	"0.9",
	"00",
	"00.1",
	"1",
	"1+",
	"1-",
	"1.",
	"1.0",
	"1.0-",
	"1.0-rc1",
	"1.0-rc2",
	"1.0-rc10",
	"1.0.0",
	"1.00",
	"1.1",
	"1.01",
	"1.9",
	"1.10",
	"1.10.1",
	"1a",
	"1a1",
	"1ab",
	"01",
	"01.0",
	"001",
	"2",
	"9",
	"10",
	"2026-11-22",
	"2026-12-01",
	"18446744073709551615",
	"18446744073709551616",
	"99999999999999999999999999999999999999999999999999999999999999",
	"-",
	"A",
	"B1",
	"a",
	"a1",
	"a01",
	"a2",
	"a10",
	"a-",
	"aB",
	"ab",
	"ab0",
	"\xc3\xa9",
};

#define NORDERED (sizeof(ordered) / sizeof(ordered[0]))
#define NRANDOM 160u
#define RANDOM_SIZE 9u

static int
sign_of(int n)
{
	return (n > 0) - (n < 0);
}

/* xorshift64: the same texts in every run. */
static uint32_t
next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (uint32_t)(*state >> 32);
}

/* A short text of few characters, so that many pairs are nearly the same. */
static void
random_text(uint64_t *state, char out[RANDOM_SIZE])
{
	static const char characters[] = "0019.-aB";
	size_t i, len;

	len = next_random(state) % RANDOM_SIZE;
	for (i = 0; i < len; i++)
		out[i] = characters[next_random(state) % 8];
	out[len] = '\0';
}

START_TEST(versions)
{
	char text[PH_VERSION_MAX + 2];

	ck_assert(version_valid("9"));
	ck_assert(version_valid("1.0-rc1"));
	ck_assert(version_valid("2026-11-22T0930+1_a"));
	ck_assert(!version_valid(""));
	ck_assert(!version_valid("-1"));
	ck_assert(!version_valid(".1"));
	ck_assert(!version_valid("1 0"));
	ck_assert(!version_valid("1:0"));
	ck_assert(!version_valid("1/0"));
	memset(text, '1', sizeof(text));
	text[PH_VERSION_MAX] = '\0';
	ck_assert(version_valid(text));
	text[PH_VERSION_MAX] = '1';
	text[PH_VERSION_MAX + 1] = '\0';
	ck_assert(!version_valid(text));
}
END_TEST

START_TEST(order_of_the_list)
{
	size_t i, j;
	int order;

	for (i = 0; i < NORDERED; i++) {
		for (j = 0; j < NORDERED; j++) {
			order =
			    sign_of(version_compare(ordered[i], ordered[j]));
			ck_assert_msg(order == (i > j) - (i < j), "%s, %s: %d",
			    ordered[i], ordered[j], order);
		}
	}
}
END_TEST

START_TEST(order_is_total)
{
	char texts[NRANDOM][RANDOM_SIZE];
	uint64_t state;
	size_t i, j;
	int there, back;

	state = 88172645463325252u + (uint64_t)_i;
	for (i = 0; i < NRANDOM; i++)
		random_text(&state, texts[i]);
	for (i = 0; i < NRANDOM; i++) {
		for (j = 0; j < NRANDOM; j++) {
			there = version_compare(texts[i], texts[j]);
			back = version_compare(texts[j], texts[i]);
			if (sign_of(there) != -sign_of(back) ||
			    (there == 0) != (strcmp(texts[i], texts[j]) == 0))
				ck_abort_msg("%s, %s", texts[i], texts[j]);
		}
	}
}
END_TEST

START_TEST(order_is_transitive)
{
	char texts[NRANDOM][RANDOM_SIZE];
	int order[NRANDOM][NRANDOM];
	uint64_t state;
	size_t i, j, k;

	state = 88172645463325252u + (uint64_t)_i;
	for (i = 0; i < NRANDOM; i++)
		random_text(&state, texts[i]);
	for (i = 0; i < NRANDOM; i++) {
		for (j = 0; j < NRANDOM; j++)
			order[i][j] = version_compare(texts[i], texts[j]);
	}
	for (i = 0; i < NRANDOM; i++) {
		for (j = 0; j < NRANDOM; j++) {
			if (order[i][j] > 0)
				continue;
			for (k = 0; k < NRANDOM; k++) {
				if (order[j][k] <= 0 && order[i][k] > 0)
					ck_abort_msg("%s, %s, %s", texts[i],
					    texts[j], texts[k]);
			}
		}
	}
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *version;

	suite = suite_create("version");
	version = tcase_create("version");
	tcase_add_test(version, versions);
	tcase_add_test(version, order_of_the_list);
	tcase_add_loop_test(version, order_is_total, 0, 20);
	tcase_add_loop_test(version, order_is_transitive, 0, 20);
	suite_add_tcase(suite, version);
	return check_run(suite);
}
