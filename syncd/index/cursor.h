#ifndef SYNCD_INDEX_CURSOR_H
#define SYNCD_INDEX_CURSOR_H

#include <stddef.h>

#include "proto/attributes.h"
#include "syncd/index/index.h"

/*
 * Walking over a table of the index in the order of its keys.
 */

struct index_cursor;

/*
 * Walk over the keys that begin with a prefix (of at most INDEX_KEY_MAX
 * bytes, copied; length 0: all), in the order of their bytes.  The
 * transaction may be changed while walking: the cursor goes on behind the
 * key that it gave last.  PH_OK and *out, to be closed before the
 * transaction ends; PH_ENOMEM, PH_EIO.
 */
int index_cursor_open(struct index_txn *txn, enum index_table table,
    const void *prefix, size_t prefix_len,
    struct index_cursor **out) ATTR_CHECK;

/*
 * Go on at the first key that is not less than this one, which begins with
 * the prefix.
 */
void index_cursor_seek(struct index_cursor *c, const void *key, size_t key_len);

/*
 * The next key and value, borrowed until the next call or change.  PH_OK,
 * PH_EABSENT at the end; PH_EDIGEST, PH_EIO.
 */
int index_cursor_next(struct index_cursor *c, struct index_bytes *key,
    struct index_bytes *value) ATTR_CHECK;

/* NULL is allowed. */
void index_cursor_close(struct index_cursor *c);

/*
 * Call each(cookie, key, value) for all keys with a prefix, in order; stops
 * at the first result that is not PH_OK and returns it.
 */
typedef int index_entry(void *cookie, const struct index_bytes *key,
    const struct index_bytes *value);
int index_each(struct index_txn *txn, enum index_table table,
    const void *prefix, size_t prefix_len, index_entry *each,
    void *cookie) ATTR_CHECK;

#endif
