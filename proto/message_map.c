/*
 * MAP? and MAP.
 */
#include <assert.h>

#include "proto/errors.h"
#include "proto/reader.h"

#include "proto/message_map.h"

/*
 * PH_OK when the range is one that a MAP can carry: not empty, not too long,
 * and the number after its last block is still a u32 or 2^32.
 */
static int
range_check(uint32_t first, size_t nblocks)
{
	if (nblocks == 0)
		return PH_EMESSAGE;
	if (nblocks > MESSAGE_MAP_BLOCKS_MAX ||
	    nblocks - 1 > UINT32_MAX - first)
		return PH_ELIMIT;
	return PH_OK;
}

int
message_map_query_encode(const struct message_map_query *m, struct buffer *out)
{
	size_t mark;

	assert(range_check(m->first, m->nblocks) == PH_OK);
	mark = frame_begin(out, MESSAGE_MAP_QUERY, 0);
	(void)buffer_put(out, m->blob.bytes, DIGEST_SIZE);
	(void)buffer_put_u32(out, m->first);
	(void)buffer_put_u32(out, m->nblocks);
	return frame_end(out, mark);
}

int
message_map_query_decode(const struct frame *f, struct message_map_query *out)
{
	struct reader r;

	assert(f->type == MESSAGE_MAP_QUERY);
	reader_init(&r, f->payload, f->len);
	if (reader_get(&r, out->blob.bytes, DIGEST_SIZE) != PH_OK ||
	    reader_get_u32(&r, &out->first) != PH_OK ||
	    reader_get_u32(&r, &out->nblocks) != PH_OK ||
	    reader_end(&r) != PH_OK)
		return PH_EMESSAGE;
	return range_check(out->first, out->nblocks);
}

int
message_map_encode(const struct message_map *m, struct buffer *out)
{
	size_t mark;

	assert(range_check(m->first, m->nblocks) == PH_OK);
	mark = frame_begin(out, MESSAGE_MAP, 0);
	(void)buffer_put(out, m->blob.bytes, DIGEST_SIZE);
	(void)buffer_put_u32(out, m->first);
	(void)buffer_put(out, m->hashes, m->nblocks * DIGEST_SIZE);
	return frame_end(out, mark);
}

int
message_map_decode(const struct frame *f, struct message_map *out)
{
	struct reader r;

	assert(f->type == MESSAGE_MAP);
	reader_init(&r, f->payload, f->len);
	if (reader_get(&r, out->blob.bytes, DIGEST_SIZE) != PH_OK ||
	    reader_get_u32(&r, &out->first) != PH_OK ||
	    r.len % DIGEST_SIZE != 0)
		return PH_EMESSAGE;
	out->hashes = r.data;
	out->nblocks = r.len / DIGEST_SIZE;
	return range_check(out->first, out->nblocks);
}
