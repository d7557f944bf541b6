#ifndef SYNCD_INDEX_INSPECT_H
#define SYNCD_INDEX_INSPECT_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "syncd/base/file.h"

/*
 * Checks the data file of LMDB (its format 1, as of 0.9) before LMDB maps
 * it.  LMDB trusts its file: a short one ends in SIGBUS, a wrong page number
 * or offset in a read anywhere.  This reads it with pread, walks all trees
 * and believes nothing.
 */

/*
 * Called for each entry of a named table, in the order of its keys.  PH_OK
 * to go on, anything else ends the inspection, which returns it.
 */
typedef int inspect_entry(void *cookie, const char *table, size_t table_len,
    const void *key, size_t key_len, const void *value, size_t value_len);

/*
 * Inspect the file fd.  value_max bounds the values.  PH_OK; PH_EDIGEST
 * when LMDB must not see the file; PH_EIO, PH_ENOMEM, or what each returned.
 */
int inspect_file(const struct files *fs, int fd, size_t value_max,
    inspect_entry *each, void *cookie) ATTR_CHECK;

#endif
