#ifndef PROTO_GRANT_ITEM_H
#define PROTO_GRANT_ITEM_H

#include <stddef.h>

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/digest.h"
#include "proto/limits.h"
#include "proto/lineset.h"

/*
 * One line of the list of a grant: a version that a repository may hold,
 * and how (docs/formats.md §2.4).
 */

enum grant_state {
	GRANT_ALLOW,   /* Hold and show. */
	GRANT_EMBARGO, /* Hold, do not show yet. */
	GRANT_RETIRE,  /* Superseded: keep until a successor is visible. */
};
#define GRANT_NSTATES 3u

/* Fields of a line, for line_fields.h: state, manifest, image, version. */
#define GRANT_ITEM_FIELDS 4u

/* Plain data without memory of its own. */
struct grant_item {
	enum grant_state state;
	struct digest manifest;
	char image[PH_NAME_MAX + 1];
	char version[PH_VERSION_MAX + 1];
};

/* "allow", "embargo", "retire"; a constant. */
const char *grant_state_name(enum grant_state state);

/* PH_OK, or PH_EUNKNOWN when no state has that name. */
int grant_state_from_name(const char *name, enum grant_state *out) ATTR_CHECK;

/* Put the line, without a line feed.  PH_OK, PH_ENOMEM or PH_ELIMIT. */
int grant_item_encode(const struct grant_item *item, struct buffer *out);

/* Read a line without its line feed.  PH_OK or PH_EMESSAGE. */
int grant_item_decode(const char *line, size_t len,
    struct grant_item *out) ATTR_CHECK;

/*
 * The item of a list that names a manifest: lines are in the order of state
 * and manifest, so that a few of them are looked at.  PH_OK, or PH_EABSENT
 * when none does.
 */
int grant_item_find(const struct lineset *list, const struct digest *manifest,
    struct grant_item *out) ATTR_CHECK;

/*
 * Check a whole list: every line decodes, no two are of one image and
 * version, no two names differ only in case.  PH_OK, PH_EMESSAGE or
 * PH_ENOMEM.
 */
int grant_item_check_list(const struct lineset *list) ATTR_CHECK;

#endif
