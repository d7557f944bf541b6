/*
 * Probing directories with real files, in a directory of our own that is
 * removed again.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "proto/errors.h"
#include "syncd/config/smallfile.h"

#include "syncd/config/probe.h"

/* The directory in which we try things. */
#define TRIAL_NAME ".packhorse-probe-XXXXXX"

/*
 * File systems on which memory maps and locks are not shared with other
 * machines, or are left to a program, and an LMDB index breaks.  Numbers
 * from statfs(2) and the kernel's magic.h.
 */
static const struct {
	uint32_t magic;
	const char *name;
} remote[] = {
	{ 0x00006969, "NFS" },
	{ 0x0000517b, "SMB" },
	{ 0xff534d42, "CIFS" },
	{ 0xfe534d42, "SMB" },
	{ 0x65735546, "FUSE" },
	{ 0x01021997, "9p" },
	{ 0x00c36400, "CephFS" },
	{ 0x5346414f, "AFS" },
	{ 0x6b414653, "AFS" },
	{ 0x73757245, "Coda" },
	{ 0x0000564c, "NCP" },
	{ 0x7461636f, "OCFS2" },
	{ 0x01161970, "GFS2" },
	{ 0x0bd00bd0, "Lustre" },
	{ 0x47504653, "GPFS" },
	{ 0x19830326, "BeeGFS" },
	{ 0x20030528, "OrangeFS" },
	{ 0x786f4256, "VirtualBox shared folder" },
	{ 0xbacbacbc, "VMware shared folder" },
};

const char *
probe_remote_name(uint32_t magic)
{
	size_t i;

	for (i = 0; i < sizeof(remote) / sizeof(remote[0]); i++) {
		if (remote[i].magic == magic)
			return remote[i].name;
	}
	return NULL;
}

int
probe_local(const char *path, struct failure *f)
{
	struct statfs st;
	const char *name;

	if (statfs(path, &st) != 0)
		return smallfile_fail(f, "look at the file system of", path);
	name = probe_remote_name((uint32_t)st.f_type);
	if (name == NULL)
		return PH_OK;
	(void)failure_set(f, PH_ESTORE,
	    "%.300s is on %s, which is not of this machine: "
	    "an index there would break",
	    path, name);
	failure_next(f, "choose a directory on a local disk");
	return PH_ESTORE;
}

/* A place to try things: names of a directory and of two files in it. */
struct trial {
	char directory[PATH_MAX];
	char one[PATH_MAX + 8];
	char two[PATH_MAX + 8];
};

/* Make the place. */
static int
trial_begin(const char *path, struct trial *t, struct failure *f)
{
	int n;

	n = snprintf(t->directory, sizeof(t->directory), "%s/%s", path,
	    TRIAL_NAME);
	if (n < 0 || (size_t)n >= sizeof(t->directory))
		return failure_set(f, PH_EIO, "the path %.100s… is too long",
		    path);
	if (mkdtemp(t->directory) == NULL)
		return smallfile_fail(f, "make a directory in", path);
	(void)snprintf(t->one, sizeof(t->one), "%s/one", t->directory);
	(void)snprintf(t->two, sizeof(t->two), "%s/two", t->directory);
	return PH_OK;
}

/* Remove the place and what is there. */
static void
trial_end(const struct trial *t)
{
	(void)unlink(t->one);
	(void)unlink(t->two);
	(void)rmdir(t->directory);
}

/* Fail because the file system cannot do something. */
static int
fail_store(const char *path, const char *what, struct failure *f)
{
	(void)failure_set(f, PH_ESTORE, "the file system of %.300s %s", path,
	    what);
	failure_next(f, "choose a directory on another file system");
	return PH_ESTORE;
}

/* Fail as errno says, or because links are not possible. */
static int
fail_link(const char *path, struct failure *f)
{
	if (errno == EPERM || errno == EOPNOTSUPP || errno == EMLINK ||
	    errno == ENOSYS || errno == EXDEV)
		return fail_store(path, "has no hard links", f);
	return smallfile_fail(f, "make a hard link in", path);
}

/* Two names of one file are one file, and stay so. */
static int
try_links(const char *path, const struct trial *t, struct failure *f)
{
	struct stat one, two;

	if (link(t->one, t->two) != 0)
		return fail_link(path, f);
	if (stat(t->one, &one) != 0 || stat(t->two, &two) != 0)
		return smallfile_fail(f, "look at a hard link in", path);
	if (one.st_ino != two.st_ino || two.st_nlink != 2)
		return fail_store(path, "has hard links that do not hold", f);
	if (unlink(t->two) != 0)
		return smallfile_fail(f, "remove a file in", path);
	return PH_OK;
}

/* A rename replaces what has the name; the content comes along. */
static int
try_rename(const char *path, const struct trial *t, struct failure *f)
{
	struct stat before, after;
	int r;

	r = smallfile_create(t->two, "2", 1, 0600, f);
	if (r != PH_OK)
		return r;
	if (stat(t->two, &before) != 0 || rename(t->two, t->one) != 0 ||
	    stat(t->one, &after) != 0)
		return smallfile_fail(f, "rename a file in", path);
	if (before.st_ino != after.st_ino || after.st_size != 1 ||
	    access(t->two, F_OK) == 0)
		return fail_store(path, "does not rename in one step", f);
	return PH_OK;
}

int
probe_store(const char *path, struct failure *f)
{
	struct trial t;
	int r;

	r = trial_begin(path, &t, f);
	if (r != PH_OK)
		return r;
	r = smallfile_create(t.one, "one", 3, 0600, f);
	if (r == PH_OK)
		r = try_links(path, &t, f);
	if (r == PH_OK)
		r = try_rename(path, &t, f);
	trial_end(&t);
	return r;
}

int
probe_writable(const char *path, struct failure *f)
{
	struct trial t;
	int r;

	r = trial_begin(path, &t, f);
	if (r != PH_OK)
		return r;
	r = smallfile_create(t.one, "one", 3, 0600, f);
	trial_end(&t);
	return r;
}

int
probe_space(const char *path, struct probe_space *out, struct failure *f)
{
	struct statvfs st;

	if (statvfs(path, &st) != 0)
		return smallfile_fail(f, "look at the file system of", path);
	out->total = (uint64_t)st.f_blocks * st.f_frsize;
	out->free = (uint64_t)st.f_bavail * st.f_frsize;
	out->inodes = st.f_files;
	out->inodes_free = st.f_favail;
	return PH_OK;
}

int
probe_mode(const char *path, mode_t mode, struct failure *f)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return smallfile_fail(f, "look at", path);
	if (!S_ISDIR(st.st_mode))
		return failure_set(f, PH_EIO, "%.300s is not a directory",
		    path);
	if (st.st_uid != geteuid()) {
		(void)failure_set(f, PH_EPERM,
		    "%.300s belongs to user %ju, not to user %ju", path,
		    (uintmax_t)st.st_uid, (uintmax_t)geteuid());
		failure_next(f, "chown it to the user that runs syncd");
		return PH_EPERM;
	}
	if ((st.st_mode & 07777) != mode) {
		(void)failure_set(f, PH_EPERM, "%.300s has mode %04o, not %04o",
		    path, (unsigned int)st.st_mode & 07777, (unsigned int)mode);
		failure_next(f, "chmod %04o %.300s", (unsigned int)mode, path);
		return PH_EPERM;
	}
	return PH_OK;
}
