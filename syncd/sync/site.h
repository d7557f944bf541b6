#ifndef SYNCD_SYNC_SITE_H
#define SYNCD_SYNC_SITE_H

#include <stdint.h>

#include "proto/attributes.h"
#include "syncd/link/link.h"
#include "syncd/sync/engine.h"
#include "syncd/sync/run.h"

/*
 * A site's contacts with its upstream: at start, when asked, and every
 * sync_interval; after a failure with back-off.  Runs never overlap; one
 * whose link is cut goes on with the next contact.  A site without an
 * upstream is fed by media, or dialled by its primary (site_accept).  Loop
 * thread only.
 */

struct site;

/* NULL without memory.  The first contact is made when the loop runs. */
struct site *site_new(const struct engine *engine);

/* Cuts a run.  NULL is allowed. */
void site_free(struct site *site);

/* The configuration was read again. */
void site_reconfigure(struct site *site);

/*
 * A waiter for the run that is going on or begins now.  on_progress may be
 * NULL.  Exactly one of: on_done is called once, or the waiter leaves.
 */
struct site_waiter_events {
	void (*on_progress)(void *cookie, const struct run *run);
	void (*on_done)(void *cookie, const struct run *run);
};
struct site_waiter;

/*
 * Contact now; a run that is going on is joined, and one that waits for its
 * next contact waits no longer (a dry run is not joined: PH_EBUSY).
 * *out (NULL allowed: nobody waits) is the caller's until on_done.  PH_OK;
 * PH_ENOTHERE without an upstream, PH_EBUSY, PH_ENOMEM.
 */
int site_sync(struct site *site, int dry_run,
    const struct site_waiter_events *events, void *cookie,
    struct site_waiter **out, struct failure *f) ATTR_CHECK;

/* Wait no longer. */
void site_leave(struct site *site, struct site_waiter *waiter);

/* End a run in order; what came is kept.  PH_OK, or PH_EABSENT. */
int site_cancel(struct site *site) ATTR_CHECK;

/* A link that someone handed over: the primary has dialled us. */
void site_accept(struct site *site, struct link *link);

struct site_status {
	int has_upstream;
	const struct run *run;  /* In contact; NULL: none.  Borrowed. */
	const struct run *last; /* The last, which may go on; NULL: none. */
	int64_t last_time;      /* Wall time of its last contact's end. */
	int64_t last_success;   /* Wall time; 0: never since start. */
	unsigned int failures;  /* In a row. */
	int64_t next_ms;        /* Until the next contact; -1: none is due. */
	const char *stage;      /* Of the way to the provider, of a run that
				    goes on or failed: "connect" … "open". */
};

/* Fill in the status; what it borrows is valid until the loop goes on. */
void site_get_status(struct site *site, struct site_status *out);

#endif
