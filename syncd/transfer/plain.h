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
 * whose base turned out to be another one.  It is not cached.  One is made at
 * a time, so that what encoders hold in memory does not depend on how many
 * peers ask.  Loop thread.
 */

struct plain_job;

/* Those that wait, in the order in which they were asked for. */
struct plain_queue {
	struct worker_pool *workers;
	struct store *store;
	struct plain_job *first;
	struct plain_job **end;
	int busy; /* Another one is being made. */
};

/* An empty queue; both are borrowed.  It is empty again after a drain. */
void plain_queue_init(struct plain_queue *queue, struct worker_pool *workers,
    struct store *store);

/*
 * Encode a segment of target.  PH_OK or PH_ENOMEM.  done is called once,
 * later, when that was PH_OK; with PH_OK the encoding is the callee's (it may
 * take the buffer's memory) and row->encoding, row->length and row->target
 * are those of it.
 */
typedef void plain_done(void *cookie, int result,
    const struct delta_file_row *row, struct buffer *encoding);
int plain_encode(struct plain_queue *queue, const struct digest *target,
    uint32_t segment_size, uint64_t segment, plain_done *done,
    void *cookie) ATTR_CHECK;

#endif
