/*
 * Gates come to syncd: the socket, who may come, what they bring, and that
 * one that is wrong or silent costs nothing.  Gates are played by this test.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/unit/check_main.h"
#include "tests/unit/tempdir.h"

#include "proto/errors.h"
#include "syncd/base/clock.h"
#include "syncd/base/diag.h"
#include "syncd/link/gate_listener.h"
#include "tests/unit/syncd/link/gate_program.h"
#include "tests/unit/syncd/link/link_watch.h"

#define MESSAGE "PACKHORSE-GATE 1 " GATE_PROGRAM_ID " " GATE_PROGRAM_FINGERPRINT

static struct loop *loop;
static struct clock sysclock;
static struct gate_listener *listener;
static struct link_watch w;
static char path[512];
static char id[128], fingerprint[128];
static int narrived;

static void
on_gate(void *cookie, struct link *link, const char *id_hex,
    const char *fingerprint_text)
{
	ck_assert_ptr_eq(cookie, &w);
	narrived++;
	(void)snprintf(id, sizeof(id), "%s", id_hex);
	(void)snprintf(fingerprint, sizeof(fingerprint), "%s",
	    fingerprint_text);
	link_watch_start(&w, loop, link);
}

/* Listen, letting in one uid. */
static int
listen_for(uid_t uid, int64_t deadline_ms, struct failure *f)
{
	struct gate_listener_config config = {
		.path = path,
		.uids = &uid,
		.nuids = 1,
		.deadline_ms = deadline_ms,
	};

	return gate_listener_open(loop, &sysclock, &config, &listener, f,
	    on_gate, &w);
}

static void
begin_plain(void)
{
	diag_set_level(DIAG_ERROR);
	narrived = 0;
	listener = NULL;
	sysclock = clock_system();
	loop = loop_new();
	(void)snprintf(path, sizeof(path), "%s/gate.sock", tempdir_begin());
	w.loop = loop;
}

static void
begin(void)
{
	struct failure f;

	begin_plain();
	ck_assert_int_eq(listen_for(getuid(), 0, &f), PH_OK);
}

static void
end(void)
{
	link_free(w.link);
	w.link = NULL;
	gate_listener_close(listener);
	loop_free(loop);
	tempdir_end();
}

/* Connect as a gate does. */
static int
connect_gate(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	ck_assert_uint_lt(strlen(path), sizeof(address.sun_path));
	(void)strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(connect(fd, (const struct sockaddr *)&address,
			     sizeof(address)),
	    0);
	return fd;
}

/* Send text and descriptors. */
static void
send_gate(int fd, const char *text, size_t len, const int *fds, size_t nfds)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(64 * sizeof(int))];
	} control;
	char copy[1024];
	struct iovec iov;
	struct msghdr msg;
	struct cmsghdr *cmsg;

	memset(&control, 0, sizeof(control));
	memset(&msg, 0, sizeof(msg));
	memcpy(copy, text, len);
	iov.iov_base = copy;
	iov.iov_len = len;
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	if (nfds > 0) {
		msg.msg_control = control.room;
		msg.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(nfds * sizeof(int));
		memcpy(CMSG_DATA(cmsg), fds, nfds * sizeof(int));
	}
	ck_assert_int_eq(sendmsg(fd, &msg, 0), (ssize_t)len);
}

/* Turn the loop until fd is at its end, as for a gate that is refused. */
static void
until_refused(int fd)
{
	char c;
	ssize_t n;
	int i;

	for (i = 0; i < 2000; i++) {
		loop_turn(loop);
		n = recv(fd, &c, 1, MSG_DONTWAIT);
		if (n == 0 || (n == -1 && errno == ECONNRESET))
			break;
		(void)usleep(1000);
	}
	ck_assert_int_lt(i, 2000);
	ck_assert_int_eq(narrived, 0);
	ck_assert_int_eq(close(fd), 0);
}

/* Turn the loop until somebody arrived. */
static void
until_arrived(void)
{
	int i;

	for (i = 0; i < 5000 && narrived == 0; i++) {
		loop_turn(loop);
		(void)usleep(1000);
	}
	ck_assert_int_eq(narrived, 1);
}

/* The highest descriptor in use, to see that none is lost. */
static int
highest_fd(void)
{
	int fd;

	fd = dup(STDERR_FILENO);
	ck_assert_int_eq(close(fd), 0);
	return fd;
}

START_TEST(the_socket_is_closed_to_others)
{
	struct stat st;

	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert(S_ISSOCK(st.st_mode));
	ck_assert_int_eq(st.st_mode & 07777, 0660);
	gate_listener_close(listener);
	listener = NULL;
	ck_assert_int_eq(stat(path, &st), -1);
}
END_TEST

START_TEST(a_gate_arrives)
{
	int in[2], out[2], fds[2], fd;
	unsigned char status;
	char buf[16];

	ck_assert_int_eq(pipe(in), 0);
	ck_assert_int_eq(pipe(out), 0);
	fd = connect_gate();
	fds[0] = in[0];
	fds[1] = out[1];
	send_gate(fd, MESSAGE, strlen(MESSAGE), fds, 2);
	(void)close(in[0]);
	(void)close(out[1]);
	until_arrived();
	ck_assert_str_eq(id, GATE_PROGRAM_ID);
	ck_assert_str_eq(fingerprint, GATE_PROGRAM_FINGERPRINT);
	ck_assert_str_eq(link_name(w.link), "gate of 00112233");
	ck_assert_int_eq(write(in[1], "hello", 5), 5);
	link_watch_read(&w, buf, 5);
	link_watch_write(&w, "there", 5);
	ck_assert_int_eq(read(out[0], buf, sizeof(buf)), 5);
	/* The link outlives the listener. */
	gate_listener_close(listener);
	listener = NULL;
	link_set_exit_status(w.link, 7);
	link_free(w.link);
	w.link = NULL;
	ck_assert_int_eq(recv(fd, &status, 1, 0), 1);
	ck_assert_int_eq(status, 7);
	(void)close(fd);
	(void)close(in[1]);
	(void)close(out[0]);
}
END_TEST

/* What a gate may do wrong: the message, the descriptors. */
static const struct {
	const char *text;
	size_t nfds;
} wrong[] = {
	{ MESSAGE, 0 },
	{ MESSAGE, 1 },
	{ MESSAGE, 3 },
	{ MESSAGE, 9 },
	{ MESSAGE, 60 },
	{ MESSAGE " ", 2 },
	{ "PACKHORSE-GATE 2 " GATE_PROGRAM_ID " " GATE_PROGRAM_FINGERPRINT, 2 },
	{ "PACKHORSE-GATE 1 ../../etc/passwd SHA256:x", 2 },
	{ "x", 2 },
};

#define NWRONG (sizeof(wrong) / sizeof(wrong[0]))

START_TEST(a_wrong_gate_is_dropped)
{
	int fds[64], ends[2], fd, before;
	size_t i;

	before = highest_fd();
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	for (i = 0; i < 64; i++)
		fds[i] = ends[0];
	fd = connect_gate();
	send_gate(fd, wrong[_i].text, strlen(wrong[_i].text), fds,
	    wrong[_i].nfds);
	until_refused(fd);
	(void)close(ends[0]);
	(void)close(ends[1]);
	ck_assert_int_eq(highest_fd(), before);
}
END_TEST

START_TEST(too_long_a_message_is_dropped)
{
	static char text[1000];
	int fds[2], fd;

	memset(text, 'x', sizeof(text));
	memcpy(text, MESSAGE, strlen(MESSAGE));
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	fd = connect_gate();
	send_gate(fd, text, sizeof(text), fds, 2);
	until_refused(fd);
	(void)close(fds[0]);
	(void)close(fds[1]);
}
END_TEST

START_TEST(files_are_not_streams)
{
	int fds[2], fd;

	fds[0] = open("/etc/passwd", O_RDONLY);
	fds[1] = open("/dev/null", O_WRONLY);
	fd = connect_gate();
	send_gate(fd, MESSAGE, strlen(MESSAGE), fds, 2);
	until_refused(fd);
	(void)close(fds[0]);
	(void)close(fds[1]);
}
END_TEST

START_TEST(pipes_the_wrong_way_round)
{
	int fds[2], fd, swap;

	ck_assert_int_eq(pipe(fds), 0);
	swap = fds[0];
	fds[0] = fds[1];
	fds[1] = swap;
	fd = connect_gate();
	send_gate(fd, MESSAGE, strlen(MESSAGE), fds, 2);
	until_refused(fd);
	(void)close(fds[0]);
	(void)close(fds[1]);
}
END_TEST

START_TEST(one_that_goes_is_forgotten)
{
	int before, i;

	before = highest_fd();
	(void)close(connect_gate());
	for (i = 0; i < 50; i++) {
		loop_turn(loop);
		(void)usleep(1000);
	}
	ck_assert_int_eq(highest_fd(), before);
	ck_assert_int_eq(narrived, 0);
}
END_TEST

START_TEST(one_that_is_silent_is_dropped)
{
	struct failure f;
	int64_t start_ms;

	ck_assert_int_eq(listen_for(getuid(), 100, &f), PH_OK);
	start_ms = link_watch_now_ms();
	until_refused(connect_gate());
	ck_assert_int_ge(link_watch_now_ms() - start_ms, 99);
}
END_TEST

START_TEST(another_user_is_refused)
{
	struct failure f;

	ck_assert_int_eq(listen_for(getuid() + 1, 0, &f), PH_OK);
	until_refused(connect_gate());
}
END_TEST

START_TEST(not_more_than_so_many_wait)
{
	int fds[GATE_LISTENER_PENDING_MAX + 8], before, i, n;
	int ends[2];

	before = highest_fd();
	n = (int)(sizeof(fds) / sizeof(fds[0]));
	for (i = 0; i < n; i++) {
		fds[i] = connect_gate();
		loop_turn(loop);
	}
	for (i = 0; i < 20; i++)
		loop_turn(loop);
	/* One descriptor here for each, and one there for those accepted. */
	ck_assert_int_eq(highest_fd(),
	    before + n + (int)GATE_LISTENER_PENDING_MAX);
	/* When some go, the others' turn comes. */
	for (i = 0; i < 8; i++)
		(void)close(fds[i]);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	send_gate(fds[n - 1], MESSAGE, strlen(MESSAGE), ends, 2);
	until_arrived();
	for (i = 8; i < n; i++)
		(void)close(fds[i]);
	(void)close(ends[0]);
	(void)close(ends[1]);
}
END_TEST

START_TEST(a_stale_socket_is_replaced)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct failure f;
	int fd;

	ck_assert_uint_lt(strlen(path), sizeof(address.sun_path));
	(void)strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&address,
			     sizeof(address)),
	    0);
	ck_assert_int_eq(close(fd), 0);
	ck_assert_int_eq(listen_for(getuid(), 0, &f), PH_OK);
}
END_TEST

START_TEST(a_living_one_is_not)
{
	struct gate_listener *first;
	struct failure f;
	struct stat st;

	ck_assert_int_eq(listen_for(getuid(), 0, &f), PH_OK);
	first = listener;
	ck_assert_int_eq(listen_for(getuid(), 0, &f), PH_EBUSY);
	ck_assert_ptr_null(listener);
	ck_assert_str_eq(f.where, path);
	ck_assert_str_ne(f.next, "");
	ck_assert_int_eq(stat(path, &st), 0);
	gate_listener_close(first);
}
END_TEST

START_TEST(a_file_is_not_removed)
{
	struct failure f;
	struct stat st;

	tempdir_write("gate.sock", "precious");
	ck_assert_int_eq(listen_for(getuid(), 0, &f), PH_EIO);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert(S_ISREG(st.st_mode));
}
END_TEST

START_TEST(paths_that_cannot_be)
{
	struct failure f;

	(void)snprintf(path, sizeof(path), "gate.sock");
	ck_assert_int_eq(listen_for(getuid(), 0, &f), PH_ECONFIG);
	memset(path, 'x', sizeof(path) - 1);
	path[0] = '/';
	ck_assert_int_eq(listen_for(getuid(), 0, &f), PH_ECONFIG);
	(void)snprintf(path, sizeof(path), "/nowhere/gate.sock");
	ck_assert_int_eq(listen_for(getuid(), 0, &f), PH_EIO);
	ck_assert_str_eq(f.where, path);
}
END_TEST

START_TEST(the_real_gate)
{
	struct gate_program g;
	char words[256], buf[16];

	gate_program_start_for(&g, path);
	until_arrived();
	ck_assert_str_eq(id, GATE_PROGRAM_ID);
	ck_assert_str_eq(fingerprint, GATE_PROGRAM_FINGERPRINT);
	ck_assert_int_eq(write(g.in, "hello", 5), 5);
	link_watch_read(&w, buf, 5);
	link_watch_write(&w, "there", 5);
	ck_assert_int_eq(read(g.out, buf, sizeof(buf)), 5);
	/* Only syncd holds the pipes: a half-close comes through. */
	link_finish(w.link);
	ck_assert_int_eq(read(g.out, buf, sizeof(buf)), 0);
	link_set_exit_status(w.link, 3);
	link_free(w.link);
	w.link = NULL;
	ck_assert_int_eq(gate_program_end(&g, words, sizeof(words)), 3);
	ck_assert_str_eq(words, "");
}
END_TEST

START_TEST(the_real_gate_is_killed)
{
	struct gate_program g;
	char words[256];

	gate_program_start_for(&g, path);
	until_arrived();
	ck_assert_int_eq(kill(g.pid, SIGKILL), 0);
	(void)link_watch_until(&w, LINK_CLOSED);
	ck_assert_int_eq(link_failure(w.link)->code, PH_ECUT);
	ck_assert_int_eq(gate_program_end(&g, words, sizeof(words)), -1);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tc;

	suite = suite_create("syncd/link/gate_listener");
	tc = tcase_create("gates");
	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_test(tc, the_socket_is_closed_to_others);
	tcase_add_test(tc, a_gate_arrives);
	tcase_add_loop_test(tc, a_wrong_gate_is_dropped, 0, NWRONG);
	tcase_add_test(tc, too_long_a_message_is_dropped);
	tcase_add_test(tc, files_are_not_streams);
	tcase_add_test(tc, pipes_the_wrong_way_round);
	tcase_add_test(tc, one_that_goes_is_forgotten);
	tcase_add_test(tc, not_more_than_so_many_wait);
	tcase_add_test(tc, the_real_gate);
	tcase_add_test(tc, the_real_gate_is_killed);
	suite_add_tcase(suite, tc);
	tc = tcase_create("socket");
	tcase_add_checked_fixture(tc, begin_plain, end);
	tcase_add_test(tc, one_that_is_silent_is_dropped);
	tcase_add_test(tc, another_user_is_refused);
	tcase_add_test(tc, a_stale_socket_is_replaced);
	tcase_add_test(tc, a_living_one_is_not);
	tcase_add_test(tc, a_file_is_not_removed);
	tcase_add_test(tc, paths_that_cannot_be);
	suite_add_tcase(suite, tc);
	return check_run(suite);
}
