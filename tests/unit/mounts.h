#ifndef TESTS_UNIT_MOUNTS_H
#define TESTS_UNIT_MOUNTS_H

/*
 * Small file systems for tests that need a certain kind.  They need root, are
 * mounted where only this process and its children see them, and are gone
 * with the process at the latest.
 */

/*
 * Mount a tmpfs with options ("size=1m,nr_inodes=100") on a directory.  1;
 * or 0, having said why, where that cannot be done: the test is to be left
 * out.
 */
int mounts_tmpfs(const char *path, const char *options);

/*
 * Mount a new file system of a kind ("xfs", "ext4") and of mib MiB, kept in
 * the file image, on a directory.  1 or 0, as above.
 */
int mounts_new(const char *path, const char *image, const char *kind,
    unsigned int mib);

/*
 * Let the power fail: what the file system of mounts_new() did not yet write
 * is lost, and it is mounted again as after a start.  No file on it may be
 * open.
 */
void mounts_cut_power(const char *path, const char *image, const char *kind);

/* Unmount, so that the directory can be removed. */
void mounts_end(const char *path);

/* Make a mounted file system read-only, or writable again. */
void mounts_set_read_only(const char *path, int read_only);

#endif
