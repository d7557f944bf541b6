#ifndef SYNCD_CATALOGUE_RECEPTION_H
#define SYNCD_CATALOGUE_RECEPTION_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/document.h"
#include "proto/holding.h"
#include "proto/limits.h"
#include "proto/manifest.h"
#include "syncd/catalogue/catalogue.h"

struct ledger_event;

/*
 * A site: taking in what is granted (needs.h says what is missing).  Each step
 * asks the grant in force again, so that what was revoked meanwhile is
 * refused.  Lane only.
 */

/*
 * Take a manifest that was asked for by its digest: signed by a publisher,
 * for the image and version that the grant lists with that digest, within
 * the charter.  A relabelling (other manifest, same files) moves no content.
 * PH_OK, PH_EDENIED, PH_ESIGNATURE, PH_EDOCUMENT, PH_EDIGEST.
 */
int reception_manifest(struct catalogue *c, const struct digest *digest,
    const struct document *d, struct failure *f) ATTR_CHECK;

/* PH_OK when the grant in force lists a version that names the blob. */
int reception_admits(struct catalogue *c, const struct digest *blob) ATTR_CHECK;

/*
 * Called for each version that was not held and is whole now, with its
 * manifest, which is borrowed.  PH_OK or why not to go on.
 */
typedef int reception_whole(void *cookie, const struct manifest *m);

/*
 * A blob is complete in its staging directory dir (partial.h), fsynced, its
 * SHA-256 verified and its map written there by the caller: take it into
 * blobs/, and complete every granted version of which all blobs are now
 * here: log entry (the commit point), published/, index.  Embargoed versions
 * are kept and not shown.  *nversions counts what became complete; whole
 * (NULL is fine) hears of it.  PH_OK, PH_EDENIED, PH_ESTORE, PH_ENOSPC, PH_EIO.
 */
int reception_complete(struct catalogue *c, const struct digest *blob, int dir,
    const struct digest *map, size_t *nversions, reception_whole *whole,
    void *cookie) ATTR_CHECK;

/*
 * Make items be what the grant in force says: complete what needs no blob
 * any more, show what was embargoed and is allowed, hide what is embargoed
 * now.  *nversions counts the changes; whole (NULL is fine) hears of what was
 * not held before.
 */
int reception_settle(struct catalogue *c, size_t *nversions,
    reception_whole *whole, void *cookie) ATTR_CHECK;

/*
 * Enter that an item is as h says (visible or embargoed), which is then
 * shown or hidden.  For modules of the catalogue.
 */
int reception_note(struct catalogue *c, const struct holding *h) ATTR_CHECK;

/*
 * A blob turned out to be damaged: it and the versions that name it go out
 * of service, to be received again (at a primary: to be published again).
 */
int reception_damaged(struct catalogue *c,
    const struct digest *blob) ATTR_CHECK;

/* Of the ledger. */
int reception_apply(struct catalogue *c, const struct ledger_event *e);
int reception_apply_damaged(struct catalogue *c, const struct ledger_event *e);

#endif
