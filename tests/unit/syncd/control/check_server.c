/*
 * The control socket: who comes, what is no request, who is slow.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/base/diag.h"
#include "tests/unit/check_main.h"
#include "tests/unit/tempdir.h"
#include "tests/unit/syncd/control/desk.h"

#define LONG_POLICY (900u << 10)
#define POLICY_END                                                             \
	"\nversion: 1\nallow:\n  - {to: [branch], images: {name: a}}\n"

static struct world world;
static struct desk desk;

static void
setup(void)
{
	world_begin(&world);
	desk_begin(&desk, &world.primary, 0, 0);
}

static void
teardown(void)
{
	desk_end(&desk);
	world_end(&world);
}

/* Descriptors that are open in this process. */
static unsigned int
count_fds(void)
{
	unsigned int n;
	int fd;

	n = 0;
	for (fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) != -1;
	return n;
}

/* The answer must be that failure. */
static void
expect_code(struct asked *a, int code)
{
	asked_wait(&desk, a);
	ck_assert_int_eq(a->answered, 1);
	ck_assert_int_eq(a->answer.kind, CONTROL_ERROR);
	ck_assert_msg(a->answer.failure.code == code, "%s", a->text);
}

START_TEST(socket_is_for_operators_and_goes_with_the_server)
{
	struct stat st;

	ck_assert_int_eq(stat(desk.socket, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0660);
	server_close(desk.server);
	desk.server = NULL;
	ck_assert_int_eq(stat(desk.socket, &st), -1);
}
END_TEST

START_TEST(stale_socket_is_replaced_and_a_live_one_is_not)
{
	struct sockaddr_un address;
	struct server *second;
	struct failure f;
	int fd;

	ck_assert_int_eq(server_open(&desk.context, &desk.config, &second, &f),
	    PH_EBUSY);
	server_close(desk.server);
	memset(&address, 0, sizeof(address));
	address.sun_family = AF_UNIX;
	(void)strcpy(address.sun_path, desk.socket);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&address,
			     sizeof(address)),
	    0);
	(void)close(fd);
	ck_assert_int_eq(server_open(&desk.context, &desk.config, &desk.server,
			     &f),
	    PH_OK);
	desk_expect(&desk, "repo.ls", "{}", PH_OK);
}
END_TEST

START_TEST(what_is_no_socket_is_left)
{
	struct failure f;

	server_close(desk.server);
	tempdir_write("plain", "text");
	(void)snprintf(desk.socket, sizeof(desk.socket), "%s/plain", world.dir);
	desk.config.path = desk.socket;
	ck_assert_int_eq(server_open(&desk.context, &desk.config, &desk.server,
			     &f),
	    PH_EIO);
	ck_assert_int_eq(access(desk.socket, F_OK), 0);
}
END_TEST

START_TEST(bytes_that_are_no_request_are_refused)
{
	static const struct {
		const char *text;
		int code;
	} cases[] = {
		{ "{", PH_EJSON },
		{ "[]", PH_EJSON },
		{ "{}", PH_EJSON },
		{ "{\"version\":1,\"verb\":\"repo.ls\"}", PH_EJSON },
		{ "{\"version\":1,\"verb\":\"Repo\",\"arguments\":{}}",
		    PH_EJSON },
		{ "{\"version\":2,\"verb\":\"repo.ls\",\"arguments\":{}}",
		    PH_EVERSION },
		{ "{\"version\":1,\"verb\":\"fly\",\"arguments\":{}}",
		    PH_EUSAGE },
		{ "{\"version\":1,\"verb\":\"sync\",\"arguments\":"
		  "{\"wait\":true,\"dry_run\":false}}",
		    PH_ENOTHERE },
		{ "{\"version\":1,\"verb\":\"repo.ls\",\"arguments\":"
		  "{\"x\":1}}",
		    PH_EUSAGE },
		{ "{\"version\":1,\"verb\":\"repo.show\",\"arguments\":{}}",
		    PH_EUSAGE },
	};
	struct buffer out;
	struct asked a;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buffer_init(&out, 4096);
		buffer_put_string(&out, cases[i].text, strlen(cases[i].text));
		desk_connect(&desk, &a);
		asked_send(&a, out.data, out.len, NULL, 0);
		expect_code(&a, cases[i].code);
		asked_fini(&a);
		buffer_fini(&out);
	}
}
END_TEST

START_TEST(frames_that_are_empty_or_too_long_are_refused)
{
	struct asked a;

	desk_connect(&desk, &a);
	asked_send(&a, "\0\0\0\0", 4, NULL, 0);
	expect_code(&a, PH_EFRAME);
	asked_fini(&a);
	desk_connect(&desk, &a);
	asked_send(&a, "\xff\xff\xff\xff", 4, NULL, 0);
	expect_code(&a, PH_ELIMIT);
	asked_fini(&a);
}
END_TEST

START_TEST(second_request_on_a_connection_is_refused)
{
	static const char text[] =
	    "{\"version\":1,\"verb\":\"repo.ls\",\"arguments\":{}}";
	struct buffer out;
	struct asked a;

	buffer_init(&out, 4096);
	buffer_put_string(&out, text, strlen(text));
	buffer_put_string(&out, text, strlen(text));
	desk_connect(&desk, &a);
	asked_send(&a, out.data, out.len, NULL, 0);
	expect_code(&a, PH_EFRAME);
	asked_fini(&a);
	buffer_fini(&out);
}
END_TEST

START_TEST(request_that_comes_byte_by_byte_is_answered)
{
	static const char text[] =
	    "{\"version\":1,\"verb\":\"repo.ls\",\"arguments\":{}}";
	struct buffer out;
	struct asked a;
	size_t i;

	buffer_init(&out, 4096);
	buffer_put_string(&out, text, strlen(text));
	desk_connect(&desk, &a);
	for (i = 0; i < out.len; i++) {
		asked_send(&a, out.data + i, 1, NULL, 0);
		desk_turn(&desk, 1);
	}
	asked_wait(&desk, &a);
	ck_assert_int_eq(a.answer.kind, CONTROL_RESULT);
	asked_fini(&a);
	buffer_fini(&out);
}
END_TEST

START_TEST(too_many_descriptors_are_refused_and_closed)
{
	unsigned int before;
	struct asked a;
	int fds[100];
	size_t i, n;

	for (n = 65; n <= 100; n += 35) {
		before = count_fds();
		desk_connect(&desk, &a);
		for (i = 0; i < n; i++)
			fds[i] = STDERR_FILENO;
		asked_send(&a, "\0", 1, fds, n);
		expect_code(&a, PH_EUSAGE);
		asked_fini(&a);
		desk_wait_clients(&desk, 0);
		ck_assert_uint_eq(count_fds(), before);
	}
}
END_TEST

START_TEST(descriptors_that_nobody_asked_for_are_closed)
{
	int fds[64];
	unsigned int before;
	struct asked a;
	size_t i;

	before = count_fds();
	for (i = 0; i < 64; i++)
		fds[i] = STDERR_FILENO;
	desk_ask_fds(&desk, &a, "repo.ls", "{}", fds, 64);
	ck_assert_int_eq(a.answer.kind, CONTROL_RESULT);
	asked_fini(&a);
	/* And those of one who leaves before the request is whole. */
	desk_connect(&desk, &a);
	asked_send(&a, "\0", 1, fds, 30);
	desk_turn(&desk, 20);
	asked_fini(&a);
	desk_wait_clients(&desk, 0);
	ck_assert_uint_eq(count_fds(), before);
}
END_TEST

START_TEST(client_that_says_nothing_is_dropped)
{
	struct asked a, b;

	desk_end(&desk);
	desk_begin(&desk, &world.primary, 400, 0);
	desk_connect(&desk, &a);
	desk_connect(&desk, &b);
	asked_send(&b, "\0\0", 2, NULL, 0);
	desk_wait_clients(&desk, 2);
	desk_wait_clients(&desk, 0);
	asked_take(&a);
	ck_assert_int_eq(a.ended, 1);
	asked_fini(&a);
	asked_fini(&b);
}
END_TEST

START_TEST(client_that_takes_nothing_is_dropped)
{
	char *text;
	struct asked a;

	/* More than the kernel holds for a socket. */
	text = malloc(LONG_POLICY);
	ck_assert_ptr_nonnull(text);
	memset(text, '#', LONG_POLICY);
	memcpy(text + LONG_POLICY - sizeof(POLICY_END), POLICY_END,
	    sizeof(POLICY_END));
	(void)world_apply(&world, text);
	free(text);
	desk_end(&desk);
	desk_begin(&desk, &world.primary, 0, 200);
	desk_connect(&desk, &a);
	asked_request(&a, "policy.show", "{}", NULL, 0);
	desk_wait_clients(&desk, 1);
	desk_wait_clients(&desk, 0);
	asked_take(&a);
	ck_assert_int_eq(a.answered, 0);
	ck_assert_int_eq(a.ended, 1);
	asked_fini(&a);
	/* One who takes it, however much it is, gets it. */
	desk_ask(&desk, &a, "policy.show", "{}");
	ck_assert_int_eq(a.answer.kind, CONTROL_RESULT);
	ck_assert_uint_gt(strlen(a.text), LONG_POLICY - 2);
	asked_fini(&a);
}
END_TEST

START_TEST(more_clients_than_are_served_are_told)
{
	struct asked idle[SERVER_CLIENTS_MAX], a;
	size_t i;

	for (i = 0; i < SERVER_CLIENTS_MAX; i++) {
		desk_connect(&desk, &idle[i]);
		desk_turn(&desk, 1);
	}
	desk_wait_clients(&desk, SERVER_CLIENTS_MAX);
	desk_connect(&desk, &a);
	asked_request(&a, "repo.ls", "{}", NULL, 0);
	expect_code(&a, PH_EPEERBUSY);
	asked_fini(&a);
	asked_fini(&idle[0]);
	desk_wait_clients(&desk, SERVER_CLIENTS_MAX - 1);
	desk_expect(&desk, "repo.ls", "{}", PH_OK);
	for (i = 1; i < SERVER_CLIENTS_MAX; i++)
		asked_fini(&idle[i]);
}
END_TEST

START_TEST(requests_that_wait_leave_room_for_others)
{
	static const char arguments[] =
	    "{\"image\":\"disk\",\"version\":\"1\",\"wait\":true}";
	struct asked waiting[SERVER_LONG_MAX], a;
	struct digest manifest;
	size_t i;

	(void)world_site(&world, "branch");
	(void)world_apply(&world,
	    "version: 1\nallow:\n  - {to: [branch], images: {name: disk}}\n");
	world_publish(&world, "disk", "1", 1000, 1, &manifest);
	for (i = 0; i < SERVER_LONG_MAX; i++) {
		desk_connect(&desk, &waiting[i]);
		asked_request(&waiting[i], "where", arguments, NULL, 0);
	}
	desk_wait_clients(&desk, SERVER_LONG_MAX);
	desk_turn(&desk, 100);
	desk_connect(&desk, &a);
	asked_request(&a, "where", arguments, NULL, 0);
	expect_code(&a, PH_EPEERBUSY);
	asked_fini(&a);
	desk_expect(&desk, "repo.ls", "{}", PH_OK);
	/* One that goes makes room. */
	asked_fini(&waiting[0]);
	desk_wait_clients(&desk, SERVER_LONG_MAX - 1);
	desk_connect(&desk, &waiting[0]);
	asked_request(&waiting[0], "where", arguments, NULL, 0);
	desk_turn(&desk, 100);
	asked_take(&waiting[0]);
	ck_assert_int_eq(waiting[0].ended, 0);
	for (i = 0; i < SERVER_LONG_MAX; i++)
		asked_fini(&waiting[i]);
}
END_TEST

START_TEST(server_that_closes_cancels_what_runs)
{
	struct asked a;

	desk_connect(&desk, &a);
	asked_request(&a, "repo.ls", "{}", NULL, 0);
	loop_turn(desk.engine.loop);
	loop_turn(desk.engine.loop);
	server_close(desk.server);
	desk.server = NULL;
	worker_drain(desk.engine.workers);
	asked_take(&a);
	ck_assert_int_eq(a.ended, 1);
	asked_fini(&a);
}
END_TEST

int
main(void)
{
	TCase *tc;
	Suite *s;

	diag_set_level(DIAG_ERROR);
	s = suite_create("server");
	tc = tcase_create("server");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, socket_is_for_operators_and_goes_with_the_server);
	tcase_add_test(tc, stale_socket_is_replaced_and_a_live_one_is_not);
	tcase_add_test(tc, what_is_no_socket_is_left);
	tcase_add_test(tc, bytes_that_are_no_request_are_refused);
	tcase_add_test(tc, frames_that_are_empty_or_too_long_are_refused);
	tcase_add_test(tc, second_request_on_a_connection_is_refused);
	tcase_add_test(tc, request_that_comes_byte_by_byte_is_answered);
	tcase_add_test(tc, too_many_descriptors_are_refused_and_closed);
	tcase_add_test(tc, descriptors_that_nobody_asked_for_are_closed);
	tcase_add_test(tc, client_that_says_nothing_is_dropped);
	tcase_add_test(tc, client_that_takes_nothing_is_dropped);
	tcase_add_test(tc, more_clients_than_are_served_are_told);
	tcase_add_test(tc, requests_that_wait_leave_room_for_others);
	tcase_add_test(tc, server_that_closes_cancels_what_runs);
	suite_add_tcase(s, tc);
	return check_run(s);
}
