/*
 * Documents as bytes with signatures.  What the bytes say is not looked at.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"

#include "proto/document.h"

/* Begins the line where the signatures of a file for people begin. */
#define ARMOUR_HEAD "-----BEGIN SSH SIGNATURE-----"

static const struct {
	const char *name;
	const char *namespace;
	size_t max;
} kinds[DOCUMENT_NKINDS] = {
	[DOCUMENT_TRUST] = { "trust", "packhorse-trust", PH_DOCUMENT_MAX },
	[DOCUMENT_CHARTER] = { "charter", "packhorse-charter",
	    PH_DOCUMENT_MAX },
	[DOCUMENT_MANIFEST] = { "manifest", "packhorse-manifest",
	    PH_DOCUMENT_MAX },
	[DOCUMENT_GRANT] = { "grant", "packhorse-grant", PH_GRANT_HEAD_MAX },
	[DOCUMENT_RECEIPT] = { "receipt", "packhorse-receipt",
	    PH_DOCUMENT_MAX },
	[DOCUMENT_CHECKPOINT] = { "checkpoint", "packhorse-checkpoint",
	    PH_DOCUMENT_MAX },
	[DOCUMENT_JOIN] = { "join", "packhorse-join", PH_DOCUMENT_MAX },
};

const char *
document_kind_name(enum document_kind kind)
{
	return kinds[kind].name;
}

const char *
document_namespace(enum document_kind kind)
{
	return kinds[kind].namespace;
}

size_t
document_max(enum document_kind kind)
{
	return kinds[kind].max;
}

void
document_init(struct document *d)
{
	memset(d, 0, sizeof(*d));
}

void
document_fini(struct document *d)
{
	size_t i;

	for (i = 0; i < d->nsignatures; i++)
		free(d->signatures[i].blob);
	free(d->bytes);
	document_init(d);
}

int
document_copy(const struct document *a, struct document *b)
{
	size_t i;
	int r;

	r = document_set(b, a->bytes, a->len);
	for (i = 0; i < a->nsignatures && r == PH_OK; i++)
		r = document_add_signature(b, a->signatures[i].blob,
		    a->signatures[i].len);
	if (r != PH_OK)
		document_fini(b);
	return r;
}

int
document_set(struct document *d, const void *bytes, size_t len)
{
	uint8_t *copy;

	if (len > PH_DOCUMENT_MAX)
		return PH_ELIMIT;
	copy = malloc(len + 1);
	if (copy == NULL)
		return PH_ENOMEM;
	if (len > 0)
		memcpy(copy, bytes, len);
	document_fini(d);
	d->bytes = copy;
	d->len = len;
	return PH_OK;
}

int
document_add_signature(struct document *d, const void *blob, size_t len)
{
	uint8_t *copy;

	if (len == 0 || len > SSHSIG_BLOB_MAX ||
	    d->nsignatures == PH_SIGNATURES_MAX)
		return PH_ELIMIT;
	copy = malloc(len);
	if (copy == NULL)
		return PH_ENOMEM;
	memcpy(copy, blob, len);
	d->signatures[d->nsignatures].blob = copy;
	d->signatures[d->nsignatures].len = len;
	d->nsignatures++;
	return PH_OK;
}

int
document_sign(struct document *d, enum document_kind kind,
    const struct key_private *key)
{
	struct buffer blob;
	int r;

	buffer_init(&blob, SSHSIG_BLOB_MAX);
	r = sshsig_sign(key, document_namespace(kind), d->bytes, d->len, &blob);
	if (r == PH_OK)
		r = document_add_signature(d, blob.data, blob.len);
	buffer_fini(&blob);
	return r;
}

void
document_digest(const struct document *d, struct digest *out)
{
	digest_of(d->bytes, d->len, out);
}

/* Whether key is one of nkeys, and which. */
static int
find_key(const struct key_public *keys, size_t nkeys,
    const struct key_public *key, size_t *which)
{
	size_t i;

	for (i = 0; i < nkeys; i++) {
		if (key_equal(&keys[i], key)) {
			if (which != NULL)
				*which = i;
			return 1;
		}
	}
	return 0;
}

int
document_verify(const struct document *d, enum document_kind kind,
    const struct key_public *keys, size_t nkeys, size_t *which)
{
	struct key_public signer;
	size_t i;
	int r;

	for (i = 0; i < d->nsignatures; i++) {
		r = sshsig_verify(d->signatures[i].blob, d->signatures[i].len,
		    document_namespace(kind), d->bytes, d->len, &signer);
		if (r == PH_ENOMEM)
			return r;
		if (r == PH_OK && find_key(keys, nkeys, &signer, which))
			return PH_OK;
	}
	return PH_ESIGNATURE;
}

void
document_encode(const struct document *d, struct buffer *out)
{
	size_t i;

	assert(d->len <= UINT32_MAX);
	buffer_put_string(out, d->bytes, d->len);
	buffer_put_u8(out, (uint8_t)d->nsignatures);
	for (i = 0; i < d->nsignatures; i++) {
		buffer_put_u16(out, (uint16_t)d->signatures[i].len);
		buffer_put(out, d->signatures[i].blob, d->signatures[i].len);
	}
}

int
document_seal(const struct document *d, struct buffer *out)
{
	buffer_init(out, DOCUMENT_SEALED_MAX);
	document_encode(d, out);
	return buffer_error(out);
}

/* Read the count and the signatures of a sealed document. */
static int
decode_signatures(struct reader *r, struct document *d)
{
	const uint8_t *blob;
	uint16_t len;
	uint8_t count, i;
	int result;

	if (reader_get_u8(r, &count) != PH_OK || count == 0)
		return PH_EDOCUMENT;
	for (i = 0; i < count; i++) {
		if (reader_get_u16(r, &len) != PH_OK || len == 0 ||
		    reader_borrow(r, len, &blob) != PH_OK)
			return PH_EDOCUMENT;
		result = document_add_signature(d, blob, len);
		if (result != PH_OK)
			return result;
	}
	return PH_OK;
}

int
document_decode(struct reader *r, size_t max, struct document *d)
{
	struct reader ahead;
	const uint8_t *bytes;
	size_t len;
	int result;

	ahead = *r;
	result = reader_get_string(&ahead, max, &bytes, &len);
	if (result == PH_EMESSAGE || (result == PH_OK && len == 0))
		return PH_EDOCUMENT;
	if (result != PH_OK)
		return result;
	result = document_set(d, bytes, len);
	if (result == PH_OK)
		result = decode_signatures(&ahead, d);
	if (result == PH_OK)
		*r = ahead;
	else
		document_fini(d);
	return result;
}

int
document_decode_sealed(const void *sealed, size_t len, size_t max,
    struct document *d)
{
	struct reader r;
	int result;

	reader_init(&r, sealed, len);
	result = document_decode(&r, max, d);
	if (result == PH_OK && reader_end(&r) != PH_OK) {
		document_fini(d);
		return PH_EDOCUMENT;
	}
	return result;
}

void
document_encode_signatures(const struct document *d, struct buffer *out)
{
	size_t i;

	for (i = 0; i < d->nsignatures; i++)
		(void)sshsig_armour(d->signatures[i].blob, d->signatures[i].len,
		    out);
}

/* Move behind white space. */
static void
skip_space(struct reader *r)
{
	while (r->len > 0 && strchr(" \t\r\n", r->data[0]) != NULL &&
	    r->data[0] != '\0') {
		r->data++;
		r->len--;
	}
}

int
document_decode_signatures(struct document *d, const char *text, size_t len)
{
	struct buffer blob;
	struct reader r;
	int result;

	buffer_init(&blob, SSHSIG_BLOB_MAX);
	reader_init(&r, text, len);
	result = PH_EDOCUMENT;
	for (skip_space(&r); r.len > 0; skip_space(&r)) {
		buffer_reset(&blob);
		result = sshsig_dearmour(&r, &blob);
		if (result == PH_ESIGNATURE)
			result = PH_EDOCUMENT;
		if (result == PH_OK)
			result = document_add_signature(d, blob.data, blob.len);
		if (result != PH_OK)
			break;
	}
	buffer_fini(&blob);
	return result;
}

void
document_encode_file(const struct document *d, struct buffer *out)
{
	buffer_put(out, d->bytes, d->len);
	document_encode_signatures(d, out);
}

/* How many bytes stand before the line that begins the signatures. */
static size_t
find_armour(const char *text, size_t len)
{
	const char *head;

	head = text;
	while ((head = memmem(head, len - (size_t)(head - text), ARMOUR_HEAD,
		    strlen(ARMOUR_HEAD))) != NULL) {
		if (head == text || head[-1] == '\n')
			return (size_t)(head - text);
		head++;
	}
	return len;
}

int
document_decode_file(const char *text, size_t len, struct document *d)
{
	size_t n;
	int r;

	if (len == 0)
		return PH_EDOCUMENT;
	n = find_armour(text, len);
	if (n == 0 || n == len)
		return PH_EDOCUMENT;
	r = document_set(d, text, n);
	if (r == PH_OK)
		r = document_decode_signatures(d, text + n, len - n);
	if (r != PH_OK)
		document_fini(d);
	return r;
}
