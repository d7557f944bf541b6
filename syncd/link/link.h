#ifndef SYNCD_LINK_LINK_H
#define SYNCD_LINK_LINK_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/failure.h"

/*
 * A link: a byte stream in each direction, in order, whose far end was
 * reached by SSH or handed over by a gate.  Who dialled makes no difference
 * to who uses it.  A link knows nothing of frames.
 *
 * Everything here is for the loop's thread.  Nothing blocks, and nothing is
 * pushed: the owner asks with link_want() and takes with link_read() what it
 * has room for.  The callback is called from the loop only, never from
 * within a function of this header, and never after link_free(); it may free
 * the link.  A call of it that finds nothing to read or no room to write is
 * possible and means nothing.
 *
 * The kinds of links are link_fd.h and link_ssh.h; link_ops.h is for those
 * who make one.
 */

struct link;

/* What a link tells; more than one may come together. */
#define LINK_OPEN 1     /* Dialled and ready.  Comes once. */
#define LINK_READABLE 2 /* link_read() may have something. */
#define LINK_WRITABLE 4 /* link_write() may take something. */
#define LINK_CLOSED 8   /* It is over: link_failure() says how. */

/* A result of link_read(), besides PH_OK and the errors. */
#define LINK_END 1 /* The far side has finished; nothing will follow. */

/*
 * The most bytes that link_write() accepted and a link still holds itself.
 * (The kernel and the far side hold more.)
 */
#define LINK_PENDING_MAX 65536u

/* How far the way to the far end is, in the order of being gone. */
enum link_stage {
	LINK_STAGE_RESOLVE, /* The name becomes addresses. */
	LINK_STAGE_CONNECT, /* TCP. */
	LINK_STAGE_KEX,     /* Versions, algorithms, keys of SSH. */
	LINK_STAGE_HOSTKEY, /* Is it the pinned one? */
	LINK_STAGE_AUTH,    /* Does the far side accept our key? */
	LINK_STAGE_CHANNEL, /* The gate is being started. */
	LINK_STAGE_OPEN,    /* Bytes flow. */
};

typedef void link_callback(void *cookie, struct link *link, int events);

/*
 * Who hears of events from now on; callback may be NULL, then nobody does.
 * A link can so be handed from the one who dialled to the one who talks.
 * What is wanted becomes nothing.
 */
void link_set_callback(struct link *link, link_callback *callback,
    void *cookie);

/*
 * Call back with LINK_READABLE, LINK_WRITABLE, both or neither (0) from now
 * on, again and again while it is so.  LINK_OPEN and LINK_CLOSED come
 * unasked; but a far side that vanishes is noticed only by one who reads or
 * writes, and who may have something to read first is told when he reads.
 */
void link_want(struct link *link, int events);

/*
 * Take up to len bytes (len > 0).  PH_OK with *n > 0; PH_OK with *n 0 when
 * nothing is there now; LINK_END when the far side has finished and all was
 * taken, as often as it is asked; an error when the link failed, for which
 * LINK_CLOSED comes (or came) as well.  Before LINK_OPEN there is nothing.
 */
int link_read(struct link *link, void *buf, size_t len, size_t *n) ATTR_CHECK;

/*
 * Give up to len bytes; *n of them were taken and may be forgotten, possibly
 * none.  PH_OK or the error of a failed link (*n is 0 then), for which
 * LINK_CLOSED comes (or came) as well.  Before LINK_OPEN nothing is taken.
 * Not after link_finish().
 */
int link_write(struct link *link, const void *buf, size_t len,
    size_t *n) ATTR_CHECK;

/*
 * Close our direction once all that was taken has been sent; the other
 * stays.  When both directions are finished, LINK_CLOSED comes with a
 * failure of PH_OK.  Calling it again changes nothing.
 */
void link_finish(struct link *link);

/*
 * Let at most bytes_per_second pass in each direction, counted where
 * link_counters() counts; 0 is no limit.  May be changed at any time.
 */
void link_set_rate(struct link *link, uint64_t bytes_per_second);

/*
 * Bytes that came and went through the descriptor or TCP socket since the
 * beginning: with everything that SSH adds where the link does SSH itself.
 */
void link_counters(const struct link *link, uint64_t *received, uint64_t *sent);

/* A short name for messages, e.g. "hub.example.org:22"; borrowed. */
const char *link_name(const struct link *link);

/* How far the way is gone; where it failed, if it did. */
enum link_stage link_stage(const struct link *link);

/* "resolve", "connect", "kex", "host-key", "auth", "channel", "open". */
const char *link_stage_name(enum link_stage stage);

/*
 * Why the link is over: code PH_OK while it is not, or when it ended in
 * order.  The text says what happened and what to do at which end.
 * Borrowed until link_free().
 */
const struct failure *link_failure(const struct link *link);

/*
 * For a link from a gate: the exit status (0 to 255) that the far side's SSH
 * will see after link_free(); 0 if never set.  Other links ignore it.
 */
void link_set_exit_status(struct link *link, int status);

/*
 * For a link that was dialled: the exit status of the gate at the far end,
 * or -1 while it is not known.
 */
int link_exit_status(const struct link *link);

/* Cut it, now.  What was not yet sent is lost.  NULL is allowed. */
void link_free(struct link *link);

#endif
