/*
 * Taking files in: what comes out is what went in, or a refusal in words.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/store/ingest.h"
#include "tests/unit/check_main.h"
#include "tests/unit/mounts.h"
#include "tests/unit/syncd/base/fault_files.h"
#include "tests/unit/syncd/store/fixture.h"

#define MIB (1u << 20)
#define SIZE (3u * MIB + 12345u)

static struct fixture f;
static struct failure failure;
static struct ingest_config config;
static struct ingest_result result;
static uint8_t *data;
static int dir;

static void
setup(void)
{
	fixture_begin(&f);
	data = malloc(SIZE);
	ck_assert_ptr_nonnull(data);
	fixture_fill(data, SIZE, 5);
	dir = store_dir(f.store, STORE_STAGING);
	memset(&config, 0, sizeof(config));
	config.files = &f.system;
	config.source = -1;
	config.name = "disk.img";
	config.dir = dir;
	config.file = "file";
	config.map = "map";
}

static void
teardown(void)
{
	if (config.source != -1)
		(void)close(config.source);
	free(data);
	fixture_end(&f);
}

/* The source is "source", which holds the first len bytes of data. */
static void
make_source(size_t len)
{
	fixture_write(AT_FDCWD, "source", data, len);
	if (config.source != -1)
		(void)close(config.source);
	config.source = open("source", O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(config.source, 0);
}

/* Taken in: both files are there and right. */
static void
check_taken(size_t len)
{
	struct digest expected;

	digest_of(data, len, &expected);
	ck_assert_int_eq(digest_compare(&result.digest, &expected), 0);
	ck_assert_uint_eq(result.size, len);
	ck_assert(fixture_holds(dir, "file", data, len));
	ck_assert_int_eq(unlinkat(dir, "file", 0), 0);
	ck_assert_int_eq(unlinkat(dir, "map", 0), 0);
}

/* Refused with words, and nothing is left. */
static void
check_refused(int code, const char *words)
{
	int r;

	memset(&failure, 0, sizeof(failure));
	r = ingest_file(&config, &result, &failure);
	ck_assert_int_eq(r, code);
	ck_assert_int_eq(failure.code, code);
	ck_assert_msg(strstr(failure.what, words) != NULL, "%s", failure.what);
	ck_assert_ptr_nonnull(strstr(failure.what, "disk.img"));
	ck_assert_uint_eq(fixture_count(dir), 0);
}

START_TEST(regular)
{
	static const size_t sizes[] = { 1, 4096, 65536, MIB, SIZE };
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		make_source(sizes[i]);
		/* Its offset does not matter. */
		(void)lseek(config.source, 1, SEEK_SET);
		ck_assert_int_eq(ingest_file(&config, &result, &failure),
		    PH_OK);
		check_taken(sizes[i]);
	}
}
END_TEST

START_TEST(not_a_link)
{
	struct stat a, b;

	make_source(1000);
	ck_assert_int_eq(ingest_file(&config, &result, &failure), PH_OK);
	ck_assert_int_eq(fstatat(dir, "file", &a, 0), 0);
	ck_assert_int_eq(stat("source", &b), 0);
	ck_assert_uint_ne(a.st_ino, b.st_ino);
	ck_assert_uint_eq(a.st_mode & 07777, 0600);
	check_taken(1000);
}
END_TEST

/* Holes, and zeros that were written, take no room. */
START_TEST(sparse)
{
	uint64_t stored;
	int fd;

	make_source(SIZE);
	fd = open("source", O_RDWR | O_CLOEXEC);
	memset(data + 4096, 0, 2 * MIB);
	ck_assert_int_eq(pwrite(fd, data, SIZE, 0), SIZE);
	config.no_clone = 1;
	ck_assert_int_eq(ingest_file(&config, &result, &failure), PH_OK);
	stored = fixture_stored(dir, "file");
	ck_assert_uint_lt(stored, SIZE - MIB);
	check_taken(SIZE);
	/* All of it a hole but for a byte in the middle. */
	memset(data, 0, SIZE);
	data[2 * MIB] = 1;
	ck_assert_int_eq(ftruncate(fd, 0), 0);
	ck_assert_int_eq(ftruncate(fd, SIZE), 0);
	ck_assert_int_eq(pwrite(fd, "\1", 1, 2 * MIB), 1);
	ck_assert_int_eq(ingest_file(&config, &result, &failure), PH_OK);
	ck_assert_uint_lt(fixture_stored(dir, "file"), 65536);
	ck_assert_uint_lt(result.stored, 65536);
	check_taken(SIZE);
	/* Nothing but a hole. */
	data[2 * MIB] = 0;
	ck_assert_int_eq(ftruncate(fd, 0), 0);
	ck_assert_int_eq(ftruncate(fd, SIZE), 0);
	ck_assert_int_eq(ingest_file(&config, &result, &failure), PH_OK);
	ck_assert_uint_lt(fixture_stored(dir, "file"), 65536);
	check_taken(SIZE);
	(void)close(fd);
}
END_TEST

START_TEST(refusals)
{
	int fds[2];

	make_source(0);
	check_refused(PH_EFILE, "empty");
	make_source(1000);
	config.size_max = 999;
	check_refused(PH_EFILE, "larger than 999 bytes");
	config.size_max = 0;
	(void)close(config.source);
	config.source = open(".", O_RDONLY | O_CLOEXEC);
	check_refused(PH_EFILE, "not a regular file");
	(void)close(config.source);
	config.source = open("source", O_WRONLY | O_CLOEXEC);
	config.no_clone = 1;
	check_refused(PH_EFILE, "cannot be read: Bad file");
	(void)close(config.source);
	config.source = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	check_refused(PH_EFILE, "not a regular file");
	(void)close(config.source);
	ck_assert_int_eq(pipe(fds), 0);
	(void)close(fds[1]);
	config.source = fds[0];
	check_refused(PH_EFILE, "empty");
}
END_TEST

/* Without names for new files the source is hashed, and that is all. */
START_TEST(only_hashed)
{
	struct ingest_result kept;
	struct fault_files faults;
	int fds[2];

	memset(data + 4096, 0, 2 * MIB);
	make_source(SIZE);
	ck_assert_int_eq(ingest_file(&config, &kept, &failure), PH_OK);
	result = kept;
	check_taken(SIZE);
	fault_files_init(&faults, &f.system);
	config.files = &faults.files;
	config.dir = -1;
	config.file = NULL;
	config.map = NULL;
	ck_assert_int_eq(ingest_file(&config, &result, &failure), PH_OK);
	ck_assert_ptr_null(strstr(faults.trace, "write"));
	ck_assert_ptr_null(strstr(faults.trace, "open"));
	ck_assert_uint_eq(result.size, SIZE);
	ck_assert_uint_eq(result.stored, 0);
	ck_assert_int_eq(digest_compare(&result.digest, &kept.digest), 0);
	ck_assert_int_eq(digest_compare(&result.map_root, &kept.map_root), 0);
	ck_assert_uint_eq(fixture_count(dir), 0);
	(void)close(config.source);
	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(write(fds[1], data, 1001), 1001);
	(void)close(fds[1]);
	config.source = fds[0];
	ck_assert_int_eq(ingest_file(&config, &result, &failure), PH_OK);
	ck_assert_uint_eq(result.size, 1001);
	check_refused(PH_EFILE, "empty");
}
END_TEST

START_TEST(name_is_taken)
{
	make_source(1000);
	fixture_write(dir, "map", "x", 1);
	ck_assert_int_eq(ingest_file(&config, &result, &failure), PH_EEXISTS);
	ck_assert(fixture_holds(dir, "map", "x", 1));
	ck_assert_uint_eq(fixture_count(dir), 1);
}
END_TEST

enum mischief { GROW, SHRINK, TOUCH, REWRITE };

/* What the tap does to the source while it is read. */
static enum mischief mischief;

static int
meddle(void *cookie, const void *bytes, uint64_t len)
{
	struct timespec now[2] = { { .tv_nsec = UTIME_OMIT },
		{ .tv_nsec = UTIME_NOW } };
	int *fd = cookie;

	ck_assert(bytes != NULL && len > 0);
	if (*fd == -1)
		return PH_OK;
	if (mischief == GROW)
		ck_assert_int_eq(pwrite(*fd, "x", 1, SIZE + 10), 1);
	else if (mischief == SHRINK)
		ck_assert_int_eq(ftruncate(*fd, SIZE / 2), 0);
	else if (mischief == TOUCH)
		ck_assert_int_eq(futimens(*fd, now), 0);
	else
		ck_assert_int_eq(pwrite(*fd, "x", 1, 0), 1);
	(void)close(*fd);
	*fd = -1;
	return PH_OK;
}

START_TEST(changed_meanwhile)
{
	int fd;

	config.no_clone = 1;
	mischief = (enum mischief)_i;
	make_source(SIZE);
	fd = open("source", O_WRONLY | O_CLOEXEC);
	/* So that a change shows in the times. */
	(void)usleep(20000);
	config.watch.tap = meddle;
	config.watch.cookie = &fd;
	check_refused(PH_EFILE, "changed while it was read");
}
END_TEST

struct feed {
	int fd;
	size_t len;
};

/* Write to a pipe in pieces, with pauses. */
static void *
feed_pipe(void *cookie)
{
	const struct feed *feed = cookie;
	size_t at, n;

	for (at = 0; at < feed->len; at += n) {
		n = at % 7919 + 1;
		if (n > feed->len - at)
			n = feed->len - at;
		if (at > MIB)
			n = feed->len - at;
		ck_assert_int_eq(write(feed->fd, data + at, n), (ssize_t)n);
	}
	(void)close(feed->fd);
	return NULL;
}

START_TEST(pipes)
{
	static const size_t sizes[] = { 1, MIB, 2 * MIB, SIZE };
	pthread_t thread;
	struct feed feed;
	size_t i;
	int fds[2];

	memset(data + MIB, 0, MIB);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		ck_assert_int_eq(pipe(fds), 0);
		config.source = fds[0];
		feed.fd = fds[1];
		feed.len = sizes[i];
		ck_assert_int_eq(pthread_create(&thread, NULL, feed_pipe,
				     &feed),
		    0);
		ck_assert_int_eq(ingest_file(&config, &result, &failure),
		    PH_OK);
		ck_assert_int_eq(pthread_join(thread, NULL), 0);
		ck_assert_uint_le(fixture_stored(dir, "file"),
		    sizes[i] > MIB ? sizes[i] - MIB + 65536 : sizes[i] + 4096);
		check_taken(sizes[i]);
		(void)close(config.source);
		config.source = -1;
	}
}
END_TEST

START_TEST(pipe_too_long)
{
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(write(fds[1], data, 1001), 1001);
	(void)close(fds[1]);
	config.source = fds[0];
	config.size_max = 1000;
	check_refused(PH_EFILE, "larger than 1000 bytes");
}
END_TEST

static int
cancel(void *cookie, uint64_t done, uint64_t total)
{
	unsigned int *left = cookie;

	ck_assert(total == 0 || done <= total);
	return --*left == 0 ? PH_ECANCELED : PH_OK;
}

/* Even a pipe that says nothing does not keep us. */
START_TEST(canceled)
{
	unsigned int left;
	int fds[2];

	config.progress.step = cancel;
	config.progress.cookie = &left;
	make_source(SIZE);
	left = 1;
	config.no_clone = 1;
	ck_assert_int_eq(ingest_file(&config, &result, &failure), PH_ECANCELED);
	ck_assert_uint_eq(fixture_count(dir), 0);
	(void)close(config.source);
	ck_assert_int_eq(pipe(fds), 0);
	config.source = fds[0];
	left = 2;
	ck_assert_int_eq(ingest_file(&config, &result, &failure), PH_ECANCELED);
	ck_assert_uint_eq(fixture_count(dir), 0);
	(void)close(fds[1]);
}
END_TEST

START_TEST(calls_that_fail)
{
	struct fault_files faults;
	unsigned int k;
	int r, fired;

	make_source(SIZE);
	fault_files_init(&faults, &f.system);
	config.files = &faults.files;
	k = 0;
	do {
		fault_files_arm(&faults, FAULT_FAIL, ++k, 0);
		r = ingest_file(&config, &result, &failure);
		fired = fault_files_fired(&faults);
		fault_files_disarm(&faults);
		/* A clone that fails is made good by copying. */
		ck_assert(r == PH_OK || (fired && r == failure.code));
		if (r == PH_OK)
			check_taken(SIZE);
		ck_assert_uint_eq(fixture_count(dir), 0);
	} while (fired);
	ck_assert_uint_gt(k, 10);
}
END_TEST

START_TEST(full_disk)
{
	char path[700];
	int small;

	make_source(SIZE);
	(void)snprintf(path, sizeof(path), "%s/small", f.dir);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	if (!mounts_tmpfs(path, "size=1m"))
		return;
	small = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	config.dir = small;
	ck_assert_int_eq(ingest_file(&config, &result, &failure), PH_ENOSPC);
	ck_assert_int_eq(failure.code, PH_ENOSPC);
	ck_assert_uint_eq(fixture_count(small), 0);
	(void)close(small);
	mounts_end(path);
}
END_TEST

/* Where the file system can, the copy shares its blocks with the source. */
START_TEST(cloned)
{
	char path[700], source[720];
	int mounted;

	(void)snprintf(path, sizeof(path), "%s/xfs", f.dir);
	(void)snprintf(source, sizeof(source), "%s/source", path);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	if (!mounts_new(path, "image", "xfs", 320))
		return;
	mounted = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	memset(data + MIB, 0, MIB);
	fixture_write(mounted, "source", data, SIZE);
	config.source = open(source, O_RDONLY | O_CLOEXEC);
	config.dir = mounted;
	dir = mounted;
	ck_assert_int_eq(ingest_file(&config, &result, &failure), PH_OK);
	ck_assert_int_eq(result.cloned, 1);
	check_taken(SIZE);
	config.no_clone = 1;
	ck_assert_int_eq(ingest_file(&config, &result, &failure), PH_OK);
	ck_assert_int_eq(result.cloned, 0);
	check_taken(SIZE);
	(void)close(mounted);
	(void)close(config.source);
	config.source = -1;
	mounts_end(path);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *t;

	suite = suite_create("ingest");
	t = tcase_create("ingest");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, regular);
	tcase_add_test(t, not_a_link);
	tcase_add_test(t, sparse);
	tcase_add_test(t, refusals);
	tcase_add_test(t, only_hashed);
	tcase_add_test(t, name_is_taken);
	tcase_add_loop_test(t, changed_meanwhile, GROW, REWRITE + 1);
	tcase_add_test(t, pipes);
	tcase_add_test(t, pipe_too_long);
	tcase_add_test(t, canceled);
	tcase_add_test(t, calls_that_fail);
	tcase_add_test(t, full_disk);
	tcase_add_test(t, cloned);
	suite_add_tcase(suite, t);
	return check_run(suite);
}
