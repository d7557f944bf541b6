/*
 * The log: durable, checked, cut only where a crash can have torn it.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
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
#include "proto/merkle.h"
#include "syncd/audit/log.h"
#include "syncd/audit/record.h"
#include "tests/unit/check_main.h"
#include "tests/unit/mounts.h"
#include "tests/unit/syncd/base/fault_files.h"
#include "tests/unit/tempdir.h"

#define FILE_NAME "main.log"

static struct files fs;
static struct failure failure;
static int dir;

static void
setup(void)
{
	fs = files_system();
	dir = open(tempdir_begin(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(dir, 0);
}

static void
teardown(void)
{
	(void)close(dir);
	tempdir_end();
}

static struct log *
must_open(void)
{
	struct log *lg;
	int r;

	r = log_open(&fs, dir, "main", 1, &lg, &failure);
	ck_assert_msg(r == PH_OK, "%s", failure.what);
	return lg;
}

/* The body of entry i, of a length that varies. */
static size_t
body_of(uint64_t i, char *out)
{
	int n;

	n = sprintf(out, "{\"seq\":%" PRIu64 ",\"fill\":\"", i);
	memset(out + n, 'a' + (int)(i % 26), i * 37 % 300);
	n += (int)(i * 37 % 300);
	memcpy(out + n, "\"}", 3);
	return (size_t)n + 2;
}

/* Append the next entry. */
static int
append(struct log *lg)
{
	char body[512];
	size_t len;

	len = body_of(log_size(lg), body);
	return log_append(lg, body, len);
}

static void
append_many(struct log *lg, unsigned int n)
{
	for (; n > 0; n--)
		ck_assert_int_eq(append(lg), PH_OK);
}

static int
check_entry(void *cookie, uint64_t i, const void *body, size_t len)
{
	char expected[512];
	uint64_t *next = cookie;

	/* One assertion: Check writes a line for each that holds. */
	if (i != (*next)++ || len != body_of(i, expected) ||
	    memcmp(body, expected, len) != 0)
		ck_abort_msg("entry %" PRIu64, i);
	return PH_OK;
}

/* All entries are what they were, and the root is theirs. */
static void
check_all(struct log *lg, uint64_t size)
{
	struct merkle m;
	struct digest leaf, a, b;
	char body[512];
	uint64_t i, next;
	size_t len;

	ck_assert_uint_eq(log_size(lg), size);
	merkle_init(&m);
	for (i = 0; i < size; i++) {
		len = body_of(i, body);
		if (merkle_leaf(body, len, &leaf) != PH_OK)
			ck_abort();
		merkle_append(&m, &leaf);
	}
	merkle_root(&m, &a);
	log_root(lg, &b);
	ck_assert_int_eq(digest_compare(&a, &b), 0);
	next = 0;
	ck_assert_int_eq(log_each(lg, 0, check_entry, &next), PH_OK);
	ck_assert_uint_eq(next, size);
}

/* The file as it is; the caller frees it. */
static uint8_t *
read_file(size_t *len)
{
	struct stat st;
	uint8_t *data;
	int fd;

	fd = openat(dir, FILE_NAME, O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	*len = (size_t)st.st_size;
	data = malloc(*len + 1);
	ck_assert_ptr_nonnull(data);
	ck_assert_int_eq(read(fd, data, *len), (ssize_t)*len);
	(void)close(fd);
	return data;
}

static void
write_file(const uint8_t *data, size_t len)
{
	int fd;

	fd = openat(dir, FILE_NAME, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
	    0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, data, len), (ssize_t)len);
	(void)close(fd);
}

START_TEST(empty)
{
	struct digest root, nothing;
	struct buffer body;
	struct log *lg;

	ck_assert_int_eq(log_open(&fs, dir, "main", 0, &lg, &failure),
	    PH_EABSENT);
	ck_assert_int_eq(log_open(&fs, dir, "../x", 1, &lg, &failure),
	    PH_ENAME);
	lg = must_open();
	check_all(lg, 0);
	digest_of(NULL, 0, &nothing);
	log_root(lg, &root);
	ck_assert_int_eq(digest_compare(&root, &nothing), 0);
	ck_assert_int_eq(log_subtree(lg, 0, 0, &root), PH_OK);
	ck_assert_int_eq(digest_compare(&root, &nothing), 0);
	ck_assert_int_eq(log_subtree(lg, 0, 1, &root), PH_EABSENT);
	ck_assert_int_eq(log_subtree(lg, 1, 0, &root), PH_EABSENT);
	ck_assert_int_eq(log_leaf(lg, 0, &root), PH_EABSENT);
	buffer_init(&body, 100);
	ck_assert_int_eq(log_read(lg, 0, &body), PH_EABSENT);
	log_close(lg);
	log_close(NULL);
	ck_assert_int_eq(log_open(&fs, dir, "main", 0, &lg, &failure), PH_OK);
	log_close(lg);
}
END_TEST

START_TEST(grows_and_is_there_again)
{
	struct log *lg;
	unsigned int n;

	for (n = 0; n < 200; n += 20) {
		lg = must_open();
		check_all(lg, n);
		append_many(lg, 20);
		check_all(lg, n + 20);
		ck_assert_uint_eq(log_torn(lg), 0);
		log_close(lg);
	}
}
END_TEST

START_TEST(refused_bodies)
{
	static char body[PH_LOG_ENTRY_MAX + 1];
	struct buffer read;
	struct log *lg;

	lg = must_open();
	append_many(lg, 1);
	memset(body, ' ', sizeof(body));
	memcpy(body, "{\"seq\":1,", 9);
	ck_assert_int_eq(log_append(lg, body, sizeof(body)), PH_ELIMIT);
	ck_assert_int_eq(log_append(lg, body, 0), PH_ELIMIT);
	ck_assert_int_eq(log_append(lg, "{\"seq\":0,}", 10), PH_EINTERNAL);
	ck_assert_uint_eq(log_size(lg), 1);
	ck_assert_int_eq(log_append(lg, body, sizeof(body) - 1), PH_OK);
	log_close(lg);
	lg = must_open();
	buffer_init(&read, PH_LOG_ENTRY_MAX);
	ck_assert_int_eq(log_read(lg, 1, &read), PH_OK);
	ck_assert_uint_eq(read.len, PH_LOG_ENTRY_MAX);
	ck_assert_mem_eq(read.data, body, read.len);
	buffer_fini(&read);
	log_close(lg);
}
END_TEST

/* More entries than are remembered singly. */
START_TEST(long_log)
{
	struct buffer file, read;
	struct digest a, b;
	struct merkle m;
	struct log *lg;
	char body[512];
	uint64_t i, n, from;
	size_t len;

	n = 6000;
	buffer_init(&file, 8 << 20);
	for (i = 0; i < n; i++) {
		len = body_of(i, body);
		ck_assert_int_eq(record_encode(body, len, i, &file), PH_OK);
	}
	write_file(file.data, file.len);
	buffer_fini(&file);
	lg = must_open();
	check_all(lg, n);
	append_many(lg, 5);
	n += 5;
	buffer_init(&read, 1000);
	for (i = 0; i < 500; i++) {
		from = i * 2654435761u % n;
		buffer_reset(&read);
		ck_assert_int_eq(log_read(lg, from, &read), PH_OK);
		len = body_of(from, body);
		ck_assert_uint_eq(read.len, len);
		ck_assert_mem_eq(read.data, body, len);
		ck_assert_int_eq(log_leaf(lg, from, &a), PH_OK);
		ck_assert_int_eq(merkle_leaf(body, len, &b), PH_OK);
		ck_assert_int_eq(digest_compare(&a, &b), 0);
	}
	buffer_fini(&read);
	/* Roots at earlier sizes, and subtrees that begin anywhere. */
	for (from = 0; from < 100; from += from < 3 ? 1 : 13) {
		merkle_init(&m);
		for (i = from; i < n; i++) {
			if (i % 311 == 0) {
				merkle_root(&m, &a);
				ck_assert_int_eq(log_subtree(lg, from, i - from,
						     &b),
				    PH_OK);
				ck_assert_int_eq(digest_compare(&a, &b), 0);
			}
			len = body_of(i, body);
			if (merkle_leaf(body, len, &b) != PH_OK)
				ck_abort();
			merkle_append(&m, &b);
		}
	}
	log_close(lg);
}
END_TEST

START_TEST(proofs)
{
	struct digest proof[MERKLE_PROOF_MAX];
	struct digest leaf, old_root, root;
	struct log *lg;
	size_t nproof;
	uint64_t i;

	lg = must_open();
	append_many(lg, 77);
	log_root(lg, &root);
	for (i = 0; i < 77; i++) {
		ck_assert_int_eq(merkle_inclusion(i, 77, log_leaf, lg, proof,
				     &nproof),
		    PH_OK);
		ck_assert_int_eq(log_leaf(lg, i, &leaf), PH_OK);
		ck_assert_int_eq(merkle_inclusion_verify(&leaf, i, 77, proof,
				     nproof, &root),
		    PH_OK);
		ck_assert_int_eq(merkle_consistency(i, 77, log_leaf, lg, proof,
				     &nproof),
		    PH_OK);
		ck_assert_int_eq(log_subtree(lg, 0, i, &old_root), PH_OK);
		ck_assert_int_eq(merkle_consistency_verify(i, 77, proof, nproof,
				     &old_root, &root),
		    PH_OK);
	}
	log_close(lg);
}
END_TEST

static int
append_within(void *cookie, uint64_t i, const void *body, size_t len)
{
	struct log *lg = cookie;

	ck_assert(body != NULL && len > 0);
	ck_assert_int_eq(append(lg), PH_OK);
	return i == 4 ? PH_ECANCELED : PH_OK;
}

START_TEST(appended_while_read)
{
	struct log *lg;

	lg = must_open();
	append_many(lg, 3);
	ck_assert_int_eq(log_each(lg, 0, append_within, lg), PH_OK);
	check_all(lg, 6);
	ck_assert_int_eq(log_each(lg, 2, append_within, lg), PH_ECANCELED);
	check_all(lg, 9);
	log_close(lg);
}
END_TEST

/* Cut at every byte of the last record: the others stay. */
START_TEST(torn_anywhere)
{
	struct log *lg;
	uint8_t *data;
	size_t whole, before, len;

	lg = must_open();
	append_many(lg, 3);
	log_close(lg);
	data = read_file(&before);
	free(data);
	lg = must_open();
	append_many(lg, 1);
	log_close(lg);
	data = read_file(&whole);
	for (len = before; len <= whole; len++) {
		write_file(data, len);
		lg = must_open();
		ck_assert_uint_eq(log_torn(lg),
		    len == whole ? 0 : len - before);
		check_all(lg, len == whole ? 4 : 3);
		if (len % 16 != 0 && len != whole) {
			log_close(lg);
			continue;
		}
		/* It goes on where it was cut. */
		append_many(lg, 2);
		log_close(lg);
		lg = must_open();
		ck_assert_uint_eq(log_torn(lg), 0);
		check_all(lg, len == whole ? 6 : 5);
		log_close(lg);
	}
	/* A tail of zeros, as delayed allocation leaves it. */
	memset(data + before, 0, whole - before);
	write_file(data, whole);
	lg = must_open();
	check_all(lg, 3);
	log_close(lg);
	free(data);
}
END_TEST

/* A bit that flips anywhere is found; only the last record may be cut. */
START_TEST(bit_flips)
{
	struct log *lg;
	uint8_t *data;
	size_t whole, before, i;
	int r;

	lg = must_open();
	append_many(lg, 5);
	log_close(lg);
	data = read_file(&before);
	free(data);
	lg = must_open();
	append_many(lg, 1);
	log_close(lg);
	data = read_file(&whole);
	for (i = 0; i < whole; i++) {
		data[i] ^= (uint8_t)(1u << i % 8);
		write_file(data, whole);
		r = log_open(&fs, dir, "main", 0, &lg, &failure);
		if (i < before) {
			ck_assert_int_eq(r, PH_ELOG);
			ck_assert_int_eq(failure.code, PH_ELOG);
		} else {
			ck_assert(r == PH_OK || r == PH_ELOG);
			/* In its body and hash: cut, as formats.md says. */
			ck_assert(r == PH_OK || i < before + 4);
		}
		if (r == PH_OK) {
			check_all(lg, 5);
			log_close(lg);
		}
		data[i] ^= (uint8_t)(1u << i % 8);
	}
	free(data);
}
END_TEST

/* Records that are sound in themselves, but in the wrong place. */
START_TEST(reordered)
{
	struct buffer file;
	struct log *lg;
	char body[512];
	size_t first, len;

	buffer_init(&file, 10000);
	len = body_of(0, body);
	ck_assert_int_eq(record_encode(body, len, 0, &file), PH_OK);
	first = file.len;
	len = body_of(1, body);
	ck_assert_int_eq(record_encode(body, len, 1, &file), PH_OK);
	write_file(file.data + first, file.len - first);
	ck_assert_int_eq(log_open(&fs, dir, "main", 1, &lg, &failure), PH_ELOG);
	/* The first one twice. */
	(void)buffer_put(&file, file.data, first);
	write_file(file.data, file.len);
	ck_assert_int_eq(log_open(&fs, dir, "main", 1, &lg, &failure), PH_ELOG);
	buffer_fini(&file);
}
END_TEST

/* Every call of opening and appending fails or is the last one. */
START_TEST(calls_that_fail)
{
	static const struct {
		enum fault_kind kind;
		int error;
	} rows[] = {
		{ FAULT_FAIL, EIO },
		{ FAULT_FAIL, ENOSPC },
		{ FAULT_STOP, EIO },
		{ FAULT_TEAR, EIO },
		{ FAULT_TEAR, ENOSPC },
	};
	struct fault_files faults;
	struct log *lg;
	unsigned int i, k;
	uint64_t known, size;
	int r, fired;

	fault_files_init(&faults, &fs);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)unlinkat(dir, FILE_NAME, 0);
		k = 0;
		known = 0;
		do {
			fault_files_arm(&faults, rows[i].kind, ++k,
			    rows[i].error);
			lg = NULL;
			r = log_open(&faults.files, dir, "main", 1, &lg,
			    &failure);
			while (r == PH_OK && log_size(lg) < known + 3)
				r = append(lg);
			if (lg != NULL) {
				known = log_size(lg);
				/* After a failed fsync, nothing more. */
				if (r == PH_EIO)
					ck_assert_int_eq(append(lg), PH_EIO);
				/* Without space, as soon as there is. */
				if (r == PH_ENOSPC &&
				    rows[i].kind == FAULT_FAIL) {
					ck_assert_int_eq(append(lg), PH_OK);
					known++;
				}
				log_close(lg);
			}
			fired = fault_files_fired(&faults);
			fault_files_disarm(&faults);
			ck_assert(fired || r == PH_OK);
			lg = must_open();
			/* What was not acknowledged may be there, once. */
			size = log_size(lg);
			ck_assert_uint_ge(size, known);
			ck_assert_uint_le(size, known + 1);
			check_all(lg, size);
			known = size;
			log_close(lg);
		} while (fired);
		ck_assert_uint_gt(k, 5);
	}
}
END_TEST

/* An append is one write, then a sync, and nothing else. */
START_TEST(order_of_calls)
{
	struct fault_files faults;
	struct log *lg;

	fault_files_init(&faults, &fs);
	ck_assert_int_eq(log_open(&faults.files, dir, "main", 1, &lg, &failure),
	    PH_OK);
	/* The name is durable before anything is in it. */
	ck_assert_str_eq(faults.trace, "open main.log\nopen .\nfsync\nfsync\n");
	fault_files_disarm(&faults);
	append_many(lg, 1);
	ck_assert_str_eq(faults.trace, "pwrite\nfdatasync\n");
	log_close(lg);
}
END_TEST

/* Killed at any moment: what was acknowledged is there. */
START_TEST(killed)
{
	uint64_t acknowledged, told;
	struct log *lg;
	int fds[2], round;
	pid_t pid;

	for (round = 0; round < 25; round++) {
		ck_assert_int_eq(pipe(fds), 0);
		pid = fork();
		if (pid == 0) {
			lg = must_open();
			while (append(lg) == PH_OK) {
				told = log_size(lg);
				if (write(fds[1], &told, 8) != 8)
					_exit(1);
			}
			_exit(1);
		}
		(void)close(fds[1]);
		ck_assert_int_eq(read(fds[0], &told, 8), 8);
		(void)usleep((useconds_t)(round * 531));
		ck_assert_int_eq(kill(pid, SIGKILL), 0);
		ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
		do {
			acknowledged = told;
		} while (read(fds[0], &told, 8) == 8);
		(void)close(fds[0]);
		lg = must_open();
		ck_assert_uint_ge(log_size(lg), acknowledged);
		ck_assert_uint_le(log_size(lg), acknowledged + 1);
		check_all(lg, log_size(lg));
		log_close(lg);
	}
}
END_TEST

/* The power fails: what was acknowledged is on the disk. */
START_TEST(power_cut)
{
	const char *kind;
	struct log *lg;
	unsigned int round;

	kind = _i == 0 ? "ext4" : "xfs";
	ck_assert_int_eq(mkdir("disk", 0700), 0);
	if (!mounts_new("disk", "image", kind, 320))
		return;
	(void)close(dir);
	for (round = 0; round < 6; round++) {
		dir = open("disk", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		lg = must_open();
		check_all(lg, 3 * round);
		append_many(lg, 3);
		log_close(lg);
		(void)close(dir);
		mounts_cut_power("disk", "image", kind);
	}
	dir = -1;
	mounts_end("disk");
}
END_TEST

START_TEST(full_disk)
{
	static char body[4000];
	struct log *lg;
	unsigned int n;
	int r;

	ck_assert_int_eq(mkdir("small", 0700), 0);
	if (!mounts_tmpfs("small", "size=100k"))
		return;
	(void)close(dir);
	dir = open("small", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	lg = must_open();
	memset(body, ' ', sizeof(body));
	r = PH_OK;
	for (n = 0; r == PH_OK; n++) {
		memset(body, ' ', 20);
		(void)sprintf(body, "{\"seq\":%u,", n);
		r = log_append(lg, body, sizeof(body));
		ck_assert_uint_lt(n, 100);
	}
	ck_assert_int_eq(r, PH_ENOSPC);
	n--;
	ck_assert_uint_gt(n, 10);
	ck_assert_uint_eq(log_size(lg), n);
	log_close(lg);
	lg = must_open();
	ck_assert_uint_eq(log_size(lg), n);
	ck_assert_uint_eq(log_torn(lg), 0);
	log_close(lg);
	(void)close(dir);
	dir = -1;
	mounts_end("small");
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *t;

	suite = suite_create("log");
	t = tcase_create("log");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, empty);
	tcase_add_test(t, grows_and_is_there_again);
	tcase_add_test(t, refused_bodies);
	tcase_add_test(t, long_log);
	tcase_add_test(t, proofs);
	tcase_add_test(t, appended_while_read);
	suite_add_tcase(suite, t);
	t = tcase_create("mishaps");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, torn_anywhere);
	tcase_add_test(t, bit_flips);
	tcase_add_test(t, reordered);
	tcase_add_test(t, calls_that_fail);
	tcase_add_test(t, order_of_calls);
	tcase_add_test(t, killed);
	tcase_add_loop_test(t, power_cut, 0, 2);
	tcase_add_test(t, full_disk);
	suite_add_tcase(suite, t);
	return check_run(suite);
}
