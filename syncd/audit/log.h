#ifndef SYNCD_AUDIT_LOG_H
#define SYNCD_AUDIT_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/digest.h"
#include "proto/failure.h"
#include "syncd/base/file.h"

/*
 * An append-only log of entries, the leaves of a Merkle tree
 * (docs/formats.md §8).  An entry is durable when log_append() returns; the
 * append is the commit point of everything that Packhorse does.  What the
 * entries say is entry.h and the catalogue's.
 *
 * Entry i is the one whose "seq" is i; the first is 0.  The memory that a
 * log takes is bounded however long it grows.  One thread at a time.
 */

struct log;

/*
 * Open NAME.log in the directory dir, creating it when create is 1.  All of
 * it is read and checked; a torn tail (one record at the end that was cut
 * short or does not match its hash) is cut off.  fs is borrowed, dir is
 * only used here.  PH_OK and *out; or an error with f filled in: PH_ELOG
 * when it is damaged elsewhere than at its end; PH_ENAME, PH_EABSENT, PH_EPERM,
 * PH_ENOSPC, PH_ENOMEM, PH_EIO.
 */
int log_open(const struct files *fs, int dir, const char *name, int create,
    struct log **out, struct failure *f) ATTR_CHECK;

/* NULL is allowed. */
void log_close(struct log *lg);

/* How many bytes were cut off as a torn tail when it was opened. */
uint64_t log_torn(const struct log *lg);

/* How many entries it has; the seq of the next one. */
uint64_t log_size(const struct log *lg);

/*
 * Add an entry whose body has the seq log_size() (PH_EINTERNAL for another).
 * PH_OK: it is durable.  PH_ELIMIT for a body beyond PH_LOG_ENTRY_MAX,
 * PH_ENOSPC: nothing was added.  PH_EIO: whether it was added is not known and
 * the log refuses everything that changes it until it was opened again.
 */
int log_append(struct log *lg, const void *body, size_t len) ATTR_CHECK;

/* The root over all entries. */
void log_root(struct log *lg, struct digest *root);

/*
 * The tree hash of RFC 9162 §2.1.1 over count entries from the first on; of
 * none: SHA-256 of nothing.  With first 0 it is the root at size count, for
 * which little is read.  PH_OK; PH_EABSENT when
 * there are not so many; PH_EIO, PH_ELOG.
 */
int log_subtree(struct log *lg, uint64_t first, uint64_t count,
    struct digest *out) ATTR_CHECK;

/*
 * The leaf hash of entry i.  The log as void *, so that this serves as the
 * merkle_leaf_get of proofs (proto/merkle.h); entries that are asked for in
 * order are cheap.  PH_OK, PH_EABSENT, PH_EIO, PH_ELOG.
 */
int log_leaf(void *log, uint64_t i, struct digest *out) ATTR_CHECK;

/*
 * The body of entry i, behind the end of out, checked against its leaf hash.
 * PH_OK; PH_EABSENT, PH_ELOG, PH_ENOMEM, PH_ELIMIT, PH_EIO.
 */
int log_read(struct log *lg, uint64_t i, struct buffer *out) ATTR_CHECK;

/*
 * Call each(cookie, i, body, len) for the entries from i on, in order, each
 * checked against its leaf hash; those that are appended meanwhile are not
 * visited.  Stops at the first result that is not PH_OK and returns it.
 */
typedef int log_entry(void *cookie, uint64_t i, const void *body, size_t len);
int log_each(struct log *lg, uint64_t i, log_entry *each,
    void *cookie) ATTR_CHECK;

#endif
