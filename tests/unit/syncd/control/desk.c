/*
 * Client and server in one thread.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <check.h>

#include "proto/errors.h"

#include "tests/unit/syncd/control/desk.h"

/* The longest wait for an answer. */
#define WAIT_MS 20000

void
desk_begin(struct desk *d, struct repository *r, int64_t request_ms,
    int64_t answer_ms)
{
	struct engine *e = &d->engine;
	struct failure f;

	memset(d, 0, sizeof(*d));
	d->clock = clock_system();
	e->loop = loop_new();
	e->clock = &d->clock;
	e->random = &r->world->random;
	e->workers = worker_pool_new(e->loop, 3);
	ck_assert_ptr_nonnull(e->workers);
	e->lane = worker_lane_new(e->workers);
	e->receive_lane = worker_lane_new(e->workers);
	e->catalogue = r->c;
	e->encodings = encodings_pool_new(e->workers, catalogue_store(r->c),
	    catalogue_space(r->c), UINT64_C(1) << 30);
	e->configuration = &r->configuration;
	d->context.engine = e;
	d->context.layout = &r->layout;
	d->context.config_path = "syncd.yaml";
	d->context.file_lane = worker_lane_new(e->workers);
	d->context.pipe_lane = worker_lane_new(e->workers);
	if (r->configuration.role == CONFIGURATION_PRIMARY) {
		d->context.hub = hub_new(e);
		d->news = grant_news_new(&d->context);
	} else {
		d->context.site = site_new(e);
	}
	world_path(r, "state/control", d->socket);
	d->config.path = d->socket;
	d->config.request_ms = request_ms;
	d->config.answer_ms = answer_ms;
	ck_assert_msg(server_open(&d->context, &d->config, &d->server, &f) ==
		PH_OK,
	    "%s", f.what);
}

void
desk_end(struct desk *d)
{
	struct hub *hub = d->context.hub;
	struct site *site = d->context.site;

	server_close(d->server);
	d->context.hub = NULL;
	d->context.site = NULL;
	site_free(site);
	hub_free(hub);
	encodings_pool_free(d->engine.encodings);
	worker_pool_free(d->engine.workers);
	grant_news_free(d->news);
	loop_free(d->engine.loop);
}

void
desk_turn(struct desk *d, int ms)
{
	int64_t end;

	end = clock_mono_ms(&d->clock) + ms;
	do {
		loop_turn(d->engine.loop);
		(void)usleep(500);
	} while (clock_mono_ms(&d->clock) < end);
}

void
desk_wait_clients(struct desk *d, size_t n)
{
	int64_t end;

	end = clock_mono_ms(&d->clock) + WAIT_MS;
	while (server_nclients(d->server) != n) {
		desk_turn(d, 1);
		ck_assert_msg(clock_mono_ms(&d->clock) < end, "%zu clients",
		    server_nclients(d->server));
	}
}

void
desk_connect(struct desk *d, struct asked *a)
{
	struct sockaddr_un address;

	memset(a, 0, sizeof(*a));
	memset(&address, 0, sizeof(address));
	address.sun_family = AF_UNIX;
	ck_assert_uint_lt(strlen(d->socket), sizeof(address.sun_path));
	(void)strcpy(address.sun_path, d->socket);
	a->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(a->fd, 0);
	ck_assert_int_eq(connect(a->fd, (const struct sockaddr *)&address,
			     sizeof(address)),
	    0);
	a->decoder = control_decoder_new();
	ck_assert_ptr_nonnull(a->decoder);
}

void
asked_send(struct asked *a, const void *data, size_t len, const int *fds,
    size_t nfds)
{
	char control[CMSG_SPACE(253 * sizeof(int))];
	struct msghdr msg;
	struct cmsghdr *cmsg;
	struct iovec iov;
	ssize_t n;

	memset(&msg, 0, sizeof(msg));
	memset(control, 0, sizeof(control));
	memcpy(&iov.iov_base, &data, sizeof(data));
	iov.iov_len = len;
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	if (nfds > 0) {
		msg.msg_control = control;
		msg.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(nfds * sizeof(int));
		memcpy(CMSG_DATA(cmsg), fds, nfds * sizeof(int));
	}
	n = sendmsg(a->fd, &msg, MSG_NOSIGNAL);
	ck_assert_int_eq(n, (ssize_t)len);
}

void
asked_request(struct asked *a, const char *verb, const char *arguments,
    const int *fds, size_t nfds)
{
	struct buffer out;

	buffer_init(&out, 1 << 20);
	buffer_put_u32(&out, 0);
	buffer_putf(&out, "{\"version\":1,\"verb\":\"%s\",\"arguments\":%s}",
	    verb, arguments);
	buffer_set_u32(&out, 0, (uint32_t)(out.len - 4));
	asked_send(a, out.data, out.len, fds, nfds);
	buffer_fini(&out);
}

/* One frame of syncd's. */
static void
take_answer(struct asked *a, const uint8_t *text, size_t len)
{
	ck_assert_int_eq(a->answered, 0);
	free(a->text);
	a->text = strndup((const char *)text, len);
	ck_assert_ptr_nonnull(a->text);
	/* Freed with what is asked. */
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
	ck_assert_int_eq(control_answer_decode(a->text, len, &a->answer),
	    PH_OK);
	if (a->answer.kind == CONTROL_PROGRESS) {
		control_answer_fini(&a->answer);
		a->nprogress++;
	} else {
		a->answered = 1;
	}
}

void
asked_take(struct asked *a)
{
	uint8_t buf[65536];
	const uint8_t *text;
	struct reader in;
	size_t len;
	ssize_t n;
	int r;

	for (;;) {
		n = recv(a->fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (n == -1 && errno == EAGAIN)
			return;
		if (n <= 0) {
			a->ended = 1;
			return;
		}
		reader_init(&in, buf, (size_t)n);
		while ((r = control_decoder_feed(a->decoder, &in, &text,
			    &len)) == 1)
			take_answer(a, text, len);
		ck_assert_int_eq(r, 0);
	}
}

void
asked_wait(struct desk *d, struct asked *a)
{
	int64_t end;

	end = clock_mono_ms(&d->clock) + WAIT_MS;
	while (!a->answered && !a->ended) {
		desk_turn(d, 1);
		asked_take(a);
		ck_assert_msg(clock_mono_ms(&d->clock) < end, "no answer");
	}
}

void
asked_fini(struct asked *a)
{
	if (a->fd != -1)
		(void)close(a->fd);
	if (a->answered)
		control_answer_fini(&a->answer);
	control_decoder_free(a->decoder);
	free(a->text);
}

void
desk_ask_fds(struct desk *d, struct asked *a, const char *verb,
    const char *arguments, const int *fds, size_t nfds)
{
	desk_connect(d, a);
	asked_request(a, verb, arguments, fds, nfds);
	asked_wait(d, a);
	ck_assert_msg(a->answered, "%s: closed without an answer", verb);
}

void
desk_ask(struct desk *d, struct asked *a, const char *verb,
    const char *arguments)
{
	desk_ask_fds(d, a, verb, arguments, NULL, 0);
}

void
desk_expect(struct desk *d, const char *verb, const char *arguments, int code)
{
	struct asked a;
	int found;

	desk_ask(d, &a, verb, arguments);
	found = a.answer.kind == CONTROL_ERROR ? a.answer.failure.code : PH_OK;
	ck_assert_msg(found == code, "%s %s: %s", verb, arguments, a.text);
	asked_fini(&a);
}

int
asked_has(const struct asked *a, const char *part)
{
	return strstr(a->text, part) != NULL;
}
