/*
 * "openssh-key-v1" (PROTOCOL.key of OpenSSH): in the clear the names of
 * cipher and key derivation and the public keys, then a section that a
 * passphrase would encrypt, with the private keys.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/armour.h"
#include "proto/buffer.h"
#include "proto/errors.h"
#include "proto/key.h"
#include "proto/reader.h"
#include "proto/text.h"

#include "proto/keyfile.h"

#define LABEL "OPENSSH PRIVATE KEY"
#define MAGIC "openssh-key-v1" /* And its NUL. */

/* Four characters carry three bytes. */
#define RAW_SIZE_MAX (KEYFILE_SIZE_MAX / 4 * 3)

/* More than all that is written comes to. */
#define WRITTEN_MAX (256u + KEYFILE_COMMENT_MAX)

/* The section is padded to this; without a cipher, OpenSSH takes 8. */
#define BLOCK_SIZE 8u

/* Behind "private key": seed and public key. */
#define PAIR_SIZE (2 * KEY_SIZE)

/* What a private key file says in the clear. */
struct outside {
	struct key_public public;
	int encrypted;
	const uint8_t *section; /* Borrowed from the raw bytes. */
	size_t len;
};

/* Get a string and look whether it is this text. */
static int
get_text(struct reader *r, const char *text, int *same)
{
	const uint8_t *data;
	size_t len;
	int result;

	result = reader_get_string(r, RAW_SIZE_MAX, &data, &len);
	if (result == PH_OK)
		*same = len == strlen(text) && memcmp(data, text, len) == 0;
	return result;
}

/* Get the public key: exactly one, of our type. */
static int
get_public(struct reader *r, struct key_public *out)
{
	const uint8_t *blob;
	uint32_t nkeys;
	size_t len;

	if (reader_get_u32(r, &nkeys) != PH_OK || nkeys != 1 ||
	    reader_get_string(r, RAW_SIZE_MAX, &blob, &len) != PH_OK)
		return PH_EKEY;
	return key_from_blob(blob, len, out);
}

/* Read all but the inside of the section. */
static int
decode_outside(const uint8_t *raw, size_t len, struct outside *out)
{
	struct reader r;
	const uint8_t *magic;
	int no_cipher, no_kdf, no_options;

	reader_init(&r, raw, len);
	if (reader_borrow(&r, sizeof(MAGIC), &magic) != PH_OK ||
	    memcmp(magic, MAGIC, sizeof(MAGIC)) != 0 ||
	    get_text(&r, "none", &no_cipher) != PH_OK ||
	    get_text(&r, "none", &no_kdf) != PH_OK ||
	    get_text(&r, "", &no_options) != PH_OK)
		return PH_EKEY;
	if (no_cipher != no_kdf || no_cipher != no_options)
		return PH_EKEY;
	out->encrypted = !no_cipher;
	if (get_public(&r, &out->public) != PH_OK ||
	    reader_get_string(&r, RAW_SIZE_MAX, &out->section, &out->len) !=
		PH_OK)
		return PH_EKEY;
	/* Some ciphers leave a tag behind the section. */
	if (!out->encrypted && reader_end(&r) != PH_OK)
		return PH_EKEY;
	return PH_OK;
}

/* What is left is 1, 2, 3 and so on; no byte is 256, so it ends there. */
static int
check_padding(const struct reader *r)
{
	size_t i;

	for (i = 0; i < r->len; i++) {
		if (r->data[i] != i + 1)
			return PH_EKEY;
	}
	return PH_OK;
}

/* Read the section of a key without a passphrase; the pair is borrowed. */
static int
decode_section(const struct outside *outside, const uint8_t **pair)
{
	struct reader r;
	const uint8_t *comment, *public;
	uint32_t check, again;
	size_t len;
	int same;

	if (outside->len % BLOCK_SIZE != 0)
		return PH_EKEY;
	reader_init(&r, outside->section, outside->len);
	if (reader_get_u32(&r, &check) != PH_OK ||
	    reader_get_u32(&r, &again) != PH_OK || check != again)
		return PH_EKEY;
	if (get_text(&r, KEY_TYPE, &same) != PH_OK || !same)
		return PH_EKEY;
	if (reader_get_string(&r, KEY_SIZE, &public, &len) != PH_OK ||
	    len != KEY_SIZE ||
	    memcmp(public, outside->public.bytes, KEY_SIZE) != 0)
		return PH_EKEY;
	if (reader_get_string(&r, PAIR_SIZE, pair, &len) != PH_OK ||
	    len != PAIR_SIZE || memcmp(*pair + KEY_SIZE, public, KEY_SIZE) != 0)
		return PH_EKEY;
	if (reader_get_string(&r, RAW_SIZE_MAX, &comment, &len) != PH_OK)
		return PH_EKEY;
	return check_padding(&r);
}

/* Take the armour off; line ends may follow it, and nothing else. */
static int
open_armour(const char *text, size_t len, uint8_t raw[RAW_SIZE_MAX],
    size_t *rawlen)
{
	struct reader r;
	size_t i;

	if (len > KEYFILE_SIZE_MAX)
		return PH_EKEY;
	reader_init(&r, text, len);
	if (armour_decode(&r, LABEL, raw, RAW_SIZE_MAX, rawlen) != PH_OK)
		return PH_EKEY;
	for (i = 0; i < r.len; i++) {
		if (r.data[i] != '\n' && r.data[i] != '\r')
			return PH_EKEY;
	}
	return PH_OK;
}

int
keyfile_decode(const char *text, size_t len, struct key_private **out)
{
	struct key_private *key;
	struct outside outside;
	uint8_t raw[RAW_SIZE_MAX];
	const uint8_t *pair;
	size_t rawlen;
	int r;

	key = NULL;
	r = open_armour(text, len, raw, &rawlen);
	if (r == PH_OK)
		r = decode_outside(raw, rawlen, &outside);
	if (r == PH_OK)
		r = outside.encrypted ? PH_EKEY :
					decode_section(&outside, &pair);
	if (r == PH_OK)
		r = key_private_new(pair, &key);
	/* A seed that makes another public key would sign for that one. */
	if (r == PH_OK && !key_equal(key_private_public(key), &outside.public))
		r = PH_EKEY;
	if (r == PH_OK) {
		*out = key;
		key = NULL;
	}
	key_private_free(key);
	explicit_bzero(raw, sizeof(raw));
	return r;
}

int
keyfile_inspect(const char *text, size_t len, struct key_public *out,
    int *encrypted)
{
	struct outside outside;
	uint8_t raw[RAW_SIZE_MAX];
	size_t rawlen;
	int r;

	r = open_armour(text, len, raw, &rawlen);
	if (r == PH_OK)
		r = decode_outside(raw, rawlen, &outside);
	if (r == PH_OK) {
		*out = outside.public;
		*encrypted = outside.encrypted;
	}
	explicit_bzero(raw, sizeof(raw));
	return r;
}

/* Put the section, padding and all. */
static void
put_section(struct buffer *b, const struct key_public *public,
    const uint8_t pair[PAIR_SIZE], uint32_t check, const char *comment)
{
	size_t i, len, n;

	len = 4 + 4 + 4 + strlen(KEY_TYPE) + 4 + KEY_SIZE + 4 + PAIR_SIZE + 4 +
	    strlen(comment);
	n = (BLOCK_SIZE - len % BLOCK_SIZE) % BLOCK_SIZE;
	(void)buffer_put_u32(b, (uint32_t)(len + n));
	(void)buffer_put_u32(b, check);
	(void)buffer_put_u32(b, check);
	(void)buffer_put_string(b, KEY_TYPE, strlen(KEY_TYPE));
	(void)buffer_put_string(b, public->bytes, KEY_SIZE);
	(void)buffer_put_string(b, pair, PAIR_SIZE);
	(void)buffer_put_string(b, comment, strlen(comment));
	for (i = 1; i <= n; i++)
		(void)buffer_put_u8(b, (uint8_t)i);
}

/* Put the raw bytes of a private key file. */
static int
put_raw(struct buffer *b, const struct key_public *public,
    const uint8_t pair[PAIR_SIZE], uint32_t check, const char *comment)
{
	uint8_t blob[KEY_BLOB_SIZE];

	key_blob(public, blob);
	/* All memory at once: growing would leave copies of the secret. */
	(void)buffer_reserve(b, WRITTEN_MAX);
	buffer_truncate(b, 0);
	(void)buffer_put(b, MAGIC, sizeof(MAGIC));
	(void)buffer_put_string(b, "none", 4);
	(void)buffer_put_string(b, "none", 4);
	(void)buffer_put_string(b, "", 0);
	(void)buffer_put_u32(b, 1);
	(void)buffer_put_string(b, blob, sizeof(blob));
	put_section(b, public, pair, check, comment);
	return buffer_error(b);
}

int
keyfile_encode(const struct key_private *key, uint32_t check,
    const char *comment, struct buffer *out)
{
	const struct key_public *public;
	struct buffer raw;
	uint8_t pair[PAIR_SIZE];
	uint8_t *data;
	size_t len;
	int r;

	if (!text_valid(comment, KEYFILE_COMMENT_MAX))
		return PH_EKEY;
	buffer_init(&raw, WRITTEN_MAX);
	public = key_private_public(key);
	memcpy(pair + KEY_SIZE, public->bytes, KEY_SIZE);
	r = key_private_seed(key, pair);
	if (r == PH_OK)
		r = put_raw(&raw, public, pair, check, comment);
	data = buffer_take(&raw, &len);
	if (r == PH_OK)
		r = armour_encode(LABEL, data, len, out);
	if (data != NULL)
		explicit_bzero(data, len);
	free(data);
	explicit_bzero(pair, sizeof(pair));
	return r;
}
