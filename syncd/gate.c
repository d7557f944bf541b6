/*
 * syncd-gate: what sshd starts for a repository that dialled in.
 *
 *	restrict,command="/abs/syncd-gate --socket /abs/gate.sock ID FPR" KEY
 *
 * It hands its standard input and output over to syncd, with the id and the
 * fingerprint of the command line and the peer's address, and then only waits
 * to learn how the session ended.  The address is what sshd says in
 * SSH_CONNECTION; what the peer asked it to run (SSH_ORIGINAL_COMMAND) and
 * every other variable is ignored.  It opens no store, index or key, so a
 * fault here gives nothing that the peer did not have.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include "proto/errors.h"
#include "proto/gate_message.h"
#include "syncd/config/standard_files.h"

/* syncd answers at once or not at all. */
#define CONNECT_SECONDS 10

/* Say one sentence to the peer's operator, and return the exit status. */
static int
say(int status, const char *sentence)
{
	(void)fprintf(stderr, "%s\n", sentence);
	return status;
}

/* syncd is not there, or has died. */
static int
say_down(void)
{
	return say(GATE_MESSAGE_EXIT_DOWN, GATE_MESSAGE_DOWN);
}

/* Exactly: --socket PATH ID FINGERPRINT.  PH_OK or PH_EUSAGE. */
static int
parse(int argc, char **argv, struct sockaddr_un *address,
    struct gate_message *message)
{
	size_t len;

	if (argc != 5 || strcmp(argv[1], "--socket") != 0)
		return PH_EUSAGE;
	len = strlen(argv[2]);
	if (argv[2][0] != '/' || len >= sizeof(address->sun_path))
		return PH_EUSAGE;
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path, argv[2], len);
	if (gate_message_set(message, argv[3], argv[4]) != PH_OK)
		return PH_EUSAGE;
	return PH_OK;
}

/* Connect to syncd; -1 with errno set on failure. */
static int
connect_to(const struct sockaddr_un *address)
{
	const struct timeval limit = { .tv_sec = CONNECT_SECONDS };
	int fd;

	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	while (connect(fd, (const struct sockaddr *)address,
		   sizeof(*address)) == -1) {
		if (errno == EINTR)
			continue;
		return -1;
	}
	return fd;
}

/* Send the message with descriptors 0 and 1.  0, or -1. */
static int
hand_over(int fd, const struct gate_message *message)
{
	static const int fds[2] = { STDIN_FILENO, STDOUT_FILENO };
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(fds))];
	} control;
	char text[GATE_MESSAGE_SIZE_MAX];
	struct iovec iov;
	struct msghdr msg;
	struct cmsghdr *cmsg;
	ssize_t n;

	memset(&control, 0, sizeof(control));
	memset(&msg, 0, sizeof(msg));
	iov.iov_base = text;
	iov.iov_len = gate_message_encode(message, text);
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	msg.msg_control = control.room;
	msg.msg_controllen = sizeof(control.room);
	cmsg = CMSG_FIRSTHDR(&msg);
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(cmsg), fds, sizeof(fds));
	do {
		n = sendmsg(fd, &msg, MSG_NOSIGNAL);
	} while (n == -1 && errno == EINTR);
	return n == -1 ? -1 : 0;
}

/*
 * The one byte that syncd sends at the end; -1 when it died instead.  Until
 * then it may say that it has finished writing.
 */
static int
wait_status(int fd)
{
	unsigned char bytes[GATE_MESSAGE_FINISHED_SIZE];
	ssize_t n;

	do {
		n = recv(fd, bytes, sizeof(bytes), 0);
		if (n == GATE_MESSAGE_FINISHED_SIZE)
			(void)close(STDERR_FILENO);
	} while (
	    n == GATE_MESSAGE_FINISHED_SIZE || (n == -1 && errno == EINTR));
	return n == 1 ? bytes[0] : -1;
}

int
main(int argc, char **argv)
{
	struct sockaddr_un address;
	struct gate_message message;
	int fd, status;

	if (standard_files_open() != PH_OK)
		return EX_OSERR;
	(void)close_range(STDERR_FILENO + 1, ~0U, 0);
	(void)signal(SIGPIPE, SIG_IGN);
	if (parse(argc, argv, &address, &message) != PH_OK)
		return say(EX_USAGE,
		    "packhorse: usage: syncd-gate --socket "
		    "/PATH REPO-ID SHA256:FINGERPRINT");
	gate_message_set_address(&message, getenv("SSH_CONNECTION"));
	(void)clearenv();
	if (isatty(STDIN_FILENO) || isatty(STDOUT_FILENO))
		return say(EX_USAGE,
		    "packhorse: this account is for syncd, "
		    "not for a terminal");
	fd = connect_to(&address);
	if (fd == -1 && (errno == EACCES || errno == EPERM))
		return say(EX_NOPERM,
		    "packhorse: the gate may not open the "
		    "socket of syncd; see its owner and mode");
	if (fd == -1 || hand_over(fd, &message) == -1)
		return say_down();
	/* Only syncd holds them now: a half-close reaches the peer. */
	(void)close(STDIN_FILENO);
	(void)close(STDOUT_FILENO);
	status = wait_status(fd);
	return status == -1 ? say_down() : status;
}
