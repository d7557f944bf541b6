#ifndef TESTS_UNIT_SCRATCH_H
#define TESTS_UNIT_SCRATCH_H

#include <stddef.h>

/*
 * Directories for tests, and small file systems for those that need a
 * certain kind.  A file system needs root; it is mounted where only this
 * process sees it, and is gone with the process.
 */

#define SCRATCH_SIZE 128u

/* Create a new directory and write its path; a test fails without one. */
void scratch_new(char path[SCRATCH_SIZE]);

/* Remove it and all below it. */
void scratch_remove(const char *path);

/*
 * Mount a tmpfs with options ("size=1m,nr_inodes=100") on a directory.  1;
 * or 0, having said why, where that cannot be done: the test is to be left
 * out.
 */
int scratch_mount_tmpfs(const char *path, const char *options);

/*
 * Mount a new file system of a kind ("xfs", "ext4") and of mib MiB, kept in
 * the file image, on a directory.  1 or 0, as above.
 */
int scratch_mount_new(const char *path, const char *image, const char *kind,
    unsigned int mib);

/* Make a mounted file system read-only, or writable again. */
void scratch_remount(const char *path, int read_only);

#endif
