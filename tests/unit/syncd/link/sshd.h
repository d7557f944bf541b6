#ifndef TESTS_UNIT_SYNCD_LINK_SSHD_H
#define TESTS_UNIT_SYNCD_LINK_SSHD_H

#include <stdint.h>
#include <sys/types.h>

#include "proto/key.h"

/*
 * A real OpenSSH server on a free port of the loopback, with throw-away keys
 * in the directory of the test (tempdir.h), which must have been begun.
 */

struct sshd {
	pid_t pid; /* Of the listening process; 0: none. */
	uint16_t port;
	char user[64];                   /* Who may log in: ourselves. */
	struct key_public host_key;      /* Its own. */
	struct key_private *client_key;  /* That it lets in. */
	struct key_private *unknown_key; /* That it does not. */
};

/* 1 when there is an OpenSSH server on this machine. */
int sshd_is_installed(void);

/*
 * Start it: whoever comes with client_key gets command, as a forced command,
 * run.  config is lines that are added to its configuration; "" for none.
 * A failure ends the test.
 */
void sshd_start(struct sshd *s, const char *command, const char *config);

/* Send a signal to the process that serves the only connection. */
void sshd_kill_connection(const struct sshd *s, int signo);

/* End it and free the keys. */
void sshd_stop(struct sshd *s);

/* A free TCP port of the loopback, on which nothing listens. */
uint16_t sshd_free_port(void);

#endif
