#ifndef SYNCD_CATALOGUE_MANDATE_H
#define SYNCD_CATALOGUE_MANDATE_H

#include <stdint.h>

#include "proto/attributes.h"
#include "proto/charter.h"
#include "proto/document.h"
#include "proto/grant.h"
#include "proto/grant_item.h"
#include "proto/lineset.h"
#include "proto/message_state.h"
#include "syncd/catalogue/catalogue.h"

struct ledger_event;
struct listing;

/*
 * A site: what is in force here (charter, grant and its list), and taking
 * in what is newer.  Order is (epoch, generation); the highest seen is kept
 * in three places (marks.h), and nothing at or below it is taken unless it
 * is the very same document; nor anything of an epoch after that of the trust
 * in force.  Lane only.
 */

/* What STATE says of us; PH_OK or why it cannot be told. */
int mandate_state(struct catalogue *c, struct message_state *out) ATTR_CHECK;

/*
 * Take a charter: signed by a policy key, for this repository and its key.
 * PH_OK (also for the one in force); PH_ESIGNATURE, PH_EDOCUMENT (damaged, or
 * of an epoch that has not begun), PH_EIDENTITY (of another repository or
 * key), PH_EOLDER, PH_EFORK, PH_EREMOVED (it is revoked; it is kept all the
 * same).
 */
int mandate_take_charter(struct catalogue *c, const struct document *d,
    struct failure *f) ATTR_CHECK;

/*
 * Take a grant with its whole list: signed by a primary key, for this
 * repository, which has a charter; newer than what is in force, the list of
 * that digest.  On
 * PH_OK it is in force, durably, and logged; what it no longer lists is to
 * be removed next (withdrawal.h).  One that is expired is taken too: it
 * narrows, and mandate_check() then stops what it would widen.  Errors as
 * above, and PH_EDIGEST for a list that is not the one named.
 */
int mandate_take_grant(struct catalogue *c, const struct document *d,
    const struct lineset *list, struct failure *f) ATTR_CHECK;

/*
 * The list in force, of which *out is the caller's; the empty one when
 * there is no grant.  With a digest: that list, or PH_EABSENT.
 */
int mandate_list(struct catalogue *c, struct lineset **out) ATTR_CHECK;
int mandate_list_of(struct catalogue *c, const struct digest *list,
    struct lineset **out) ATTR_CHECK;

/* The list in force for finding things in it; borrowed (listing.h). */
int mandate_listing(struct catalogue *c, struct listing **out) ATTR_CHECK;

/* The head in force.  PH_OK, or PH_EABSENT when there is none. */
int mandate_grant(struct catalogue *c, struct grant *out) ATTR_CHECK;

/*
 * The charter in force, into an initialised and empty *out.  PH_OK, or
 * PH_EABSENT when there is none.
 */
int mandate_charter(struct catalogue *c, struct charter *out) ATTR_CHECK;

/*
 * PH_OK when content may be received now; PH_EABSENT without a grant,
 * PH_EEXPIRED, PH_EREMOVED.
 */
int mandate_check(struct catalogue *c) ATTR_CHECK;

/*
 * What the grant in force says of an item; PH_OK, or PH_EDENIED when it is
 * not listed.
 */
int mandate_item(struct catalogue *c, const char *image, const char *version,
    struct grant_item *out) ATTR_CHECK;

/* Of the ledger. */
int mandate_apply_charter(struct catalogue *c, const struct ledger_event *e);
int mandate_apply_grant(struct catalogue *c, const struct ledger_event *e);

#endif
