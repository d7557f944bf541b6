#ifndef PROTO_MESSAGE_DOCUMENT_H
#define PROTO_MESSAGE_DOCUMENT_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/digest.h"
#include "proto/frame.h"

/*
 * Messages that carry a signed thing and hardly more: TRUST, AUTH, CHARTER,
 * MANIFEST? and MANIFEST.  The sealed documents are opaque here; document.h
 * takes them apart.
 *
 * As in all message_*.h: an encoder puts a whole frame; it returns PH_OK, or
 * PH_ENOMEM or PH_ELIMIT, and out is as it was.  A decoder gets a frame of
 * its type (asserted); it returns PH_OK, or PH_EMESSAGE for a payload that
 * is not well formed or PH_ELIMIT for a number beyond its limit (and
 * PH_ENOMEM where it reads JSON), and *out is then not to be used.  What it
 * gives borrows from the frame's payload where it has pointers.
 */

/* Digests of one MANIFEST?. */
#define MESSAGE_MANIFESTS_MAX 64u

/* TRUST, CHARTER. */
struct message_document {
	const uint8_t *sealed;
	size_t len;
};

struct message_auth {
	const uint8_t *signature; /* An SSHSIG blob. */
	size_t len;
};

struct message_manifest_query {
	struct digest manifests[MESSAGE_MANIFESTS_MAX];
	size_t count; /* At least 1. */
};

struct message_manifest {
	struct digest manifest; /* As it was asked for. */
	const uint8_t *sealed;
	size_t len;
};

/* A trust document that the receiver lacks. */
int message_trust_encode(const struct message_document *m,
    struct buffer *out) ATTR_CHECK;
int message_trust_decode(const struct frame *f,
    struct message_document *out) ATTR_CHECK;

/* The signature of hello_transcript(). */
int message_auth_encode(const struct message_auth *m,
    struct buffer *out) ATTR_CHECK;
int message_auth_decode(const struct frame *f,
    struct message_auth *out) ATTR_CHECK;

/* The receiver's charter. */
int message_charter_encode(const struct message_document *m,
    struct buffer *out) ATTR_CHECK;
int message_charter_decode(const struct frame *f,
    struct message_document *out) ATTR_CHECK;

/* Asks for m->count manifests. */
int message_manifest_query_encode(const struct message_manifest_query *m,
    struct buffer *out) ATTR_CHECK;
int message_manifest_query_decode(const struct frame *f,
    struct message_manifest_query *out) ATTR_CHECK;

/* Answers one of them. */
int message_manifest_encode(const struct message_manifest *m,
    struct buffer *out) ATTR_CHECK;
int message_manifest_decode(const struct frame *f,
    struct message_manifest *out) ATTR_CHECK;

#endif
