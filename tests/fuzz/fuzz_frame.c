/*
 * The frame decoder: the first byte says how long the pieces are in which
 * the rest arrives.  What comes out is the same as from one piece.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/frame.h"

#include "tests/fuzz/target.h"

/* Decode data in pieces; what comes out goes to events, the code comes back. */
static int
decode(const uint8_t *data, size_t size, size_t step, struct buffer *events)
{
	struct frame_decoder *d;
	struct reader in;
	struct frame f;
	size_t at;
	int r;

	d = frame_decoder_new();
	if (d == NULL)
		abort();
	r = 0;
	for (at = 0; r == 0 && at < size; at += step) {
		reader_init(&in, data + at,
		    step < size - at ? step : size - at);
		while ((r = frame_decoder_feed(d, &in, &f)) == 1) {
			assert(f.len <= message_info(f.type)->limit);
			(void)buffer_put_u16(events, (uint16_t)f.type);
			(void)buffer_put_u32(events, f.transfer);
			(void)buffer_put_string(events, f.payload, f.len);
		}
	}
	frame_decoder_free(d);
	assert(buffer_error(events) == PH_OK);
	return r;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buffer whole, pieces;
	size_t step;

	if (size == 0)
		return 0;
	step = data[0] == 0 ? 4096 : data[0];
	buffer_init(&whole, 2 * size + 64);
	buffer_init(&pieces, 2 * size + 64);
	assert(decode(data + 1, size - 1, size, &whole) ==
	    decode(data + 1, size - 1, step, &pieces));
	assert(whole.len == pieces.len);
	assert(
	    whole.len == 0 || memcmp(whole.data, pieces.data, whole.len) == 0);
	buffer_fini(&whole);
	buffer_fini(&pieces);
	return 0;
}
