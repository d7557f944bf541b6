/*
 * Notifications: each is one datagram to the socket that the environment
 * names, on disk or abstract; without one nothing happens.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/unit/check_main.h"
#include "tests/unit/tempdir.h"

#include "syncd/base/notify.h"

static const char *directory;
static int listener = -1;

static void
begin(void)
{
	directory = tempdir_begin();
	(void)unsetenv("NOTIFY_SOCKET");
	(void)unsetenv("WATCHDOG_USEC");
	(void)unsetenv("WATCHDOG_PID");
}

static void
end(void)
{
	if (listener != -1)
		(void)close(listener);
	tempdir_end();
}

/* Listen as the service manager does; '@' begins an abstract name. */
static void
listen_at(const char *name)
{
	struct sockaddr_un address;
	socklen_t len;

	memset(&address, 0, sizeof(address));
	address.sun_family = AF_UNIX;
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", name);
	len =
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	else
		len++;
	listener = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	ck_assert_int_ne(listener, -1);
	ck_assert_int_eq(bind(listener, (const struct sockaddr *)&address, len),
	    0);
	ck_assert_int_eq(setenv("NOTIFY_SOCKET", name, 1), 0);
}

/* The next datagram is exactly the text. */
static void
assert_heard(const char *expected)
{
	char text[1024];
	ssize_t n;

	n = recv(listener, text, sizeof(text) - 1, 0);
	ck_assert_int_ge((int)n, 0);
	text[n] = '\0';
	ck_assert_str_eq(text, expected);
}

static void
assert_conversation(void)
{
	struct notify *n;
	char rest;

	n = notify_new();
	ck_assert_ptr_nonnull(n);
	ck_assert_ptr_null(getenv("NOTIFY_SOCKET"));
	notify_ready(n);
	notify_status(n, "%d images", 12);
	notify_reloading(n, 34567);
	notify_watchdog(n);
	notify_stopping(n);
	assert_heard("READY=1");
	assert_heard("STATUS=12 images");
	assert_heard("RELOADING=1\nMONOTONIC_USEC=34567000");
	assert_heard("WATCHDOG=1");
	assert_heard("STOPPING=1");
	ck_assert_int_eq((int)recv(listener, &rest, 1, 0), -1);
	notify_free(n);
}

START_TEST(a_socket_on_disk_hears_all)
{
	char name[108];

	(void)snprintf(name, sizeof(name), "%.90s/notify", directory);
	listen_at(name);
	assert_conversation();
}
END_TEST

START_TEST(an_abstract_socket_hears_all)
{
	char name[108];

	(void)snprintf(name, sizeof(name), "@packhorse-%ld", (long)getpid());
	listen_at(name);
	assert_conversation();
}
END_TEST

START_TEST(a_status_is_one_line_and_no_other_variable)
{
	struct notify *n;
	char name[108], big[2000], expected[600];

	(void)snprintf(name, sizeof(name), "%.90s/notify", directory);
	listen_at(name);
	n = notify_new();
	ck_assert_ptr_nonnull(n);
	notify_status(n, "%s", "a\nSTOPPING=1\tb");
	assert_heard("STATUS=a STOPPING=1 b");
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	notify_status(n, "%s", big);
	(void)snprintf(expected, sizeof(expected), "STATUS=%.504s", big);
	assert_heard(expected);
	notify_free(n);
}
END_TEST

START_TEST(nobody_listening_is_no_failure)
{
	static const char *const names[] = { "", "/", "@", "relative",
		"/nonexistent/notify" };
	struct notify *n;
	char name[300];
	size_t i;

	n = notify_new();
	ck_assert_ptr_nonnull(n);
	notify_ready(n);
	notify_free(n);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		ck_assert_int_eq(setenv("NOTIFY_SOCKET", names[i], 1), 0);
		n = notify_new();
		ck_assert_ptr_nonnull(n);
		notify_ready(n);
		notify_free(n);
	}
	memset(name, '/', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	ck_assert_int_eq(setenv("NOTIFY_SOCKET", name, 1), 0);
	n = notify_new();
	ck_assert_ptr_nonnull(n);
	notify_ready(n);
	notify_free(n);
	notify_free(NULL);
}
END_TEST

START_TEST(a_full_socket_does_not_hold_us_up)
{
	struct notify *n;
	char name[108];
	int i;

	(void)snprintf(name, sizeof(name), "%.90s/notify", directory);
	listen_at(name);
	n = notify_new();
	ck_assert_ptr_nonnull(n);
	for (i = 0; i < 5000; i++)
		notify_watchdog(n);
	assert_heard("WATCHDOG=1");
	notify_free(n);
}
END_TEST

static const struct {
	const char *usec;
	const char *pid; /* NULL: none; "": ours. */
	int64_t expected_ms;
} watchdogs[] = {
	{ NULL, NULL, 0 },
	{ "30000000", NULL, 15000 },
	{ "30000000", "", 15000 },
	{ "30000000", "1", 0 },
	{ "1500", NULL, 1 },
	{ "0", NULL, 0 },
	{ "-5", NULL, 0 },
	{ "12x", NULL, 0 },
};

START_TEST(the_watchdog_is_fed_twice_in_its_period)
{
	struct notify *n;
	char pid[20];

	if (watchdogs[_i].usec != NULL)
		(void)setenv("WATCHDOG_USEC", watchdogs[_i].usec, 1);
	(void)snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	if (watchdogs[_i].pid != NULL)
		(void)setenv("WATCHDOG_PID",
		    watchdogs[_i].pid[0] == '\0' ? pid : watchdogs[_i].pid, 1);
	n = notify_new();
	ck_assert_ptr_nonnull(n);
	ck_assert_int_eq(notify_watchdog_ms(n), watchdogs[_i].expected_ms);
	ck_assert_ptr_null(getenv("WATCHDOG_USEC"));
	ck_assert_ptr_null(getenv("WATCHDOG_PID"));
	notify_free(n);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tests;

	suite = suite_create("notify");
	tests = tcase_create("notify");
	tcase_add_checked_fixture(tests, begin, end);
	tcase_add_test(tests, a_socket_on_disk_hears_all);
	tcase_add_test(tests, an_abstract_socket_hears_all);
	tcase_add_test(tests, a_status_is_one_line_and_no_other_variable);
	tcase_add_test(tests, nobody_listening_is_no_failure);
	tcase_add_test(tests, a_full_socket_does_not_hold_us_up);
	tcase_add_loop_test(tests, the_watchdog_is_fed_twice_in_its_period, 0,
	    (int)(sizeof(watchdogs) / sizeof(watchdogs[0])));
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
