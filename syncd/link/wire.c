/*
 * The TCP socket below SSH.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/errors.h"

#include "syncd/link/wire.h"

/* Unacknowledged for so long, a connection is dead. */
#define DEAD_MS 60000

/* The probes that find a dead peer of an idle connection. */
#define KEEPALIVE_IDLE_S 30
#define KEEPALIVE_INTERVAL_S 10
#define KEEPALIVE_COUNT 3

/* So little unsent in the kernel that control overtakes content. */
#define NOT_SENT_LOW (128 * 1024)

void
wire_init(struct wire *w, struct link *link)
{
	memset(w, 0, sizeof(*w));
	w->link = link;
	w->fd = -1;
	buffer_init(&w->pending, WIRE_PENDING_MAX);
}

void
wire_open(struct wire *w, int fd)
{
	static const struct {
		int level, name, value;
	} options[] = {
		{ IPPROTO_TCP, TCP_NODELAY, 1 },
		{ IPPROTO_TCP, TCP_USER_TIMEOUT, DEAD_MS },
		{ IPPROTO_TCP, TCP_NOTSENT_LOWAT, NOT_SENT_LOW },
		{ IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S },
		{ IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S },
		{ IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_COUNT },
		{ SOL_SOCKET, SO_KEEPALIVE, 1 },
	};
	size_t i;

	w->fd = fd;
	/* It works without any of them, too. */
	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		(void)setsockopt(fd, options[i].level, options[i].name,
		    &options[i].value, sizeof(options[i].value));
}

/* Remember how the far side began. */
static void
keep_first(struct wire *w, const void *data, size_t len)
{
	if (len > WIRE_FIRST_MAX - w->first_len)
		len = WIRE_FIRST_MAX - w->first_len;
	memcpy(w->first + w->first_len, data, len);
	w->first_len += len;
}

size_t
wire_receive(struct wire *w, void *buf, size_t len)
{
	ssize_t r;

	len = link_may_receive(w->link, len);
	if (len == 0 || w->error != 0)
		return 0;
	r = recv(w->fd, buf, len, 0);
	if (r > 0) {
		link_count_received(w->link, (size_t)r);
		keep_first(w, buf, (size_t)r);
		return (size_t)r;
	}
	if (r == 0)
		w->error = WIRE_END;
	else if (errno != EAGAIN && errno != EINTR)
		w->error = errno;
	return 0;
}

int
wire_send(struct wire *w, const void *buf, size_t len)
{
	return buffer_put(&w->pending, buf, len);
}

void
wire_flush(struct wire *w)
{
	size_t len;
	ssize_t r;

	while (w->pending.len > 0 && w->error == 0) {
		len = link_may_send(w->link, w->pending.len);
		if (len == 0)
			return;
		r = send(w->fd, w->pending.data, len, MSG_NOSIGNAL);
		if (r == -1) {
			if (errno != EAGAIN && errno != EINTR)
				w->error = errno;
			return;
		}
		link_count_sent(w->link, (size_t)r);
		buffer_consume(&w->pending, (size_t)r);
	}
}

void
wire_fini(struct wire *w)
{
	if (w->fd != -1) {
		if (w->pending.len > 0)
			(void)send(w->fd, w->pending.data, w->pending.len,
			    MSG_NOSIGNAL | MSG_DONTWAIT);
		(void)close(w->fd);
		w->fd = -1;
	}
	buffer_fini(&w->pending);
}
