/*
 * sd_notify(3) by hand: one datagram of "VARIABLE=value" lines.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "syncd/base/notify.h"

#define MESSAGE_SIZE 512u

struct notify {
	struct sockaddr_un address;
	socklen_t address_len; /* 0: nobody listens. */
	int fd;                /* Of the datagrams, or -1. */
	int64_t watchdog_ms;
};

/* Understand $NOTIFY_SOCKET; "@" begins the name of an abstract socket. */
static void
take_address(struct notify *n, const char *value)
{
	size_t len;

	len = strlen(value);
	if (len < 2 || (value[0] != '/' && value[0] != '@') ||
	    len >= sizeof(n->address.sun_path))
		return;
	n->address.sun_family = AF_UNIX;
	memcpy(n->address.sun_path, value, len);
	n->address_len =
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	if (value[0] == '@')
		n->address.sun_path[0] = '\0';
	else
		n->address_len++;
}

/* Understand $WATCHDOG_USEC, which is for us when $WATCHDOG_PID is. */
static void
take_watchdog(struct notify *n, const char *usec, const char *pid)
{
	int64_t period;
	char *end;

	if (pid != NULL && strtoimax(pid, NULL, 10) != (intmax_t)getpid())
		return;
	period = strtoimax(usec, &end, 10);
	if (period > 0 && *end == '\0')
		n->watchdog_ms = period < 2000 ? 1 : period / 2000;
}

struct notify *
notify_new(void)
{
	struct notify *n;
	const char *value;

	n = calloc(1, sizeof(*n));
	if (n == NULL)
		return NULL;
	n->fd = -1;
	value = getenv("NOTIFY_SOCKET");
	if (value != NULL)
		take_address(n, value);
	value = getenv("WATCHDOG_USEC");
	if (value != NULL)
		take_watchdog(n, value, getenv("WATCHDOG_PID"));
	(void)unsetenv("NOTIFY_SOCKET");
	(void)unsetenv("WATCHDOG_USEC");
	(void)unsetenv("WATCHDOG_PID");
	if (n->address_len > 0)
		n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return n;
}

/* Send without waiting: what is lost is said again or does not matter. */
static void
send_text(struct notify *n, const char *text)
{
	ssize_t r;

	if (n->fd == -1)
		return;
	r = sendto(n->fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL,
	    (const struct sockaddr *)&n->address, n->address_len);
	(void)r;
}

void
notify_ready(struct notify *n)
{
	send_text(n, "READY=1");
}

void
notify_reloading(struct notify *n, int64_t mono_ms)
{
	char text[MESSAGE_SIZE];

	(void)snprintf(text, sizeof(text),
	    "RELOADING=1\nMONOTONIC_USEC=%" PRId64, mono_ms * 1000);
	send_text(n, text);
}

void
notify_stopping(struct notify *n)
{
	send_text(n, "STOPPING=1");
}

void
notify_status(struct notify *n, const char *fmt, ...)
{
	char text[MESSAGE_SIZE] = "STATUS=";
	va_list ap;
	size_t lead, i;

	lead = strlen(text);
	va_start(ap, fmt);
	(void)vsnprintf(text + lead, sizeof(text) - lead, fmt, ap);
	va_end(ap);
	/* A newline would begin another variable. */
	for (i = lead; text[i] != '\0'; i++) {
		if ((unsigned char)text[i] < ' ')
			text[i] = ' ';
	}
	send_text(n, text);
}

void
notify_watchdog(struct notify *n)
{
	send_text(n, "WATCHDOG=1");
}

int64_t
notify_watchdog_ms(const struct notify *n)
{
	return n->watchdog_ms;
}

void
notify_free(struct notify *n)
{
	if (n == NULL)
		return;
	if (n->fd != -1)
		(void)close(n->fd);
	free(n);
}
