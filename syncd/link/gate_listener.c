/*
 * Taking over the descriptors that gates bring.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "proto/errors.h"
#include "proto/gate_message.h"
#include "syncd/base/diag.h"
#include "syncd/link/link_fd.h"

#include "syncd/link/gate_listener.h"

/* Waiting in the kernel, besides those that we have accepted. */
#define BACKLOG 64

/* Those that a gate brings; and room to see that it brings more. */
#define GATE_FDS 2
#define GATE_FDS_ROOM 8

/* A gate that has connected and said nothing yet. */
struct pending {
	LIST_ENTRY(pending) next;
	struct gate_listener *listener;
	int fd;
	struct loop_io *io;
	struct loop_timer *deadline;
};

struct gate_listener {
	struct loop *loop;
	struct clock clock;
	struct sockaddr_un address;
	uid_t *uids;
	size_t nuids;
	int64_t deadline_ms;
	gate_listener_callback *callback;
	void *cookie;
	int fd;
	int bound; /* The socket's name is ours to remove. */
	struct loop_io *io;
	LIST_HEAD(, pending) pendings;
	size_t npending;
};

/* What came with a gate's message. */
struct brought {
	char text[GATE_MESSAGE_SIZE_MAX];
	size_t len;
	int fds[GATE_FDS_ROOM];
	size_t nfds;
};

/* Accept while there is room for one more. */
static void
update(struct gate_listener *l)
{
	loop_io_want(l->io,
	    l->npending < GATE_LISTENER_PENDING_MAX ? LOOP_READABLE : 0);
}

/* Forget a gate; its socket is closed unless the caller took it (-1). */
static void
pending_drop(struct pending *p)
{
	struct gate_listener *l = p->listener;

	loop_timer_free(p->deadline);
	loop_io_free(p->io);
	if (p->fd != -1)
		(void)close(p->fd);
	LIST_REMOVE(p, next);
	l->npending--;
	free(p);
}

/* Close what a gate brought. */
static void
brought_close(struct brought *b)
{
	size_t i;

	for (i = 0; i < b->nfds; i++)
		(void)close(b->fds[i]);
	b->nfds = 0;
}

/* Collect the descriptors of a message.  PH_OK or PH_EMESSAGE. */
static int
take_fds(struct msghdr *msg, struct brought *b)
{
	struct cmsghdr *cmsg;
	size_t n;
	int r;

	r = PH_OK;
	for (cmsg = CMSG_FIRSTHDR(msg); cmsg != NULL;
	     cmsg = CMSG_NXTHDR(msg, cmsg)) {
		if (cmsg->cmsg_level != SOL_SOCKET ||
		    cmsg->cmsg_type != SCM_RIGHTS) {
			r = PH_EMESSAGE;
			continue;
		}
		/* The kernel gives no more than there is room for. */
		n = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		assert(b->nfds + n <= GATE_FDS_ROOM);
		memcpy(b->fds + b->nfds, CMSG_DATA(cmsg), n * sizeof(int));
		b->nfds += n;
	}
	if (b->nfds != GATE_FDS || (msg->msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
		r = PH_EMESSAGE;
	return r;
}

/*
 * Receive the one message.  PH_OK; PH_EBUSY when it is not there yet;
 * PH_ECUT; PH_EMESSAGE.  On failure nothing is left open.
 */
static int
receive(int fd, struct brought *b)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(GATE_FDS_ROOM * sizeof(int))];
	} control;
	struct iovec iov;
	struct msghdr msg;
	ssize_t n;
	int r;

	memset(b, 0, sizeof(*b));
	memset(&msg, 0, sizeof(msg));
	iov.iov_base = b->text;
	iov.iov_len = sizeof(b->text);
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	msg.msg_control = control.room;
	msg.msg_controllen = sizeof(control.room);
	n = recvmsg(fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n == -1)
		return errno == EAGAIN || errno == EINTR ? PH_EBUSY : PH_ECUT;
	r = take_fds(&msg, b);
	if (n == 0 && b->nfds == 0)
		return PH_ECUT;
	b->len = (size_t)n;
	if (r != PH_OK)
		brought_close(b);
	return r;
}

/* 1 when fd is a pipe or socket that can be read (or written). */
static int
is_stream(int fd, int unusable)
{
	struct stat st;
	int flags;

	flags = fcntl(fd, F_GETFL);
	if (flags == -1 || fstat(fd, &st) == -1)
		return 0;
	return (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)) &&
	    (flags & O_ACCMODE) != unusable;
}

/* Check what was brought, and make a link of it; NULL if it is not right. */
static struct link *
make_link(struct gate_listener *l, int gatefd, struct brought *b,
    struct gate_message *m)
{
	struct link *link;
	char name[32 + GATE_MESSAGE_ADDRESS_SIZE];

	if (gate_message_decode(b->text, b->len, m) != PH_OK) {
		diag(DIAG_WARNING, "a gate's message is damaged");
		return NULL;
	}
	if (!is_stream(b->fds[0], O_WRONLY) ||
	    !is_stream(b->fds[1], O_RDONLY)) {
		diag(DIAG_WARNING, "a gate for %.8s brings no pipes or sockets",
		    m->id);
		return NULL;
	}
	(void)snprintf(name, sizeof(name), "gate of %.8s%s%s", m->id,
	    m->address[0] == '\0' ? "" : ", ", m->address);
	link = link_fd_new_gate(l->loop, &l->clock, name, b->fds[0], b->fds[1],
	    gatefd);
	b->nfds = 0;
	return link;
}

/* A gate said something, or went. */
static void
on_pending(void *cookie, int events)
{
	struct pending *p = cookie;
	struct gate_listener *l = p->listener;
	struct gate_message message;
	struct brought b;
	struct link *link;
	int fd, r;

	(void)events;
	r = receive(p->fd, &b);
	if (r == PH_EBUSY)
		return;
	if (r == PH_EMESSAGE)
		diag(DIAG_WARNING, "a gate does not bring two descriptors");
	fd = p->fd;
	p->fd = -1;
	pending_drop(p);
	update(l);
	if (r != PH_OK) {
		(void)close(fd);
		return;
	}
	link = make_link(l, fd, &b, &message);
	if (link == NULL && b.nfds > 0)
		(void)close(fd);
	brought_close(&b);
	/* The last act: it may close the listener. */
	if (link != NULL)
		l->callback(l->cookie, link, message.id, message.fingerprint);
}

/* A gate says nothing. */
static void
on_deadline(void *cookie)
{
	struct pending *p = cookie;
	struct gate_listener *l = p->listener;

	diag(DIAG_WARNING, "a gate connected and said nothing");
	pending_drop(p);
	update(l);
}

/* 1 when the process at the other end may come here. */
static int
is_welcome(const struct gate_listener *l, int fd)
{
	struct ucred peer;
	socklen_t len;
	size_t i;

	len = sizeof(peer);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == -1)
		return 0;
	for (i = 0; i < l->nuids; i++) {
		if (peer.uid == l->uids[i])
			return 1;
	}
	diag(DIAG_WARNING, "a process of uid %u is no gate of ours",
	    (unsigned int)peer.uid);
	return 0;
}

/* Wait for what the gate has to say; fd is taken. */
static int
pending_new(struct gate_listener *l, int fd)
{
	struct pending *p;

	p = calloc(1, sizeof(*p));
	if (p == NULL) {
		(void)close(fd);
		return PH_ENOMEM;
	}
	p->listener = l;
	p->fd = fd;
	LIST_INSERT_HEAD(&l->pendings, p, next);
	l->npending++;
	p->io = loop_io_new(l->loop, fd, on_pending, p);
	p->deadline = loop_timer_new(l->loop, on_deadline, p);
	if (p->io == NULL || p->deadline == NULL) {
		pending_drop(p);
		return PH_ENOMEM;
	}
	loop_io_want(p->io, LOOP_READABLE);
	loop_timer_start(p->deadline, l->deadline_ms);
	return PH_OK;
}

/* Somebody connects. */
static void
on_listener(void *cookie, int events)
{
	struct gate_listener *l = cookie;
	int fd;

	(void)events;
	fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd == -1)
		return;
	if (!is_welcome(l, fd))
		(void)close(fd);
	else if (pending_new(l, fd) != PH_OK)
		diag(DIAG_WARNING, "no memory for a gate");
	update(l);
}

/* Fill in the address.  PH_OK, or PH_ECONFIG with f. */
static int
set_address(struct gate_listener *l, const char *path, struct failure *f)
{
	size_t len;

	len = strlen(path);
	if (path[0] != '/' || len >= sizeof(l->address.sun_path)) {
		(void)failure_set(f, PH_ECONFIG,
		    "%s cannot be the gate's socket", path);
		failure_next(f,
		    "its path must be absolute and shorter than "
		    "%zu bytes: use a shorter state_dir",
		    sizeof(l->address.sun_path));
		return PH_ECONFIG;
	}
	l->address.sun_family = AF_UNIX;
	memcpy(l->address.sun_path, path, len);
	return PH_OK;
}

/* A failure of the system while making the socket. */
static int
fail_socket(const struct gate_listener *l, const char *what, struct failure *f)
{
	int code;

	code = errno == EACCES || errno == EPERM || errno == EROFS ? PH_EPERM :
								     PH_EIO;
	(void)failure_set(f, code, "%s: %s", what, strerror(errno));
	failure_where(f, "%s", l->address.sun_path);
	return code;
}

/*
 * Make way for our socket: one that nobody listens on is a dead syncd's.
 * Anything else is not ours to remove.
 */
static int
remove_stale(struct gate_listener *l, struct failure *f)
{
	struct stat st;
	int fd, r;

	if (lstat(l->address.sun_path, &st) == -1)
		return errno == ENOENT ? PH_OK : fail_socket(l, "no socket", f);
	if (!S_ISSOCK(st.st_mode)) {
		errno = EEXIST;
		return fail_socket(l, "this is no socket", f);
	}
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return fail_socket(l, "no socket", f);
	r = connect(fd, (const struct sockaddr *)&l->address,
	    sizeof(l->address));
	(void)close(fd);
	if (r == -1 && errno == ECONNREFUSED) {
		if (unlink(l->address.sun_path) == -1)
			return fail_socket(l, "cannot remove a stale socket",
			    f);
		return PH_OK;
	}
	(void)failure_set(f, PH_EBUSY, "another syncd listens for gates");
	failure_where(f, "%s", l->address.sun_path);
	failure_next(f, "stop it, or give this one another state_dir");
	return PH_EBUSY;
}

/* Make the socket. */
static int
listen_at(struct gate_listener *l, struct failure *f)
{
	const char *path = l->address.sun_path;

	l->fd =
	    socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l->fd == -1)
		return fail_socket(l, "no socket", f);
	/* bind() gives the name this mode less the umask: never more. */
	if (fchmod(l->fd, 0660) == -1 ||
	    bind(l->fd, (const struct sockaddr *)&l->address,
		sizeof(l->address)) == -1)
		return fail_socket(l, "cannot make the gate's socket", f);
	l->bound = 1;
	if (chmod(path, 0660) == -1 || listen(l->fd, BACKLOG) == -1)
		return fail_socket(l, "cannot listen for gates", f);
	l->io = loop_io_new(l->loop, l->fd, on_listener, l);
	if (l->io == NULL)
		return failure_set(f, PH_ENOMEM, "no memory for the gates");
	update(l);
	return PH_OK;
}

int
gate_listener_open(struct loop *loop, const struct clock *clock,
    const struct gate_listener_config *config, struct gate_listener **listener,
    struct failure *f, gate_listener_callback *callback, void *cookie)
{
	struct gate_listener *l;
	int r;

	*listener = NULL;
	l = calloc(1, sizeof(*l));
	if (l == NULL)
		return failure_set(f, PH_ENOMEM, "no memory for the gates");
	l->loop = loop;
	l->clock = *clock;
	l->callback = callback;
	l->cookie = cookie;
	l->fd = -1;
	LIST_INIT(&l->pendings);
	l->deadline_ms = config->deadline_ms;
	if (l->deadline_ms == 0)
		l->deadline_ms = GATE_LISTENER_DEADLINE_MS;
	l->nuids = config->nuids;
	l->uids = calloc(config->nuids + 1, sizeof(uid_t));
	if (l->uids == NULL) {
		r = failure_set(f, PH_ENOMEM, "no memory for the gates");
		goto out;
	}
	memcpy(l->uids, config->uids, config->nuids * sizeof(uid_t));
	r = set_address(l, config->path, f);
	if (r == PH_OK)
		r = remove_stale(l, f);
	if (r == PH_OK)
		r = listen_at(l, f);
out:
	if (r != PH_OK)
		gate_listener_close(l);
	else
		*listener = l;
	return r;
}

void
gate_listener_close(struct gate_listener *l)
{
	struct pending *p;

	if (l == NULL)
		return;
	/* The analyzer does not see that an element leaves the list. */
	while ((p = LIST_FIRST(&l->pendings)) != NULL)
		pending_drop(p); /* NOLINT(clang-analyzer-unix.Malloc) */
	loop_io_free(l->io);
	/* First the name: nobody shall find it and then be refused. */
	if (l->bound)
		(void)unlink(l->address.sun_path);
	if (l->fd != -1)
		(void)close(l->fd);
	free(l->uids);
	free(l);
}
