#ifndef PROTO_ADDRESS_H
#define PROTO_ADDRESS_H

#include <stdint.h>

#include "proto/attributes.h"

/*
 * The address of an upstream, ssh://USER@HOST:PORT.  USER is 1 to 32
 * characters of A-Z a-z 0-9 . _ -, the first a letter, digit or '_'; HOST a
 * host name, an IPv4 address or an IPv6 address in brackets; PORT 1 to
 * 65535 and always there.  Nothing is resolved or dialled here.
 */

#define ADDRESS_USER_MAX 32u
#define ADDRESS_HOST_MAX 253u
/* "ssh://", user, '@', host and its brackets, ':', port, NUL. */
#define ADDRESS_SIZE (6u + ADDRESS_USER_MAX + 1u + ADDRESS_HOST_MAX + 2u + 7u)

/* Plain data. */
struct address {
	char user[ADDRESS_USER_MAX + 1];
	char host[ADDRESS_HOST_MAX + 1]; /* Without brackets. */
	uint16_t port;
};

/* Read an address.  PH_OK, or PH_ENAME when text is anything else. */
int address_decode(const char *text, struct address *out) ATTR_CHECK;

/* Write an address that address_decode() gave, and a NUL. */
void address_encode(const struct address *a, char out[ADDRESS_SIZE]);

/* 1 when text is an address, else 0. */
int address_valid(const char *text) ATTR_CHECK;

#endif
