#ifndef SYNCD_BASE_FILES_H
#define SYNCD_BASE_FILES_H

#include <stddef.h>
#include <sys/types.h>

/*
 * The calls that open, write, name and sync files, as a table, so that tests
 * make the k-th call fail or stop the world at it.  Each does what the call
 * of POSIX (openat, pread, …) does, with its results and errno.  Nobody but
 * syncd/base/file.h makes them.
 */

struct file_ops {
	int (*open)(void *cookie, int dir, const char *path, int flags,
	    mode_t mode);
	int (*close)(void *cookie, int fd);
	ssize_t (*pread)(void *cookie, int fd, void *buf, size_t len, off_t at);
	ssize_t (*pwrite)(void *cookie, int fd, const void *buf, size_t len,
	    off_t at);
	int (*fsync)(void *cookie, int fd);
	int (*fdatasync)(void *cookie, int fd);
	int (*ftruncate)(void *cookie, int fd, off_t size);
	int (*fchmod)(void *cookie, int fd, mode_t mode);
	int (*rename)(void *cookie, int fromdir, const char *from, int todir,
	    const char *to);
	int (*link)(void *cookie, int fromdir, const char *from, int todir,
	    const char *to);
	int (*unlink)(void *cookie, int dir, const char *path, int flags);
	int (*mkdir)(void *cookie, int dir, const char *path, mode_t mode);
	int (*clone)(void *cookie, int fd, int from); /* FICLONE */
};

/* The table and its cookie, passed by pointer to all who touch files. */
struct files {
	const struct file_ops *ops;
	void *cookie;
};

/* The calls of this machine. */
struct files files_system(void);

#endif
