#ifndef SYNCD_DELTA_SIGNER_H
#define SYNCD_DELTA_SIGNER_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "syncd/delta/source.h"

/*
 * Makes the signature file of a base (docs/formats.md §9), which
 * syncd/delta/signature.h reads: a hash of each distinct block that is not
 * one value over and over, and librsync's signature of these blocks.  One
 * pass over the bytes; the memory is bounded whatever the size of the base.
 *
 * A signer belongs to one thread at a time.
 */

struct delta_signer;

/* Takes the next len bytes of the signature file; PH_OK or why not. */
typedef int delta_write_fn(void *cookie, const void *data, size_t len);

/*
 * A signer for a base of size bytes of which ndata are not holes (size, when
 * that is not known); ndata chooses the size of blocks.  write is called
 * from delta_signer_add and _finish.  NULL without memory.
 */
struct delta_signer *delta_signer_new(uint64_t size, uint64_t ndata,
    delta_write_fn *write, void *cookie);

/*
 * Add the next len bytes of the base, in pieces of any size.  PH_OK, or what
 * write returned; then only delta_signer_free is left to do.
 */
int delta_signer_add(struct delta_signer *s, const void *data,
    size_t len) ATTR_CHECK;

/* The next len bytes of the base are zeros; errors as delta_signer_add. */
int delta_signer_add_hole(struct delta_signer *s, uint64_t len) ATTR_CHECK;

/*
 * All size bytes were added: write what is left of the file.  PH_OK or what
 * write returned.
 */
int delta_signer_finish(struct delta_signer *s) ATTR_CHECK;

/* NULL is allowed. */
void delta_signer_free(struct delta_signer *s);

/*
 * Make the signature file of base from beginning to end.  PH_OK, PH_ENOMEM,
 * or what reading or write returned.
 */
int delta_signer_run(const struct delta_source *base, delta_write_fn *write,
    void *cookie) ATTR_CHECK;

#endif
