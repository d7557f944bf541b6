/*
 * GRANT, RECEIPT and LISTDIFF.
 */
#include <assert.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/reader.h"

#include "proto/message_grant.h"

/* What stands behind the sealed document: a digest and a count. */
#define TAIL_SIZE (DIGEST_SIZE + 4u)

/* A line with its sign and its newline. */
#define SIGNED_LINE_MAX (PH_LIST_LINE_MAX + 2u)

/* GRANT and RECEIPT have one form. */
static int
announce_encode(const struct message_grant *m, enum message_type type,
    struct buffer *out)
{
	size_t mark;

	assert(m->nlistdiffs <= PH_LISTDIFF_FRAMES_MAX);
	mark = frame_begin(out, type, 0);
	(void)buffer_put(out, m->sealed, m->len);
	(void)buffer_put(out, m->base.bytes, DIGEST_SIZE);
	(void)buffer_put_u32(out, m->nlistdiffs);
	return frame_end(out, mark);
}

/* The document is what stands before the tail, whose size is known. */
static int
announce_decode(const struct frame *f, struct message_grant *out)
{
	struct reader r;

	if (f->len <= TAIL_SIZE)
		return PH_EMESSAGE;
	reader_init(&r, f->payload, f->len);
	out->len = f->len - TAIL_SIZE;
	if (reader_borrow(&r, out->len, &out->sealed) != PH_OK ||
	    reader_get(&r, out->base.bytes, DIGEST_SIZE) != PH_OK ||
	    reader_get_u32(&r, &out->nlistdiffs) != PH_OK)
		return PH_EMESSAGE;
	if (out->nlistdiffs > PH_LISTDIFF_FRAMES_MAX)
		return PH_ELIMIT;
	return PH_OK;
}

int
message_grant_encode(const struct message_grant *m, struct buffer *out)
{
	return announce_encode(m, MESSAGE_GRANT, out);
}

int
message_grant_decode(const struct frame *f, struct message_grant *out)
{
	assert(f->type == MESSAGE_GRANT);
	return announce_decode(f, out);
}

int
message_receipt_encode(const struct message_grant *m, struct buffer *out)
{
	return announce_encode(m, MESSAGE_RECEIPT, out);
}

int
message_receipt_decode(const struct frame *f, struct message_grant *out)
{
	assert(f->type == MESSAGE_RECEIPT);
	return announce_decode(f, out);
}

int
message_listdiff_encode(const struct message_listdiff *m, struct buffer *out)
{
	return frame_put(out, MESSAGE_LISTDIFF, 0, m->lines, m->len);
}

int
message_listdiff_decode(const struct frame *f, struct message_listdiff *out)
{
	const uint8_t *line, *end, *newline;

	assert(f->type == MESSAGE_LISTDIFF);
	if (f->len == 0)
		return PH_EMESSAGE;
	end = f->payload + f->len;
	for (line = f->payload; line < end; line = newline + 1) {
		newline = memchr(line, '\n', (size_t)(end - line));
		if (newline == NULL || (*line != '-' && *line != '+') ||
		    newline - line < 2)
			return PH_EMESSAGE;
		if ((size_t)(newline - line) + 1 > SIGNED_LINE_MAX)
			return PH_ELIMIT;
	}
	out->lines = (const char *)f->payload;
	out->len = f->len;
	return PH_OK;
}
