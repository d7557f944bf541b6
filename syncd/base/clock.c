/*
 * The machine's clocks.  Monotonic time does not stop while processes are
 * frozen and is not touched by who sets the clock.
 */
#include <assert.h>
#include <stddef.h>
#include <time.h>

#include "syncd/base/clock.h"

/* CLOCK_REALTIME, in whole seconds. */
static int64_t
system_wall(void *cookie)
{
	struct timespec ts;
	int r;

	(void)cookie;
	r = clock_gettime(CLOCK_REALTIME, &ts);
	assert(r == 0);
	return (int64_t)ts.tv_sec;
}

/* CLOCK_MONOTONIC, in milliseconds. */
static int64_t
system_mono_ms(void *cookie)
{
	struct timespec ts;
	int r;

	(void)cookie;
	r = clock_gettime(CLOCK_MONOTONIC, &ts);
	assert(r == 0);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

struct clock
clock_system(void)
{
	struct clock c = {
		.wall = system_wall,
		.mono_ms = system_mono_ms,
		.cookie = NULL,
	};

	return c;
}

int64_t
clock_wall(const struct clock *c)
{
	return c->wall(c->cookie);
}

int64_t
clock_mono_ms(const struct clock *c)
{
	return c->mono_ms(c->cookie);
}
