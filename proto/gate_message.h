#ifndef PROTO_GATE_MESSAGE_H
#define PROTO_GATE_MESSAGE_H

#include <stddef.h>

#include "proto/attributes.h"

/*
 * The one message that a gate sends to syncd, together with two descriptors:
 * "PACKHORSE-GATE 1 REPO-ID SHA256:FINGERPRINT ADDRESS", with one space
 * between the words and nothing behind them; without the address of the peer,
 * and the space before it, where sshd did not say it.  syncd answers with
 * messages of one byte (the session is over: this is the exit status of the
 * gate) or, before, of two (nothing more will be written to the descriptor for
 * output: see GATE_MESSAGE_FINISHED_SIZE).
 */

/* Exit status of a gate where syncd is not running (EX_TEMPFAIL). */
#define GATE_MESSAGE_EXIT_DOWN 75

/* Exit status of a gate where syncd is, and has no time (EX_UNAVAILABLE). */
#define GATE_MESSAGE_EXIT_BUSY 69

/* Exit status of a gate whose arguments or descriptors are wrong. */
#define GATE_MESSAGE_EXIT_USAGE 64

/* What it then says on its standard error, and a newline. */
#define GATE_MESSAGE_DOWN                                                      \
	"packhorse: syncd is not running here; try again later"

/*
 * sshd tells its peer the end of a program's output only when its standard
 * error is closed as well.  So a gate closes it when it gets a message of
 * so many bytes, whatever they are, and goes on waiting.
 */
#define GATE_MESSAGE_FINISHED_SIZE 2u

#define GATE_MESSAGE_ID_SIZE 65u          /* 64 hexadecimal digits, a NUL. */
#define GATE_MESSAGE_FINGERPRINT_SIZE 51u /* "SHA256:", 43 digits, a NUL. */
#define GATE_MESSAGE_ADDRESS_SIZE 64u     /* Of numbers, and a NUL. */
#define GATE_MESSAGE_SIZE_MAX 256u        /* Room for the message. */

struct gate_message {
	char id[GATE_MESSAGE_ID_SIZE];
	char fingerprint[GATE_MESSAGE_FINGERPRINT_SIZE];
	char address[GATE_MESSAGE_ADDRESS_SIZE]; /* Empty: not known. */
};

/*
 * Take the words if they are an id (64 lower-case hexadecimal digits) and a
 * fingerprint ("SHA256:" and 43 digits of base64); there is no address then.
 * PH_OK or PH_EMESSAGE.
 */
int gate_message_set(struct gate_message *m, const char *id,
    const char *fingerprint) ATTR_CHECK;

/*
 * Take the address that SSH_CONNECTION begins with (NULL, and what does not
 * look like an address: none).  It is for people alone.
 */
void gate_message_set_address(struct gate_message *m, const char *connection);

/* Write the message and a NUL; the length without it is returned. */
size_t gate_message_encode(const struct gate_message *m,
    char out[GATE_MESSAGE_SIZE_MAX]);

/* Read a whole message of len bytes; PH_OK or PH_EMESSAGE. */
int gate_message_decode(const void *data, size_t len,
    struct gate_message *m) ATTR_CHECK;

#endif
