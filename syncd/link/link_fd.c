/*
 * A link over descriptors.  It keeps nothing: what the owner reads comes
 * straight from the kernel, what it writes goes straight there.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/errors.h"
#include "proto/gate_message.h"
#include "syncd/link/link_ops.h"

#include "syncd/link/link_fd.h"

/*
 * Invariants:
 *  1. readfd and writefd may be equal: then it is a socket, and closed once.
 *  2. writefd is -1 once our direction is closed, but for one socket.
 *  3. gone is set when a write found nobody at the far side.  What the far
 *     side sent before can still be read, and tells more than the failed
 *     write does; so the failure comes when that was read.
 */
struct link_fd {
	struct link link;
	int readfd;
	int writefd;
	int gatefd; /* -1: no gate. */
	int status; /* For the gate. */
	int gone;
	struct loop_io *io_in;
	struct loop_io *io_out;
	struct loop_io *io_gate;
	struct loop_timer *timer; /* News, or the rate. */
};

static const struct link_ops ops;

/* The link_fd around a link that was made here. */
static struct link_fd *
self(struct link *link)
{
	assert(link->ops == &ops);
	return (struct link_fd *)link;
}

/* The far side is no more there. */
static int
fail_cut(struct link_fd *l, const char *how)
{
	struct failure f;

	(void)failure_set(&f, PH_ECUT, "the link to %s was cut: %s",
	    l->link.name, how);
	link_fail(&l->link, &f);
	return PH_ECUT;
}

static int
fd_read(struct link *link, void *buf, size_t len, size_t *n)
{
	struct link_fd *l = self(link);
	ssize_t r;

	len = link_may_receive(link, len);
	if (len == 0)
		return PH_OK;
	r = read(l->readfd, buf, len);
	if (r > 0) {
		*n = (size_t)r;
		link_count_received(link, *n);
		return PH_OK;
	}
	if (r == 0)
		return l->gone ? fail_cut(l, "it is gone") : LINK_END;
	if (errno == EAGAIN || errno == EINTR)
		return PH_OK;
	return fail_cut(l, strerror(errno));
}

/* Write to a pipe or socket; SIGPIPE is ignored. */
static int
fd_write(struct link *link, const void *buf, size_t len, size_t *n)
{
	struct link_fd *l = self(link);
	ssize_t r;

	len = link_may_send(link, len);
	if (len == 0 || l->gone)
		return PH_OK;
	r = write(l->writefd, buf, len);
	if (r >= 0) {
		*n = (size_t)r;
		link_count_sent(link, *n);
		return PH_OK;
	}
	if (errno == EAGAIN || errno == EINTR)
		return PH_OK;
	if (errno == EPIPE || errno == ECONNRESET) {
		l->gone = 1;
		return PH_OK;
	}
	return fail_cut(l, strerror(errno));
}

static void
fd_finish(struct link *link)
{
	static const unsigned char finished[GATE_MESSAGE_FINISHED_SIZE];
	struct link_fd *l = self(link);

	loop_io_free(l->io_out);
	l->io_out = NULL;
	/* Two descriptors may be of one socket; a pipe only refuses this. */
	(void)shutdown(l->writefd, SHUT_WR);
	if (l->writefd != l->readfd) {
		(void)close(l->writefd);
		l->writefd = -1;
	}
	if (l->gatefd != -1)
		(void)send(l->gatefd, finished, sizeof(finished),
		    MSG_DONTWAIT | MSG_NOSIGNAL);
	link->ended_out = 1;
}

/* Watch what is wanted and allowed; wake up for what no descriptor tells. */
static void
fd_update(struct link *link)
{
	struct link_fd *l = self(link);
	int64_t wait_ms;
	int in, out, over;

	/*
	 * All was read.  Before, an owner that does not want to read now, as
	 * it is busy, still learns what the far side said when it left.
	 */
	if (l->gone && link->ended_in)
		(void)fail_cut(l, "it is gone");
	over = link_is_over(link);
	in = !over && (link->wanted & LINK_READABLE) && !link->ended_in;
	out = !over && (link->wanted & LINK_WRITABLE) && !link->finished &&
	    !l->gone;
	wait_ms = link_rate_wait_ms(link, in, out);
	loop_io_want(l->io_in,
	    in && link_may_receive(link, 1) > 0 ? LOOP_READABLE : 0);
	if (l->io_out != NULL)
		loop_io_want(l->io_out,
		    out && link_may_send(link, 1) > 0 ? LOOP_WRITABLE : 0);
	if (l->io_gate != NULL)
		loop_io_want(l->io_gate, over ? 0 : LOOP_READABLE);
	if (link_has_news(link))
		loop_timer_start(l->timer, 0);
	else if (wait_ms > 0)
		loop_timer_start(l->timer, wait_ms);
	else
		loop_timer_cancel(l->timer);
}

static void
fd_set_exit_status(struct link *link, int status)
{
	self(link)->status = status;
}

static void
fd_free(struct link *link)
{
	struct link_fd *l = self(link);
	unsigned char status;

	loop_timer_free(l->timer);
	loop_io_free(l->io_gate);
	loop_io_free(l->io_out);
	loop_io_free(l->io_in);
	if (l->writefd != -1 && l->writefd != l->readfd)
		(void)close(l->writefd);
	(void)close(l->readfd);
	/* After the pipes, so that sshd first sends all that is in them. */
	if (l->gatefd != -1) {
		status = (unsigned char)l->status;
		(void)send(l->gatefd, &status, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
		(void)close(l->gatefd);
	}
	free(l);
}

static const struct link_ops ops = {
	.read = fd_read,
	.write = fd_write,
	.finish = fd_finish,
	.update = fd_update,
	.set_exit_status = fd_set_exit_status,
	.free = fd_free,
};

static void
on_in(void *cookie, int events)
{
	struct link_fd *l = cookie;

	(void)events;
	fd_update(&l->link);
	link_tell(&l->link, LINK_READABLE);
}

static void
on_out(void *cookie, int events)
{
	struct link_fd *l = cookie;

	(void)events;
	fd_update(&l->link);
	link_tell(&l->link, LINK_WRITABLE);
}

/* A gate has nothing to say; it has gone, or is no gate. */
static void
on_gate(void *cookie, int events)
{
	struct link_fd *l = cookie;

	(void)events;
	(void)fail_cut(l, "its gate is gone");
	fd_update(&l->link);
	link_tell(&l->link, 0);
}

static void
on_timer(void *cookie)
{
	struct link_fd *l = cookie;

	fd_update(&l->link);
	link_tell(&l->link, 0);
}

/* Once for the process: writing to a pipe knows no MSG_NOSIGNAL. */
static void
ignore_sigpipe(void)
{
	(void)signal(SIGPIPE, SIG_IGN);
}

/* O_NONBLOCK on; PH_OK or PH_EIO. */
static int
set_nonblocking(int fd)
{
	int flags;

	flags = fcntl(fd, F_GETFL);
	if (flags == -1 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1)
		return PH_EIO;
	return PH_OK;
}

struct link *
link_fd_new(struct loop *loop, const struct clock *clock, const char *name,
    int readfd, int writefd)
{
	return link_fd_new_gate(loop, clock, name, readfd, writefd, -1);
}

struct link *
link_fd_new_gate(struct loop *loop, const struct clock *clock, const char *name,
    int readfd, int writefd, int gatefd)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct link_fd *l;

	(void)pthread_once(&once, ignore_sigpipe);
	l = calloc(1, sizeof(*l));
	if (l == NULL) {
		if (writefd != readfd)
			(void)close(writefd);
		(void)close(readfd);
		if (gatefd != -1)
			(void)close(gatefd);
		return NULL;
	}
	link_init(&l->link, &ops, clock, LINK_STAGE_OPEN, name);
	l->link.told = LINK_OPEN;
	l->readfd = readfd;
	l->writefd = writefd;
	l->gatefd = gatefd;
	if (set_nonblocking(readfd) != PH_OK ||
	    set_nonblocking(writefd) != PH_OK)
		goto fail;
	l->timer = loop_timer_new(loop, on_timer, l);
	l->io_in = loop_io_new(loop, readfd, on_in, l);
	l->io_out = loop_io_new(loop, writefd, on_out, l);
	if (gatefd != -1)
		l->io_gate = loop_io_new(loop, gatefd, on_gate, l);
	if (l->timer == NULL || l->io_in == NULL || l->io_out == NULL ||
	    (gatefd != -1 && l->io_gate == NULL))
		goto fail;
	fd_update(&l->link);
	return &l->link;
fail:
	l->status = GATE_MESSAGE_EXIT_DOWN;
	fd_free(&l->link);
	return NULL;
}
