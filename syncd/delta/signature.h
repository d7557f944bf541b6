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
 * A loaded signature does not change and is shared by threads.
 */

#define DELTA_BLOCK_SIZE_MIN 4096u
#define DELTA_BLOCK_SIZE_MAX (1u << 20)
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

/* The size of librsync's blocks: what delta_scanner_scan can find at least. */
uint32_t delta_signature_scan_size(const struct delta_signature *s);

/*
 * The distinct blocks, one after the other, are the stream that librsync's
 * sums were made of.  Where position of that stream (below nblocks blocks)
 * lies in the base, and how many bytes from there on follow it there, too.
 */
uint64_t delta_signature_locate(const struct delta_signature *s,
    uint64_t position, uint64_t *length);

/* How many sums librsync's signature has. */
uint32_t delta_signature_nsums(const struct delta_signature *s);

/*
 * Read len bytes at offset of librsync's sums, as its signature format has
 * them after its header.  What reading the file returns.
 */
int delta_signature_read_sums(const struct delta_signature *s, uint64_t offset,
    void *buf, size_t len) ATTR_CHECK;

#endif
