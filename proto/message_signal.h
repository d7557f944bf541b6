#ifndef PROTO_MESSAGE_SIGNAL_H
#define PROTO_MESSAGE_SIGNAL_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/frame.h"

/*
 * Messages that end something or keep it alive: CANCEL and ERROR end a
 * transfer, ABORT and BYE the session, PING and PONG show that the other
 * side lives.  Encoders and decoders are as message_document.h says.
 */

#define MESSAGE_PING_SIZE 8u

/* Room for the name of an error and a NUL. */
#define MESSAGE_ERROR_NAME_SIZE 32u

/* ERROR, ABORT. */
struct message_error {
	int code; /* Not PH_OK; PH_EINTERNAL for a name we do not know. */

	/* As it came, for people; not looked at when encoding. */
	char name[MESSAGE_ERROR_NAME_SIZE];
};

/* PING, PONG. */
struct message_ping {
	uint8_t bytes[MESSAGE_PING_SIZE];
};

/* The receiver wants no more of a transfer. */
int message_cancel_encode(uint32_t transfer, struct buffer *out) ATTR_CHECK;
int message_cancel_decode(const struct frame *f) ATTR_CHECK;

/* A transfer failed. */
int message_error_encode(const struct message_error *m, uint32_t transfer,
    struct buffer *out) ATTR_CHECK;
int message_error_decode(const struct frame *f,
    struct message_error *out) ATTR_CHECK;

/* Asks for a PONG. */
int message_ping_encode(const struct message_ping *m,
    struct buffer *out) ATTR_CHECK;
int message_ping_decode(const struct frame *f,
    struct message_ping *out) ATTR_CHECK;

/* Answers a PING, with its bytes. */
int message_pong_encode(const struct message_ping *m,
    struct buffer *out) ATTR_CHECK;
int message_pong_decode(const struct frame *f,
    struct message_ping *out) ATTR_CHECK;

/* The session failed. */
int message_abort_encode(const struct message_error *m,
    struct buffer *out) ATTR_CHECK;
int message_abort_decode(const struct frame *f,
    struct message_error *out) ATTR_CHECK;

/* The session is done. */
int message_bye_encode(struct buffer *out) ATTR_CHECK;
int message_bye_decode(const struct frame *f) ATTR_CHECK;

#endif
