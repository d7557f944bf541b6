/*
 * Blobs: adopted step by step, looked at, doubted, removed; and what a crash
 * between any two calls leaves.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>

#include "proto/errors.h"
#include "proto/limits.h"
#include "syncd/store/blob.h"
#include "syncd/store/hash.h"
#include "syncd/store/signature_file.h"
#include "tests/unit/check_main.h"
#include "tests/unit/mounts.h"
#include "tests/unit/syncd/base/fault_files.h"
#include "tests/unit/syncd/store/fixture.h"

#define SIZE 200000u

static struct fixture f;
static uint8_t data[SIZE];
static struct digest digest;
static char hex[DIGEST_HEX_SIZE];
static char record_name[DIGEST_HEX_SIZE + 4];

static void
setup(void)
{
	fixture_begin(&f);
	fixture_fill(data, SIZE, 9);
	digest_of(data, SIZE, &digest);
	digest_hex(&digest, hex);
	memcpy(record_name, hex, sizeof(hex));
	strcat(record_name, ".rec");
}

static void
teardown(void)
{
	fixture_end(&f);
}

/* The state of the blob now. */
static enum blob_state
state(void)
{
	struct blob b;

	ck_assert_int_eq(blob_look(f.store, &digest, &b), PH_OK);
	ck_assert_int_eq(b.fd, -1);
	return b.state;
}

static int
blobs(void)
{
	return store_dir(f.store, STORE_BLOBS);
}

START_TEST(adopted)
{
	struct digest found;
	struct stat st;
	struct blob b;
	char byte;

	ck_assert_int_eq(state(), BLOB_ABSENT);
	fixture_adopt(&f, data, SIZE, &found);
	ck_assert_int_eq(digest_compare(&found, &digest), 0);
	ck_assert_int_eq(blob_open(f.store, &digest, &b), PH_OK);
	ck_assert_int_eq(b.state, BLOB_SOUND);
	ck_assert_uint_eq(b.size, SIZE);
	ck_assert_int_eq(b.recorded, 1);
	ck_assert_int_eq(b.record.evidence, HOLDING_HASHED);
	ck_assert_int_eq(pread(b.fd, &byte, 1, 7), 1);
	ck_assert_int_eq(byte, (char)data[7]);
	ck_assert_int_eq(pwrite(b.fd, "x", 1, 0), -1);
	blob_close(f.store, &b);
	ck_assert_int_eq(b.fd, -1);
	ck_assert_int_eq(fstatat(blobs(), hex, &st, 0), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0444);
	ck_assert(fixture_holds(blobs(), hex, data, SIZE));
	ck_assert_uint_eq(fixture_count(store_dir(f.store, STORE_STAGING)), 0);
	/* Links and renames of our own do not make it suspect. */
	ck_assert_int_eq(linkat(blobs(), hex, blobs(), "link", 0), 0);
	ck_assert_int_eq(unlinkat(blobs(), "link", 0), 0);
	ck_assert_int_eq(state(), BLOB_SOUND);
}
END_TEST

START_TEST(looked_at)
{
	struct digest found;
	struct timespec times[2];
	struct blob_record record;
	struct blob b;
	int fd;

	fixture_adopt(&f, data, SIZE, &found);
	/* Touched. */
	memset(times, 0, sizeof(times));
	times[0].tv_nsec = UTIME_OMIT;
	times[1].tv_sec = 1;
	ck_assert_int_eq(utimensat(blobs(), hex, times, 0), 0);
	ck_assert_int_eq(blob_open(f.store, &digest, &b), PH_OK);
	ck_assert_int_eq(b.state, BLOB_SUSPECT);
	ck_assert_int_ge(b.fd, 0);
	/* Hashed again: a new record. */
	record = b.record;
	ck_assert_int_eq(blob_describe(f.store, b.fd, &record), PH_OK);
	record.evidence = HOLDING_SCRUBBED;
	ck_assert_int_eq(blob_put_record(f.store, &digest, &record), PH_OK);
	blob_close(f.store, &b);
	ck_assert_int_eq(state(), BLOB_SOUND);
	/* Doubted: no record. */
	ck_assert_int_eq(blob_doubt(f.store, &digest), PH_OK);
	ck_assert_int_eq(blob_doubt(f.store, &digest), PH_OK);
	ck_assert_int_eq(state(), BLOB_SUSPECT);
	ck_assert_int_eq(blob_put_record(f.store, &digest, &record), PH_OK);
	ck_assert_int_eq(state(), BLOB_SOUND);
	/* A record that cannot be read is none. */
	fixture_write(blobs(), record_name, "nonsense\n", 9);
	ck_assert_int_eq(state(), BLOB_SUSPECT);
	fixture_write(blobs(), record_name, data, 1000);
	ck_assert_int_eq(state(), BLOB_SUSPECT);
	ck_assert_int_eq(blob_put_record(f.store, &digest, &record), PH_OK);
	/* Of another size: not served. */
	ck_assert_int_eq(fchmodat(blobs(), hex, 0600, 0), 0);
	fd = openat(blobs(), hex, O_WRONLY | O_CLOEXEC);
	ck_assert_int_eq(ftruncate(fd, SIZE - 1), 0);
	(void)close(fd);
	ck_assert_int_eq(blob_open(f.store, &digest, &b), PH_OK);
	ck_assert_int_eq(b.state, BLOB_WRONG_SIZE);
	ck_assert_int_eq(b.fd, -1);
	/* Another file of the same size and time. */
	ck_assert_int_eq(blob_remove(f.store, &digest), PH_OK);
	ck_assert_int_eq(state(), BLOB_ABSENT);
}
END_TEST

START_TEST(not_a_file)
{
	struct blob b;

	ck_assert_int_eq(mkfifoat(blobs(), hex, 0600), 0);
	ck_assert_int_eq(blob_open(f.store, &digest, &b), PH_EIO);
	ck_assert_int_eq(b.fd, -1);
	ck_assert_int_eq(unlinkat(blobs(), hex, 0), 0);
	ck_assert_int_eq(symlinkat("/etc/passwd", blobs(), hex), 0);
	ck_assert_int_eq(blob_open(f.store, &digest, &b), PH_EIO);
	ck_assert_int_eq(unlinkat(blobs(), hex, 0), 0);
	/* The empty file is no blob. */
	fixture_write(blobs(), hex, "", 0);
	ck_assert_int_eq(state(), BLOB_WRONG_SIZE);
}
END_TEST

START_TEST(maps)
{
	struct digest hashes[4], expected, root;
	struct blob b;

	fixture_adopt(&f, data, SIZE, &root);
	ck_assert_int_eq(blob_read_map(f.store, &digest, 0, 4, hashes), PH_OK);
	digest_of(data + 3 * PH_MAP_BLOCK_SIZE, SIZE - 3 * PH_MAP_BLOCK_SIZE,
	    &expected);
	ck_assert_int_eq(digest_compare(&hashes[3], &expected), 0);
	ck_assert_int_eq(blob_read_map(f.store, &digest, 1, 1, &hashes[0]),
	    PH_OK);
	ck_assert_int_eq(digest_compare(&hashes[0], &hashes[1]), 0);
	ck_assert_int_eq(blob_read_map(f.store, &digest, 1, 4, hashes),
	    PH_EDIGEST);
	ck_assert_int_eq(blob_read_map(f.store, &digest, UINT64_MAX, 1, hashes),
	    PH_EDIGEST);
	ck_assert_int_eq(blob_map_root(f.store, &digest, &root), PH_OK);
	ck_assert_int_eq(blob_look(f.store, &digest, &b), PH_OK);
	ck_assert_int_eq(digest_compare(&root, &b.record.map_root), 0);
	memset(&root, 0, sizeof(root));
	ck_assert_int_eq(blob_read_map(f.store, &root, 0, 1, hashes),
	    PH_EABSENT);
	ck_assert_int_eq(blob_map_root(f.store, &root, &root), PH_EABSENT);
}
END_TEST

/* Blocks of zeros are no data, whole ones only. */
START_TEST(data_is_counted)
{
	static uint8_t some[5 * PH_MAP_BLOCK_SIZE + 10];
	struct digest blob, other;

	some[0] = 1;
	some[4 * PH_MAP_BLOCK_SIZE - 1] = 1;
	fixture_adopt(&f, some, sizeof(some), &blob);
	memset(&other, 1, sizeof(other));
	ck_assert_uint_eq(blob_count_data(f.store, &blob, sizeof(some)),
	    2 * PH_MAP_BLOCK_SIZE + 10);
	ck_assert_uint_eq(blob_count_data(f.store, &other, sizeof(some)),
	    sizeof(some));
	/* A map that is too short says nothing. */
	ck_assert_uint_eq(blob_count_data(f.store, &blob, 2 * sizeof(some)),
	    2 * sizeof(some));
}
END_TEST

static int
count_blob(void *cookie, const struct digest *d)
{
	unsigned int *n = cookie;

	ck_assert(!digest_is_zero(d));
	return ++*n == 3 ? PH_ECANCELED : PH_OK;
}

START_TEST(listed)
{
	struct digest d;
	unsigned int n;

	n = 0;
	ck_assert_int_eq(blob_list(f.store, count_blob, &n), PH_OK);
	ck_assert_uint_eq(n, 0);
	fixture_adopt(&f, data, 1000, &d);
	fixture_adopt(&f, data, 2000, &d);
	fixture_write(blobs(), "other", "x", 1);
	ck_assert_int_eq(blob_list(f.store, count_blob, &n), PH_OK);
	ck_assert_uint_eq(n, 2);
	fixture_adopt(&f, data, 3000, &d);
	n = 0;
	ck_assert_int_eq(blob_list(f.store, count_blob, &n), PH_ECANCELED);
}
END_TEST

START_TEST(cleaned)
{
	struct digest kept, gone;
	struct blob b;
	char name[DIGEST_HEX_SIZE];
	int fd;

	fixture_adopt(&f, data, 1000, &kept);
	fixture_adopt(&f, data, 2000, &gone);
	ck_assert_int_eq(signature_file_begin(f.store, &kept, &fd), PH_OK);
	ck_assert_int_eq(signature_file_commit(f.store, &kept, fd), PH_OK);
	ck_assert_int_eq(signature_file_begin(f.store, &gone, &fd), PH_OK);
	ck_assert_int_eq(signature_file_commit(f.store, &gone, fd), PH_OK);
	ck_assert_int_eq(signature_file_begin(f.store, &kept, &fd), PH_OK);
	(void)close(fd);
	fixture_write(blobs(), ".x.new", "x", 1);
	digest_hex(&gone, name);
	ck_assert_int_eq(unlinkat(blobs(), name, 0), 0);
	ck_assert_int_eq(blob_clean(f.store), PH_OK);
	ck_assert_uint_eq(fixture_count(blobs()), 2);
	ck_assert_uint_eq(fixture_count(store_dir(f.store, STORE_MAPS)), 1);
	ck_assert_uint_eq(fixture_count(store_dir(f.store, STORE_SIGNATURES)),
	    1);
	ck_assert_int_eq(blob_look(f.store, &kept, &b), PH_OK);
	ck_assert_int_eq(b.state, BLOB_SOUND);
	ck_assert_int_eq(signature_file_open(f.store, &kept, &fd), PH_OK);
	(void)close(fd);
	ck_assert_int_eq(blob_clean(f.store), PH_OK);
	ck_assert_uint_eq(fixture_count(blobs()), 2);
	/* Removing leaves nothing to clean. */
	ck_assert_int_eq(blob_remove(f.store, &kept), PH_OK);
	ck_assert_int_eq(blob_remove(f.store, &kept), PH_OK);
	ck_assert_uint_eq(fixture_count(blobs()), 0);
	ck_assert_uint_eq(fixture_count(store_dir(f.store, STORE_MAPS)), 0);
	ck_assert_uint_eq(fixture_count(store_dir(f.store, STORE_SIGNATURES)),
	    0);
}
END_TEST

/* The five steps, as the catalogue takes them, on a finished file. */
static int
adopt(struct store *s)
{
	struct blob_record record;
	struct hash_result result;
	const struct files *fs;
	int dir, fd, map, r;

	fs = store_files(s);
	dir = store_dir(s, STORE_STAGING);
	fd = -1;
	map = -1;
	memset(&record, 0, sizeof(record));
	record.evidence = HOLDING_HASHED;
	record.time = 1;
	r = file_open(fs, dir, "file", O_RDWR, 0, &fd);
	if (r == PH_OK)
		r = file_open(fs, dir, "map", O_RDWR | O_CREAT | O_TRUNC, 0600,
		    &map);
	if (r == PH_OK)
		r = hash_file(fs, fd, map, NULL, NULL, &result);
	if (r == PH_OK) {
		record.map_root = result.map_root;
		r = blob_seal(s, fd, &record);
	}
	if (r == PH_OK)
		r = blob_put_map(s, &digest, dir, "map");
	if (r == PH_OK)
		r = blob_put_record(s, &digest, &record);
	if (r == PH_OK)
		r = blob_move_in(s, &digest, dir, "file");
	if (r == PH_OK)
		r = store_sync(s, STORE_BLOBS);
	file_abandon(fs, fd);
	file_abandon(fs, map);
	return r;
}

/* After a crash: no blob, or a sound one with its map.  1 when it is there. */
static int
check_after_crash(void)
{
	struct digest root;
	struct blob b;

	ck_assert_int_eq(blob_clean(f.store), PH_OK);
	ck_assert_int_eq(blob_look(f.store, &digest, &b), PH_OK);
	if (b.state == BLOB_ABSENT) {
		ck_assert_uint_eq(fixture_count(blobs()), 0);
		ck_assert_uint_eq(fixture_count(store_dir(f.store, STORE_MAPS)),
		    0);
		return 0;
	}
	ck_assert_int_eq(b.state, BLOB_SOUND);
	ck_assert(fixture_holds(blobs(), hex, data, SIZE));
	ck_assert_int_eq(blob_map_root(f.store, &digest, &root), PH_OK);
	ck_assert_int_eq(digest_compare(&root, &b.record.map_root), 0);
	return 1;
}

START_TEST(adopting_stops_anywhere)
{
	struct fault_files faults;
	struct store *s;
	struct failure failure;
	unsigned int k;
	int r, fired, there;

	fault_files_init(&faults, &f.system);
	ck_assert_int_eq(store_open(&faults.files, f.path, &s, &failure),
	    PH_OK);
	k = 0;
	do {
		ck_assert_int_eq(blob_remove(f.store, &digest), PH_OK);
		(void)unlinkat(store_dir(s, STORE_STAGING), "file", 0);
		fixture_write(store_dir(s, STORE_STAGING), "file", data, SIZE);
		fault_files_arm(&faults, (enum fault_kind)_i, ++k, 0);
		r = adopt(s);
		fired = fault_files_fired(&faults);
		fault_files_disarm(&faults);
		ck_assert_int_eq(r == PH_OK, !fired);
		there = check_after_crash();
		ck_assert(there || r != PH_OK);
		/* What failed can be done again from the same file. */
		if (!there)
			ck_assert_int_eq(adopt(s), PH_OK);
		ck_assert_int_eq(check_after_crash(), 1);
	} while (fired);
	ck_assert_uint_gt(k, 15);
	store_close(s);
}
END_TEST

START_TEST(removing_stops_anywhere)
{
	struct fault_files faults;
	struct store *s;
	struct failure failure;
	struct digest d;
	unsigned int k;
	int r, fired;

	fault_files_init(&faults, &f.system);
	ck_assert_int_eq(store_open(&faults.files, f.path, &s, &failure),
	    PH_OK);
	k = 0;
	do {
		fixture_adopt(&f, data, SIZE, &d);
		fault_files_arm(&faults, (enum fault_kind)_i, ++k, 0);
		r = blob_remove(s, &digest);
		fired = fault_files_fired(&faults);
		fault_files_disarm(&faults);
		ck_assert_int_eq(r == PH_OK, !fired);
		(void)check_after_crash();
		ck_assert_int_eq(blob_remove(s, &digest), PH_OK);
		ck_assert_int_eq(check_after_crash(), 0);
	} while (fired);
	ck_assert_uint_ge(k, 5);
	store_close(s);
}
END_TEST

/* Nothing is renamed into place before it is on the disk. */
START_TEST(order_of_calls)
{
	struct fault_files faults;
	struct store *s;
	struct failure failure;
	char expected[1000];

	fault_files_init(&faults, &f.system);
	ck_assert_int_eq(store_open(&faults.files, f.path, &s, &failure),
	    PH_OK);
	fixture_write(store_dir(s, STORE_STAGING), "file", data, SIZE);
	fault_files_disarm(&faults);
	ck_assert_int_eq(adopt(s), PH_OK);
	(void)snprintf(expected, sizeof(expected),
	    /* blob_seal */
	    "fchmod 444\nfsync\n"
	    /* blob_put_map */
	    "open map\nfsync\nrename map %s\nfsync\n"
	    /* blob_put_record */
	    "open .%s.rec.new\npwrite\nfchmod 600\nfsync\n"
	    "rename .%s.rec.new %s.rec\nopen .\nfsync\n"
	    /* blob_move_in, store_sync */
	    "rename file %s\nfsync\n",
	    hex, hex, hex, hex, hex);
	ck_assert_ptr_nonnull(strstr(faults.trace, "fchmod"));
	ck_assert_str_eq(strstr(faults.trace, "fchmod"), expected);
	store_close(s);
}
END_TEST

/* Killed at any moment. */
START_TEST(killed)
{
	unsigned int round, nthere;
	int there;
	pid_t pid;

	nthere = 0;
	for (round = 0; round < 40; round++) {
		ck_assert_int_eq(blob_remove(f.store, &digest), PH_OK);
		(void)unlinkat(store_dir(f.store, STORE_STAGING), "file", 0);
		fixture_write(store_dir(f.store, STORE_STAGING), "file", data,
		    SIZE);
		pid = fork();
		if (pid == 0)
			_exit(adopt(f.store) == PH_OK ? 0 : 1);
		(void)usleep(round * 250);
		(void)kill(pid, SIGKILL);
		ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
		there = check_after_crash();
		nthere += there != 0;
		if (!there)
			ck_assert_int_eq(adopt(f.store), PH_OK);
		ck_assert_int_eq(check_after_crash(), 1);
	}
	/* It was killed early and late. */
	ck_assert_uint_lt(nthere, 40);
}
END_TEST

/* The power fails after any step: no blob, or a sound one; adopted, one. */
START_TEST(power_cut)
{
	const char *kind;
	struct digest root;
	struct blob b;

	kind = _i == 0 ? "ext4" : "xfs";
	store_close(f.store);
	f.store = NULL;
	if (!mounts_new(f.path, "image", kind, 320))
		return;
	fixture_make(&f, &f.system);
	fixture_write(store_dir(f.store, STORE_STAGING), "file", data, SIZE);
	ck_assert_int_eq(store_sync(f.store, STORE_ROOT), PH_OK);
	ck_assert_int_eq(adopt(f.store), PH_OK);
	store_close(f.store);
	mounts_cut_power(f.path, "image", kind);
	fixture_make(&f, &f.system);
	ck_assert_int_eq(blob_look(f.store, &digest, &b), PH_OK);
	ck_assert_int_eq(b.state, BLOB_SOUND);
	ck_assert(fixture_holds(blobs(), hex, data, SIZE));
	ck_assert_int_eq(blob_map_root(f.store, &digest, &root), PH_OK);
	ck_assert_int_eq(digest_compare(&root, &b.record.map_root), 0);
	/* Removed is removed, too. */
	ck_assert_int_eq(blob_remove(f.store, &digest), PH_OK);
	store_close(f.store);
	mounts_cut_power(f.path, "image", kind);
	fixture_make(&f, &f.system);
	ck_assert_int_eq(check_after_crash(), 0);
	store_close(f.store);
	f.store = NULL;
	mounts_end(f.path);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *t;

	suite = suite_create("blob");
	t = tcase_create("blob");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, adopted);
	tcase_add_test(t, looked_at);
	tcase_add_test(t, not_a_file);
	tcase_add_test(t, maps);
	tcase_add_test(t, data_is_counted);
	tcase_add_test(t, listed);
	tcase_add_test(t, cleaned);
	suite_add_tcase(suite, t);
	t = tcase_create("mishaps");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, adopting_stops_anywhere, FAULT_FAIL,
	    FAULT_TEAR + 1);
	tcase_add_loop_test(t, removing_stops_anywhere, FAULT_FAIL,
	    FAULT_STOP + 1);
	tcase_add_test(t, order_of_calls);
	tcase_add_test(t, killed);
	tcase_add_loop_test(t, power_cut, 0, 2);
	suite_add_tcase(suite, t);
	return check_run(suite);
}
