#ifndef SYNCD_STORE_DELTA_FILE_H
#define SYNCD_STORE_DELTA_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/digest.h"
#include "syncd/store/store.h"

/*
 * The encodings of one target against one base, or against none, as the
 * delta cache keeps them (docs/formats.md §5): two files that only grow, row
 * by row in the order of segments.  They can be made again: what does not
 * agree is thrown away, and nothing is fsynced.
 *
 * Appending belongs to one thread; reading rows that are there, to any.
 */

struct delta_file;

/* What a pair of files is about. */
struct delta_file_id {
	struct digest target;
	struct digest base; /* Zeros: whole segments. */
	uint64_t target_size;
	uint64_t base_size; /* 0 without a base. */
	uint32_t segment_size;
};

struct delta_file_row {
	uint64_t offset; /* Of the encoding in the data. */
	uint32_t length; /* 1 to PH_ENCODING_SIZE_MAX. */
	struct digest encoding;
	struct digest target; /* Of the segment's bytes. */
};

/*
 * Open the files of a pair, created when create is 1 and there are none.
 * Files that are damaged or disagree with id are removed and count as
 * absent; rows behind the first that cannot be right are cut off.  PH_OK and
 * *out; PH_EABSENT, PH_ENOSPC, PH_ENOMEM, PH_EIO.
 */
int delta_file_open(const struct store *s, const struct delta_file_id *id,
    int create, struct delta_file **out) ATTR_CHECK;

/* NULL is allowed. */
void delta_file_close(struct delta_file *d);

/* What it is about; valid until it is closed. */
const struct delta_file_id *delta_file_id(const struct delta_file *d);

/* How many rows there are, and how many a complete delta has. */
uint64_t delta_file_nrows(const struct delta_file *d);
uint64_t delta_file_nsegments(const struct delta_file *d);

/* Bytes of both files. */
uint64_t delta_file_size(const struct delta_file *d);

/*
 * Put the encoding of the next segment behind the others: its bytes, then
 * its row.  PH_OK; PH_ELIMIT when it is too long or all segments are there;
 * PH_ENOSPC, PH_EIO: then nothing was added.
 */
int delta_file_append(struct delta_file *d, const void *encoding, size_t len,
    const struct digest *digest, const struct digest *target) ATTR_CHECK;

/* The row of a segment.  PH_OK, PH_EABSENT when it is not there yet. */
int delta_file_row(struct delta_file *d, uint64_t segment,
    struct delta_file_row *row) ATTR_CHECK;

/*
 * Read len bytes of an encoding at offset in it.  PH_OK; PH_EDIGEST when the
 * data ends before or the range is not inside the encoding; PH_EIO.
 */
int delta_file_read(struct delta_file *d, const struct delta_file_row *row,
    uint32_t offset, void *buf, size_t len) ATTR_CHECK;

/*
 * Whether an encoding still has its digest.  PH_OK, PH_EDIGEST: throw the
 * files away (delta_file_remove()); PH_EIO, PH_ENOMEM.
 */
int delta_file_verify(struct delta_file *d,
    const struct delta_file_row *row) ATTR_CHECK;

/* Note that the pair is used now: the time of change of its index says so. */
int delta_file_touch(struct delta_file *d) ATTR_CHECK;

/* Remove the files of a pair, which may be open; absent ones are fine. */
int delta_file_remove(const struct store *s, const struct digest *target,
    const struct digest *base) ATTR_CHECK;

#endif
