#ifndef PROTO_MESSAGE_CONTENT_H
#define PROTO_MESSAGE_CONTENT_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/frame.h"
#include "proto/limits.h"

/*
 * Messages that move the bytes of encodings: PULL asks and gives credit,
 * DATA answers, PLAIN? asks for another encoding.  Encoders and decoders are
 * as message_document.h says.
 */

struct message_pull {
	uint32_t segment;
	int plain;       /* The encoding without a base. */
	uint32_t offset; /* In the encoding. */
	uint32_t credit; /* Bytes asked for, at least 1. */
};

struct message_data {
	uint32_t segment;
	uint32_t offset; /* In the encoding. */
	const uint8_t *bytes;
	size_t len; /* 1 to PH_DATA_MAX. */
};

struct message_plain_query {
	uint32_t segment;
};

/* Asks for m->credit bytes; beyond PH_ENCODING_SIZE_MAX is PH_ELIMIT. */
int message_pull_encode(const struct message_pull *m, uint32_t transfer,
    struct buffer *out) ATTR_CHECK;
int message_pull_decode(const struct frame *f,
    struct message_pull *out) ATTR_CHECK;

/* Answers PULL; the bytes are copied once. */
int message_data_encode(const struct message_data *m, uint32_t transfer,
    struct buffer *out) ATTR_CHECK;
int message_data_decode(const struct frame *f,
    struct message_data *out) ATTR_CHECK;

/*
 * Put a DATA whose m->len bytes the caller fills in (m->bytes is not looked
 * at), so that they are read from the file to where they are sent from.
 * *bytes is valid until the next put.
 */
int message_data_reserve(const struct message_data *m, uint32_t transfer,
    struct buffer *out, uint8_t **bytes) ATTR_CHECK;

/* Asks the provider for an encoding without a base. */
int message_plain_query_encode(const struct message_plain_query *m,
    uint32_t transfer, struct buffer *out) ATTR_CHECK;
int message_plain_query_decode(const struct frame *f,
    struct message_plain_query *out) ATTR_CHECK;

#endif
