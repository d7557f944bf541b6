/*
 * Asking syncd.
 */
#include <assert.h>
#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "proto/errors.h"
#include "proto/reader.h"
#include "syncd/config/configuration.h"
#include "syncd/config/layout.h"

#include "syncctl/client.h"

#define RECEIVE_SIZE 65536u
#define NAME_SIZE 64u /* Of a user. */

struct client {
	char config[CONFIGURATION_PATH_SIZE]; /* For messages. */
	int fd;
	int take_ms;
	struct control_writer writer;
	struct buffer request;
	struct control_decoder *decoder;
	uint8_t received[RECEIVE_SIZE];
	struct reader unread; /* Of received. */
	struct control_answer answer;
	int has_answer;
};

/* Fail because no syncd answers at path. */
static int
fail_absent(const struct client *c, const char *path, struct failure *f)
{
	(void)failure_set(f, PH_ENODAEMON, "syncd is not running here");
	failure_where(f, "%.200s", path);
	failure_next(f, "start it: syncd --config %.200s", c->config);
	return PH_ENODAEMON;
}

/* The name of a user, or the number. */
static void
user_name(uid_t uid, char out[NAME_SIZE])
{
	const struct passwd *entry;

	entry = getpwuid(uid);
	if (entry != NULL)
		(void)snprintf(out, NAME_SIZE, "%s", entry->pw_name);
	else
		(void)snprintf(out, NAME_SIZE, "uid %u", (unsigned int)uid);
}

/* Fail because the socket at path is not for the user that runs us. */
static int
fail_denied(const struct client *c, const struct configuration *conf,
    const char *path, struct failure *f)
{
	char owner[NAME_SIZE], user[NAME_SIZE];
	const char *group;
	struct stat st;

	group = conf->operator_group;
	user_name(geteuid(), user);
	if (stat(path, &st) == 0)
		user_name(st.st_uid, owner);
	else
		(void)strcpy(owner, "the user that runs syncd");
	(void)failure_set(f, PH_EDENIED,
	    "%s may not use the control socket: only root, %s%s%s may", user,
	    owner, group[0] == '\0' ? "" : " and members of the group ", group);
	failure_where(f, "%.200s", path);
	if (group[0] != '\0')
		failure_next(f,
		    "ask root for \"usermod -aG %s %s\" and log in again",
		    group, user);
	else
		failure_next(f,
		    "run syncctl as %s, or let a group in: operator_group in "
		    "%.200s",
		    owner, c->config);
	return PH_EDENIED;
}

/* Fail because syncd is there and takes nothing. */
static int
fail_silent(const struct client *c, struct failure *f)
{
	(void)failure_set(f, PH_ETIMEOUT,
	    "syncd runs, and has taken no request for %d seconds",
	    c->take_ms / 1000);
	failure_next(f,
	    "see its log; if it stays so, stop it and start it again: "
	    "syncd --config %.200s",
	    c->config);
	return PH_ETIMEOUT;
}

/* Fail as errno of connect(2) says. */
static int
fail_connect(const struct client *c, const struct configuration *conf,
    const char *path, struct failure *f)
{
	if (errno == ENOENT || errno == ECONNREFUSED || errno == ENOTDIR)
		return fail_absent(c, path, f);
	if (errno == EACCES || errno == EPERM)
		return fail_denied(c, conf, path, f);
	if (errno == EAGAIN)
		return fail_silent(c, f);
	return failure_set(f, PH_EIO, "cannot connect to %.300s: %s", path,
	    strerror(errno));
}

/* Connect to the socket in state_dir. */
static int
connect_to(struct client *c, const struct configuration *conf,
    struct failure *f)
{
	const struct timeval limit = { .tv_sec = CLIENT_TAKE_MS / 1000 };
	char path[LAYOUT_PATH_SIZE];
	struct sockaddr_un address;
	struct layout layout;
	int r;

	r = layout_init(&layout, conf->state_dir, conf->store_dir, f);
	if (r != PH_OK)
		return r;
	layout_path(&layout, LAYOUT_CONTROL_SOCKET, path);
	memset(&address, 0, sizeof(address));
	address.sun_family = AF_UNIX;
	assert(strlen(path) < sizeof(address.sun_path));
	memcpy(address.sun_path, path, strlen(path) + 1);
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd == -1)
		return failure_set(f, PH_EIO, "cannot make a socket: %s",
		    strerror(errno));
	/* Of connecting, too: it waits while the queue there is full. */
	(void)setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	while (connect(c->fd, (const struct sockaddr *)&address,
		   sizeof(address)) != 0) {
		if (errno != EINTR)
			return fail_connect(c, conf, path, f);
	}
	return PH_OK;
}

int
client_configuration(const char *config, struct configuration *out,
    struct failure *f)
{
	int r;

	r = configuration_read(config, out, f);
	if (r == PH_EFILE && f->next[0] == '\0')
		failure_next(f,
		    "name it with --config FILE or PACKHORSE_CONFIG; "
		    "\"syncctl init\" makes one");
	return r;
}

int
client_open(const char *config, struct client **out, struct failure *f)
{
	struct configuration conf;
	struct client *c;
	int r;

	r = client_configuration(config, &conf, f);
	if (r != PH_OK)
		return r;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return failure_set(f, PH_ENOMEM, "out of memory");
	(void)snprintf(c->config, sizeof(c->config), "%s", config);
	buffer_init(&c->request, CONTROL_HEADER_SIZE + PH_CONTROL_MAX);
	c->fd = -1;
	c->take_ms = CLIENT_TAKE_MS;
	c->decoder = control_decoder_new();
	r = c->decoder == NULL ? failure_set(f, PH_ENOMEM, "out of memory") :
				 connect_to(c, &conf, f);
	if (r != PH_OK) {
		client_free(c);
		return r;
	}
	*out = c;
	return PH_OK;
}

void
client_set_take_ms(struct client *c, int take_ms)
{
	c->take_ms = take_ms;
}

/* Free the last answer. */
static void
forget_answer(struct client *c)
{
	if (c->has_answer)
		control_answer_fini(&c->answer);
	c->has_answer = 0;
}

void
client_free(struct client *c)
{
	if (c == NULL)
		return;
	forget_answer(c);
	control_decoder_free(c->decoder);
	buffer_fini(&c->request);
	if (c->fd != -1)
		(void)close(c->fd);
	free(c);
}

struct json_writer *
client_begin(struct client *c, const char *verb)
{
	control_request_begin(&c->writer, verb, &c->request);
	return &c->writer.json;
}

/* Send some bytes, the first of them with descriptors. */
static ssize_t
send_some(int fd, const uint8_t *data, size_t len, const int *fds, size_t nfds)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(PH_CONTROL_FDS_MAX * sizeof(int))];
	} control;
	struct cmsghdr *cmsg;
	struct msghdr msg;
	struct iovec iov;

	memset(&control, 0, sizeof(control));
	memset(&msg, 0, sizeof(msg));
	/* sendmsg(2) does not write there, whatever the type says. */
	iov.iov_base = (void *)(uintptr_t)data;
	iov.iov_len = len;
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	if (nfds > 0) {
		msg.msg_control = control.room;
		msg.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(nfds * sizeof(int));
		memcpy(CMSG_DATA(cmsg), fds, nfds * sizeof(int));
	}
	return sendmsg(fd, &msg, MSG_NOSIGNAL);
}

/* Fail because syncd has left us. */
static int
fail_gone(const struct client *c, struct failure *f)
{
	(void)failure_set(f, PH_ENODAEMON,
	    "syncd went away before it had answered");
	failure_next(f,
	    "see its log, start it and ask again: "
	    "syncd --config %.200s",
	    c->config);
	return PH_ENODAEMON;
}

int
client_send(struct client *c, const int *fds, size_t nfds, struct failure *f)
{
	const uint8_t *data;
	size_t left;
	ssize_t n;
	int r;

	assert(nfds <= PH_CONTROL_FDS_MAX);
	r = control_end(&c->writer);
	if (r == PH_EJSON)
		return failure_set(f, PH_EUSAGE,
		    "an argument is not UTF-8 text, or too large a number");
	if (r != PH_OK)
		return failure_set(f, r, "the request: %s", error_sentence(r));
	data = c->request.data;
	left = c->request.len;
	while (left > 0) {
		n = send_some(c->fd, data, left, fds, nfds);
		if (n == -1 && errno == EINTR)
			continue;
		/* It may have answered and closed: then its answer counts. */
		if (n == -1 && (errno == EPIPE || errno == ECONNRESET))
			return PH_OK;
		if (n == -1 && errno == EAGAIN)
			return fail_silent(c, f);
		if (n == -1)
			return failure_set(f, PH_EIO,
			    "cannot send the request: %s", strerror(errno));
		data += n;
		left -= (size_t)n;
		nfds = 0;
	}
	return PH_OK;
}

/*
 * Wait until there is something to receive, however long, but for a syncd
 * that leaves what we sent in the socket.
 */
static int
wait_for_syncd(struct client *c, struct failure *f)
{
	struct pollfd io = { .fd = c->fd, .events = POLLIN };
	int left, n;

	for (;;) {
		n = poll(&io, 1, c->take_ms);
		if (n > 0 || (n == -1 && errno != EINTR))
			return PH_OK;
		left = 0;
		if (n == 0 && ioctl(c->fd, SIOCOUTQ, &left) == 0 && left > 0)
			return fail_silent(c, f);
	}
}

/* Wait for more bytes. */
static int
receive(struct client *c, struct failure *f)
{
	ssize_t n;
	int r;

	r = wait_for_syncd(c, f);
	if (r != PH_OK)
		return r;
	do {
		n = recv(c->fd, c->received, sizeof(c->received), 0);
	} while (n == -1 && errno == EINTR);
	if (n <= 0)
		return fail_gone(c, f);
	reader_init(&c->unread, c->received, (size_t)n);
	return PH_OK;
}

/* Copy an error that was answered into the report. */
static int
take_error(struct control_answer *a, struct report *report)
{
	size_t i;
	int r;

	r = report_parts(report, a->parts.count);
	for (i = 0; r == PH_OK && i < report->nparts; i++)
		r = control_answer_part(a, i, &report->parts[i]);
	if (r != PH_OK)
		return failure_set(&report->failure, r, "syncd's answer: %s",
		    error_sentence(r));
	report->failure = a->failure;
	report->exit_status = a->exit_status;
	return report->failure.code;
}

/* A frame: take it apart. */
static int
take_answer(struct client *c, const uint8_t *text, size_t len,
    struct report *report)
{
	int r;

	r = control_answer_decode(text, len, &c->answer);
	if (r != PH_OK)
		return failure_set(&report->failure, r, "syncd's answer: %s",
		    error_sentence(r));
	c->has_answer = 1;
	if (c->answer.kind == CONTROL_ERROR)
		return take_error(&c->answer, report);
	return PH_OK;
}

int
client_next(struct client *c, struct control_answer **out,
    struct report *report)
{
	const uint8_t *text;
	size_t len;
	int r;

	forget_answer(c);
	for (;;) {
		r = control_decoder_feed(c->decoder, &c->unread, &text, &len);
		if (r < 0)
			return failure_set(&report->failure, r,
			    "syncd's answer: %s", error_sentence(r));
		if (r > 0)
			break;
		r = receive(c, &report->failure);
		if (r != PH_OK)
			return r;
	}
	r = take_answer(c, text, len, report);
	if (r == PH_OK)
		*out = &c->answer;
	return r;
}
