#ifndef SYNCD_LINK_LINK_SSH_H
#define SYNCD_LINK_LINK_SSH_H

#include <stddef.h>
#include <stdint.h>

#include "proto/key.h"
#include "syncd/base/clock.h"
#include "syncd/base/loop.h"
#include "syncd/base/worker.h"
#include "syncd/link/link.h"

/*
 * A link through SSH, dialled by us: one TCP connection, one session, one
 * channel with the far side's forced command (its gate).  The far side is
 * known by its pinned host key alone, we by our Ed25519 key; algorithms are
 * pinned.  All knowledge of libssh2 is behind this.
 *
 * The link exists at once and tells LINK_OPEN when the gate was started, or
 * LINK_CLOSED with a failure of one of these codes:
 *   PH_ERESOLVE PH_ECONNECT PH_ETIMEOUT PH_EALGORITHM PH_EHOSTKEY
 *   PH_EUSERKEY PH_EGATE PH_EUPSTREAMDOWN; PH_EPEERBUSY where sshd takes no
 *   more connections now; PH_ENOMEM where this end lacks memory.
 * That a gate finds no syncd (PH_EUPSTREAMDOWN) or fails (PH_EGATE) is known
 * only after LINK_OPEN, as the exit status of the gate: the failure then
 * comes instead of the first byte.  A link that breaks later is PH_ECUT.
 */

/* The least receive window, and what 0 in the config means. */
#define LINK_SSH_WINDOW_MIN (2u << 20)

/* The most: a window is what the far side can make us hold. */
#define LINK_SSH_WINDOW_MAX (64u << 20)

/* From dialling to LINK_OPEN, where the config says 0. */
#define LINK_SSH_TIMEOUT_MS 30000

/* What is kept of the words of the far side's standard error. */
#define LINK_SSH_WORDS_MAX 1024u

struct link_ssh_config {
	const char *host; /* A name or an address. */
	uint16_t port;
	const char *user;              /* The link account over there. */
	struct key_public host_key;    /* The pinned one. */
	const struct key_private *key; /* Our own. */
	size_t window;      /* Bytes; about 2 * rate * RTT; 0: the least. */
	int64_t timeout_ms; /* 0: LINK_SSH_TIMEOUT_MS. */
};

/*
 * Dial.  Everything in config and clock is copied; the copy of the private
 * key is wiped as soon as it was used.  The name is resolved by a job of the
 * pool, which may outlive the link.  Wants nothing and has no callback yet:
 * set it before the loop runs.  NULL without memory.
 */
struct link *link_ssh_dial(struct loop *loop, struct worker_pool *pool,
    const struct clock *clock, const struct link_ssh_config *config);

/*
 * What the far side's gate wrote to its standard error so far, at most
 * LINK_SSH_WORDS_MAX bytes, as they came: show them escaped.  Borrowed until
 * the next event; "" for other links, too.
 */
const char *link_ssh_words(const struct link *link);

#endif
