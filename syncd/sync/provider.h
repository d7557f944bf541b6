#ifndef SYNCD_SYNC_PROVIDER_H
#define SYNCD_SYNC_PROVIDER_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/failure.h"
#include "syncd/catalogue/peers.h"
#include "syncd/link/link.h"
#include "syncd/sync/engine.h"

/*
 * The provider's end of a session: what a repository is told and given.
 * Each question is put to the catalogue (feed.h) when it is asked.  Loop
 * thread only.
 */

struct provider;

struct provider_events {
	/* The peer has proved who it is. */
	void (*on_peer)(void *cookie, struct provider *p);

	/*
	 * It holds nbytes of what the peer is in the middle of saying.
	 * PH_OK, or PH_EPEERBUSY when that is more than it may: all sessions
	 * share what there is.
	 */
	int (*on_held)(void *cookie, struct provider *p, size_t nbytes);

	/*
	 * It is over: f->code is PH_OK after BYE.  Called once; the callee
	 * calls provider_free().
	 */
	void (*on_closed)(void *cookie, struct provider *p,
	    const struct failure *f);
};

/*
 * Talk to whoever is at the far end of a link, which becomes the provider's.
 * gate (copied) is what a gate said of it, NULL for a link that we dialled.
 * NULL without memory (the link is then cut).
 */
struct provider *provider_new(const struct engine *engine, struct link *link,
    const struct peer_gate *gate, const struct provider_events *events,
    void *cookie);

/* Cut it.  Jobs that are on their way are waited for.  NULL is allowed. */
void provider_free(struct provider *p);

/* Who it is; NULL before it has proved that. */
const struct peer *provider_peer(const struct provider *p);

/* The far end, for logs. */
const char *provider_link_name(const struct provider *p);

/* The peer's charter or grant may have changed. */
void provider_refresh(struct provider *p);

/* End the session with a failure (removed, paused, replaced, stopping). */
void provider_abort(struct provider *p, const struct failure *f);

/* Another rate from now on; 0: no limit. */
void provider_set_rate(struct provider *p, uint64_t bytes_per_second);

/* For status. */
struct provider_status {
	uint64_t received; /* At the descriptors. */
	uint64_t sent;
	unsigned int ntransfers;
	int64_t since_ms; /* Monotonic. */
};

/* Fill in the status. */
void provider_get_status(const struct provider *p, struct provider_status *out);

#endif
