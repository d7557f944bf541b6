#ifndef SYNCD_CATALOGUE_PEERS_H
#define SYNCD_CATALOGUE_PEERS_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/hello.h"
#include "proto/key.h"
#include "proto/limits.h"
#include "syncd/catalogue/catalogue.h"

/*
 * Primary: who a receiver is.  The key that signed AUTH, and nothing else,
 * says so.  Lane only.
 */

struct peer {
	struct digest id;
	char name[PH_NAME_MAX + 1];
	uint64_t rate; /* Bytes per second; 0: no limit. */
};

/* What a gate says of the SSH key that a peer logged in with. */
struct peer_gate {
	struct digest id;          /* The REPO-ID it was started with. */
	struct digest fingerprint; /* Key id of the SSH key. */
};

/*
 * Check the AUTH of a receiver that said id in its HELLO: the signature
 * holds over the transcript, its key is the current key of a repository,
 * that repository's id is id and, where a gate brought the link (else NULL),
 * what the gate says.
 *
 * PH_OK and *out; PH_ESIGNATURE; PH_EIDENTITY: unknown key, or one
 * repository's key with another's id; PH_EREMOVED; PH_EPAUSED.  Every
 * refusal of a key is logged (repeats by one key, and all unknown keys by one
 * gate, are counted, not repeated), one of a signature that does not hold is
 * not: it is nobody's.  f says who tried what.
 */
int peer_check(struct catalogue *c, const struct digest *id,
    const struct peer_gate *gate,
    const uint8_t transcript[HELLO_TRANSCRIPT_SIZE], const void *signature,
    size_t len, struct peer *out, struct failure *f) ATTR_CHECK;

/* The peer as it is now: PH_OK, PH_EREMOVED, PH_EPAUSED, PH_EUNKNOWN. */
int peer_get(struct catalogue *c, const struct digest *id,
    struct peer *out) ATTR_CHECK;

#endif
