/*
 * SHA-256 through OpenSSL.  The algorithm is fetched once: an implicit fetch
 * for each digest is slow and takes locks.
 */
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "proto/errors.h"

#include "proto/digest.h"

struct digester {
	EVP_MD_CTX *ctx;
};

static pthread_once_t fetch_once = PTHREAD_ONCE_INIT;
static EVP_MD *sha256;

/* The library handle is immutable once fetched, and lives for ever. */
static void
fetch(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	assert(sha256 != NULL);
}

struct digester *
digester_new(void)
{
	struct digester *d;

	(void)pthread_once(&fetch_once, fetch);
	d = calloc(1, sizeof(*d));
	if (d == NULL)
		return NULL;
	d->ctx = EVP_MD_CTX_new();
	if (d->ctx == NULL || EVP_DigestInit_ex2(d->ctx, sha256, NULL) != 1) {
		digester_free(d);
		return NULL;
	}
	return d;
}

void
digester_add(struct digester *d, const void *data, size_t len)
{
	int ok;

	ok = EVP_DigestUpdate(d->ctx, data, len);
	assert(ok == 1);
}

void
digester_finish(struct digester *d, struct digest *out)
{
	unsigned int len;
	int ok;

	len = 0;
	ok = EVP_DigestFinal_ex(d->ctx, out->bytes, &len);
	assert(ok == 1 && len == DIGEST_SIZE);
	ok = EVP_DigestInit_ex2(d->ctx, sha256, NULL);
	assert(ok == 1);
}

void
digester_free(struct digester *d)
{
	if (d == NULL)
		return;
	EVP_MD_CTX_free(d->ctx);
	free(d);
}

void
digest_of(const void *data, size_t len, struct digest *out)
{
	unsigned int outlen;
	int ok;

	(void)pthread_once(&fetch_once, fetch);
	outlen = 0;
	ok = EVP_Digest(data, len, out->bytes, &outlen, sha256, NULL);
	assert(ok == 1 && outlen == DIGEST_SIZE);
}

int
digest_compare(const struct digest *a, const struct digest *b)
{
	return memcmp(a->bytes, b->bytes, DIGEST_SIZE);
}

int
digest_is_zero(const struct digest *d)
{
	size_t i;

	for (i = 0; i < DIGEST_SIZE; i++) {
		if (d->bytes[i] != 0)
			return 0;
	}
	return 1;
}

void
digest_hex(const struct digest *d, char out[DIGEST_HEX_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < DIGEST_SIZE; i++) {
		out[2 * i] = digits[d->bytes[i] >> 4];
		out[2 * i + 1] = digits[d->bytes[i] & 15];
	}
	out[2 * DIGEST_SIZE] = '\0';
}

void
digest_text(const struct digest *d, char out[DIGEST_TEXT_SIZE])
{
	memcpy(out, "sha256:", 7);
	digest_hex(d, out + 7);
}

/* The value of a lower-case hexadecimal digit, or -1. */
static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

int
digest_from_hex(const char *text, struct digest *out)
{
	struct digest d;
	size_t i;
	int high, low;

	if (strlen(text) != 2 * DIGEST_SIZE)
		return PH_EDIGEST;
	for (i = 0; i < DIGEST_SIZE; i++) {
		high = hex_value(text[2 * i]);
		low = hex_value(text[2 * i + 1]);
		if (high < 0 || low < 0)
			return PH_EDIGEST;
		d.bytes[i] = (uint8_t)(high << 4 | low);
	}
	*out = d;
	return PH_OK;
}

int
digest_from_text(const char *text, struct digest *out)
{
	if (strncmp(text, "sha256:", 7) != 0)
		return PH_EDIGEST;
	return digest_from_hex(text + 7, out);
}
