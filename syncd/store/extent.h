#ifndef SYNCD_STORE_EXTENT_H
#define SYNCD_STORE_EXTENT_H

#include <stdint.h>

#include "proto/attributes.h"

/*
 * Where a file has data and where it has holes.  The offset of the
 * descriptor is moved; nobody here uses it.
 */

/*
 * The first run of data at or after offset, which is below size: *begin and
 * *end, both size when only a hole follows; neither is beyond size.  Where
 * the file system does not know, everything is data.  PH_OK or PH_EIO.
 */
int extent_next(int fd, uint64_t offset, uint64_t size, uint64_t *begin,
    uint64_t *end) ATTR_CHECK;

/* 1 when the range is known to be a hole, 0 otherwise. */
int extent_is_hole(int fd, uint64_t offset, uint64_t len);

/* How many of the first size bytes are data; all, where that is not known. */
uint64_t extent_count_data(int fd, uint64_t size);

#endif
