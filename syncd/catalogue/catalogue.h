#ifndef SYNCD_CATALOGUE_CATALOGUE_H
#define SYNCD_CATALOGUE_CATALOGUE_H

#include <stdint.h>

#include "proto/attributes.h"
#include "proto/digest.h"
#include "proto/failure.h"
#include "proto/key.h"
#include "proto/trust.h"
#include "syncd/base/clock.h"
#include "syncd/base/file.h"
#include "syncd/base/random.h"
#include "syncd/config/configuration.h"
#include "syncd/config/layout.h"

/*
 * What this repository knows and holds: the only code that orders store,
 * documents, log and index.  The modules of this directory are its verbs;
 * this one opens and closes what they share.
 *
 * Threads: a catalogue is touched by one thread at a time.  The daemon runs
 * every function of this directory in one lane (syncd/base/worker.h), so
 * they may block on files.  Long work on content (copying, hashing,
 * receiving) is not done here, but by the store and the transfers, whose
 * results are handed in.
 *
 * The order that makes the promises true, once for all: content staged,
 * fsynced and verified; renamed into blobs/; directory fsynced; documents
 * fsynced; the log entry fsynced (the commit point); the published directory
 * renamed into place and fsynced; index committed; then acknowledged.  What
 * a crash leaves behind the commit point is completed at the next start
 * (recovery.h).  The index is only ever derived from the rest.
 */

struct catalogue;
struct space;
struct store;

/* All is borrowed and must outlive the catalogue. */
struct catalogue_config {
	const struct configuration *configuration;
	const struct layout *layout;
	const struct files *files;
	const struct clock *clock;
	const struct random *random;
	const char *gate_path; /* Absolute, of syncd-gate; NULL: no keys are
				  written for sshd. */
};

/*
 * Open state and store, complete what a crash interrupted, rebuild the
 * index when it is missing or damaged.  PH_OK and *out; or an error with f
 * filled in: PH_EBUSY when another syncd has state or store open, PH_ESTORE
 * when the store is missing, not mounted, read-only or another repository's,
 * PH_ECONFIG, PH_EKEY, PH_ELOG.
 */
int catalogue_open(const struct catalogue_config *config,
    struct catalogue **out, struct failure *f) ATTR_CHECK;

/* NULL is allowed. */
void catalogue_close(struct catalogue *c);

/* 1 at a primary. */
int catalogue_is_primary(const struct catalogue *c);

/* The id of this repository; fixed while open. */
const struct digest *catalogue_id(const struct catalogue *c);

/*
 * The configuration was read again: use this one from now on.  What may not
 * change while running (name, role, directories) was checked by the caller.
 */
void catalogue_reconfigure(struct catalogue *c,
    const struct configuration *configuration);

/* The key that stands for us; fixed while open, for any thread to use. */
const struct key_private *catalogue_key(const struct catalogue *c);

/*
 * The store, and the room on it, for long work on content outside of the
 * lane; both are for any thread, as long as the catalogue is open.
 */
struct store *catalogue_store(struct catalogue *c);
struct space *catalogue_space(struct catalogue *c);

/* PH_OK, or PH_ESTORE with words when the store went away or read-only. */
int catalogue_check_store(struct catalogue *c, struct failure *f) ATTR_CHECK;

/*
 * The index can be written, or can be again (index.h).  PH_OK, or a code
 * with f: PH_EDIGEST when it must be made anew, which a start does.  Lane
 * only.
 */
int catalogue_check_index(struct catalogue *c, struct failure *f) ATTR_CHECK;

/*
 * To be called from time to time: what is recorded and could not be shown is
 * shown now, if it can be, grants that are due are made, and the marker of the
 * store is brought up to date.  What was kept because the state is older than
 * the store is settled.  Lane only.
 */
int catalogue_upkeep(struct catalogue *c) ATTR_CHECK;

/*
 * What an operator should know: versions that are recorded and cannot be
 * shown, a state that is older than the store, grants that cannot be made, keys
 * that could lie elsewhere, marks that disagree, what was repaired at start.
 * Calls line(cookie, text) for each.
 */
typedef void catalogue_line(void *cookie, const char *text);
void catalogue_notices(struct catalogue *c, catalogue_line *line, void *cookie);

#endif
