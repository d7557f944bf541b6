/*
 * Mounting file systems for tests.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include <check.h>

#include "tests/unit/mounts.h"

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
	char command[512];
	int fd, n;

	if (!leave_namespace())
		return 0;
	fd = open(image, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, (off_t)mib << 20), 0);
	(void)close(fd);
	n = snprintf(command, sizeof(command),
	    "mkfs.%s -q '%s' && mount -o loop -t %s '%s' '%s'", kind, image,
	    kind, image, path);
	ck_assert_int_lt(n, (int)sizeof(command));
	if (system(command) == 0)
		return 1;
	printf("left out, no %s\n", kind);
	return 0;
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
