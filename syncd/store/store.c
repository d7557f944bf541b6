/*
 * The open directories of a store.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "proto/errors.h"
#include "syncd/config/layout.h"

#include "syncd/store/store.h"

#define SELF "/."

/*
 * Not the marker itself, which is another file each time that it is written.
 */
#define LOCK_NAME ".packhorse.lock"
#define HOLDER_MAX 300u

struct store {
	const struct files *fs;
	char *path; /* Ends with SELF, so that it may be a link. */
	int dirs[STORE_NPLACES];
	int lock; /* -1: it is not locked. */
	dev_t device;
	ino_t inodes[STORE_NPLACES];
};

/* The name of a directory, relative to the root. */
static const char *
place_name(enum store_place place)
{
	static const enum layout_item items[STORE_NPLACES] = {
		[STORE_ROOT] = LAYOUT_STORE,
		[STORE_BLOBS] = LAYOUT_BLOBS,
		[STORE_MAPS] = LAYOUT_MAPS,
		[STORE_SIGNATURES] = LAYOUT_SIGNATURES,
		[STORE_DELTAS] = LAYOUT_DELTAS,
		[STORE_STAGING] = LAYOUT_STAGING,
		[STORE_PUBLISHED] = LAYOUT_PUBLISHED,
	};

	return layout_name(items[place]);
}

/* Say which store: its path as the operator gave it. */
static void
say_where(const struct store *s, struct failure *f)
{
	failure_where(f, "%.*s", (int)(strlen(s->path) - strlen(SELF)),
	    s->path);
}

/* Open one directory and note what it is. */
static int
open_place(struct store *s, enum store_place place, struct failure *f)
{
	struct stat st;
	const char *name;
	int dir, r;

	dir = place == STORE_ROOT ? AT_FDCWD : s->dirs[STORE_ROOT];
	name = place == STORE_ROOT ? s->path : place_name(place);
	r = file_open(s->fs, dir, name, O_RDONLY | O_DIRECTORY, 0,
	    &s->dirs[place]);
	if (r == PH_OK)
		r = file_stat_fd(s->fs, s->dirs[place], &st);
	if (r == PH_EABSENT || (r == PH_EIO && errno == ENOTDIR)) {
		(void)failure_set(f, PH_ESTORE, "the store has no directory %s",
		    place_name(place));
		say_where(s, f);
		failure_next(f,
		    "mount the file system of the store, or make "
		    "the store with syncctl init");
		return PH_ESTORE;
	}
	if (r != PH_OK) {
		(void)failure_set(f, r, "the store cannot be opened: %s",
		    strerror(errno));
		say_where(s, f);
		return r;
	}
	if (place == STORE_ROOT)
		s->device = st.st_dev;
	s->inodes[place] = st.st_ino;
	if (st.st_dev == s->device)
		return PH_OK;
	(void)failure_set(f, PH_ESTORE,
	    "%s is on another file system than the rest of the store", name);
	say_where(s, f);
	return PH_ESTORE;
}

int
store_open(const struct files *fs, const char *path, struct store **out,
    struct failure *f)
{
	struct store *s;
	unsigned int i;
	int r;

	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return failure_set(f, PH_ENOMEM, "out of memory");
	s->fs = fs;
	s->lock = -1;
	for (i = 0; i < STORE_NPLACES; i++)
		s->dirs[i] = -1;
	r = asprintf(&s->path, "%s" SELF, path);
	if (r == -1) {
		s->path = NULL;
		store_close(s);
		return failure_set(f, PH_ENOMEM, "out of memory");
	}
	for (i = 0; i < STORE_NPLACES; i++) {
		r = open_place(s, (enum store_place)i, f);
		if (r != PH_OK) {
			store_close(s);
			return r;
		}
	}
	*out = s;
	return PH_OK;
}

/* Say who has the lock, as far as he said it. */
static int
refuse_locked(const struct store *s, int fd, struct failure *f)
{
	char holder[HOLDER_MAX + 1];
	size_t i, n;

	if (file_read_at(s->fs, fd, 0, holder, HOLDER_MAX, &n) != PH_OK)
		n = 0;
	for (i = 0; i < n && isprint((unsigned char)holder[i]);)
		i++;
	holder[i] = '\0';
	(void)failure_set(f, PH_EBUSY,
	    "another syncd is running on the store%s%s", i > 0 ? ": " : "",
	    holder);
	say_where(s, f);
	failure_next(f,
	    "stop it first; a store belongs to one state_dir and one syncd");
	return PH_EBUSY;
}

/*
 * Open the file of the lock and take it.  A file that is open for writing
 * keeps its file system from being made read-only, so that is done only where
 * nothing else can be locked (NFS).
 */
static int
take_lock(struct store *s, int flags, struct failure *f)
{
	int fd, r;

	r = file_open(s->fs, s->dirs[STORE_ROOT], LOCK_NAME, flags | O_CREAT,
	    0600, &fd);
	if (r != PH_OK)
		return r;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
		s->lock = fd;
		return PH_OK;
	}
	if (errno == EWOULDBLOCK)
		r = refuse_locked(s, fd, f);
	else
		r = errno == EBADF ? PH_EPERM : PH_ENOTHERE;
	file_abandon(s->fs, fd);
	return r == PH_EPERM && flags == O_RDONLY ? take_lock(s, O_RDWR, f) : r;
}

/* Write into the file who has the lock. */
static int
name_holder(const struct store *s, const char *holder)
{
	int fd, r, closed;

	r = file_open(s->fs, s->dirs[STORE_ROOT], LOCK_NAME, O_WRONLY | O_TRUNC,
	    0, &fd);
	if (r != PH_OK)
		return r;
	r = file_write_at(s->fs, fd, 0, holder, strlen(holder));
	closed = file_close(s->fs, fd);
	if (r == PH_OK)
		r = closed;
	/* A full store is not held against us: the lock is what counts. */
	return r == PH_ENOSPC ? PH_OK : r;
}

int
store_lock(struct store *s, const char *holder, struct failure *f)
{
	int r;

	f->code = PH_OK;
	r = take_lock(s, O_RDONLY, f);
	if (r == PH_OK)
		r = name_holder(s, holder);
	if (r == PH_OK || f->code != PH_OK)
		return r;
	if (r == PH_ENOTHERE)
		r = PH_ESTORE;
	(void)failure_set(f, r, "the store cannot be locked: %s",
	    r == PH_ESTORE ? "its file system has no locks" : strerror(errno));
	say_where(s, f);
	return r;
}

void
store_close(struct store *s)
{
	unsigned int i;

	if (s == NULL)
		return;
	for (i = 0; i < STORE_NPLACES; i++)
		file_abandon(s->fs, s->dirs[i]);
	file_abandon(s->fs, s->lock);
	free(s->path);
	free(s);
}

int
store_dir(const struct store *s, enum store_place place)
{
	return s->dirs[place];
}

const struct files *
store_files(const struct store *s)
{
	return s->fs;
}

/* Fill in why the store cannot be used. */
static int
refuse(const struct store *s, struct failure *f, const char *what)
{
	(void)failure_set(f, PH_ESTORE, "%s", what);
	say_where(s, f);
	failure_next(f,
	    "bring its file system back, mounted, writable and sound; where "
	    "syncd then does not go on by itself, start it again");
	return PH_ESTORE;
}

int
store_check(const struct store *s, struct failure *f)
{
	struct statvfs vfs;
	struct stat st;
	const char *name;
	unsigned int i;
	int r;

	for (i = 0; i < STORE_NPLACES; i++) {
		name =
		    i == STORE_ROOT ? s->path : place_name((enum store_place)i);
		r = file_stat(s->fs,
		    i == STORE_ROOT ? AT_FDCWD : s->dirs[STORE_ROOT], name,
		    &st);
		if (r != PH_OK)
			return refuse(s, f, "the store is not there any more");
		if (st.st_dev != s->device || st.st_ino != s->inodes[i])
			return refuse(s, f,
			    "something else is in the place of the store");
	}
	do {
		r = fstatvfs(s->dirs[STORE_ROOT], &vfs);
	} while (r == -1 && errno == EINTR);
	if (r == -1)
		return refuse(s, f, "the store does not answer");
	if (vfs.f_flag & ST_RDONLY)
		return refuse(s, f, "the store is read-only");
	return PH_OK;
}

int
store_blame(const struct store *s, int code, struct failure *f)
{
	struct failure found;

	if (code != PH_EIO && code != PH_EPERM && code != PH_EABSENT)
		return code;
	if (store_check(s, &found) == PH_OK)
		return code;
	*f = found;
	return PH_ESTORE;
}

int
store_sync(const struct store *s, enum store_place place)
{
	return file_sync(s->fs, s->dirs[place]);
}

int
store_free_space(void *store, uint64_t *bytes, uint64_t *inodes)
{
	const struct store *s = store;
	struct statvfs vfs;
	int r;

	do {
		r = fstatvfs(s->dirs[STORE_ROOT], &vfs);
	} while (r == -1 && errno == EINTR);
	if (r == -1)
		return PH_EIO;
	*bytes = (uint64_t)vfs.f_bavail * vfs.f_frsize;
	/* Some file systems make inodes as they need them. */
	*inodes = vfs.f_files == 0 ? UINT64_MAX : vfs.f_favail;
	return PH_OK;
}
