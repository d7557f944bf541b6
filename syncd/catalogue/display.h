#ifndef SYNCD_CATALOGUE_DISPLAY_H
#define SYNCD_CATALOGUE_DISPLAY_H

#include <stddef.h>

#include "proto/attributes.h"
#include "proto/failure.h"
#include "proto/holding.h"
#include "proto/manifest.h"
#include "syncd/catalogue/catalogue.h"

/*
 * Which versions clients see: published/IMAGE/VERSION appears and
 * disappears as a whole.  Lane only.
 *
 * A version that a log says is visible and that cannot be shown now (there is
 * no room, or its content is gone) is owed: it is held in the state
 * "complete", and nothing else ever is.  It is shown as soon as it can be,
 * and no entry of a log waits for it.
 */

/*
 * Show a version; all its blobs are here.  One that is shown already and
 * complete is left, one that is not as it should be is replaced.
 */
int display_show(struct catalogue *c, const struct manifest *m) ATTR_CHECK;

/* Hide a version, and remove what was shown; an absent one is fine. */
int display_hide(struct catalogue *c, const char *image,
    const char *version) ATTR_CHECK;

/*
 * Of an entry that makes a version visible: show it, or owe it.  h->state
 * becomes visible or complete.  PH_OK or PH_ENOMEM.
 */
int display_settle(struct catalogue *c, const struct manifest *m,
    struct holding *h) ATTR_CHECK;

/*
 * Show again one version, or all that are owed, and enter in the index what
 * came of it.  That a version cannot be shown is no failure here.
 */
int display_retry(struct catalogue *c, const char *image,
    const char *version) ATTR_CHECK;
int display_retry_owed(struct catalogue *c) ATTR_CHECK;

/*
 * PH_OK when clients see a version that is published here; else why not, in
 * words.
 */
int display_check(struct catalogue *c, const char *image, const char *version,
    struct failure *f) ATTR_CHECK;

/* Call each(cookie, h) for every version that is owed. */
typedef int display_owed(void *cookie, const struct holding *h);
int display_each_owed(struct catalogue *c, display_owed *each,
    void *cookie) ATTR_CHECK;

/* Why a version that is owed is not shown, and what helps. */
void display_explain(struct catalogue *c, const struct holding *h,
    struct failure *f);

/*
 * Make published/ what the items say: show what is visible and not there,
 * hide what is there and not visible; what cannot be shown is owed.  What a
 * primary shows and does not know stays: its log is not all there was
 * (witness.h).  At start.
 */
int display_reconcile(struct catalogue *c) ATTR_CHECK;

/* Hexadecimal digits of 16 random bytes, and a NUL. */
#define DISPLAY_TAG_SIZE 33u

/* Make a tag for work in staging/, unique in this store. */
void display_tag(struct catalogue *c, char out[DISPLAY_TAG_SIZE]);

#endif
