/*
 * Frames, and a decoder that copies a payload only when it arrives in
 * pieces.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"

#include "proto/frame.h"

/* Where the length stands in the header. */
#define LENGTH_OFFSET 4u

struct frame_decoder {
	uint8_t header[FRAME_HEADER_SIZE];
	size_t nheader; /* Bytes of the header that are here. */

	/* With a whole header. */
	enum message_type type;
	uint32_t len;
	uint32_t transfer;

	/* A payload in pieces: room for it, and how much of it is here. */
	struct buffer payload;
	uint8_t *room;
	size_t npayload;

	int error;
};

/* 1 when the transfer field is as a type has it. */
static int
transfer_agrees(const struct message_info *info, uint32_t transfer)
{
	switch (info->transfer) {
	case MESSAGE_NO_TRANSFER:
		return transfer == 0;
	case MESSAGE_TRANSFER:
		return transfer != 0;
	case MESSAGE_ANY_TRANSFER:
		return 1;
	}
	return 0;
}

size_t
frame_begin(struct buffer *out, enum message_type type, uint32_t transfer)
{
	size_t mark;

	assert(message_info(type) != NULL);
	assert(transfer_agrees(message_info(type), transfer));
	mark = out->len;
	(void)buffer_put_u16(out, (uint16_t)type);
	(void)buffer_put_u16(out, 0);
	(void)buffer_put_u32(out, 0);
	(void)buffer_put_u32(out, transfer);
	return mark;
}

int
frame_end(struct buffer *out, size_t mark)
{
	unsigned int type;
	size_t len;
	int r;

	r = buffer_error(out);
	if (r == PH_OK) {
		assert(out->len - mark >= FRAME_HEADER_SIZE);
		type = (unsigned int)out->data[mark] << 8 | out->data[mark + 1];
		len = out->len - mark - FRAME_HEADER_SIZE;
		if (len <= message_info(type)->limit)
			buffer_set_u32(out, mark + LENGTH_OFFSET,
			    (uint32_t)len);
		else
			r = PH_ELIMIT;
	}
	if (r != PH_OK)
		buffer_truncate(out, mark);
	return r;
}

int
frame_put(struct buffer *out, enum message_type type, uint32_t transfer,
    const void *payload, size_t len)
{
	size_t mark;

	mark = frame_begin(out, type, transfer);
	(void)buffer_put(out, payload, len);
	return frame_end(out, mark);
}

size_t
frame_size(const uint8_t *data)
{
	struct reader r;
	uint32_t len;

	len = 0;
	reader_init(&r, data + LENGTH_OFFSET, sizeof(len));
	(void)!reader_get_u32(&r, &len);
	return FRAME_HEADER_SIZE + (size_t)len;
}

struct frame_decoder *
frame_decoder_new(void)
{
	struct frame_decoder *d;

	d = calloc(1, sizeof(*d));
	if (d == NULL)
		return NULL;
	buffer_init(&d->payload, MESSAGE_PAYLOAD_MAX);
	return d;
}

/* Take apart a header that is whole. */
static int
header_decode(struct frame_decoder *d)
{
	const struct message_info *info;
	struct reader r;
	uint16_t type, zero;

	reader_init(&r, d->header, sizeof(d->header));
	if (reader_get_u16(&r, &type) != PH_OK ||
	    reader_get_u16(&r, &zero) != PH_OK ||
	    reader_get_u32(&r, &d->len) != PH_OK ||
	    reader_get_u32(&r, &d->transfer) != PH_OK)
		return PH_EFRAME;
	info = message_info(type);
	if (info == NULL || zero != 0 || !transfer_agrees(info, d->transfer))
		return PH_EFRAME;
	if (d->len > info->limit)
		return PH_ELIMIT;
	d->type = info->type;
	return PH_OK;
}

/* Move what there is, at most *have up to want, from in to to. */
static void
gather(struct reader *in, uint8_t *to, size_t *have, size_t want)
{
	size_t n;

	n = want - *have;
	if (n > in->len)
		n = in->len;
	if (n == 0)
		return;
	memcpy(to + *have, in->data, n);
	in->data += n;
	in->len -= n;
	*have += n;
}

/* A frame is whole: give it, and stand before the next header. */
static int
give(struct frame_decoder *d, const uint8_t *payload, struct frame *out)
{
	out->type = d->type;
	out->transfer = d->transfer;
	out->payload = payload;
	out->len = d->len;
	d->nheader = 0;
	d->room = NULL;
	d->npayload = 0;
	return 1;
}

/* The payload of the frame whose header is whole; as frame_decoder_feed(). */
static int
payload_feed(struct frame_decoder *d, struct reader *in, struct frame *out)
{
	const uint8_t *whole;

	if (d->room == NULL) {
		if (reader_borrow(in, d->len, &whole) == PH_OK)
			return give(d, whole, out);
		buffer_reset(&d->payload);
		d->room = buffer_reserve(&d->payload, d->len);
		if (d->room == NULL)
			return buffer_error(&d->payload);
	}
	gather(in, d->room, &d->npayload, d->len);
	if (d->npayload < d->len)
		return 0;
	return give(d, d->room, out);
}

int
frame_decoder_feed(struct frame_decoder *d, struct reader *in,
    struct frame *out)
{
	int r;

	if (d->error != PH_OK)
		return d->error;
	if (d->nheader < FRAME_HEADER_SIZE) {
		gather(in, d->header, &d->nheader, FRAME_HEADER_SIZE);
		if (d->nheader < FRAME_HEADER_SIZE)
			return 0;
		d->error = header_decode(d);
		if (d->error != PH_OK)
			return d->error;
	}
	r = payload_feed(d, in, out);
	if (r < 0)
		d->error = r;
	return r;
}

void
frame_decoder_free(struct frame_decoder *d)
{
	if (d == NULL)
		return;
	buffer_fini(&d->payload);
	free(d);
}
