/*
 * Ed25519 through OpenSSL, and the few bytes with which OpenSSH names its
 * keys.  The error queue of OpenSSL is left as it was found: a stale entry
 * would be read as the failure of whatever this thread does next.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "proto/base64.h"
#include "proto/errors.h"
#include "proto/limits.h"
#include "proto/text.h"

#include "proto/key.h"

#define TYPE_LEN (sizeof(KEY_TYPE) - 1)
#define BLOB_BASE64_LEN 68u /* 51 bytes: no padding. */
#define FINGERPRINT_PREFIX "SHA256:"
#define FINGERPRINT_PREFIX_LEN (sizeof(FINGERPRINT_PREFIX) - 1)

/*
 * OpenSSL keeps the seed, and wipes it when the key is freed; one copy is
 * enough.
 */
struct key_private {
	EVP_PKEY *pkey;
	struct key_public public;
};

/* What stands before the key in a blob: u32 11, the type, u32 32. */
static const uint8_t blob_prefix[KEY_BLOB_SIZE - KEY_SIZE] = { 0, 0, 0, 11, 's',
	's', 'h', '-', 'e', 'd', '2', '5', '5', '1', '9', 0, 0, 0, 32 };

/*
 * The y coordinates, little-endian, of the eight points whose order divides
 * the cofactor 8.  The sign bit of x is left out, so that these five stand
 * for all eight and for the two encodings of x = 0 with the wrong sign.
 * They are the multiples of L * P for any point P whose L * P has order 8, L
 * the order of the base point of RFC 8032 §5.1; libsodium's
 * ge25519_has_small_order() has the same list.
 */
static const uint8_t low_order[][KEY_SIZE] = {
	/* Order 4: y = 0. */
	{ 0 },
	/* Order 1, the neutral element: y = 1. */
	{ 1 },
	/* Order 2: y = -1. */
	{ 0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
	/* Order 8. */
	{ 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
	    0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
	    0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05 },
	{ 0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
	    0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
	    0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a },
};

/* Whether y, without sign bit, is one of those. */
static int
is_low_order(const uint8_t y[KEY_SIZE])
{
	size_t i;

	for (i = 0; i < sizeof(low_order) / sizeof(low_order[0]); i++) {
		if (memcmp(y, low_order[i], KEY_SIZE) == 0)
			return 1;
	}
	return 0;
}

/* Whether y, without sign bit, is less than p = 2^255 - 19. */
static int
is_reduced(const uint8_t y[KEY_SIZE])
{
	size_t i;

	if (y[0] < 0xed || y[KEY_SIZE - 1] != 0x7f)
		return 1;
	for (i = 1; i < KEY_SIZE - 1; i++) {
		if (y[i] != 0xff)
			return 1;
	}
	return 0;
}

int
key_from_bytes(const uint8_t bytes[KEY_SIZE], struct key_public *out)
{
	uint8_t y[KEY_SIZE];

	memcpy(y, bytes, KEY_SIZE);
	y[KEY_SIZE - 1] &= 0x7f;
	if (!is_reduced(y) || is_low_order(y))
		return PH_EKEY;
	memcpy(out->bytes, bytes, KEY_SIZE);
	return PH_OK;
}

/* Whether rest is blanks, a comment, blanks and at most one line end. */
static int
is_comment(const char *rest)
{
	char comment[PH_TEXT_MAX + 1];
	size_t len;

	len = strlen(rest);
	if (len > 0 && rest[len - 1] == '\n') {
		len--;
		if (len > 0 && rest[len - 1] == '\r')
			len--;
	}
	if (len == 0)
		return 1;
	if (rest[0] != ' ' && rest[0] != '\t')
		return 0;
	while (len > 0 && (rest[len - 1] == ' ' || rest[len - 1] == '\t'))
		len--;
	while (len > 0 && (*rest == ' ' || *rest == '\t')) {
		rest++;
		len--;
	}
	if (len > PH_TEXT_MAX)
		return 0;
	memcpy(comment, rest, len);
	comment[len] = '\0';
	return text_valid(comment, PH_TEXT_MAX);
}

int
key_from_line(const char *line, enum key_line form, struct key_public *out)
{
	uint8_t blob[KEY_BLOB_SIZE];
	const char *p;
	size_t len, nblanks;

	if (strncmp(line, KEY_TYPE, TYPE_LEN) != 0)
		return PH_EKEY;
	p = line + TYPE_LEN;
	nblanks = strspn(p, form == KEY_LINE_EXACT ? " " : " \t");
	if (nblanks == 0 || (form == KEY_LINE_EXACT && nblanks > 1))
		return PH_EKEY;
	p += nblanks;
	if (strnlen(p, BLOB_BASE64_LEN) < BLOB_BASE64_LEN)
		return PH_EKEY;
	if (base64_read(p, BLOB_BASE64_LEN, BASE64_PADDED, blob, sizeof(blob),
		&len) != PH_OK)
		return PH_EKEY;
	p += BLOB_BASE64_LEN;
	if (form == KEY_LINE_EXACT ? *p != '\0' : !is_comment(p))
		return PH_EKEY;
	return key_from_blob(blob, len, out);
}

int
key_from_blob(const void *data, size_t len, struct key_public *out)
{
	const uint8_t *bytes;

	bytes = data;
	if (len != KEY_BLOB_SIZE ||
	    memcmp(bytes, blob_prefix, sizeof(blob_prefix)) != 0)
		return PH_EKEY;
	return key_from_bytes(bytes + sizeof(blob_prefix), out);
}

void
key_line(const struct key_public *key, char out[KEY_LINE_SIZE])
{
	uint8_t blob[KEY_BLOB_SIZE];

	key_blob(key, blob);
	memcpy(out, KEY_TYPE " ", TYPE_LEN + 1);
	base64_write(blob, sizeof(blob), BASE64_PADDED, out + TYPE_LEN + 1);
}

void
key_blob(const struct key_public *key, uint8_t out[KEY_BLOB_SIZE])
{
	memcpy(out, blob_prefix, sizeof(blob_prefix));
	memcpy(out + sizeof(blob_prefix), key->bytes, KEY_SIZE);
}

void
key_id(const struct key_public *key, struct digest *out)
{
	uint8_t blob[KEY_BLOB_SIZE];

	key_blob(key, blob);
	digest_of(blob, sizeof(blob), out);
}

void
key_fingerprint(const struct key_public *key, char out[KEY_FINGERPRINT_SIZE])
{
	struct digest id;

	key_id(key, &id);
	key_id_fingerprint(&id, out);
}

void
key_id_fingerprint(const struct digest *id, char out[KEY_FINGERPRINT_SIZE])
{
	memcpy(out, FINGERPRINT_PREFIX, FINGERPRINT_PREFIX_LEN);
	base64_write(id->bytes, DIGEST_SIZE, BASE64_UNPADDED,
	    out + FINGERPRINT_PREFIX_LEN);
}

int
key_id_from_fingerprint(const char *text, struct digest *out)
{
	struct digest id;
	size_t len;

	if (strlen(text) != KEY_FINGERPRINT_SIZE - 1 ||
	    strncmp(text, FINGERPRINT_PREFIX, FINGERPRINT_PREFIX_LEN) != 0)
		return PH_EKEY;
	if (base64_read(text + FINGERPRINT_PREFIX_LEN,
		KEY_FINGERPRINT_SIZE - 1 - FINGERPRINT_PREFIX_LEN,
		BASE64_UNPADDED, id.bytes, DIGEST_SIZE, &len) != PH_OK)
		return PH_EKEY;
	assert(len == DIGEST_SIZE);
	*out = id;
	return PH_OK;
}

int
key_equal(const struct key_public *a, const struct key_public *b)
{
	return memcmp(a->bytes, b->bytes, KEY_SIZE) == 0;
}

int
key_verify(const struct key_public *key, const void *data, size_t len,
    const uint8_t signature[KEY_SIGNATURE_SIZE])
{
	EVP_MD_CTX *ctx;
	EVP_PKEY *pkey;
	int r;

	(void)ERR_set_mark();
	ctx = EVP_MD_CTX_new();
	pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key->bytes,
	    KEY_SIZE);
	r = PH_ENOMEM;
	if (ctx == NULL || pkey == NULL ||
	    EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) != 1)
		goto out;
	/* Failures are 0 and negative. */
	r = PH_ESIGNATURE;
	if (EVP_DigestVerify(ctx, signature, KEY_SIGNATURE_SIZE, data, len) ==
	    1)
		r = PH_OK;
out:
	EVP_PKEY_free(pkey);
	EVP_MD_CTX_free(ctx);
	(void)ERR_pop_to_mark();
	return r;
}

int
key_private_new(const uint8_t seed[KEY_SIZE], struct key_private **out)
{
	struct key_private *key;
	size_t len;
	int r;

	(void)ERR_set_mark();
	r = PH_ENOMEM;
	key = calloc(1, sizeof(*key));
	if (key == NULL)
		goto out;
	key->pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed,
	    KEY_SIZE);
	len = KEY_SIZE;
	if (key->pkey == NULL ||
	    EVP_PKEY_get_raw_public_key(key->pkey, key->public.bytes, &len) !=
		1)
		goto out;
	assert(len == KEY_SIZE);
	*out = key;
	key = NULL;
	r = PH_OK;
out:
	key_private_free(key);
	(void)ERR_pop_to_mark();
	return r;
}

const struct key_public *
key_private_public(const struct key_private *key)
{
	return &key->public;
}

int
key_private_seed(const struct key_private *key, uint8_t out[KEY_SIZE])
{
	size_t len;
	int ok;

	(void)ERR_set_mark();
	len = KEY_SIZE;
	ok = EVP_PKEY_get_raw_private_key(key->pkey, out, &len);
	(void)ERR_pop_to_mark();
	return ok == 1 ? PH_OK : PH_ENOMEM;
}

int
key_sign(const struct key_private *key, const void *data, size_t len,
    uint8_t out[KEY_SIGNATURE_SIZE])
{
	EVP_MD_CTX *ctx;
	size_t outlen;
	int r;

	(void)ERR_set_mark();
	r = PH_ENOMEM;
	ctx = EVP_MD_CTX_new();
	outlen = KEY_SIGNATURE_SIZE;
	/* Ed25519 hashes by itself: no digest, and all bytes at once. */
	if (ctx != NULL &&
	    EVP_DigestSignInit(ctx, NULL, NULL, NULL, key->pkey) == 1 &&
	    EVP_DigestSign(ctx, out, &outlen, data, len) == 1) {
		assert(outlen == KEY_SIGNATURE_SIZE);
		r = PH_OK;
	}
	EVP_MD_CTX_free(ctx);
	(void)ERR_pop_to_mark();
	return r;
}

void
key_private_free(struct key_private *key)
{
	if (key == NULL)
		return;
	EVP_PKEY_free(key->pkey);
	free(key);
}
