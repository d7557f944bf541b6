/*
 * Mounting file systems for tests.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/types.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <check.h>

#include "tests/unit/mounts.h"

/* Of ext4 and XFS: stop at once, without writing the journal out. */
#define SHUTDOWN _IOR('X', 125, __u32)
#define SHUTDOWN_NO_LOG_FLUSH 2u

/* Run a command of the shell; 1 when it worked. */
static int __attribute__((format(printf, 1, 2))) run(const char *fmt, ...)
{
	char command[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	ck_assert_int_lt(n, (int)sizeof(command));
	return system(command) == 0;
}

/* From here on our mounts are seen by nobody else. */
static int
leave_namespace(void)
{
	if (unshare(CLONE_NEWNS) == 0 &&
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
		return 1;
	printf("left out, cannot mount: %s\n", strerror(errno));
	return 0;
}

int
mounts_tmpfs(const char *path, const char *options)
{
	if (!leave_namespace())
		return 0;
	if (mount("tmpfs", path, "tmpfs", 0, options) == 0)
		return 1;
	printf("left out, no tmpfs: %s\n", strerror(errno));
	return 0;
}

int
mounts_new(const char *path, const char *image, const char *kind,
    unsigned int mib)
{
	int fd;

	if (!leave_namespace())
		return 0;
	fd = open(image, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, (off_t)mib << 20), 0);
	(void)close(fd);
	if (run("mkfs.%s -q '%s' && mount -o loop -t %s '%s' '%s'", kind, image,
		kind, image, path))
		return 1;
	printf("left out, no %s\n", kind);
	return 0;
}

void
mounts_cut_power(const char *path, const char *image, const char *kind)
{
	__u32 how;
	int fd;

	how = SHUTDOWN_NO_LOG_FLUSH;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ioctl(fd, SHUTDOWN, &how), 0);
	(void)close(fd);
	ck_assert_int_eq(umount2(path, 0), 0);
	ck_assert(run("mount -o loop -t %s '%s' '%s'", kind, image, path));
}

void
mounts_end(const char *path)
{
	ck_assert_int_eq(umount2(path, MNT_DETACH), 0);
}

void
mounts_set_read_only(const char *path, int read_only)
{
	int r;

	r = mount(NULL, path, NULL, MS_REMOUNT | (read_only ? MS_RDONLY : 0),
	    NULL);
	ck_assert_int_eq(r, 0);
}
