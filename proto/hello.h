#ifndef PROTO_HELLO_H
#define PROTO_HELLO_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/digest.h"
#include "proto/frame.h"
#include "proto/message.h"

/*
 * HELLO, the first message of each side, whose layout never changes, and
 * what follows from the two: the version that is spoken and the bytes that
 * AUTH signs.  Randomness comes from the caller.
 */

#define HELLO_SIZE 101u
#define HELLO_RANDOM_SIZE 32u
#define HELLO_INCARNATION_SIZE 16u

/* The versions that this library speaks. */
#define HELLO_VERSION_LOWEST 1u
#define HELLO_VERSION_HIGHEST 1u

/* What AUTH signs, and the namespace that it signs it in. */
#define HELLO_TRANSCRIPT_SIZE (1u + 2u * HELLO_SIZE)
#define HELLO_AUTH_NAMESPACE "packhorse-auth"

struct hello {
	uint16_t lowest; /* Versions that the sender speaks. */
	uint16_t highest;
	enum side side;
	struct digest repository;
	uint8_t random[HELLO_RANDOM_SIZE];
	uint8_t incarnation[HELLO_INCARNATION_SIZE];
	uint64_t trust_epoch; /* 0: it has no trust document yet. */
};

/* The payload; it is kept for the transcript. */
void hello_encode(const struct hello *h, uint8_t out[HELLO_SIZE]);

/*
 * PH_OK; PH_EMESSAGE when the bytes are no HELLO: other length or magic,
 * versions in the wrong order or 0, a role that is none, an epoch beyond
 * 2^53-1.
 */
int hello_decode(const void *payload, size_t len, struct hello *out) ATTR_CHECK;

/*
 * The highest version that both speak.  PH_EVERSION when there is none,
 * PH_EIDENTITY when both have the same side; *version is then 0.
 */
int hello_negotiate(const struct hello *ours, const struct hello *theirs,
    uint16_t *version) ATTR_CHECK;

/*
 * What the AUTH of signer signs, from the payloads of both HELLOs.
 */
void hello_transcript(enum side signer, const uint8_t receiver[HELLO_SIZE],
    const uint8_t provider[HELLO_SIZE], uint8_t out[HELLO_TRANSCRIPT_SIZE]);

#endif
