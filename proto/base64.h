#ifndef PROTO_BASE64_H
#define PROTO_BASE64_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"

struct buffer;

/*
 * Base64 (RFC 4648 §4), strictly: no white space, no other alphabet, and
 * one text for one content: the bits that carry nothing are zero and the
 * padding is as it was agreed.  All functions may be called in any thread.
 */

enum base64_padding {
	BASE64_PADDED,  /* '=' up to a multiple of four characters. */
	BASE64_UNPADDED /* No '=' at all. */
};

/* Characters of len encoded bytes with padding, and a NUL. */
#define BASE64_SIZE(len) (((len) + 2) / 3 * 4 + 1)

/*
 * Write the base64 of len bytes and a NUL to out, which has room for
 * BASE64_SIZE(len).
 */
void base64_write(const void *data, size_t len, enum base64_padding padding,
    char *out);

/*
 * Read exactly the len characters at text into at most size bytes at out,
 * and say in *outlen how many bytes they were.  PH_OK; PH_EMESSAGE when the
 * text is anything but base64 with that padding; PH_ELIMIT when the bytes do
 * not fit.  On failure out may be half written.
 */
int base64_read(const char *text, size_t len, enum base64_padding padding,
    uint8_t *out, size_t size, size_t *outlen) ATTR_CHECK;

/* Put the base64 of len bytes; PH_OK, PH_ENOMEM or PH_ELIMIT. */
int base64_encode(const void *data, size_t len, enum base64_padding padding,
    struct buffer *out);

/*
 * Put the bytes that exactly the len characters at text stand for.  PH_OK,
 * PH_EMESSAGE as above, PH_ENOMEM or PH_ELIMIT; on failure out holds what it
 * held.
 */
int base64_decode(const char *text, size_t len, enum base64_padding padding,
    struct buffer *out) ATTR_CHECK;

#endif
