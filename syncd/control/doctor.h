#ifndef SYNCD_CONTROL_DOCTOR_H
#define SYNCD_CONTROL_DOCTOR_H

#include "proto/attributes.h"
#include "proto/failure.h"
#include "proto/json_writer.h"
#include "syncd/control/control_context.h"

/*
 * What doctor found, step by step, and the steps that only look at this
 * machine.
 */

enum doctor_outcome {
	DOCTOR_BAD, /* Someone must act: next says who and how. */
	DOCTOR_GOOD,
	DOCTOR_NONE, /* Not reached, or of no use here. */
};

struct doctor_step {
	const char *step; /* A constant. */
	enum doctor_outcome outcome;
	int code; /* Of the failure; PH_OK: none. */
	char detail[512];
	char next[512];
};

#define DOCTOR_STEPS_MAX 32u

/* Plain data. */
struct doctor {
	struct doctor_step steps[DOCTOR_STEPS_MAX];
	size_t count;
};

/* Add a step that is good, or not reached, with a detail (printf style). */
void doctor_good(struct doctor *d, const char *step, const char *detail, ...)
    ATTR_PRINTF(3, 4);
void doctor_none(struct doctor *d, const char *step, const char *detail, ...)
    ATTR_PRINTF(3, 4);

/* Add a step that failed. */
void doctor_bad(struct doctor *d, const char *step, const struct failure *f);

/* Put the steps as a member. */
void doctor_put(struct json_writer *w, const char *name,
    const struct doctor *d);

/*
 * Lane: look at configuration, state directory, clock, store and space; and
 * at a primary at its keys, its address and the keys it lets in, or at that
 * of one repository (name NULL: all).  configuration is a copy: the one in
 * force is the loop's.
 */
void doctor_machine(const struct control_context *context, struct doctor *d);
void doctor_primary(const struct control_context *context,
    const struct configuration *configuration, const char *name,
    struct doctor *d);

/*
 * Lane: at a site, look at the grant in force; has_upstream is 0 where nobody
 * is dialled who would bring one.
 */
void doctor_grant(const struct control_context *context, int has_upstream,
    struct doctor *d);

#endif
