#ifndef SYNCD_INDEX_SEAL_H
#define SYNCD_INDEX_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include "proto/digest.h"

/*
 * The checksum behind each value of the index: the first bytes of a SHA-256
 * over the table's name, the key and the value.  LMDB has none of its own
 * and would hand out a damaged byte, or a value that slipped to another key,
 * as a good one.
 */

#define SEAL_SIZE 8u

/* Compute the seal with d, which is at its beginning and is so again. */
void seal_of(struct digester *d, const char *table, const void *key,
    size_t key_len, const void *value, size_t value_len,
    uint8_t out[SEAL_SIZE]);

/*
 * Whether len bytes at sealed are a value and its seal: 1, or 0.
 */
int seal_holds(struct digester *d, const char *table, const void *key,
    size_t key_len, const void *sealed, size_t len);

#endif
