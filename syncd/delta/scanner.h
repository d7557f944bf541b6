#ifndef SYNCD_DELTA_SCANNER_H
#define SYNCD_DELTA_SCANNER_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "syncd/delta/signature.h"

/*
 * Finds bytes of the base at any alignment: librsync, with a copy of the
 * signature's sums of its own, because librsync counts in what it looks up.
 * Loaded at the first scan, at most 96 MiB.  One thread at a time.
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

/*
 * Scan len bytes and report what was found.  PH_OK, what the callback or
 * reading the file returned, or PH_EINTERNAL when librsync failed.
 */
int delta_scanner_scan(struct delta_scanner *c, const uint8_t *data, size_t len,
    delta_match_fn *on_match, void *cookie) ATTR_CHECK;

#endif
