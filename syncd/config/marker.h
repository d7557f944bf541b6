#ifndef SYNCD_CONFIG_MARKER_H
#define SYNCD_CONFIG_MARKER_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/digest.h"
#include "proto/failure.h"

struct buffer;

/*
 * The marker of a store_dir, store_dir/.packhorse (docs/formats.md §6): it
 * binds the store to one repository, tells a store from an empty mount
 * point, is one of the three places of the high-water marks, and knows how
 * far the log was.  What that is good for is the catalogue's.
 */

#define MARKER_NAME ".packhorse"
#define MARKER_SIZE_MAX 4096u

struct marker {
	struct digest repository;
	uint64_t trust_epoch;
	uint64_t charter_epoch;
	uint64_t charter_generation;
	uint64_t grant_epoch;
	uint64_t grant_generation;
	int has_grant_digest;
	struct digest grant_digest; /* Of the grant's head. */
	uint64_t log_size;          /* Entries of the repository's own log. */
	struct digest log_root;     /* Over those; zeros when there is none. */
};

/* A marker of a new store: no trust, charter or grant seen (zeros). */
void marker_init(struct marker *m, const struct digest *repository);

/* Put the marker's text.  PH_OK, PH_ENOMEM or PH_ELIMIT. */
int marker_encode(const struct marker *m, struct buffer *out) ATTR_CHECK;

/* Read a marker's text.  PH_OK, PH_ESTORE (damaged), PH_ENOMEM. */
int marker_decode(const void *data, size_t len, struct marker *out,
    struct failure *f) ATTR_CHECK;

/*
 * Read the marker of a store.  PH_OK; PH_EABSENT when there is none: not a
 * store, or not mounted; PH_ESTORE, PH_EPERM, PH_EIO, PH_ENOMEM.
 */
int marker_read(const char *store_dir, struct marker *out,
    struct failure *f) ATTR_CHECK;

/*
 * Write the marker of a new store, durably.  PH_OK; PH_EEXISTS when one is
 * there; PH_ENOSPC, PH_EPERM, PH_EIO, PH_ENOMEM.
 */
int marker_create(const char *store_dir, const struct marker *m,
    struct failure *f) ATTR_CHECK;

/*
 * Replace the marker of a store as one durable step: after a failure the old
 * one stands.  Errors as above but for PH_EEXISTS.
 */
int marker_write(const char *store_dir, const struct marker *m,
    struct failure *f) ATTR_CHECK;

/* PH_OK, or PH_ESTORE when the store is another repository's. */
int marker_check(const struct marker *m, const char *store_dir,
    const struct digest *repository, struct failure *f) ATTR_CHECK;

#endif
