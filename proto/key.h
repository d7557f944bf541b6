#ifndef PROTO_KEY_H
#define PROTO_KEY_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/digest.h"

/*
 * Ed25519 keys as OpenSSH writes them: key lines, blobs, ids, fingerprints;
 * and raw signatures.  What a signature is good for is sshsig's and who may
 * sign is policy's.  No key of another type exists here, and no struct
 * key_public ever holds an encoding that is not canonical or a point of low
 * order: for those, one fixed signature is valid for every message.
 *
 * All functions may be called in any thread; a private key may be used by
 * several threads at a time.
 */

#define KEY_SIZE 32u             /* A public key; the seed of a private one. */
#define KEY_SIGNATURE_SIZE 64u   /* A raw signature. */
#define KEY_BLOB_SIZE 51u        /* u32 11, "ssh-ed25519", u32 32, the key. */
#define KEY_LINE_SIZE 81u        /* "ssh-ed25519 ", base64 of the blob, NUL. */
#define KEY_FINGERPRINT_SIZE 51u /* "SHA256:", 43 characters, a NUL. */

/* The type that begins key lines, blobs and signatures. */
#define KEY_TYPE "ssh-ed25519"

/* Plain data, but filled in only by the functions below. */
struct key_public {
	uint8_t bytes[KEY_SIZE];
};

struct key_private;

/* What may stand in a key line behind the base64. */
enum key_line {
	KEY_LINE_EXACT,  /* Nothing: the line of a document. */
	KEY_LINE_COMMENT /* A comment, a line end: the line of a person. */
};

/* Accept 32 bytes as a public key.  PH_OK or PH_EKEY. */
int key_from_bytes(const uint8_t bytes[KEY_SIZE],
    struct key_public *out) ATTR_CHECK;

/*
 * Read a key line.  KEY_LINE_EXACT takes what key_line() writes and nothing
 * else.  KEY_LINE_COMMENT takes also blanks (spaces and tabs) where one
 * space stands, a comment that is text, blanks behind it and one line end.
 * PH_OK, or PH_EKEY: not such a line, a key of another type, or refused as
 * a point.
 */
int key_from_line(const char *line, enum key_line form,
    struct key_public *out) ATTR_CHECK;

/* Read an SSH key blob of exactly len bytes.  PH_OK or PH_EKEY. */
int key_from_blob(const void *data, size_t len,
    struct key_public *out) ATTR_CHECK;

/* Write the key line without comment, and a NUL. */
void key_line(const struct key_public *key, char out[KEY_LINE_SIZE]);

/* Write the SSH key blob. */
void key_blob(const struct key_public *key, uint8_t out[KEY_BLOB_SIZE]);

/* The key id: the SHA-256 of the blob. */
void key_id(const struct key_public *key, struct digest *out);

/* Write the fingerprint, "SHA256:…", and a NUL. */
void key_fingerprint(const struct key_public *key,
    char out[KEY_FINGERPRINT_SIZE]);

/* The fingerprint of a key of which only the id is at hand. */
void key_id_fingerprint(const struct digest *id,
    char out[KEY_FINGERPRINT_SIZE]);

/* The key id that a fingerprint stands for.  PH_OK or PH_EKEY. */
int key_id_from_fingerprint(const char *text, struct digest *out) ATTR_CHECK;

/* 1 when both are the same key, else 0. */
int key_equal(const struct key_public *a,
    const struct key_public *b) ATTR_CHECK;

/*
 * PH_OK when the signature is key's for exactly the len bytes at data;
 * PH_ESIGNATURE when not; PH_ENOMEM.
 */
int key_verify(const struct key_public *key, const void *data, size_t len,
    const uint8_t signature[KEY_SIGNATURE_SIZE]) ATTR_CHECK;

/*
 * The private key of a seed.  A new key is one of 32 random bytes, which
 * the caller brings and wipes.  PH_OK or PH_ENOMEM; the caller frees *out.
 */
int key_private_new(const uint8_t seed[KEY_SIZE],
    struct key_private **out) ATTR_CHECK;

/* Its public key; borrowed, as long as the private key lives. */
const struct key_public *key_private_public(const struct key_private *key);

/* Copy the seed out; the caller wipes it.  PH_OK or PH_ENOMEM. */
int key_private_seed(const struct key_private *key,
    uint8_t out[KEY_SIZE]) ATTR_CHECK;

/* Sign len bytes.  PH_OK or PH_ENOMEM. */
int key_sign(const struct key_private *key, const void *data, size_t len,
    uint8_t out[KEY_SIGNATURE_SIZE]) ATTR_CHECK;

/* Wipe and free; NULL is allowed. */
void key_private_free(struct key_private *key);

#endif
