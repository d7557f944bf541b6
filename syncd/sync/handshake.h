#ifndef SYNCD_SYNC_HANDSHAKE_H
#define SYNCD_SYNC_HANDSHAKE_H

#include <stdint.h>

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/frame.h"
#include "proto/hello.h"

/*
 * Both HELLOs of a session and what AUTH signs.  Embedded; no memory of its
 * own.
 */
struct handshake {
	enum side side;
	struct hello ours;
	struct hello theirs;
	uint8_t our_payload[HELLO_SIZE];
	uint8_t their_payload[HELLO_SIZE];
	uint16_t version;
};

/* Put our HELLO, which is kept. */
int handshake_put_hello(struct handshake *h, const struct hello *ours,
    struct buffer *out) ATTR_CHECK;

/* Their HELLO: PH_OK, PH_EMESSAGE, PH_EVERSION, PH_EIDENTITY. */
int handshake_on_hello(struct handshake *h,
    const struct frame *frame) ATTR_CHECK;

/* What a side signs; after both HELLOs. */
void handshake_transcript(const struct handshake *h, enum side signer,
    uint8_t out[HELLO_TRANSCRIPT_SIZE]);

#endif
