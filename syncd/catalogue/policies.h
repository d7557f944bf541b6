#ifndef SYNCD_CATALOGUE_POLICIES_H
#define SYNCD_CATALOGUE_POLICIES_H

#include <stddef.h>

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/failure.h"
#include "syncd/catalogue/catalogue.h"
#include "syncd/policy/policy.h"

struct ledger_event;

/*
 * Primary: the policy in force.  Lane only.
 */

/*
 * Put a policy in force and issue the grants that it changes.  file is its
 * name for messages.  For each thing that is odd but allowed (a repository
 * nobody added, a pattern that matches nothing), warn(cookie, text) is
 * called.  *nchanged counts the repositories with a new grant.  PH_OK; when
 * it is PH_EPOLICY, the old policy stays in force; when f says that grants are
 * not made yet, the new one is, and they follow by themselves (grants.h).
 */
typedef void policies_warning(void *cookie, const char *text);
int policies_apply_text(struct catalogue *c, const char *actor,
    const char *text, size_t len, const char *file, policies_warning *warn,
    void *cookie, size_t *nchanged, struct failure *f) ATTR_CHECK;

/* What policies_apply_text() would warn of. */
int policies_warn(struct catalogue *c, const struct policy *policy,
    policies_warning *warn, void *cookie) ATTR_CHECK;

/*
 * The text in force and who applied it when; PH_EABSENT when there is none.
 * time, actor and digest may be NULL.
 */
int policies_show(struct catalogue *c, struct buffer *text, int64_t *time,
    char actor[PH_TEXT_MAX + 1], struct digest *digest) ATTR_CHECK;

/* Read the policy in force into the catalogue; at start. */
int policies_load(struct catalogue *c, struct failure *f) ATTR_CHECK;

/* Of the ledger. */
int policies_apply(struct catalogue *c, const struct ledger_event *e);

#endif
