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
	return PH_OK;
}

size_t
gate_message_encode(const struct gate_message *m,
    char out[GATE_MESSAGE_SIZE_MAX])
{
	(void)snprintf(out, GATE_MESSAGE_SIZE_MAX, PREFIX "%s %s", m->id,
	    m->fingerprint);
	return MESSAGE_LEN;
}

int
gate_message_decode(const void *data, size_t len, struct gate_message *m)
{
	char text[MESSAGE_LEN + 1];
	char *id, *fingerprint;

	if (len != MESSAGE_LEN || memcmp(data, PREFIX, PREFIX_LEN) != 0)
		return PH_EMESSAGE;
	memcpy(text, data, len);
	text[len] = '\0';
	id = text + PREFIX_LEN;
	fingerprint = id + ID_LEN + 1;
	if (fingerprint[-1] != ' ')
		return PH_EMESSAGE;
	fingerprint[-1] = '\0';
	/* A NUL inside would make a word too short. */
	return gate_message_set(m, id, fingerprint);
}
