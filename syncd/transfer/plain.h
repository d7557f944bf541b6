#ifndef SYNCD_TRANSFER_PLAIN_H
#define SYNCD_TRANSFER_PLAIN_H

#include <stdint.h>

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/digest.h"
#include "syncd/base/worker.h"
#include "syncd/store/delta_file.h"
#include "syncd/store/store.h"

/*
 * One segment of a blob encoded without a base, in memory: for a receiver
 * whose base turned out to be another one.  It is not cached.  Loop thread.
 */

/* The level of encodings that are made first: fast, near the best of zstd. */
#define ENCODING_LEVEL 3

/*
 * Encode a segment of target.  done is called once, later; with PH_OK the
 * encoding is the callee's (it may take the buffer's memory) and
 * row->encoding, row->length and row->target are those of it.
 */
typedef void plain_done(void *cookie, int result,
    const struct delta_file_row *row, struct buffer *encoding);
int plain_encode(struct worker_pool *workers, struct store *store,
    const struct digest *target, uint32_t segment_size, uint64_t segment,
    plain_done *done, void *cookie) ATTR_CHECK;

#endif
