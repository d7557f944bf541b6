/*
 * The conversation.  Input is a fixed buffer that is read into when it is
 * empty; output is one buffer that is asked for when it is low.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/message_grant.h"
#include "proto/message_signal.h"
#include "proto/reader.h"
#include "proto/session.h"

#include "syncd/sync/conversation.h"

#define INPUT_SIZE (64u << 10)

/* More is asked for when less is waiting to be sent. */
#define OUTPUT_LOW (64u << 10)

/* The largest frame behind OUTPUT_LOW, and what on_room may add to it. */
#define OUTPUT_MAX (OUTPUT_LOW + 4u * (MESSAGE_PAYLOAD_MAX + 64u))

/* An ABORT has so long to be taken by the far side. */
#define LINGER_MS 2000

/* Who takes nothing of what we send for so long is not there any more. */
#define STALL_MS 300000

/* How often deadlines are looked at. */
#define TICK_MS 1000

/* PING and PONG on the wire; they are no sign that the peer works for us. */
#define PING_SIZE (FRAME_HEADER_SIZE + MESSAGE_PING_SIZE)

struct conversation {
	struct loop *loop;
	const struct clock *clock;
	struct link *link;
	struct session session;
	const struct conversation_events *events;
	void *cookie;
	struct frame_decoder *decoder;
	uint8_t *input;
	struct reader unread; /* In input. */
	struct buffer out;
	size_t checked; /* Bytes of out that the state table has passed. */
	int paused;
	int leaving;   /* BYE goes when out is empty. */
	int over;      /* on_closed was or is about to be called. */
	int lingering; /* Over, but ABORT is on its way. */
	int ended;     /* The far side has finished. */
	struct failure failure;
	struct failure fault; /* Words for what is wrong with a frame. */
	struct loop_timer *tick;
	struct loop_timer *later; /* Kicks and closing, from the loop. */
	int64_t sent_ms;          /* The last byte we sent. */
	int64_t frame_ms;         /* The last whole frame of the peer. */
	int64_t byte_ms;          /* Its last byte. */
	int64_t useful_ms;        /* Its last byte not of PING or PONG. */
	size_t npings;            /* Of these, in what was read last. */
	struct message_ping ping; /* The last that we sent. */
};

/* Decide how it ends, once; on_closed comes from the loop. */
static void
finish(struct conversation *c, const struct failure *f)
{
	if (c->over)
		return;
	c->over = 1;
	if (f != NULL)
		c->failure = *f;
	else
		memset(&c->failure, 0, sizeof(c->failure));
	link_want(c->link, 0);
	loop_timer_start(c->later, 0);
}

static void
finish_code(struct conversation *c, int code)
{
	struct failure f;

	(void)failure_set(&f, code, "%s", error_sentence(code));
	finish(c, &f);
}

/* End it with ABORT for a code, with words where there are some. */
static void
abort_code(struct conversation *c, int code)
{
	if (c->fault.code != code)
		(void)failure_set(&c->fault, code, "%s", error_sentence(code));
	conversation_abort(c, &c->fault);
}

/* Pass what was put through the state table. */
static int
check_output(struct conversation *c)
{
	struct message_grant announced;
	struct frame_decoder *decoder;
	struct reader reader;
	struct frame frame;
	int r;

	/* Our own frames, whole: a decoder of its own keeps no state. */
	decoder = frame_decoder_new();
	if (decoder == NULL)
		return PH_ENOMEM;
	reader_init(&reader, c->out.data + c->checked, c->out.len - c->checked);
	r = PH_OK;
	while (r == PH_OK && reader.len > 0) {
		r = frame_decoder_feed(decoder, &reader, &frame);
		if (r != 1) {
			r = r == 0 ? PH_EINTERNAL : r;
			break;
		}
		r = session_on_send(&c->session, frame.type);
		if (r != PH_OK)
			(void)failure_set(&c->fault, r,
			    "%s may not be sent in the state %s",
			    message_name(frame.type),
			    session_state_name(c->session.state));
		if (r == PH_OK && frame.type == MESSAGE_GRANT) {
			r = message_grant_decode(&frame, &announced);
			if (r == PH_OK)
				session_announce(&c->session, SESSION_SENT,
				    announced.nlistdiffs);
		} else if (r == PH_OK && frame.type == MESSAGE_RECEIPT) {
			r = message_receipt_decode(&frame, &announced);
			if (r == PH_OK)
				session_announce(&c->session, SESSION_SENT,
				    announced.nlistdiffs);
		}
	}
	frame_decoder_free(decoder);
	c->checked = c->out.len;
	return r;
}

/* Ask the owner for frames while there is room. */
static int
fill(struct conversation *c)
{
	size_t before;
	int r;

	while (!c->over && !c->leaving && c->out.len < OUTPUT_LOW) {
		before = c->out.len;
		r = c->events->on_room(c->cookie, &c->out);
		if (r == PH_OK)
			r = check_output(c);
		if (r != PH_OK)
			return r;
		if (c->out.len == before)
			break;
	}
	return PH_OK;
}

/* Put a frame of our own and pass it through the state table. */
static int
put_own(struct conversation *c, int r)
{
	return r == PH_OK ? check_output(c) : r;
}

/* Send what there is; ask for more; say BYE when that is due. */
static void
pump_out(struct conversation *c)
{
	size_t n;
	int r, want;

	for (;;) {
		if (c->over)
			return;
		r = fill(c);
		if (r == PH_OK && c->leaving && c->out.len == 0 &&
		    c->session.state != SESSION_CLOSING &&
		    c->session.state != SESSION_CLOSED)
			r = put_own(c, message_bye_encode(&c->out));
		if (r != PH_OK) {
			abort_code(c, r);
			return;
		}
		if (c->out.len == 0)
			break;
		r = link_write(c->link, c->out.data, c->out.len, &n);
		if (r != PH_OK || n == 0)
			break; /* LINK_CLOSED says why; or no room now. */
		buffer_consume(&c->out, n);
		c->checked -= n;
		c->sent_ms = clock_mono_ms(c->clock);
	}
	if (c->session.state == SESSION_CLOSED && c->out.len == 0) {
		finish(c, NULL);
		return;
	}
	want = c->paused ? 0 : LINK_READABLE;
	if (c->out.len > 0)
		want |= LINK_WRITABLE;
	link_want(c->link, want);
}

/* The peer ended it. */
static int
on_abort(struct conversation *c, const struct frame *frame)
{
	struct message_error m;
	struct failure f;
	int r;

	r = message_abort_decode(frame, &m);
	if (r != PH_OK)
		return r;
	(void)failure_set(&f, m.code, "the peer ended the session: %s",
	    m.code == PH_EINTERNAL ? m.name : error_sentence(m.code));
	if (m.code == PH_EPAUSED)
		failure_next(&f,
		    "at the upstream, \"syncctl repo resume\" lets this "
		    "repository in again");
	finish(c, &f);
	return PH_OK;
}

/* The answer to our last PING: there was one, says the state table. */
static int
on_pong(struct conversation *c, const struct frame *frame)
{
	struct message_ping m;
	int r;

	r = message_pong_decode(frame, &m);
	if (r == PH_OK && memcmp(m.bytes, c->ping.bytes, sizeof(m.bytes)) != 0)
		r = PH_EMESSAGE;
	return r;
}

static int
on_ping(struct conversation *c, const struct frame *frame)
{
	struct message_ping m;
	int r;

	r = message_ping_decode(frame, &m);
	/* After our BYE nothing follows. */
	if (r != PH_OK || c->leaving)
		return r;
	return put_own(c, message_pong_encode(&m, &c->out));
}

/* The peer is done: answer, and be done. */
static int
on_bye(struct conversation *c)
{
	if (c->session.state != SESSION_CLOSED) {
		c->leaving = 1;
		return put_own(c, message_bye_encode(&c->out));
	}
	finish(c, NULL);
	return PH_OK;
}

/* One whole frame of the peer. */
static int
on_frame(struct conversation *c, const struct frame *frame)
{
	struct message_grant announced;
	int r;

	c->frame_ms = clock_mono_ms(c->clock);
	c->npings += frame->type == MESSAGE_PING || frame->type == MESSAGE_PONG;
	r = session_on_receive(&c->session, frame->type);
	if (r != PH_OK)
		return failure_set(&c->fault, r, "%s came in the state %s",
		    message_name(frame->type),
		    session_state_name(c->session.state));
	if (frame->type == MESSAGE_GRANT || frame->type == MESSAGE_RECEIPT) {
		r = frame->type == MESSAGE_GRANT ?
		    message_grant_decode(frame, &announced) :
		    message_receipt_decode(frame, &announced);
		if (r != PH_OK)
			return r;
		session_announce(&c->session, SESSION_RECEIVED,
		    announced.nlistdiffs);
	}
	switch (frame->type) {
	case MESSAGE_ABORT:
		return on_abort(c, frame);
	case MESSAGE_PING:
		return on_ping(c, frame);
	case MESSAGE_PONG:
		return on_pong(c, frame);
	case MESSAGE_BYE:
		return on_bye(c);
	default:
		break;
	}
	/* After our BYE, what was on its way has no effect. */
	return c->leaving ? PH_OK : c->events->on_frame(c->cookie, frame);
}

/* Take whole frames out of what was read. */
static int
take_frames(struct conversation *c)
{
	struct frame frame;
	int r;

	while (!c->over && !c->paused && c->unread.len > 0) {
		r = frame_decoder_feed(c->decoder, &c->unread, &frame);
		if (r < 0)
			return r;
		if (r == 1) {
			r = on_frame(c, &frame);
			if (r != PH_OK)
				return r;
		}
	}
	return PH_OK;
}

/* The far side has finished without BYE, or in the middle of a frame. */
static void
on_end(struct conversation *c)
{
	c->ended = 1;
	finish_code(c, PH_ECUT);
}

static void
pump_in(struct conversation *c)
{
	size_t n;
	int r, turns;

	r = take_frames(c);
	/* A few times only: others want the loop, too. */
	for (turns = 0; r == PH_OK && turns < 16; turns++) {
		if (c->over || c->paused || c->unread.len > 0)
			break;
		r = link_read(c->link, c->input, INPUT_SIZE, &n);
		if (r == LINK_END) {
			on_end(c);
			return;
		}
		if (r != PH_OK)
			return; /* LINK_CLOSED says why. */
		if (n == 0)
			break;
		c->byte_ms = clock_mono_ms(c->clock);
		c->npings = 0;
		reader_init(&c->unread, c->input, n);
		r = take_frames(c);
		if (n > c->npings * PING_SIZE)
			c->useful_ms = c->byte_ms;
	}
	if (r != PH_OK)
		abort_code(c, r);
}

/* After our ABORT: what comes is dropped until the far side is done, too. */
static void
linger(struct conversation *c, int events)
{
	size_t n;
	int r;

	r = PH_OK;
	n = 1;
	while (events & LINK_READABLE && r == PH_OK && n > 0)
		r = link_read(c->link, c->input, INPUT_SIZE, &n);
	if (r != PH_OK || events & LINK_CLOSED) {
		link_want(c->link, 0);
		loop_timer_start(c->later, 0);
	}
}

static void
on_link(void *cookie, struct link *link, int events)
{
	struct conversation *c;

	c = cookie;
	if (c->over) {
		if (c->lingering)
			linger(c, events);
		return;
	}
	pump_out(c);
	if (events & LINK_READABLE)
		pump_in(c);
	if (events & LINK_CLOSED && !c->over) {
		if (link_failure(link)->code != PH_OK)
			finish(c, link_failure(link));
		else
			finish_code(c, PH_ECUT);
	}
	pump_out(c);
}

/* 1 while the peer owes us an answer, or the rest of one. */
static int
is_owed(const struct conversation *c)
{
	return c->session.open[SESSION_SENT - 1] != 0 ||
	    (c->events->is_waiting != NULL &&
		c->session.state == SESSION_WORK &&
		c->events->is_waiting(c->cookie));
}

/* 1 when the peer does not take what we send; the last BYE, too. */
static int
is_stalled(const struct conversation *c, int64_t now)
{
	if (c->out.len == 0)
		return 0;
	if (c->session.state == SESSION_CLOSED)
		return now - c->sent_ms > (int64_t)SESSION_FAREWELL_MS &&
		    now - c->frame_ms > (int64_t)SESSION_FAREWELL_MS;
	return now - c->sent_ms > STALL_MS;
}

/* Look at the deadlines, and show that we live. */
static void
on_tick(void *cookie)
{
	struct conversation *c;
	int64_t now, since;
	int deadline;

	c = cookie;
	if (c->over)
		return;
	now = clock_mono_ms(c->clock);
	deadline = (int)session_deadline_ms(&c->session);
	since = session_state_deadline(c->session.state) == SESSION_IDLE ?
	    c->byte_ms :
	    c->frame_ms;
	/* While we are busy ourselves, the peer has nothing to answer. */
	if (c->paused)
		c->frame_ms = c->byte_ms = c->useful_ms = now;
	if ((!c->paused && deadline > 0 && now - since > deadline) ||
	    (is_owed(c) && now - c->useful_ms > (int64_t)SESSION_ANSWER_MS) ||
	    is_stalled(c, now)) {
		struct failure f;

		(void)failure_set(&f, PH_ETIMEOUT,
		    "the peer did not answer in time");
		conversation_abort(c, &f);
		return;
	}
	if (!is_owed(c))
		c->useful_ms = now;
	if (c->session.state == SESSION_WORK && c->out.len == 0 &&
	    now - c->sent_ms > (int64_t)SESSION_PING_MS &&
	    !(c->session.open[SESSION_SENT - 1] & 1u << MESSAGE_PING)) {
		/* Not the bytes of the one before. */
		c->ping.bytes[0]++;
		(void)!put_own(c, message_ping_encode(&c->ping, &c->out));
		pump_out(c);
	}
	loop_timer_start(c->tick, TICK_MS);
}

/* Kicks, resuming and closing, each from the loop itself. */
static void
on_later(void *cookie)
{
	struct conversation *c;

	c = cookie;
	if (c->over) {
		c->events->on_closed(c->cookie, &c->failure);
		return;
	}
	/* What is to go was put before what comes now was known. */
	pump_out(c);
	pump_in(c);
	pump_out(c);
}

struct conversation *
conversation_new(struct loop *loop, const struct clock *clock,
    struct link *link, enum side side, const struct conversation_events *events,
    void *cookie)
{
	struct conversation *c;

	c = calloc(1, sizeof(*c));
	if (c == NULL) {
		link_free(link);
		return NULL;
	}
	c->loop = loop;
	c->clock = clock;
	c->link = link;
	c->events = events;
	c->cookie = cookie;
	session_init(&c->session, side);
	buffer_init(&c->out, OUTPUT_MAX);
	c->decoder = frame_decoder_new();
	c->input = malloc(INPUT_SIZE);
	c->tick = loop_timer_new(loop, on_tick, c);
	c->later = loop_timer_new(loop, on_later, c);
	if (c->decoder == NULL || c->input == NULL || c->tick == NULL ||
	    c->later == NULL) {
		conversation_free(c);
		return NULL;
	}
	c->sent_ms = c->frame_ms = c->byte_ms = c->useful_ms =
	    clock_mono_ms(clock);
	link_set_callback(link, on_link, c);
	link_want(link, LINK_READABLE);
	loop_timer_start(c->tick, TICK_MS);
	return c;
}

void
conversation_free(struct conversation *c)
{
	if (c == NULL)
		return;
	loop_timer_free(c->later);
	loop_timer_free(c->tick);
	link_free(c->link);
	frame_decoder_free(c->decoder);
	buffer_fini(&c->out);
	free(c->input);
	free(c);
}

struct link *
conversation_link(const struct conversation *c)
{
	return c->link;
}

void
conversation_kick(struct conversation *c)
{
	if (!c->over && !loop_timer_pending(c->later))
		loop_timer_start(c->later, 0);
}

void
conversation_pause(struct conversation *c)
{
	c->paused = 1;
}

void
conversation_resume(struct conversation *c)
{
	c->paused = 0;
	conversation_kick(c);
}

void
conversation_bye(struct conversation *c)
{
	if (c->over || c->leaving)
		return;
	c->leaving = 1;
	conversation_kick(c);
}

void
conversation_abort(struct conversation *c, const struct failure *f)
{
	struct message_error m;
	size_t n;

	if (c->over)
		return;
	finish(c, f);
	memset(&m, 0, sizeof(m));
	m.code = f->code;
	if (session_on_send(&c->session, MESSAGE_ABORT) != PH_OK ||
	    message_abort_encode(&m, &c->out) != PH_OK)
		return;
	/* One try: what does not fit now is not waited for. */
	if (link_write(c->link, c->out.data, c->out.len, &n) != PH_OK ||
	    n < c->out.len)
		return;
	link_finish(c->link);
	c->lingering = 1;
	link_want(c->link, LINK_READABLE);
	loop_timer_start(c->later, LINGER_MS);
}

int
conversation_is_open(const struct conversation *c)
{
	return !c->over && session_is_open(&c->session);
}
