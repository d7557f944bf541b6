#ifndef PROTO_DIGEST_H
#define PROTO_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"

/*
 * SHA-256, the name of every blob, document, list and encoding.  In text a
 * digest is "sha256:" and 64 lower-case hexadecimal digits.
 */

#define DIGEST_SIZE 32u
#define DIGEST_HEX_SIZE 65u  /* 64 digits and a NUL. */
#define DIGEST_TEXT_SIZE 72u /* "sha256:", 64 digits and a NUL. */

struct digest {
	uint8_t bytes[DIGEST_SIZE];
};

/* A digest that is being computed. */
struct digester;

/* The digest of len bytes at data (data may be NULL when len is 0). */
void digest_of(const void *data, size_t len, struct digest *out);

/* 0 when equal, else the order of the bytes as memcmp gives it. */
int digest_compare(const struct digest *a, const struct digest *b);

/* 1 when all bytes are zero: the value that stands for "none". */
int digest_is_zero(const struct digest *d);

/* Write 64 hexadecimal digits and a NUL. */
void digest_hex(const struct digest *d, char out[DIGEST_HEX_SIZE]);

/* Write "sha256:…" and a NUL. */
void digest_text(const struct digest *d, char out[DIGEST_TEXT_SIZE]);

/*
 * Read exactly 64 lower-case hexadecimal digits from a string.
 * PH_OK, or PH_EDIGEST when text is anything else.
 */
int digest_from_hex(const char *text, struct digest *out) ATTR_CHECK;

/* Read "sha256:…"; PH_OK or PH_EDIGEST. */
int digest_from_text(const char *text, struct digest *out) ATTR_CHECK;

/* A digester at its beginning; NULL without memory.  Free with _free. */
struct digester *digester_new(void);

/* Add len bytes. */
void digester_add(struct digester *d, const void *data, size_t len);

/* The digest of all bytes added; the digester begins anew. */
void digester_finish(struct digester *d, struct digest *out);

/* NULL is allowed. */
void digester_free(struct digester *d);

#endif
