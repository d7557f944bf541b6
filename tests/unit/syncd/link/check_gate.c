/*
 * The program syncd-gate: what it accepts, what it holds, how it ends.  That
 * it hands its descriptors over is in check_gate_listener.c.
 */
#include <dirent.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "tests/unit/check_main.h"
#include "tests/unit/tempdir.h"

#include "proto/gate_message.h"
#include "tests/unit/syncd/link/gate_program.h"

#define ID GATE_PROGRAM_ID
#define FINGERPRINT GATE_PROGRAM_FINGERPRINT
#define LONG_PATH                                                              \
	"/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"   \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static char path[512];

static void
begin(void)
{
	(void)snprintf(path, sizeof(path), "%s/gate.sock", tempdir_begin());
	/* What sshd would tell it, and what it must not care for. */
	(void)setenv("SSH_ORIGINAL_COMMAND", "--socket /etc/passwd; reboot", 1);
}

static void
end(void)
{
	tempdir_end();
}

/* Listen where gates come to. */
static int
listen_there(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	ck_assert_uint_lt(strlen(path), sizeof(address.sun_path));
	(void)strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&address,
			     sizeof(address)),
	    0);
	ck_assert_int_eq(listen(fd, 8), 0);
	return fd;
}

static const struct {
	const char *args[8];
} wrong[] = {
	{ { NULL } },
	{ { "--help", NULL } },
	{ { "--socket", NULL } },
	{ { "--socket", "/run/x", NULL } },
	{ { "--socket", "/run/x", ID, NULL } },
	{ { "--socket", "/run/x", ID, FINGERPRINT, "more", NULL } },
	{ { "--socket", "/run/x", ID, FINGERPRINT, "", NULL } },
	{ { "--socket=/run/x", ID, FINGERPRINT, "", NULL } },
	{ { "-socket", "/run/x", ID, FINGERPRINT, NULL } },
	{ { "--socket", "run/x", ID, FINGERPRINT, NULL } },
	{ { "--socket", "", ID, FINGERPRINT, NULL } },
	{ { "--socket", LONG_PATH, ID, FINGERPRINT, NULL } },
	{ { "--socket", "/run/x", FINGERPRINT, ID, NULL } },
	{ { "--socket", "/run/x", ID ID, FINGERPRINT, NULL } },
	{ { "--socket", "/run/x", "site-9", FINGERPRINT, NULL } },
	{ { "--socket", "/run/x", ID, "SHA256:short", NULL } },
	{ { "--socket", "/run/x", ID, FINGERPRINT " x", NULL } },
	{ { "-c", "cat /etc/passwd", NULL } },
};

#define NWRONG (sizeof(wrong) / sizeof(wrong[0]))

START_TEST(wrong_arguments)
{
	struct gate_program g;
	char words[512];

	gate_program_start(&g, wrong[_i].args);
	ck_assert_int_eq(gate_program_end(&g, words, sizeof(words)), EX_USAGE);
	ck_assert_int_eq(strncmp(words, "packhorse: usage: ", 18), 0);
	/* One sentence, one line. */
	ck_assert_ptr_eq(strchr(words, '\n'), words + strlen(words) - 1);
}
END_TEST

START_TEST(syncd_is_not_there)
{
	struct gate_program g;
	char words[512];

	gate_program_start_for(&g, path);
	ck_assert_int_eq(gate_program_end(&g, words, sizeof(words)),
	    GATE_MESSAGE_EXIT_DOWN);
	ck_assert_str_eq(words, GATE_MESSAGE_DOWN "\n");
}
END_TEST

START_TEST(its_socket_is_stale)
{
	struct gate_program g;
	char words[512];

	ck_assert_int_eq(close(listen_there()), 0);
	gate_program_start_for(&g, path);
	ck_assert_int_eq(gate_program_end(&g, words, sizeof(words)),
	    GATE_MESSAGE_EXIT_DOWN);
	ck_assert_str_eq(words, GATE_MESSAGE_DOWN "\n");
}
END_TEST

START_TEST(its_socket_is_forbidden)
{
	struct gate_program g;
	char words[512];
	int fd;

	/* Root may do everything. */
	if (getuid() == 0)
		return;
	fd = listen_there();
	ck_assert_int_eq(chmod(path, 0), 0);
	gate_program_start_for(&g, path);
	ck_assert_int_eq(gate_program_end(&g, words, sizeof(words)), EX_NOPERM);
	(void)close(fd);
}
END_TEST

START_TEST(syncd_dies)
{
	struct gate_program g;
	char words[512];
	int fd, gate;

	fd = listen_there();
	gate_program_start_for(&g, path);
	gate = accept(fd, NULL, NULL);
	ck_assert_int_ne(gate, -1);
	ck_assert_int_eq(close(gate), 0);
	ck_assert_int_eq(gate_program_end(&g, words, sizeof(words)),
	    GATE_MESSAGE_EXIT_DOWN);
	ck_assert_str_eq(words, GATE_MESSAGE_DOWN "\n");
	(void)close(fd);
}
END_TEST

/* Where a descriptor of a process leads to. */
static int
leads_to(pid_t pid, int fd, char *out, size_t size)
{
	char name[64];
	ssize_t n;

	(void)snprintf(name, sizeof(name), "/proc/%d/fd/%d", (int)pid, fd);
	n = readlink(name, out, size - 1);
	if (n == -1)
		return -1;
	out[n] = '\0';
	return 0;
}

START_TEST(it_holds_only_what_it_needs)
{
	struct gate_program g;
	char words[512], name[64], where[256];
	struct dirent *entry;
	DIR *dir;
	int fd, gate, i, nfds;

	fd = listen_there();
	gate_program_start_for(&g, path);
	gate = accept(fd, NULL, NULL);
	/* Its message is there, so the descriptors are on the way. */
	ck_assert_int_gt(recv(gate, where, sizeof(where), MSG_PEEK), 0);
	for (i = 0; i < 2000 && leads_to(g.pid, 1, where, sizeof(where)) == 0;
	     i++)
		(void)usleep(1000);
	ck_assert_int_eq(leads_to(g.pid, 0, where, sizeof(where)), -1);
	ck_assert_int_eq(leads_to(g.pid, 1, where, sizeof(where)), -1);
	(void)snprintf(name, sizeof(name), "/proc/%d/fd", (int)g.pid);
	dir = opendir(name);
	ck_assert_ptr_nonnull(dir);
	nfds = 0;
	while ((entry = readdir(dir)) != NULL)
		nfds += entry->d_name[0] != '.';
	(void)closedir(dir);
	/* Standard error, and the socket. */
	ck_assert_int_eq(nfds, 2);
	ck_assert_int_eq(send(gate, "\x09", 1, 0), 1);
	ck_assert_int_eq(gate_program_end(&g, words, sizeof(words)), 9);
	ck_assert_str_eq(words, "");
	(void)close(gate);
	(void)close(fd);
}
END_TEST

START_TEST(it_closes_standard_error_with_the_output)
{
	struct gate_program g;
	char words[512];
	int fd, gate;

	fd = listen_there();
	gate_program_start_for(&g, path);
	gate = accept(fd, NULL, NULL);
	ck_assert_int_eq(send(gate, "\0", GATE_MESSAGE_FINISHED_SIZE, 0),
	    GATE_MESSAGE_FINISHED_SIZE);
	/* Both are at their end, and it lives. */
	ck_assert_int_eq(read(g.err, words, sizeof(words)), 0);
	ck_assert_int_eq(waitpid(g.pid, NULL, WNOHANG), 0);
	ck_assert_int_eq(send(gate, "\x09", 1, 0), 1);
	ck_assert_int_eq(gate_program_end(&g, words, sizeof(words)), 9);
	(void)close(gate);
	(void)close(fd);
}
END_TEST

/* Start the gate on a terminal; its exit status. */
static int
run_on_terminal(int which)
{
	int terminal, far, other[2], status, fd;
	pid_t pid;

	fd = listen_there();
	ck_assert_int_eq(openpty(&terminal, &far, NULL, NULL, NULL), 0);
	ck_assert_int_eq(pipe(other), 0);
	pid = fork();
	if (pid == 0) {
		(void)dup2(which == 0 ? far : other[0], STDIN_FILENO);
		(void)dup2(which == 1 ? far : other[1], STDOUT_FILENO);
		(void)dup2(other[1], STDERR_FILENO);
		(void)execl(gate_program_path(), "syncd-gate", "--socket", path,
		    ID, FINGERPRINT, (char *)NULL);
		_exit(127);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	(void)close(terminal);
	(void)close(far);
	(void)close(other[0]);
	(void)close(other[1]);
	(void)close(fd);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

START_TEST(a_terminal_is_refused)
{
	ck_assert_int_eq(run_on_terminal(_i), EX_USAGE);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tc;

	suite = suite_create("syncd/gate");
	tc = tcase_create("gate");
	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_loop_test(tc, wrong_arguments, 0, NWRONG);
	tcase_add_test(tc, syncd_is_not_there);
	tcase_add_test(tc, its_socket_is_stale);
	tcase_add_test(tc, its_socket_is_forbidden);
	tcase_add_test(tc, syncd_dies);
	tcase_add_test(tc, it_holds_only_what_it_needs);
	tcase_add_test(tc, it_closes_standard_error_with_the_output);
	tcase_add_loop_test(tc, a_terminal_is_refused, 0, 2);
	suite_add_tcase(suite, tc);
	return check_run(suite);
}
