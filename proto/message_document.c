/*
 * TRUST, AUTH, CHARTER, MANIFEST? and MANIFEST.
 */
#include <assert.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/reader.h"

#include "proto/message_document.h"

/* The payload is one thing, not empty, that is opaque here. */
static int
opaque_decode(const struct frame *f, const uint8_t **out, size_t *len)
{
	if (f->len == 0)
		return PH_EMESSAGE;
	*out = f->payload;
	*len = f->len;
	return PH_OK;
}

int
message_trust_encode(const struct message_document *m, struct buffer *out)
{
	return frame_put(out, MESSAGE_TRUST, 0, m->sealed, m->len);
}

int
message_trust_decode(const struct frame *f, struct message_document *out)
{
	assert(f->type == MESSAGE_TRUST);
	return opaque_decode(f, &out->sealed, &out->len);
}

int
message_auth_encode(const struct message_auth *m, struct buffer *out)
{
	return frame_put(out, MESSAGE_AUTH, 0, m->signature, m->len);
}

int
message_auth_decode(const struct frame *f, struct message_auth *out)
{
	assert(f->type == MESSAGE_AUTH);
	return opaque_decode(f, &out->signature, &out->len);
}

int
message_charter_encode(const struct message_document *m, struct buffer *out)
{
	return frame_put(out, MESSAGE_CHARTER, 0, m->sealed, m->len);
}

int
message_charter_decode(const struct frame *f, struct message_document *out)
{
	assert(f->type == MESSAGE_CHARTER);
	return opaque_decode(f, &out->sealed, &out->len);
}

int
message_manifest_query_encode(const struct message_manifest_query *m,
    struct buffer *out)
{
	size_t i, mark;

	assert(m->count >= 1 && m->count <= MESSAGE_MANIFESTS_MAX);
	mark = frame_begin(out, MESSAGE_MANIFEST_QUERY, 0);
	for (i = 0; i < m->count; i++)
		(void)buffer_put(out, m->manifests[i].bytes, DIGEST_SIZE);
	return frame_end(out, mark);
}

int
message_manifest_query_decode(const struct frame *f,
    struct message_manifest_query *out)
{
	size_t i;

	assert(f->type == MESSAGE_MANIFEST_QUERY);
	if (f->len == 0 || f->len % DIGEST_SIZE != 0)
		return PH_EMESSAGE;
	out->count = f->len / DIGEST_SIZE;
	if (out->count > MESSAGE_MANIFESTS_MAX)
		return PH_ELIMIT;
	for (i = 0; i < out->count; i++)
		memcpy(out->manifests[i].bytes, f->payload + i * DIGEST_SIZE,
		    DIGEST_SIZE);
	return PH_OK;
}

int
message_manifest_encode(const struct message_manifest *m, struct buffer *out)
{
	size_t mark;

	mark = frame_begin(out, MESSAGE_MANIFEST, 0);
	(void)buffer_put(out, m->manifest.bytes, DIGEST_SIZE);
	(void)buffer_put(out, m->sealed, m->len);
	return frame_end(out, mark);
}

int
message_manifest_decode(const struct frame *f, struct message_manifest *out)
{
	struct reader r;

	assert(f->type == MESSAGE_MANIFEST);
	reader_init(&r, f->payload, f->len);
	if (reader_get(&r, out->manifest.bytes, DIGEST_SIZE) != PH_OK ||
	    r.len == 0)
		return PH_EMESSAGE;
	out->sealed = r.data;
	out->len = r.len;
	return PH_OK;
}
