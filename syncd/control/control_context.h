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
	struct hub *hub;         /* NULL at a site. */
	struct site *site;       /* NULL at a primary. */
};

#endif
