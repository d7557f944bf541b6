#ifndef SYNCD_CONTROL_CONTROL_CONTEXT_H
#define SYNCD_CONTROL_CONTROL_CONTEXT_H

#include "syncd/config/layout.h"
#include "syncd/sync/engine.h"
#include "syncd/sync/hub.h"
#include "syncd/sync/site.h"

/*
 * What the requests of operators are answered with: plain data, filled in by
 * main (or a test), borrowed by all.
 */
struct control_context {
	const struct engine *engine;
	const struct layout *layout;
	const char *config_path; /* Of the configuration file. */
	struct hub *hub;         /* NULL at a site, and at the end. */
	struct site *site;       /* NULL at a primary, and at the end. */

	/*
	 * For long work on content, so that the requests of operators never
	 * take more than two workers from replication: one file at a time,
	 * and apart from it one pipe, which may be slow for ever.
	 */
	struct worker_lane *file_lane;
	struct worker_lane *pipe_lane;
};

#endif
