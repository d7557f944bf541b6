/*
 * Links over descriptors: bytes both ways, ends and cuts, what is told and
 * when, the rate, and the socket of a gate.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/check_main.h"

#include "proto/errors.h"
#include "proto/gate_message.h"
#include "syncd/base/clock.h"
#include "syncd/link/link_fd.h"
#include "tests/unit/syncd/link/link_watch.h"

static struct loop *loop;
static struct clock sysclock;
static struct link_watch w;

/* The far side: what we read and it writes, and the other way. */
static int far_out, far_in;
static int gate;

static void
begin_with(struct loop *l, const struct clock *clock, int with_gate)
{
	int in[2], out[2], gates[2];

	loop = l;
	gate = gates[0] = -1;
	ck_assert_int_eq(pipe(in), 0);
	ck_assert_int_eq(pipe(out), 0);
	far_out = in[1];
	far_in = out[0];
	if (with_gate) {
		ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, gates),
		    0);
		gate = gates[1];
	}
	link_watch_start(&w, loop,
	    link_fd_new_gate(loop, clock, "test", in[0], out[1], gates[0]));
}

static void
begin(void)
{
	sysclock = clock_system();
	begin_with(loop_new(), &sysclock, 0);
}

static void
begin_gate(void)
{
	sysclock = clock_system();
	begin_with(loop_new(), &sysclock, 1);
}

static void
end(void)
{
	link_free(w.link);
	loop_free(loop);
	if (far_out != -1)
		(void)close(far_out);
	if (far_in != -1)
		(void)close(far_in);
	if (gate != -1)
		(void)close(gate);
}

static void
far_write(const char *text)
{
	ck_assert_int_eq(write(far_out, text, strlen(text)),
	    (ssize_t)strlen(text));
}

static void
far_close(int *fd)
{
	ck_assert_int_eq(close(*fd), 0);
	*fd = -1;
}

START_TEST(bytes_both_ways)
{
	char buf[16];

	ck_assert_int_eq(link_stage(w.link), LINK_STAGE_OPEN);
	ck_assert_str_eq(link_name(w.link), "test");
	far_write("hello");
	link_watch_read(&w, buf, 5);
	ck_assert_mem_eq(buf, "hello", 5);
	link_watch_write(&w, "there", 5);
	ck_assert_int_eq(read(far_in, buf, sizeof(buf)), 5);
	ck_assert_mem_eq(buf, "there", 5);
	ck_assert_int_eq(w.nopen, 0);
	ck_assert_int_eq(w.nclosed, 0);
}
END_TEST

START_TEST(nothing_is_told_unasked)
{
	char buf[16];
	size_t n;

	far_write("hello");
	link_watch_turn(&w, 20);
	ck_assert_int_eq(w.ncalls, 0);
	/* Again and again, until it is taken. */
	link_want(w.link, LINK_READABLE);
	link_watch_turn(&w, 20);
	ck_assert_int_gt(w.ncalls, 1);
	ck_assert_int_eq(w.events, LINK_READABLE);
	ck_assert_int_eq(link_read(w.link, buf, sizeof(buf), &n), PH_OK);
	ck_assert_uint_eq(n, 5);
	ck_assert_int_eq(link_read(w.link, buf, sizeof(buf), &n), PH_OK);
	ck_assert_uint_eq(n, 0);
	w.ncalls = 0;
	link_watch_turn(&w, 20);
	ck_assert_int_eq(w.ncalls, 0);
}
END_TEST

START_TEST(takes_what_the_pipe_takes)
{
	static char data[1 << 20];
	static char sink[1 << 20];
	size_t n;

	ck_assert_int_eq(link_write(w.link, data, sizeof(data), &n), PH_OK);
	ck_assert_uint_gt(n, 0);
	ck_assert_uint_lt(n, sizeof(data));
	link_want(w.link, LINK_WRITABLE);
	link_watch_turn(&w, 20);
	ck_assert_int_eq(w.ncalls, 0);
	ck_assert_int_eq(read(far_in, sink, sizeof(sink)), (ssize_t)n);
	(void)link_watch_until(&w, LINK_WRITABLE);
}
END_TEST

START_TEST(the_end_comes_after_the_bytes)
{
	char buf[16];
	size_t n;

	far_write("bye");
	far_close(&far_out);
	link_watch_read(&w, buf, 3);
	link_want(w.link, LINK_READABLE);
	(void)link_watch_until(&w, LINK_READABLE);
	ck_assert_int_eq(link_read(w.link, buf, sizeof(buf), &n), LINK_END);
	ck_assert_uint_eq(n, 0);
	ck_assert_int_eq(link_read(w.link, buf, sizeof(buf), &n), LINK_END);
	/* Our direction is still there. */
	link_watch_write(&w, "there", 5);
	ck_assert_int_eq(read(far_in, buf, sizeof(buf)), 5);
	link_watch_turn(&w, 20);
	ck_assert_int_eq(w.nclosed, 0);
	link_finish(w.link);
	(void)link_watch_until(&w, LINK_CLOSED);
	ck_assert_int_eq(link_failure(w.link)->code, PH_OK);
	ck_assert_int_eq(read(far_in, buf, sizeof(buf)), 0);
	link_watch_turn(&w, 20);
	ck_assert_int_eq(w.nclosed, 1);
}
END_TEST

START_TEST(half_closed_by_us)
{
	char buf[16];

	link_watch_write(&w, "last", 4);
	link_finish(w.link);
	link_finish(w.link);
	ck_assert_int_eq(read(far_in, buf, sizeof(buf)), 4);
	ck_assert_int_eq(read(far_in, buf, sizeof(buf)), 0);
	far_write("heard");
	link_watch_read(&w, buf, 5);
	far_close(&far_out);
	ck_assert_int_eq(link_watch_end(&w), LINK_END);
	(void)link_watch_until(&w, LINK_CLOSED);
	ck_assert_int_eq(link_failure(w.link)->code, PH_OK);
}
END_TEST

START_TEST(last_words_are_heard_before_the_cut)
{
	char buf[16];
	size_t n;

	far_write("abort");
	far_close(&far_in);
	link_want(w.link, LINK_READABLE | LINK_WRITABLE);
	/* SIGPIPE would end the test here. */
	ck_assert_int_eq(link_write(w.link, "lost", 4, &n), PH_OK);
	ck_assert_uint_eq(n, 0);
	link_watch_turn(&w, 20);
	ck_assert_int_eq(w.nclosed, 0);
	ck_assert_int_eq(link_read(w.link, buf, sizeof(buf), &n), PH_OK);
	ck_assert_uint_eq(n, 5);
	far_close(&far_out);
	ck_assert_int_eq(link_watch_end(&w), PH_ECUT);
	w.nclosed = 0;
	w.events = 0;
	link_watch_turn(&w, 20);
	ck_assert_int_le(w.nclosed, 1);
	ck_assert_int_eq(link_failure(w.link)->code, PH_ECUT);
	ck_assert_int_eq(link_write(w.link, "lost", 4, &n), PH_ECUT);
}
END_TEST

START_TEST(a_writer_hears_of_the_cut_when_it_reads)
{
	char buf[16];
	size_t n;

	far_write("abort");
	far_close(&far_in);
	far_close(&far_out);
	link_want(w.link, LINK_WRITABLE);
	ck_assert_int_eq(link_write(w.link, "lost", 4, &n), PH_OK);
	link_watch_turn(&w, 20);
	ck_assert_int_eq(w.nclosed, 0);
	link_want(w.link, LINK_READABLE);
	link_watch_turn(&w, 20);
	ck_assert_int_eq(link_read(w.link, buf, sizeof(buf), &n), PH_OK);
	ck_assert_uint_eq(n, 5);
	ck_assert_int_eq(link_watch_end(&w), PH_ECUT);
	ck_assert_int_eq(link_failure(w.link)->code, PH_ECUT);
	ck_assert_str_ne(link_failure(w.link)->what, "");
	link_watch_turn(&w, 20);
	ck_assert_int_eq(w.nclosed, 1);
}
END_TEST

START_TEST(freed_by_its_callback)
{
	int events;

	far_write("hello");
	w.free_on = LINK_READABLE;
	link_want(w.link, LINK_READABLE | LINK_WRITABLE);
	events = link_watch_until(&w, LINK_READABLE);
	ck_assert(events & LINK_READABLE);
	ck_assert_ptr_null(w.link);
	w.ncalls = 0;
	link_watch_turn(&w, 20);
	ck_assert_int_eq(w.ncalls, 0);
}
END_TEST

START_TEST(one_socket_for_both)
{
	char buf[16];
	int fds[2];

	link_free(w.link);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	link_watch_start(&w, loop,
	    link_fd_new(loop, &sysclock, "socket", fds[0], fds[0]));
	ck_assert_int_eq(write(fds[1], "hello", 5), 5);
	link_want(w.link, LINK_READABLE | LINK_WRITABLE);
	link_watch_turn(&w, 20);
	ck_assert_int_eq(w.events, LINK_READABLE | LINK_WRITABLE);
	link_watch_read(&w, buf, 5);
	link_watch_write(&w, "there", 5);
	link_finish(w.link);
	ck_assert_int_eq(read(fds[1], buf, sizeof(buf)), 5);
	ck_assert_int_eq(read(fds[1], buf, sizeof(buf)), 0);
	ck_assert_int_eq(write(fds[1], "again", 5), 5);
	link_watch_read(&w, buf, 5);
	ck_assert_int_eq(close(fds[1]), 0);
	ck_assert_int_eq(link_watch_end(&w), LINK_END);
	(void)link_watch_until(&w, LINK_CLOSED);
}
END_TEST

START_TEST(two_descriptors_of_one_socket)
{
	char buf[16];
	int fds[2];

	link_free(w.link);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	link_watch_start(&w, loop,
	    link_fd_new(loop, &sysclock, "socket", fds[0], dup(fds[0])));
	link_watch_write(&w, "last", 4);
	link_finish(w.link);
	ck_assert_int_eq(read(fds[1], buf, sizeof(buf)), 4);
	ck_assert_int_eq(read(fds[1], buf, sizeof(buf)), 0);
	ck_assert_int_eq(close(fds[1]), 0);
}
END_TEST

START_TEST(what_cannot_be_watched_is_refused)
{
	int fd;

	fd = open("/etc/passwd", O_RDONLY);
	ck_assert_int_ne(fd, -1);
	ck_assert_ptr_null(link_fd_new(loop, &sysclock, "file", fd, dup(fd)));
	ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
}
END_TEST

START_TEST(handed_to_another_owner)
{
	struct link_watch other;

	far_write("hello");
	link_want(w.link, LINK_READABLE);
	(void)link_watch_until(&w, LINK_READABLE);
	w.ncalls = 0;
	link_watch_start(&other, loop, w.link);
	link_watch_turn(&other, 20);
	/* What the old one wanted is not the new one's wish. */
	ck_assert_int_eq(other.ncalls, 0);
	link_want(w.link, LINK_READABLE);
	(void)link_watch_until(&other, LINK_READABLE);
	ck_assert_int_eq(w.ncalls, 0);
}
END_TEST

/*
 * Both directions as fast as it goes for ms; whether both kept the rate.
 * saved is what may have been saved up at an earlier rate.
 */
static void
check_rate(uint64_t rate, int64_t ms, uint64_t saved)
{
	static char data[65536];
	uint64_t received, sent, received_before, sent_before, want;
	int64_t start_ms, elapsed_ms;
	size_t n;

	link_counters(w.link, &received_before, &sent_before);
	link_set_rate(w.link, rate);
	link_want(w.link, LINK_READABLE | LINK_WRITABLE);
	start_ms = link_watch_now_ms();
	do {
		loop_turn(loop);
		while (write(far_out, data, sizeof(data)) > 0)
			;
		while (read(far_in, data, sizeof(data)) > 0)
			;
		ck_assert_int_eq(link_write(w.link, data, sizeof(data), &n),
		    PH_OK);
		ck_assert_int_eq(link_watch_drain(&w), PH_OK);
		(void)usleep(1000);
		elapsed_ms = link_watch_now_ms() - start_ms;
	} while (elapsed_ms < ms);
	link_counters(w.link, &received, &sent);
	received -= received_before;
	sent -= sent_before;
	want = rate * (uint64_t)elapsed_ms / 1000;
	ck_assert_uint_le(received, want + want / 20 + saved);
	ck_assert_uint_ge(received, want - want / 20);
	ck_assert_uint_le(sent, want + want / 20 + saved);
	ck_assert_uint_ge(sent, want - want / 20);
}

START_TEST(the_rate_is_kept)
{
	(void)fcntl(far_out, F_SETFL, O_NONBLOCK);
	(void)fcntl(far_in, F_SETFL, O_NONBLOCK);
	check_rate(1000000, 2000, 0);
	check_rate(100000, 1000, 10000);
}
END_TEST

/* The time of a simulated loop. */
static int64_t simulated_ms;

static int64_t
simulated_mono_ms(void *cookie)
{
	(void)cookie;
	return simulated_ms;
}

START_TEST(the_rate_wakes_its_owner)
{
	static struct clock clock = { .mono_ms = simulated_mono_ms };
	static char data[4096];
	int64_t next_ms;

	link_free(w.link);
	w.link = NULL;
	loop_free(loop);
	far_close(&far_out);
	far_close(&far_in);
	begin_with(loop_new_simulated(&clock), &clock, 0);
	link_set_rate(w.link, 1000);
	link_want(w.link, LINK_READABLE);
	ck_assert_int_eq(write(far_out, data, sizeof(data)), sizeof(data));
	while (simulated_ms < 4000) {
		loop_turn(loop);
		if (w.events)
			ck_assert_int_eq(link_watch_drain(&w), PH_OK);
		w.events = 0;
		next_ms = loop_next_ms(loop);
		/* It sleeps, but not for ever. */
		ck_assert_int_gt(next_ms, simulated_ms);
		ck_assert_int_le(next_ms, simulated_ms + 100);
		simulated_ms = next_ms;
	}
	ck_assert_uint_ge(w.got, 3960);
	ck_assert_uint_le(w.got, 4010);
}
END_TEST

START_TEST(the_gate_gets_its_status_last)
{
	unsigned char status;
	char buf[16];

	link_watch_write(&w, "last", 4);
	link_set_exit_status(w.link, 42);
	link_free(w.link);
	w.link = NULL;
	ck_assert_int_eq(recv(gate, &status, 1, 0), 1);
	ck_assert_int_eq(status, 42);
	ck_assert_int_eq(recv(gate, &status, 1, 0), 0);
	ck_assert_int_eq(read(far_in, buf, sizeof(buf)), 4);
	ck_assert_int_eq(read(far_in, buf, sizeof(buf)), 0);
}
END_TEST

START_TEST(the_gate_hears_of_a_half_close)
{
	unsigned char bytes[8];

	link_finish(w.link);
	ck_assert_int_eq(recv(gate, bytes, sizeof(bytes), 0),
	    GATE_MESSAGE_FINISHED_SIZE);
	link_set_exit_status(w.link, 42);
	link_free(w.link);
	w.link = NULL;
	ck_assert_int_eq(recv(gate, bytes, sizeof(bytes), 0), 1);
	ck_assert_int_eq(bytes[0], 42);
}
END_TEST

START_TEST(no_status_is_zero)
{
	unsigned char status;

	ck_assert_int_eq(link_exit_status(w.link), -1);
	link_free(w.link);
	w.link = NULL;
	ck_assert_int_eq(recv(gate, &status, 1, 0), 1);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(a_gate_that_dies_cuts_the_link)
{
	char buf[16];
	size_t n;

	far_write("hello");
	far_close(&gate);
	(void)link_watch_until(&w, LINK_CLOSED);
	ck_assert_int_eq(link_failure(w.link)->code, PH_ECUT);
	ck_assert_int_eq(link_read(w.link, buf, sizeof(buf), &n), PH_ECUT);
}
END_TEST

START_TEST(a_gate_that_talks_is_none)
{
	ck_assert_int_eq(send(gate, "x", 1, 0), 1);
	(void)link_watch_until(&w, LINK_CLOSED);
	ck_assert_int_eq(link_failure(w.link)->code, PH_ECUT);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tc;

	suite = suite_create("syncd/link/link_fd");
	tc = tcase_create("link_fd");
	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_test(tc, bytes_both_ways);
	tcase_add_test(tc, nothing_is_told_unasked);
	tcase_add_test(tc, takes_what_the_pipe_takes);
	tcase_add_test(tc, the_end_comes_after_the_bytes);
	tcase_add_test(tc, half_closed_by_us);
	tcase_add_test(tc, last_words_are_heard_before_the_cut);
	tcase_add_test(tc, a_writer_hears_of_the_cut_when_it_reads);
	tcase_add_test(tc, freed_by_its_callback);
	tcase_add_test(tc, one_socket_for_both);
	tcase_add_test(tc, two_descriptors_of_one_socket);
	tcase_add_test(tc, what_cannot_be_watched_is_refused);
	tcase_add_test(tc, handed_to_another_owner);
	tcase_add_test(tc, the_rate_is_kept);
	tcase_add_test(tc, the_rate_wakes_its_owner);
	suite_add_tcase(suite, tc);
	tc = tcase_create("gate");
	tcase_add_checked_fixture(tc, begin_gate, end);
	tcase_add_test(tc, the_gate_gets_its_status_last);
	tcase_add_test(tc, the_gate_hears_of_a_half_close);
	tcase_add_test(tc, no_status_is_zero);
	tcase_add_test(tc, a_gate_that_dies_cuts_the_link);
	tcase_add_test(tc, a_gate_that_talks_is_none);
	suite_add_tcase(suite, tc);
	return check_run(suite);
}
