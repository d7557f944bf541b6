/*
 * The file calls of this machine, as they are.
 */
#include <fcntl.h>
#include <linux/fs.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "syncd/base/files.h"

static int
system_open(void *cookie, int dir, const char *path, int flags, mode_t mode)
{
	(void)cookie;
	return openat(dir, path, flags, mode);
}

static int
system_close(void *cookie, int fd)
{
	(void)cookie;
	return close(fd);
}

static ssize_t
system_pread(void *cookie, int fd, void *buf, size_t len, off_t offset)
{
	(void)cookie;
	return pread(fd, buf, len, offset);
}

static ssize_t
system_pwrite(void *cookie, int fd, const void *buf, size_t len, off_t offset)
{
	(void)cookie;
	return pwrite(fd, buf, len, offset);
}

static int
system_fsync(void *cookie, int fd)
{
	(void)cookie;
	return fsync(fd);
}

static int
system_fdatasync(void *cookie, int fd)
{
	(void)cookie;
	return fdatasync(fd);
}

static int
system_ftruncate(void *cookie, int fd, off_t size)
{
	(void)cookie;
	return ftruncate(fd, size);
}

static int
system_fchmod(void *cookie, int fd, mode_t mode)
{
	(void)cookie;
	return fchmod(fd, mode);
}

static int
system_rename(void *cookie, int fromdir, const char *from, int todir,
    const char *to)
{
	(void)cookie;
	return renameat(fromdir, from, todir, to);
}

static int
system_link(void *cookie, int fromdir, const char *from, int todir,
    const char *to)
{
	(void)cookie;
	return linkat(fromdir, from, todir, to, 0);
}

static int
system_unlink(void *cookie, int dir, const char *path, int flags)
{
	(void)cookie;
	return unlinkat(dir, path, flags);
}

static int
system_mkdir(void *cookie, int dir, const char *path, mode_t mode)
{
	(void)cookie;
	return mkdirat(dir, path, mode);
}

static int
system_clone(void *cookie, int fd, int from)
{
	(void)cookie;
	return ioctl(fd, FICLONE, from);
}

static const struct file_ops system_ops = {
	.open = system_open,
	.close = system_close,
	.pread = system_pread,
	.pwrite = system_pwrite,
	.fsync = system_fsync,
	.fdatasync = system_fdatasync,
	.ftruncate = system_ftruncate,
	.fchmod = system_fchmod,
	.rename = system_rename,
	.link = system_link,
	.unlink = system_unlink,
	.mkdir = system_mkdir,
	.clone = system_clone,
};

struct files
files_system(void)
{
	struct files fs = {
		.ops = &system_ops,
		.cookie = NULL,
	};

	return fs;
}
