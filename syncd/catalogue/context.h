#ifndef SYNCD_CATALOGUE_CONTEXT_H
#define SYNCD_CATALOGUE_CONTEXT_H

#include <stdint.h>

#include "proto/digest.h"
#include "proto/key.h"
#include "proto/limits.h"
#include "proto/order.h"
#include "proto/trust.h"
#include "syncd/audit/log.h"
#include "syncd/catalogue/catalogue.h"
#include "syncd/index/index.h"
#include "syncd/policy/policy.h"
#include "syncd/store/space.h"
#include "syncd/store/store.h"

/*
 * What the modules of the catalogue share.  Only files of this directory
 * (and their tests) include it.
 *
 * Invariants, true whenever no function of the catalogue is running:
 *  1. Every visible item has its manifest in documents/, its blobs in the
 *     store, its entry in the log, and its directory in published/.  What
 *     only lacks the last is complete instead, until it is shown.
 *  2. Every row of the index can be derived from documents, log and store:
 *     rows change only when an entry of a log is applied (ledger.h), but for
 *     manifests that are taken and not complete, and counts (repeats.h).
 *  3. The marks are at least as high as anything the index says.
 *  4. At a site, every item that is not withdrawn is in the list of the
 *     grant in force, once withdraw_denied() has followed that grant.
 */

/* Logs of repositories that are open at a time. */
#define OPEN_LOGS_MAX 16

struct ledger_kind;
struct listings;

struct open_log {
	struct digest id; /* The repository it is about. */
	struct log *log;
	uint64_t used; /* For choosing which to close. */
};

struct catalogue {
	struct catalogue_config config;
	struct failure failure; /* Words of the last failure inside. */
	int lock;               /* Held on the state directory. */
	int state_dir;
	struct store *store;
	struct space *space;
	struct index *index;
	struct log *log; /* "main" at a primary, "local" at a site. */
	struct open_log logs[OPEN_LOGS_MAX];
	uint64_t log_clock;
	int behind; /* An entry may stand that is not applied (ledger.h). */

	struct digest id;
	uint8_t incarnation[PH_INCARNATION_SIZE];
	struct key_private *key;        /* The repository's; at a primary, the
				    role key "primary". */
	struct key_private *publisher;  /* NULL: not on this machine. */
	struct key_private *policy_key; /* NULL: not on this machine. */

	struct trust trust;
	int trusted;              /* 0: a site that has not met its primary. */
	struct key_public anchor; /* The authority key pinned at init. */

	struct policy *policy; /* NULL: none applied; a primary's. */

	struct listings *listings; /* Lists that are kept (listing.h). */

	/* The kinds of entries (kinds.h); NULL: no such kind. */
	const struct ledger_kind *(*find_kind)(const char *name);

	/* How much room the state directory has. */
	space_probe *state_room;

	/* What no grant was decided for since it came: those are due
	   (grants.h). */
	char touched[PH_NAME_MAX + 1]; /* An image; empty: none. */
	int touched_more;              /* Others, too: all. */
	int due_code;                  /* Why they could not be made last. */

	size_t lists_put;  /* Since files of grants were swept (granted.h). */
	size_t lists_kept; /* By that: files. */

	/* Hears of changed grants (grants.h). */
	void (*grant_changed)(void *cookie, const struct digest *id);
	void *grant_cookie;

	int64_t pruned; /* When repeats were last; 0: not yet (repeats.h). */

	uint64_t quiet_size; /* Of the log, when nothing was to be done; 0:
				it is not known (quiet.h). */

	int owed_code; /* Why a version that is owed could not be shown;
			  PH_OK: none is. */

	int replaying; /* Entries of the past are being applied. */

	int outdated;       /* The state is older than the store (witness.h). */
	uint64_t witnessed; /* Entries of our log that the marker knows. */

	int marker_behind;      /* The store had no room for its marker. */
	int marks_disagreed;    /* The three places said different things. */
	unsigned int recovered; /* Entries that were applied at start. */
	int rebuilt;            /* The index was made anew at start. */
};

#endif
