#ifndef SYNCD_LINK_DIAL_H
#define SYNCD_LINK_DIAL_H

#include <stdint.h>

#include "proto/failure.h"
#include "syncd/base/loop.h"
#include "syncd/base/worker.h"

/*
 * From a name and a port to a connected TCP socket: the name is resolved on
 * a worker, its addresses are tried one after the other without waiting for
 * the silent ones (after RFC 8305), and the first that answers is taken.
 * It has no deadline of its own.
 */

/* The next address is tried when the one before is silent for so long. */
#define DIAL_STAGGER_MS 250

/* At most so many addresses of a name are tried. */
#define DIAL_ADDRESSES_MAX 8

struct dial;

/*
 * The end of a dial, which is gone when this is called: fd is a connected,
 * non-blocking socket that belongs to the callee, or -1 and f says why
 * (PH_ERESOLVE, PH_ECONNECT, PH_ENOMEM).
 */
typedef void dial_callback(void *cookie, int fd, const struct failure *f);

/*
 * Dial; host is a name or an address and is copied.  The callback is called
 * from the loop, once, unless dial_cancel() comes first.  Loop thread.  NULL
 * without memory.
 */
struct dial *dial_start(struct loop *loop, struct worker_pool *pool,
    const char *host, uint16_t port, dial_callback *callback, void *cookie);

/* 1 when the name has been resolved. */
int dial_is_resolved(const struct dial *dial);

/* No callback any more; NULL is allowed. */
void dial_cancel(struct dial *dial);

#endif
