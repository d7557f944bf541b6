/*
 * Plans and parts of encodings.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "proto/errors.h"
#include "proto/limits.h"
#include "syncd/store/part.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/base/fault_files.h"
#include "tests/unit/syncd/store/fixture.h"

#define SEGMENT 65536u
#define SIZE (10u * SEGMENT)
#define LENGTH 5000u

static struct fixture f;
static struct partial *p;
static uint8_t data[LENGTH];
static struct digest target, base, none;
static struct part_row row;

static void
setup(void)
{
	fixture_begin(&f);
	fixture_fill(data, LENGTH, 3);
	digest_of("target", 6, &target);
	digest_of("base", 4, &base);
	memset(&none, 0, sizeof(none));
	digest_of(data, LENGTH, &row.encoding);
	row.length = LENGTH;
	digest_of("segment", 7, &row.target);
	ck_assert_int_eq(partial_open(f.store, &target, SIZE, SEGMENT, &p),
	    PH_OK);
}

static void
teardown(void)
{
	partial_close(p);
	fixture_end(&f);
}

static uint32_t
size_of(uint64_t segment)
{
	uint32_t size;

	ck_assert_int_eq(part_size(p, segment, &size), PH_OK);
	return size;
}

START_TEST(plans)
{
	struct part_row found;
	struct digest d;

	ck_assert_int_eq(part_plan_base(p, &d), PH_EABSENT);
	ck_assert_int_eq(part_plan_get(p, 0, &found), PH_EABSENT);
	ck_assert_int_eq(part_plan_put(p, 0, &row), PH_EABSENT);
	ck_assert_int_eq(part_plan_begin(p, &base), PH_OK);
	ck_assert_int_eq(part_plan_base(p, &d), PH_OK);
	ck_assert_int_eq(digest_compare(&d, &base), 0);
	ck_assert_int_eq(part_plan_get(p, 4, &found), PH_EABSENT);
	ck_assert_int_eq(part_plan_put(p, 4, &row), PH_OK);
	ck_assert_int_eq(part_plan_put(p, 9, &row), PH_OK);
	ck_assert_int_eq(part_plan_put(p, 10, &row), PH_ELIMIT);
	ck_assert_int_eq(part_plan_get(p, 4, &found), PH_OK);
	ck_assert_int_eq(digest_compare(&found.encoding, &row.encoding), 0);
	ck_assert_int_eq(digest_compare(&found.target, &row.target), 0);
	ck_assert_uint_eq(found.length, LENGTH);
	ck_assert_int_eq(part_plan_get(p, 3, &found), PH_EABSENT);
	ck_assert_int_eq(part_plan_get(p, 10, &found), PH_EABSENT);
	/* The same base: what is known stays.  Another: it goes. */
	ck_assert_int_eq(part_plan_begin(p, &base), PH_OK);
	ck_assert_int_eq(part_plan_get(p, 4, &found), PH_OK);
	ck_assert_int_eq(part_plan_begin(p, &none), PH_OK);
	ck_assert_int_eq(part_plan_get(p, 4, &found), PH_EABSENT);
	ck_assert_int_eq(part_plan_base(p, &d), PH_OK);
	ck_assert(digest_is_zero(&d));
	row.length = 0;
	ck_assert_int_eq(part_plan_put(p, 4, &row), PH_ELIMIT);
	row.length = PH_ENCODING_SIZE_MAX + 1;
	ck_assert_int_eq(part_plan_put(p, 4, &row), PH_ELIMIT);
}
END_TEST

/* A segment that went plain stays so, with what came of it. */
START_TEST(plain_rows)
{
	struct part_row plain, found;

	ck_assert_int_eq(part_plan_begin(p, &base), PH_OK);
	ck_assert_int_eq(part_plan_put(p, 4, &row), PH_OK);
	ck_assert_int_eq(part_append(p, 4, 0, data, 100), PH_OK);
	plain = row;
	plain.plain = 1;
	digest_of("plain", 5, &plain.encoding);
	ck_assert_int_eq(part_plan_put(p, 4, &plain), PH_OK);
	ck_assert_uint_eq(size_of(4), 0);
	ck_assert_int_eq(part_append(p, 4, 0, data, 200), PH_OK);
	ck_assert_int_eq(part_plan_begin(p, &base), PH_OK);
	ck_assert_int_eq(part_plan_put(p, 4, &row), PH_OK);
	ck_assert_int_eq(part_plan_get(p, 4, &found), PH_OK);
	ck_assert_int_eq(found.plain, 1);
	ck_assert_uint_eq(found.length, LENGTH);
	ck_assert_int_eq(digest_compare(&found.encoding, &plain.encoding), 0);
	ck_assert_uint_eq(size_of(4), 200);
	ck_assert_int_eq(part_plan_put(p, 4, &plain), PH_OK);
	ck_assert_uint_eq(size_of(4), 200);
	digest_of("other", 5, &plain.encoding);
	ck_assert_int_eq(part_plan_put(p, 4, &plain), PH_OK);
	ck_assert_uint_eq(size_of(4), 0);
	ck_assert_int_eq(part_plan_begin(p, &none), PH_OK);
	ck_assert_int_eq(part_plan_put(p, 4, &row), PH_OK);
	ck_assert_int_eq(part_plan_get(p, 4, &found), PH_OK);
	ck_assert_int_eq(found.plain, 0);
}
END_TEST

START_TEST(damaged_plans)
{
	struct part_row found;
	struct digest d;
	int fd, i;

	ck_assert_int_eq(part_plan_begin(p, &base), PH_OK);
	ck_assert_int_eq(part_plan_put(p, 0, &row), PH_OK);
	fd = openat(partial_dir(p), "plan", O_RDWR | O_CLOEXEC);
	for (i = 0; i < 16; i++) {
		uint8_t byte;

		ck_assert_int_eq(pread(fd, &byte, 1, i), 1);
		byte ^= 1;
		ck_assert_int_eq(pwrite(fd, &byte, 1, i), 1);
		ck_assert_int_eq(part_plan_base(p, &d), PH_EABSENT);
		ck_assert_int_eq(part_plan_get(p, 0, &found), PH_EABSENT);
		byte ^= 1;
		ck_assert_int_eq(pwrite(fd, &byte, 1, i), 1);
	}
	/* A length that no encoding has; a row that is cut short. */
	ck_assert_int_eq(pwrite(fd, "\xff", 1, 64 + 32), 1);
	ck_assert_int_eq(part_plan_get(p, 0, &found), PH_EABSENT);
	ck_assert_int_eq(ftruncate(fd, 64 + 67), 0);
	ck_assert_int_eq(part_plan_get(p, 0, &found), PH_EABSENT);
	ck_assert_int_eq(ftruncate(fd, 63), 0);
	ck_assert_int_eq(part_plan_base(p, &d), PH_EABSENT);
	(void)close(fd);
	ck_assert_int_eq(part_plan_begin(p, &base), PH_OK);
	ck_assert_int_eq(part_plan_base(p, &d), PH_OK);
}
END_TEST

START_TEST(parts)
{
	struct buffer out;

	buffer_init(&out, PH_ENCODING_SIZE_MAX);
	ck_assert_int_eq(part_plan_begin(p, &base), PH_OK);
	ck_assert_int_eq(part_append(p, 2, 0, data, 10), PH_EABSENT);
	ck_assert_int_eq(part_plan_put(p, 2, &row), PH_OK);
	ck_assert_uint_eq(size_of(2), 0);
	ck_assert_int_eq(part_read(p, 2, &out), PH_EABSENT);
	ck_assert_int_eq(part_append(p, 2, 0, data, 1000), PH_OK);
	ck_assert_int_eq(part_append(p, 2, 0, data, 1000), PH_ESEGMENT);
	ck_assert_int_eq(part_append(p, 2, 1001, data, 1), PH_ESEGMENT);
	ck_assert_uint_eq(size_of(2), 1000);
	/* A restart. */
	partial_close(p);
	ck_assert_int_eq(partial_open(f.store, &target, SIZE, SEGMENT, &p),
	    PH_OK);
	ck_assert_uint_eq(size_of(2), 1000);
	ck_assert_int_eq(part_plan_put(p, 2, &row), PH_OK);
	ck_assert_uint_eq(size_of(2), 1000);
	ck_assert_int_eq(part_append(p, 2, 1000, data + 1000,
			     LENGTH - 1000 + 1),
	    PH_ESEGMENT);
	ck_assert_int_eq(part_read(p, 2, &out), PH_EABSENT);
	ck_assert_int_eq(part_append(p, 2, 1000, data + 1000, LENGTH - 1000),
	    PH_OK);
	(void)buffer_put_text(&out, "before");
	ck_assert_int_eq(part_read(p, 2, &out), PH_OK);
	ck_assert_uint_eq(out.len, 6 + LENGTH);
	ck_assert_mem_eq(out.data + 6, data, LENGTH);
	ck_assert_int_eq(part_remove(p, 2), PH_OK);
	ck_assert_int_eq(part_remove(p, 2), PH_OK);
	ck_assert_uint_eq(size_of(2), 0);
	buffer_fini(&out);
}
END_TEST

START_TEST(wrong_bytes)
{
	struct buffer out;

	buffer_init(&out, PH_ENCODING_SIZE_MAX);
	ck_assert_int_eq(part_plan_begin(p, &base), PH_OK);
	ck_assert_int_eq(part_plan_put(p, 2, &row), PH_OK);
	data[17] ^= 1;
	ck_assert_int_eq(part_append(p, 2, 0, data, LENGTH), PH_OK);
	ck_assert_int_eq(part_read(p, 2, &out), PH_EDIGEST);
	ck_assert_uint_eq(out.len, 0);
	ck_assert_uint_eq(size_of(2), 0);
	ck_assert_int_eq(part_read(p, 2, &out), PH_EABSENT);
	buffer_fini(&out);
}
END_TEST

/* Another encoding for the segment, another base: what came goes. */
START_TEST(of_another_plan)
{
	ck_assert_int_eq(part_plan_begin(p, &base), PH_OK);
	ck_assert_int_eq(part_plan_put(p, 2, &row), PH_OK);
	ck_assert_int_eq(part_plan_put(p, 3, &row), PH_OK);
	ck_assert_int_eq(part_append(p, 2, 0, data, 100), PH_OK);
	ck_assert_int_eq(part_append(p, 3, 0, data, 100), PH_OK);
	row.encoding.bytes[0] ^= 1;
	ck_assert_int_eq(part_plan_put(p, 2, &row), PH_OK);
	ck_assert_uint_eq(size_of(2), 0);
	ck_assert_uint_eq(size_of(3), 100);
	ck_assert_int_eq(part_plan_begin(p, &none), PH_OK);
	ck_assert(!fixture_exists(partial_dir(p), "part-3"));
	/* A part without a row, of before the plan: it does not count. */
	fixture_write(partial_dir(p), "part-5", data, 50);
	ck_assert_uint_eq(size_of(5), 0);
	ck_assert_int_eq(part_plan_put(p, 5, &row), PH_OK);
	ck_assert_uint_eq(size_of(5), 0);
	/* Longer than its row says: it goes. */
	fixture_write(partial_dir(p), "part-5", data, LENGTH);
	row.length = LENGTH - 1;
	ck_assert_int_eq(part_plan_put(p, 6, &row), PH_OK);
	fixture_write(partial_dir(p), "part-6", data, LENGTH);
	ck_assert_uint_eq(size_of(6), 0);
	ck_assert(!fixture_exists(partial_dir(p), "part-6"));
}
END_TEST

/* Every call fails, or is the last: a whole part has its digest. */
START_TEST(calls_that_fail)
{
	struct fault_files faults;
	struct failure failure;
	struct partial *q;
	struct buffer out;
	struct store *s;
	uint32_t size;
	unsigned int k;
	int r, fired;

	buffer_init(&out, PH_ENCODING_SIZE_MAX);
	fault_files_init(&faults, &f.system);
	ck_assert_int_eq(store_open(&faults.files, f.path, &s, &failure),
	    PH_OK);
	k = 0;
	do {
		ck_assert_int_eq(partial_open(s, &target, SIZE, SEGMENT, &q),
		    PH_OK);
		fault_files_arm(&faults, (enum fault_kind)_i, ++k, 0);
		r = part_plan_begin(q, &base);
		if (r == PH_OK)
			r = part_plan_put(q, 1, &row);
		if (r == PH_OK)
			r = part_size(q, 1, &size);
		while (r == PH_OK && size < LENGTH) {
			r = part_append(q, 1, size, data + size, 500);
			size += 500;
		}
		if (r == PH_OK)
			r = part_read(q, 1, &out);
		fired = fault_files_fired(&faults);
		fault_files_disarm(&faults);
		ck_assert(fired || r == PH_OK);
		partial_close(q);
		ck_assert_int_eq(part_size(p, 1, &size), PH_OK);
		ck_assert_uint_le(size, LENGTH);
		buffer_reset(&out);
		if (size == LENGTH)
			ck_assert_int_eq(part_read(p, 1, &out), PH_OK);
		if (k % 3 == 0)
			ck_assert_int_eq(part_plan_begin(p, &none), PH_OK);
		buffer_reset(&out);
	} while (fired);
	ck_assert_uint_gt(k, 20);
	buffer_fini(&out);
	store_close(s);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *t;

	suite = suite_create("part");
	t = tcase_create("part");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, plans);
	tcase_add_test(t, plain_rows);
	tcase_add_test(t, damaged_plans);
	tcase_add_test(t, parts);
	tcase_add_test(t, wrong_bytes);
	tcase_add_test(t, of_another_plan);
	tcase_add_loop_test(t, calls_that_fail, FAULT_FAIL, FAULT_TEAR + 1);
	suite_add_tcase(suite, t);
	return check_run(suite);
}
