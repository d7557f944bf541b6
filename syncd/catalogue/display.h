#ifndef SYNCD_CATALOGUE_DISPLAY_H
#define SYNCD_CATALOGUE_DISPLAY_H

#include "proto/attributes.h"
#include "proto/manifest.h"
#include "syncd/catalogue/catalogue.h"

/*
 * Which versions clients see: published/IMAGE/VERSION appears and
 * disappears as a whole.  Lane only.
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
 * Make published/ what the items say: show what is visible and not there,
 * hide what is there and not visible.  At start.
 */
int display_reconcile(struct catalogue *c) ATTR_CHECK;

/* Hexadecimal digits of 16 random bytes, and a NUL. */
#define DISPLAY_TAG_SIZE 33u

/* Make a tag for work in staging/, unique in this store. */
void display_tag(struct catalogue *c, char out[DISPLAY_TAG_SIZE]);

#endif
