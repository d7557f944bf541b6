#ifndef PROTO_SSHSIG_H
#define PROTO_SSHSIG_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/key.h"

struct buffer;
struct reader;

/*
 * OpenSSH signatures (SSHSIG, version 1, PROTOCOL.sshsig) by Ed25519 keys.
 * A signature names its key, and is for one namespace, so that one made for
 * a document of one kind holds for no other.  Whether that key may sign is
 * the caller's to decide: anybody can make a signature that verifies.  All
 * functions may be called in any thread.
 */

/* Bytes of a namespace, and of a blob that is written or read. */
#define SSHSIG_NAMESPACE_MAX 64u
#define SSHSIG_BLOB_MAX 256u

/* The longest of sshsig_payload(), namespace and all. */
#define SSHSIG_PAYLOAD_MAX 160u

/*
 * Sign len bytes for a namespace (1 to SSHSIG_NAMESPACE_MAX bytes) with
 * hash sha512, and put the signature blob.  PH_OK, PH_ENOMEM or PH_ELIMIT.
 */
int sshsig_sign(const struct key_private *key, const char *namespace,
    const void *message, size_t len, struct buffer *out) ATTR_CHECK;

/*
 * The two halves of sshsig_sign, for a key that is held elsewhere
 * (ssh-agent): put the bytes that the key signs, and put the blob of the
 * raw signature over them.  The blob is not verified.
 */
int sshsig_payload(const char *namespace, const void *message, size_t len,
    struct buffer *out) ATTR_CHECK;
int sshsig_encode(const struct key_public *key, const char *namespace,
    const uint8_t signature[KEY_SIGNATURE_SIZE], struct buffer *out) ATTR_CHECK;

/*
 * Check the signature blob of bloblen bytes for namespace and the len bytes
 * at message, and say in *signer which key made it.  PH_OK; PH_ESIGNATURE
 * when the blob is damaged, of another algorithm, version, namespace or
 * message, or by a key that is refused; PH_ENOMEM.  On failure *signer is
 * untouched.
 */
int sshsig_verify(const void *blob, size_t bloblen, const char *namespace,
    const void *message, size_t len, struct key_public *signer) ATTR_CHECK;

/*
 * Put a blob in armour, "-----BEGIN SSH SIGNATURE-----" and so on, as
 * ssh-keygen writes it.  PH_OK, PH_ENOMEM or PH_ELIMIT.
 */
int sshsig_armour(const void *blob, size_t len, struct buffer *out);

/*
 * Take one armoured signature from the front of r and put its blob; r then
 * stands behind it, where the next may begin.  PH_OK; PH_ESIGNATURE when
 * something else stands there or the blob is too long; PH_ENOMEM or
 * PH_ELIMIT by out.  On failure r has not moved and out holds what it held.
 */
int sshsig_dearmour(struct reader *r, struct buffer *out) ATTR_CHECK;

#endif
