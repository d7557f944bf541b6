/*
 * The index: what was committed is there, nothing else is; and whatever
 * happens to its file, it is found out before it is believed.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/base/file.h"
#include "syncd/index/cursor.h"
#include "syncd/index/index.h"
#include "tests/unit/check_main.h"
#include "tests/unit/mounts.h"
#include "tests/unit/syncd/base/fault_files.h"
#include "tests/unit/tempdir.h"

#define MAP_SMALL (UINT64_C(1) << 20)

static struct files fs;
static struct failure failure;
static char where[600];

static void
setup(void)
{
	fs = files_system();
	(void)snprintf(where, sizeof(where), "%s/index", tempdir_begin());
}

static void
teardown(void)
{
	tempdir_end();
}

static struct index *
must_open(uint64_t map_size)
{
	struct index *ix;
	int r;

	r = index_open(&fs, where, map_size, &ix, &failure);
	ck_assert_msg(r == PH_OK, "%s", failure.what);
	ck_assert_int_eq(index_settle(ix), PH_OK);
	return ix;
}

static struct index_txn *
must_begin(struct index *ix, enum index_mode mode)
{
	struct index_txn *txn;

	ck_assert_int_eq(index_begin(ix, mode, &txn), PH_OK);
	return txn;
}

static void
put_text(struct index_txn *txn, const char *key, const char *value)
{
	ck_assert_int_eq(index_put(txn, INDEX_META, key, strlen(key), value,
			     strlen(value)),
	    PH_OK);
}

/* The value of a key is this text; NULL: it is absent. */
static void
check_text(struct index_txn *txn, const char *key, const char *value)
{
	struct index_bytes got;
	int r;

	r = index_get(txn, INDEX_META, key, strlen(key), &got);
	if (value == NULL) {
		ck_assert_int_eq(r, PH_EABSENT);
		return;
	}
	ck_assert_int_eq(r, PH_OK);
	ck_assert_mem_eq(got.data, value, strlen(value));
	ck_assert_uint_eq(got.len, strlen(value));
}

/* A new index that was never settled is not believed; a settled one is. */
START_TEST(settled_or_nothing)
{
	struct index *ix;
	struct index_txn *txn;
	int settled;

	for (settled = 0; settled <= 1; settled++) {
		ck_assert_int_eq(index_open(&fs, where, 0, &ix, &failure),
		    PH_OK);
		txn = must_begin(ix, INDEX_WRITE);
		put_text(txn, "a", "1");
		ck_assert_int_eq(index_commit(txn), PH_OK);
		if (settled)
			ck_assert_int_eq(index_settle(ix), PH_OK);
		index_close(ix);
		if (!settled) {
			ck_assert_int_eq(index_open(&fs, where, 0, &ix,
					     &failure),
			    PH_EDIGEST);
			ck_assert_int_eq(index_destroy(&fs, where), PH_OK);
		}
	}
	ix = must_open(0);
	txn = must_begin(ix, INDEX_READ);
	check_text(txn, "a", "1");
	index_abort(txn);
	index_close(ix);
}
END_TEST

START_TEST(commit_and_abort)
{
	struct index *ix;
	struct index_txn *txn;
	struct buffer copy;

	ix = must_open(0);
	txn = must_begin(ix, INDEX_WRITE);
	put_text(txn, "a", "1");
	put_text(txn, "empty", "");
	ck_assert_int_eq(index_commit(txn), PH_OK);
	txn = must_begin(ix, INDEX_WRITE);
	put_text(txn, "a", "2");
	put_text(txn, "b", "3");
	ck_assert_int_eq(index_delete(txn, INDEX_META, "x", 1), PH_EABSENT);
	check_text(txn, "a", "2");
	index_abort(txn);
	index_close(ix);

	ix = must_open(0);
	txn = must_begin(ix, INDEX_READ);
	check_text(txn, "a", "1");
	check_text(txn, "b", NULL);
	check_text(txn, "empty", "");
	buffer_init(&copy, 100);
	ck_assert_int_eq(index_copy(txn, INDEX_META, "a", 1, &copy), PH_OK);
	ck_assert_str_eq(buffer_text(&copy), "1");
	buffer_fini(&copy);
	ck_assert_int_eq(index_commit(txn), PH_OK);
	index_abort(NULL);
	index_close(ix);
	index_close(NULL);
}
END_TEST

START_TEST(tables_are_apart)
{
	struct index *ix;
	struct index_txn *txn;
	struct index_bytes value;
	uint64_t count;
	int i;

	ix = must_open(0);
	txn = must_begin(ix, INDEX_WRITE);
	for (i = 0; i < (int)INDEX_NTABLES; i++)
		ck_assert_int_eq(index_put(txn, (enum index_table)i, "k", 1, &i,
				     sizeof(i)),
		    PH_OK);
	ck_assert_int_eq(index_clear(txn, INDEX_GRANTS), PH_OK);
	ck_assert_int_eq(index_delete(txn, INDEX_RECEIPTS, "k", 1), PH_OK);
	ck_assert_int_eq(index_commit(txn), PH_OK);
	txn = must_begin(ix, INDEX_READ);
	for (i = 0; i < (int)INDEX_NTABLES; i++) {
		ck_assert_int_eq(index_count(txn, (enum index_table)i, &count),
		    PH_OK);
		if (i == INDEX_GRANTS || i == INDEX_RECEIPTS) {
			ck_assert_uint_eq(count, 0);
			continue;
		}
		ck_assert_uint_eq(count, 1);
		ck_assert_int_eq(index_get(txn, (enum index_table)i, "k", 1,
				     &value),
		    PH_OK);
		ck_assert_mem_eq(value.data, &i, sizeof(i));
	}
	index_abort(txn);
	index_close(ix);
}
END_TEST

START_TEST(lengths)
{
	static uint8_t key[INDEX_KEY_MAX + 1];
	struct index *ix;
	struct index_txn *txn;
	struct index_bytes got;
	uint8_t *value;

	value = calloc(1, INDEX_VALUE_MAX + 1);
	ck_assert_ptr_nonnull(value);
	ix = must_open(0);
	txn = must_begin(ix, INDEX_WRITE);
	ck_assert_int_eq(index_put(txn, INDEX_META, key, INDEX_KEY_MAX, value,
			     INDEX_VALUE_MAX),
	    PH_OK);
	ck_assert_int_eq(index_commit(txn), PH_OK);

	/* What is asked with an impossible key is absent. */
	txn = must_begin(ix, INDEX_WRITE);
	ck_assert_int_eq(index_get(txn, INDEX_META, key, INDEX_KEY_MAX, &got),
	    PH_OK);
	ck_assert_uint_eq(got.len, INDEX_VALUE_MAX);
	ck_assert_int_eq(index_get(txn, INDEX_META, key, INDEX_KEY_MAX + 1,
			     &got),
	    PH_EABSENT);
	ck_assert_int_eq(index_get(txn, INDEX_META, key, 0, &got), PH_EABSENT);
	ck_assert_int_eq(index_delete(txn, INDEX_META, key, 0), PH_EABSENT);
	ck_assert_int_eq(index_commit(txn), PH_OK);

	/* What cannot be put makes the whole transaction fail. */
	txn = must_begin(ix, INDEX_WRITE);
	put_text(txn, "new", "1");
	ck_assert_int_eq(index_put(txn, INDEX_META, key, INDEX_KEY_MAX + 1, "",
			     0),
	    PH_ELIMIT);
	ck_assert_int_eq(index_commit(txn), PH_ELIMIT);
	txn = must_begin(ix, INDEX_WRITE);
	check_text(txn, "new", NULL);
	ck_assert_int_eq(index_put(txn, INDEX_META, "k", 1, value,
			     INDEX_VALUE_MAX + 1),
	    PH_ELIMIT);
	index_abort(txn);
	index_close(ix);
	free(value);
}
END_TEST

START_TEST(opened_once)
{
	struct index *ix, *second;
	int status;
	pid_t pid;

	ix = must_open(0);
	ck_assert_int_eq(index_open(&fs, where, 0, &second, &failure),
	    PH_EBUSY);
	ck_assert_int_eq(failure.code, PH_EBUSY);
	ck_assert_int_eq(index_destroy(&fs, where), PH_EBUSY);
	pid = fork();
	if (pid == 0)
		_exit(index_open(&fs, where, 0, &second, &failure) == PH_EBUSY ?
			0 :
			1);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	index_close(ix);
	index_close(must_open(0));
}
END_TEST

START_TEST(destroyed)
{
	struct index *ix;
	struct index_txn *txn;

	ck_assert_int_eq(index_destroy(&fs, where), PH_OK);
	ix = must_open(0);
	txn = must_begin(ix, INDEX_WRITE);
	put_text(txn, "a", "1");
	ck_assert_int_eq(index_commit(txn), PH_OK);
	index_close(ix);
	ck_assert_int_eq(index_destroy(&fs, where), PH_OK);
	ix = must_open(0);
	txn = must_begin(ix, INDEX_READ);
	check_text(txn, "a", NULL);
	index_abort(txn);
	index_close(ix);
}
END_TEST

/* Keys that fill the map: what does not fit now fits the next time. */
START_TEST(map_grows)
{
	static uint8_t value[2000];
	struct index *ix;
	struct index_txn *txn;
	char key[20];
	int i, r, again;

	ix = must_open(MAP_SMALL);
	again = 0;
	for (i = 0; i < 3000; i++) {
		txn = must_begin(ix, INDEX_WRITE);
		r = PH_OK;
		for (int k = 0; k < 300 && r == PH_OK; k++) {
			(void)snprintf(key, sizeof(key), "%d", i + k);
			r = index_put(txn, INDEX_MANIFESTS, key, strlen(key),
			    value, sizeof(value));
		}
		r = index_commit(txn);
		if (r == PH_OK) {
			i += 299;
			continue;
		}
		ck_assert_int_eq(r, PH_ELIMIT);
		ck_assert_int_lt(++again, 20);
		i--;
	}
	ck_assert_int_gt(again, 0);
	index_close(ix);
	/* The small map does not stop it from being opened. */
	ix = must_open(MAP_SMALL);
	txn = must_begin(ix, INDEX_READ);
	for (i = 0; i < 3000; i++) {
		struct index_bytes got;

		(void)snprintf(key, sizeof(key), "%d", i);
		ck_assert_int_eq(index_get(txn, INDEX_MANIFESTS, key,
				     strlen(key), &got),
		    PH_OK);
	}
	index_abort(txn);
	index_close(ix);
}
END_TEST

struct reading {
	struct index *ix;
	int stop;
	unsigned int rounds;
};

/* Read all the time; either all of a transaction is seen or nothing. */
static void *
read_on(void *cookie)
{
	struct reading *reading = cookie;
	struct index_txn *txn;
	struct index_bytes a, b;
	int first, second;

	while (!__atomic_load_n(&reading->stop, __ATOMIC_ACQUIRE)) {
		txn = must_begin(reading->ix, INDEX_READ);
		first = index_get(txn, INDEX_META, "a", 1, &a);
		second = index_get(txn, INDEX_META, "b", 1, &b);
		ck_assert_int_eq(first, second);
		if (first == PH_OK)
			ck_assert_mem_eq(a.data, b.data, 4);
		index_abort(txn);
		reading->rounds++;
	}
	return NULL;
}

START_TEST(readers_beside_a_writer)
{
	struct reading reading[2];
	struct index_txn *txn;
	struct index *ix;
	pthread_t threads[2];
	uint8_t *value;
	size_t n;
	int i;

	value = calloc(1, 1 << 16);
	ck_assert_ptr_nonnull(value);
	ix = must_open(MAP_SMALL);
	memset(reading, 0, sizeof(reading));
	for (i = 0; i < 2; i++) {
		reading[i].ix = ix;
		ck_assert_int_eq(pthread_create(&threads[i], NULL, read_on,
				     &reading[i]),
		    0);
	}
	/* Values that grow make the map grow while it is read. */
	for (i = 0; i < 60; i++) {
		txn = must_begin(ix, INDEX_WRITE);
		memcpy(value, &i, sizeof(i));
		n = 1000 * (size_t)i + 4;
		ck_assert_int_eq(index_put(txn, INDEX_META, "a", 1, value, n),
		    PH_OK);
		ck_assert_int_eq(index_put(txn, INDEX_META, "b", 1, value, n),
		    PH_OK);
		ck_assert_int_eq(index_put(txn, INDEX_RECEIPTS, &i, sizeof(i),
				     value, n),
		    PH_OK);
		ck_assert_int_eq(index_commit(txn), PH_OK);
	}
	for (i = 0; i < 2; i++) {
		__atomic_store_n(&reading[i].stop, 1, __ATOMIC_RELEASE);
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
		ck_assert_uint_gt(reading[i].rounds, 0);
	}
	index_close(ix);
	free(value);
}
END_TEST

/* What is acknowledged survives kill -9, and nothing is half there. */
START_TEST(killed)
{
	struct index *ix;
	struct index_txn *txn;
	struct index_bytes a, b;
	uint32_t last, told;
	int fds[2], round;
	pid_t pid;

	last = 0;
	for (round = 0; round < 20; round++) {
		ck_assert_int_eq(pipe(fds), 0);
		pid = fork();
		if (pid == 0) {
			ix = must_open(0);
			for (told = last + 1;; told++) {
				txn = must_begin(ix, INDEX_WRITE);
				(void)!index_put(txn, INDEX_META, "a", 1, &told,
				    4);
				(void)!index_put(txn, INDEX_RECEIPTS, &told, 4,
				    &told, 4);
				(void)!index_put(txn, INDEX_META, "b", 1, &told,
				    4);
				if (index_commit(txn) != PH_OK)
					_exit(1);
				if (write(fds[1], &told, 4) != 4)
					_exit(1);
			}
		}
		(void)close(fds[1]);
		ck_assert_int_eq(read(fds[0], &told, 4), 4);
		(void)usleep((useconds_t)(round * 997));
		ck_assert_int_eq(kill(pid, SIGKILL), 0);
		ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
		do {
			last = told;
		} while (read(fds[0], &told, 4) == 4);
		(void)close(fds[0]);
		ix = must_open(0);
		txn = must_begin(ix, INDEX_READ);
		ck_assert_int_eq(index_get(txn, INDEX_META, "a", 1, &a), PH_OK);
		ck_assert_int_eq(index_get(txn, INDEX_META, "b", 1, &b), PH_OK);
		ck_assert_mem_eq(a.data, b.data, 4);
		memcpy(&told, a.data, 4);
		ck_assert_uint_ge(told, last);
		last = told;
		index_abort(txn);
		index_close(ix);
	}
}
END_TEST

/* The power fails: what was committed is on the disk. */
START_TEST(power_cut)
{
	const char *kind;
	struct index *ix;
	struct index_txn *txn;
	uint32_t i;

	kind = _i == 0 ? "ext4" : "xfs";
	ck_assert_int_eq(mkdir("disk", 0700), 0);
	(void)snprintf(where, sizeof(where), "disk/index");
	if (!mounts_new("disk", "image", kind, 320))
		return;
	for (i = 0; i < 6; i++) {
		struct index_bytes got;

		ix = must_open(0);
		txn = must_begin(ix, INDEX_WRITE);
		if (i > 0) {
			ck_assert_int_eq(index_get(txn, INDEX_META, "i", 1,
					     &got),
			    PH_OK);
			ck_assert_mem_eq(got.data, &(uint32_t){ i - 1 }, 4);
		}
		ck_assert_int_eq(index_put(txn, INDEX_META, "i", 1, &i, 4),
		    PH_OK);
		ck_assert_int_eq(index_commit(txn), PH_OK);
		index_close(ix);
		mounts_cut_power("disk", "image", kind);
	}
	mounts_end("disk");
}
END_TEST

START_TEST(full_disk)
{
	static uint8_t value[3000];
	struct index *ix;
	struct index_txn *txn;
	uint32_t i, kept;
	int r;

	ck_assert_int_eq(mkdir(where, 0700), 0);
	if (!mounts_tmpfs(where, "size=600k"))
		return;
	ix = must_open(0);
	kept = 0;
	r = PH_OK;
	for (i = 0; r == PH_OK; i++) {
		ck_assert_uint_lt(i, 1000);
		txn = must_begin(ix, INDEX_WRITE);
		ck_assert_int_eq(index_put(txn, INDEX_MANIFESTS, &i, sizeof(i),
				     value, sizeof(value)),
		    PH_OK);
		r = index_commit(txn);
		if (r == PH_OK)
			kept++;
	}
	ck_assert_int_eq(r, PH_ENOSPC);
	ck_assert_uint_gt(kept, 20);
	/* All that was committed is there, now and after opening again. */
	for (int again = 0; again < 2; again++) {
		uint64_t count;

		txn = must_begin(ix, INDEX_READ);
		ck_assert_int_eq(index_count(txn, INDEX_MANIFESTS, &count),
		    PH_OK);
		ck_assert_uint_eq(count, kept);
		index_abort(txn);
		index_close(ix);
		ix = must_open(0);
	}
	/* Removing makes room again. */
	txn = must_begin(ix, INDEX_WRITE);
	ck_assert_int_eq(index_clear(txn, INDEX_MANIFESTS), PH_OK);
	r = index_commit(txn);
	ck_assert_msg(r == PH_OK || r == PH_ENOSPC, "%d", r);
	index_close(ix);
	mounts_end(where);
}
END_TEST

/* Each call of ours on the way fails: an error, and fine the next time. */
START_TEST(calls_that_fail)
{
	struct fault_files faults;
	struct index *ix;
	unsigned int k;
	int r, fired;

	fault_files_init(&faults, &fs);
	index_close(must_open(0));
	k = 0;
	do {
		fault_files_arm(&faults, FAULT_FAIL, ++k, 0);
		ix = NULL;
		r = index_open(&faults.files, where, 0, &ix, &failure);
		fired = fault_files_fired(&faults);
		fault_files_disarm(&faults);
		ck_assert(r == PH_OK || r == PH_EIO);
		if (r == PH_OK)
			index_close(ix);
		index_close(must_open(0));
	} while (fired);
	ck_assert_uint_gt(k, 4);
}
END_TEST

/* From here on the disk takes nothing that LMDB writes, or all again. */
static void
set_disk(int broken)
{
	struct rlimit limit;

	(void)signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = broken ? 1 : limit.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Commit one text under a key. */
static int
commit_text(struct index *ix, const char *key, const char *value)
{
	struct index_txn *txn;
	int r;

	r = index_begin(ix, INDEX_WRITE, &txn);
	if (r != PH_OK)
		return r;
	put_text(txn, key, value);
	return index_commit(txn);
}

/* A write that fails once is an error once; nothing else is lost. */
START_TEST(commit_that_fails)
{
	struct index_txn *txn;
	struct index *ix;

	ix = must_open(0);
	ck_assert_int_eq(commit_text(ix, "a", "1"), PH_OK);
	set_disk(1);
	ck_assert_int_eq(commit_text(ix, "a", "2"), PH_EIO);
	set_disk(0);
	txn = must_begin(ix, INDEX_READ);
	check_text(txn, "a", "1");
	index_abort(txn);
	ck_assert_int_eq(index_try(ix), PH_OK);
	ck_assert_int_eq(commit_text(ix, "b", "3"), PH_OK);
	txn = must_begin(ix, INDEX_READ);
	check_text(txn, "a", "1");
	check_text(txn, "b", "3");
	index_abort(txn);
	index_close(ix);
	ix = must_open(0);
	txn = must_begin(ix, INDEX_READ);
	check_text(txn, "b", "3");
	index_abort(txn);
	index_close(ix);
}
END_TEST

/* What is damaged when it is opened again is not believed, nor mapped. */
START_TEST(commit_that_fails_over_damage)
{
	static const uint8_t noise[64] = { 0xff, 0xfe };
	char path[700];
	struct index_txn *txn;
	struct index *ix;
	int fd, i;

	ix = must_open(0);
	ck_assert_int_eq(commit_text(ix, "a", "1"), PH_OK);
	set_disk(1);
	ck_assert_int_eq(commit_text(ix, "a", "2"), PH_EIO);
	set_disk(0);
	(void)snprintf(path, sizeof(path), "%s/data.mdb", where);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(pwrite(fd, noise, sizeof(noise), 0), sizeof(noise));
	ck_assert_int_eq(close(fd), 0);
	for (i = 0; i < 2; i++) {
		ck_assert_int_eq(index_try(ix), PH_EDIGEST);
		ck_assert_int_eq(index_begin(ix, INDEX_READ, &txn), PH_EIO);
	}
	index_close(ix);
	ck_assert_int_eq(index_destroy(&fs, where), PH_OK);
	index_close(must_open(0));
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *t;

	suite = suite_create("index");
	t = tcase_create("transactions");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, settled_or_nothing);
	tcase_add_test(t, commit_and_abort);
	tcase_add_test(t, tables_are_apart);
	tcase_add_test(t, lengths);
	tcase_add_test(t, opened_once);
	tcase_add_test(t, destroyed);
	tcase_add_test(t, map_grows);
	tcase_add_test(t, readers_beside_a_writer);
	suite_add_tcase(suite, t);
	t = tcase_create("mishaps");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, killed);
	tcase_add_loop_test(t, power_cut, 0, 2);
	tcase_add_test(t, full_disk);
	tcase_add_test(t, calls_that_fail);
	tcase_add_test(t, commit_that_fails);
	tcase_add_test(t, commit_that_fails_over_damage);
	suite_add_tcase(suite, t);
	return check_run(suite);
}
