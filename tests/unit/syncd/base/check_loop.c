/*
 * The loop but for its timers: callbacks come when they should and in order,
 * objects may be freed in their own callback and in that of another, and
 * posts from threads all arrive.
 */
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/check_main.h"

#include "proto/errors.h"
#include "syncd/base/loop.h"

static struct loop *loop;

/* What happened, one letter each. */
static char story[256];

static void
tell(char c)
{
	size_t n;

	n = strlen(story);
	ck_assert_uint_lt(n, sizeof(story) - 1);
	story[n] = c;
	story[n + 1] = '\0';
}

static void
begin(void)
{
	loop = loop_new();
	ck_assert_ptr_nonnull(loop);
	story[0] = '\0';
}

static void
end(void)
{
	loop_free(loop);
}

/* Tells the letter that the cookie points to. */
static void
on_letter(void *cookie)
{
	tell(*(const char *)cookie);
}

static void
on_stop(void *cookie)
{
	tell('!');
	loop_stop(cookie);
}

static void
post(loop_callback *callback, void *cookie)
{
	ck_assert_int_eq(loop_post(loop, callback, cookie), PH_OK);
}

/* A cookie of a letter. */
static void *
letter(char c)
{
	static char letters[128];

	letters[(unsigned char)c] = c;
	return &letters[(unsigned char)c];
}

START_TEST(posts_are_made_in_order)
{
	post(on_letter, letter('a'));
	post(on_letter, letter('b'));
	post(on_letter, letter('c'));
	ck_assert_str_eq(story, "");
	loop_turn(loop);
	ck_assert_str_eq(story, "abc");
	loop_turn(loop);
	ck_assert_str_eq(story, "abc");
}
END_TEST

static void
on_post_another(void *cookie)
{
	tell('p');
	post(on_letter, cookie);
}

START_TEST(what_a_post_posts_waits_for_the_next_turn)
{
	post(on_post_another, letter('x'));
	post(on_letter, letter('a'));
	loop_turn(loop);
	ck_assert_str_eq(story, "pa");
	loop_turn(loop);
	ck_assert_str_eq(story, "pax");
}
END_TEST

START_TEST(stop_ends_the_run_after_the_callback)
{
	post(on_letter, letter('a'));
	post(on_stop, loop);
	post(on_letter, letter('b'));
	loop_run(loop);
	ck_assert_str_eq(story, "a!");
	/* Stopped for good; what is left is not lost to a turn. */
	loop_run(loop);
	ck_assert_str_eq(story, "a!");
	loop_turn(loop);
	ck_assert_str_eq(story, "a!b");
}
END_TEST

START_TEST(a_loop_stopped_before_does_not_run)
{
	post(on_letter, letter('a'));
	loop_stop(loop);
	loop_run(loop);
	ck_assert_str_eq(story, "");
}
END_TEST

static void *
stop_from_thread(void *cookie)
{
	struct timespec pause = { .tv_sec = 0, .tv_nsec = 20000000 };

	(void)nanosleep(&pause, NULL);
	loop_stop(cookie);
	return NULL;
}

START_TEST(another_thread_stops_a_waiting_loop)
{
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, stop_from_thread, loop),
	    0);
	loop_run(loop);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
}
END_TEST

START_TEST(posts_left_over_are_freed)
{
	post(on_letter, letter('a'));
	post(on_letter, letter('b'));
	/* The sanitizer looks whether end() frees them. */
}
END_TEST

/* Posts of several threads: numbers of each arrive in its order. */
#define THREADS 4
#define POSTS 2000

struct poster {
	int expected;
};

struct arrival {
	struct poster *poster;
	int number;
};

static int arrived;

static void
on_arrival(void *cookie)
{
	struct arrival *a = cookie;

	ck_assert_int_eq(a->number, a->poster->expected);
	a->poster->expected++;
	free(a);
	if (++arrived == THREADS * POSTS)
		loop_stop(loop);
}

static void *
post_many(void *cookie)
{
	struct arrival *a;
	int i;

	for (i = 0; i < POSTS; i++) {
		a = malloc(sizeof(*a));
		if (a == NULL)
			abort();
		a->poster = cookie;
		a->number = i;
		if (loop_post(loop, on_arrival, a) != PH_OK)
			abort();
	}
	return NULL;
}

START_TEST(posts_of_threads_all_arrive_in_order)
{
	static struct poster posters[THREADS];
	pthread_t threads[THREADS];
	int i;

	arrived = 0;
	for (i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, post_many,
				     &posters[i]),
		    0);
	loop_run(loop);
	for (i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	ck_assert_int_eq(arrived, THREADS * POSTS);
}
END_TEST

/* A watched end of a socket pair. */
struct end {
	struct loop_io *io;
	int fd;
	int far;
	int events;
	int calls;
};

static void
on_end(void *cookie, int events)
{
	struct end *e = cookie;

	e->events = events;
	e->calls++;
}

static void
end_open(struct end *e, loop_io_callback *callback)
{
	int fds[2];

	memset(e, 0, sizeof(*e));
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
			     fds),
	    0);
	e->fd = fds[0];
	e->far = fds[1];
	e->io = loop_io_new(loop, e->fd, callback, e);
	ck_assert_ptr_nonnull(e->io);
}

static void
end_close(struct end *e)
{
	loop_io_free(e->io);
	ck_assert_int_eq(close(e->fd), 0);
	ck_assert_int_eq(close(e->far), 0);
}

START_TEST(nothing_is_told_that_is_not_wanted)
{
	struct end e;

	end_open(&e, on_end);
	ck_assert_int_eq((int)write(e.far, "x", 1), 1);
	loop_turn(loop);
	ck_assert_int_eq(e.calls, 0);
	loop_io_want(e.io, LOOP_READABLE);
	loop_turn(loop);
	ck_assert_int_eq(e.calls, 1);
	ck_assert_int_eq(e.events, LOOP_READABLE);
	/* As long as there is something to read. */
	loop_turn(loop);
	ck_assert_int_eq(e.calls, 2);
	loop_io_want(e.io, 0);
	loop_turn(loop);
	ck_assert_int_eq(e.calls, 2);
	end_close(&e);
}
END_TEST

START_TEST(readable_and_writable_are_told_apart)
{
	struct end e;

	end_open(&e, on_end);
	loop_io_want(e.io, LOOP_READABLE | LOOP_WRITABLE);
	loop_turn(loop);
	ck_assert_int_eq(e.events, LOOP_WRITABLE);
	ck_assert_int_eq((int)write(e.far, "x", 1), 1);
	loop_turn(loop);
	ck_assert_int_eq(e.events, LOOP_READABLE | LOOP_WRITABLE);
	loop_io_want(e.io, LOOP_WRITABLE);
	loop_turn(loop);
	ck_assert_int_eq(e.events, LOOP_WRITABLE);
	loop_io_want(e.io, LOOP_READABLE);
	loop_turn(loop);
	ck_assert_int_eq(e.events, LOOP_READABLE);
	end_close(&e);
}
END_TEST

START_TEST(two_may_watch_one_descriptor)
{
	struct end e;
	struct loop_io *other;
	struct end second = { 0 };

	end_open(&e, on_end);
	other = loop_io_new(loop, e.fd, on_end, &second);
	ck_assert_ptr_nonnull(other);
	loop_io_want(e.io, LOOP_READABLE);
	loop_io_want(other, LOOP_WRITABLE);
	loop_turn(loop);
	ck_assert_int_eq(e.calls, 0);
	ck_assert_int_eq(second.events, LOOP_WRITABLE);
	loop_io_free(other);
	ck_assert_int_eq((int)write(e.far, "x", 1), 1);
	loop_turn(loop);
	ck_assert_int_eq(e.events, LOOP_READABLE);
	ck_assert_int_eq(second.calls, 1);
	end_close(&e);
}
END_TEST

START_TEST(the_end_of_a_stream_is_readable)
{
	struct end e;

	end_open(&e, on_end);
	loop_io_want(e.io, LOOP_READABLE);
	ck_assert_int_eq(shutdown(e.far, SHUT_WR), 0);
	loop_turn(loop);
	ck_assert_int_eq(e.events, LOOP_READABLE);
	end_close(&e);
}
END_TEST

static void
on_end_free(void *cookie, int events)
{
	struct end *e = cookie;

	(void)events;
	e->calls++;
	loop_io_free(e->io);
	e->io = NULL;
}

START_TEST(an_io_may_be_freed_in_its_callback)
{
	struct end e;

	end_open(&e, on_end_free);
	loop_io_want(e.io, LOOP_READABLE | LOOP_WRITABLE);
	loop_turn(loop);
	ck_assert_int_eq(e.calls, 1);
	loop_turn(loop);
	ck_assert_int_eq(e.calls, 1);
	end_close(&e);
}
END_TEST

/* Of two that are ready, whichever comes first frees the other. */
static struct end pair[2];

static void
on_end_free_other(void *cookie, int events)
{
	struct end *e = cookie;
	struct end *other;

	(void)events;
	e->calls++;
	other = e == &pair[0] ? &pair[1] : &pair[0];
	loop_io_free(other->io);
	other->io = NULL;
}

START_TEST(an_io_may_be_freed_while_it_is_ready)
{
	end_open(&pair[0], on_end_free_other);
	end_open(&pair[1], on_end_free_other);
	loop_io_want(pair[0].io, LOOP_WRITABLE);
	loop_io_want(pair[1].io, LOOP_WRITABLE);
	loop_turn(loop);
	ck_assert_int_eq(pair[0].calls + pair[1].calls, 1);
	end_close(&pair[0]);
	end_close(&pair[1]);
}
END_TEST

static void
on_end_unwant(void *cookie, int events)
{
	struct end *e = cookie;

	(void)events;
	e->calls++;
	loop_io_want(e->io, 0);
}

START_TEST(wishes_may_change_in_the_callback)
{
	struct end e;

	end_open(&e, on_end_unwant);
	loop_io_want(e.io, LOOP_WRITABLE);
	loop_turn(loop);
	loop_turn(loop);
	ck_assert_int_eq(e.calls, 1);
	loop_io_want(e.io, LOOP_WRITABLE);
	loop_turn(loop);
	ck_assert_int_eq(e.calls, 2);
	end_close(&e);
}
END_TEST

START_TEST(a_regular_file_cannot_be_watched)
{
	int fd;

	fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	ck_assert_int_ne(fd, -1);
	ck_assert_ptr_null(loop_io_new(loop, fd, on_end, NULL));
	ck_assert_int_eq(close(fd), 0);
}
END_TEST

static struct loop_signal *watched;

static void
on_signal_free(void *cookie)
{
	tell('s');
	loop_signal_free(watched);
	watched = NULL;
	loop_stop(cookie);
}

START_TEST(signals_arrive_on_the_loop)
{
	struct loop_signal *s;

	s = loop_signal_new(loop, SIGUSR1, on_letter, letter('u'));
	ck_assert_ptr_nonnull(s);
	ck_assert_int_eq(raise(SIGUSR1), 0);
	ck_assert_str_eq(story, "");
	loop_turn(loop);
	ck_assert_str_eq(story, "u");
	ck_assert_int_eq(raise(SIGUSR1), 0);
	loop_turn(loop);
	ck_assert_str_eq(story, "uu");
	loop_signal_free(s);
}
END_TEST

START_TEST(a_signal_may_be_freed_in_its_callback)
{
	watched = loop_signal_new(loop, SIGUSR2, on_signal_free, loop);
	ck_assert_ptr_nonnull(watched);
	ck_assert_int_eq(raise(SIGUSR2), 0);
	loop_run(loop);
	ck_assert_str_eq(story, "s");
}
END_TEST

START_TEST(null_is_freed_gladly)
{
	loop_io_free(NULL);
	loop_timer_free(NULL);
	loop_signal_free(NULL);
	loop_free(NULL);
}
END_TEST

static void
add_posts(Suite *suite)
{
	TCase *tests;

	tests = tcase_create("posts");
	tcase_add_checked_fixture(tests, begin, end);
	tcase_add_test(tests, posts_are_made_in_order);
	tcase_add_test(tests, what_a_post_posts_waits_for_the_next_turn);
	tcase_add_test(tests, stop_ends_the_run_after_the_callback);
	tcase_add_test(tests, a_loop_stopped_before_does_not_run);
	tcase_add_test(tests, another_thread_stops_a_waiting_loop);
	tcase_add_test(tests, posts_left_over_are_freed);
	tcase_add_test(tests, posts_of_threads_all_arrive_in_order);
	tcase_add_test(tests, null_is_freed_gladly);
	suite_add_tcase(suite, tests);
}

static void
add_io(Suite *suite)
{
	TCase *tests;

	tests = tcase_create("io");
	tcase_add_checked_fixture(tests, begin, end);
	tcase_add_test(tests, nothing_is_told_that_is_not_wanted);
	tcase_add_test(tests, readable_and_writable_are_told_apart);
	tcase_add_test(tests, two_may_watch_one_descriptor);
	tcase_add_test(tests, the_end_of_a_stream_is_readable);
	tcase_add_test(tests, an_io_may_be_freed_in_its_callback);
	tcase_add_test(tests, an_io_may_be_freed_while_it_is_ready);
	tcase_add_test(tests, wishes_may_change_in_the_callback);
	tcase_add_test(tests, a_regular_file_cannot_be_watched);
	suite_add_tcase(suite, tests);
}

int
main(void)
{
	Suite *suite;
	TCase *tests;

	suite = suite_create("loop");
	add_posts(suite);
	add_io(suite);
	tests = tcase_create("signals");
	tcase_add_checked_fixture(tests, begin, end);
	tcase_add_test(tests, signals_arrive_on_the_loop);
	tcase_add_test(tests, a_signal_may_be_freed_in_its_callback);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
