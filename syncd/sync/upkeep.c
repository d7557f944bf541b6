/*
 * A timer and a job that take turns.
 */
#include <stdlib.h>
#include <unistd.h>

#include "proto/errors.h"
#include "syncd/base/diag.h"

#include "syncd/sync/upkeep.h"

#define INTERVAL_MS (20 * 1000)

/* For what is said before the end to be written. */
#define LAST_WORDS_MS 1000

struct upkeep {
	const struct engine *engine;
	struct catalogue *catalogue; /* The job's. */
	struct loop_timer *timer;    /* NULL: it is to be freed. */
	int running;                 /* The job has it. */
	int code;
	struct failure lost; /* Why the index must be made anew, or PH_OK. */
};

/* Lane. */
static void
run(void *cookie)
{
	struct upkeep *u = cookie;

	u->code = catalogue_check_index(u->catalogue, &u->lost);
	if (u->code == PH_OK)
		u->code = catalogue_upkeep(u->catalogue);
}

/* Nothing can be done but to start again; a crash is as good an end as any. */
static void
end_for_lost_index(const struct upkeep *u)
{
	diag_failure(DIAG_ERROR, &u->lost, "syncd ends");
	diag_stop(LAST_WORDS_MS);
	_exit(error_exit_status(PH_EDIGEST));
}

static void
done(void *cookie)
{
	struct upkeep *u = cookie;

	u->running = 0;
	if (u->lost.code == PH_EDIGEST)
		end_for_lost_index(u);
	if (u->code != PH_OK)
		diag(DIAG_WARNING, "the upkeep of the catalogue failed: %s",
		    error_sentence(u->code));
	if (u->timer == NULL)
		free(u);
	else
		loop_timer_start(u->timer, INTERVAL_MS);
}

static void
on_timer(void *cookie)
{
	struct upkeep *u = cookie;

	if (worker_submit(u->engine->workers, u->engine->lane, run, done, u) ==
	    PH_OK)
		u->running = 1;
	else
		loop_timer_start(u->timer, INTERVAL_MS);
}

struct upkeep *
upkeep_new(const struct engine *engine)
{
	struct upkeep *u;

	u = calloc(1, sizeof(*u));
	if (u == NULL)
		return NULL;
	u->engine = engine;
	u->catalogue = engine->catalogue;
	u->timer = loop_timer_new(engine->loop, on_timer, u);
	if (u->timer == NULL) {
		free(u);
		return NULL;
	}
	loop_timer_start(u->timer, INTERVAL_MS);
	return u;
}

void
upkeep_free(struct upkeep *u)
{
	if (u == NULL)
		return;
	loop_timer_free(u->timer);
	u->timer = NULL;
	if (!u->running)
		free(u);
}
