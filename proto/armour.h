#ifndef PROTO_ARMOUR_H
#define PROTO_ARMOUR_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"

struct buffer;
struct reader;

/*
 * Bytes as OpenSSH armours them in text: a line "-----BEGIN LABEL-----",
 * base64 in lines of 70 columns, a line "-----END LABEL-----".  What the
 * bytes mean is not known here.  Secrets pass through: no copy is left
 * behind but the one that is asked for.  Any thread.
 */

/*
 * Put len bytes in armour, every line ended by a line feed, in one piece:
 * memory of out moves at most once and before the bytes are written.
 * PH_OK, PH_ENOMEM or PH_ELIMIT.
 */
int armour_encode(const char *label, const void *data, size_t len,
    struct buffer *out);

/*
 * Take one block with that label from the front of r into at most size
 * bytes at out and say in *outlen how many they were; r then stands behind
 * the line feed of the END line (or at the end, where that is missing).
 * Lines of base64 may have any length and end in CR LF.  PH_OK;
 * PH_EMESSAGE when anything else stands there; PH_ELIMIT when the bytes do
 * not fit.  On failure r has not moved; out may be half written.
 */
int armour_decode(struct reader *r, const char *label, uint8_t *out,
    size_t size, size_t *outlen) ATTR_CHECK;

#endif
