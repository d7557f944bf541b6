#ifndef SYNCD_BASE_CLOCK_H
#define SYNCD_BASE_CLOCK_H

#include <stdint.h>

/*
 * Time is passed in.  Wall time goes into documents and logs and decides
 * nothing else; deadlines, rates and back-off use monotonic time only.
 */

struct clock {
	int64_t (*wall)(void *cookie);    /* Seconds since 1970, UTC. */
	int64_t (*mono_ms)(void *cookie); /* Milliseconds, never back. */
	void *cookie;
};

/* The clock of this machine. */
struct clock clock_system(void);

/* Seconds since 1970-01-01T00:00:00Z. */
int64_t clock_wall(const struct clock *c);

/* Milliseconds since some moment, never going back. */
int64_t clock_mono_ms(const struct clock *c);

#endif
