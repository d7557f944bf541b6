/*
 * The state table.  A row says what a message does in a state; a message
 * without a row there ends the session.
 */
#include <assert.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/limits.h"

#include "proto/session.h"

/* The bit of a message type among the open questions. */
#define QUESTION(type) (UINT32_C(1) << (type))
_Static_assert(MESSAGE_LAST < 32, "a bit for each type");

/* Short forms, so that a row is a line. */
#define SENT SESSION_SENT
#define RECV SESSION_RECEIVED
#define BOTH SESSION_BOTH_WAYS

/* clang-format off */
static const struct session_row rows[] = {
	{ SESSION_START, MESSAGE_HELLO, SENT, 0, SESSION_HELLO },
	{ SESSION_START, MESSAGE_ABORT, SENT, 0, SESSION_CLOSED },

	{ SESSION_HELLO, MESSAGE_HELLO, RECV, 0, SESSION_AUTH },
	{ SESSION_HELLO, MESSAGE_ABORT, BOTH, 0, SESSION_CLOSED },

	{ SESSION_AUTH, MESSAGE_TRUST, BOTH, 0, SESSION_AUTH },
	{ SESSION_AUTH, MESSAGE_AUTH, SENT, 0, SESSION_AUTH_SENT },
	{ SESSION_AUTH, MESSAGE_AUTH, RECV, 0, SESSION_AUTH_HEARD },
	{ SESSION_AUTH, MESSAGE_ABORT, BOTH, 0, SESSION_CLOSED },

	{ SESSION_AUTH_SENT, MESSAGE_TRUST, RECV, 0, SESSION_AUTH_SENT },
	{ SESSION_AUTH_SENT, MESSAGE_AUTH, RECV, 0, SESSION_COMPARE },
	{ SESSION_AUTH_SENT, MESSAGE_ABORT, BOTH, 0, SESSION_CLOSED },

	{ SESSION_AUTH_HEARD, MESSAGE_TRUST, SENT, 0, SESSION_AUTH_HEARD },
	{ SESSION_AUTH_HEARD, MESSAGE_AUTH, SENT, 0, SESSION_COMPARE },
	{ SESSION_AUTH_HEARD, MESSAGE_ABORT, BOTH, 0, SESSION_CLOSED },

	{ SESSION_COMPARE, MESSAGE_STATE, BOTH, 0, SESSION_ASKED },
	{ SESSION_COMPARE, MESSAGE_PING, BOTH, SESSION_IN_TURN,
	    SESSION_COMPARE },
	{ SESSION_COMPARE, MESSAGE_PONG, BOTH, SESSION_ASKED_FOR,
	    SESSION_COMPARE },
	{ SESSION_COMPARE, MESSAGE_ABORT, BOTH, 0, SESSION_CLOSED },
	{ SESSION_COMPARE, MESSAGE_BYE, SENT, 0, SESSION_CLOSING },
	{ SESSION_COMPARE, MESSAGE_BYE, RECV, 0, SESSION_PARTING },

	{ SESSION_ASKED, MESSAGE_TRUST, BOTH, 0, SESSION_ASKED },
	{ SESSION_ASKED, MESSAGE_SAME, BOTH, SESSION_ASKED_FOR, SESSION_WORK },
	{ SESSION_ASKED, MESSAGE_BUSY, BOTH, SESSION_ASKED_FOR, SESSION_BUSY },
	{ SESSION_ASKED, MESSAGE_CHARTER, BOTH, 0, SESSION_ASKED },
	{ SESSION_ASKED, MESSAGE_GRANT, BOTH, 0, SESSION_WORK },
	{ SESSION_ASKED, MESSAGE_PING, BOTH, SESSION_IN_TURN, SESSION_ASKED },
	{ SESSION_ASKED, MESSAGE_PONG, BOTH, SESSION_ASKED_FOR,
	    SESSION_ASKED },
	{ SESSION_ASKED, MESSAGE_ABORT, BOTH, 0, SESSION_CLOSED },
	{ SESSION_ASKED, MESSAGE_BYE, SENT, 0, SESSION_CLOSING },
	{ SESSION_ASKED, MESSAGE_BYE, RECV, 0, SESSION_PARTING },

	{ SESSION_WORK, MESSAGE_TRUST, BOTH, 0, SESSION_WORK },
	{ SESSION_WORK, MESSAGE_STATE, BOTH, SESSION_IN_TURN, SESSION_WORK },
	{ SESSION_WORK, MESSAGE_SAME, BOTH, SESSION_ASKED_FOR, SESSION_WORK },
	{ SESSION_WORK, MESSAGE_CHARTER, BOTH, 0, SESSION_WORK },
	{ SESSION_WORK, MESSAGE_GRANT, BOTH, SESSION_LISTS_END, SESSION_WORK },
	{ SESSION_WORK, MESSAGE_LISTDIFF, BOTH, SESSION_ANNOUNCED,
	    SESSION_WORK },
	{ SESSION_WORK, MESSAGE_MANIFEST_QUERY, BOTH, 0, SESSION_WORK },
	{ SESSION_WORK, MESSAGE_MANIFEST, BOTH, 0, SESSION_WORK },
	{ SESSION_WORK, MESSAGE_NONE, BOTH, 0, SESSION_WORK },
	{ SESSION_WORK, MESSAGE_MAP_QUERY, BOTH, 0, SESSION_WORK },
	{ SESSION_WORK, MESSAGE_MAP, BOTH, 0, SESSION_WORK },
	{ SESSION_WORK, MESSAGE_WANT, BOTH, 0, SESSION_WORK },
	{ SESSION_WORK, MESSAGE_WAIT, BOTH, 0, SESSION_WORK },
	{ SESSION_WORK, MESSAGE_PLAN, BOTH, 0, SESSION_WORK },
	{ SESSION_WORK, MESSAGE_SEGMENTS, BOTH, 0, SESSION_WORK },
	{ SESSION_WORK, MESSAGE_PULL, BOTH, 0, SESSION_WORK },
	{ SESSION_WORK, MESSAGE_DATA, BOTH, 0, SESSION_WORK },
	{ SESSION_WORK, MESSAGE_PLAIN_QUERY, BOTH, 0, SESSION_WORK },
	{ SESSION_WORK, MESSAGE_RECEIPT, BOTH,
	    SESSION_LISTS_END | SESSION_IN_TURN, SESSION_WORK },
	{ SESSION_WORK, MESSAGE_RECEIVED, BOTH, SESSION_ASKED_FOR,
	    SESSION_WORK },
	{ SESSION_WORK, MESSAGE_CANCEL, BOTH, 0, SESSION_WORK },
	{ SESSION_WORK, MESSAGE_ERROR, BOTH, 0, SESSION_WORK },
	{ SESSION_WORK, MESSAGE_PING, BOTH, SESSION_IN_TURN, SESSION_WORK },
	{ SESSION_WORK, MESSAGE_PONG, BOTH, SESSION_ASKED_FOR, SESSION_WORK },
	{ SESSION_WORK, MESSAGE_ABORT, BOTH, 0, SESSION_CLOSED },
	{ SESSION_WORK, MESSAGE_BYE, SENT, 0, SESSION_CLOSING },
	{ SESSION_WORK, MESSAGE_BYE, RECV, 0, SESSION_PARTING },
	{ SESSION_WORK, MESSAGE_DONE, BOTH, 0, SESSION_WORK },

	{ SESSION_BUSY, MESSAGE_PING, BOTH, SESSION_IN_TURN, SESSION_BUSY },
	{ SESSION_BUSY, MESSAGE_PONG, BOTH, SESSION_ASKED_FOR, SESSION_BUSY },
	{ SESSION_BUSY, MESSAGE_ABORT, BOTH, 0, SESSION_CLOSED },
	{ SESSION_BUSY, MESSAGE_BYE, SENT, 0, SESSION_CLOSING },
	{ SESSION_BUSY, MESSAGE_BYE, RECV, 0, SESSION_PARTING },

	/* What the peer sent before it saw our BYE; it has no effect. */
	{ SESSION_CLOSING, MESSAGE_TRUST, RECV, 0, SESSION_CLOSING },
	{ SESSION_CLOSING, MESSAGE_STATE, RECV, SESSION_IN_TURN,
	    SESSION_CLOSING },
	{ SESSION_CLOSING, MESSAGE_SAME, RECV, SESSION_ASKED_FOR,
	    SESSION_CLOSING },
	{ SESSION_CLOSING, MESSAGE_BUSY, RECV, SESSION_ASKED_FOR,
	    SESSION_CLOSING },
	{ SESSION_CLOSING, MESSAGE_CHARTER, RECV, 0, SESSION_CLOSING },
	{ SESSION_CLOSING, MESSAGE_GRANT, RECV, SESSION_LISTS_END,
	    SESSION_CLOSING },
	{ SESSION_CLOSING, MESSAGE_LISTDIFF, RECV, SESSION_ANNOUNCED,
	    SESSION_CLOSING },
	{ SESSION_CLOSING, MESSAGE_MANIFEST_QUERY, RECV, 0, SESSION_CLOSING },
	{ SESSION_CLOSING, MESSAGE_MANIFEST, RECV, 0, SESSION_CLOSING },
	{ SESSION_CLOSING, MESSAGE_NONE, RECV, 0, SESSION_CLOSING },
	{ SESSION_CLOSING, MESSAGE_MAP_QUERY, RECV, 0, SESSION_CLOSING },
	{ SESSION_CLOSING, MESSAGE_MAP, RECV, 0, SESSION_CLOSING },
	{ SESSION_CLOSING, MESSAGE_WANT, RECV, 0, SESSION_CLOSING },
	{ SESSION_CLOSING, MESSAGE_WAIT, RECV, 0, SESSION_CLOSING },
	{ SESSION_CLOSING, MESSAGE_PLAN, RECV, 0, SESSION_CLOSING },
	{ SESSION_CLOSING, MESSAGE_SEGMENTS, RECV, 0, SESSION_CLOSING },
	{ SESSION_CLOSING, MESSAGE_PULL, RECV, 0, SESSION_CLOSING },
	{ SESSION_CLOSING, MESSAGE_DATA, RECV, 0, SESSION_CLOSING },
	{ SESSION_CLOSING, MESSAGE_PLAIN_QUERY, RECV, 0, SESSION_CLOSING },
	{ SESSION_CLOSING, MESSAGE_RECEIPT, RECV,
	    SESSION_LISTS_END | SESSION_IN_TURN, SESSION_CLOSING },
	{ SESSION_CLOSING, MESSAGE_RECEIVED, RECV, SESSION_ASKED_FOR,
	    SESSION_CLOSING },
	{ SESSION_CLOSING, MESSAGE_CANCEL, RECV, 0, SESSION_CLOSING },
	{ SESSION_CLOSING, MESSAGE_ERROR, RECV, 0, SESSION_CLOSING },
	{ SESSION_CLOSING, MESSAGE_PING, RECV, SESSION_IN_TURN,
	    SESSION_CLOSING },
	{ SESSION_CLOSING, MESSAGE_PONG, RECV, SESSION_ASKED_FOR,
	    SESSION_CLOSING },
	{ SESSION_CLOSING, MESSAGE_ABORT, RECV, 0, SESSION_CLOSED },
	{ SESSION_CLOSING, MESSAGE_BYE, RECV, 0, SESSION_CLOSED },
	{ SESSION_CLOSING, MESSAGE_DONE, RECV, 0, SESSION_CLOSING },

	{ SESSION_PARTING, MESSAGE_ABORT, SENT, 0, SESSION_CLOSED },
	{ SESSION_PARTING, MESSAGE_BYE, SENT, 0, SESSION_CLOSED },
};
/* clang-format on */

#define NROWS (sizeof(rows) / sizeof(rows[0]))

static const struct {
	const char *name;
	enum session_deadline deadline;
	const char *remark;
} states[SESSION_NSTATES] = {
	[SESSION_START] = { "start", SESSION_HANDSHAKE,
	    "nothing was sent yet" },
	[SESSION_HELLO] = { "hello", SESSION_HANDSHAKE,
	    "our HELLO is out, the peer's is to come" },
	[SESSION_AUTH] = { "auth", SESSION_HANDSHAKE,
	    "both HELLOs are known, no AUTH went either way" },
	[SESSION_AUTH_SENT] = { "auth-sent", SESSION_HANDSHAKE,
	    "our AUTH is out, the peer's is to come" },
	[SESSION_AUTH_HEARD] = { "auth-heard", SESSION_HANDSHAKE,
	    "the peer's AUTH is here, ours is to be sent" },
	[SESSION_COMPARE] = { "compare", SESSION_ANSWER,
	    "both are known, STATE is to come" },
	[SESSION_ASKED] = { "asked", SESSION_ANSWER,
	    "STATE is out, the provider's answer is to come" },
	[SESSION_WORK] = { "work", SESSION_IDLE,
	    "what the two do together, in any order" },
	[SESSION_BUSY] = { "busy", SESSION_FAREWELL,
	    "the provider has no time, BYE is to come" },
	[SESSION_CLOSING] = { "closing", SESSION_FAREWELL,
	    "our BYE is out, the peer's is to come" },
	[SESSION_PARTING] = { "parting", SESSION_FAREWELL,
	    "the peer's BYE is here, ours is to be sent" },
	[SESSION_CLOSED] = { "closed", SESSION_NO_DEADLINE,
	    "nothing is sent or accepted any more" },
};

static const struct {
	const char *name;
	unsigned int ms;
} deadlines[] = {
	[SESSION_NO_DEADLINE] = { "none", 0 },
	[SESSION_HANDSHAKE] = { "handshake", SESSION_HANDSHAKE_MS },
	[SESSION_ANSWER] = { "answer", SESSION_ANSWER_MS },
	[SESSION_IDLE] = { "idle", SESSION_IDLE_MS },
	[SESSION_FAREWELL] = { "farewell", SESSION_FAREWELL_MS },
};

void
session_init(struct session *s, enum side side)
{
	memset(s, 0, sizeof(*s));
	s->side = side;
	s->state = SESSION_START;
}

/* The row of a message in a state, or NULL. */
static const struct session_row *
find_row(enum session_state state, enum message_type type, enum session_way way)
{
	size_t i;

	for (i = 0; i < NROWS; i++) {
		if (rows[i].state == state && rows[i].type == type &&
		    (rows[i].ways & (unsigned int)way) != 0)
			return &rows[i];
	}
	return NULL;
}

/* The index of a way in what is kept for each. */
static size_t
at(enum session_way way)
{
	return (size_t)way - 1;
}

static enum session_way
other(enum session_way way)
{
	return way == SESSION_SENT ? SESSION_RECEIVED : SESSION_SENT;
}

/* The questions that a message answers, which went the other way. */
static uint32_t
answers(enum message_type type)
{
	switch (type) {
	case MESSAGE_SAME:
	case MESSAGE_BUSY:
		return QUESTION(MESSAGE_STATE);
	case MESSAGE_RECEIVED:
		return QUESTION(MESSAGE_RECEIPT);
	case MESSAGE_PONG:
		return QUESTION(MESSAGE_PING);
	default:
		return 0;
	}
}

/* 1 for a message that waits for an answer which session.h keeps count of. */
static int
is_question(enum message_type type)
{
	return type == MESSAGE_STATE || type == MESSAGE_RECEIPT ||
	    type == MESSAGE_PING;
}

/* 1 when everything holds that a row asks for. */
static int
checks_hold(const struct session *s, const struct session_row *row,
    enum session_way way)
{
	if ((row->checks & SESSION_ANNOUNCED) != 0 && s->lists[at(way)] == 0)
		return 0;
	if ((row->checks & SESSION_ASKED_FOR) != 0 &&
	    (s->open[at(other(way))] & answers(row->type)) == 0)
		return 0;
	if ((row->checks & SESSION_LISTS_END) != 0 && s->lists[at(way)] != 0)
		return 0;
	if ((row->checks & SESSION_IN_TURN) != 0 &&
	    (s->open[at(way)] & QUESTION(row->type)) != 0)
		return 0;
	return 1;
}

/* Move along a row. */
static void
move(struct session *s, const struct session_row *row, enum session_way way)
{
	s->open[at(other(way))] &= ~answers(row->type);
	if (is_question(row->type))
		s->open[at(way)] |= QUESTION(row->type);
	if (row->type == MESSAGE_LISTDIFF)
		s->lists[at(way)]--;
	/* The GRANT that answers the first STATE; later ones answer none. */
	if (row->type == MESSAGE_GRANT && s->state == SESSION_ASKED)
		s->open[at(other(way))] &= ~QUESTION(MESSAGE_STATE);
	s->state = row->next;
}

/* A message goes one way, and one of the sides sends it. */
static int
pass(struct session *s, enum message_type type, enum session_way way,
    enum side sender)
{
	const struct message_info *info;
	const struct session_row *row;

	info = message_info(type);
	if (info == NULL || (info->sides & (unsigned int)sender) == 0)
		return PH_ESTATE;
	row = find_row(s->state, type, way);
	if (row == NULL || !checks_hold(s, row, way))
		return PH_ESTATE;
	move(s, row, way);
	return PH_OK;
}

int
session_on_send(struct session *s, enum message_type type)
{
	return pass(s, type, SESSION_SENT, s->side);
}

int
session_on_receive(struct session *s, enum message_type type)
{
	return pass(s, type, SESSION_RECEIVED, side_other(s->side));
}

void
session_announce(struct session *s, enum session_way way, uint32_t nlists)
{
	assert(s->lists[at(way)] == 0 && nlists <= PH_LISTDIFF_FRAMES_MAX);
	s->lists[at(way)] = nlists;
}

uint32_t
session_lists(const struct session *s, enum session_way way)
{
	return s->lists[at(way)];
}

int
session_is_open(const struct session *s)
{
	return s->state >= SESSION_COMPARE && s->state <= SESSION_BUSY;
}

unsigned int
session_deadline_ms(const struct session *s)
{
	return deadlines[states[s->state].deadline].ms;
}

const struct session_row *
session_rows(size_t *count)
{
	*count = NROWS;
	return rows;
}

enum session_deadline
session_state_deadline(enum session_state state)
{
	return states[state].deadline;
}

const char *
session_state_remark(enum session_state state)
{
	return states[state].remark;
}

const char *
session_check_name(enum session_check check)
{
	switch (check) {
	case SESSION_ANNOUNCED:
		return "announced";
	case SESSION_ASKED_FOR:
		return "asked for";
	case SESSION_LISTS_END:
		return "lists end";
	case SESSION_IN_TURN:
		return "in turn";
	}
	return "";
}

const char *
session_ways_name(unsigned int ways)
{
	if (ways == SESSION_BOTH_WAYS)
		return "both";
	return ways == SESSION_SENT ? "sent" : "received";
}

const char *
session_deadline_name(enum session_deadline deadline)
{
	return deadlines[deadline].name;
}

const char *
session_state_name(enum session_state state)
{
	return states[state].name;
}
