#ifndef SYNCD_DELTA_SOURCE_H
#define SYNCD_DELTA_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"

/*
 * The bytes of a base, a target or a signature file, wherever they are.  The
 * callbacks are called from worker threads, several at a time; pread on one
 * descriptor does that.
 */

/* Reads exactly len bytes at offset; PH_OK or why not. */
typedef int delta_read_fn(void *cookie, uint64_t offset, void *buf, size_t len);

/*
 * The first run of data at or after offset (SEEK_DATA, SEEK_HOLE): *begin and
 * *end, both the size when only a hole follows.  PH_OK or why not.
 */
typedef int delta_data_fn(void *cookie, uint64_t offset, uint64_t *begin,
    uint64_t *end);

struct delta_source {
	uint64_t size;
	delta_read_fn *read;
	delta_data_fn *data; /* NULL: everything is data. */
	void *cookie;
};

/* Read exactly len bytes, all inside the source.  What read returns. */
int delta_source_read(const struct delta_source *s, uint64_t offset, void *buf,
    size_t len) ATTR_CHECK;

/*
 * The same, but holes are not read: they become zeros in memory.  For long
 * reads; it asks for the holes first.
 */
int delta_source_read_sparse(const struct delta_source *s, uint64_t offset,
    void *buf, size_t len) ATTR_CHECK;

/*
 * The run of data or hole that offset (below the size) lies in ends at *end;
 * *hole says which.  PH_OK or what the callback returned; PH_EINTERNAL when
 * the callback's answer makes no sense.
 */
int delta_source_extent(const struct delta_source *s, uint64_t offset,
    uint64_t *end, int *hole) ATTR_CHECK;

#endif
