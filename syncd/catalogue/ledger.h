#ifndef SYNCD_CATALOGUE_LEDGER_H
#define SYNCD_CATALOGUE_LEDGER_H

#include <stdint.h>

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/json.h"
#include "proto/json_writer.h"
#include "syncd/catalogue/context.h"

/*
 * The one way in which the state of the catalogue changes: an entry is
 * appended to a log, which is the commit point, and then applied, which
 * makes the change visible (published/) and enters it in the index.  The
 * same function applies an entry right after it was appended, after a crash
 * between the two, and when the index is made anew; so it must not mind
 * being called for an entry whose work is done.
 *
 * Each log remembers in the index how far it is applied, in the same
 * transaction as the rows.
 *
 * An entry that stands is applied in the end, and those behind it wait.  So
 * applying needs nothing but the state directory, in which room is looked for
 * before an entry is appended; what the store has no room for is owed
 * (display.h), and no entry waits for it.  What hides and removes is never
 * owed: nothing else may happen before it.
 */

/* Room that kinds of entries leave to others, in bytes; and one inode for
 * each so many of them, for documents, of which most are small. */
#define LEDGER_RESERVE (UINT64_C(8) << 20)
#define LEDGER_BYTES_PER_INODE 8192u

/* An entry that is being written. */
struct ledger_entry {
	struct json_writer w; /* For the members of this kind. */
	struct buffer body;
	struct log *log;
	struct digest about; /* The repository; zeros: our own log. */
};

/*
 * PH_OK when the state directory has room for an entry of a kind and what
 * belongs to it, else PH_ENOSPC with words.  ledger_begin() asks, too; asking
 * before documents are written spares them.
 */
int ledger_check_room(struct catalogue *c, const char *kind,
    struct failure *f) ATTR_CHECK;

/*
 * Apply what an earlier failure left unapplied in any log.  Whoever reads in
 * the index what the next number or generation is asks for this before: the
 * one that is read must not have been given to an entry that stands.  Costs
 * nothing when nothing failed.
 */
int ledger_settle(struct catalogue *c) ATTR_CHECK;

/*
 * Begin an entry in the log about a repository (NULL: our own, "main" or
 * "local").  First applies what an earlier failure left unapplied.  PH_OK:
 * put members with e->w, then ledger_commit() or ledger_abort().  PH_ENOSPC
 * when there is no room for an entry of this kind.
 */
int ledger_begin(struct catalogue *c, const struct digest *about,
    const char *kind, const char *actor, struct ledger_entry *e) ATTR_CHECK;

/*
 * Append, durably, and apply.  PH_OK; or a failure, of which *appended
 * (NULL allowed) says whether the entry stands in the log all the same: it
 * is then applied before the next entry, or at the next start.
 */
int ledger_commit(struct catalogue *c, struct ledger_entry *e,
    int *appended) ATTR_CHECK;

/* Nothing was written. */
void ledger_abort(struct ledger_entry *e);

/* An entry that is being applied. */
struct ledger_event {
	struct digest about;
	uint64_t seq;
	int64_t time;
	const char *kind;
	struct json_object *o; /* Its members, beyond the common ones. */
	struct index_txn *txn; /* To be written with. */
};

/* Apply an entry: make it visible, and enter it with e->txn. */
typedef int ledger_apply(struct catalogue *c, const struct ledger_event *e);

/* A kind of entries. */
struct ledger_kind {
	const char *name;
	ledger_apply *apply;
	uint64_t reserve; /* Bytes that must be free before it is begun. */
};

/*
 * Apply all entries that are not applied, in all logs.  At start; *napplied
 * counts them.
 */
int ledger_replay(struct catalogue *c, unsigned int *napplied) ATTR_CHECK;

/*
 * Let the next start apply the log about a repository from its beginning:
 * something that it names was missing.
 */
int ledger_rewind(struct catalogue *c, struct index_txn *txn,
    const struct digest *about) ATTR_CHECK;

/* The log about a repository, opened when needed (NULL: our own). */
int ledger_log(struct catalogue *c, const struct digest *about,
    struct log **out) ATTR_CHECK;

/* Close all logs. */
void ledger_close(struct catalogue *c);

#endif
