#ifndef SYNCD_CONTROL_CONNECTION_H
#define SYNCD_CONTROL_CONNECTION_H

#include <stdint.h>

#include "proto/failure.h"
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

/* What the owner of a connection hears of it. */
struct connection_events {
	/*
	 * It asks for what may take very long.  PH_OK, or PH_EPEERBUSY with
	 * f:
	 * it is answered with that.
	 */
	int (*on_long)(void *cookie, struct failure *f);

	/* It is over; the callee calls connection_free(). */
	void (*on_ended)(void *cookie);
};

/*
 * Serve a connected non-blocking socket (which becomes the connection's, also
 * when NULL is returned) of a person of that name (copied).  The times are
 * as above.  Nothing is heard of it before this returns.  NULL without memory.
 */
struct connection *connection_new(const struct control_context *context, int fd,
    const char *actor, int64_t request_ms, int64_t answer_ms,
    const struct connection_events *events, void *cookie);

/* Close it; its request is canceled if it is not finished. */
void connection_free(struct connection *c);

#endif
