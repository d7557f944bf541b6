#ifndef SYNCD_CATALOGUE_HOLDINGS_H
#define SYNCD_CATALOGUE_HOLDINGS_H

#include <stdint.h>

#include "proto/attributes.h"
#include "proto/holding.h"
#include "proto/limits.h"
#include "proto/manifest.h"
#include "syncd/catalogue/catalogue.h"
#include "syncd/catalogue/registration.h"

/*
 * What a repository holds, as far as it is known, beside what it may hold.
 * Not known is neither held nor not held.  Lane only.
 */

enum holdings_held {
	HOLDINGS_UNKNOWN = -1,
	HOLDINGS_NOT_HELD = 0,
	HOLDINGS_HELD = 1,
};

struct holdings_row {
	char image[PH_NAME_MAX + 1];
	char version[PH_VERSION_MAX + 1];
	struct digest manifest;
	int allowed; /* The grant in force lists it. */
	enum holdings_held held;
	const char *state;    /* "visible", …, "absent", "unknown". */
	const char *evidence; /* "hashed", …, "none". */
	int64_t time;         /* Of the evidence; 0: none. */
};

/* What the rows below are about. */
struct holdings_head {
	char name[PH_NAME_MAX + 1];
	struct digest id; /* Zeros: no key yet. */
	int removed;      /* It is not heard of any more. */
	uint64_t grant_epoch;
	uint64_t grant_generation; /* 0: no grant. */
	int64_t as_of;             /* Of the last receipt, as it was
				      received; our clock for ourselves; 0:
				      never reported. */
};

typedef int holdings_each(void *cookie, const struct holdings_row *row);

/*
 * Rows of a repository (record NULL: our own), sorted by image and version;
 * all that is granted, held, partial or withdrawn.
 */
int holdings_of(struct catalogue *c, const struct registration *record,
    struct holdings_head *head, holdings_each *each, void *cookie) ATTR_CHECK;

/* The row of one version at a repository; absent rows included. */
int holdings_one(struct catalogue *c, const struct registration *record,
    const char *image, const char *version, struct holdings_head *head,
    struct holdings_row *out) ATTR_CHECK;

/*
 * The manifest of a digest, into an initialised and empty *out; of a version
 * of ours (*digest is given).  PH_OK or PH_EABSENT.
 */
int holdings_manifest(struct catalogue *c, const struct digest *digest,
    struct manifest *out) ATTR_CHECK;
int holdings_version(struct catalogue *c, const char *image,
    const char *version, struct digest *digest,
    struct manifest *out) ATTR_CHECK;

#endif
