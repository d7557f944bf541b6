#ifndef SYNCD_LINK_WIRE_H
#define SYNCD_LINK_WIRE_H

#include <stddef.h>

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "syncd/link/link_ops.h"

/*
 * The TCP socket below SSH: what comes in is read when it is asked for, what
 * goes out is held until TCP and the rate take it.  It counts, and obeys the
 * rates of the link that it belongs to.  It knows nothing of SSH.
 *
 * The struct is embedded by its user, who reads its members and changes
 * none.  Loop thread only.
 */

/*
 * The most that it holds.  Answers to the far side's questions come on top
 * of what we say ourselves; a far side that asks and does not read is cut.
 */
#define WIRE_PENDING_MAX (1u << 20)

/* What is kept of what the far side said first of all. */
#define WIRE_FIRST_MAX 127u

/* End of the stream, as an error. */
#define WIRE_END (-1)

struct wire {
	struct link *link;
	int fd; /* -1: not open. */
	struct buffer pending;
	int error; /* 0; errno of the socket; or WIRE_END. */
	size_t first_len;
	char first[WIRE_FIRST_MAX + 1];
};

/* A wire without a socket, for link. */
void wire_init(struct wire *w, struct link *link);

/*
 * Take fd, a connected, non-blocking socket, and set its options: small
 * packets at once, a dead peer noticed, little unsent in the kernel.
 */
void wire_open(struct wire *w, int fd);

/* Read up to len bytes; 0 when there are none now, or none any more. */
size_t wire_receive(struct wire *w, void *buf, size_t len);

/* Hold len bytes for sending.  PH_OK, PH_ENOMEM or PH_ELIMIT. */
int wire_send(struct wire *w, const void *buf, size_t len) ATTR_CHECK;

/* Give TCP what it and the rate take. */
void wire_flush(struct wire *w);

/* Send what is held, if it can be done now and whatever the rate; close. */
void wire_fini(struct wire *w);

#endif
