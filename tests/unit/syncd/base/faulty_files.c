/*
 * Calls that fail on demand.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "tests/unit/syncd/base/faulty_files.h"

/* 1 when this call is to fail, with errno set. */
static int
fails(struct faulty *f)
{
	f->calls++;
	if (f->fail_at == 0 || f->calls < f->fail_at ||
	    (f->calls > f->fail_at && !f->dead))
		return 0;
	errno = f->error;
	return 1;
}

static int
faulty_open(void *cookie, int dir, const char *path, int flags, mode_t mode)
{
	struct faulty *f = cookie;
	int fd;

	if (fails(f))
		return -1;
	fd = f->real.ops->open(f->real.cookie, dir, path, flags, mode);
	if (fd != -1)
		f->open++;
	return fd;
}

static int
faulty_close(void *cookie, int fd)
{
	struct faulty *f = cookie;
	int r;

	f->open--;
	r = f->real.ops->close(f->real.cookie, fd);
	return fails(f) ? -1 : r;
}

/* What one call moves of len bytes. */
static size_t
at_most(const struct faulty *f, size_t len)
{
	return f->most > 0 && len > f->most ? f->most : len;
}

static ssize_t
faulty_pread(void *cookie, int fd, void *buf, size_t len, off_t at)
{
	struct faulty *f = cookie;

	if (fails(f))
		return -1;
	return f->real.ops->pread(f->real.cookie, fd, buf, at_most(f, len), at);
}

static ssize_t
faulty_pwrite(void *cookie, int fd, const void *buf, size_t len, off_t at)
{
	struct faulty *f = cookie;

	if (fails(f))
		return -1;
	if (f->stuck)
		return 0;
	return f->real.ops->pwrite(f->real.cookie, fd, buf, at_most(f, len),
	    at);
}

static int
faulty_fsync(void *cookie, int fd)
{
	struct faulty *f = cookie;

	if (fails(f))
		return -1;
	return f->real.ops->fsync(f->real.cookie, fd);
}

static int
faulty_fdatasync(void *cookie, int fd)
{
	struct faulty *f = cookie;

	if (fails(f))
		return -1;
	return f->real.ops->fdatasync(f->real.cookie, fd);
}

static int
faulty_ftruncate(void *cookie, int fd, off_t size)
{
	struct faulty *f = cookie;

	if (fails(f))
		return -1;
	return f->real.ops->ftruncate(f->real.cookie, fd, size);
}

static int
faulty_fchmod(void *cookie, int fd, mode_t mode)
{
	struct faulty *f = cookie;

	if (fails(f))
		return -1;
	return f->real.ops->fchmod(f->real.cookie, fd, mode);
}

static int
faulty_rename(void *cookie, int fromdir, const char *from, int todir,
    const char *to)
{
	struct faulty *f = cookie;

	if (fails(f))
		return -1;
	return f->real.ops->rename(f->real.cookie, fromdir, from, todir, to);
}

static int
faulty_link(void *cookie, int fromdir, const char *from, int todir,
    const char *to)
{
	struct faulty *f = cookie;

	if (fails(f))
		return -1;
	return f->real.ops->link(f->real.cookie, fromdir, from, todir, to);
}

static int
faulty_unlink(void *cookie, int dir, const char *path, int flags)
{
	struct faulty *f = cookie;

	if (fails(f))
		return -1;
	return f->real.ops->unlink(f->real.cookie, dir, path, flags);
}

static int
faulty_mkdir(void *cookie, int dir, const char *path, mode_t mode)
{
	struct faulty *f = cookie;

	if (fails(f))
		return -1;
	return f->real.ops->mkdir(f->real.cookie, dir, path, mode);
}

static int
faulty_clone(void *cookie, int fd, int from)
{
	struct faulty *f = cookie;

	if (fails(f))
		return -1;
	return f->real.ops->clone(f->real.cookie, fd, from);
}

static const struct file_ops faulty_ops = {
	.open = faulty_open,
	.close = faulty_close,
	.pread = faulty_pread,
	.pwrite = faulty_pwrite,
	.fsync = faulty_fsync,
	.fdatasync = faulty_fdatasync,
	.ftruncate = faulty_ftruncate,
	.fchmod = faulty_fchmod,
	.rename = faulty_rename,
	.link = faulty_link,
	.unlink = faulty_unlink,
	.mkdir = faulty_mkdir,
	.clone = faulty_clone,
};

struct files
faulty_init(struct faulty *f)
{
	struct files fs;

	memset(f, 0, sizeof(*f));
	f->real = files_system();
	f->error = EIO;
	fs.ops = &faulty_ops;
	fs.cookie = f;
	return fs;
}
