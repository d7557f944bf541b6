#ifndef PROTO_CHARTER_H
#define PROTO_CHARTER_H

#include <stddef.h>
#include <stdint.h>

#include "proto/address.h"
#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/digest.h"
#include "proto/key.h"
#include "proto/limits.h"
#include "proto/order.h"
#include "proto/selector.h"

/*
 * The charter: who a repository is, whom it may ask, why it exists, and the
 * ceiling of what it may ever hold (docs/formats.md §2.2).
 */

/* Why a repository exists; a set of these, at least one. */
enum charter_reason {
	CHARTER_COVERAGE = 1 << 0,
	CHARTER_SEPARATION = 1 << 1,
	CHARTER_ISOLATED_NETWORK = 1 << 2,
	CHARTER_LOW_BANDWIDTH = 1 << 3,
	CHARTER_CAPACITY = 1 << 4,
	CHARTER_FAULT_TOLERANCE = 1 << 5,
};
#define CHARTER_NREASONS 6u

/* A repository that this one may dial. */
struct charter_upstream {
	struct digest id;
	char address[ADDRESS_SIZE];
	struct key_public host_key;
};

struct charter {
	struct digest repository;
	char name[PH_NAME_MAX + 1];
	struct order order;
	int64_t time;
	struct key_public key;
	int revoked;
	struct charter_upstream upstreams[PH_UPSTREAMS_MAX];
	size_t nupstreams;
	unsigned int reasons; /* Of enum charter_reason, or'ed. */
	struct selectors may_hold;
	struct selectors never;
};

/* Empty: not yet a document. */
void charter_init(struct charter *c);

/* Free what it holds; it is empty again. */
void charter_fini(struct charter *c);

/* The name of one reason ("low-bandwidth"); a constant. */
const char *charter_reason_name(enum charter_reason reason);

/* PH_OK, or PH_EUNKNOWN when no reason has that name. */
int charter_reason_from_name(const char *name,
    enum charter_reason *out) ATTR_CHECK;

/*
 * 1 when a version of that image with these labels and that owner (NULL for
 * none) is within the ceiling: may_hold selects it and never does not.
 */
int charter_admits(const struct charter *c, const char *image,
    const struct labels *labels, const char *owner) ATTR_CHECK;

/*
 * Put the document's bytes.  PH_OK, PH_ENOMEM, PH_ELIMIT, or PH_EDOCUMENT
 * when c is not what charter_decode() takes; out then holds what it held.
 */
int charter_encode(const struct charter *c, struct buffer *out) ATTR_CHECK;

/*
 * Decode bytes that were verified, into an initialised and empty *out,
 * which stays so on failure.  PH_OK, PH_ENOMEM or PH_EDOCUMENT.
 */
int charter_decode(const void *bytes, size_t len,
    struct charter *out) ATTR_CHECK;

#endif
