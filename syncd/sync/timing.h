#ifndef SYNCD_SYNC_TIMING_H
#define SYNCD_SYNC_TIMING_H

#include <stdint.h>

#include "syncd/base/random.h"

/* When to contact again: never many at once, never all the time. */

/* An interval of seconds, 20 % longer or shorter, as chance has it. */
int64_t timing_interval_s(const struct random *random, int64_t seconds);

/*
 * How long to wait after the n-th failure in a row (from 1): 1 s doubled each
 * time up to max_ms, of which chance takes up to half.
 */
int64_t timing_backoff_ms(const struct random *random, unsigned int n,
    int64_t max_ms);

#endif
