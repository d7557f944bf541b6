#ifndef SYNCD_CONTROL_METER_H
#define SYNCD_CONTROL_METER_H

#include <stdint.h>

#include "syncd/control/request.h"
#include "syncd/store/progress.h"

/*
 * How far a long step of a request is, carried from the worker to the loop,
 * where it becomes progress a few times a second; and the way back: the step
 * ends when the request was canceled.
 */

/* Between two reports. */
#define METER_PERIOD_MS 250

struct meter;

/*
 * A meter of a request, which calls report(r) on the loop from now on,
 * again and again.  NULL without memory.
 */
struct meter *meter_new(struct request *r, request_step *report);

/* For the worker's step: steps of it are counted here.  Any thread. */
struct progress meter_progress(struct meter *m);

/* What the step said last: bytes.  Any thread. */
uint64_t meter_done(const struct meter *m);

/* Begin again at 0, for the next step. */
void meter_reset(struct meter *m);

/* NULL is allowed. */
void meter_free(struct meter *m);

#endif
