/*
 * The session's states: the table against docs/protocol.md, every message in
 * every state, whole conversations, and two sides that talk at random.
 */
#include <stdio.h>
#include <string.h>

#include "tests/unit/check_main.h"
#include "tests/unit/proto/protocol_text.h"

#include "proto/errors.h"
#include "proto/limits.h"
#include "proto/session.h"

/* More than any row of a table that is compared. */
#define CELLS 5u

/* A row of the document. */
struct expected {
	int allowed;
	char check[64];
	enum session_state next;
};

/* What the document says, by state, way - 1 and type. */
static struct expected document[SESSION_NSTATES][2][MESSAGE_LAST + 1];

static enum session_state
state_of(const char *name)
{
	unsigned int state;

	for (state = 0; state < SESSION_NSTATES; state++) {
		if (strcmp(session_state_name((enum session_state)state),
			name) == 0)
			return (enum session_state)state;
	}
	ck_abort_msg("%s is no state", name);
	return SESSION_CLOSED;
}

static enum message_type
type_of(const char *name)
{
	unsigned int type;

	for (type = 1; type <= MESSAGE_LAST; type++) {
		if (strcmp(message_name(type), name) == 0)
			return (enum message_type)type;
	}
	ck_abort_msg("%s is no message", name);
	return MESSAGE_BYE;
}

static void
expect(enum session_way way, char cells[CELLS][PROTOCOL_CELL_SIZE])
{
	struct expected *e;

	e = &document[state_of(cells[0])][way - 1][type_of(cells[1])];
	ck_assert_msg(!e->allowed, "%s %s twice", cells[0], cells[1]);
	e->allowed = 1;
	(void)snprintf(e->check, sizeof(e->check), "%s", cells[3]);
	e->next = state_of(cells[4]);
}

/* Read the table of the document. */
static void
read_document(void)
{
	struct protocol_text text;
	char cells[CELLS][PROTOCOL_CELL_SIZE];
	const char *way;

	memset(document, 0, sizeof(document));
	protocol_text_open(&text, "| state | message |");
	while (protocol_text_row(&text, cells, CELLS)) {
		way = cells[2];
		ck_assert(strcmp(way, "sent") == 0 ||
		    strcmp(way, "received") == 0 || strcmp(way, "both") == 0);
		if (strcmp(way, "received") != 0)
			expect(SESSION_SENT, cells);
		if (strcmp(way, "sent") != 0)
			expect(SESSION_RECEIVED, cells);
	}
	protocol_text_close(&text);
}

/* The names of a row's checks. */
static void
join_checks(unsigned int checks, char out[64])
{
	unsigned int check;
	size_t len;

	out[0] = '\0';
	for (check = 1; check <= checks; check <<= 1) {
		if ((checks & check) == 0)
			continue;
		len = strlen(out);
		(void)snprintf(out + len, 64 - len, "%s%s", len > 0 ? ", " : "",
		    session_check_name((enum session_check)check));
	}
}

START_TEST(the_table_is_the_document)
{
	const struct session_row *rows;
	struct protocol_text text;
	char cells[CELLS][PROTOCOL_CELL_SIZE], checks[64];
	size_t count, i;

	rows = session_rows(&count);
	protocol_text_open(&text, "| state | message |");
	for (i = 0; i < count; i++) {
		ck_assert_int_eq(protocol_text_row(&text, cells, CELLS), 1);
		ck_assert_str_eq(cells[0], session_state_name(rows[i].state));
		ck_assert_str_eq(cells[1], message_name(rows[i].type));
		ck_assert_str_eq(cells[2], session_ways_name(rows[i].ways));
		join_checks(rows[i].checks, checks);
		ck_assert_str_eq(cells[3], checks);
		ck_assert_str_eq(cells[4], session_state_name(rows[i].next));
	}
	ck_assert_int_eq(protocol_text_row(&text, cells, CELLS), 0);
	protocol_text_close(&text);
}
END_TEST

START_TEST(the_states_are_those_of_the_document)
{
	struct protocol_text text;
	char cells[CELLS][PROTOCOL_CELL_SIZE];
	enum session_state state;
	unsigned int i;

	protocol_text_open(&text, "| state | meaning |");
	for (i = 0; i < SESSION_NSTATES; i++) {
		state = (enum session_state)i;
		ck_assert_int_eq(protocol_text_row(&text, cells, 3), 1);
		ck_assert_str_eq(cells[0], session_state_name(state));
		ck_assert_str_eq(cells[1], session_state_remark(state));
		ck_assert_str_eq(cells[2],
		    session_deadline_name(session_state_deadline(state)));
	}
	ck_assert_int_eq(protocol_text_row(&text, cells, 3), 0);
	protocol_text_close(&text);
}
END_TEST

/* A session in a state, where every check of a message holds or none does. */
static void
session_at(struct session *s, enum side side, enum session_state state,
    enum session_way way, const char *check, int holds)
{
	size_t ours, theirs;
	int announced;

	session_init(s, side);
	s->state = state;
	ours = (size_t)way - 1;
	theirs = 1 - ours;
	announced = strstr(check, "announced") != NULL;
	s->lists[ours] = announced == holds ? 1 : 0;
	s->open[ours] = holds ? 0 : UINT32_MAX;
	s->open[theirs] = holds ? UINT32_MAX : 0;
}

/* Send or receive. */
static int
pass(struct session *s, enum session_way way, unsigned int type)
{
	return way == SESSION_SENT ?
	    session_on_send(s, (enum message_type)type) :
	    session_on_receive(s, (enum message_type)type);
}

/* One message, one way, in one state of one side. */
static void
check_pair(enum side side, enum session_state state, enum session_way way,
    unsigned int type)
{
	const struct expected *e;
	struct session before, s;
	enum side sender;

	e = &document[state][way - 1][type];
	sender = way == SESSION_SENT ? side : side_other(side);
	session_at(&s, side, state, way, e->check, 1);
	before = s;
	if (!e->allowed || (message_info(type)->sides & sender) == 0) {
		ck_assert_int_eq(pass(&s, way, type), PH_ESTATE);
		ck_assert_mem_eq(&s, &before, sizeof(s));
		return;
	}
	ck_assert_msg(pass(&s, way, type) == PH_OK, "%s %s %s",
	    session_state_name(state), session_ways_name(way),
	    message_name(type));
	ck_assert_int_eq(s.state, e->next);
	session_at(&s, side, state, way, e->check, 0);
	before = s;
	if (e->check[0] == '\0') {
		ck_assert_int_eq(pass(&s, way, type), PH_OK);
		ck_assert_int_eq(s.state, e->next);
	} else {
		ck_assert_int_eq(pass(&s, way, type), PH_ESTATE);
		ck_assert_mem_eq(&s, &before, sizeof(s));
	}
}

START_TEST(every_message_in_every_state)
{
	unsigned int state, type;

	read_document();
	for (state = 0; state < SESSION_NSTATES; state++) {
		for (type = 1; type <= MESSAGE_LAST; type++) {
			check_pair(SIDE_RECEIVER, (enum session_state)state,
			    SESSION_SENT, type);
			check_pair(SIDE_RECEIVER, (enum session_state)state,
			    SESSION_RECEIVED, type);
			check_pair(SIDE_PROVIDER, (enum session_state)state,
			    SESSION_SENT, type);
			check_pair(SIDE_PROVIDER, (enum session_state)state,
			    SESSION_RECEIVED, type);
		}
	}
}
END_TEST

START_TEST(what_is_no_message_is_refused)
{
	struct session s;

	session_init(&s, SIDE_RECEIVER);
	s.state = SESSION_WORK;
	ck_assert_int_eq(pass(&s, SESSION_RECEIVED, 0), PH_ESTATE);
	ck_assert_int_eq(pass(&s, SESSION_RECEIVED, MESSAGE_LAST + 1),
	    PH_ESTATE);
}
END_TEST

START_TEST(deadlines_are_those_of_the_document)
{
	static const unsigned int ms[SESSION_NSTATES] = {
		[SESSION_START] = 30000,
		[SESSION_HELLO] = 30000,
		[SESSION_AUTH] = 30000,
		[SESSION_AUTH_SENT] = 30000,
		[SESSION_AUTH_HEARD] = 30000,
		[SESSION_COMPARE] = 60000,
		[SESSION_ASKED] = 60000,
		[SESSION_WORK] = 90000,
		[SESSION_BUSY] = 10000,
		[SESSION_CLOSING] = 10000,
		[SESSION_PARTING] = 10000,
		[SESSION_CLOSED] = 0,
	};
	struct session s;
	unsigned int i;

	session_init(&s, SIDE_RECEIVER);
	for (i = 0; i < SESSION_NSTATES; i++) {
		s.state = (enum session_state)i;
		ck_assert_uint_eq(session_deadline_ms(&s), ms[i]);
	}
	ck_assert_uint_le(3 * SESSION_PING_MS, SESSION_IDLE_MS);
}
END_TEST

/* Both sides of a conversation. */
static struct session receiver;
static struct session provider;

/* One side sends, the other gets it at once. */
static void
say(enum side sender, enum message_type type)
{
	struct session *from, *to;

	from = sender == SIDE_RECEIVER ? &receiver : &provider;
	to = sender == SIDE_RECEIVER ? &provider : &receiver;
	ck_assert_msg(session_on_send(from, type) == PH_OK, "%s in %s",
	    message_name(type), session_state_name(from->state));
	ck_assert_msg(session_on_receive(to, type) == PH_OK, "%s in %s",
	    message_name(type), session_state_name(to->state));
}

/* A GRANT or RECEIPT and the frames that it announces. */
static void
say_lists(enum side sender, enum message_type type, uint32_t nlists)
{
	struct session *from, *to;

	from = sender == SIDE_RECEIVER ? &receiver : &provider;
	to = sender == SIDE_RECEIVER ? &provider : &receiver;
	say(sender, type);
	session_announce(from, SESSION_SENT, nlists);
	session_announce(to, SESSION_RECEIVED, nlists);
	for (; nlists > 0; nlists--) {
		ck_assert_int_eq(session_on_send(from, type), PH_ESTATE);
		ck_assert_int_eq(session_on_receive(to, type), PH_ESTATE);
		ck_assert_uint_eq(session_lists(to, SESSION_RECEIVED), nlists);
		say(sender, MESSAGE_LISTDIFF);
	}
	ck_assert_int_eq(session_on_send(from, MESSAGE_LISTDIFF), PH_ESTATE);
	ck_assert_int_eq(session_on_receive(to, MESSAGE_LISTDIFF), PH_ESTATE);
}

/* Up to the point where STATE is due. */
static void
begin(void)
{
	session_init(&receiver, SIDE_RECEIVER);
	session_init(&provider, SIDE_PROVIDER);
	/* Both HELLOs are under way at once. */
	ck_assert_int_eq(session_on_send(&receiver, MESSAGE_HELLO), PH_OK);
	say(SIDE_PROVIDER, MESSAGE_HELLO);
	ck_assert_int_eq(session_on_receive(&provider, MESSAGE_HELLO), PH_OK);
	ck_assert_int_eq(session_is_open(&receiver), 0);
	say(SIDE_PROVIDER, MESSAGE_TRUST);
	say(SIDE_RECEIVER, MESSAGE_AUTH);
	ck_assert_int_eq(session_on_send(&receiver, MESSAGE_STATE), PH_ESTATE);
	say(SIDE_PROVIDER, MESSAGE_TRUST);
	say(SIDE_PROVIDER, MESSAGE_AUTH);
	ck_assert_int_eq(session_is_open(&receiver), 1);
	ck_assert_int_eq(session_is_open(&provider), 1);
}

/* BYE both ways. */
static void
end(enum side first)
{
	say(first, MESSAGE_BYE);
	ck_assert_int_eq(session_is_open(&receiver), 0);
	say(side_other(first), MESSAGE_BYE);
	ck_assert_int_eq(receiver.state, SESSION_CLOSED);
	ck_assert_int_eq(provider.state, SESSION_CLOSED);
}

START_TEST(nothing_has_changed)
{
	begin();
	say(SIDE_RECEIVER, MESSAGE_STATE);
	say(SIDE_PROVIDER, MESSAGE_SAME);
	end(SIDE_RECEIVER);
}
END_TEST

START_TEST(the_provider_is_busy)
{
	begin();
	say(SIDE_RECEIVER, MESSAGE_STATE);
	say(SIDE_PROVIDER, MESSAGE_BUSY);
	ck_assert_int_eq(session_on_send(&receiver, MESSAGE_WANT), PH_ESTATE);
	ck_assert_int_eq(session_on_receive(&provider, MESSAGE_WANT),
	    PH_ESTATE);
	end(SIDE_RECEIVER);
}
END_TEST

START_TEST(a_version_arrives)
{
	begin();
	say(SIDE_RECEIVER, MESSAGE_STATE);
	say(SIDE_PROVIDER, MESSAGE_CHARTER);
	say_lists(SIDE_PROVIDER, MESSAGE_GRANT, 3);
	/* GRANT was the answer: there is nothing to say SAME to. */
	ck_assert_int_eq(session_on_send(&provider, MESSAGE_SAME), PH_ESTATE);
	say(SIDE_RECEIVER, MESSAGE_MANIFEST_QUERY);
	say(SIDE_PROVIDER, MESSAGE_MANIFEST);
	say(SIDE_RECEIVER, MESSAGE_WANT);
	say(SIDE_PROVIDER, MESSAGE_WAIT);
	say(SIDE_PROVIDER, MESSAGE_PLAN);
	say(SIDE_PROVIDER, MESSAGE_SEGMENTS);
	say(SIDE_RECEIVER, MESSAGE_PULL);
	say(SIDE_PROVIDER, MESSAGE_DATA);
	say(SIDE_PROVIDER, MESSAGE_DONE);
	say_lists(SIDE_RECEIVER, MESSAGE_RECEIPT, 2);
	/* One receipt at a time. */
	ck_assert_int_eq(session_on_send(&receiver, MESSAGE_RECEIPT),
	    PH_ESTATE);
	say(SIDE_PROVIDER, MESSAGE_RECEIVED);
	ck_assert_int_eq(session_on_send(&provider, MESSAGE_RECEIVED),
	    PH_ESTATE);
	say(SIDE_RECEIVER, MESSAGE_STATE);
	say(SIDE_PROVIDER, MESSAGE_SAME);
	end(SIDE_RECEIVER);
}
END_TEST

START_TEST(a_receipt_is_answered_before_its_set_has_come)
{
	begin();
	say(SIDE_RECEIVER, MESSAGE_STATE);
	say(SIDE_PROVIDER, MESSAGE_SAME);
	say(SIDE_RECEIVER, MESSAGE_RECEIPT);
	session_announce(&receiver, SESSION_SENT, 2);
	session_announce(&provider, SESSION_RECEIVED, 2);
	say(SIDE_PROVIDER, MESSAGE_RECEIVED);
	ck_assert_int_eq(session_on_send(&receiver, MESSAGE_RECEIPT),
	    PH_ESTATE);
	say(SIDE_RECEIVER, MESSAGE_LISTDIFF);
	say(SIDE_RECEIVER, MESSAGE_LISTDIFF);
	say_lists(SIDE_RECEIVER, MESSAGE_RECEIPT, 1);
}
END_TEST

START_TEST(a_withdrawal_arrives_while_the_session_is_held)
{
	begin();
	say(SIDE_RECEIVER, MESSAGE_STATE);
	say(SIDE_PROVIDER, MESSAGE_SAME);
	say(SIDE_RECEIVER, MESSAGE_PING);
	say(SIDE_PROVIDER, MESSAGE_PONG);
	ck_assert_int_eq(session_on_send(&provider, MESSAGE_PONG), PH_ESTATE);
	say(SIDE_PROVIDER, MESSAGE_TRUST);
	say_lists(SIDE_PROVIDER, MESSAGE_GRANT, 1);
	say(SIDE_RECEIVER, MESSAGE_CANCEL);
	say_lists(SIDE_PROVIDER, MESSAGE_GRANT, 0);
	say_lists(SIDE_RECEIVER, MESSAGE_RECEIPT, 0);
	say(SIDE_PROVIDER, MESSAGE_RECEIVED);
	end(SIDE_PROVIDER);
}
END_TEST

START_TEST(farewells_cross)
{
	begin();
	say(SIDE_RECEIVER, MESSAGE_STATE);
	say(SIDE_PROVIDER, MESSAGE_SAME);
	ck_assert_int_eq(session_on_send(&receiver, MESSAGE_BYE), PH_OK);
	ck_assert_int_eq(session_on_send(&provider, MESSAGE_GRANT), PH_OK);
	session_announce(&provider, SESSION_SENT, 1);
	ck_assert_int_eq(session_on_send(&provider, MESSAGE_LISTDIFF), PH_OK);
	ck_assert_int_eq(session_on_send(&provider, MESSAGE_BYE), PH_OK);
	ck_assert_int_eq(session_on_receive(&receiver, MESSAGE_GRANT), PH_OK);
	session_announce(&receiver, SESSION_RECEIVED, 1);
	ck_assert_int_eq(session_on_receive(&receiver, MESSAGE_LISTDIFF),
	    PH_OK);
	ck_assert_int_eq(session_on_receive(&receiver, MESSAGE_BYE), PH_OK);
	ck_assert_int_eq(session_on_receive(&provider, MESSAGE_BYE), PH_OK);
	ck_assert_int_eq(receiver.state, SESSION_CLOSED);
	ck_assert_int_eq(provider.state, SESSION_CLOSED);
}
END_TEST

/* What is under way to one side. */
#define UNDER_WAY_MAX 16u

struct under_way {
	enum message_type type[UNDER_WAY_MAX];
	uint32_t nlists[UNDER_WAY_MAX];
	size_t count;
};

static uint32_t random_state;

static uint32_t
random_below(uint32_t bound)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (random_state >> 8) % bound;
}

/* Send something that may be sent; most of what comes up may not. */
static void
send_any(struct session *s, struct under_way *out)
{
	enum message_type type;
	uint32_t nlists;

	type = (enum message_type)(1 + random_below(MESSAGE_LAST));
	/* Ends come seldom, so that conversations are long. */
	if ((type == MESSAGE_ABORT || type == MESSAGE_BYE) &&
	    random_below(40) != 0)
		return;
	if (out->count == UNDER_WAY_MAX || session_on_send(s, type) != PH_OK)
		return;
	nlists = random_below(3);
	if (type == MESSAGE_GRANT || type == MESSAGE_RECEIPT)
		session_announce(s, SESSION_SENT, nlists);
	out->type[out->count] = type;
	out->nlists[out->count] = nlists;
	out->count++;
}

/* The next message arrives; it must be welcome. */
static void
deliver(struct session *s, struct under_way *in)
{
	enum message_type type;

	/* A side reads when its HELLO is out, and until it is closed. */
	if (in->count == 0 || s->state == SESSION_START ||
	    s->state == SESSION_CLOSED)
		return;
	type = in->type[0];
	ck_assert_msg(session_on_receive(s, type) == PH_OK,
	    "the %s in %s got %s",
	    s->side == SIDE_RECEIVER ? "receiver" : "provider",
	    session_state_name(s->state), message_name(type));
	if (type == MESSAGE_GRANT || type == MESSAGE_RECEIPT)
		session_announce(s, SESSION_RECEIVED, in->nlists[0]);
	in->count--;
	memmove(in->type, in->type + 1, in->count * sizeof(in->type[0]));
	memmove(in->nlists, in->nlists + 1, in->count * sizeof(in->nlists[0]));
}

START_TEST(what_one_side_may_send_the_other_accepts)
{
	struct under_way to_receiver, to_provider;
	unsigned int ended, round, step;

	ended = 0;
	for (round = 0; round < 3000; round++) {
		random_state = round;
		session_init(&receiver, SIDE_RECEIVER);
		session_init(&provider, SIDE_PROVIDER);
		memset(&to_receiver, 0, sizeof(to_receiver));
		memset(&to_provider, 0, sizeof(to_provider));
		for (step = 0; step < 2000; step++) {
			send_any(&receiver, &to_provider);
			send_any(&provider, &to_receiver);
			if (random_below(3) == 0)
				deliver(&receiver, &to_receiver);
			if (random_below(3) == 0)
				deliver(&provider, &to_provider);
		}
		ended += receiver.state == SESSION_CLOSED &&
		    provider.state == SESSION_CLOSED;
	}
	ck_assert_uint_gt(ended, 1000);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tcase;

	suite = suite_create("session");
	tcase = tcase_create("table");
	tcase_add_test(tcase, the_table_is_the_document);
	tcase_add_test(tcase, the_states_are_those_of_the_document);
	tcase_add_test(tcase, every_message_in_every_state);
	tcase_add_test(tcase, what_is_no_message_is_refused);
	tcase_add_test(tcase, deadlines_are_those_of_the_document);
	suite_add_tcase(suite, tcase);
	tcase = tcase_create("conversations");
	tcase_add_test(tcase, nothing_has_changed);
	tcase_add_test(tcase, the_provider_is_busy);
	tcase_add_test(tcase, a_version_arrives);
	tcase_add_test(tcase, a_receipt_is_answered_before_its_set_has_come);
	tcase_add_test(tcase, a_withdrawal_arrives_while_the_session_is_held);
	tcase_add_test(tcase, farewells_cross);
	tcase_add_test(tcase, what_one_side_may_send_the_other_accepts);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
