#ifndef PROTO_RFC3339_H
#define PROTO_RFC3339_H

#include <stdint.h>

#include "proto/attributes.h"

/*
 * Times as documents carry them: UTC, whole seconds, years 1970 to 9999,
 * written 2026-11-22T09:30:00Z and in no other way.  Knows no time zones and
 * no leap seconds, and asks no clock.  Both functions may be called in any
 * thread.
 */

#define RFC3339_SIZE 21u /* The text and a NUL. */

/* 9999-12-31T23:59:59Z in seconds since 1970-01-01T00:00:00Z. */
#define RFC3339_SECONDS_MAX INT64_C(253402300799)

/*
 * Write the time that is the given seconds after 1970-01-01T00:00:00Z.
 * PH_OK, or PH_ELIMIT when it is not within 0 and RFC3339_SECONDS_MAX; out
 * is the empty string then.
 */
int rfc3339_encode(int64_t seconds, char out[RFC3339_SIZE]) ATTR_CHECK;

/*
 * Read a time.  PH_OK, or PH_EMESSAGE when text is anything but a time that
 * exists, written as above; *seconds is then untouched.
 */
int rfc3339_decode(const char *text, int64_t *seconds) ATTR_CHECK;

#endif
