/*
 * Timers of the loop: they fire once and not early, may be freed in their
 * callback, and those of a simulated loop follow its clock.
 */
#include <stdint.h>
#include <string.h>

#include "tests/unit/check_main.h"

#include "syncd/base/clock.h"
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

/* A cookie of a letter. */
static void *
letter(char c)
{
	static char letters[128];

	letters[(unsigned char)c] = c;
	return &letters[(unsigned char)c];
}

/* A timer that tells '.', and then does one of these. */
enum afterwards {
	NOTHING,
	AGAIN,
	FREE,
	STOP,
};

struct tick {
	struct loop_timer *timer;
	enum afterwards afterwards;
	int calls;
};

static void
on_tick(void *cookie)
{
	struct tick *t = cookie;

	ck_assert_int_eq(loop_timer_pending(t->timer), 0);
	t->calls++;
	switch (t->afterwards) {
	case NOTHING:
		break;
	case AGAIN:
		loop_timer_start(t->timer, 1);
		if (t->calls == 3)
			loop_stop(loop);
		break;
	case FREE:
		loop_timer_free(t->timer);
		t->timer = NULL;
		loop_stop(loop);
		break;
	case STOP:
		loop_stop(loop);
		break;
	}
}

static void
tick_start(struct tick *t, enum afterwards afterwards, int64_t ms)
{
	t->afterwards = afterwards;
	t->calls = 0;
	t->timer = loop_timer_new(loop, on_tick, t);
	ck_assert_ptr_nonnull(t->timer);
	ck_assert_int_eq(loop_timer_pending(t->timer), 0);
	loop_timer_start(t->timer, ms);
	ck_assert_int_eq(loop_timer_pending(t->timer), 1);
}

START_TEST(a_timer_fires_once_and_not_early)
{
	struct clock clock;
	struct tick t, last;
	int64_t begun_ms, ended_ms;

	clock = clock_system();
	begun_ms = clock_mono_ms(&clock);
	tick_start(&t, NOTHING, 20);
	tick_start(&last, STOP, 60);
	loop_run(loop);
	ended_ms = clock_mono_ms(&clock);
	ck_assert_int_ge(ended_ms - begun_ms, 59);
	ck_assert_int_eq(t.calls, 1);
	loop_timer_free(t.timer);
	loop_timer_free(last.timer);
}
END_TEST

START_TEST(a_timer_may_start_again_in_its_callback)
{
	struct tick t;

	tick_start(&t, AGAIN, 1);
	loop_run(loop);
	ck_assert_int_eq(t.calls, 3);
	loop_timer_free(t.timer);
}
END_TEST

START_TEST(a_timer_may_be_freed_in_its_callback)
{
	struct tick t;

	tick_start(&t, FREE, 1);
	loop_run(loop);
	ck_assert_int_eq(t.calls, 1);
}
END_TEST

START_TEST(a_cancelled_timer_does_not_fire)
{
	struct tick t, last;

	tick_start(&t, NOTHING, 1);
	tick_start(&last, STOP, 15);
	loop_timer_cancel(t.timer);
	ck_assert_int_eq(loop_timer_pending(t.timer), 0);
	loop_timer_cancel(t.timer);
	loop_run(loop);
	ck_assert_int_eq(t.calls, 0);
	loop_timer_free(t.timer);
	loop_timer_free(last.timer);
}
END_TEST

START_TEST(a_started_timer_may_be_freed)
{
	struct tick t, last;

	tick_start(&t, NOTHING, 1);
	tick_start(&last, STOP, 15);
	loop_timer_free(t.timer);
	loop_run(loop);
	loop_timer_free(last.timer);
}
END_TEST

START_TEST(starting_anew_moves_the_moment)
{
	struct tick t, last;

	tick_start(&t, NOTHING, 1);
	loop_timer_start(t.timer, 3600000);
	tick_start(&last, STOP, 15);
	loop_run(loop);
	ck_assert_int_eq(t.calls, 0);
	ck_assert_int_eq(loop_timer_pending(t.timer), 1);
	loop_timer_start(t.timer, INT64_MAX);
	loop_timer_start(t.timer, -5);
	loop_turn(loop);
	ck_assert_int_eq(t.calls, 1);
	loop_timer_free(t.timer);
	loop_timer_free(last.timer);
}
END_TEST

/* A clock that stands still until it is set. */
static int64_t now_ms;

static int64_t
still_mono_ms(void *cookie)
{
	(void)cookie;
	return now_ms;
}

static const struct clock still = { .mono_ms = still_mono_ms };

static void
begin_simulated(void)
{
	now_ms = 1000;
	loop = loop_new_simulated(&still);
	ck_assert_ptr_nonnull(loop);
	story[0] = '\0';
}

static struct loop_timer *
timer_of(char c, int64_t ms)
{
	struct loop_timer *t;

	t = loop_timer_new(loop, on_letter, letter(c));
	ck_assert_ptr_nonnull(t);
	loop_timer_start(t, ms);
	return t;
}

START_TEST(simulated_timers_follow_the_clock)
{
	struct loop_timer *timers[4];
	int i;

	ck_assert_int_eq(loop_next_ms(loop), -1);
	timers[0] = timer_of('c', 30);
	timers[1] = timer_of('a', 10);
	timers[2] = timer_of('d', 30);
	timers[3] = timer_of('b', 20);
	ck_assert_int_eq(loop_next_ms(loop), 1010);
	loop_turn(loop);
	ck_assert_str_eq(story, "");
	now_ms = 1010;
	loop_turn(loop);
	ck_assert_str_eq(story, "a");
	ck_assert_int_eq(loop_next_ms(loop), 1020);
	now_ms = 5000;
	loop_turn(loop);
	ck_assert_str_eq(story, "abcd");
	ck_assert_int_eq(loop_next_ms(loop), -1);
	for (i = 0; i < 4; i++)
		loop_timer_free(timers[i]);
}
END_TEST

static struct loop_timer *victim;

static void
on_cancel_victim(void *cookie)
{
	tell(*(const char *)cookie);
	loop_timer_free(victim);
	victim = NULL;
}

START_TEST(a_simulated_timer_may_free_the_next)
{
	struct loop_timer *killer, *later;

	killer = loop_timer_new(loop, on_cancel_victim, letter('k'));
	ck_assert_ptr_nonnull(killer);
	loop_timer_start(killer, 5);
	victim = timer_of('v', 5);
	later = timer_of('l', 6);
	now_ms += 10;
	loop_turn(loop);
	ck_assert_str_eq(story, "kl");
	loop_timer_free(killer);
	loop_timer_free(later);
}
END_TEST

START_TEST(a_simulated_timer_without_delay_waits_for_the_next_turn)
{
	struct tick t;

	tick_start(&t, AGAIN, 0);
	loop_turn(loop);
	loop_turn(loop);
	ck_assert_int_eq(t.calls, 1);
	now_ms++;
	loop_turn(loop);
	ck_assert_int_eq(t.calls, 2);
	loop_timer_free(t.timer);
}
END_TEST

static void
add_timers(Suite *suite)
{
	TCase *tests;

	tests = tcase_create("timers");
	tcase_add_checked_fixture(tests, begin, end);
	tcase_add_test(tests, a_timer_fires_once_and_not_early);
	tcase_add_test(tests, a_timer_may_start_again_in_its_callback);
	tcase_add_test(tests, a_timer_may_be_freed_in_its_callback);
	tcase_add_test(tests, a_cancelled_timer_does_not_fire);
	tcase_add_test(tests, a_started_timer_may_be_freed);
	tcase_add_test(tests, starting_anew_moves_the_moment);
	suite_add_tcase(suite, tests);
}

int
main(void)
{
	Suite *suite;
	TCase *tests;

	suite = suite_create("loop_timer");
	add_timers(suite);
	tests = tcase_create("simulated");
	tcase_add_checked_fixture(tests, begin_simulated, end);
	tcase_add_test(tests, simulated_timers_follow_the_clock);
	tcase_add_test(tests, a_simulated_timer_may_free_the_next);
	tcase_add_test(tests,
	    a_simulated_timer_without_delay_waits_for_the_next_turn);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
