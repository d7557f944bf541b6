/*
 * The gate's message.  The gate itself is linked with this, so it needs
 * nothing but base64.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "proto/base64.h"
#include "proto/errors.h"

#include "proto/gate_message.h"

#define PREFIX "PACKHORSE-GATE 1 "
#define PREFIX_LEN (sizeof(PREFIX) - 1)
/* IPv4 and IPv6, with the name of an interface. */
#define ADDRESS                                                                \
	"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.:%_-"
#define HASH "SHA256:"
#define HASH_LEN (sizeof(HASH) - 1)
#define ID_LEN (GATE_MESSAGE_ID_SIZE - 1)
#define FINGERPRINT_LEN (GATE_MESSAGE_FINGERPRINT_SIZE - 1)
#define MESSAGE_LEN (PREFIX_LEN + ID_LEN + 1 + FINGERPRINT_LEN)

int
gate_message_set(struct gate_message *m, const char *id,
    const char *fingerprint)
{
	uint8_t bytes[32];
	size_t len;

	if (strlen(id) != ID_LEN || strspn(id, "0123456789abcdef") != ID_LEN)
		return PH_EMESSAGE;
	if (strlen(fingerprint) != FINGERPRINT_LEN ||
	    memcmp(fingerprint, HASH, HASH_LEN) != 0)
		return PH_EMESSAGE;
	if (base64_read(fingerprint + HASH_LEN, FINGERPRINT_LEN - HASH_LEN,
		BASE64_UNPADDED, bytes, sizeof(bytes), &len) != PH_OK ||
	    len != sizeof(bytes))
		return PH_EMESSAGE;
	memcpy(m->id, id, ID_LEN + 1);
	memcpy(m->fingerprint, fingerprint, FINGERPRINT_LEN + 1);
	m->address[0] = '\0';
	return PH_OK;
}

/* The length of the address at the beginning; 0 when there is none. */
static size_t
address_length(const char *text)
{
	size_t len;

	len = strspn(text, ADDRESS);
	return len < GATE_MESSAGE_ADDRESS_SIZE ? len : 0;
}

void
gate_message_set_address(struct gate_message *m, const char *connection)
{
	size_t len;

	len = connection == NULL ? 0 : address_length(connection);
	if (len > 0 && connection[len] != ' ')
		len = 0;
	if (len > 0)
		memcpy(m->address, connection, len);
	m->address[len] = '\0';
}

size_t
gate_message_encode(const struct gate_message *m,
    char out[GATE_MESSAGE_SIZE_MAX])
{
	(void)snprintf(out, GATE_MESSAGE_SIZE_MAX, PREFIX "%s %s%s%s", m->id,
	    m->fingerprint, m->address[0] == '\0' ? "" : " ", m->address);
	return strlen(out);
}

int
gate_message_decode(const void *data, size_t len, struct gate_message *m)
{
	char text[GATE_MESSAGE_SIZE_MAX];
	char *id, *fingerprint, *address;

	if (len < MESSAGE_LEN || len >= sizeof(text) ||
	    memcmp(data, PREFIX, PREFIX_LEN) != 0)
		return PH_EMESSAGE;
	memcpy(text, data, len);
	text[len] = '\0';
	id = text + PREFIX_LEN;
	fingerprint = id + ID_LEN + 1;
	if (fingerprint[-1] != ' ')
		return PH_EMESSAGE;
	fingerprint[-1] = '\0';
	address = NULL;
	if (len > MESSAGE_LEN) {
		address = text + MESSAGE_LEN + 1;
		if (address[-1] != ' ' ||
		    address_length(address) != len - MESSAGE_LEN - 1 ||
		    address[0] == '\0')
			return PH_EMESSAGE;
		address[-1] = '\0';
	}
	/* A NUL inside would make a word too short. */
	if (gate_message_set(m, id, fingerprint) != PH_OK)
		return PH_EMESSAGE;
	if (address != NULL)
		(void)strcpy(m->address, address);
	return PH_OK;
}
