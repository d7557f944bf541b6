/*
 * A thread beside its owner: all pieces arrive, in order, whatever the speed
 * of either.
 */
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/store/aside.h"
#include "tests/unit/check_main.h"

/* What arrives: bytes that count up, and zeros. */
struct arrival {
	uint64_t next;
	uint64_t zeros;
	unsigned int ncalls;
	unsigned int fail_at;
	int slow;
};

static int
arrive(void *cookie, const uint8_t *data, uint64_t len)
{
	struct arrival *a = cookie;
	uint64_t i;

	if (a->slow)
		(void)usleep(1000);
	a->ncalls++;
	if (a->ncalls == a->fail_at)
		return PH_ENOSPC;
	if (data == NULL) {
		a->zeros += len;
		return PH_OK;
	}
	for (i = 0; i < len; i++) {
		if (data[i] != (uint8_t)(a->next + i))
			return PH_EDIGEST;
	}
	a->next += len;
	return PH_OK;
}

/* Provide len bytes that count up. */
static int
provide(struct aside *a, uint64_t *next, size_t len)
{
	uint8_t *room;
	size_t i;
	int r;

	room = aside_buffer(a);
	for (i = 0; i < len; i++)
		room[i] = (uint8_t)(*next + i);
	r = aside_put(a, len);
	/* Still there for the owner to read. */
	ck_assert_uint_eq(room[len - 1], (uint8_t)(*next + len - 1));
	*next += len;
	return r;
}

START_TEST(in_order)
{
	static const size_t sizes[] = { 1, 1000, ASIDE_BUFFER_SIZE, 200000, 7,
		131072, 131071, ASIDE_BUFFER_SIZE };
	struct arrival arrival;
	struct aside *a;
	uint64_t next;
	unsigned int i;

	memset(&arrival, 0, sizeof(arrival));
	arrival.slow = _i;
	a = aside_new(arrive, &arrival);
	ck_assert_ptr_nonnull(a);
	next = 0;
	for (i = 0; i < 80; i++) {
		ck_assert_int_eq(provide(a, &next, sizes[i % 8]), PH_OK);
		if (i % 5 == 0)
			ck_assert_int_eq(aside_put_zeros(a, i), PH_OK);
		if (i % 30 == 29)
			ck_assert_int_eq(aside_wait(a), PH_OK);
	}
	ck_assert_int_eq(aside_wait(a), PH_OK);
	ck_assert_uint_eq(arrival.next, next);
	ck_assert_uint_eq(arrival.zeros, 5 * (15 * 16) / 2);
	ck_assert_uint_eq(arrival.ncalls, 96);
	aside_free(a);
	aside_free(NULL);
}
END_TEST

/* Small pieces take no thread; what they do is done at once. */
START_TEST(small)
{
	struct arrival arrival;
	struct aside *a;
	uint64_t next;

	memset(&arrival, 0, sizeof(arrival));
	a = aside_new(arrive, &arrival);
	next = 0;
	ck_assert_int_eq(provide(a, &next, 1000), PH_OK);
	ck_assert_uint_eq(arrival.next, 1000);
	aside_free(a);
	aside_free(aside_new(arrive, &arrival));
}
END_TEST

START_TEST(failing)
{
	struct arrival arrival;
	struct aside *a;
	uint64_t next;
	unsigned int i;
	int r;

	for (i = 1; i < 12; i += 5) {
		memset(&arrival, 0, sizeof(arrival));
		arrival.fail_at = i;
		a = aside_new(arrive, &arrival);
		next = 0;
		while (next < 12 * (uint64_t)ASIDE_BUFFER_SIZE) {
			r = provide(a, &next, ASIDE_BUFFER_SIZE);
			ck_assert(r == PH_OK || r == PH_ENOSPC);
		}
		ck_assert_int_eq(aside_wait(a), PH_ENOSPC);
		ck_assert_uint_eq(arrival.ncalls, i);
		aside_free(a);
	}
}
END_TEST

/* Given up with work still waiting. */
START_TEST(given_up)
{
	struct arrival arrival;
	struct aside *a;
	uint64_t next;

	memset(&arrival, 0, sizeof(arrival));
	arrival.slow = 1;
	a = aside_new(arrive, &arrival);
	next = 0;
	ck_assert_int_eq(provide(a, &next, ASIDE_BUFFER_SIZE), PH_OK);
	ck_assert_int_eq(provide(a, &next, ASIDE_BUFFER_SIZE), PH_OK);
	aside_free(a);
	ck_assert_uint_eq(arrival.next, next);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *t;

	suite = suite_create("aside");
	t = tcase_create("aside");
	tcase_add_loop_test(t, in_order, 0, 2);
	tcase_add_test(t, small);
	tcase_add_test(t, failing);
	tcase_add_test(t, given_up);
	suite_add_tcase(suite, t);
	return check_run(suite);
}
