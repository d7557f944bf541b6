/*
 * A table of file calls with one fault in it.
 */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/syncd/base/fault_files.h"

/* Guards what threads share of every table: counts and traces. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

/* Note a call; what does not fit is dropped. */
static void __attribute__((format(printf, 2, 3)))
note(struct fault_files *f, const char *fmt, ...)
{
	va_list ap;
	int n;

	(void)pthread_mutex_lock(&mutex);
	va_start(ap, fmt);
	n = vsnprintf(f->trace + f->trace_len, sizeof(f->trace) - f->trace_len,
	    fmt, ap);
	va_end(ap);
	if (n > 0 && (size_t)n < sizeof(f->trace) - f->trace_len)
		f->trace_len += (size_t)n;
	f->trace[f->trace_len] = '\0';
	(void)pthread_mutex_unlock(&mutex);
}

/* Count a call: 1 when it must go wrong, with errno set. */
static int
wrong(struct fault_files *f)
{
	int is_wrong;

	(void)pthread_mutex_lock(&mutex);
	f->ncalls++;
	is_wrong = f->at != 0 &&
	    (f->kind == FAULT_FAIL ? f->ncalls == f->at : f->ncalls >= f->at);
	if (is_wrong)
		errno = f->error;
	(void)pthread_mutex_unlock(&mutex);
	return is_wrong;
}

static int
fault_open(void *cookie, int dir, const char *path, int flags, mode_t mode)
{
	struct fault_files *f = cookie;

	note(f, "open %s\n", path);
	if (wrong(f))
		return -1;
	return f->below->ops->open(f->below->cookie, dir, path, flags, mode);
}

static int
fault_close(void *cookie, int fd)
{
	struct fault_files *f = cookie;

	return f->below->ops->close(f->below->cookie, fd);
}

static ssize_t
fault_pread(void *cookie, int fd, void *buf, size_t len, off_t at)
{
	struct fault_files *f = cookie;

	note(f, "pread\n");
	if (wrong(f))
		return -1;
	return f->below->ops->pread(f->below->cookie, fd, buf, len, at);
}

static ssize_t
fault_pwrite(void *cookie, int fd, const void *buf, size_t len, off_t at)
{
	struct fault_files *f = cookie;

	note(f, "pwrite\n");
	if (!wrong(f))
		return f->below->ops->pwrite(f->below->cookie, fd, buf, len,
		    at);
	if (f->kind == FAULT_TEAR && f->ncalls == f->at && len > 1)
		(void)f->below->ops->pwrite(f->below->cookie, fd, buf, len / 2,
		    at);
	errno = f->error;
	return -1;
}

static int
fault_fsync(void *cookie, int fd)
{
	struct fault_files *f = cookie;

	note(f, "fsync\n");
	return wrong(f) ? -1 : f->below->ops->fsync(f->below->cookie, fd);
}

static int
fault_fdatasync(void *cookie, int fd)
{
	struct fault_files *f = cookie;

	note(f, "fdatasync\n");
	return wrong(f) ? -1 : f->below->ops->fdatasync(f->below->cookie, fd);
}

static int
fault_ftruncate(void *cookie, int fd, off_t size)
{
	struct fault_files *f = cookie;

	note(f, "ftruncate\n");
	if (wrong(f))
		return -1;
	return f->below->ops->ftruncate(f->below->cookie, fd, size);
}

static int
fault_fchmod(void *cookie, int fd, mode_t mode)
{
	struct fault_files *f = cookie;

	note(f, "fchmod %o\n", (unsigned int)mode);
	if (wrong(f))
		return -1;
	return f->below->ops->fchmod(f->below->cookie, fd, mode);
}

static int
fault_rename(void *cookie, int fromdir, const char *from, int todir,
    const char *to)
{
	struct fault_files *f = cookie;

	note(f, "rename %s %s\n", from, to);
	if (wrong(f))
		return -1;
	return f->below->ops->rename(f->below->cookie, fromdir, from, todir,
	    to);
}

static int
fault_link(void *cookie, int fromdir, const char *from, int todir,
    const char *to)
{
	struct fault_files *f = cookie;

	note(f, "link %s %s\n", from, to);
	if (wrong(f))
		return -1;
	return f->below->ops->link(f->below->cookie, fromdir, from, todir, to);
}

static int
fault_unlink(void *cookie, int dir, const char *path, int flags)
{
	struct fault_files *f = cookie;

	note(f, "unlink %s\n", path);
	if (wrong(f))
		return -1;
	return f->below->ops->unlink(f->below->cookie, dir, path, flags);
}

static int
fault_mkdir(void *cookie, int dir, const char *path, mode_t mode)
{
	struct fault_files *f = cookie;

	note(f, "mkdir %s\n", path);
	if (wrong(f))
		return -1;
	return f->below->ops->mkdir(f->below->cookie, dir, path, mode);
}

static int
fault_clone(void *cookie, int fd, int from)
{
	struct fault_files *f = cookie;

	note(f, "clone\n");
	return wrong(f) ? -1 : f->below->ops->clone(f->below->cookie, fd, from);
}

static const struct file_ops fault_ops = {
	.open = fault_open,
	.close = fault_close,
	.pread = fault_pread,
	.pwrite = fault_pwrite,
	.fsync = fault_fsync,
	.fdatasync = fault_fdatasync,
	.ftruncate = fault_ftruncate,
	.fchmod = fault_fchmod,
	.rename = fault_rename,
	.link = fault_link,
	.unlink = fault_unlink,
	.mkdir = fault_mkdir,
	.clone = fault_clone,
};

void
fault_files_init(struct fault_files *f, const struct files *below)
{
	memset(f, 0, sizeof(*f));
	f->files.ops = &fault_ops;
	f->files.cookie = f;
	f->below = below;
}

/* Set what goes wrong, and begin to count anew. */
static void
set(struct fault_files *f, enum fault_kind kind, unsigned int at, int error)
{
	(void)pthread_mutex_lock(&mutex);
	f->kind = kind;
	f->at = at;
	f->error = error != 0 ? error : EIO;
	f->ncalls = 0;
	f->trace_len = 0;
	f->trace[0] = '\0';
	(void)pthread_mutex_unlock(&mutex);
}

void
fault_files_arm(struct fault_files *f, enum fault_kind kind, unsigned int at,
    int error)
{
	set(f, kind, at, error);
}

int
fault_files_fired(const struct fault_files *f)
{
	int fired;

	(void)pthread_mutex_lock(&mutex);
	fired = f->at != 0 && f->ncalls >= f->at;
	(void)pthread_mutex_unlock(&mutex);
	return fired;
}

void
fault_files_disarm(struct fault_files *f)
{
	set(f, f->kind, 0, 0);
}
