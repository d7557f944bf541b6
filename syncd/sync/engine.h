#ifndef SYNCD_SYNC_ENGINE_H
#define SYNCD_SYNC_ENGINE_H

#include "syncd/base/clock.h"
#include "syncd/base/loop.h"
#include "syncd/base/random.h"
#include "syncd/base/worker.h"
#include "syncd/catalogue/catalogue.h"
#include "syncd/config/configuration.h"
#include "syncd/transfer/encodings.h"

/*
 * What everything that runs on the loop is given: plain data, filled in by
 * main (or a test), borrowed by all.
 */
struct engine {
	struct loop *loop;
	const struct clock *clock;
	const struct random *random;
	struct worker_pool *workers;
	struct worker_lane *lane;         /* The catalogue's: it is only ever
					     touched by jobs in this lane. */
	struct worker_lane *receive_lane; /* Of what is being received. */
	struct catalogue *catalogue;
	struct encodings_pool *encodings;
	const struct configuration *configuration;
};

#endif
