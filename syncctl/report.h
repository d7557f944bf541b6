#ifndef SYNCCTL_REPORT_H
#define SYNCCTL_REPORT_H

#include <stddef.h>
#include <stdio.h>

#include "proto/attributes.h"
#include "proto/failure.h"

struct buffer;

/*
 * How a command ended: a failure, the exit status that goes with it, and one
 * failure for each part that was not done.  Printed once, at the end, for
 * people or as JSON.
 */

struct report {
	struct failure failure; /* Code PH_OK: done. */
	int exit_status;        /* As syncd said; 0: that of the code. */
	struct failure *parts;  /* Owned. */
	size_t nparts;
};

/* Nothing failed yet. */
void report_init(struct report *r);

/* Free what it holds. */
void report_fini(struct report *r);

/* Room for n parts, zeroed.  PH_OK, or PH_ENOMEM, said in the failure. */
int report_parts(struct report *r, size_t n) ATTR_CHECK;

/* The exit status of the program. */
int report_exit_status(const struct report *r);

/*
 * What failed, where and what to do next, in lines of their own, then the
 * parts.  Control characters become "?".
 */
void report_print(const struct report *r, FILE *file);

/*
 * Put {"error":…} with "errors" where there are parts, and a line feed.
 * PH_OK or PH_ENOMEM.
 */
int report_json(const struct report *r, struct buffer *out) ATTR_CHECK;

#endif
