/*
 * Conversations with a peer that answers PING and does nothing else.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/errors.h"
#include "proto/message.h"
#include "proto/message_signal.h"
#include "syncd/link/link_fd.h"
#include "syncd/sync/conversation.h"
#include "tests/unit/check_main.h"

/* Nothing here takes longer, whatever it waits for. */
#define LIMIT_MS (3600 * 1000)

static int64_t now_ms;

static int64_t
simulated(void *cookie)
{
	(void)cookie;
	return now_ms;
}

static const struct clock simulated_clock = {
	.wall = simulated,
	.mono_ms = simulated,
};

static struct loop *loop;

/* What the primary writes to, for frames that it would not send. */
static int wire;

/* One side, which sends the frames of a script as they are allowed. */
struct side_of_talk {
	struct conversation *conversation;
	struct buffer out;
	int waiting;
	int over;
	int code;
};

static int
on_frame(void *cookie, const struct frame *frame)
{
	(void)cookie;
	(void)frame;
	return PH_OK;
}

/* A frame at a time. */
static int
on_room(void *cookie, struct buffer *out)
{
	struct side_of_talk *s;
	size_t n;
	int r;

	s = cookie;
	if (s->out.len == 0)
		return PH_OK;
	n = frame_size(s->out.data);
	r = buffer_put(out, s->out.data, n);
	buffer_consume(&s->out, n);
	return r;
}

static int
is_waiting(void *cookie)
{
	const struct side_of_talk *s;

	s = cookie;
	return s->waiting;
}

static void
on_closed(void *cookie, const struct failure *f)
{
	struct side_of_talk *s;

	s = cookie;
	s->over = 1;
	s->code = f->code;
}

static const struct conversation_events events = {
	.on_frame = on_frame,
	.on_room = on_room,
	.is_waiting = is_waiting,
	.on_closed = on_closed,
};

static void
open_side(struct side_of_talk *s, enum side side, int fd)
{
	struct link *link;
	int other;

	memset(s, 0, sizeof(*s));
	buffer_init(&s->out, 1u << 20);
	other = dup(fd);
	ck_assert_int_ge(other, 0);
	link = link_fd_new(loop, &simulated_clock, "test", fd, other);
	ck_assert_ptr_nonnull(link);
	s->conversation =
	    conversation_new(loop, &simulated_clock, link, side, &events, s);
	ck_assert_ptr_nonnull(s->conversation);
}

static void
close_side(struct side_of_talk *s)
{
	conversation_free(s->conversation);
	buffer_fini(&s->out);
}

/* Put a frame of that many bytes of nothing. */
static void
say(struct side_of_talk *s, enum message_type type, size_t len)
{
	static const uint8_t nothing[256];

	ck_assert_int_eq(frame_put(&s->out, type, 0, nothing, len), PH_OK);
	conversation_kick(s->conversation);
}

static void
turn(int n)
{
	while (n-- > 0)
		loop_turn(loop);
}

/* Both up to the state "work", without differences on their way. */
static void
begin(struct side_of_talk *site, struct side_of_talk *primary)
{
	int fds[2];

	now_ms = 1000;
	loop = loop_new_simulated(&simulated_clock);
	ck_assert_ptr_nonnull(loop);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	open_side(site, SIDE_RECEIVER, fds[0]);
	open_side(primary, SIDE_PROVIDER, fds[1]);
	wire = dup(fds[1]);
	ck_assert_int_ge(wire, 0);
	say(site, MESSAGE_HELLO, 101);
	say(primary, MESSAGE_HELLO, 101);
	turn(20);
	say(site, MESSAGE_AUTH, 64);
	say(primary, MESSAGE_AUTH, 64);
	turn(20);
	say(site, MESSAGE_STATE, 2);
	turn(20);
	say(primary, MESSAGE_SAME, 2);
	turn(20);
	ck_assert(conversation_is_open(site->conversation));
	ck_assert(conversation_is_open(primary->conversation));
}

static void
end(struct side_of_talk *site, struct side_of_talk *primary)
{
	close_side(site);
	close_side(primary);
	(void)close(wire);
	loop_free(loop);
}

/* Let time pass until a side is over; how long it took. */
static int64_t
pass(const struct side_of_talk *s)
{
	int64_t start;

	start = now_ms;
	while (!s->over && now_ms - start < LIMIT_MS) {
		now_ms += 500;
		turn(8);
	}
	return now_ms - start;
}

START_TEST(pings_keep_it)
{
	struct side_of_talk site, primary;

	begin(&site, &primary);
	ck_assert_int_ge(pass(&site), LIMIT_MS);
	end(&site, &primary);
}
END_TEST

START_TEST(who_owes_an_answer_and_only_pings_is_left)
{
	struct side_of_talk site, primary;

	begin(&site, &primary);
	site.waiting = 1;
	ck_assert_int_le(pass(&site), 70000);
	ck_assert_int_eq(site.code, PH_ETIMEOUT);
	end(&site, &primary);
}
END_TEST

START_TEST(a_ping_that_meets_a_bye_is_not_answered)
{
	struct side_of_talk site, primary;

	begin(&site, &primary);
	say(&primary, MESSAGE_PING, 8);
	conversation_bye(site.conversation);
	(void)pass(&site);
	ck_assert_int_eq(site.code, PH_OK);
	(void)pass(&primary);
	ck_assert_int_eq(primary.code, PH_OK);
	end(&site, &primary);
}
END_TEST

START_TEST(another_pong_is_none)
{
	struct side_of_talk site, primary;
	struct buffer pong;
	unsigned int i;

	begin(&site, &primary);
	conversation_pause(primary.conversation);
	/* So long that there was a PING. */
	for (i = 0; i < 64; i++) {
		now_ms += 500;
		turn(8);
	}
	buffer_init(&pong, 64);
	ck_assert_int_eq(frame_put(&pong, MESSAGE_PONG, 0, "\377\377other!", 8),
	    PH_OK);
	ck_assert_int_eq(write(wire, pong.data, pong.len), (ssize_t)pong.len);
	buffer_fini(&pong);
	(void)pass(&site);
	ck_assert_int_eq(site.code, PH_EMESSAGE);
	end(&site, &primary);
}
END_TEST

START_TEST(who_says_bye_and_takes_no_more_is_left)
{
	struct side_of_talk site, primary;
	int i;

	begin(&site, &primary);
	/* More than the socket has room for. */
	conversation_pause(site.conversation);
	for (i = 0; i < 20000; i++)
		say(&primary, MESSAGE_NONE, 32);
	turn(20);
	conversation_bye(site.conversation);
	ck_assert_int_le(pass(&primary), 30000);
	end(&site, &primary);
}
END_TEST

START_TEST(who_takes_nothing_is_left)
{
	struct side_of_talk site, primary;
	int i;

	begin(&site, &primary);
	conversation_pause(site.conversation);
	for (i = 0; i < 20000; i++)
		say(&primary, MESSAGE_NONE, 32);
	ck_assert_int_le(pass(&primary), 310000);
	ck_assert_int_eq(primary.code, PH_ETIMEOUT);
	end(&site, &primary);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tc;

	suite = suite_create("conversation");
	tc = tcase_create("deadlines");
	tcase_add_test(tc, pings_keep_it);
	tcase_add_test(tc, who_owes_an_answer_and_only_pings_is_left);
	tcase_add_test(tc, a_ping_that_meets_a_bye_is_not_answered);
	tcase_add_test(tc, another_pong_is_none);
	tcase_add_test(tc, who_says_bye_and_takes_no_more_is_left);
	tcase_add_test(tc, who_takes_nothing_is_left);
	suite_add_tcase(suite, tc);
	return check_run(suite);
}
