/*
 * Records of log files.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/merkle.h"
#include "proto/reader.h"

#include "syncd/audit/record.h"

#define SEQ_PREFIX "{\"seq\":"
#define SEQ_TEXT_SIZE 32u

/* Whether a body begins with a seq. */
static int
has_seq(const uint8_t *body, size_t len, uint64_t seq)
{
	char text[SEQ_TEXT_SIZE];
	int n;

	n = snprintf(text, sizeof(text), SEQ_PREFIX "%" PRIu64 ",", seq);
	return (size_t)n <= len && memcmp(body, text, (size_t)n) == 0;
}

int
record_encode(const void *body, size_t len, uint64_t seq, struct buffer *out)
{
	struct digest leaf;
	int r;

	if (len == 0 || len > PH_LOG_ENTRY_MAX)
		return PH_ELIMIT;
	if (!has_seq(body, len, seq))
		return PH_EINTERNAL;
	r = merkle_leaf(body, len, &leaf);
	if (r != PH_OK)
		return r;
	(void)buffer_put_u32(out, (uint32_t)len);
	(void)buffer_put(out, leaf.bytes, DIGEST_SIZE);
	(void)buffer_put(out, body, len);
	return buffer_error(out);
}

uint32_t
record_body_len(const uint8_t *header)
{
	struct reader reader;
	uint32_t len;

	reader_init(&reader, header, RECORD_HEADER_SIZE);
	if (reader_get_u32(&reader, &len) != PH_OK || len > PH_LOG_ENTRY_MAX)
		return 0;
	return len;
}

/* Decode a record, whatever its seq. */
static int
decode(const uint8_t *bytes, size_t len, struct record *out)
{
	struct digest leaf;
	int r;

	if (len < RECORD_HEADER_SIZE)
		return PH_ELOG;
	out->len = record_body_len(bytes);
	if (out->len == 0 || out->len > len - RECORD_HEADER_SIZE)
		return PH_ELOG;
	memcpy(out->leaf.bytes, bytes + 4, DIGEST_SIZE);
	out->body = bytes + RECORD_HEADER_SIZE;
	r = merkle_leaf(out->body, out->len, &leaf);
	if (r != PH_OK)
		return r;
	return digest_compare(&leaf, &out->leaf) == 0 ? PH_OK : PH_ELOG;
}

int
record_decode(const void *bytes, size_t len, uint64_t seq, struct record *out)
{
	int r;

	r = decode(bytes, len, out);
	if (r == PH_OK && !has_seq(out->body, out->len, seq))
		r = PH_ELOG;
	return r;
}

int
record_torn(const void *bytes, size_t len)
{
	const uint8_t *p;
	struct record record;
	size_t at, size;
	int r;

	if (len > RECORD_SIZE_MAX)
		return PH_ELOG;
	p = bytes;
	if (len >= RECORD_HEADER_SIZE) {
		/* Only the last record can be torn, and it ends the file. */
		size = RECORD_HEADER_SIZE + record_body_len(p);
		if (size > RECORD_HEADER_SIZE && size < len)
			return PH_ELOG;
	}
	/*
	 * If it is its length that is damaged, the records behind it are
	 * found by their hashes.
	 */
	for (at = 0; at < len; at++) {
		if (len - at < RECORD_HEADER_SIZE + strlen(SEQ_PREFIX) ||
		    memcmp(p + at + RECORD_HEADER_SIZE, SEQ_PREFIX,
			strlen(SEQ_PREFIX)) != 0)
			continue;
		r = decode(p + at, len - at, &record);
		if (r != PH_ELOG)
			return r == PH_OK ? PH_ELOG : r;
	}
	return PH_OK;
}
