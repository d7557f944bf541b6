#ifndef SYNCD_CATALOGUE_GRANT_LIST_H
#define SYNCD_CATALOGUE_GRANT_LIST_H

#include "proto/attributes.h"
#include "proto/lineset.h"
#include "syncd/catalogue/versions.h"
#include "syncd/policy/evaluate.h"

/*
 * The list of a grant, made of what the policy decided: of all versions, or,
 * when only one image has changed, of the list before and the versions of
 * that image.  Both ways give the same list.
 */

/* The list that decisions about versions make; *out is the caller's. */
int grant_list_make(const struct versions *versions,
    const struct policy_decision *decisions, struct lineset **out) ATTR_CHECK;

/* The lines of a list that are of one image; *out is the caller's. */
int grant_list_of_image(const struct lineset *list, const char *image,
    struct lineset **out) ATTR_CHECK;

/*
 * The list with some of its lines (was) replaced by others.  PH_OK and *out,
 * the caller's; PH_ENOMEM, PH_ELIMIT; PH_EMESSAGE when was is not in it.
 */
int grant_list_replace(const struct lineset *list, const struct lineset *was,
    const struct lineset *becomes, struct lineset **out) ATTR_CHECK;

#endif
