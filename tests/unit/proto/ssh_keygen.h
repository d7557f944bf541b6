#ifndef TESTS_UNIT_PROTO_SSH_KEYGEN_H
#define TESTS_UNIT_PROTO_SSH_KEYGEN_H

#include <stddef.h>

/*
 * The real ssh-keygen, in a directory of its own, to which tests give files
 * and from which they take some.  What cannot be done fails the test.
 */

#define SSH_KEYGEN_FILE_MAX 16384u

struct ssh_keygen {
	char dir[64];
};

/* Make the directory. */
void ssh_keygen_init(struct ssh_keygen *k);

/* Write a file of mode 0600 into it. */
void ssh_keygen_put(const struct ssh_keygen *k, const char *name,
    const void *data, size_t len);

/* Read a file of at most SSH_KEYGEN_FILE_MAX bytes; a NUL stands behind. */
size_t ssh_keygen_get(const struct ssh_keygen *k, const char *name,
    char out[SSH_KEYGEN_FILE_MAX + 1]);

/*
 * Run "ssh-keygen ARGUMENTS" in the directory, through the shell, so that
 * arguments may redirect.  Returns 1 when it succeeds, else 0.
 */
int ssh_keygen_run(const struct ssh_keygen *k, const char *arguments);

/* Remove the directory and what is in it. */
void ssh_keygen_fini(struct ssh_keygen *k);

#endif
