/*
 * Damage to the file of the index, of every kind: it is found when the index
 * is opened, or the index is right.  Never a wrong answer, never a signal.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/base/file.h"
#include "syncd/index/cursor.h"
#include "syncd/index/index.h"
#include "syncd/index/inspect.h"
#include "syncd/index/seal.h"
#include "tests/unit/check_main.h"
#include "tests/unit/tempdir.h"

#define MAP_SIZE (UINT64_C(64) << 20)
#define NKEYS 1500
#define BIG 9000u
#define PAGE 4096u
#ifndef NTRIALS
#define NTRIALS 25
#endif

static struct files fs;
static struct failure failure;
static char where[600];
static char data_file[620];
static uint8_t *good; /* The file as it was written. */
static size_t size;
static uint64_t random_state;

static uint32_t
next_random(void)
{
	random_state = random_state * UINT64_C(6364136223846793005) + 1;
	return (uint32_t)(random_state >> 33);
}

/* The value of key i: most are small, some have pages of their own. */
static size_t
value_of(unsigned int i, uint8_t *out)
{
	size_t n;

	n = i % 50 == 0 ? BIG : i % 90;
	memset(out, (int)(i % 251) + 1, n);
	return n;
}

static void
put_key(struct index_txn *txn, unsigned int i)
{
	static uint8_t value[BIG];
	char key[16];

	(void)snprintf(key, sizeof(key), "key-%05u", i);
	ck_assert_int_eq(index_put(txn, INDEX_MANIFESTS, key, strlen(key),
			     value, value_of(i, value)),
	    PH_OK);
}

/* Whether all is as it was written, and can still be changed: a code. */
static int
use(struct index *ix)
{
	static uint8_t value[BIG];
	struct index_txn *txn;
	struct index_bytes got;
	char key[16];
	unsigned int i;
	uint64_t count;
	int r;

	ck_assert_int_eq(index_begin(ix, INDEX_READ, &txn), PH_OK);
	for (i = 0; i < NKEYS; i++) {
		(void)snprintf(key, sizeof(key), "key-%05u", i);
		r = index_get(txn, INDEX_MANIFESTS, key, strlen(key), &got);
		if (i % 3 == 0) {
			ck_assert_int_eq(r, PH_EABSENT);
			continue;
		}
		ck_assert_int_eq(r, PH_OK);
		ck_assert_uint_eq(got.len, value_of(i, value));
		ck_assert_mem_eq(got.data, value, got.len);
	}
	ck_assert_int_eq(index_count(txn, INDEX_MANIFESTS, &count), PH_OK);
	ck_assert_uint_eq(count, NKEYS - NKEYS / 3);
	index_abort(txn);
	ck_assert_int_eq(index_begin(ix, INDEX_WRITE, &txn), PH_OK);
	for (i = 0; i < NKEYS; i += 30)
		put_key(txn, i);
	ck_assert_int_eq(index_delete(txn, INDEX_MANIFESTS, "key-00001", 9),
	    PH_OK);
	return index_commit(txn);
}

static void
write_file(const uint8_t *data, size_t len)
{
	int fd;

	fd = open(data_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, data, len), (ssize_t)len);
	(void)close(fd);
}

/* Open the file as it is now and use it.  PH_OK, or how it was refused. */
static int
try(void)
{
	struct index *ix;
	int r;

	r = index_open(&fs, where, MAP_SIZE, &ix, &failure);
	if (r != PH_OK)
		return r;
	r = use(ix);
	index_close(ix);
	return r;
}

static void
setup(void)
{
	struct index *ix;
	struct index_txn *txn;
	struct stat st;
	char key[16];
	unsigned int i;
	int fd;

	fs = files_system();
	random_state = 7;
	(void)snprintf(where, sizeof(where), "%s/index", tempdir_begin());
	(void)snprintf(data_file, sizeof(data_file), "%s/data.mdb", where);
	ck_assert_int_eq(index_open(&fs, where, MAP_SIZE, &ix, &failure),
	    PH_OK);
	ck_assert_int_eq(index_settle(ix), PH_OK);
	for (i = 0; i < NKEYS; i++) {
		if (i % 300 == 0)
			ck_assert_int_eq(index_begin(ix, INDEX_WRITE, &txn),
			    PH_OK);
		put_key(txn, i);
		if (i % 300 == 299)
			ck_assert_int_eq(index_commit(txn), PH_OK);
	}
	/* So that there are free pages. */
	ck_assert_int_eq(index_begin(ix, INDEX_WRITE, &txn), PH_OK);
	for (i = 0; i < NKEYS; i += 3) {
		(void)snprintf(key, sizeof(key), "key-%05u", i);
		ck_assert_int_eq(index_delete(txn, INDEX_MANIFESTS, key, 9),
		    PH_OK);
	}
	ck_assert_int_eq(index_commit(txn), PH_OK);
	/* So that the older of the two states has the same content. */
	ck_assert_int_eq(index_begin(ix, INDEX_WRITE, &txn), PH_OK);
	ck_assert_int_eq(index_put(txn, INDEX_META, "m", 1, "", 0), PH_OK);
	ck_assert_int_eq(index_commit(txn), PH_OK);
	index_close(ix);
	ck_assert_int_eq(stat(data_file, &st), 0);
	size = (size_t)st.st_size;
	good = malloc(size);
	ck_assert_ptr_nonnull(good);
	fd = open(data_file, O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(read(fd, good, size), (ssize_t)size);
	(void)close(fd);
}

static void
teardown(void)
{
	free(good);
	tempdir_end();
}

START_TEST(sound)
{
	ck_assert_int_eq(try(), PH_OK);
}
END_TEST

START_TEST(truncated)
{
	size_t len;

	for (len = 1; len < size; len += len < 3 * PAGE ? 509 : 3 * PAGE) {
		write_file(good, len);
		ck_assert_int_eq(try(), PH_EDIGEST);
	}
	write_file(good, size - 1);
	ck_assert_int_eq(try(), PH_EDIGEST);
}
END_TEST

START_TEST(garbage)
{
	uint8_t *bad;
	size_t i;

	bad = malloc(size);
	ck_assert_ptr_nonnull(bad);
	memset(bad, 0, size);
	write_file(bad, size);
	ck_assert_int_eq(try(), PH_EDIGEST);
	for (i = 0; i < size; i++)
		bad[i] = (uint8_t)next_random();
	write_file(bad, size);
	ck_assert_int_eq(try(), PH_EDIGEST);
	write_file((const uint8_t *)"not an index\n", 13);
	ck_assert_int_eq(try(), PH_EDIGEST);
	/* Thrown away, it can be made anew. */
	ck_assert_int_eq(index_destroy(&fs, where), PH_OK);
	write_file(good, size);
	ck_assert_int_eq(try(), PH_OK);
	free(bad);
}
END_TEST

/* Bytes all over both metas. */
START_TEST(damaged_meta)
{
	unsigned int nrefused;
	size_t i, at;
	int r;

	nrefused = 0;
	for (i = 0; i < 2 * 160; i += 5) {
		at = i < 160 ? i : PAGE + i - 160;
		good[at] ^= (uint8_t)(1u << i % 8);
		write_file(good, size);
		r = try();
		ck_assert_msg(r == PH_OK || r == PH_EDIGEST, "%zu: %d", at, r);
		nrefused += r != PH_OK;
		good[at] ^= (uint8_t)(1u << i % 8);
	}
	ck_assert_uint_gt(nrefused, 15);
}
END_TEST

/* One bit anywhere, a run of bytes, a page that is another one. */
START_TEST(damaged_anywhere)
{
	unsigned int i, kind, nrefused;
	size_t at, from, len;
	uint8_t *bad;
	int r;

	bad = malloc(size);
	ck_assert_ptr_nonnull(bad);
	random_state = (uint64_t)_i + 1;
	nrefused = 0;
	for (i = 0; i < NTRIALS; i++) {
		memcpy(bad, good, size);
		kind = next_random() % 4;
		at = next_random() % size;
		len = next_random() % 64 + 1;
		if (kind == 0) {
			bad[at] ^= (uint8_t)(1u << next_random() % 8);
		} else if (kind == 1) {
			for (; len > 0 && at < size; len--)
				bad[at++] = (uint8_t)next_random();
		} else if (kind == 2) {
			/* The header and offsets of a page. */
			at -= at % PAGE;
			at += next_random() % 64;
			bad[at] = (uint8_t)next_random();
		} else {
			from = next_random() % size;
			memcpy(bad + at - at % PAGE, good + from - from % PAGE,
			    PAGE);
		}
		write_file(bad, size);
		r = try();
		ck_assert_msg(r == PH_OK || r == PH_EDIGEST, "%d", r);
		nrefused += r != PH_OK;
	}
	ck_assert_uint_gt(nrefused, NTRIALS / 8u);
	free(bad);
}
END_TEST

/* A tail that LMDB freed before it ever wrote it. */
START_TEST(unwritten_tail)
{
	static uint8_t value[1 << 20];
	struct index *ix;
	struct index_txn *txn;

	ck_assert_int_eq(index_open(&fs, where, MAP_SIZE, &ix, &failure),
	    PH_OK);
	ck_assert_int_eq(index_begin(ix, INDEX_WRITE, &txn), PH_OK);
	ck_assert_int_eq(index_put(txn, INDEX_META, "x", 1, value,
			     sizeof(value)),
	    PH_OK);
	ck_assert_int_eq(index_delete(txn, INDEX_META, "x", 1), PH_OK);
	ck_assert_int_eq(index_commit(txn), PH_OK);
	index_close(ix);
	ck_assert_int_eq(try(), PH_OK);
}
END_TEST

static int
stop_at(void *cookie, const char *table, size_t table_len, const void *key,
    size_t key_len, const void *value, size_t value_len)
{
	unsigned int *n = cookie;

	ck_assert(table_len > 0 && key_len > 0 && value_len >= SEAL_SIZE);
	ck_assert(table != NULL && key != NULL && value != NULL);
	return ++*n == 10 ? PH_ECANCELED : PH_OK;
}

START_TEST(callback_and_limit)
{
	unsigned int n;
	int fd;

	n = 0;
	fd = open(data_file, O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(inspect_file(&fs, fd, BIG + SEAL_SIZE, stop_at, &n),
	    PH_ECANCELED);
	ck_assert_uint_eq(n, 10);
	n = 11;
	ck_assert_int_eq(inspect_file(&fs, fd, BIG + SEAL_SIZE - 1, stop_at,
			     &n),
	    PH_EDIGEST);
	(void)close(fd);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *t;

	suite = suite_create("inspect");
	t = tcase_create("inspect");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, sound);
	tcase_add_test(t, truncated);
	tcase_add_test(t, garbage);
	tcase_add_test(t, damaged_meta);
	tcase_add_loop_test(t, damaged_anywhere, 0, 4);
	tcase_add_test(t, unwritten_tail);
	tcase_add_test(t, callback_and_limit);
	suite_add_tcase(suite, t);
	return check_run(suite);
}
