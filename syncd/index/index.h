#ifndef SYNCD_INDEX_INDEX_H
#define SYNCD_INDEX_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/failure.h"
#include "syncd/base/file.h"
#include "syncd/index/tables.h"

/*
 * Tables of keys and values on disk, changed by transactions that are
 * durable when they are committed.  It is an index: all that is in it can be
 * derived from elsewhere, and whoever finds it damaged (PH_EDIGEST) throws
 * it away and derives it anew.  What the keys and values mean is the
 * caller's.
 *
 * The index keeps its own files, in a directory of a local file system.
 * Every value carries a checksum over table, key and value, and all of the
 * file is checked before it is used: a damaged one is neither believed nor
 * able to stop the process.
 *
 * Threads: one writer at a time is the caller's duty (a lane).  Readers may
 * be on any thread beside it; a transaction belongs to one thread.  Nobody
 * keeps a read transaction across turns of the loop: while one lives, no
 * page is used again and the file grows.
 */

struct index;
struct index_txn;

#define INDEX_KEY_MAX 511u
#define INDEX_VALUE_MAX (16u << 20)

enum index_mode { INDEX_READ, INDEX_WRITE };

/* Bytes of the index: valid until the transaction changes or ends. */
struct index_bytes {
	const uint8_t *data;
	size_t len;
};

/*
 * Open the index in the directory at path, which is created when missing,
 * with an empty index in it, to be settled.  map_size is the address space
 * set aside, 0 for the usual 64 GiB.  PH_OK and *out; or an error with f
 * filled in: PH_EBUSY when it is open already, here or in another process;
 * PH_EDIGEST when it is damaged or of another machine or release:
 * index_destroy() and rebuild; PH_EPERM, PH_ENOSPC, PH_ENOMEM, PH_EIO.
 */
int index_open(const struct files *fs, const char *path, uint64_t map_size,
    struct index **out, struct failure *f) ATTR_CHECK;

/*
 * A new index is filled without waiting for the disk, which takes a small
 * part of the time: make it durable as it is, and all that is committed from
 * now on.  What was not settled is damaged to index_open(), so that nothing
 * is believed which a power cut may have mixed.  No transaction may be open;
 * an index that is settled stays so.  PH_OK, PH_ENOSPC, PH_EIO, PH_EPERM.
 */
int index_settle(struct index *ix) ATTR_CHECK;

/* No transaction may be open.  NULL is allowed. */
void index_close(struct index *ix);

/*
 * Remove the files of an index that is not open; an absent one is fine.
 * PH_OK, PH_EBUSY, PH_EPERM or PH_EIO.
 */
int index_destroy(const struct files *fs, const char *path) ATTR_CHECK;

/*
 * Begin a transaction.  A writing one first makes the map larger when half
 * of it is used, for which it waits until no other thread reads; so a thread
 * that holds a read transaction must not begin to write.  PH_OK, PH_ENOMEM,
 * PH_EIO; PH_EDIGEST.
 *
 * After a commit that failed with PH_EIO nobody knows what LMDB still has in
 * memory and the disk has not: the next writing transaction first waits
 * until no other thread reads, and opens the index again, with all checks.
 * While it cannot be opened there is no reading either; PH_EDIGEST says that
 * this will stay so until it is rebuilt.
 */
int index_begin(struct index *ix, enum index_mode mode,
    struct index_txn **out) ATTR_CHECK;

/*
 * Make the changes durable; the transaction is gone either way, and after a
 * failure none of its changes happened.  PH_OK, PH_ENOSPC, PH_EIO, PH_ELIMIT
 * (larger than the map: the next one finds more room), PH_EDIGEST.  When one
 * of the functions below failed in a writing transaction with another code
 * than PH_EABSENT, commit fails with that code.
 */
int index_commit(struct index_txn *txn) ATTR_CHECK;

/* Drop the changes and the transaction.  NULL is allowed. */
void index_abort(struct index_txn *txn);

/*
 * The value of a key, borrowed until the transaction ends or changes
 * anything.  PH_OK, PH_EABSENT; PH_EDIGEST, PH_EIO.  Keys have 1 to
 * INDEX_KEY_MAX bytes; what else is asked for is absent.
 */
int index_get(struct index_txn *txn, enum index_table table, const void *key,
    size_t key_len, struct index_bytes *value) ATTR_CHECK;

/* The same, copied to the end of out; also PH_ENOMEM, PH_ELIMIT. */
int index_copy(struct index_txn *txn, enum index_table table, const void *key,
    size_t key_len, struct buffer *out) ATTR_CHECK;

/*
 * Set the value of a key, whether there was one or not.  PH_OK; PH_ELIMIT
 * when the key or value is too long or the map full; PH_ENOSPC, PH_ENOMEM,
 * PH_EIO, PH_EDIGEST.  Only in a writing transaction.
 */
int index_put(struct index_txn *txn, enum index_table table, const void *key,
    size_t key_len, const void *value, size_t value_len) ATTR_CHECK;

/* Remove a key.  PH_OK, PH_EABSENT, or as index_put(). */
int index_delete(struct index_txn *txn, enum index_table table, const void *key,
    size_t key_len) ATTR_CHECK;

/* Remove everything from a table; errors as index_put(). */
int index_clear(struct index_txn *txn, enum index_table table) ATTR_CHECK;

/*
 * Find out whether the index can be written, and let it be opened again if
 * that is to be done; for the thread that writes.  As index_begin().
 */
int index_try(struct index *ix) ATTR_CHECK;

/* How many keys a table has. */
int index_count(struct index_txn *txn, enum index_table table,
    uint64_t *count) ATTR_CHECK;

#endif
