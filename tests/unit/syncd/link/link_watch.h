#ifndef TESTS_UNIT_SYNCD_LINK_LINK_WATCH_H
#define TESTS_UNIT_SYNCD_LINK_LINK_WATCH_H

#include <stddef.h>
#include <stdint.h>

#include "syncd/base/loop.h"
#include "syncd/link/link.h"

/*
 * The owner of a link in a test: it remembers what it was told, and turns
 * the loop until something is so.
 */

struct link_watch {
	struct loop *loop;
	struct link *link;
	int events;   /* All that was told. */
	int ncalls;   /* How often. */
	int nopen;    /* LINK_OPEN among it. */
	int nclosed;  /* LINK_CLOSED among it. */
	int free_on;  /* link_free() on one of these events. */
	uint64_t got; /* Read by link_watch_drain(). */
};

/* Own link from now on. */
void link_watch_start(struct link_watch *w, struct loop *loop,
    struct link *link);

/* Turn the loop for ms milliseconds. */
void link_watch_turn(struct link_watch *w, int64_t ms);

/*
 * Turn the loop until one of the events has been told, which are forgotten
 * then; fails the test after ten seconds.  Returns what was told.
 */
int link_watch_until(struct link_watch *w, int events);

/* Write all len bytes, waiting for room. */
void link_watch_write(struct link_watch *w, const void *data, size_t len);

/* Read exactly len bytes, waiting for them. */
void link_watch_read(struct link_watch *w, void *data, size_t len);

/* Read until link_read() says anything but PH_OK with bytes; its result. */
int link_watch_drain(struct link_watch *w);

/* Read until the end or a failure comes; which it was. */
int link_watch_end(struct link_watch *w);

/* Milliseconds, for the time that a test takes. */
int64_t link_watch_now_ms(void);

#endif
