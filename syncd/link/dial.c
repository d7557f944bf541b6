/*
 * Dialling: one job that resolves, then several attempts that may be under
 * way at once.
 */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/errors.h"

#include "syncd/link/dial.h"

/*
 * The job of the worker.  It outlives a dial that is cancelled meanwhile;
 * dial is NULL then.  The worker touches everything but dial.
 */
struct resolve {
	struct dial *dial;
	char *host;
	char service[6];
	struct addrinfo *addresses;
	int error; /* Of getaddrinfo(). */
};

/* One address being tried. */
struct attempt {
	struct dial *dial;
	int fd; /* -1: none. */
	struct loop_io *io;
};

struct dial {
	struct loop *loop;
	dial_callback *callback;
	void *cookie;
	char *host;
	uint16_t port;
	struct resolve *job;        /* Not NULL while resolving. */
	struct addrinfo *addresses; /* All, once resolved. */
	struct addrinfo *next;      /* To be tried next. */
	struct loop_timer *stagger;
	struct attempt attempts[DIAL_ADDRESSES_MAX];
	int nattempts; /* Started, whatever became of them. */
	int nwaiting;  /* Under way. */
	int error;     /* errno of the last that failed. */
};

/* NULL is allowed. */
static void
resolve_free(struct resolve *job)
{
	if (job == NULL)
		return;
	if (job->addresses != NULL)
		freeaddrinfo(job->addresses);
	free(job->host);
	free(job);
}

/* Give up an attempt. */
static void
attempt_drop(struct attempt *a)
{
	if (a->fd == -1)
		return;
	loop_io_free(a->io);
	a->io = NULL;
	(void)close(a->fd);
	a->fd = -1;
	a->dial->nwaiting--;
}

void
dial_cancel(struct dial *d)
{
	int i;

	if (d == NULL)
		return;
	for (i = 0; i < d->nattempts; i++)
		attempt_drop(&d->attempts[i]);
	loop_timer_free(d->stagger);
	if (d->addresses != NULL)
		freeaddrinfo(d->addresses);
	if (d->job != NULL)
		d->job->dial = NULL;
	free(d->host);
	free(d);
}

/* Tell the end; the dial is gone then. */
static void
finish(struct dial *d, int fd, const struct failure *f)
{
	dial_callback *callback;
	void *cookie;

	callback = d->callback;
	cookie = d->cookie;
	dial_cancel(d);
	callback(cookie, fd, f);
}

/* Nobody answered. */
static void
finish_unreachable(struct dial *d)
{
	struct failure f;

	(void)failure_set(&f, PH_ECONNECT, "%s port %u cannot be reached: %s",
	    d->host, d->port, strerror(d->error));
	if (d->error == ECONNREFUSED)
		failure_next(&f,
		    "at the upstream, see that its SSH service "
		    "runs and listens on port %u; or correct the "
		    "address of the upstream here",
		    d->port);
	else
		failure_next(&f,
		    "see that the network between here and the "
		    "upstream lets TCP port %u pass, and that "
		    "the address of the upstream is right here",
		    d->port);
	finish(d, -1, &f);
}

static void try_next(struct dial *d);

/* The attempt connected or failed. */
static void
on_attempt(void *cookie, int events)
{
	struct attempt *a = cookie;
	struct dial *d = a->dial;
	socklen_t len;
	int error, fd;

	(void)events;
	error = 0;
	len = sizeof(error);
	if (getsockopt(a->fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		error = errno;
	if (error == 0) {
		loop_io_free(a->io);
		a->io = NULL;
		fd = a->fd;
		a->fd = -1;
		finish(d, fd, NULL);
		return;
	}
	d->error = error;
	attempt_drop(a);
	try_next(d);
}

/* Begin to connect to an address.  0, or an errno. */
static int
attempt_start(struct attempt *a, const struct addrinfo *address)
{
	int error;

	a->fd = socket(address->ai_family,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (a->fd == -1)
		return errno;
	a->dial->nwaiting++;
	error = 0;
	if (connect(a->fd, address->ai_addr, address->ai_addrlen) == -1 &&
	    errno != EINPROGRESS)
		error = errno;
	if (error == 0) {
		a->io = loop_io_new(a->dial->loop, a->fd, on_attempt, a);
		if (a->io == NULL)
			error = ENOMEM;
	}
	if (error != 0)
		attempt_drop(a);
	else
		loop_io_want(a->io, LOOP_WRITABLE);
	return error;
}

/*
 * Begin with the next address, at once with the one behind it when that
 * fails at once.  Ends the dial when none is left and none under way.
 */
static void
try_next(struct dial *d)
{
	struct attempt *a;
	struct addrinfo *address;
	int error;

	while (d->next != NULL && d->nattempts < DIAL_ADDRESSES_MAX) {
		address = d->next;
		d->next = address->ai_next;
		a = &d->attempts[d->nattempts++];
		a->dial = d;
		error = attempt_start(a, address);
		if (error == 0) {
			loop_timer_start(d->stagger, DIAL_STAGGER_MS);
			return;
		}
		d->error = error;
	}
	if (d->nwaiting == 0)
		finish_unreachable(d);
}

/* The one before is silent. */
static void
on_stagger(void *cookie)
{
	try_next(cookie);
}

/* On a worker. */
static void
resolve_run(void *cookie)
{
	struct resolve *job = cookie;
	const struct addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV,
	};

	job->error =
	    getaddrinfo(job->host, job->service, &hints, &job->addresses);
}

/* The name could not be resolved. */
static void
finish_unresolved(struct dial *d, int error)
{
	struct failure f;

	(void)failure_set(&f, PH_ERESOLVE, "the name %s cannot be resolved: %s",
	    d->host, gai_strerror(error));
	failure_next(&f,
	    error == EAI_AGAIN ?
		"see that the name server of this machine answers" :
		"correct the address of the upstream here, or add the name "
		"to the name server");
	finish(d, -1, &f);
}

/* On the loop again. */
static void
resolve_done(void *cookie)
{
	struct resolve *job = cookie;
	struct dial *d = job->dial;
	int error;

	if (d == NULL) {
		resolve_free(job);
		return;
	}
	d->job = NULL;
	d->addresses = job->addresses;
	d->next = d->addresses;
	job->addresses = NULL;
	error = job->error;
	resolve_free(job);
	if (error != 0)
		finish_unresolved(d, error);
	else
		try_next(d);
}

struct dial *
dial_start(struct loop *loop, struct worker_pool *pool, const char *host,
    uint16_t port, dial_callback *callback, void *cookie)
{
	struct dial *d;
	struct resolve *job;

	d = calloc(1, sizeof(*d));
	job = calloc(1, sizeof(*job));
	if (d == NULL || job == NULL)
		goto fail;
	d->loop = loop;
	d->callback = callback;
	d->cookie = cookie;
	d->port = port;
	d->error = EHOSTUNREACH;
	d->host = strdup(host);
	d->stagger = loop_timer_new(loop, on_stagger, d);
	job->host = strdup(host);
	if (d->host == NULL || d->stagger == NULL || job->host == NULL)
		goto fail;
	(void)snprintf(job->service, sizeof(job->service), "%u", port);
	if (worker_submit(pool, NULL, resolve_run, resolve_done, job) != PH_OK)
		goto fail;
	job->dial = d;
	d->job = job;
	return d;
fail:
	resolve_free(job);
	dial_cancel(d);
	return NULL;
}

int
dial_is_resolved(const struct dial *d)
{
	return d->job == NULL;
}
