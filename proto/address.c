/*
 * Reading and writing ssh://USER@HOST:PORT.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "proto/errors.h"

#include "proto/address.h"

#define SCHEME "ssh://"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

/* Copy len characters as a C string into size bytes, unless too long. */
static int
copy(const char *text, size_t len, char *out, size_t size)
{
	if (len == 0 || len >= size)
		return PH_ENAME;
	memcpy(out, text, len);
	out[len] = '\0';
	return PH_OK;
}

/* Whether it can be a user. */
static int
user_valid(const char *user)
{
	return strspn(user, LETTERS DIGITS "._-") == strlen(user) &&
	    user[0] != '-' && user[0] != '.';
}

/* Whether it can be a host name or an IPv4 address. */
static int
host_valid(const char *host)
{
	return strspn(host, LETTERS DIGITS ".-") == strlen(host) &&
	    host[0] != '-' && host[0] != '.';
}

/* Read HOST or [IPv6] from the front of *text, which moves behind it. */
static int
decode_host(const char **text, char out[ADDRESS_HOST_MAX + 1])
{
	struct in6_addr ignored;
	const char *end;

	if (**text == '[') {
		(*text)++;
		end = strchr(*text, ']');
		if (end == NULL ||
		    copy(*text, (size_t)(end - *text), out,
			ADDRESS_HOST_MAX + 1) != PH_OK ||
		    inet_pton(AF_INET6, out, &ignored) != 1)
			return PH_ENAME;
		*text = end + 1;
		return PH_OK;
	}
	end = *text + strcspn(*text, ":");
	if (copy(*text, (size_t)(end - *text), out, ADDRESS_HOST_MAX + 1) !=
		PH_OK ||
	    !host_valid(out))
		return PH_ENAME;
	*text = end;
	return PH_OK;
}

/* Read ":PORT", shortest form, up to the end. */
static int
decode_port(const char *text, uint16_t *out)
{
	unsigned long port;
	size_t i;

	if (text[0] != ':' || text[1] == '0')
		return PH_ENAME;
	port = 0;
	for (i = 1; text[i] != '\0'; i++) {
		if (i > 5 || text[i] < '0' || text[i] > '9')
			return PH_ENAME;
		port = port * 10 + (unsigned long)(text[i] - '0');
	}
	if (port < 1 || port > UINT16_MAX)
		return PH_ENAME;
	*out = (uint16_t)port;
	return PH_OK;
}

int
address_decode(const char *text, struct address *out)
{
	struct address a;
	const char *at;

	memset(&a, 0, sizeof(a));
	if (strncmp(text, SCHEME, strlen(SCHEME)) != 0)
		return PH_ENAME;
	text += strlen(SCHEME);
	at = strchr(text, '@');
	if (at == NULL ||
	    copy(text, (size_t)(at - text), a.user, sizeof(a.user)) != PH_OK ||
	    !user_valid(a.user))
		return PH_ENAME;
	text = at + 1;
	if (decode_host(&text, a.host) != PH_OK ||
	    decode_port(text, &a.port) != PH_OK)
		return PH_ENAME;
	*out = a;
	return PH_OK;
}

void
address_encode(const struct address *a, char out[ADDRESS_SIZE])
{
	int ipv6;

	ipv6 = strchr(a->host, ':') != NULL;
	(void)snprintf(out, ADDRESS_SIZE, SCHEME "%s@%s%s%s:%u", a->user,
	    ipv6 ? "[" : "", a->host, ipv6 ? "]" : "", a->port);
}

int
address_valid(const char *text)
{
	struct address ignored;

	return address_decode(text, &ignored) == PH_OK;
}
