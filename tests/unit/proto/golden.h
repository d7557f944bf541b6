#ifndef TESTS_UNIT_PROTO_GOLDEN_H
#define TESTS_UNIT_PROTO_GOLDEN_H

#include <stddef.h>

#include "proto/buffer.h"
#include "proto/charter.h"
#include "proto/checkpoint.h"
#include "proto/document.h"
#include "proto/grant.h"
#include "proto/join.h"
#include "proto/key.h"
#include "proto/manifest.h"
#include "proto/receipt.h"
#include "proto/trust.h"

/*
 * One fixed example of each document, signed by fixed keys, as the files of
 * tests/vectors/documents/ have them: NAME.json, NAME.json.sig, DIGESTS (as
 * sha256sum writes it) and allowed_signers.  With the environment variable
 * PACKHORSE_WRITE_VECTORS set, comparing with a file writes it instead.
 *
 * Every function ends the test when something fails that should not.
 */

/* The keys; the seed of each is 32 times the byte 0x11 * (1 + its number). */
enum golden_key {
	GOLDEN_AUTHORITY,
	GOLDEN_AUTHORITY2, /* The authority from epoch 2 on. */
	GOLDEN_PUBLISHER,
	GOLDEN_POLICY,
	GOLDEN_PRIMARY,
	GOLDEN_REPOSITORY,
	GOLDEN_HOST,
};
#define GOLDEN_NKEYS 7u

/* 2026-11-22T09:30:00Z: the time of all examples. */
#define GOLDEN_TIME INT64_C(1795339800)

/* The key, which the caller frees. */
struct key_private *golden_key_private(enum golden_key key);
void golden_key(enum golden_key key, struct key_public *out);
void golden_key_id(enum golden_key key, struct digest *out);

/* The digest of a text: something to fill in. */
struct digest golden_digest(const char *text);

/* The examples; the caller ends those that hold memory. */
void golden_trust(struct trust *out);  /* Epoch 1. */
void golden_trust2(struct trust *out); /* Epoch 2. */
void golden_charter(struct charter *out);
void golden_manifest(struct manifest *out);
void golden_grant(struct grant *out);
void golden_receipt(struct receipt *out);
void golden_checkpoint(struct checkpoint *out);
void golden_join(struct join *out);

/* Hold bytes, sign them with key. */
void golden_sign(struct document *d, enum document_kind kind,
    const struct buffer *bytes, enum golden_key key);

/* The signed documents of the files; the caller ends them. */
void golden_document(enum document_kind kind, struct document *out);
void golden_document_trust2(struct document *out);

/* Decode bytes as a document of that kind and forget it. */
int golden_decode(enum document_kind kind, const void *bytes, size_t len);

/* Read tests/vectors/documents/NAME into an initialised buffer. */
void golden_read(const char *name, struct buffer *out);

/* Compare with tests/vectors/documents/NAME. */
void golden_compare(const char *name, const void *data, size_t len);

/* Compare d with NAME.json and NAME.json.sig. */
void golden_compare_document(const char *name, const struct document *d);

/* The path of tests/vectors/documents/NAME. */
void golden_path(const char *name, char *out, size_t size);

/*
 * Replace text that occurs in the example's bytes, once, and say what
 * decoding gives.
 */
int golden_decode_changed(enum document_kind kind, const char *from,
    const char *to);

/*
 * Whatever can be wrong with members without knowing what they mean: each
 * is deleted, doubled, given a value of another type; each object gets one
 * more; the bytes are cut at each place.  All must be refused.
 */
void golden_check_members(enum document_kind kind);

/* "extra" may hold anything; white space and the order do not matter. */
void golden_check_lenience(enum document_kind kind);

#endif
