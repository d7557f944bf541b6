#ifndef PROTO_TRUST_H
#define PROTO_TRUST_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/digest.h"
#include "proto/document.h"
#include "proto/key.h"
#include "proto/limits.h"

/*
 * The trust document: which keys have which role in an epoch, and which
 * repository is the primary.  Each epoch is signed by an authority of its
 * own and of the one before, so that whoever knows one epoch can follow to
 * the newest (docs/formats.md §2.1).
 */

enum trust_role {
	TRUST_AUTHORITY, /* Signs trust documents. */
	TRUST_PUBLISHER, /* Signs manifests. */
	TRUST_POLICY,    /* Signs charters. */
	TRUST_PRIMARY,   /* Signs grants, checkpoints, join files and AUTH. */
};
#define TRUST_NROLES 4u

/* The keys of one role, 1 to PH_ROLE_KEYS_MAX, no key twice. */
struct trust_keys {
	struct key_public keys[PH_ROLE_KEYS_MAX];
	size_t count;
};

/* Plain data without memory of its own. */
struct trust {
	uint64_t epoch;
	int64_t time;
	struct digest primary; /* The primary's repository id. */
	struct trust_keys roles[TRUST_NROLES];
};

/* Epoch 0, no keys: not yet a document. */
void trust_init(struct trust *t);

/* "authority", "publisher", "policy", "primary"; a constant. */
const char *trust_role_name(enum trust_role role);

/* PH_OK, or PH_EUNKNOWN when no role has that name. */
int trust_role_from_name(const char *name, enum trust_role *out) ATTR_CHECK;

/* 1 when key has the role, else 0. */
int trust_role_has(const struct trust *t, enum trust_role role,
    const struct key_public *key) ATTR_CHECK;

/*
 * Give key the role.  PH_OK also when it has it; PH_ELIMIT beyond
 * PH_ROLE_KEYS_MAX.
 */
int trust_role_add(struct trust *t, enum trust_role role,
    const struct key_public *key) ATTR_CHECK;

/* Take the role away from key.  PH_OK, or PH_EUNKNOWN when it has it not. */
int trust_role_remove(struct trust *t, enum trust_role role,
    const struct key_public *key) ATTR_CHECK;

/*
 * PH_OK when a key that has the role signed d as a document of that kind,
 * else PH_ESIGNATURE.  which (NULL allowed) is given that key.
 */
int trust_verify(const struct trust *t, enum trust_role role,
    const struct document *d, enum document_kind kind,
    struct key_public *which) ATTR_CHECK;

/*
 * Put the document's bytes.  PH_OK, PH_ENOMEM, PH_ELIMIT, or PH_EDOCUMENT
 * when t is not what trust_decode() takes; out then holds what it held.
 */
int trust_encode(const struct trust *t, struct buffer *out) ATTR_CHECK;

/* Decode bytes that were verified.  PH_OK, PH_ENOMEM or PH_EDOCUMENT. */
int trust_decode(const void *bytes, size_t len, struct trust *out) ATTR_CHECK;

/*
 * Follow the chain by one document.  With previous (and pinned NULL): the
 * epoch must be the next and an authority of both epochs must have signed.
 * With pinned (and previous NULL), at the beginning of a chain: pinned must
 * be among its own authorities and have signed; any epoch will do.  out may
 * be previous; it is untouched on failure.
 *
 * PH_OK and the decoded document; PH_ESIGNATURE; PH_EOLDER when the epoch
 * is not above that of previous; PH_EDOCUMENT also when epochs are missing
 * between; PH_ENOMEM.
 */
int trust_accept(const struct trust *previous, const struct key_public *pinned,
    const struct document *d, struct trust *out) ATTR_CHECK;

/*
 * Accept a document for which no key is known: of a join file or another
 * way that the caller trusts.  One of its own authorities must have signed.
 * Errors as above.
 */
int trust_accept_anchor(const struct document *d, struct trust *out) ATTR_CHECK;

#endif
