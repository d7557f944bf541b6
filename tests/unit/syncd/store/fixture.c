/*
 * Stores for tests.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/config/layout.h"
#include "syncd/store/blob.h"
#include "syncd/store/hash.h"
#include "tests/unit/syncd/store/fixture.h"
#include "tests/unit/tempdir.h"

void
fixture_begin(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	f->system = files_system();
	f->dir = tempdir_begin();
	(void)snprintf(f->path, sizeof(f->path), "%s/store", f->dir);
	ck_assert_int_eq(mkdir(f->path, 0755), 0);
	fixture_make(f, &f->system);
}

void
fixture_end(struct fixture *f)
{
	store_close(f->store);
	tempdir_end();
}

void
fixture_make(struct fixture *f, const struct files *fs)
{
	static const enum layout_item items[] = { LAYOUT_BLOBS, LAYOUT_MAPS,
		LAYOUT_SIGNATURES, LAYOUT_DELTAS, LAYOUT_STAGING,
		LAYOUT_PUBLISHED };
	struct failure failure;
	char path[700];
	size_t i;
	int r;

	for (i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", f->path,
		    layout_name(items[i]));
		(void)mkdir(path, 0755);
	}
	r = store_open(fs, f->path, &f->store, &failure);
	ck_assert_msg(r == PH_OK, "%s", failure.what);
}

void
fixture_fill(void *out, size_t len, unsigned int seed)
{
	uint8_t *p = out;
	uint64_t x;
	size_t i;

	x = seed * UINT64_C(2654435761) + 1;
	for (i = 0; i < len; i++) {
		x = x * UINT64_C(6364136223846793005) + 1442695040888963407u;
		p[i] = (uint8_t)(x >> 56) | 1;
	}
}

void
fixture_write(int dir, const char *name, const void *data, size_t len)
{
	int fd;

	fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, data, len), (ssize_t)len);
	ck_assert_int_eq(close(fd), 0);
}

int
fixture_holds(int dir, const char *name, const void *data, size_t len)
{
	uint8_t *buf;
	ssize_t n;
	int fd, same;

	fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return 0;
	buf = malloc(len + 1);
	ck_assert_ptr_nonnull(buf);
	n = read(fd, buf, len + 1);
	(void)close(fd);
	same = n == (ssize_t)len && memcmp(buf, data, len) == 0;
	free(buf);
	return same;
}

int
fixture_exists(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

unsigned int
fixture_count(int dir)
{
	const struct dirent *entry;
	unsigned int count;
	DIR *d;
	int fd;

	fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	d = fdopendir(fd);
	ck_assert_ptr_nonnull(d);
	count = 0;
	while ((entry = readdir(d)) != NULL)
		count += strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0;
	(void)closedir(d);
	return count;
}

uint64_t
fixture_stored(int dir, const char *name)
{
	struct stat st;

	ck_assert_int_eq(fstatat(dir, name, &st, 0), 0);
	return (uint64_t)st.st_blocks * 512;
}

void
fixture_adopt(struct fixture *f, const void *data, size_t len,
    struct digest *digest)
{
	struct blob_record record;
	struct hash_result result;
	int dir, fd, map;

	dir = store_dir(f->store, STORE_STAGING);
	fixture_write(dir, "file", data, len);
	fd = openat(dir, "file", O_RDWR | O_CLOEXEC);
	map = openat(dir, "map", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ck_assert(fd >= 0 && map >= 0);
	ck_assert_int_eq(hash_file(&f->system, fd, map, NULL, NULL, &result),
	    PH_OK);
	memset(&record, 0, sizeof(record));
	record.map_root = result.map_root;
	record.evidence = HOLDING_HASHED;
	record.time = 1000000000;
	*digest = result.digest;
	ck_assert_int_eq(blob_seal(f->store, fd, &record), PH_OK);
	ck_assert_int_eq(blob_put_map(f->store, digest, dir, "map"), PH_OK);
	ck_assert_int_eq(blob_put_record(f->store, digest, &record), PH_OK);
	ck_assert_int_eq(blob_move_in(f->store, digest, dir, "file"), PH_OK);
	ck_assert_int_eq(store_sync(f->store, STORE_BLOBS), PH_OK);
	(void)close(fd);
	(void)close(map);
}
