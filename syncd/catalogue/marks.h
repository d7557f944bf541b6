#ifndef SYNCD_CATALOGUE_MARKS_H
#define SYNCD_CATALOGUE_MARKS_H

#include "proto/attributes.h"
#include "proto/digest.h"
#include "proto/order.h"
#include "syncd/catalogue/context.h"

/*
 * A site: the highest trust epoch, charter and grant ever seen, so that
 * nothing older is taken again.  They are kept in three places: the index,
 * documents/ (by the names of what lies there) and the marker of the store;
 * the highest wins, and that they disagree is shown.
 */

struct marks {
	uint64_t trust_epoch;
	struct order charter;
	struct order grant;
	struct digest grant_digest; /* Of the head of that grant; or zeros. */
};

/* The highest of the three places; *disagree is 1 if they are not one. */
int marks_get(struct catalogue *c, struct marks *out, int *disagree) ATTR_CHECK;

/*
 * Make the marker say at least what is in force now (trust, charter, grant
 * of the index); durable.  Where it says more already, that stays.  That the
 * store has no room for it stops nothing, least of all the removal of what
 * fills it: the other two places know, and c->marker_behind asks for another
 * call.
 */
int marks_raise(struct catalogue *c) ATTR_CHECK;

#endif
