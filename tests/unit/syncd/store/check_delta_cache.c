/*
 * The delta cache: shared, bounded, and never taken away from a user.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/store/delta_cache.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/store/fixture.h"

#define SEGMENT 65536u

static struct fixture f;
static struct delta_cache *cache;

static void
setup(void)
{
	fixture_begin(&f);
	cache = delta_cache_new(f.store);
	ck_assert_ptr_nonnull(cache);
}

static void
teardown(void)
{
	delta_cache_free(cache);
	fixture_end(&f);
}

/* The pair (target, base); base 0 is none. */
static struct delta_file_id
pair(unsigned int target, unsigned int base)
{
	struct delta_file_id id;

	memset(&id, 0, sizeof(id));
	digest_of(&target, sizeof(target), &id.target);
	if (base != 0)
		digest_of(&base, sizeof(base), &id.base);
	id.target_size = 3 * SEGMENT;
	id.base_size = base;
	id.segment_size = SEGMENT;
	return id;
}

/* Use a pair, with an encoding of 1000 bytes in it when it is new. */
static struct delta_file *
use(unsigned int target, unsigned int base)
{
	static uint8_t bytes[1000];
	struct delta_file_id id;
	struct delta_file *d;

	id = pair(target, base);
	ck_assert_int_eq(delta_cache_use(cache, &id, 1, &d), PH_OK);
	if (delta_file_nrows(d) == 0)
		ck_assert_int_eq(delta_file_append(d, bytes, sizeof(bytes),
				     &id.target, &id.target),
		    PH_OK);
	/* So that the times of use differ. */
	(void)usleep(20000);
	return d;
}

static void
make(unsigned int target, unsigned int base)
{
	delta_cache_release(cache, use(target, base));
}

static int
there(unsigned int target, unsigned int base)
{
	struct delta_file_id id;
	struct delta_file *d;
	int r;

	id = pair(target, base);
	r = delta_file_open(f.store, &id, 0, &d);
	if (r == PH_OK)
		delta_file_close(d);
	return r == PH_OK;
}

START_TEST(shared)
{
	struct delta_file *a, *b, *c;
	struct delta_file_id id;

	id = pair(1, 2);
	ck_assert_int_eq(delta_cache_use(cache, &id, 0, &a), PH_EABSENT);
	a = use(1, 2);
	b = use(1, 2);
	ck_assert_ptr_eq(a, b);
	c = use(1, 0);
	ck_assert_ptr_ne(a, c);
	id.target_size++;
	ck_assert_int_eq(delta_cache_use(cache, &id, 1, &b), PH_EBUSY);
	delta_cache_release(cache, a);
	ck_assert_uint_eq(delta_file_nrows(a), 1);
	delta_cache_release(cache, a);
	delta_cache_release(cache, c);
	delta_cache_release(cache, NULL);
	delta_cache_free(NULL);
}
END_TEST

struct order {
	unsigned int n;
	struct delta_cache_pair pairs[10];
	int result;
};

static int
note(void *cookie, const struct delta_cache_pair *p)
{
	struct order *order = cookie;

	order->pairs[order->n++] = *p;
	return order->result;
}

START_TEST(listed)
{
	struct delta_file_id id;
	struct delta_file *d;
	struct order order;
	uint64_t size;

	memset(&order, 0, sizeof(order));
	ck_assert_int_eq(delta_cache_list(cache, note, &order), PH_OK);
	ck_assert_uint_eq(order.n, 0);
	make(1, 2);
	make(1, 0);
	make(3, 2);
	d = use(1, 2);
	fixture_write(store_dir(f.store, STORE_DELTAS), "stray", "x", 1);
	ck_assert_int_eq(delta_cache_list(cache, note, &order), PH_OK);
	ck_assert_uint_eq(order.n, 3);
	id = pair(1, 0);
	ck_assert_int_eq(digest_compare(&order.pairs[0].target, &id.target), 0);
	ck_assert(digest_is_zero(&order.pairs[0].base));
	ck_assert_int_eq(order.pairs[0].in_use, 0);
	ck_assert_uint_eq(order.pairs[0].size, 1000 + 80 + 64);
	id = pair(1, 2);
	ck_assert_int_eq(digest_compare(&order.pairs[2].target, &id.target), 0);
	ck_assert_int_eq(digest_compare(&order.pairs[2].base, &id.base), 0);
	ck_assert_int_eq(order.pairs[2].in_use, 1);
	ck_assert_int_gt(order.pairs[1].used, order.pairs[0].used);
	ck_assert_int_gt(order.pairs[2].used, order.pairs[1].used);
	ck_assert_int_eq(delta_cache_size(cache, &size), PH_OK);
	ck_assert_uint_eq(size, 3 * 1144);
	order.n = 0;
	order.result = PH_ECANCELED;
	ck_assert_int_eq(delta_cache_list(cache, note, &order), PH_ECANCELED);
	ck_assert_uint_eq(order.n, 1);
	delta_cache_release(cache, d);
}
END_TEST

START_TEST(trimmed)
{
	struct delta_file *d;
	uint64_t freed, size;

	make(1, 2);
	make(2, 3);
	make(3, 4);
	make(4, 5);
	make(2, 3);
	d = use(1, 2);
	ck_assert_int_eq(delta_cache_trim(cache, 5000, &freed), PH_OK);
	ck_assert_uint_eq(freed, 0);
	/* The oldest goes, then the next; the one in use never. */
	ck_assert_int_eq(delta_cache_trim(cache, 4 * 1144 - 1, &freed), PH_OK);
	ck_assert_uint_eq(freed, 1144);
	ck_assert(!there(3, 4));
	ck_assert(there(4, 5));
	ck_assert_int_eq(delta_cache_trim(cache, 0, NULL), PH_OK);
	ck_assert_int_eq(delta_cache_size(cache, &size), PH_OK);
	ck_assert_uint_eq(size, 1144);
	ck_assert(there(1, 2));
	delta_cache_release(cache, d);
	ck_assert_int_eq(delta_cache_trim(cache, 0, &freed), PH_OK);
	ck_assert_uint_eq(freed, 1144);
	ck_assert_uint_eq(fixture_count(store_dir(f.store, STORE_DELTAS)), 0);
}
END_TEST

/* The directory is walked over again when it may have outgrown the budget. */
START_TEST(walked_when_needed)
{
	static uint8_t stray[3000];
	char name[200];
	struct delta_file_id id;
	uint64_t freed;

	make(1, 2);
	ck_assert_int_eq(delta_cache_trim(cache, 4000, &freed), PH_OK);
	id = pair(1, 0);
	digest_hex(&id.target, name);
	strcat(name, "/none.data");
	fixture_write(store_dir(f.store, STORE_DELTAS), name, stray,
	    sizeof(stray));
	make(2, 3);
	make(3, 4);
	ck_assert_int_eq(delta_cache_trim(cache, 4000, &freed), PH_OK);
	ck_assert_uint_eq(freed, 0);
	/* To use what is there makes it no larger. */
	make(2, 3);
	make(2, 3);
	ck_assert_int_eq(delta_cache_trim(cache, 4000, &freed), PH_OK);
	ck_assert_uint_eq(freed, 0);
	make(4, 5);
	ck_assert_int_eq(delta_cache_trim(cache, 4000, &freed), PH_OK);
	ck_assert_uint_eq(freed, sizeof(stray) + 1144);
	ck_assert(!there(1, 2));
	ck_assert(there(4, 5));
}
END_TEST

/* Data that lost their index are of no use, and the first to go. */
START_TEST(orphans)
{
	char name[200];
	struct delta_file_id id;
	uint64_t size;

	make(1, 2);
	make(2, 0);
	id = pair(2, 0);
	digest_hex(&id.target, name);
	strcat(name, "/none.index");
	ck_assert_int_eq(unlinkat(store_dir(f.store, STORE_DELTAS), name, 0),
	    0);
	ck_assert_int_eq(delta_cache_size(cache, &size), PH_OK);
	ck_assert_uint_eq(size, 1144 + 1000);
	ck_assert_int_eq(delta_cache_trim(cache, 1500, NULL), PH_OK);
	ck_assert(there(1, 2));
	ck_assert_int_eq(delta_cache_size(cache, &size), PH_OK);
	ck_assert_uint_eq(size, 1144);
}
END_TEST

START_TEST(forgotten)
{
	struct delta_file_id id;
	struct delta_file *d;

	make(1, 2);
	make(1, 0);
	make(2, 3);
	make(4, 2);
	make(4, 3);
	id = pair(2, 0);
	d = use(4, 2);
	ck_assert_int_eq(delta_cache_forget(cache, &id.target), PH_EBUSY);
	ck_assert(!there(1, 2));
	ck_assert(there(1, 0));
	ck_assert(!there(2, 3));
	ck_assert(there(4, 2));
	ck_assert(there(4, 3));
	delta_cache_release(cache, d);
	ck_assert_int_eq(delta_cache_forget(cache, &id.target), PH_OK);
	ck_assert(!there(4, 2));
	ck_assert(there(4, 3));
	ck_assert_int_eq(delta_cache_forget(cache, &id.target), PH_OK);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *t;

	suite = suite_create("delta_cache");
	t = tcase_create("delta_cache");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, shared);
	tcase_add_test(t, listed);
	tcase_add_test(t, trimmed);
	tcase_add_test(t, walked_when_needed);
	tcase_add_test(t, orphans);
	tcase_add_test(t, forgotten);
	suite_add_tcase(suite, t);
	return check_run(suite);
}
