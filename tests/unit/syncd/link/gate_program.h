#ifndef TESTS_UNIT_SYNCD_LINK_GATE_PROGRAM_H
#define TESTS_UNIT_SYNCD_LINK_GATE_PROGRAM_H

#include <sys/types.h>

/*
 * The real syncd-gate, started as sshd would.
 */

#define GATE_PROGRAM_ID                                                        \
	"00112233445566778899aabbccddeeff0123456789abcdef0123456789abcdef"
#define GATE_PROGRAM_FINGERPRINT                                               \
	"SHA256:kPgX/pEt1jZB9dxEGbiGJYqcFEWzmq8Tw+6b6GjXv2I"

struct gate_program {
	pid_t pid;
	int in;  /* Its standard input: the test writes. */
	int out; /* Its standard output: the test reads. */
	int err; /* Its standard error: the test reads. */
};

/* Where the program is: beside the tests, in the directory of the build. */
const char *gate_program_path(void);

/* Start it with these arguments (NULL at the end) behind its name. */
void gate_program_start(struct gate_program *g, const char *const *args);

/* Start it as sshd does for a repository, with this socket. */
void gate_program_start_for(struct gate_program *g, const char *socket);

/*
 * Wait for its end, put what it wrote to standard error into words, and
 * close the pipes.  Its exit status, or -1 when a signal ended it.
 */
int gate_program_end(struct gate_program *g, char *words, size_t size);

#endif
