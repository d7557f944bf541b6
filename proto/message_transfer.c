/*
 * WANT, WAIT, PLAN, SEGMENTS, NONE and DONE.
 */
#include <assert.h>

#include "proto/errors.h"
#include "proto/message_json.h"
#include "proto/reader.h"

#include "proto/message_transfer.h"

/* A build for tests makes segments that a PLAN can have. */
_Static_assert(PH_SEGMENT_SIZE >= PH_SEGMENT_SIZE_MIN &&
	PH_SEGMENT_SIZE <= PH_SEGMENT_SIZE_MAX,
    "PH_SEGMENT_SIZE");

int
message_want_encode(const struct message_want *m, uint32_t transfer,
    struct buffer *out)
{
	size_t i, mark;

	assert(m->nbases <= MESSAGE_BASES_MAX);
	mark = frame_begin(out, MESSAGE_WANT, transfer);
	(void)buffer_put(out, m->blob.bytes, DIGEST_SIZE);
	(void)buffer_put_u8(out, (uint8_t)m->nbases);
	for (i = 0; i < m->nbases; i++)
		(void)buffer_put(out, m->bases[i].bytes, DIGEST_SIZE);
	return frame_end(out, mark);
}

int
message_want_decode(const struct frame *f, struct message_want *out)
{
	struct reader r;
	uint8_t count;
	size_t i;

	assert(f->type == MESSAGE_WANT);
	reader_init(&r, f->payload, f->len);
	if (reader_get(&r, out->blob.bytes, DIGEST_SIZE) != PH_OK ||
	    reader_get_u8(&r, &count) != PH_OK)
		return PH_EMESSAGE;
	if (count > MESSAGE_BASES_MAX)
		return PH_ELIMIT;
	for (i = 0; i < count; i++) {
		if (reader_get(&r, out->bases[i].bytes, DIGEST_SIZE) != PH_OK)
			return PH_EMESSAGE;
	}
	out->nbases = count;
	return reader_end(&r);
}

int
message_wait_encode(const struct message_wait *m, uint32_t transfer,
    struct buffer *out)
{
	struct json_writer w;
	size_t mark;

	mark = message_json_begin(&w, MESSAGE_WAIT, transfer, out);
	json_put_u64(&w, "done", m->done);
	json_put_u64(&w, "of", m->of);
	return message_json_end(&w, mark);
}

int
message_wait_decode(const struct frame *f, struct message_wait *out)
{
	struct json *tree;
	struct json_object root;
	int r;

	assert(f->type == MESSAGE_WAIT);
	r = message_json_open(f, &tree, &root);
	if (r != PH_OK)
		return r;
	json_get_u64(&root, "done", 0, &out->done);
	json_get_u64(&root, "of", 0, &out->of);
	json_check(&root, "done", out->done <= out->of);
	return message_json_close(tree, &root);
}

uint64_t
message_plan_segments(uint64_t size, uint32_t segment_size)
{
	assert(size > 0 && segment_size > 0);
	return (size - 1) / segment_size + 1;
}

/* PH_OK when the numbers are within their limits and agree. */
static int
plan_check(const struct message_plan *m)
{
	if (m->size > PH_BLOB_SIZE_MAX ||
	    m->segment_size > PH_SEGMENT_SIZE_MAX ||
	    m->nsegments > PH_SEGMENTS_MAX)
		return PH_ELIMIT;
	if (m->size == 0 || m->data > m->size ||
	    m->segment_size < PH_SEGMENT_SIZE_MIN ||
	    m->nsegments != message_plan_segments(m->size, m->segment_size))
		return PH_EMESSAGE;
	return PH_OK;
}

int
message_plan_encode(const struct message_plan *m, uint32_t transfer,
    struct buffer *out)
{
	size_t mark;

	assert(plan_check(m) == PH_OK);
	mark = frame_begin(out, MESSAGE_PLAN, transfer);
	(void)buffer_put(out, m->blob.bytes, DIGEST_SIZE);
	(void)buffer_put(out, m->base.bytes, DIGEST_SIZE);
	(void)buffer_put_u64(out, m->size);
	(void)buffer_put_u64(out, m->data);
	(void)buffer_put_u32(out, m->segment_size);
	(void)buffer_put_u32(out, m->nsegments);
	return frame_end(out, mark);
}

int
message_plan_decode(const struct frame *f, struct message_plan *out)
{
	struct reader r;

	assert(f->type == MESSAGE_PLAN);
	reader_init(&r, f->payload, f->len);
	if (reader_get(&r, out->blob.bytes, DIGEST_SIZE) != PH_OK ||
	    reader_get(&r, out->base.bytes, DIGEST_SIZE) != PH_OK ||
	    reader_get_u64(&r, &out->size) != PH_OK ||
	    reader_get_u64(&r, &out->data) != PH_OK ||
	    reader_get_u32(&r, &out->segment_size) != PH_OK ||
	    reader_get_u32(&r, &out->nsegments) != PH_OK ||
	    reader_end(&r) != PH_OK)
		return PH_EMESSAGE;
	return plan_check(out);
}

int
message_row_encode(const struct message_row *row, struct buffer *out)
{
	(void)buffer_put(out, row->encoding.bytes, DIGEST_SIZE);
	(void)buffer_put_u32(out, row->len);
	return buffer_put(out, row->target.bytes, DIGEST_SIZE);
}

void
message_row_decode(const struct message_segments *m, size_t i,
    struct message_row *out)
{
	struct reader r;
	int ok;

	assert(i < m->nrows);
	reader_init(&r, m->rows + i * MESSAGE_ROW_SIZE, MESSAGE_ROW_SIZE);
	ok = reader_get(&r, out->encoding.bytes, DIGEST_SIZE) == PH_OK &&
	    reader_get_u32(&r, &out->len) == PH_OK &&
	    reader_get(&r, out->target.bytes, DIGEST_SIZE) == PH_OK;
	assert(ok);
}

/* PH_OK when there are rows, all of segments and sizes that can be. */
static int
segments_check(const struct message_segments *m)
{
	struct message_row row;
	size_t i;

	if (m->nrows == 0)
		return PH_EMESSAGE;
	if (m->nrows > MESSAGE_ROWS_MAX || m->first > PH_SEGMENTS_MAX ||
	    m->nrows > PH_SEGMENTS_MAX - m->first)
		return PH_ELIMIT;
	for (i = 0; i < m->nrows; i++) {
		message_row_decode(m, i, &row);
		if (row.len == 0)
			return PH_EMESSAGE;
		if (row.len > PH_ENCODING_SIZE_MAX)
			return PH_ELIMIT;
	}
	return PH_OK;
}

int
message_segments_encode(const struct message_segments *m, uint32_t transfer,
    struct buffer *out)
{
	size_t mark;

	assert(segments_check(m) == PH_OK);
	mark = frame_begin(out, MESSAGE_SEGMENTS, transfer);
	(void)buffer_put_u32(out, m->first);
	(void)buffer_put_u8(out, m->plain ? 1 : 0);
	(void)buffer_put(out, m->rows, m->nrows * MESSAGE_ROW_SIZE);
	return frame_end(out, mark);
}

int
message_segments_decode(const struct frame *f, struct message_segments *out)
{
	struct reader r;
	uint8_t plain;

	assert(f->type == MESSAGE_SEGMENTS);
	reader_init(&r, f->payload, f->len);
	if (reader_get_u32(&r, &out->first) != PH_OK ||
	    reader_get_u8(&r, &plain) != PH_OK || plain > 1 ||
	    r.len % MESSAGE_ROW_SIZE != 0)
		return PH_EMESSAGE;
	out->plain = plain;
	out->rows = r.data;
	out->nrows = r.len / MESSAGE_ROW_SIZE;
	return segments_check(out);
}

/* NONE and DONE have one form. */
static int
digest_decode(const struct frame *f, struct message_digest *out)
{
	struct reader r;

	reader_init(&r, f->payload, f->len);
	if (reader_get(&r, out->digest.bytes, DIGEST_SIZE) != PH_OK)
		return PH_EMESSAGE;
	return reader_end(&r);
}

int
message_none_encode(const struct message_digest *m, uint32_t transfer,
    struct buffer *out)
{
	return frame_put(out, MESSAGE_NONE, transfer, m->digest.bytes,
	    DIGEST_SIZE);
}

int
message_none_decode(const struct frame *f, struct message_digest *out)
{
	assert(f->type == MESSAGE_NONE);
	return digest_decode(f, out);
}

int
message_done_encode(const struct message_digest *m, uint32_t transfer,
    struct buffer *out)
{
	return frame_put(out, MESSAGE_DONE, transfer, m->digest.bytes,
	    DIGEST_SIZE);
}

int
message_done_decode(const struct frame *f, struct message_digest *out)
{
	assert(f->type == MESSAGE_DONE);
	return digest_decode(f, out);
}
