/*
 * One number that a worker writes and the loop reads.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include "proto/errors.h"

#include "syncd/control/meter.h"

struct meter {
	struct request *request;
	request_step *report;
	struct loop_timer *timer;
	atomic_uint_fast64_t done;
};

/* Time to report. */
static void
on_timer(void *cookie)
{
	struct meter *m = cookie;

	loop_timer_start(m->timer, METER_PERIOD_MS);
	m->report(m->request);
}

struct meter *
meter_new(struct request *r, request_step *report)
{
	struct meter *m;

	m = calloc(1, sizeof(*m));
	if (m == NULL)
		return NULL;
	m->request = r;
	m->report = report;
	atomic_init(&m->done, 0);
	m->timer =
	    loop_timer_new(request_context(r)->engine->loop, on_timer, m);
	if (m->timer == NULL) {
		free(m);
		return NULL;
	}
	loop_timer_start(m->timer, METER_PERIOD_MS);
	return m;
}

/* The step is so far; PH_ECANCELED when nobody wants it any more. */
static int
on_step(void *cookie, uint64_t done, uint64_t total)
{
	struct meter *m = cookie;

	(void)total;
	atomic_store(&m->done, done);
	return request_is_canceled(m->request) ? PH_ECANCELED : PH_OK;
}

struct progress
meter_progress(struct meter *m)
{
	struct progress progress = { .step = on_step, .cookie = m };

	return progress;
}

uint64_t
meter_done(const struct meter *m)
{
	return atomic_load(&m->done);
}

void
meter_reset(struct meter *m)
{
	atomic_store(&m->done, 0);
}

void
meter_free(struct meter *m)
{
	if (m == NULL)
		return;
	loop_timer_free(m->timer);
	free(m);
}
