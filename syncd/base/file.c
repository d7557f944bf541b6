/*
 * Files, through the table of calls; and the one way to replace a file.
 *
 * Interrupted calls are made again but for close(), after which Linux has
 * freed the descriptor whatever it says.
 */
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/errors.h"

#include "syncd/base/file.h"

/* Trees that are removed are ours, and are flat. */
#define TREE_DEPTH_MAX 32

/* What errno means to us. */
static int
errno_code(void)
{
	switch (errno) {
	case ENOENT:
		return PH_EABSENT;
	case EEXIST:
	case ENOTEMPTY:
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

/* The code of a call that returned r. */
static int
code_of(int r)
{
	return r == 0 ? PH_OK : errno_code();
}

int
file_open(const struct files *fs, int dir, const char *path, int flags,
    mode_t mode, int *fd)
{
	int r;

	do {
		r = fs->ops->open(fs->cookie, dir, path,
		    flags | O_CLOEXEC | O_NOFOLLOW, mode);
	} while (r == -1 && errno == EINTR);
	if (r == -1)
		return errno_code();
	*fd = r;
	return PH_OK;
}

int
file_close(const struct files *fs, int fd)
{
	int r;

	r = fs->ops->close(fs->cookie, fd);
	if (r == -1 && errno == EINTR)
		return PH_OK;
	return code_of(r);
}

void
file_abandon(const struct files *fs, int fd)
{
	int saved;

	if (fd == -1)
		return;
	saved = errno;
	(void)fs->ops->close(fs->cookie, fd);
	errno = saved;
}

int
file_read_at(const struct files *fs, int fd, uint64_t offset, void *buf,
    size_t len, size_t *n)
{
	uint8_t *p;
	ssize_t r;

	assert(offset <= INT64_MAX && len <= INT64_MAX - offset);
	p = buf;
	*n = 0;
	while (*n < len) {
		r = fs->ops->pread(fs->cookie, fd, p + *n, len - *n,
		    (off_t)(offset + *n));
		if (r == -1 && errno == EINTR)
			continue;
		if (r == -1)
			return errno_code();
		if (r == 0)
			break;
		*n += (size_t)r;
	}
	return PH_OK;
}

int
file_write_at(const struct files *fs, int fd, uint64_t offset, const void *buf,
    size_t len)
{
	const uint8_t *p;
	ssize_t r;

	assert(offset <= INT64_MAX && len <= INT64_MAX - offset);
	p = buf;
	while (len > 0) {
		r = fs->ops->pwrite(fs->cookie, fd, p, len, (off_t)offset);
		if (r == -1 && errno == EINTR)
			continue;
		if (r == -1)
			return errno_code();
		if (r == 0) {
			errno = EIO;
			return PH_EIO;
		}
		p += r;
		offset += (size_t)r;
		len -= (size_t)r;
	}
	return PH_OK;
}

int
file_sync(const struct files *fs, int fd)
{
	int r;

	do {
		r = fs->ops->fsync(fs->cookie, fd);
	} while (r == -1 && errno == EINTR);
	return code_of(r);
}

int
file_sync_data(const struct files *fs, int fd)
{
	int r;

	do {
		r = fs->ops->fdatasync(fs->cookie, fd);
	} while (r == -1 && errno == EINTR);
	return code_of(r);
}

int
file_sync_dir(const struct files *fs, int dir, const char *path)
{
	int fd, r;

	r = file_open(fs, dir, path, O_RDONLY | O_DIRECTORY, 0, &fd);
	if (r != PH_OK)
		return r;
	r = file_sync(fs, fd);
	file_abandon(fs, fd);
	return r;
}

int
file_truncate(const struct files *fs, int fd, uint64_t size)
{
	int r;

	assert(size <= INT64_MAX);
	do {
		r = fs->ops->ftruncate(fs->cookie, fd, (off_t)size);
	} while (r == -1 && errno == EINTR);
	return code_of(r);
}

int
file_chmod(const struct files *fs, int fd, mode_t mode)
{
	return code_of(fs->ops->fchmod(fs->cookie, fd, mode));
}

int
file_rename(const struct files *fs, int fromdir, const char *from, int todir,
    const char *to)
{
	return code_of(fs->ops->rename(fs->cookie, fromdir, from, todir, to));
}

int
file_link(const struct files *fs, int fromdir, const char *from, int todir,
    const char *to)
{
	return code_of(fs->ops->link(fs->cookie, fromdir, from, todir, to));
}

int
file_unlink(const struct files *fs, int dir, const char *path)
{
	return code_of(fs->ops->unlink(fs->cookie, dir, path, 0));
}

int
file_rmdir(const struct files *fs, int dir, const char *path)
{
	return code_of(fs->ops->unlink(fs->cookie, dir, path, AT_REMOVEDIR));
}

int
file_mkdir(const struct files *fs, int dir, const char *path, mode_t mode)
{
	return code_of(fs->ops->mkdir(fs->cookie, dir, path, mode));
}

int
file_clone(const struct files *fs, int fd, int from)
{
	if (fs->ops->clone(fs->cookie, fd, from) == 0)
		return PH_OK;
	switch (errno) {
	case EOPNOTSUPP:
	case ENOTTY:
	case ENOSYS:
	case EINVAL:
	case EXDEV:
	case ETXTBSY:
		return PH_ENOTHERE;
	default:
		return errno_code();
	}
}

int
file_stat(const struct files *fs, int dir, const char *path, struct stat *st)
{
	(void)fs;
	return code_of(fstatat(dir, path, st, AT_SYMLINK_NOFOLLOW));
}

int
file_stat_fd(const struct files *fs, int fd, struct stat *st)
{
	(void)fs;
	return code_of(fstat(fd, st));
}

/* Put the whole of an open regular file. */
static int
read_whole(const struct files *fs, int fd, size_t max, struct buffer *out)
{
	struct stat st;
	uint8_t *room;
	size_t before, size, n;
	int r;

	r = file_stat_fd(fs, fd, &st);
	if (r != PH_OK)
		return r;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return PH_EIO;
	}
	if ((uint64_t)st.st_size > max) {
		errno = EFBIG;
		return PH_ELIMIT;
	}
	size = (size_t)st.st_size;
	before = out->len;
	room = buffer_reserve(out, size);
	if (room == NULL)
		return buffer_error(out);
	r = file_read_at(fs, fd, 0, room, size, &n);
	buffer_truncate(out, r == PH_OK ? before + n : before);
	return r;
}

int
file_read_whole(const struct files *fs, int dir, const char *path, size_t max,
    struct buffer *out)
{
	int fd, r;

	/* O_NONBLOCK: a FIFO in its place must not hold us up. */
	r = file_open(fs, dir, path, O_RDONLY | O_NONBLOCK, 0, &fd);
	if (r != PH_OK)
		return r;
	r = read_whole(fs, fd, max, out);
	file_abandon(fs, fd);
	return r;
}

/*
 * The directory of a path, and a name in it that stands for "being written":
 * "DIR/.NAME.new".  Both are the caller's to free.
 */
static int
temporary_names(const char *path, char **parent, char **temporary)
{
	const char *slash, *name;
	int dirlen, r;

	*parent = NULL;
	*temporary = NULL;
	slash = strrchr(path, '/');
	name = slash == NULL ? path : slash + 1;
	dirlen = (int)(name - path);
	r = asprintf(temporary, "%.*s.%s.new", dirlen, path, name);
	if (r == -1) {
		*temporary = NULL;
		return PH_ENOMEM;
	}
	r = asprintf(parent, "%.*s", dirlen == 0 ? 1 : dirlen,
	    dirlen == 0 ? "." : path);
	if (r == -1) {
		*parent = NULL;
		return PH_ENOMEM;
	}
	return PH_OK;
}

/* Create a file and have its content and mode on the disk. */
static int
write_new(const struct files *fs, int dir, const char *path, const void *data,
    size_t len, mode_t mode)
{
	int fd, r;

	r = file_open(fs, dir, path, O_WRONLY | O_CREAT | O_EXCL, 0600, &fd);
	if (r == PH_EEXISTS) {
		/* What a crash left; nobody else writes under this name. */
		r = file_unlink(fs, dir, path);
		if (r == PH_OK)
			r = file_open(fs, dir, path,
			    O_WRONLY | O_CREAT | O_EXCL, 0600, &fd);
	}
	if (r != PH_OK)
		return r;
	r = file_write_at(fs, fd, 0, data, len);
	if (r == PH_OK)
		r = file_chmod(fs, fd, mode);
	if (r == PH_OK)
		r = file_sync(fs, fd);
	if (r != PH_OK) {
		file_abandon(fs, fd);
		return r;
	}
	return file_close(fs, fd);
}

int
file_replace(const struct files *fs, int dir, const char *path,
    const void *data, size_t len, mode_t mode)
{
	char *parent, *temporary;
	int saved, r;

	r = temporary_names(path, &parent, &temporary);
	if (r != PH_OK)
		goto out;
	r = write_new(fs, dir, temporary, data, len, mode);
	if (r == PH_OK)
		r = file_rename(fs, dir, temporary, dir, path);
	if (r != PH_OK) {
		saved = errno;
		(void)fs->ops->unlink(fs->cookie, dir, temporary, 0);
		errno = saved;
		goto out;
	}
	r = file_sync_dir(fs, dir, parent);
out:
	saved = errno;
	free(parent);
	free(temporary);
	errno = saved;
	return r;
}

/* Names of a directory, all of them. */
struct names {
	char **items;
	size_t count;
	size_t size;
};

static void
names_fini(struct names *names)
{
	size_t i;

	for (i = 0; i < names->count; i++)
		free(names->items[i]);
	free(names->items);
}

/* Take a copy of a name. */
static int
names_add(struct names *names, const char *name)
{
	char **items, *copy;
	size_t size;

	if (names->count == names->size) {
		size = names->size == 0 ? 64 : names->size * 2;
		items = reallocarray(names->items, size, sizeof(*items));
		if (items == NULL)
			return PH_ENOMEM;
		names->items = items;
		names->size = size;
	}
	copy = strdup(name);
	if (copy == NULL)
		return PH_ENOMEM;
	names->items[names->count++] = copy;
	return PH_OK;
}

/* Read all names of an open directory. */
static int
read_names(DIR *d, struct names *names)
{
	const struct dirent *entry;
	int r;

	for (;;) {
		errno = 0;
		entry = readdir(d);
		if (entry == NULL)
			return errno == 0 ? PH_OK : errno_code();
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		r = names_add(names, entry->d_name);
		if (r != PH_OK)
			return r;
	}
}

/* Read all names of a directory. */
static int
list_names(const struct files *fs, int dir, const char *path,
    struct names *names)
{
	DIR *d;
	int fd, copy, saved, r;

	r = file_open(fs, dir, path, O_RDONLY | O_DIRECTORY, 0, &fd);
	if (r != PH_OK)
		return r;
	/* A DIR closes its descriptor, but ours is the table's to close. */
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	d = copy == -1 ? NULL : fdopendir(copy);
	r = d == NULL ? errno_code() : read_names(d, names);
	saved = errno;
	if (d != NULL)
		(void)closedir(d);
	else if (copy != -1)
		(void)close(copy);
	errno = saved;
	file_abandon(fs, fd);
	return r;
}

int
file_list(const struct files *fs, int dir, const char *path, file_entry *entry,
    void *cookie)
{
	struct names names = { 0 };
	size_t i;
	int saved, r;

	r = list_names(fs, dir, path, &names);
	for (i = 0; r == PH_OK && i < names.count; i++)
		r = entry(cookie, names.items[i]);
	saved = errno;
	names_fini(&names);
	errno = saved;
	return r;
}

/* A directory that is being emptied. */
struct emptying {
	const struct files *fs;
	int fd;
	int depth;
};

static int remove_below(const struct files *fs, int dir, const char *path,
    int depth);

/* Remove one entry of a directory, whatever it is. */
static int
remove_entry(void *cookie, const char *name)
{
	const struct emptying *e = cookie;

	return remove_below(e->fs, e->fd, name, e->depth);
}

/* Remove a file, or a directory with all below it. */
static int
remove_below(const struct files *fs, int dir, const char *path, int depth)
{
	struct emptying e;
	struct stat st;
	int r;

	r = file_stat(fs, dir, path, &st);
	if (r == PH_EABSENT)
		return PH_OK;
	if (r != PH_OK)
		return r;
	if (!S_ISDIR(st.st_mode))
		return file_unlink(fs, dir, path);
	if (depth == TREE_DEPTH_MAX) {
		errno = ELOOP;
		return PH_EIO;
	}
	e.fs = fs;
	e.depth = depth + 1;
	r = file_open(fs, dir, path, O_RDONLY | O_DIRECTORY, 0, &e.fd);
	if (r != PH_OK)
		return r;
	r = file_list(fs, e.fd, ".", remove_entry, &e);
	file_abandon(fs, e.fd);
	return r == PH_OK ? file_rmdir(fs, dir, path) : r;
}

int
file_remove_tree(const struct files *fs, int dir, const char *path)
{
	return remove_below(fs, dir, path, 0);
}
