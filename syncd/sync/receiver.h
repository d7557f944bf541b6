#ifndef SYNCD_SYNC_RECEIVER_H
#define SYNCD_SYNC_RECEIVER_H

#include <stdint.h>

#include "proto/attributes.h"
#include "syncd/link/link.h"
#include "syncd/sync/engine.h"
#include "syncd/sync/run.h"

/*
 * The receiver's end of a session: takes what is in force, removes what may
 * not be held, receives what is granted and missing, says what is held.
 * Loop thread only.
 */

struct receiver;

struct receiver_events {
	/*
	 * It is over; receiver_run() says how.  next_s is when the provider
	 * wants us again, 0 if it did not say.  Called once; the callee calls
	 * receiver_free().
	 */
	void (*on_closed)(void *cookie, int64_t next_s);

	/* Something moved: receiver_run() has news. */
	void (*on_progress)(void *cookie);
};

/*
 * Talk over a link (open, or being dialled), which becomes the receiver's.
 * The run (a new one, which may be dry: compare, change nothing; or one that
 * was cut) is taken and empty afterwards.  NULL without memory (the link is
 * then cut, and the run what it was).
 */
struct receiver *receiver_new(const struct engine *engine, struct link *link,
    struct run *run, const struct receiver_events *events, void *cookie);

/* Cut it.  NULL is allowed. */
void receiver_free(struct receiver *r);

/* What it brought so far; borrowed until receiver_free(). */
const struct run *receiver_run(struct receiver *r);

/* Its run, when it is over: into an empty *out; it has none afterwards. */
void receiver_take_run(struct receiver *r, struct run *out);

/* How far the way to the provider is gone: "resolve" … "open"; borrowed. */
const struct link *receiver_link(const struct receiver *r);

/* Park: end in order, with this outcome (RUN_CANCELED). */
void receiver_cancel(struct receiver *r);

/* Another rate from now on; 0: no limit. */
void receiver_set_rate(struct receiver *r, uint64_t bytes_per_second);

#endif
