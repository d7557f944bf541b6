#ifndef SYNCD_CONTROL_VERB_H
#define SYNCD_CONTROL_VERB_H

#include "syncd/control/request.h"

/*
 * What can be asked of syncd: the verbs of docs/control.md.  Those of one
 * noun are in the module of that name (request_repo.h, …), which has a list
 * of them that ends with a verb without a name.
 */

/* Where a verb is of use; elsewhere it is PH_ENOTHERE. */
enum verb_place {
	VERB_AT_PRIMARY = 1,
	VERB_AT_SITE = 2,
	VERB_AT_BOTH = 3,
	VERB_LONG = 4, /* Beside these: it may take very long. */
};

struct verb {
	const char *name;
	enum verb_place place;

	/*
	 * Begin, on the loop.  PH_OK: request_finish() was or will be
	 * called.  Else the request has failed, and the caller finishes it.
	 */
	int (*start)(struct request *r);
};

/* The verb of that name; NULL when there is none.  Any thread. */
const struct verb *verb_find(const char *name);

#endif
