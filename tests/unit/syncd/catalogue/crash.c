/*
 * Dying in the middle of it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>

#include "tests/unit/syncd/catalogue/invariants.h"

#include "tests/unit/syncd/catalogue/crash.h"

/* Exit status of a child that came to the end of its work. */
#define FINISHED 7

/* File calls of which the k-th one that changes something does not return. */
static struct file_ops deadly;
static const struct file_ops *real;
static unsigned int left;

static void
count_down(void)
{
	if (left > 0 && --left == 0)
		_exit(0);
}

static int
deadly_open(void *cookie, int dir, const char *path, int flags, mode_t mode)
{
	if (flags & O_CREAT)
		count_down();
	return real->open(cookie, dir, path, flags, mode);
}

static ssize_t
deadly_pwrite(void *cookie, int fd, const void *buf, size_t len, off_t at)
{
	/* Half of it arrives. */
	if (left == 1 && len > 1)
		(void)!real->pwrite(cookie, fd, buf, len / 2, at);
	count_down();
	return real->pwrite(cookie, fd, buf, len, at);
}

static int
deadly_fsync(void *cookie, int fd)
{
	count_down();
	return real->fsync(cookie, fd);
}

static int
deadly_rename(void *cookie, int fromdir, const char *from, int todir,
    const char *to)
{
	count_down();
	return real->rename(cookie, fromdir, from, todir, to);
}

static int
deadly_link(void *cookie, int fromdir, const char *from, int todir,
    const char *to)
{
	count_down();
	return real->link(cookie, fromdir, from, todir, to);
}

static int
deadly_unlink(void *cookie, int dir, const char *path, int flags)
{
	count_down();
	return real->unlink(cookie, dir, path, flags);
}

static int
deadly_mkdir(void *cookie, int dir, const char *path, mode_t mode)
{
	count_down();
	return real->mkdir(cookie, dir, path, mode);
}

static void
arm(struct repository *r, unsigned int k)
{
	real = r->files.ops;
	deadly = *real;
	deadly.open = deadly_open;
	deadly.pwrite = deadly_pwrite;
	deadly.fsync = deadly_fsync;
	deadly.rename = deadly_rename;
	deadly.link = deadly_link;
	deadly.unlink = deadly_unlink;
	deadly.mkdir = deadly_mkdir;
	left = k;
	r->files.ops = &deadly;
}

static void
open_all(struct world *w)
{
	size_t i;

	world_open(&w->primary);
	for (i = 0; i < w->nsites; i++)
		world_open(&w->sites[i]);
}

int
crash_run(struct world *w, struct repository *victim, unsigned int k,
    crash_work *job)
{
	pid_t child;
	int status;
	size_t i;

	world_close(&w->primary);
	for (i = 0; i < w->nsites; i++)
		world_close(&w->sites[i]);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		open_all(w);
		arm(victim, k);
		job(w, k);
		_exit(FINISHED);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(WIFEXITED(status) &&
		(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == FINISHED),
	    "status %d at call %u", status, k);
	w->seed += k;
	open_all(w);
	invariants_check_granted(victim);
	return WEXITSTATUS(status) == FINISHED;
}

void
crash_publish(struct world *w, unsigned int round)
{
	char version[16];

	(void)snprintf(version, sizeof(version), "%u", round);
	world_publish(w, "winxp", version, CRASH_SIZE, round, NULL);
}
