#ifndef PROTO_KEYFILE_H
#define PROTO_KEYFILE_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"

struct buffer;
struct key_private;
struct key_public;

/*
 * The text of a private key file of OpenSSH ("openssh-key-v1") with one
 * Ed25519 key and without a passphrase.  Reads what ssh-keygen writes and
 * writes what ssh-keygen reads.  A key under a passphrase is never opened
 * here: ssh-agent holds it, and keyfile_inspect() tells which key to ask it
 * for.  Any thread.
 */

/* A longer text is no private key file of one Ed25519 key. */
#define KEYFILE_SIZE_MAX 4096u

/* Bytes of a comment that are written. */
#define KEYFILE_COMMENT_MAX 255u

/*
 * Read a private key; the caller frees *out and wipes the text.  PH_OK;
 * PH_EKEY when the text is not an OpenSSH private key, damaged, of another
 * type, of several keys or under a passphrase; PH_ENOMEM.
 */
int keyfile_decode(const char *text, size_t len,
    struct key_private **out) ATTR_CHECK;

/*
 * Read only what a private key file says in the clear: its public key, and
 * in *encrypted 1 when it is under a passphrase, else 0.  PH_OK, or PH_EKEY
 * as above (but not for a passphrase).
 */
int keyfile_inspect(const char *text, size_t len, struct key_public *out,
    int *encrypted) ATTR_CHECK;

/*
 * Put the text of a private key file.  The format wants 32 random bits in
 * check; comment is text of at most KEYFILE_COMMENT_MAX bytes.  The caller
 * wipes what out holds.  PH_OK, PH_EKEY for a comment that is not allowed,
 * PH_ENOMEM or PH_ELIMIT.
 */
int keyfile_encode(const struct key_private *key, uint32_t check,
    const char *comment, struct buffer *out) ATTR_CHECK;

#endif
