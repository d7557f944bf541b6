#ifndef SYNCCTL_HELD_H
#define SYNCCTL_HELD_H

#include "proto/json.h"

/*
 * What is said of one version at one repository: may it be there, is it, and
 * how do we know.
 */

struct held {
	int allowed;
	const char *held;     /* "yes", "no", "unknown". */
	const char *state;    /* Borrowed from the answer, or "unknown". */
	const char *evidence; /* The same, or NULL. */
	int wrong;            /* Held, and not allowed. */
};

/* Take the members allowed, held, state and evidence of an object. */
void held_get(struct json_object *o, struct held *out);

#endif
