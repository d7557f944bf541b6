#ifndef SYNCD_POLICY_EVALUATE_H
#define SYNCD_POLICY_EVALUATE_H

#include <stddef.h>

#include "proto/attributes.h"
#include "proto/charter.h"
#include "proto/labels.h"
#include "syncd/policy/policy.h"

/*
 * The one place that decides what a repository may hold.  It is pure: the
 * same policy, ceiling and versions give the same decisions, in any process.
 * Provider, receiver and every listing ask here.
 *
 * Deny wins.  What no rule allows is denied.  A version that a rule of
 * "newest N" has passed over is not forbidden but superseded: when it was
 * granted before, it is retiring until the repository has freed it.
 */

enum policy_state {
	POLICY_DENIED,
	POLICY_ALLOW,
	POLICY_EMBARGO,
	POLICY_RETIRE,
};

/* What a version is, and how it stands at the repository in question. */
struct policy_version {
	const char *image;
	const char *version;
	const struct labels *labels; /* NULL: none. */
	const char *owner;           /* NULL: none. */
	int embargoed;
	int granted; /* It is in the grant in force, in whatever state. */
	int freed;   /* The repository said, under that grant, that it does
			not hold it (any more). */
};

struct policy_decision {
	enum policy_state state;
	const struct policy_rule *rule; /* That decided; NULL: none, or the
					   ceiling. */
	int ceiling; /* Denied because the charter does not admit it. */
};

/*
 * Decide all n versions for the repository of that name.  versions are
 * sorted by image (bytes), then by version order, oldest first.  policy
 * NULL: no policy, everything is denied.  charter NULL: there is none to
 * keep to.
 */
void policy_evaluate(const struct policy *policy, const char *repository,
    const struct charter *charter, const struct policy_version *versions,
    size_t n, struct policy_decision *out);

/* "denied", "allow", "embargo", "retire". */
const char *policy_state_name(enum policy_state state);

#endif
