#ifndef SYNCD_CONTROL_SERVER_H
#define SYNCD_CONTROL_SERVER_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/failure.h"
#include "syncd/config/operators.h"
#include "syncd/control/control_context.h"

/*
 * The control socket: who may come, and how many at a time.  What they ask
 * is for connection.h and request.h.  Loop thread only.
 *
 * Our own user and root may come, and the members of the operators' group.
 * The socket's mode says the same; it is checked again because a mode is
 * easily changed.
 */

/* Clients at a time; more are told that we are busy. */
#define SERVER_CLIENTS_MAX 64u

/*
 * Of these, with requests that may take very long (verb.h): whoever wants to
 * know why they do, or to end something, still gets an answer.
 */
#define SERVER_LONG_MAX 48u

struct server;

/* Times to wait, in milliseconds, for tests; 0: as connection.h has them. */
struct server_config {
	const char *path; /* Absolute, of the socket. */
	struct operators operators;
	int64_t request_ms;
	int64_t answer_ms;
};

/*
 * Listen.  The socket is made with mode 0660; one that a dead syncd left is
 * replaced, one that answers is not (PH_EBUSY).  context is borrowed, config
 * copied.  PH_OK, or an error with f filled in: PH_ECONFIG for a path that is
 * too long, PH_EPERM, PH_EIO, PH_ENOMEM.
 */
int server_open(const struct control_context *context,
    const struct server_config *config, struct server **out,
    struct failure *f) ATTR_CHECK;

/* Clients that are connected now. */
size_t server_nclients(const struct server *s);

/*
 * Stop, cut all clients, remove the socket.  What they asked is canceled;
 * steps that still run end before worker_drain() returns.  NULL is allowed.
 */
void server_close(struct server *s);

#endif
