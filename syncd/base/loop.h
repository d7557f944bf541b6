#ifndef SYNCD_BASE_LOOP_H
#define SYNCD_BASE_LOOP_H

#include <stdint.h>

#include "proto/attributes.h"

/*
 * The event loop: readiness of descriptors, timers, signals, and work that
 * other threads hand over.  All knowledge of libevent is behind it.  Every
 * function but loop_post() and loop_stop() is for the loop's own thread.
 * Objects are heap objects that their owner frees; freeing one cancels it,
 * and it is safe to free it inside its own callback.
 */

struct clock;
struct loop;
struct loop_io;
struct loop_timer;
struct loop_signal;

#define LOOP_READABLE 1
#define LOOP_WRITABLE 2

typedef void loop_callback(void *cookie);
typedef void loop_io_callback(void *cookie, int events);

/* A new loop; NULL without memory or descriptors. */
struct loop *loop_new(void);

/*
 * A loop whose timers follow the given clock (which must outlive it) instead
 * of the machine's: loop_turn() fires those that are due, in the order of
 * their moments and, at one moment, of starting.  A simulation sets its
 * clock to loop_next_ms() and turns; loop_run() is not for such a loop.
 */
struct loop *loop_new_simulated(const struct clock *clock);

/* Run until loop_stop(); returns at once if it was stopped before. */
void loop_run(struct loop *loop);

/*
 * Handle what is ready now, without waiting; for tests.  What becomes ready
 * by that waits for the next turn.
 */
void loop_turn(struct loop *loop);

/*
 * The moment of the next timer of a simulated loop, in milliseconds of its
 * clock; -1 when none is started.
 */
int64_t loop_next_ms(const struct loop *loop);

/* Make loop_run() return after the callback that is running; any thread. */
void loop_stop(struct loop *loop);

/*
 * Everything made from the loop must have been freed before; NULL is fine.
 * Posted calls that are left are not made.
 */
void loop_free(struct loop *loop);

/*
 * Call callback(cookie) on the loop's thread, in the order of posting; any
 * thread.  PH_OK or PH_ENOMEM.
 */
int loop_post(struct loop *loop, loop_callback *callback,
    void *cookie) ATTR_CHECK;

/*
 * Watch fd, which stays the caller's and must outlive the object.  Nothing
 * is wanted at first.  NULL without memory, or for a descriptor that cannot
 * be waited for, such as a regular file.
 */
struct loop_io *loop_io_new(struct loop *loop, int fd,
    loop_io_callback *callback, void *cookie);

/* Set what is wanted from now on: LOOP_READABLE, LOOP_WRITABLE, both or 0. */
void loop_io_want(struct loop_io *io, int events);

/* NULL is allowed. */
void loop_io_free(struct loop_io *io);

/* A timer, not started.  NULL without memory. */
struct loop_timer *loop_timer_new(struct loop *loop, loop_callback *callback,
    void *cookie);

/* Fire once, ms milliseconds from now; a running timer starts anew. */
void loop_timer_start(struct loop_timer *timer, int64_t ms);

/* Do not fire. */
void loop_timer_cancel(struct loop_timer *timer);

/* 1 while started and not fired. */
int loop_timer_pending(const struct loop_timer *timer);

/* NULL is allowed. */
void loop_timer_free(struct loop_timer *timer);

/* Call back, on the loop, whenever the signal arrives.  NULL on failure. */
struct loop_signal *loop_signal_new(struct loop *loop, int signo,
    loop_callback *callback, void *cookie);

/* NULL is allowed. */
void loop_signal_free(struct loop_signal *signal);

#endif
