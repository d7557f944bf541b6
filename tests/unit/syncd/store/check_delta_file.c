/*
 * Encodings on disk: what agrees is kept, what does not is thrown away.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "proto/errors.h"
#include "proto/limits.h"
#include "syncd/store/delta_file.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/base/fault_files.h"
#include "tests/unit/syncd/store/fixture.h"

#define SEGMENT 65536u
#define NSEGMENTS 7u

static struct fixture f;
static struct delta_file_id id;
static struct delta_file *d;
static char data_name[200], index_name[200];

static void
setup(void)
{
	char target[DIGEST_HEX_SIZE], base[DIGEST_HEX_SIZE];

	fixture_begin(&f);
	digest_of("target", 6, &id.target);
	digest_of("base", 4, &id.base);
	id.target_size = NSEGMENTS * SEGMENT - 5;
	id.base_size = 4711;
	id.segment_size = SEGMENT;
	digest_hex(&id.target, target);
	digest_hex(&id.base, base);
	(void)snprintf(data_name, sizeof(data_name), "%s/%s.data", target,
	    base);
	(void)snprintf(index_name, sizeof(index_name), "%s/%s.index", target,
	    base);
	d = NULL;
}

static void
teardown(void)
{
	delta_file_close(d);
	fixture_end(&f);
}

static int
deltas(void)
{
	return store_dir(f.store, STORE_DELTAS);
}

/* The encoding of a segment. */
static size_t
encoding_of(uint64_t segment, uint8_t *out)
{
	size_t len;

	len = 100 + 37 * (size_t)segment;
	fixture_fill(out, len, (unsigned int)segment);
	return len;
}

/* Append the next encoding. */
static int
append(struct delta_file *to)
{
	struct digest digest, target;
	uint8_t bytes[1000];
	uint64_t segment;
	size_t len;

	segment = delta_file_nrows(to);
	len = encoding_of(segment, bytes);
	digest_of(bytes, len, &digest);
	digest_of(&segment, sizeof(segment), &target);
	return delta_file_append(to, bytes, len, &digest, &target);
}

/* Open again, as after a restart. */
static void
reopen(int create)
{
	delta_file_close(d);
	d = NULL;
	ck_assert_int_eq(delta_file_open(f.store, &id, create, &d), PH_OK);
}

/* There are n rows, and each is right. */
static void
check_rows(uint64_t n)
{
	struct delta_file_row row;
	struct digest target;
	uint8_t expected[1000], found[1000];
	uint64_t i, size;
	size_t len;

	ck_assert_uint_eq(delta_file_nrows(d), n);
	size = 64 + 80 * n;
	for (i = 0; i < n; i++) {
		ck_assert_int_eq(delta_file_row(d, i, &row), PH_OK);
		len = encoding_of(i, expected);
		size += len;
		ck_assert_uint_eq(row.length, len);
		digest_of(&i, sizeof(i), &target);
		ck_assert_int_eq(digest_compare(&row.target, &target), 0);
		ck_assert_int_eq(delta_file_verify(d, &row), PH_OK);
		ck_assert_int_eq(delta_file_read(d, &row, 10, found, len - 10),
		    PH_OK);
		ck_assert_mem_eq(found, expected + 10, len - 10);
	}
	ck_assert_int_eq(delta_file_row(d, n, &row), PH_EABSENT);
	ck_assert_uint_eq(delta_file_size(d), size);
}

START_TEST(appended)
{
	struct delta_file_row row;
	uint64_t i;
	uint8_t byte;

	ck_assert_int_eq(delta_file_open(f.store, &id, 0, &d), PH_EABSENT);
	ck_assert_uint_eq(fixture_count(deltas()), 0);
	reopen(1);
	ck_assert_uint_eq(delta_file_nsegments(d), NSEGMENTS);
	ck_assert_mem_eq(delta_file_id(d), &id, sizeof(id));
	for (i = 0; i < NSEGMENTS; i++) {
		check_rows(i);
		ck_assert_int_eq(append(d), PH_OK);
	}
	ck_assert_int_eq(append(d), PH_ELIMIT);
	check_rows(NSEGMENTS);
	reopen(0);
	check_rows(NSEGMENTS);
	ck_assert_int_eq(delta_file_touch(d), PH_OK);
	reopen(1);
	check_rows(NSEGMENTS);
	ck_assert_int_eq(delta_file_row(d, 2, &row), PH_OK);
	ck_assert_int_eq(delta_file_read(d, &row, row.length, &byte, 0), PH_OK);
	ck_assert_int_eq(delta_file_read(d, &row, row.length, &byte, 1),
	    PH_EDIGEST);
	ck_assert_int_eq(delta_file_read(d, &row, UINT32_MAX, &byte, 1),
	    PH_EDIGEST);
	row.offset = UINT64_MAX;
	ck_assert_int_eq(delta_file_read(d, &row, 0, &byte, 1), PH_EDIGEST);
	ck_assert_int_eq(delta_file_verify(d, &row), PH_EDIGEST);
	delta_file_close(NULL);
}
END_TEST

START_TEST(golden)
{
	static const uint8_t header[64] = { 'P', 'H', 'D', '1', 0, 1, 0, 0, 0,
		0, 0, 0, 0, 6, 0xff, 0xfb, 0, 0, 0, 0, 0, 0, 0x12, 0x67 };
	struct digest one, two;
	uint8_t index[64 + 80];

	reopen(1);
	memset(&one, 1, sizeof(one));
	memset(&two, 2, sizeof(two));
	ck_assert_int_eq(delta_file_append(d, "abc", 3, &one, &two), PH_OK);
	memset(index, 0, sizeof(index));
	memcpy(index, header, sizeof(header));
	index[64 + 11] = 3;
	memset(index + 64 + 16, 1, 32);
	memset(index + 64 + 48, 2, 32);
	ck_assert(fixture_holds(deltas(), index_name, index, sizeof(index)));
	ck_assert(fixture_holds(deltas(), data_name, "abc", 3));
}
END_TEST

START_TEST(limits)
{
	struct delta_file *other;
	struct digest digest;

	reopen(1);
	memset(&digest, 0, sizeof(digest));
	ck_assert_int_eq(delta_file_append(d, "", 0, &digest, &digest),
	    PH_ELIMIT);
	ck_assert_int_eq(delta_file_append(d, "", PH_ENCODING_SIZE_MAX + 1,
			     &digest, &digest),
	    PH_ELIMIT);
	id.target_size = 0;
	ck_assert_int_eq(delta_file_open(f.store, &id, 1, &other), PH_ELIMIT);
	id.target_size = PH_BLOB_SIZE_MAX + 1;
	ck_assert_int_eq(delta_file_open(f.store, &id, 1, &other), PH_ELIMIT);
	id.target_size = 1;
	id.segment_size = 0;
	ck_assert_int_eq(delta_file_open(f.store, &id, 1, &other), PH_ELIMIT);
}
END_TEST

START_TEST(without_base)
{
	char name[200];

	memset(&id.base, 0, sizeof(id.base));
	id.base_size = 0;
	reopen(1);
	ck_assert_int_eq(append(d), PH_OK);
	digest_hex(&id.target, name);
	strcat(name, "/none.index");
	ck_assert(fixture_exists(deltas(), name));
	reopen(0);
	check_rows(1);
	ck_assert_int_eq(delta_file_remove(f.store, &id.target, &id.base),
	    PH_OK);
	ck_assert_uint_eq(fixture_count(deltas()), 0);
}
END_TEST

/* Either file cut anywhere: the rows before stay, and it goes on. */
START_TEST(cut_short)
{
	uint64_t i, before;
	struct stat st;
	off_t len;
	int which;

	for (which = 0; which < 2; which++) {
		reopen(1);
		while (delta_file_nrows(d) < NSEGMENTS)
			ck_assert_int_eq(append(d), PH_OK);
		ck_assert_int_eq(fstatat(deltas(),
				     which ? data_name : index_name, &st, 0),
		    0);
		before = NSEGMENTS;
		for (len = st.st_size; len >= (which ? 0 : 64); len -= 13) {
			int fd;

			fd = openat(deltas(), which ? data_name : index_name,
			    O_WRONLY | O_CLOEXEC);
			ck_assert_int_eq(ftruncate(fd, len), 0);
			(void)close(fd);
			reopen(0);
			i = delta_file_nrows(d);
			ck_assert_uint_le(i, before);
			before = i;
			check_rows(i);
		}
		while (delta_file_nrows(d) < NSEGMENTS)
			ck_assert_int_eq(append(d), PH_OK);
		check_rows(NSEGMENTS);
	}
}
END_TEST

START_TEST(disagreeing)
{
	struct delta_file_id other;
	struct delta_file *e;

	reopen(1);
	ck_assert_int_eq(append(d), PH_OK);
	other = id;
	other.base_size++;
	ck_assert_int_eq(delta_file_open(f.store, &other, 0, &e), PH_EABSENT);
	ck_assert(!fixture_exists(deltas(), index_name));
	reopen(1);
	check_rows(0);
	ck_assert_int_eq(append(d), PH_OK);
	/* No data. */
	ck_assert_int_eq(unlinkat(deltas(), data_name, 0), 0);
	ck_assert_int_eq(delta_file_open(f.store, &id, 0, &e), PH_EABSENT);
	reopen(1);
	check_rows(0);
	/* No index: the data do not count. */
	ck_assert_int_eq(append(d), PH_OK);
	ck_assert_int_eq(unlinkat(deltas(), index_name, 0), 0);
	reopen(1);
	check_rows(0);
	/* Half a header. */
	fixture_write(deltas(), index_name, "PHD1", 4);
	reopen(1);
	check_rows(0);
}
END_TEST

/* Every byte of the index damaged: rows are dropped or are right. */
START_TEST(damaged_index)
{
	struct delta_file_row row;
	uint8_t good[64 + 80 * 3], bad[sizeof(good)];
	size_t i;
	uint64_t k;
	int fd;

	reopen(1);
	for (i = 0; i < 3; i++)
		ck_assert_int_eq(append(d), PH_OK);
	fd = openat(deltas(), index_name, O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(read(fd, good, sizeof(good)), sizeof(good));
	(void)close(fd);
	for (i = 0; i < sizeof(good); i += i < 64 ? 7 : 1) {
		memcpy(bad, good, sizeof(good));
		bad[i] ^= 0x40;
		delta_file_close(d);
		d = NULL;
		ck_assert_int_eq(delta_file_open(f.store, &id, 1, &d), PH_OK);
		while (delta_file_nrows(d) < 3)
			ck_assert_int_eq(append(d), PH_OK);
		fixture_write(deltas(), index_name, bad, sizeof(bad));
		reopen(1);
		ck_assert_uint_le(delta_file_nrows(d), 3);
		for (k = 0; k < delta_file_nrows(d); k++) {
			ck_assert_int_eq(delta_file_row(d, k, &row), PH_OK);
			/* A digest that was damaged is found by verifying. */
			if (delta_file_verify(d, &row) != PH_OK)
				ck_assert_uint_eq(k, (i - 64) / 80);
		}
		if (i >= 64 && (i - 64) % 80 >= 16) {
			/* Made good again, for the next one. */
			fixture_write(deltas(), index_name, good, sizeof(good));
		}
	}
}
END_TEST

START_TEST(damaged_data)
{
	struct delta_file_row row;
	int fd;

	reopen(1);
	ck_assert_int_eq(append(d), PH_OK);
	ck_assert_int_eq(append(d), PH_OK);
	fd = openat(deltas(), data_name, O_WRONLY | O_CLOEXEC);
	ck_assert_int_eq(pwrite(fd, "\0", 1, 103), 1);
	(void)close(fd);
	ck_assert_int_eq(delta_file_row(d, 0, &row), PH_OK);
	ck_assert_int_eq(delta_file_verify(d, &row), PH_OK);
	ck_assert_int_eq(delta_file_row(d, 1, &row), PH_OK);
	ck_assert_int_eq(delta_file_verify(d, &row), PH_EDIGEST);
}
END_TEST

/* Every call fails, or is the last one. */
START_TEST(calls_that_fail)
{
	struct fault_files faults;
	struct failure failure;
	struct delta_file *e;
	struct store *s;
	uint64_t known;
	unsigned int k;
	int r, fired;

	fault_files_init(&faults, &f.system);
	ck_assert_int_eq(store_open(&faults.files, f.path, &s, &failure),
	    PH_OK);
	k = 0;
	do {
		fault_files_arm(&faults, (enum fault_kind)_i, ++k, 0);
		e = NULL;
		known = 0;
		r = delta_file_open(s, &id, 1, &e);
		while (r == PH_OK && delta_file_nrows(e) < 3)
			r = append(e);
		if (e != NULL)
			known = delta_file_nrows(e);
		/* A failed append can be done again. */
		if (_i == FAULT_FAIL && e != NULL && r != PH_OK) {
			ck_assert_int_eq(append(e), PH_OK);
			known++;
		}
		delta_file_close(e);
		fired = fault_files_fired(&faults);
		fault_files_disarm(&faults);
		ck_assert_int_eq(r == PH_OK, !fired);
		reopen(1);
		ck_assert_uint_ge(delta_file_nrows(d), known);
		check_rows(delta_file_nrows(d));
		ck_assert_int_eq(delta_file_remove(f.store, &id.target,
				     &id.base),
		    PH_OK);
		ck_assert_int_eq(delta_file_remove(f.store, &id.target,
				     &id.base),
		    PH_OK);
		ck_assert_uint_eq(fixture_count(deltas()), 0);
	} while (fired);
	ck_assert_uint_gt(k, 8);
	store_close(s);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *t;

	suite = suite_create("delta_file");
	t = tcase_create("delta_file");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, appended);
	tcase_add_test(t, golden);
	tcase_add_test(t, limits);
	tcase_add_test(t, without_base);
	tcase_add_test(t, cut_short);
	tcase_add_test(t, disagreeing);
	tcase_add_test(t, damaged_index);
	tcase_add_test(t, damaged_data);
	tcase_add_loop_test(t, calls_that_fail, FAULT_FAIL, FAULT_TEAR + 1);
	suite_add_tcase(suite, t);
	return check_run(suite);
}
