#ifndef TESTS_UNIT_SYNCD_SYNC_PUPPET_H
#define TESTS_UNIT_SYNCD_SYNC_PUPPET_H

#include "proto/buffer.h"
#include "proto/frame.h"
#include "syncd/sync/handshake.h"
#include "syncd/sync/hub.h"
#include "tests/unit/syncd/sync/network.h"

/*
 * A receiver that says what the test makes it say, to a provider that is
 * real: for what no receiver of ours would send.
 */

struct puppet {
	struct node *primary;
	struct node *site; /* Whose key it has. */
	struct hub *hub;
	struct digest id;
	int fd;
	struct handshake handshake;
	struct buffer out;     /* Frames for puppet_send(). */
	struct buffer in;      /* What came and is not taken. */
	struct buffer payload; /* Of the last frame. */
	uint64_t content;      /* Bytes of DATA that came. */
	int over;              /* The provider closed the link. */
};

/* Connect, and introduce ourselves as the site.  The hub is the test's. */
void puppet_open(struct puppet *p, struct node *primary, struct node *site,
    struct hub *hub);

/* Send what out holds. */
void puppet_send(struct puppet *p);

/*
 * The next frame within ms, 1; 0: there is none.  DATA is counted and given,
 * PING and WAIT are left out.
 */
int puppet_next(struct puppet *p, unsigned int ms, struct frame *out);

/* The next frame but DATA, which must be of that type. */
void puppet_expect(struct puppet *p, enum message_type type, struct frame *out);

/* Say STATE as the site would, and take the answer up to its last LISTDIFF. */
void puppet_state(struct puppet *p);

/* Cut. */
void puppet_close(struct puppet *p);

#endif
