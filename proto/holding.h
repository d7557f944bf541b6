#ifndef PROTO_HOLDING_H
#define PROTO_HOLDING_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/digest.h"
#include "proto/limits.h"
#include "proto/lineset.h"

/*
 * One line of the set of a receipt: a version that a repository holds or
 * held, in which state, and how it knows (docs/formats.md §2.5).
 */

enum holding_state {
	HOLDING_PARTIAL,   /* Being received. */
	HOLDING_COMPLETE,  /* All there, not yet visible. */
	HOLDING_VISIBLE,   /* Published here. */
	HOLDING_EMBARGOED, /* All there, must not be shown. */
	HOLDING_RETIRING,  /* Superseded, still here. */
	HOLDING_WITHDRAWN, /* Removed. */
};
#define HOLDING_NSTATES 6u

enum holding_evidence {
	HOLDING_HASHED,    /* Hashed on arrival. */
	HOLDING_INHERITED, /* Shares blocks that were not changed since. */
	HOLDING_SCRUBBED,  /* Hashed again later. */
	HOLDING_ADOPTED,   /* Found here and hashed. */
	HOLDING_NONE,      /* Of partial and withdrawn, and only of these. */
};
#define HOLDING_NEVIDENCES 5u

/*
 * Fields of a line, for line_fields.h: state, manifest, image, version,
 * evidence, time.
 */
#define HOLDING_FIELDS 6u

/* Plain data without memory of its own. */
struct holding {
	enum holding_state state;
	struct digest manifest;
	char image[PH_NAME_MAX + 1];
	char version[PH_VERSION_MAX + 1];
	enum holding_evidence evidence;
	int64_t time; /* Of the evidence, the removal or the beginning. */
};

/* "partial", "complete", …; a constant. */
const char *holding_state_name(enum holding_state state);

/* PH_OK, or PH_EUNKNOWN when no state has that name. */
int holding_state_from_name(const char *name,
    enum holding_state *out) ATTR_CHECK;

/* "hashed", "inherited", …; a constant. */
const char *holding_evidence_name(enum holding_evidence evidence);

/* PH_OK, or PH_EUNKNOWN when no evidence has that name. */
int holding_evidence_from_name(const char *name,
    enum holding_evidence *out) ATTR_CHECK;

/* Put the line, without a line feed.  PH_OK, PH_ENOMEM or PH_ELIMIT. */
int holding_encode(const struct holding *h, struct buffer *out);

/* Read a line without its line feed.  PH_OK or PH_EMESSAGE. */
int holding_decode(const char *line, size_t len,
    struct holding *out) ATTR_CHECK;

/*
 * Check a whole set: every line decodes, no two are of one image and
 * version.  PH_OK, PH_EMESSAGE or PH_ENOMEM.
 */
int holding_check_set(const struct lineset *set) ATTR_CHECK;

#endif
