#ifndef SYNCD_CONTROL_REQUEST_VERIFY_H
#define SYNCD_CONTROL_REQUEST_VERIFY_H

#include "syncd/control/verb.h"

/*
 * Hashing again what is held: verify.
 */

/* The verbs; the last has no name. */
extern const struct verb request_verify_verbs[];

#endif
