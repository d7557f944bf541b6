#ifndef SYNCD_LINK_GATE_LISTENER_H
#define SYNCD_LINK_GATE_LISTENER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "proto/attributes.h"
#include "proto/failure.h"
#include "syncd/base/clock.h"
#include "syncd/base/loop.h"
#include "syncd/link/link.h"

/*
 * Where gates come to: a unix socket on which each hands over the two
 * descriptors of a repository that dialled in, with the id and the key that
 * sshd knew it by (proto/gate_message.h).  What the gate says is no proof of
 * who the peer is; AUTH of the session must agree with it.
 */

/* A gate that says nothing for so long is dropped. */
#define GATE_LISTENER_DEADLINE_MS 10000

/* Gates that have connected and said nothing yet; more wait in the kernel. */
#define GATE_LISTENER_PENDING_MAX 64u

/*
 * A repository has dialled in.  The link belongs to the callee, which sets
 * its callback, or frees it.  id_hex (64 digits) and fingerprint
 * ("SHA256:...") are borrowed for the call.
 */
typedef void gate_listener_callback(void *cookie, struct link *link,
    const char *id_hex, const char *fingerprint);

struct gate_listener_config {
	const char *path;  /* Absolute; of the socket. */
	const uid_t *uids; /* Who may come: our own, the link account's. */
	size_t nuids;
	int64_t deadline_ms; /* 0: GATE_LISTENER_DEADLINE_MS. */
};

struct gate_listener;

/*
 * Listen.  The socket is made with mode 0660; one that a dead syncd left is
 * replaced, one that answers is not (PH_EBUSY).  clock and config are
 * copied.  PH_OK, or an error with f filled in.
 */
int gate_listener_open(struct loop *loop, const struct clock *clock,
    const struct gate_listener_config *config, struct gate_listener **listener,
    struct failure *f, gate_listener_callback *callback,
    void *cookie) ATTR_CHECK;

/*
 * Stop, drop the gates that have said nothing yet, remove the socket.  Links
 * that were handed out stay.  NULL is allowed.
 */
void gate_listener_close(struct gate_listener *listener);

#endif
