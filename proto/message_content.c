/*
 * PULL, DATA and PLAIN?.
 */
#include <assert.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/reader.h"

#include "proto/message_content.h"

/* PH_OK when a segment may have that number and an encoding those bytes. */
static int
piece_check(uint32_t segment, uint32_t offset, size_t len)
{
	if (len == 0)
		return PH_EMESSAGE;
	if (segment >= PH_SEGMENTS_MAX || offset > PH_ENCODING_SIZE_MAX ||
	    len > PH_ENCODING_SIZE_MAX - offset)
		return PH_ELIMIT;
	return PH_OK;
}

int
message_pull_encode(const struct message_pull *m, uint32_t transfer,
    struct buffer *out)
{
	size_t mark;

	assert(piece_check(m->segment, m->offset, m->credit) == PH_OK);
	mark = frame_begin(out, MESSAGE_PULL, transfer);
	(void)buffer_put_u32(out, m->segment);
	(void)buffer_put_u8(out, m->plain ? 1 : 0);
	(void)buffer_put_u32(out, m->offset);
	(void)buffer_put_u32(out, m->credit);
	return frame_end(out, mark);
}

int
message_pull_decode(const struct frame *f, struct message_pull *out)
{
	struct reader r;
	uint8_t plain;

	assert(f->type == MESSAGE_PULL);
	reader_init(&r, f->payload, f->len);
	if (reader_get_u32(&r, &out->segment) != PH_OK ||
	    reader_get_u8(&r, &plain) != PH_OK ||
	    reader_get_u32(&r, &out->offset) != PH_OK ||
	    reader_get_u32(&r, &out->credit) != PH_OK ||
	    reader_end(&r) != PH_OK || plain > 1)
		return PH_EMESSAGE;
	out->plain = plain;
	return piece_check(out->segment, out->offset, out->credit);
}

int
message_data_encode(const struct message_data *m, uint32_t transfer,
    struct buffer *out)
{
	uint8_t *bytes;
	int r;

	r = message_data_reserve(m, transfer, out, &bytes);
	if (r == PH_OK)
		memcpy(bytes, m->bytes, m->len);
	return r;
}

int
message_data_reserve(const struct message_data *m, uint32_t transfer,
    struct buffer *out, uint8_t **bytes)
{
	size_t mark;

	assert(m->len <= PH_DATA_MAX);
	assert(piece_check(m->segment, m->offset, m->len) == PH_OK);
	mark = frame_begin(out, MESSAGE_DATA, transfer);
	(void)buffer_put_u32(out, m->segment);
	(void)buffer_put_u32(out, m->offset);
	*bytes = buffer_reserve(out, m->len);
	return frame_end(out, mark);
}

int
message_data_decode(const struct frame *f, struct message_data *out)
{
	struct reader r;

	assert(f->type == MESSAGE_DATA);
	reader_init(&r, f->payload, f->len);
	if (reader_get_u32(&r, &out->segment) != PH_OK ||
	    reader_get_u32(&r, &out->offset) != PH_OK)
		return PH_EMESSAGE;
	out->bytes = r.data;
	out->len = r.len;
	return piece_check(out->segment, out->offset, out->len);
}

int
message_plain_query_encode(const struct message_plain_query *m,
    uint32_t transfer, struct buffer *out)
{
	size_t mark;

	assert(m->segment < PH_SEGMENTS_MAX);
	mark = frame_begin(out, MESSAGE_PLAIN_QUERY, transfer);
	(void)buffer_put_u32(out, m->segment);
	return frame_end(out, mark);
}

int
message_plain_query_decode(const struct frame *f,
    struct message_plain_query *out)
{
	struct reader r;

	assert(f->type == MESSAGE_PLAIN_QUERY);
	reader_init(&r, f->payload, f->len);
	if (reader_get_u32(&r, &out->segment) != PH_OK ||
	    reader_end(&r) != PH_OK)
		return PH_EMESSAGE;
	return out->segment < PH_SEGMENTS_MAX ? PH_OK : PH_ELIMIT;
}
