#ifndef SYNCD_LINK_SSH_CLIENT_H
#define SYNCD_LINK_SSH_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/key.h"

/*
 * The client's side of one SSH connection with one channel, as a machine
 * between two streams of bytes: those of the wire, which it asks for and
 * gives away through two functions, and those of the channel.  It has no
 * descriptor, timer or event.  libssh2 is behind it and nowhere else.
 *
 * Every function goes as far as the bytes of the wire allow.  Where they do
 * not suffice it returns SSH_CLIENT_WAIT, and is to be called again, with
 * the same arguments, when more have arrived.  Whatever is to be sent is
 * taken from it at once, so nothing ever waits for room to send; the owner
 * holds it, and calls nothing that sends while it holds much.
 *
 * A wire that is closed looks as if it were silent; that is for the owner
 * to notice after SSH_CLIENT_WAIT.  So nothing that arrived is lost.
 *
 * Loop thread only, or any one other.
 */

struct ssh_client;

/* A result besides PH_OK and the errors: more of the wire is needed. */
#define SSH_CLIENT_WAIT 1

/* A result of ssh_client_read(): the far side has finished. */
#define SSH_CLIENT_END 2

/* The largest piece that ssh_client_write() can take at once. */
#define SSH_CLIENT_PIECE 32700u

/* The wire. */
struct ssh_client_wire {
	/* Put up to len bytes into buf; 0 when there are none now. */
	size_t (*receive)(void *cookie, void *buf, size_t len);
	/* Take all len bytes; PH_OK, or an error that ends the connection. */
	int (*send)(void *cookie, const void *buf, size_t len);
	void *cookie;
};

/*
 * A connection at its beginning.  It never takes more than memory_max bytes
 * of memory, whatever the far side does.  fd is the non-blocking socket of
 * the wire: libssh2 insists on seeing one, and leaves it alone.  NULL
 * without memory.
 */
struct ssh_client *ssh_client_new(const struct ssh_client_wire *wire, int fd,
    size_t memory_max);

/*
 * Versions, algorithms, keys.  PH_EALGORITHM where none is in common,
 * PH_ECONNECT for anything else that is wrong.
 */
int ssh_client_handshake(struct ssh_client *c) ATTR_CHECK;

/*
 * Is the host key, that the far side has proved to hold, the pinned one?
 * PH_OK or PH_EHOSTKEY; found gets its fingerprint, "" for what is not an
 * Ed25519 key.
 */
int ssh_client_check_host(const struct ssh_client *c,
    const struct key_public *pinned,
    char found[KEY_FINGERPRINT_SIZE]) ATTR_CHECK;

/* PH_EUSERKEY where the far side does not accept user with key. */
int ssh_client_auth(struct ssh_client *c, const char *user,
    const struct key_private *key) ATTR_CHECK;

/*
 * Open the channel, with a receive window of so many bytes, and run command
 * (which a forced command replaces).  PH_EGATE where it is refused.
 */
int ssh_client_open(struct ssh_client *c, uint32_t window,
    const char *command) ATTR_CHECK;

/*
 * Take up to len bytes: PH_OK with *n > 0, SSH_CLIENT_WAIT, SSH_CLIENT_END,
 * or an error of the connection.
 */
int ssh_client_read(struct ssh_client *c, void *buf, size_t len,
    size_t *n) ATTR_CHECK;

/* The same for the standard error of the far side, but that END is WAIT. */
int ssh_client_read_words(struct ssh_client *c, void *buf, size_t len,
    size_t *n) ATTR_CHECK;

/*
 * Send the first *n > 0 of at most SSH_CLIENT_PIECE bytes.  After WAIT the
 * next call must be for the same bytes.
 */
int ssh_client_write(struct ssh_client *c, const void *buf, size_t len,
    size_t *n) ATTR_CHECK;

/* Tell the far side that nothing follows. */
int ssh_client_finish(struct ssh_client *c) ATTR_CHECK;

/*
 * Has the far side closed the channel?  PH_OK with the exit status of its
 * command (255 when a signal ended it), or SSH_CLIENT_WAIT.  Only after
 * SSH_CLIENT_END.
 */
int ssh_client_closed(struct ssh_client *c, int *status) ATTR_CHECK;

/*
 * What the far side said when it took leave; "" if it did not.  Foreign
 * bytes: show them escaped.  Borrowed.
 */
const char *ssh_client_leave(const struct ssh_client *c);

/* How libssh2 calls what went wrong last; borrowed until the next call. */
const char *ssh_client_error(struct ssh_client *c);

/* Take leave of the far side, if the wire still takes it; NULL is allowed. */
void ssh_client_free(struct ssh_client *c);

#endif
