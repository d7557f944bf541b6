/*
 * The decoders of all messages, on a stream of frames.  What is read is
 * written with the same bytes; JSON, which has several forms, with those
 * that reading it again gives.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "tests/unit/proto/any_message.h"

#include "tests/fuzz/target.h"

/* Write a message; *f is then its frame. */
static void
encode(const struct any_message *m, struct buffer *out, struct frame *f)
{
	if (any_message_encode(m, out) != PH_OK)
		abort();
	f->type = m->type;
	f->transfer = m->transfer;
	f->payload = out->data + FRAME_HEADER_SIZE;
	f->len = out->len - FRAME_HEADER_SIZE;
}

/* Write and compare. */
static void
check_round_trip(const struct frame *f, const struct any_message *m)
{
	struct any_message again;
	struct buffer first, second;
	struct frame one, two;

	buffer_init(&first, FRAME_HEADER_SIZE + MESSAGE_PAYLOAD_MAX);
	buffer_init(&second, FRAME_HEADER_SIZE + MESSAGE_PAYLOAD_MAX);
	encode(m, &first, &one);
	two = *f;
	if (any_message_is_json(f->type)) {
		if (any_message_decode(&one, &again) != PH_OK)
			abort();
		encode(&again, &second, &two);
	}
	assert(one.len == two.len);
	assert(one.len == 0 || memcmp(one.payload, two.payload, one.len) == 0);
	buffer_fini(&first);
	buffer_fini(&second);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct any_message m;
	struct frame_decoder *d;
	struct reader in;
	struct frame f;

	d = frame_decoder_new();
	if (d == NULL)
		abort();
	reader_init(&in, data, size);
	while (frame_decoder_feed(d, &in, &f) == 1) {
		if (any_message_decode(&f, &m) == PH_OK)
			check_round_trip(&f, &m);
	}
	frame_decoder_free(d);
	return 0;
}
