#ifndef SYNCD_STORE_BLOB_RECORD_H
#define SYNCD_STORE_BLOB_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/digest.h"
#include "proto/holding.h"

/*
 * The record beside a blob (docs/formats.md §6): what its file looked like
 * when its content was last known to be right, and how that was known.  One
 * line of text.  It may be damaged or foreign when it is read.
 */

/* The longest line, with its line feed. */
#define BLOB_RECORD_SIZE_MAX 256u

/* Plain data. */
struct blob_record {
	uint64_t size;
	uint64_t inode;
	int64_t mtime; /* Seconds since 1970; may be negative. */
	uint32_t mtime_ns;
	struct digest map_root;
	enum holding_evidence evidence; /* Not HOLDING_NONE. */
	int64_t time;                   /* Of the evidence. */
};

/* Put the line.  PH_OK, PH_ENOMEM or PH_ELIMIT. */
int blob_record_encode(const struct blob_record *r,
    struct buffer *out) ATTR_CHECK;

/*
 * Read a line, with its line feed and nothing behind it.  PH_OK, or
 * PH_EDIGEST for anything that blob_record_encode() does not write.
 */
int blob_record_decode(const void *data, size_t len,
    struct blob_record *out) ATTR_CHECK;

#endif
