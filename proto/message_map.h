#ifndef PROTO_MESSAGE_MAP_H
#define PROTO_MESSAGE_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/digest.h"
#include "proto/frame.h"

/*
 * Messages about block maps: MAP? asks for a range, MAP answers it whole.
 * Encoders and decoders are as message_document.h says.
 */

/* Hashes of one MAP. */
#define MESSAGE_MAP_BLOCKS_MAX 2048u

struct message_map_query {
	struct digest blob;
	uint32_t first;   /* Block. */
	uint32_t nblocks; /* 1 to MESSAGE_MAP_BLOCKS_MAX. */
};

struct message_map {
	struct digest blob;
	uint32_t first;
	const uint8_t *hashes; /* nblocks × DIGEST_SIZE bytes. */
	size_t nblocks;
};

/* Asks for a range, none of which may be beyond block 2^32 - 1. */
int message_map_query_encode(const struct message_map_query *m,
    struct buffer *out) ATTR_CHECK;
int message_map_query_decode(const struct frame *f,
    struct message_map_query *out) ATTR_CHECK;

/* Answers with the whole range. */
int message_map_encode(const struct message_map *m,
    struct buffer *out) ATTR_CHECK;
int message_map_decode(const struct frame *f,
    struct message_map *out) ATTR_CHECK;

#endif
