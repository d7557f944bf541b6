#ifndef SYNCD_LINK_LINK_OPS_H
#define SYNCD_LINK_LINK_OPS_H

#include "syncd/base/clock.h"
#include "syncd/link/bucket.h"
#include "syncd/link/link.h"

/*
 * What a kind of link is made of; only for those who make one.  A kind
 * embeds struct link as its first member and fills in an ops table; link.c
 * keeps what all have: the callback, the name, the failure, the counters and
 * the rates.
 *
 * Invariants:
 *  1. The callback is called through link_tell() only, as the last thing
 *     that a handler of the loop does: it may have freed the link.
 *  2. After link_fail() no op but free reaches the kind again.
 *  3. LINK_OPEN and LINK_CLOSED are told at most once, in this order.
 */

struct link_ops {
	/* As in link.h; called only while open and not failed. */
	int (*read)(struct link *link, void *buf, size_t len, size_t *n);
	int (*write)(struct link *link, const void *buf, size_t len, size_t *n);
	/* At most once; possibly before the link is open. */
	void (*finish)(struct link *link);
	/*
	 * What is wanted, the rates, the failure or the state changed: set
	 * descriptors and timers accordingly.
	 */
	void (*update)(struct link *link);
	/* NULL where there is nothing to do. */
	void (*set_exit_status)(struct link *link, int status);
	int (*exit_status)(const struct link *link);
	/* Free everything and the link itself. */
	void (*free)(struct link *link);
};

struct link {
	const struct link_ops *ops;
	struct clock clock;
	link_callback *callback; /* NULL: nobody listens. */
	void *cookie;
	int wanted; /* LINK_READABLE, LINK_WRITABLE. */
	enum link_stage stage;
	int finished;  /* link_finish() was called. */
	int ended_in;  /* link_read() has told LINK_END. */
	int ended_out; /* All is sent, our direction is closed. */
	int told;      /* LINK_OPEN, LINK_CLOSED: already told. */
	struct failure failure;
	struct bucket in;
	struct bucket out;
	uint64_t received;
	uint64_t sent;
	char name[128];
};

/* Fill in the common part; the link is in stage.  name is cut if too long. */
void link_init(struct link *link, const struct link_ops *ops,
    const struct clock *clock, enum link_stage stage, const char *name);

/*
 * How many bytes may pass now into (out of) the descriptor: at most len, 0
 * where the rate forbids any.
 */
size_t link_may_receive(struct link *link, size_t len);
size_t link_may_send(struct link *link, size_t len);

/*
 * Milliseconds until the rate lets something pass again: the sooner of the
 * directions asked for (1 or 0 each) that have to wait; 0 if none has to.
 */
int64_t link_rate_wait_ms(struct link *link, int in, int out);

/* n bytes passed. */
void link_count_received(struct link *link, size_t n);
void link_count_sent(struct link *link, size_t n);

/* The link is over because of f (f->code is not PH_OK); the first one wins. */
void link_fail(struct link *link, const struct failure *f);

/* 1 when failed, or when both directions have ended in order. */
int link_is_over(const struct link *link);

/* 1 when LINK_CLOSED (or LINK_OPEN) is due and was not told. */
int link_has_news(const struct link *link);

/*
 * Call the owner back with those of events that it wants, and the news;
 * nothing when there is nothing to tell.  The link may be gone afterwards.
 */
void link_tell(struct link *link, int events);

#endif
