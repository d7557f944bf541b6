#ifndef SYNCD_CONTROL_CONNECTION_H
#define SYNCD_CONTROL_CONNECTION_H

#include <stdint.h>

#include "syncd/control/control_context.h"

/*
 * One client of the control socket: takes its one request with the
 * descriptors that come along, and sends what it is answered with.  Who may
 * connect is the server's (server.h).  Loop thread only.
 *
 * A client keeps its own direction open until it has the answer: when that
 * ends, or brings more than one request, the request is canceled.
 */

/* A request must be here so long after the client connected. */
#define CONNECTION_REQUEST_MS 10000

/* A client that takes nothing for so long is dropped. */
#define CONNECTION_ANSWER_MS 30000

struct connection;

/* It is over; the callee calls connection_free(). */
typedef void connection_ended(void *cookie, struct connection *c);

/*
 * Serve a connected non-blocking socket (which becomes the connection's, also
 * when NULL is returned) of a person of that name (copied).  The times are
 * as above.  ended is never called before this returns.  NULL without memory.
 */
struct connection *connection_new(const struct control_context *context, int fd,
    const char *actor, int64_t request_ms, int64_t answer_ms,
    connection_ended *ended, void *cookie);

/* Close it; its request is canceled if it is not finished. */
void connection_free(struct connection *c);

#endif
