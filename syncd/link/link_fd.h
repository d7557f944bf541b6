#ifndef SYNCD_LINK_LINK_FD_H
#define SYNCD_LINK_LINK_FD_H

#include "syncd/base/clock.h"
#include "syncd/base/loop.h"
#include "syncd/link/link.h"

/*
 * A link over descriptors: the two pipes that a gate hands over, a pair of
 * sockets, or one socket for both directions.  It is open from the start
 * and does not tell LINK_OPEN.  It holds no bytes itself.
 *
 * SIGPIPE is kept away from the process.
 */

/*
 * A link that reads from readfd and writes to writefd, which may be the same
 * socket.  Both become non-blocking and belong to the link, also when NULL
 * is returned (no memory; they are closed then).  clock is copied.
 */
struct link *link_fd_new(struct loop *loop, const struct clock *clock,
    const char *name, int readfd, int writefd);

/*
 * The same, with the socket of the gate that handed them over, which belongs
 * to the link as well: when the gate goes, the link is cut; link_free()
 * sends it the exit status.
 */
struct link *link_fd_new_gate(struct loop *loop, const struct clock *clock,
    const char *name, int readfd, int writefd, int gatefd);

#endif
