/*
 * Starting an OpenSSH server.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/check_main.h"
#include "tests/unit/tempdir.h"

#include "proto/buffer.h"
#include "proto/errors.h"
#include "proto/keyfile.h"

#include "tests/unit/syncd/link/sshd.h"

#define PROGRAM "/usr/sbin/sshd"

int
sshd_is_installed(void)
{
	return access(PROGRAM, X_OK) == 0;
}

/* A socket bound to a free port of the loopback. */
static int
bind_free(uint16_t *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len;
	int fd, one;

	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ne(fd, -1);
	one = 1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	len = sizeof(address);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, len), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	*port = ntohs(address.sin_port);
	return fd;
}

uint16_t
sshd_free_port(void)
{
	uint16_t port;

	ck_assert_int_eq(close(bind_free(&port)), 0);
	return port;
}

/* A key of one byte's repetition: good enough, and always the same. */
static struct key_private *
make_key(uint8_t byte)
{
	struct key_private *key;
	uint8_t seed[KEY_SIZE];

	memset(seed, byte, sizeof(seed));
	ck_assert_int_eq(key_private_new(seed, &key), PH_OK);
	return key;
}

/* The host key, as a file for the server. */
static void
write_host_key(struct sshd *s)
{
	struct key_private *key;
	struct buffer text;

	key = make_key('h');
	s->host_key = *key_private_public(key);
	buffer_init(&text, KEYFILE_SIZE_MAX);
	ck_assert_int_eq(keyfile_encode(key, 7, "test", &text), PH_OK);
	tempdir_write("host_key", buffer_text(&text));
	ck_assert_int_eq(chmod("host_key", 0600), 0);
	buffer_fini(&text);
	key_private_free(key);
}

/* The line of the only key that may come. */
static void
write_authorized_keys(struct sshd *s, const char *command)
{
	char line[KEY_LINE_SIZE], text[2048];

	key_line(key_private_public(s->client_key), line);
	(void)snprintf(text, sizeof(text), "restrict,command=\"%s\" %s\n",
	    command, line);
	tempdir_write("authorized_keys", text);
}

/* 1 once somebody answers at the port. */
static int
answers(uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	int fd, r;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address.sin_port = htons(port);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	r = connect(fd, (struct sockaddr *)&address, sizeof(address));
	(void)close(fd);
	return r == 0;
}

/* Run the server in the foreground, with its words in a file. */
static void
launch(struct sshd *s)
{
	int i, log;

	s->pid = fork();
	ck_assert_int_ne(s->pid, -1);
	if (s->pid == 0) {
		/* It shall not outlive a test that fails. */
		(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
		log = open("sshd.log", O_CREAT | O_WRONLY | O_TRUNC, 0600);
		(void)dup2(log, STDERR_FILENO);
		(void)execl(PROGRAM, PROGRAM, "-D", "-e", "-f", "sshd_config",
		    (char *)NULL);
		_exit(127);
	}
	for (i = 0; i < 1000 && !answers(s->port); i++)
		(void)usleep(10000);
	ck_assert_msg(i < 1000, "sshd does not start: %s",
	    tempdir_read("sshd.log"));
}

void
sshd_start(struct sshd *s, const char *command, const char *config)
{
	const struct passwd *pw;
	char text[4096], here[512];

	memset(s, 0, sizeof(*s));
	pw = getpwuid(getuid());
	ck_assert_ptr_nonnull(pw);
	(void)snprintf(s->user, sizeof(s->user), "%s", pw->pw_name);
	s->client_key = make_key('c');
	s->unknown_key = make_key('u');
	s->port = sshd_free_port();
	write_host_key(s);
	write_authorized_keys(s, command);
	ck_assert_ptr_nonnull(getcwd(here, sizeof(here)));
	(void)snprintf(text, sizeof(text),
	    "ListenAddress 127.0.0.1:%u\n"
	    "HostKey %s/host_key\n"
	    "AuthorizedKeysFile %s/authorized_keys\n"
	    "PidFile none\n"
	    "StrictModes no\n"
	    "UsePAM no\n"
	    "PermitRootLogin yes\n"
	    "PasswordAuthentication no\n"
	    "KbdInteractiveAuthentication no\n"
	    "%s\n",
	    s->port, here, here, config);
	tempdir_write("sshd_config", text);
	/* Privilege separation wants it where root starts the server. */
	if (getuid() == 0)
		(void)mkdir("/run/sshd", 0755);
	launch(s);
}

/* The first child of a process; 0 if it has none. */
static pid_t
first_child(pid_t pid)
{
	char name[64];
	FILE *file;
	int child;

	(void)snprintf(name, sizeof(name), "/proc/%d/task/%d/children",
	    (int)pid, (int)pid);
	file = fopen(name, "r");
	if (file == NULL)
		return 0;
	if (fscanf(file, "%d", &child) != 1)
		child = 0;
	(void)fclose(file);
	return child;
}

void
sshd_kill_connection(const struct sshd *s, int signo)
{
	pid_t monitor, session;

	monitor = first_child(s->pid);
	ck_assert_int_gt(monitor, 0);
	/*
	 * But for root, the session has a process of its own below that; for
	 * root it is the command.
	 */
	session = first_child(monitor);
	if (session > 0)
		(void)kill(session, signo);
	ck_assert_int_eq(kill(monitor, signo), 0);
}

void
sshd_stop(struct sshd *s)
{
	if (s->pid > 0) {
		(void)kill(s->pid, SIGTERM);
		(void)waitpid(s->pid, NULL, 0);
		s->pid = 0;
	}
	key_private_free(s->client_key);
	key_private_free(s->unknown_key);
	s->client_key = NULL;
	s->unknown_key = NULL;
}
