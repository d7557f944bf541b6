#ifndef SYNCD_CATALOGUE_GRANTED_H
#define SYNCD_CATALOGUE_GRANTED_H

#include "proto/attributes.h"
#include "proto/lineset.h"
#include "syncd/catalogue/catalogue.h"

/*
 * The files of what was granted, and of our own sets: heads in
 * documents/grants, texts in documents/lists.  Each publication makes new
 * ones, so those that nobody needs any more are removed.  Kept are
 *
 *  - of each repository the newest GRANTED_KEPT heads, and the one that it
 *    last spoke under, however old: differences start from its list;
 *  - the lists that the heads in force and those last spoken under name, and
 *    at a site the sets of its last receipt and of the one acknowledged.
 *
 * Of older ones the log keeps order, digest and digest of the list.  Lane
 * only.
 */

/* How many heads of a repository are kept. */
#define GRANTED_KEPT 64u

/*
 * Keep a list or set, durably, under its digest.  Now and then, before that,
 * what is not kept any more goes.
 */
int granted_put_list(struct catalogue *c, const struct lineset *list,
    struct digest *digest) ATTR_CHECK;

/* Remove what is not kept.  At start, when all logs are applied. */
int granted_sweep(struct catalogue *c) ATTR_CHECK;

#endif
