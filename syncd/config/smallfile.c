/*
 * Small files.  A new one is written under the name ".NAME.new" and gets its
 * own when it is complete and on the disk.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/errors.h"

#include "syncd/config/smallfile.h"

/* What errno means to us. */
static int
errno_code(void)
{
	switch (errno) {
	case ENOENT:
	case ENOTDIR:
		return PH_EABSENT;
	case EEXIST:
		return PH_EEXISTS;
	case ENOSPC:
	case EDQUOT:
		return PH_ENOSPC;
	case EACCES:
	case EPERM:
	case EROFS:
		return PH_EPERM;
	default:
		return PH_EIO;
	}
}

int
smallfile_fail(struct failure *f, const char *verb, const char *path)
{
	char text[128];

	return failure_set(f, errno_code(), "cannot %s %.300s: %s", verb, path,
	    strerror_r(errno, text, sizeof(text)));
}

/* Put the bytes of a file that stat says has size bytes, or now fewer. */
static int
read_bytes(int fd, const char *path, size_t size, struct buffer *out,
    struct failure *f)
{
	uint8_t *room;
	size_t before, n;
	ssize_t r;

	before = out->len;
	room = buffer_reserve(out, size);
	if (room == NULL)
		return failure_set(f, buffer_error(out),
		    "cannot read %.300s: %s", path,
		    error_sentence(buffer_error(out)));
	n = 0;
	while (n < size) {
		r = read(fd, room + n, size - n);
		if (r == -1 && errno == EINTR)
			continue;
		if (r == -1) {
			buffer_truncate(out, before);
			return smallfile_fail(f, "read", path);
		}
		if (r == 0)
			break;
		n += (size_t)r;
	}
	buffer_truncate(out, before + n);
	return PH_OK;
}

int
smallfile_read(const char *path, size_t max, struct buffer *out,
    struct stat *st, struct failure *f)
{
	struct stat own;
	int fd, r;

	/* O_NONBLOCK: a FIFO in its place must not hold us up. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd == -1)
		return smallfile_fail(f, "open", path);
	if (fstat(fd, &own) != 0)
		r = smallfile_fail(f, "read", path);
	else if (!S_ISREG(own.st_mode))
		r = failure_set(f, PH_EIO, "%.300s is not a regular file",
		    path);
	else if ((uint64_t)own.st_size > max)
		r = failure_set(f, PH_ELIMIT, "%.300s is larger than %zu bytes",
		    path, max);
	else
		r = read_bytes(fd, path, (size_t)own.st_size, out, f);
	(void)close(fd);
	if (r == PH_OK && st != NULL)
		*st = own;
	return r;
}

/* Write all bytes; 0, or -1 and errno. */
static int
write_bytes(int fd, const void *data, size_t len)
{
	const uint8_t *p;
	ssize_t r;

	p = data;
	while (len > 0) {
		r = write(fd, p, len);
		if (r == -1 && errno == EINTR)
			continue;
		if (r <= 0)
			return -1;
		p += r;
		len -= (size_t)r;
	}
	return 0;
}

/* Write a new file and have it on the disk; 0, or -1 and errno. */
static int
write_new(const char *path, const void *data, size_t len, mode_t mode)
{
	int fd, saved;

	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1 && errno == EEXIST && unlink(path) == 0)
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1)
		return -1;
	if (write_bytes(fd, data, len) != 0 || fchmod(fd, mode) != 0 ||
	    fsync(fd) != 0) {
		saved = errno;
		(void)close(fd);
		(void)unlink(path);
		errno = saved;
		return -1;
	}
	if (close(fd) != 0 && errno != EINTR) {
		saved = errno;
		(void)unlink(path);
		errno = saved;
		return -1;
	}
	return 0;
}

/* Make the names in a directory durable; 0, or -1 and errno. */
static int
sync_directory(const char *path)
{
	int fd, r, saved;

	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	r = fsync(fd);
	saved = errno;
	(void)close(fd);
	errno = saved;
	return r;
}

/*
 * Give a file a name that must be free; 0, or -1 and errno.  Where there are
 * no hard links (a key on a memory stick) a rename that replaces nothing
 * does it.
 */
static int
name_new(const char *from, const char *to)
{
	if (link(from, to) == 0)
		return unlink(from);
	if (errno == EPERM || errno == EOPNOTSUPP)
		return renameat2(AT_FDCWD, from, AT_FDCWD, to,
		    RENAME_NOREPLACE);
	return -1;
}

/* The directory of path and the temporary name in it. */
static int
split(const char *path, char parent[PATH_MAX], char temporary[PATH_MAX])
{
	const char *slash, *name;
	int dirlen, n;

	slash = strrchr(path, '/');
	name = slash == NULL ? path : slash + 1;
	dirlen = (int)(name - path);
	n = snprintf(temporary, PATH_MAX, "%.*s.%s.new", dirlen, path, name);
	if (n >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	(void)snprintf(parent, PATH_MAX, "%.*s", dirlen == 0 ? 1 : dirlen,
	    dirlen == 0 ? "." : path);
	return 0;
}

/* Write under the temporary name, and give it the path by the function. */
static int
put(const char *path, const void *data, size_t len, mode_t mode,
    int (*name)(const char *from, const char *to), const char *verb,
    struct failure *f)
{
	char parent[PATH_MAX], temporary[PATH_MAX];
	int r;

	if (split(path, parent, temporary) != 0 ||
	    write_new(temporary, data, len, mode) != 0)
		return smallfile_fail(f, verb, path);
	if (name(temporary, path) != 0) {
		r = smallfile_fail(f, verb, path);
		(void)unlink(temporary);
		return r;
	}
	if (sync_directory(parent) != 0)
		return smallfile_fail(f, "sync the directory of", path);
	return PH_OK;
}

int
smallfile_create(const char *path, const void *data, size_t len, mode_t mode,
    struct failure *f)
{
	int r;

	r = put(path, data, len, mode, name_new, "create", f);
	if (r == PH_EEXISTS)
		(void)failure_set(f, r, "%.300s exists already", path);
	return r;
}

int
smallfile_replace(const char *path, const void *data, size_t len, mode_t mode,
    struct failure *f)
{
	return put(path, data, len, mode, rename, "write", f);
}
