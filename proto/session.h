#ifndef PROTO_SESSION_H
#define PROTO_SESSION_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/message.h"

/*
 * The state table of a session: which message may be sent or arrive when,
 * and what follows.  It is docs/protocol.md §5 as data.  Each side runs a
 * session of its own and shows it every message, both ways, in order; it
 * knows nothing of payloads, of single transfers or of time.
 *
 * One table serves both sides: which of them may send a message is a
 * property of the message (message.h), so a row says only whether we send it
 * or it arrives here.
 */

/* In the order of a session. */
enum session_state {
	SESSION_START,      /* Nothing was sent yet: HELLO is first. */
	SESSION_HELLO,      /* Our HELLO is out, the peer's is to come. */
	SESSION_AUTH,       /* Both HELLOs are known; TRUST and AUTH next. */
	SESSION_AUTH_SENT,  /* Our AUTH is out, the peer's is to come. */
	SESSION_AUTH_HEARD, /* The peer's AUTH is here, ours is to be sent. */
	SESSION_COMPARE,    /* Both are known; STATE is next. */
	SESSION_ASKED,      /* STATE is out; the provider's answer is next. */
	SESSION_WORK,       /* Anything that the two do together. */
	SESSION_BUSY,       /* The provider has no time: BYE is next. */
	SESSION_CLOSING,    /* Our BYE is out, the peer's is to come. */
	SESSION_PARTING,    /* The peer's BYE is here, ours is to be sent. */
	SESSION_CLOSED,     /* Nothing is sent or accepted any more. */
};
#define SESSION_NSTATES 12u

/* Which way a message goes; a row may be for both. */
enum session_way {
	SESSION_SENT = 1,
	SESSION_RECEIVED = 2,
};
#define SESSION_BOTH_WAYS (SESSION_SENT | SESSION_RECEIVED)

/* What must hold besides the state; a row may ask for several. */
enum session_check {
	SESSION_ANNOUNCED = 1, /* It is one of the frames announced. */
	SESSION_ASKED_FOR = 2, /* A question that it answers is open. */
	SESSION_LISTS_END = 4, /* No frame announced this way is missing. */
	SESSION_IN_TURN = 8,   /* The one before it was answered. */
};

/* How long a session waits for the peer; in protocol.md. */
enum session_deadline {
	SESSION_NO_DEADLINE,
	SESSION_HANDSHAKE,
	SESSION_ANSWER,
	SESSION_IDLE,
	SESSION_FAREWELL,
};

/* The deadlines, in milliseconds. */
#define SESSION_HANDSHAKE_MS 30000u
#define SESSION_ANSWER_MS 60000u
#define SESSION_IDLE_MS 90000u
#define SESSION_FAREWELL_MS 10000u

/* Send PING when nothing was sent for so long; three fit SESSION_IDLE_MS. */
#define SESSION_PING_MS 30000u

struct session_row {
	enum session_state state;
	enum message_type type;
	unsigned int ways;
	unsigned int checks;
	enum session_state next;
};

/*
 * Embedded by its user; its members are changed by the functions below.
 * What is kept for each way stands at index way - 1.
 *
 * Invariants: before SESSION_ASKED no frame is announced; a question is open
 * only after SESSION_AUTH; nothing changes any more in SESSION_CLOSED.
 */
struct session {
	enum side side; /* Which one we are. */
	enum session_state state;
	uint32_t lists[2]; /* LISTDIFF frames that are still to go. */
	uint32_t open[2];  /* Questions not answered: a bit for each type. */
};

/* A session before its first message. */
void session_init(struct session *s, enum side side);

/*
 * A message of that type is about to be sent.  PH_OK, and the session has
 * moved; PH_ESTATE when it must not be sent now, and nothing has changed.
 * The caller's own fault, but one that a peer may provoke.
 */
int session_on_send(struct session *s, enum message_type type) ATTR_CHECK;

/*
 * A message of that type has arrived; to be called before its payload is
 * looked at.  PH_OK, and the session has moved; PH_ESTATE, and the session
 * is to be ended with ABORT.
 */
int session_on_receive(struct session *s, enum message_type type) ATTR_CHECK;

/*
 * The GRANT or RECEIPT that just went this way announces nlists LISTDIFF
 * frames.  Without this call it announces none.
 */
void session_announce(struct session *s, enum session_way way, uint32_t nlists);

/* LISTDIFF frames that are still to go this way. */
uint32_t session_lists(const struct session *s, enum session_way way);

/* 1 when both sides have proved who they are and neither has ended it. */
int session_is_open(const struct session *s);

/*
 * How long to wait in this state: since the last whole frame of the peer
 * (handshake, answer, farewell) or the last byte (idle).  0: for ever.
 */
unsigned int session_deadline_ms(const struct session *s);

/* The table and its parts, for the test against the document. */
const struct session_row *session_rows(size_t *count);
enum session_deadline session_state_deadline(enum session_state state);
const char *session_state_remark(enum session_state state);
const char *session_check_name(enum session_check check);
const char *session_ways_name(unsigned int ways);
const char *session_deadline_name(enum session_deadline deadline);

/* "auth-sent"; for logs.  A constant. */
const char *session_state_name(enum session_state state);

#endif
