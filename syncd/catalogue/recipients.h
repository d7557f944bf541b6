#ifndef SYNCD_CATALOGUE_RECIPIENTS_H
#define SYNCD_CATALOGUE_RECIPIENTS_H

#include <stddef.h>

#include "proto/attributes.h"
#include "proto/limits.h"
#include "proto/manifest.h"
#include "syncd/catalogue/catalogue.h"
#include "syncd/policy/evaluate.h"

/*
 * Primary: who will receive a version by the policy in force, and why; for
 * whoever publishes.  What each may hold is said by grants.h alone.  Lane
 * only.
 */

struct recipient {
	char name[PH_NAME_MAX + 1];
	enum policy_state state;    /* Not denied. */
	char rule[PH_TEXT_MAX + 1]; /* "policy.yaml:12:5". */
};

struct recipients {
	struct recipient *items; /* Owned. */
	size_t count;
};

/*
 * Find those of a version, published or not (in a dry run); *out is empty
 * before.  PH_OK, PH_ENOMEM, or what reading the index says.
 */
int recipients_find(struct catalogue *c, const struct manifest *m,
    const struct digest *digest, struct recipients *out) ATTR_CHECK;

/* Free what it holds, which is then nothing. */
void recipients_fini(struct recipients *r);

#endif
