#ifndef PROTO_FRAME_H
#define PROTO_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/message.h"
#include "proto/reader.h"

/*
 * Frames: what a session sends, one after the other, over a byte stream.
 * The decoder turns a stream that arrives in any pieces into whole frames;
 * what it gives does not depend on the pieces.  It looks at the header only
 * (type, limit of the type, transfer field); it knows neither payloads nor
 * the state of the session.
 */

#define FRAME_HEADER_SIZE 12u

/* A whole frame.  The payload is borrowed. */
struct frame {
	enum message_type type;
	uint32_t transfer; /* 0: none. */
	const uint8_t *payload;
	size_t len;
};

/*
 * Begin a frame at the end of out; the payload is put next, then the frame
 * is ended.  transfer must be as the type has it.  Gives the mark for
 * frame_end().  Failures stay in the buffer.
 */
size_t frame_begin(struct buffer *out, enum message_type type,
    uint32_t transfer);

/*
 * End the frame that began at mark: its length is filled in.  PH_OK; else
 * PH_ELIMIT (the payload is beyond the type's limit) or the failure of the
 * buffer, and the frame is taken off out again.
 */
int frame_end(struct buffer *out, size_t mark) ATTR_CHECK;

/* Begin, put len bytes of payload, end. */
int frame_put(struct buffer *out, enum message_type type, uint32_t transfer,
    const void *payload, size_t len) ATTR_CHECK;

/*
 * The bytes of the whole frame that begins at data, as this side has put it:
 * FRAME_HEADER_SIZE bytes are there, and right.
 */
size_t frame_size(const uint8_t *data);

struct frame_decoder;

/* A decoder at the beginning of a stream; NULL without memory. */
struct frame_decoder *frame_decoder_new(void);

/*
 * Take bytes from in until a frame is whole or in is empty.
 *
 * 1: *out is the next frame and in stands behind it.  A payload that lay
 * whole in in is borrowed from there, any other was copied once, into the
 * decoder's memory; so it is valid until the next call, as long as the bytes
 * of in are.
 * 0: in is empty and the frame not whole.
 *
 * PH_EFRAME: a type that is none, a second field that is not zero or a
 * transfer field that the type does not have.  PH_ELIMIT: longer than the
 * type may be.  Both are seen before memory is taken, which never grows
 * beyond MESSAGE_PAYLOAD_MAX.  PH_ENOMEM.  After a failure every call fails
 * the same way.
 */
int frame_decoder_feed(struct frame_decoder *d, struct reader *in,
    struct frame *out) ATTR_CHECK;

/* NULL is allowed. */
void frame_decoder_free(struct frame_decoder *d);

#endif
