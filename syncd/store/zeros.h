#ifndef SYNCD_STORE_ZEROS_H
#define SYNCD_STORE_ZEROS_H

#include <stddef.h>
#include <stdint.h>

/*
 * Runs of zeros in bytes that go to a file, so that they can stay holes.  A
 * hole is made of whole blocks of the file.
 */

#define ZEROS_BLOCK 4096u

/* 1 when all len bytes are zero. */
int zeros_only(const void *data, size_t len);

/*
 * How many bytes from the beginning of data, which belong at offset in the
 * file, are of one kind: *zero is 1 for whole blocks of zeros (where the data
 * begins or ends within a block, what there is of it), 0 for others.  At
 * least 1 for len > 0.
 */
size_t zeros_run(const void *data, size_t len, uint64_t offset, int *zero);

#endif
