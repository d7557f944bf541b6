#ifndef SYNCD_TRANSFER_SIGNING_H
#define SYNCD_TRANSFER_SIGNING_H

#include "proto/attributes.h"
#include "proto/digest.h"
#include "syncd/base/worker.h"
#include "syncd/delta/signature.h"
#include "syncd/store/store.h"
#include "syncd/transfer/source.h"

/*
 * The kept signature of a blob: made once, loaded when a delta starts from
 * it.  Making and loading block; for a worker, and to be made by one at a
 * time.
 */

/*
 * Make the signature of a blob unless there is one.  PH_OK, PH_EABSENT,
 * PH_EBASE (the blob is suspect), PH_ENOSPC, PH_EIO, PH_ENOMEM.
 */
int signing_make(struct store *store, const struct digest *blob) ATTR_CHECK;

/*
 * Loop thread: let a worker make it, in the lane of all who make any.  One
 * that cannot be made now is made when it is needed.
 */
void signing_start(struct worker_pool *workers, struct worker_lane *lane,
    struct store *store, const struct digest *blob);

/*
 * Load it.  file is embedded by the caller, open as long as the signature
 * lives.  PH_OK; PH_EABSENT when there is none or it is damaged (it is then
 * removed).
 */
int signing_load(struct store *store, const struct digest *blob, uint64_t size,
    struct file_source *file, struct delta_signature **out) ATTR_CHECK;

#endif
