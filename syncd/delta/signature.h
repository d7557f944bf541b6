#ifndef SYNCD_DELTA_SIGNATURE_H
#define SYNCD_DELTA_SIGNATURE_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "syncd/delta/source.h"

/*
 * The signature of a base, loaded: where in the base a block of known
 * content may be found.  What it says is a hint: the planner compares the
 * base's bytes, so neither a collision nor a damaged file can make a wrong
 * delta.
 *
 * A loaded signature does not change and is shared by threads; only the
 * scanner below belongs to one thread.
 */

#define DELTA_BLOCK_SIZE_MIN 4096u
#define DELTA_NBLOCKS_MAX (1u << 20)

struct delta_signature;

/*
 * Load the signature file of a base of base_size bytes; file is copied, its
 * callbacks must work as long as the signature lives.  PH_OK and *out, which
 * the caller frees; PH_EFILE when it is damaged, of another version, or of a
 * base of another size; PH_ENOMEM; or what reading returned.
 */
int delta_signature_load(const struct delta_source *file, uint64_t base_size,
    struct delta_signature **out) ATTR_CHECK;

/* NULL is allowed. */
void delta_signature_free(struct delta_signature *s);

/* The size of its blocks: a power of two, at least DELTA_BLOCK_SIZE_MIN. */
uint32_t delta_signature_block_size(const struct delta_signature *s);

/* How many distinct blocks it knows. */
uint32_t delta_signature_nblocks(const struct delta_signature *s);

/*
 * Where the base may hold the block of delta_signature_block_size bytes:
 * 1 and *offset, or 0.
 */
int delta_signature_find(const struct delta_signature *s, const uint8_t *block,
    uint64_t *offset);

/*
 * Finds bytes of the base at any alignment: librsync with a copy of the
 * signature of its own, because librsync counts in what it looks up.  Loaded
 * at the first scan, at most 96 MiB.
 */
struct delta_scanner;

/*
 * Of the bytes scanned, length at position are, by librsync's sums, those of
 * the base at source.  Calls come in order of position and do not overlap.
 */
typedef int delta_match_fn(void *cookie, size_t position, size_t length,
    uint64_t source);

/* A scanner of s, which must outlive it; NULL without memory. */
struct delta_scanner *delta_scanner_new(const struct delta_signature *s);

/* NULL is allowed. */
void delta_scanner_free(struct delta_scanner *c);

/* Shorter runs than this are never found. */
uint32_t delta_scanner_block_size(const struct delta_scanner *c);

/*
 * Scan len bytes and report what was found.  PH_OK, what the callback or
 * reading the file returned, or PH_EINTERNAL when librsync failed.
 */
int delta_scanner_scan(struct delta_scanner *c, const uint8_t *data, size_t len,
    delta_match_fn *on_match, void *cookie) ATTR_CHECK;

#endif
