#ifndef SYNCD_CATALOGUE_GRANTS_H
#define SYNCD_CATALOGUE_GRANTS_H

#include "proto/attributes.h"
#include "proto/document.h"
#include "proto/failure.h"
#include "proto/grant.h"
#include "proto/lineset.h"
#include "syncd/catalogue/catalogue.h"
#include "syncd/catalogue/registration.h"
#include "syncd/catalogue/versions.h"
#include "syncd/policy/evaluate.h"
#include "syncd/policy/policy.h"

struct ledger_event;

/*
 * Primary: what each repository may hold now.  Publishing, applying a policy
 * and what a receipt says re-evaluate; a repository whose list changed gets
 * its next generation.  Lane only.
 *
 * What re-evaluates stands in a log before it does.  So grants that cannot be
 * made then (there is no room) are due: they are made as soon as they can be,
 * and no repository waits for those of another.
 */

/*
 * Decide all of versions for a repository under a policy (NULL: none), with
 * what is granted to it and what it reported.  *out is an array as long as
 * versions, which the caller frees.
 */
int grants_decide(struct catalogue *c, const struct policy *policy,
    const struct registration *record, const struct versions *versions,
    struct policy_decision **out) ATTR_CHECK;

/* Told which repository's grant changed; may be NULL. */
typedef void grants_changed(void *cookie, const struct digest *id);

/* Who hears of changed grants from now on (on the lane's thread). */
void grants_set_listener(struct catalogue *c, grants_changed *changed,
    void *cookie);

/*
 * Grants are due: decisions about the versions of an image, or about all
 * (NULL), are to be made anew.  Of the ledger, as it applies an entry; so what
 * a failure or a crash came between is made up for by the next refresh.
 */
void grants_touch(struct catalogue *c, const char *image);

/* PH_OK when no grants are due; else why they are not made yet, in words. */
int grants_check(struct catalogue *c, struct failure *f) ATTR_CHECK;

/*
 * Make the grants that are due: evaluate what was touched, for all
 * repositories, and issue those that changed.  Of one image only its own
 * versions are looked at, and the new lists are made of those before: the same
 * as grants_refresh_all() makes.
 */
int grants_refresh_touched(struct catalogue *c) ATTR_CHECK;

/*
 * A receipt came: issue a new grant, if it says that something was freed
 * which the grant in force lists as retiring.  Nothing else that a receipt
 * says has a part in decisions.
 */
int grants_refresh_reported(struct catalogue *c,
    const struct registration *record) ATTR_CHECK;

/* Make the grant of one repository if any are due; to be called before it is
 * answered from its grant. */
int grants_refresh_due(struct catalogue *c, const struct digest *id) ATTR_CHECK;

/*
 * Evaluate everything for one repository, or for all; grants that changed are
 * issued, and those that cannot be are due.  *nchanged (NULL allowed) counts
 * them.  Of several failures the first is returned.
 */
int grants_refresh_one(struct catalogue *c,
    const struct registration *record) ATTR_CHECK;
int grants_refresh_all(struct catalogue *c, size_t *nchanged) ATTR_CHECK;

/* Issue the same list again, with a new lifetime. */
int grants_renew(struct catalogue *c,
    const struct registration *record) ATTR_CHECK;

/*
 * The grant in force of a repository.  d NULL, or initialised and empty.
 * PH_OK, or PH_EABSENT when there is none.
 */
int grants_get(struct catalogue *c, const struct digest *id, struct grant *out,
    struct document *d) ATTR_CHECK;

/* A list by its digest; *out is the caller's.  PH_OK or PH_EABSENT. */
int grants_list(struct catalogue *c, const struct digest *list,
    struct lineset **out) ATTR_CHECK;

/* The digest of the empty list. */
void grants_empty_list(struct digest *out);

/* Of the ledger. */
int grants_apply(struct catalogue *c, const struct ledger_event *e);

#endif
