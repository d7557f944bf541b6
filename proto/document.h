#ifndef PROTO_DOCUMENT_H
#define PROTO_DOCUMENT_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/digest.h"
#include "proto/key.h"
#include "proto/limits.h"
#include "proto/reader.h"
#include "proto/sshsig.h"

/*
 * A signed document: exact bytes and detached signatures over them, in the
 * three forms of docs/formats.md §2: sealed (wire, control messages), two
 * files (the bytes; the armoured signatures), one file for people.
 *
 * What the bytes say is for the module of the kind (trust.h, grant.h, …).
 * Verify first, decode after:
 *
 *	r = document_decode(&reader, PH_DOCUMENT_MAX, &d);
 *	if (r == PH_OK)
 *		r = document_verify(&d, DOCUMENT_GRANT, keys, nkeys, NULL);
 *	if (r == PH_OK)
 *		r = grant_decode(d.bytes, d.len, &grant);
 */

enum document_kind {
	DOCUMENT_TRUST,
	DOCUMENT_CHARTER,
	DOCUMENT_MANIFEST,
	DOCUMENT_GRANT,
	DOCUMENT_RECEIPT,
	DOCUMENT_CHECKPOINT,
	DOCUMENT_JOIN,
};
#define DOCUMENT_NKINDS 7u

/* One SSHSIG blob; owned by its document. */
struct document_signature {
	uint8_t *blob;
	size_t len;
};

/* Plain data; read the members, change them through the functions. */
struct document {
	uint8_t *bytes;
	size_t len;
	struct document_signature signatures[PH_SIGNATURES_MAX];
	size_t nsignatures;
};

/* What a sealed document adds to its bytes, at most, and its whole size. */
#define DOCUMENT_SEAL_MAX (5u + PH_SIGNATURES_MAX * (2u + SSHSIG_BLOB_MAX))
#define DOCUMENT_SEALED_MAX (PH_DOCUMENT_MAX + DOCUMENT_SEAL_MAX)

/* "trust", "charter", …; a constant. */
const char *document_kind_name(enum document_kind kind);

/* The namespace of its signatures: "packhorse-trust", …; a constant. */
const char *document_namespace(enum document_kind kind);

/* The most bytes a document of that kind may have. */
size_t document_max(enum document_kind kind);

/* Empty: no bytes, no signatures. */
void document_init(struct document *d);

/* Free what it holds; it is empty again. */
void document_fini(struct document *d);

/* A copy of a in b, which is empty.  PH_OK or PH_ENOMEM. */
int document_copy(const struct document *a, struct document *b) ATTR_CHECK;

/*
 * Hold a copy of the bytes, without signatures; what d held is freed.
 * PH_OK, PH_ENOMEM, or PH_ELIMIT beyond PH_DOCUMENT_MAX.
 */
int document_set(struct document *d, const void *bytes, size_t len) ATTR_CHECK;

/*
 * Add a copy of a signature blob, which is not verified.  PH_OK, PH_ENOMEM,
 * or PH_ELIMIT when it is too long or there are too many.
 */
int document_add_signature(struct document *d, const void *blob,
    size_t len) ATTR_CHECK;

/* Sign the bytes as a document of that kind; the signature is added. */
int document_sign(struct document *d, enum document_kind kind,
    const struct key_private *key) ATTR_CHECK;

/* The digest of the bytes: what the document is named by. */
void document_digest(const struct document *d, struct digest *out);

/*
 * PH_OK when one of the signatures is valid, is of the namespace of kind
 * and was made by one of nkeys keys; *which (NULL allowed) is then the index
 * of the key of the first such signature.  Else PH_ESIGNATURE, or PH_ENOMEM.
 * Signatures by other keys and invalid ones do not harm.
 */
int document_verify(const struct document *d, enum document_kind kind,
    const struct key_public *keys, size_t nkeys, size_t *which) ATTR_CHECK;

/* Put the sealed form; the failure stays in the buffer. */
void document_encode(const struct document *d, struct buffer *out);

/*
 * The sealed form in a buffer of its own, which the caller frees with
 * buffer_fini() whatever comes of it.  PH_OK or PH_ENOMEM.
 */
int document_seal(const struct document *d, struct buffer *out) ATTR_CHECK;

/*
 * Read a sealed document of at most max bytes (without its signatures),
 * which has at least one signature.  What follows it stays in the reader.
 * d must be empty; on failure it is, and the reader has not moved.  PH_OK,
 * PH_ENOMEM, PH_ELIMIT or PH_EDOCUMENT.
 */
int document_decode(struct reader *r, size_t max,
    struct document *d) ATTR_CHECK;

/* As document_decode(), of bytes that hold nothing else. */
int document_decode_sealed(const void *sealed, size_t len, size_t max,
    struct document *d) ATTR_CHECK;

/* Put the armoured signatures one after the other: the ".sig" file. */
void document_encode_signatures(const struct document *d, struct buffer *out);

/*
 * Add the signatures of a ".sig" file, at least one.  Only white space may
 * stand between and after them.  On failure d may have some of them.
 * PH_OK, PH_ENOMEM, PH_ELIMIT or PH_EDOCUMENT.
 */
int document_decode_signatures(struct document *d, const char *text,
    size_t len) ATTR_CHECK;

/* Put the form for people: the bytes, then the armoured signatures. */
void document_encode_file(const struct document *d, struct buffer *out);

/*
 * Read the form for people; as document_decode() otherwise.  The document
 * ends where the first line begins that is the head of an armour.
 */
int document_decode_file(const char *text, size_t len,
    struct document *d) ATTR_CHECK;

#endif
