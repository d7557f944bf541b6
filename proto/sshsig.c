/*
 * SSHSIG (PROTOCOL.sshsig of OpenSSH).  The key signs a payload: the magic,
 * the namespace, the name of a hash and the hash of the message.  The blob
 * has the same without the message, and the key and its signature.
 */
#include <pthread.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "proto/armour.h"
#include "proto/buffer.h"
#include "proto/digest.h"
#include "proto/errors.h"
#include "proto/reader.h"

#include "proto/sshsig.h"

#define MAGIC "SSHSIG" /* Without its NUL. */
#define MAGIC_LEN 6u
#define VERSION 1u
#define LABEL "SSH SIGNATURE"
#define SHA512_SIZE 64u

/* The hash that makes the message short: its name in the payload. */
enum hash { HASH_SHA256, HASH_SHA512 };

static const char *const hash_names[] = { "sha256", "sha512" };

/* The parts of a blob that are not fixed. */
struct parts {
	struct key_public key;
	enum hash hash;
	const uint8_t *signature; /* Borrowed from the blob. */
};

static pthread_once_t fetch_once = PTHREAD_ONCE_INIT;
static EVP_MD *sha512;

/* The library handle is immutable once fetched, and lives for ever. */
static void
fetch(void)
{
	sha512 = EVP_MD_fetch(NULL, "SHA512", NULL);
}

/* SHA-512 of the message, at out. */
static int
hash_sha512(const void *message, size_t len, uint8_t out[SHA512_SIZE])
{
	unsigned int outlen;
	int ok;

	(void)ERR_set_mark();
	(void)pthread_once(&fetch_once, fetch);
	outlen = 0;
	ok = sha512 != NULL &&
	    EVP_Digest(message, len, out, &outlen, sha512, NULL) == 1;
	(void)ERR_pop_to_mark();
	return ok && outlen == SHA512_SIZE ? PH_OK : PH_ENOMEM;
}

/* Put the string of a name that is our own or was checked. */
static void
put_name(struct buffer *b, const char *name)
{
	(void)buffer_put_string(b, name, strlen(name));
}

/* A namespace that is not empty and not too long. */
static int
check_namespace(const char *namespace)
{
	size_t len;

	len = strnlen(namespace, SSHSIG_NAMESPACE_MAX + 1);
	return len > 0 && len <= SSHSIG_NAMESPACE_MAX ? PH_OK : PH_ELIMIT;
}

/* Put what the key signs. */
static int
put_payload(struct buffer *b, const char *namespace, enum hash hash,
    const void *message, size_t len)
{
	struct digest sha256;
	uint8_t bytes[SHA512_SIZE];
	int r;

	(void)buffer_put(b, MAGIC, MAGIC_LEN);
	put_name(b, namespace);
	put_name(b, ""); /* Reserved. */
	put_name(b, hash_names[hash]);
	if (hash == HASH_SHA256) {
		digest_of(message, len, &sha256);
		(void)buffer_put_string(b, sha256.bytes, DIGEST_SIZE);
	} else {
		r = hash_sha512(message, len, bytes);
		if (r != PH_OK)
			return r;
		(void)buffer_put_string(b, bytes, SHA512_SIZE);
	}
	return buffer_error(b);
}

int
sshsig_payload(const char *namespace, const void *message, size_t len,
    struct buffer *out)
{
	int r;

	r = check_namespace(namespace);
	if (r != PH_OK)
		return r;
	return put_payload(out, namespace, HASH_SHA512, message, len);
}

int
sshsig_encode(const struct key_public *key, const char *namespace,
    const uint8_t signature[KEY_SIGNATURE_SIZE], struct buffer *out)
{
	uint8_t blob[KEY_BLOB_SIZE];
	int r;

	r = check_namespace(namespace);
	if (r != PH_OK)
		return r;
	key_blob(key, blob);
	(void)buffer_put(out, MAGIC, MAGIC_LEN);
	(void)buffer_put_u32(out, VERSION);
	(void)buffer_put_string(out, blob, sizeof(blob));
	put_name(out, namespace);
	put_name(out, ""); /* Reserved. */
	put_name(out, hash_names[HASH_SHA512]);
	/* A string of two strings: the type and the signature itself. */
	(void)buffer_put_u32(out,
	    4 + (uint32_t)strlen(KEY_TYPE) + 4 + KEY_SIGNATURE_SIZE);
	put_name(out, KEY_TYPE);
	(void)buffer_put_string(out, signature, KEY_SIGNATURE_SIZE);
	return buffer_error(out);
}

int
sshsig_sign(const struct key_private *key, const char *namespace,
    const void *message, size_t len, struct buffer *out)
{
	struct buffer payload;
	uint8_t signature[KEY_SIGNATURE_SIZE];
	int r;

	buffer_init(&payload, SSHSIG_PAYLOAD_MAX);
	r = sshsig_payload(namespace, message, len, &payload);
	if (r == PH_OK)
		r = key_sign(key, payload.data, payload.len, signature);
	if (r == PH_OK)
		r = sshsig_encode(key_private_public(key), namespace, signature,
		    out);
	buffer_fini(&payload);
	return r;
}

/* Get a string that must be this text. */
static int
get_name(struct reader *r, const char *name)
{
	const uint8_t *data;
	size_t len;

	if (reader_get_string(r, SSHSIG_BLOB_MAX, &data, &len) != PH_OK ||
	    len != strlen(name) || memcmp(data, name, len) != 0)
		return PH_ESIGNATURE;
	return PH_OK;
}

/* Get the name of a hash that we know. */
static int
get_hash(struct reader *r, enum hash *hash)
{
	struct reader ahead;

	ahead = *r;
	*hash = HASH_SHA512;
	if (get_name(r, hash_names[HASH_SHA512]) == PH_OK)
		return PH_OK;
	*r = ahead;
	*hash = HASH_SHA256;
	return get_name(r, hash_names[HASH_SHA256]);
}

/* Get the public key. */
static int
get_key(struct reader *r, struct key_public *key)
{
	const uint8_t *blob;
	size_t len;

	if (reader_get_string(r, SSHSIG_BLOB_MAX, &blob, &len) != PH_OK ||
	    key_from_blob(blob, len, key) != PH_OK)
		return PH_ESIGNATURE;
	return PH_OK;
}

/* Get the signature: a string of two strings, the first the type. */
static int
get_signature(struct reader *r, const uint8_t **signature)
{
	struct reader inner;
	const uint8_t *data;
	size_t len;

	if (reader_get_string(r, SSHSIG_BLOB_MAX, &data, &len) != PH_OK)
		return PH_ESIGNATURE;
	reader_init(&inner, data, len);
	if (get_name(&inner, KEY_TYPE) != PH_OK ||
	    reader_get_string(&inner, KEY_SIGNATURE_SIZE, signature, &len) !=
		PH_OK ||
	    len != KEY_SIGNATURE_SIZE || reader_end(&inner) != PH_OK)
		return PH_ESIGNATURE;
	return PH_OK;
}

/* Take a blob apart; all of it must be as we would write it. */
static int
decode_blob(const void *blob, size_t len, const char *namespace,
    struct parts *out)
{
	struct reader r;
	const uint8_t *magic;
	uint32_t version;

	reader_init(&r, blob, len);
	if (reader_borrow(&r, MAGIC_LEN, &magic) != PH_OK ||
	    memcmp(magic, MAGIC, MAGIC_LEN) != 0 ||
	    reader_get_u32(&r, &version) != PH_OK || version != VERSION)
		return PH_ESIGNATURE;
	if (get_key(&r, &out->key) != PH_OK ||
	    get_name(&r, namespace) != PH_OK || get_name(&r, "") != PH_OK ||
	    get_hash(&r, &out->hash) != PH_OK ||
	    get_signature(&r, &out->signature) != PH_OK ||
	    reader_end(&r) != PH_OK)
		return PH_ESIGNATURE;
	return PH_OK;
}

int
sshsig_verify(const void *blob, size_t bloblen, const char *namespace,
    const void *message, size_t len, struct key_public *signer)
{
	struct buffer payload;
	struct parts parts;
	int r;

	if (check_namespace(namespace) != PH_OK)
		return PH_ESIGNATURE;
	r = decode_blob(blob, bloblen, namespace, &parts);
	if (r != PH_OK)
		return r;
	buffer_init(&payload, SSHSIG_PAYLOAD_MAX);
	r = put_payload(&payload, namespace, parts.hash, message, len);
	if (r == PH_OK)
		r = key_verify(&parts.key, payload.data, payload.len,
		    parts.signature);
	if (r == PH_OK)
		*signer = parts.key;
	buffer_fini(&payload);
	return r;
}

int
sshsig_armour(const void *blob, size_t len, struct buffer *out)
{
	return armour_encode(LABEL, blob, len, out);
}

int
sshsig_dearmour(struct reader *r, struct buffer *out)
{
	struct reader ahead;
	uint8_t blob[SSHSIG_BLOB_MAX];
	size_t len;
	int result;

	ahead = *r;
	if (armour_decode(&ahead, LABEL, blob, sizeof(blob), &len) != PH_OK)
		return PH_ESIGNATURE;
	result = buffer_put(out, blob, len);
	if (result == PH_OK)
		*r = ahead;
	return result;
}
