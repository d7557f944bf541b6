/*
 * HELLOs and transcript.
 */
#include <string.h>

#include "proto/errors.h"

#include "syncd/sync/handshake.h"

int
handshake_put_hello(struct handshake *h, const struct hello *ours,
    struct buffer *out)
{
	h->side = ours->side;
	h->ours = *ours;
	hello_encode(ours, h->our_payload);
	return frame_put(out, MESSAGE_HELLO, 0, h->our_payload, HELLO_SIZE);
}

int
handshake_on_hello(struct handshake *h, const struct frame *frame)
{
	int r;

	r = hello_decode(frame->payload, frame->len, &h->theirs);
	if (r != PH_OK)
		return r;
	memcpy(h->their_payload, frame->payload, HELLO_SIZE);
	return hello_negotiate(&h->ours, &h->theirs, &h->version);
}

void
handshake_transcript(const struct handshake *h, enum side signer,
    uint8_t out[HELLO_TRANSCRIPT_SIZE])
{
	if (h->side == SIDE_RECEIVER)
		hello_transcript(signer, h->our_payload, h->their_payload, out);
	else
		hello_transcript(signer, h->their_payload, h->our_payload, out);
}
