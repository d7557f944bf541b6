/*
 * Bytes and descriptors of one client.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/control.h"
#include "proto/errors.h"
#include "proto/limits.h"
#include "proto/reader.h"
#include "syncd/base/diag.h"
#include "syncd/control/request.h"

#include "syncd/control/connection.h"

#define READ_SIZE 65536u

/* Room to see that a message brings more descriptors than are allowed. */
#define FDS_ROOM (PH_CONTROL_FDS_MAX + 1)

/* An error that no request can answer. */
#define ERROR_MAX 8192u

struct connection {
	const struct control_context *context;
	const struct connection_events *events;
	void *cookie;
	int64_t request_ms;
	int64_t answer_ms;
	char actor[PH_NAME_MAX + 1];
	int fd;
	struct loop_io *io;
	struct loop_timer *deadline;

	struct control_decoder *decoder; /* NULL: the request is here. */
	int fds[PH_CONTROL_FDS_MAX];     /* That came so far. */
	size_t nfds;

	struct request *request; /* NULL: not yet, or it was none. */
	struct buffer error;     /* The answer where there is no request. */
	size_t sent;             /* Of what is being sent. */
	int finished;            /* The answer is whole. */
};

/* What is to be sent. */
static struct buffer *
output_of(struct connection *c)
{
	return c->request != NULL ? request_output(c->request) : &c->error;
}

/*
 * Wait for what comes next.  With the answer (be it empty) put, a client that
 * goes on talking is not listened to.
 */
static void
update(struct connection *c)
{
	if (c->finished)
		loop_io_want(c->io, LOOP_WRITABLE);
	else if (output_of(c)->len > c->sent)
		loop_io_want(c->io, LOOP_READABLE | LOOP_WRITABLE);
	else
		loop_io_want(c->io, LOOP_READABLE);
}

/* Send soon: never at once, for the one who put it may still be at work. */
static void
send_soon(struct connection *c)
{
	if (!loop_timer_pending(c->deadline))
		loop_timer_start(c->deadline, c->answer_ms);
	update(c);
}

/* The request has put progress. */
static void
on_output(void *cookie)
{
	send_soon(cookie);
}

/* The request has put its answer. */
static void
on_finished(void *cookie)
{
	struct connection *c = cookie;

	c->finished = 1;
	loop_timer_start(c->deadline, c->answer_ms);
	update(c);
}

static const struct request_events request_events = {
	.on_output = on_output,
	.on_finished = on_finished,
};

/* Answer with a failure, without a request. */
static void
refuse(struct connection *c, const struct failure *f)
{
	control_decoder_free(c->decoder);
	c->decoder = NULL;
	if (control_error_encode(f, NULL, 0, &c->error) != PH_OK)
		buffer_reset(&c->error);
	on_finished(c);
}

/* Refuse what is no request. */
static void
refuse_code(struct connection *c, int code, const char *what)
{
	struct failure f;

	(void)failure_set(&f, code, "%s: %s", what, error_sentence(code));
	if (code == PH_EVERSION)
		failure_next(&f,
		    "use the syncctl of the same release as syncd, %s",
		    PH_VERSION);
	refuse(c, &f);
}

/* Take a whole request, and begin it. */
static void
take_request(struct connection *c, const uint8_t *text, size_t len)
{
	struct control_request decoded;
	struct failure f;
	size_t nfds;
	int r;

	r = control_request_decode(text, len, &decoded);
	if (r != PH_OK) {
		refuse_code(c, r, "the request cannot be read");
		return;
	}
	control_decoder_free(c->decoder);
	c->decoder = NULL;
	loop_timer_cancel(c->deadline);
	nfds = c->nfds;
	c->nfds = 0;
	c->request = request_new(c->context, &decoded, c->fds, nfds, c->actor,
	    &request_events, c);
	if (c->request == NULL) {
		refuse_code(c, PH_ENOMEM, "the request");
	} else if (request_is_long(c->request) &&
	    c->events->on_long(c->cookie, &f) != PH_OK) {
		(void)request_fail(c->request, &f);
		request_finish(c->request);
	} else {
		request_start(c->request);
	}
}

/*
 * Collect the descriptors of a message.  PH_OK; PH_ELIMIT when there are too
 * many, and those that do not fit are closed.
 */
static int
take_fds(struct connection *c, struct msghdr *msg)
{
	struct cmsghdr *cmsg;
	size_t i, n;
	int fd, r;

	r = msg->msg_flags & MSG_CTRUNC ? PH_ELIMIT : PH_OK;
	for (cmsg = CMSG_FIRSTHDR(msg); cmsg != NULL;
	     cmsg = CMSG_NXTHDR(msg, cmsg)) {
		if (cmsg->cmsg_level != SOL_SOCKET ||
		    cmsg->cmsg_type != SCM_RIGHTS)
			continue;
		n = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < n; i++) {
			memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof(int),
			    sizeof(fd));
			if (c->nfds < PH_CONTROL_FDS_MAX) {
				c->fds[c->nfds++] = fd;
				continue;
			}
			(void)close(fd);
			r = PH_ELIMIT;
		}
	}
	return r;
}

/*
 * Receive bytes and descriptors.  PH_OK and *n > 0; PH_EBUSY when nothing is
 * there; PH_ECUT when the client is gone; PH_ELIMIT for too many descriptors.
 */
static int
receive(struct connection *c, uint8_t *buf, size_t size, size_t *n)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(FDS_ROOM * sizeof(int))];
	} control;
	struct iovec iov;
	struct msghdr msg;
	ssize_t got;
	int r;

	*n = 0;
	memset(&msg, 0, sizeof(msg));
	iov.iov_base = buf;
	iov.iov_len = size;
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	msg.msg_control = control.room;
	msg.msg_controllen = sizeof(control.room);
	got = recvmsg(c->fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (got == -1)
		return errno == EAGAIN || errno == EINTR ? PH_EBUSY : PH_ECUT;
	r = take_fds(c, &msg);
	if (r == PH_OK && got == 0)
		r = PH_ECUT;
	*n = (size_t)got;
	return r;
}

/* Refuse descriptors beyond what is allowed. */
static void
refuse_fds(struct connection *c)
{
	struct failure f;

	(void)failure_set(&f, PH_EUSAGE, "a request brings at most %u files",
	    PH_CONTROL_FDS_MAX);
	failure_next(&f, "publish fewer files as one version");
	refuse(c, &f);
}

/* Read some of the request.  0 when the client is gone. */
static int
read_request(struct connection *c)
{
	uint8_t buf[READ_SIZE];
	const uint8_t *text;
	struct reader in;
	size_t n, len;
	int r;

	r = receive(c, buf, sizeof(buf), &n);
	if (r == PH_EBUSY)
		return 1;
	if (r == PH_ECUT)
		return 0;
	if (r != PH_OK) {
		refuse_fds(c);
		return 1;
	}
	reader_init(&in, buf, n);
	r = control_decoder_feed(c->decoder, &in, &text, &len);
	if (r == 1 && in.len > 0)
		refuse_code(c, PH_EFRAME, "more than one request");
	else if (r == 1)
		take_request(c, text, len);
	else if (r != 0)
		refuse_code(c, r, "the request cannot be read");
	return 1;
}

/*
 * A client that has asked has nothing more to say.  1 while it keeps silent,
 * 0 when it is gone.
 */
static int
watch_client(struct connection *c)
{
	uint8_t byte;
	ssize_t n;

	n = recv(c->fd, &byte, 1, MSG_DONTWAIT);
	return n == -1 && (errno == EAGAIN || errno == EINTR);
}

/* Send some.  0 when it is over. */
static int
pump(struct connection *c)
{
	struct buffer *out = output_of(c);
	ssize_t n;

	if (out->len > c->sent) {
		n = send(c->fd, out->data + c->sent, out->len - c->sent,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n == -1)
			return errno == EAGAIN || errno == EINTR;
		c->sent += (size_t)n;
		loop_timer_start(c->deadline, c->answer_ms);
	}
	if (out->len > c->sent)
		return 1;
	buffer_reset(out);
	c->sent = 0;
	loop_timer_cancel(c->deadline);
	return !c->finished;
}

/* The socket is ready for something. */
static void
on_io(void *cookie, int events)
{
	struct connection *c = cookie;
	int alive = 1;

	if ((events & LOOP_READABLE) && !c->finished)
		alive = c->decoder != NULL ? read_request(c) : watch_client(c);
	if (alive && (events & LOOP_WRITABLE))
		alive = pump(c);
	if (!alive) {
		c->events->on_ended(c->cookie);
		return;
	}
	update(c);
}

/* The client is too slow. */
static void
on_deadline(void *cookie)
{
	struct connection *c = cookie;

	diag(DIAG_WARNING, "a client of %s on the control socket %s", c->actor,
	    c->decoder != NULL ? "connected and sent no whole request" :
				 "does not take its answer");
	c->events->on_ended(c->cookie);
}

struct connection *
connection_new(const struct control_context *context, int fd, const char *actor,
    int64_t request_ms, int64_t answer_ms,
    const struct connection_events *events, void *cookie)
{
	struct loop *loop = context->engine->loop;
	struct connection *c;

	c = calloc(1, sizeof(*c));
	if (c == NULL) {
		(void)close(fd);
		return NULL;
	}
	c->context = context;
	c->events = events;
	c->cookie = cookie;
	c->request_ms = request_ms;
	c->answer_ms = answer_ms;
	(void)snprintf(c->actor, sizeof(c->actor), "%s", actor);
	c->fd = fd;
	buffer_init(&c->error, ERROR_MAX);
	c->decoder = control_decoder_new();
	c->io = loop_io_new(loop, fd, on_io, c);
	c->deadline = loop_timer_new(loop, on_deadline, c);
	if (c->decoder == NULL || c->io == NULL || c->deadline == NULL) {
		connection_free(c);
		return NULL;
	}
	loop_io_want(c->io, LOOP_READABLE);
	loop_timer_start(c->deadline, c->request_ms);
	return c;
}

void
connection_free(struct connection *c)
{
	size_t i;

	if (c->request != NULL)
		request_abandon(c->request);
	for (i = 0; i < c->nfds; i++)
		(void)close(c->fds[i]);
	control_decoder_free(c->decoder);
	loop_timer_free(c->deadline);
	loop_io_free(c->io);
	(void)close(c->fd);
	buffer_fini(&c->error);
	free(c);
}
