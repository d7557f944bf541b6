#ifndef SYNCD_CONTROL_REQUEST_POLICY_H
#define SYNCD_CONTROL_REQUEST_POLICY_H

#include "syncd/control/verb.h"

/*
 * The policy: policy.apply, policy.show.
 */

/* The verbs; the last has no name. */
extern const struct verb request_policy_verbs[];

#endif
