#ifndef SYNCD_SYNC_SURVEY_H
#define SYNCD_SYNC_SURVEY_H

#include <stddef.h>

#include "proto/attributes.h"
#include "proto/failure.h"
#include "proto/lineset.h"
#include "syncd/catalogue/catalogue.h"
#include "syncd/catalogue/needs.h"
#include "syncd/catalogue/statement.h"
#include "syncd/sync/run.h"

/*
 * What a site does next: found out in one go, in the catalogue's lane, after
 * each step of a receiver.  It also does what needs no peer: removes what may
 * not be held, completes what is all here, frees what has retired.
 */

/*
 * Manifests and needs that one survey tells at most.  What a survey takes
 * grows with the list, so there must not be one for a few of them.
 */
#define SURVEY_MANIFESTS_MAX 1024u
#define SURVEY_NEEDS_MAX 1024u

/* Digests that the provider does not have for us; sorted by nothing. */
struct survey_refused {
	struct digest *items; /* Owned. */
	size_t count;
};

/* Free what it holds; it is empty again. */
void survey_refused_fini(struct survey_refused *refused);

/* Remember a digest.  PH_OK, PH_ENOMEM or PH_ELIMIT. */
int survey_refused_add(struct survey_refused *refused,
    const struct digest *digest) ATTR_CHECK;

/* Make an empty one the same as another.  PH_OK or PH_ENOMEM. */
int survey_refused_copy(const struct survey_refused *refused,
    struct survey_refused *out) ATTR_CHECK;

/* 1 when a digest is remembered, else 0. */
int survey_refused_has(const struct survey_refused *refused,
    const struct digest *digest);

struct survey {
	/* In. */
	int changed; /* A grant was taken, or this is the first survey. */
	int whole;   /* The receipt is to start from the empty set. */
	int receipt; /* A receipt may be made now. */
	struct survey_refused refused; /* A copy: blobs fail meanwhile. */

	/* Out. */
	int code; /* PH_OK; PH_EEXPIRED, PH_EREMOVED, PH_ESTORE: nothing is
		     received. */
	struct failure failure;
	int nothing_granted;
	size_t nwithdrawn;
	size_t ncompleted;
	struct run found; /* Images of what became whole. */
	size_t nretired;
	struct digest *manifests; /* That are missing; owned. */
	size_t nmanifests;
	struct need *needs; /* Owned; filled in when no manifest is missing. */
	size_t nneeds;
	uint64_t needed_bytes; /* Of these, and of those that did not fit. */
	struct statement statement; /* If receipt: due or not. */
};

/* Nothing asked, nothing found. */
void survey_init(struct survey *s);

/* Free what it holds. */
void survey_fini(struct survey *s);

/* Do all of it.  Lane only. */
void survey_run(struct catalogue *c, struct survey *s);

/*
 * A dry run: what taking a list would remove and bring, as lines
 * "IMAGE@VERSION" in run.  Changes nothing.
 */
int survey_compare(struct catalogue *c, const struct lineset *list,
    struct run *run) ATTR_CHECK;

#endif
