#ifndef PROTO_MESSAGE_STATE_H
#define PROTO_MESSAGE_STATE_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/digest.h"
#include "proto/frame.h"
#include "proto/order.h"
#include "proto/sshsig.h"

/*
 * Messages by which the two sides compare what they have: STATE, SAME, BUSY
 * and RECEIVED.  Their payloads are JSON.  Encoders and decoders are as
 * message_document.h says.
 */

/* Logs of one STATE; fits its limit. */
#define MESSAGE_LOGS_MAX 16u

/* "main", "local" or a repository id, and a NUL. */
#define MESSAGE_LOG_NAME_SIZE 65u

/* Nodes of a consistency proof; more than any log needs. */
#define MESSAGE_PROOF_MAX 64u

/* The longest "next" and "after": a leap year. */
#define MESSAGE_SECONDS_MAX (INT64_C(366) * 24 * 60 * 60)

/* A log as far as the receiver has seen it. */
struct message_log {
	char name[MESSAGE_LOG_NAME_SIZE];
	uint64_t size; /* In entries. */
	struct digest root;
};

/* What is in force at the receiver. */
struct message_state {
	struct order charter; /* {0, 0}: none yet. */
	struct order grant;
	struct digest list; /* Of the empty text: none yet. */
	struct digest set;
	uint64_t receipt; /* The number of the last one; 0: none yet. */
	struct message_log logs[MESSAGE_LOGS_MAX];
	size_t nlogs;
};

struct message_same {
	int64_t next_s; /* Seconds until the receiver comes again. */
};

struct message_busy {
	int64_t after_s; /* Seconds until it may try again. */
};

/* The answer to a RECEIPT. */
struct message_received {
	uint64_t number; /* Of the receipt. */

	/*
	 * The provider lacks the set that the differences start from: the
	 * same receipt is to be sent again with the whole set.  All members
	 * below are then zero.
	 */
	int send_whole;

	/*
	 * The checkpoint of the repository's log at the provider, and the
	 * signature (an SSHSIG blob) of the document that says so
	 * (checkpoint.h: owner the primary, log the repository).
	 */
	uint64_t size;
	struct digest root;
	int64_t time;
	uint8_t signature[SSHSIG_BLOB_MAX];
	size_t signature_len; /* At least 1. */

	/* That it continues the log of that name in STATE; 0 nodes: not. */
	struct digest proof[MESSAGE_PROOF_MAX];
	size_t nproof;

	/* To the provider's main log; zeros: none. */
	struct digest commitment;
};

/* What is in force at the receiver. */
int message_state_encode(const struct message_state *m,
    struct buffer *out) ATTR_CHECK;
int message_state_decode(const struct frame *f,
    struct message_state *out) ATTR_CHECK;

/* Answers STATE: nothing has changed. */
int message_same_encode(const struct message_same *m,
    struct buffer *out) ATTR_CHECK;
int message_same_decode(const struct frame *f,
    struct message_same *out) ATTR_CHECK;

/* Answers the first STATE: not now. */
int message_busy_encode(const struct message_busy *m,
    struct buffer *out) ATTR_CHECK;
int message_busy_decode(const struct frame *f,
    struct message_busy *out) ATTR_CHECK;

/* Answers RECEIPT. */
int message_received_encode(const struct message_received *m,
    struct buffer *out) ATTR_CHECK;
int message_received_decode(const struct frame *f,
    struct message_received *out) ATTR_CHECK;

#endif
