#ifndef SYNCD_BASE_FILE_H
#define SYNCD_BASE_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "syncd/base/files.h"

struct stat;

/*
 * The only way to files.  The calls are made through a table that is passed
 * in (syncd/base/files.h).  Paths are relative to a directory descriptor; no
 * path that a peer or client named comes here unchecked, and symbolic links
 * are never followed in the last component.
 *
 * Every function returns PH_OK or an error: PH_EABSENT (ENOENT), PH_EEXISTS,
 * PH_ENOSPC (ENOSPC, EDQUOT), PH_EPERM (EACCES, EPERM, EROFS), else PH_EIO;
 * errno still holds the cause, for a message.  Any thread.
 */

/*
 * openat with O_CLOEXEC and O_NOFOLLOW added; dir may be AT_FDCWD for an
 * absolute path.  The caller closes *fd with file_close().
 */
int file_open(const struct files *fs, int dir, const char *path, int flags,
    mode_t mode, int *fd) ATTR_CHECK;

/*
 * Close, and report what close reports (but for an interruption); fd is gone
 * either way.
 */
int file_close(const struct files *fs, int fd) ATTR_CHECK;

/* Close a descriptor that was only read, or whose failure is known; -1 ok. */
void file_abandon(const struct files *fs, int fd);

/* Read up to len bytes at offset; *n is less only at the end of the file. */
int file_read_at(const struct files *fs, int fd, uint64_t offset, void *buf,
    size_t len, size_t *n) ATTR_CHECK;

/* Write all len bytes at offset. */
int file_write_at(const struct files *fs, int fd, uint64_t offset,
    const void *buf, size_t len) ATTR_CHECK;

/* A failed fsync is final: the caller must discard the file (docs). */
int file_sync(const struct files *fs, int fd) ATTR_CHECK;
int file_sync_data(const struct files *fs, int fd) ATTR_CHECK;

/* Make names created, renamed or removed in a directory durable. */
int file_sync_dir(const struct files *fs, int dir, const char *path) ATTR_CHECK;

/* Cut, or grow with a hole, to size bytes. */
int file_truncate(const struct files *fs, int fd, uint64_t size) ATTR_CHECK;

/* Set exactly this mode, whatever the umask. */
int file_chmod(const struct files *fs, int fd, mode_t mode) ATTR_CHECK;

/* renameat: what has the name to is replaced. */
int file_rename(const struct files *fs, int fromdir, const char *from,
    int todir, const char *to) ATTR_CHECK;

/* linkat: PH_EEXISTS when to exists. */
int file_link(const struct files *fs, int fromdir, const char *from, int todir,
    const char *to) ATTR_CHECK;

/* Remove the name of a file. */
int file_unlink(const struct files *fs, int dir, const char *path) ATTR_CHECK;

/* Remove an empty directory; PH_EEXISTS when it is not empty. */
int file_rmdir(const struct files *fs, int dir, const char *path) ATTR_CHECK;

/* Make a directory; the umask takes from mode. */
int file_mkdir(const struct files *fs, int dir, const char *path,
    mode_t mode) ATTR_CHECK;

/*
 * Make fd (empty, same file system) share all blocks of from.  PH_ENOTHERE
 * where the file system cannot.
 */
int file_clone(const struct files *fs, int fd, int from) ATTR_CHECK;

/* lstat relative to dir; fstat. */
int file_stat(const struct files *fs, int dir, const char *path,
    struct stat *st) ATTR_CHECK;
int file_stat_fd(const struct files *fs, int fd, struct stat *st) ATTR_CHECK;

/*
 * Read a whole regular file of at most max bytes behind the end of out.
 * PH_ELIMIT when it is longer, PH_EIO when it is no regular file, PH_ENOMEM;
 * after a failure out holds what it held.
 */
int file_read_whole(const struct files *fs, int dir, const char *path,
    size_t max, struct buffer *out) ATTR_CHECK;

/*
 * Replace a file as one step: a temporary name (O_EXCL), write, mode, fsync,
 * rename, fsync of the directory.  After a failure the old file is whole,
 * or, where only the last step failed, the new one is.  The temporary name
 * is ".NAME.new", so one caller at a time for one file.  Also PH_ENOMEM.
 */
int file_replace(const struct files *fs, int dir, const char *path,
    const void *data, size_t len, mode_t mode) ATTR_CHECK;

/* An entry of a directory; name is borrowed for the call. */
typedef int file_entry(void *cookie, const char *name);

/*
 * Call entry(cookie, name) for each name in a directory but "." and "..",
 * in no order, with the names read before the first call; stops at the
 * first result that is not PH_OK and returns it.  Also PH_ENOMEM.
 */
int file_list(const struct files *fs, int dir, const char *path,
    file_entry *entry, void *cookie) ATTR_CHECK;

/*
 * Remove a directory and all below it, or a file; an absent one is fine.
 * For flat trees that nobody else changes: PH_EIO beyond 32 levels.
 */
int file_remove_tree(const struct files *fs, int dir,
    const char *path) ATTR_CHECK;

#endif
