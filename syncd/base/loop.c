/*
 * The event loop, on libevent 2.1.
 *
 * libevent's own thread support is not used: everything but the queue of
 * posted calls belongs to the loop's thread, and that queue has a mutex and
 * an eventfd.  libevent does not touch an event after its callback began, so
 * the objects below may be freed there; the functions that it calls look
 * only at the loop afterwards.
 *
 * A loop with a clock of its own keeps its timers in a list, in the order
 * in which they fire; one without leaves them to libevent.
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <sys/time.h>
#include <unistd.h>

#include <event2/event.h>

#include "proto/errors.h"
#include "syncd/base/clock.h"
#include "syncd/base/diag.h"

#include "syncd/base/loop.h"

/* Firing late by more than this helps nobody; and libevent's sums fit. */
#define TIMER_MS_MAX (INT64_C(366) * 86400 * 1000)

/* A call that was posted. */
struct post {
	STAILQ_ENTRY(post) link;
	loop_callback *callback;
	void *cookie;
};

struct loop {
	struct event_base *base;
	const struct clock *clock; /* NULL: that of libevent. */
	struct event *wake;        /* On wakefd, always. */
	int wakefd;
	int running; /* In loop_run(). */
	atomic_int stopped;
	pthread_mutex_t mutex; /* Of the posts only. */
	STAILQ_HEAD(, post) posts;
	size_t nposts;
	TAILQ_HEAD(loop_timers, loop_timer)
	timers; /* Started, with a clock only. */
};

struct loop_io {
	struct loop *loop;
	struct event *event;
	int fd;
	int events; /* Wanted; the event is added when not 0. */
	loop_io_callback *callback;
	void *cookie;
};

struct loop_timer {
	struct loop *loop;
	struct event *event; /* NULL in a loop with a clock. */
	TAILQ_ENTRY(loop_timer) link;
	int64_t due_ms;
	int pending;
	loop_callback *callback;
	void *cookie;
};

struct loop_signal {
	struct loop *loop;
	struct event *event;
	loop_callback *callback;
	void *cookie;
};

/*
 * libevent's errors are for our journal, too.  Its warnings are about what
 * our functions return and whoever called them decides on.
 */
static void
on_libevent_log(int severity, const char *message)
{
	diag(severity == EVENT_LOG_ERR ? DIAG_ERROR : DIAG_DEBUG,
	    "libevent: %s", message);
}

/* To be called last by whatever libevent called. */
static void
after_callback(struct loop *loop)
{
	if (loop->running && atomic_load(&loop->stopped))
		(void)event_base_loopbreak(loop->base);
}

/* Make the eventfd readable; it only fails when it is so already. */
static void
wake(struct loop *loop)
{
	uint64_t one;
	ssize_t n;

	one = 1;
	n = write(loop->wakefd, &one, sizeof(one));
	(void)n;
}

/* The first of the posts, or NULL. */
static struct post *
take_post(struct loop *loop)
{
	struct post *p;

	(void)pthread_mutex_lock(&loop->mutex);
	p = STAILQ_FIRST(&loop->posts);
	if (p != NULL) {
		STAILQ_REMOVE_HEAD(&loop->posts, link);
		loop->nposts--;
	}
	(void)pthread_mutex_unlock(&loop->mutex);
	return p;
}

/*
 * Make the calls that are there now.  Those that they post, and those that
 * are left when one stops the loop, wait for the next time.
 */
static void
on_wake(evutil_socket_t fd, short what, void *cookie)
{
	struct loop *loop = cookie;
	struct post *p;
	uint64_t count;
	size_t n;
	ssize_t r;

	(void)what;
	r = read(fd, &count, sizeof(count));
	(void)r;
	(void)pthread_mutex_lock(&loop->mutex);
	n = loop->nposts;
	(void)pthread_mutex_unlock(&loop->mutex);
	for (; n > 0; n--) {
		if (loop->running && atomic_load(&loop->stopped)) {
			wake(loop);
			break;
		}
		p = take_post(loop);
		assert(p != NULL);
		p->callback(p->cookie);
		free(p);
	}
	after_callback(loop);
}

/* libevent as we want it: exact timers, no cached time, no locks. */
static struct event_base *
new_base(void)
{
	struct event_config *config;
	struct event_base *base;

	config = event_config_new();
	if (config == NULL)
		return NULL;
	base = NULL;
	if (event_config_set_flag(config,
		EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV |
		    EVENT_BASE_FLAG_NO_CACHE_TIME |
		    EVENT_BASE_FLAG_PRECISE_TIMER) == 0)
		base = event_base_new_with_config(config);
	event_config_free(config);
	return base;
}

struct loop *
loop_new(void)
{
	struct loop *loop;

	event_set_log_callback(on_libevent_log);
	loop = calloc(1, sizeof(*loop));
	if (loop == NULL)
		return NULL;
	STAILQ_INIT(&loop->posts);
	TAILQ_INIT(&loop->timers);
	(void)pthread_mutex_init(&loop->mutex, NULL);
	loop->wakefd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (loop->wakefd == -1)
		goto fail;
	loop->base = new_base();
	if (loop->base == NULL)
		goto fail;
	loop->wake = event_new(loop->base, loop->wakefd, EV_READ | EV_PERSIST,
	    on_wake, loop);
	if (loop->wake == NULL || event_add(loop->wake, NULL) != 0)
		goto fail;
	return loop;
fail:
	loop_free(loop);
	return NULL;
}

struct loop *
loop_new_simulated(const struct clock *clock)
{
	struct loop *loop;

	loop = loop_new();
	if (loop != NULL)
		loop->clock = clock;
	return loop;
}

void
loop_run(struct loop *loop)
{
	int r;

	assert(loop->clock == NULL);
	if (atomic_load(&loop->stopped))
		return;
	loop->running = 1;
	/* It ends early only when it has no event; wake is always there. */
	r = event_base_dispatch(loop->base);
	assert(r == 0);
	loop->running = 0;
}

/* Fire as many timers as are due now by the loop's own clock. */
static void
fire_timers(struct loop *loop)
{
	struct loop_timer *t;
	int64_t now_ms;
	size_t n;

	now_ms = clock_mono_ms(loop->clock);
	n = 0;
	TAILQ_FOREACH(t, &loop->timers, link) {
		if (t->due_ms > now_ms)
			break;
		n++;
	}
	for (; n > 0; n--) {
		t = TAILQ_FIRST(&loop->timers);
		if (t == NULL || t->due_ms > now_ms)
			break;
		loop_timer_cancel(t);
		t->callback(t->cookie);
	}
}

void
loop_turn(struct loop *loop)
{
	if (loop->clock != NULL)
		fire_timers(loop);
	(void)event_base_loop(loop->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

int64_t
loop_next_ms(const struct loop *loop)
{
	const struct loop_timer *t;

	assert(loop->clock != NULL);
	t = TAILQ_FIRST(&loop->timers);
	return t == NULL ? -1 : t->due_ms;
}

void
loop_stop(struct loop *loop)
{
	atomic_store(&loop->stopped, 1);
	wake(loop);
}

void
loop_free(struct loop *loop)
{
	struct post *p;

	if (loop == NULL)
		return;
	assert(TAILQ_EMPTY(&loop->timers));
	while ((p = take_post(loop)) != NULL)
		free(p);
	if (loop->wake != NULL)
		event_free(loop->wake);
	if (loop->base != NULL)
		event_base_free(loop->base);
	if (loop->wakefd != -1)
		(void)close(loop->wakefd);
	(void)pthread_mutex_destroy(&loop->mutex);
	free(loop);
}

int
loop_post(struct loop *loop, loop_callback *callback, void *cookie)
{
	struct post *p;

	p = malloc(sizeof(*p));
	if (p == NULL)
		return PH_ENOMEM;
	p->callback = callback;
	p->cookie = cookie;
	(void)pthread_mutex_lock(&loop->mutex);
	STAILQ_INSERT_TAIL(&loop->posts, p, link);
	loop->nposts++;
	(void)pthread_mutex_unlock(&loop->mutex);
	wake(loop);
	return PH_OK;
}

/* A descriptor is ready. */
static void
on_io(evutil_socket_t fd, short what, void *cookie)
{
	struct loop_io *io = cookie;
	struct loop *loop = io->loop;
	int events;

	(void)fd;
	events = ((what & EV_READ) ? LOOP_READABLE : 0) |
	    ((what & EV_WRITE) ? LOOP_WRITABLE : 0);
	io->callback(io->cookie, events);
	after_callback(loop);
}

struct loop_io *
loop_io_new(struct loop *loop, int fd, loop_io_callback *callback, void *cookie)
{
	struct loop_io *io;

	io = calloc(1, sizeof(*io));
	if (io == NULL)
		return NULL;
	io->loop = loop;
	io->fd = fd;
	io->callback = callback;
	io->cookie = cookie;
	/* Added for a moment: the kernel refuses what it cannot poll. */
	io->event = event_new(loop->base, fd, EV_READ | EV_PERSIST, on_io, io);
	if (io->event == NULL || event_add(io->event, NULL) != 0) {
		loop_io_free(io);
		return NULL;
	}
	(void)event_del(io->event);
	return io;
}

void
loop_io_want(struct loop_io *io, int events)
{
	int r;
	short what;

	if (events == io->events)
		return;
	(void)event_del(io->event);
	io->events = events;
	if (events == 0)
		return;
	what = EV_PERSIST;
	if (events & LOOP_READABLE)
		what |= EV_READ;
	if (events & LOOP_WRITABLE)
		what |= EV_WRITE;
	r = event_assign(io->event, io->loop->base, io->fd, what, on_io, io);
	assert(r == 0);
	/* It could be added when it was made: only memory can lack. */
	r = event_add(io->event, NULL);
	assert(r == 0);
}

void
loop_io_free(struct loop_io *io)
{
	if (io == NULL)
		return;
	if (io->event != NULL)
		event_free(io->event);
	free(io);
}

/* libevent's timer went off. */
static void
on_timer(evutil_socket_t fd, short what, void *cookie)
{
	struct loop_timer *timer = cookie;
	struct loop *loop = timer->loop;

	(void)fd;
	(void)what;
	timer->pending = 0;
	timer->callback(timer->cookie);
	after_callback(loop);
}

struct loop_timer *
loop_timer_new(struct loop *loop, loop_callback *callback, void *cookie)
{
	struct loop_timer *timer;

	timer = calloc(1, sizeof(*timer));
	if (timer == NULL)
		return NULL;
	timer->loop = loop;
	timer->callback = callback;
	timer->cookie = cookie;
	if (loop->clock != NULL)
		return timer;
	timer->event = event_new(loop->base, -1, 0, on_timer, timer);
	if (timer->event == NULL) {
		free(timer);
		return NULL;
	}
	return timer;
}

/* Put a timer behind all that fire before it or at the same time. */
static void
insert_timer(struct loop_timer *timer, int64_t ms)
{
	struct loop *loop = timer->loop;
	struct loop_timer *t;

	timer->due_ms = clock_mono_ms(loop->clock) + ms;
	TAILQ_FOREACH_REVERSE(t, &loop->timers, loop_timers, link)
	{
		if (t->due_ms <= timer->due_ms)
			break;
	}
	if (t == NULL)
		TAILQ_INSERT_HEAD(&loop->timers, timer, link);
	else
		TAILQ_INSERT_AFTER(&loop->timers, t, timer, link);
}

void
loop_timer_start(struct loop_timer *timer, int64_t ms)
{
	struct timeval tv;
	int r;

	if (ms < 0)
		ms = 0;
	if (ms > TIMER_MS_MAX)
		ms = TIMER_MS_MAX;
	loop_timer_cancel(timer);
	timer->pending = 1;
	if (timer->loop->clock != NULL) {
		insert_timer(timer, ms);
		return;
	}
	tv.tv_sec = (time_t)(ms / 1000);
	tv.tv_usec = (suseconds_t)(ms % 1000 * 1000);
	r = event_add(timer->event, &tv);
	assert(r == 0);
}

void
loop_timer_cancel(struct loop_timer *timer)
{
	if (!timer->pending)
		return;
	timer->pending = 0;
	if (timer->loop->clock != NULL)
		TAILQ_REMOVE(&timer->loop->timers, timer, link);
	else
		(void)event_del(timer->event);
}

int
loop_timer_pending(const struct loop_timer *timer)
{
	return timer->pending;
}

void
loop_timer_free(struct loop_timer *timer)
{
	if (timer == NULL)
		return;
	loop_timer_cancel(timer);
	if (timer->event != NULL)
		event_free(timer->event);
	free(timer);
}

/* libevent noticed a signal. */
static void
on_signal(evutil_socket_t signo, short what, void *cookie)
{
	struct loop_signal *s = cookie;
	struct loop *loop = s->loop;

	(void)signo;
	(void)what;
	s->callback(s->cookie);
	after_callback(loop);
}

struct loop_signal *
loop_signal_new(struct loop *loop, int signo, loop_callback *callback,
    void *cookie)
{
	struct loop_signal *s;

	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return NULL;
	s->loop = loop;
	s->callback = callback;
	s->cookie = cookie;
	s->event = evsignal_new(loop->base, signo, on_signal, s);
	if (s->event == NULL || event_add(s->event, NULL) != 0) {
		loop_signal_free(s);
		return NULL;
	}
	return s;
}

void
loop_signal_free(struct loop_signal *s)
{
	if (s == NULL)
		return;
	if (s->event != NULL)
		event_free(s->event);
	free(s);
}
