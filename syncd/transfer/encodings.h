#ifndef SYNCD_TRANSFER_ENCODINGS_H
#define SYNCD_TRANSFER_ENCODINGS_H

#include <stdint.h>

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/digest.h"
#include "syncd/base/worker.h"
#include "syncd/store/delta_file.h"
#include "syncd/store/space.h"
#include "syncd/store/store.h"
#include "syncd/transfer/plain.h"

/*
 * The encodings of a target against a base, made once for everybody who asks
 * (single flight) and kept in the delta cache.  Loop thread only; the work is
 * done by workers, a segment at a time.
 */

struct encodings_pool;
struct encodings;     /* One pair, shared by its users. */
struct encodings_use; /* One user of it. */

/*
 * The pool of a provider.  budget bounds the delta cache, in bytes; what goes
 * there is reserved in space before.  All is borrowed.  NULL without memory.
 */
struct encodings_pool *encodings_pool_new(struct worker_pool *workers,
    struct store *store, struct space *space, uint64_t budget);

/* All uses must have ended.  NULL is allowed. */
void encodings_pool_free(struct encodings_pool *pool);

/* Another budget from now on. */
void encodings_pool_set_budget(struct encodings_pool *pool, uint64_t budget);

/*
 * Make the signature of a blob in the background, so that it is there when
 * a delta starts from it.
 */
void encodings_pool_sign(struct encodings_pool *pool,
    const struct digest *blob);

/*
 * Called when there are more rows, when all are there, and when it failed
 * (encodings_error()); never from within a function of this header.  The
 * callee may end its use.
 */
typedef void encodings_changed(void *cookie);

/*
 * Use the encodings of a target of size bytes against base (NULL: none) of
 * base_size bytes.  NULL without memory.  Work goes on while there are users.
 */
struct encodings_use *encodings_use(struct encodings_pool *pool,
    const struct digest *target, uint64_t size, const struct digest *base,
    uint64_t base_size, encodings_changed *changed, void *cookie);

/* End a use.  NULL is allowed. */
void encodings_end(struct encodings_use *use);

/* Segments of the target, and how many rows are ready. */
uint64_t encodings_nsegments(const struct encodings_use *use);
uint64_t encodings_nrows(const struct encodings_use *use);

/* PH_OK, or why no more rows will come. */
int encodings_error(const struct encodings_use *use);

/*
 * Read the rows of nrows segments from the first on, or len bytes at offset
 * of the encoding of one; all of them ready.  Where the bytes go is the
 * caller's, and is the worker's until done(cookie, result) is called, which
 * is once, later, and even when the use has ended meanwhile.  The result of
 * a read that is to go on up to end (at least offset + len) is PH_EMESSAGE
 * when that is not inside the encoding.
 */
typedef void encodings_read_done(void *cookie, int result);
int encodings_read_rows(struct encodings_use *use, uint64_t first, size_t nrows,
    struct delta_file_row *rows, encodings_read_done *done,
    void *cookie) ATTR_CHECK;
int encodings_read(struct encodings_use *use, uint64_t segment, uint32_t offset,
    uint32_t end, void *bytes, size_t len, encodings_read_done *done,
    void *cookie) ATTR_CHECK;

/*
 * Encode one segment of the target without the base (plain.h).  done is
 * called even when the use has ended meanwhile: cookie must live till then.
 */
int encodings_plain(struct encodings_use *use, uint64_t segment,
    plain_done *done, void *cookie) ATTR_CHECK;

#endif
