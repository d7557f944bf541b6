/*
 * The owner of a link in a test.
 */
#include <string.h>
#include <unistd.h>

#include "tests/unit/check_main.h"

#include "proto/errors.h"
#include "syncd/base/clock.h"

#include "tests/unit/syncd/link/link_watch.h"

/* Nothing takes longer, even with sanitizers on a busy machine. */
#define PATIENCE_MS 20000

static void
on_link(void *cookie, struct link *link, int events)
{
	struct link_watch *w = cookie;

	ck_assert_ptr_eq(link, w->link);
	ck_assert_int_ne(events, 0);
	w->events |= events;
	w->ncalls++;
	if (events & LINK_OPEN)
		w->nopen++;
	if (events & LINK_CLOSED)
		w->nclosed++;
	if (events & w->free_on) {
		link_free(link);
		w->link = NULL;
	}
}

void
link_watch_start(struct link_watch *w, struct loop *loop, struct link *link)
{
	ck_assert_ptr_nonnull(link);
	memset(w, 0, sizeof(*w));
	w->loop = loop;
	w->link = link;
	link_set_callback(link, on_link, w);
}

int64_t
link_watch_now_ms(void)
{
	struct clock clock;

	clock = clock_system();
	return clock_mono_ms(&clock);
}

void
link_watch_turn(struct link_watch *w, int64_t ms)
{
	int64_t end_ms;

	end_ms = link_watch_now_ms() + ms;
	do {
		loop_turn(w->loop);
		(void)usleep(500);
	} while (link_watch_now_ms() < end_ms);
}

int
link_watch_until(struct link_watch *w, int events)
{
	int64_t end_ms;
	int told;

	end_ms = link_watch_now_ms() + PATIENCE_MS;
	for (;;) {
		loop_turn(w->loop);
		if (w->events & events)
			break;
		ck_assert_msg(link_watch_now_ms() < end_ms,
		    "still waiting for events %#x, at stage %s", events,
		    w->link == NULL ? "none" :
				      link_stage_name(link_stage(w->link)));
		(void)usleep(100);
	}
	told = w->events;
	w->events = 0;
	return told;
}

void
link_watch_write(struct link_watch *w, const void *data, size_t len)
{
	const char *p = data;
	size_t n;

	for (;;) {
		ck_assert_int_eq(link_write(w->link, p, len, &n), PH_OK);
		p += n;
		len -= n;
		if (len == 0)
			break;
		link_want(w->link, LINK_WRITABLE);
		(void)link_watch_until(w, LINK_WRITABLE);
	}
	link_want(w->link, 0);
}

void
link_watch_read(struct link_watch *w, void *data, size_t len)
{
	char *p = data;
	size_t n;

	while (len > 0) {
		ck_assert_int_eq(link_read(w->link, p, len, &n), PH_OK);
		p += n;
		len -= n;
		if (n > 0)
			continue;
		link_want(w->link, LINK_READABLE);
		(void)link_watch_until(w, LINK_READABLE);
	}
	link_want(w->link, 0);
}

int
link_watch_drain(struct link_watch *w)
{
	char buf[65536];
	size_t n;
	int r;

	do {
		r = link_read(w->link, buf, sizeof(buf), &n);
		w->got += n;
	} while (r == PH_OK && n > 0);
	return r;
}

int
link_watch_end(struct link_watch *w)
{
	int r;

	link_want(w->link, LINK_READABLE);
	while ((r = link_watch_drain(w)) == PH_OK)
		(void)link_watch_until(w, LINK_READABLE | LINK_CLOSED);
	link_want(w->link, 0);
	return r;
}
