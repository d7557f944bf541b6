/*
 * Jitter and back-off.
 */
#include "syncd/sync/timing.h"

#define BACKOFF_FIRST_MS 1000
#define BACKOFF_DOUBLINGS 20u

int64_t
timing_interval_s(const struct random *random, int64_t seconds)
{
	int64_t fifth;

	fifth = seconds / 5;
	return seconds - fifth +
	    (int64_t)random_below(random, (uint64_t)(2 * fifth + 1));
}

int64_t
timing_backoff_ms(const struct random *random, unsigned int n, int64_t max_ms)
{
	int64_t ms;

	if (n > BACKOFF_DOUBLINGS)
		n = BACKOFF_DOUBLINGS;
	ms = (int64_t)BACKOFF_FIRST_MS << (n - 1);
	if (ms > max_ms)
		ms = max_ms;
	return ms - (int64_t)random_below(random, (uint64_t)(ms / 2 + 1));
}
