#ifndef SYNCD_SYNC_HUB_H
#define SYNCD_SYNC_HUB_H

#include <stdint.h>

#include "proto/attributes.h"
#include "proto/digest.h"
#include "proto/failure.h"
#include "syncd/link/link.h"
#include "syncd/sync/engine.h"
#include "syncd/sync/provider.h"

/*
 * A provider's sessions with repositories: those that dialled in through the
 * gate, and links handed over.  One session a repository: a new one replaces
 * the old.  Loop thread only.
 */

struct hub;

/* NULL without memory. */
struct hub *hub_new(const struct engine *engine);

/* Cuts all sessions.  NULL is allowed. */
void hub_free(struct hub *hub);

/*
 * Serve whoever is at the far end of a link (which becomes the hub's); gate
 * is NULL for a link that we dialled.
 */
void hub_accept(struct hub *hub, struct link *link,
    const struct peer_gate *gate);

/* The grant or charter of a repository changed: tell it, if it is here. */
void hub_changed(struct hub *hub, const struct digest *id);

/* A repository was removed or paused, or its rate changed. */
void hub_record_changed(struct hub *hub, const struct digest *id, int removed,
    int paused, uint64_t rate);

/* The session of a repository now, and when it was last here. */
struct hub_status {
	int connected;
	struct provider_status session; /* If connected. */
	int64_t last_contact;           /* Wall time; 0: not since start. */
	int last_code;                  /* How the last session ended. */
	char last_words[256];

	/*
	 * When its state was last found to be another one than before, or 0:
	 * other contacts since then, of a machine that is all right, do not
	 * change that.  It is forgotten after HUB_FORK_S, and when the
	 * record of the repository is changed.
	 */
	int64_t fork_time;
	struct failure fork; /* Where: the two ends that it came from. */
};

/* A day. */
#define HUB_FORK_S (24 * 3600)

/* Fill in what is known of a repository. */
void hub_get_status(struct hub *hub, const struct digest *id,
    struct hub_status *out);

#endif
