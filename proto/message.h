#ifndef PROTO_MESSAGE_H
#define PROTO_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/document.h"
#include "proto/limits.h"

/*
 * The messages of a session: their numbers, names, limits, who sends them
 * and whether they belong to a transfer.  This is docs/protocol.md §3 as
 * data; what stands in a payload is for hello.h and message_*.h, when one
 * may come is for session.h.
 */

/* The two ends of a session, whoever dialled.  A set of sides is their sum. */
enum side {
	SIDE_RECEIVER = 1,
	SIDE_PROVIDER = 2,
};
#define SIDE_EITHER (SIDE_RECEIVER | SIDE_PROVIDER)

/* What the transfer field of the frame must be. */
enum message_transfer {
	MESSAGE_NO_TRANSFER,  /* 0. */
	MESSAGE_TRANSFER,     /* Not 0. */
	MESSAGE_ANY_TRANSFER, /* Either: NONE answers several questions. */
};

/*
 * MESSAGES(X): X(type, number, "name", sides, transfer, limit), the limit
 * of the payload in bytes.
 */
/* clang-format off */
#define MESSAGES(X)                                                           \
	X(MESSAGE_HELLO, 1, "HELLO",                                          \
	    SIDE_EITHER, MESSAGE_NO_TRANSFER, 101u)                           \
	X(MESSAGE_TRUST, 2, "TRUST",                                          \
	    SIDE_PROVIDER, MESSAGE_NO_TRANSFER, DOCUMENT_SEALED_MAX)          \
	X(MESSAGE_AUTH, 3, "AUTH",                                            \
	    SIDE_EITHER, MESSAGE_NO_TRANSFER, 1024u)                          \
	X(MESSAGE_STATE, 4, "STATE",                                          \
	    SIDE_RECEIVER, MESSAGE_NO_TRANSFER, 4096u)                        \
	X(MESSAGE_SAME, 5, "SAME",                                            \
	    SIDE_PROVIDER, MESSAGE_NO_TRANSFER, 256u)                         \
	X(MESSAGE_BUSY, 6, "BUSY",                                            \
	    SIDE_PROVIDER, MESSAGE_NO_TRANSFER, 256u)                         \
	X(MESSAGE_CHARTER, 7, "CHARTER",                                      \
	    SIDE_PROVIDER, MESSAGE_NO_TRANSFER, DOCUMENT_SEALED_MAX)          \
	X(MESSAGE_GRANT, 8, "GRANT",                                          \
	    SIDE_PROVIDER, MESSAGE_NO_TRANSFER, 8192u)                        \
	X(MESSAGE_LISTDIFF, 9, "LISTDIFF",                                    \
	    SIDE_EITHER, MESSAGE_NO_TRANSFER, PH_LISTDIFF_MAX)                \
	X(MESSAGE_MANIFEST_QUERY, 10, "MANIFEST?",                            \
	    SIDE_RECEIVER, MESSAGE_NO_TRANSFER, 2048u)                        \
	X(MESSAGE_MANIFEST, 11, "MANIFEST",                                   \
	    SIDE_PROVIDER, MESSAGE_NO_TRANSFER, DOCUMENT_SEALED_MAX + 32u)    \
	X(MESSAGE_NONE, 12, "NONE",                                           \
	    SIDE_PROVIDER, MESSAGE_ANY_TRANSFER, 32u)                         \
	X(MESSAGE_MAP_QUERY, 13, "MAP?",                                      \
	    SIDE_RECEIVER, MESSAGE_NO_TRANSFER, 40u)                          \
	X(MESSAGE_MAP, 14, "MAP",                                             \
	    SIDE_PROVIDER, MESSAGE_NO_TRANSFER, 65572u)                       \
	X(MESSAGE_WANT, 15, "WANT",                                           \
	    SIDE_RECEIVER, MESSAGE_TRANSFER, 512u)                            \
	X(MESSAGE_WAIT, 16, "WAIT",                                           \
	    SIDE_PROVIDER, MESSAGE_TRANSFER, 256u)                            \
	X(MESSAGE_PLAN, 17, "PLAN",                                           \
	    SIDE_PROVIDER, MESSAGE_TRANSFER, 88u)                             \
	X(MESSAGE_SEGMENTS, 18, "SEGMENTS",                                   \
	    SIDE_PROVIDER, MESSAGE_TRANSFER, 65541u)                          \
	X(MESSAGE_PULL, 19, "PULL",                                           \
	    SIDE_RECEIVER, MESSAGE_TRANSFER, 13u)                             \
	X(MESSAGE_DATA, 20, "DATA",                                           \
	    SIDE_PROVIDER, MESSAGE_TRANSFER, PH_DATA_MAX + 8u)                \
	X(MESSAGE_PLAIN_QUERY, 21, "PLAIN?",                                  \
	    SIDE_RECEIVER, MESSAGE_TRANSFER, 4u)                              \
	X(MESSAGE_RECEIPT, 22, "RECEIPT",                                     \
	    SIDE_RECEIVER, MESSAGE_NO_TRANSFER, DOCUMENT_SEALED_MAX + 36u)    \
	X(MESSAGE_RECEIVED, 23, "RECEIVED",                                   \
	    SIDE_PROVIDER, MESSAGE_NO_TRANSFER, 8192u)                        \
	X(MESSAGE_CANCEL, 24, "CANCEL",                                       \
	    SIDE_RECEIVER, MESSAGE_TRANSFER, 0u)                              \
	X(MESSAGE_ERROR, 25, "ERROR",                                         \
	    SIDE_EITHER, MESSAGE_TRANSFER, 256u)                              \
	X(MESSAGE_PING, 26, "PING",                                           \
	    SIDE_EITHER, MESSAGE_NO_TRANSFER, 8u)                             \
	X(MESSAGE_PONG, 27, "PONG",                                           \
	    SIDE_EITHER, MESSAGE_NO_TRANSFER, 8u)                             \
	X(MESSAGE_ABORT, 28, "ABORT",                                         \
	    SIDE_EITHER, MESSAGE_NO_TRANSFER, 256u)                           \
	X(MESSAGE_BYE, 29, "BYE",                                             \
	    SIDE_EITHER, MESSAGE_NO_TRANSFER, 0u)                             \
	X(MESSAGE_DONE, 30, "DONE",                                           \
	    SIDE_PROVIDER, MESSAGE_TRANSFER, 32u)
/* clang-format on */

enum message_type {
#define MESSAGE_ENUM(type, number, name, sides, transfer, limit) type = number,
	MESSAGES(MESSAGE_ENUM)
#undef MESSAGE_ENUM
};

/* Types are 1 to this, without gaps. */
#define MESSAGE_LAST 30u

/* The largest limit of a payload. */
#define MESSAGE_PAYLOAD_MAX (DOCUMENT_SEALED_MAX + 36u)

struct message_info {
	enum message_type type;
	const char *name;
	unsigned int sides; /* Who may send it. */
	enum message_transfer transfer;
	uint32_t limit; /* Of the payload, in bytes. */
};

/* What is known of a type; NULL for a number that is none.  A constant. */
const struct message_info *message_info(unsigned int type);

/* The name of a type; "?" for a number that is none.  A constant. */
const char *message_name(unsigned int type);

/* The other side of one side. */
enum side side_other(enum side side);

#endif
