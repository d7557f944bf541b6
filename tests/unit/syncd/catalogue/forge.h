#ifndef TESTS_UNIT_SYNCD_CATALOGUE_FORGE_H
#define TESTS_UNIT_SYNCD_CATALOGUE_FORGE_H

#include <stddef.h>
#include <stdint.h>

#include "proto/charter.h"
#include "proto/document.h"
#include "proto/grant.h"
#include "proto/grant_item.h"
#include "proto/lineset.h"
#include "proto/manifest.h"
#include "tests/unit/syncd/catalogue/world.h"

/*
 * Documents that no primary of ours would make, signed by any key: for what
 * a site must refuse, and for what it must take and nobody makes yet.
 */

/* A list of n items. */
struct lineset *forge_list(const struct grant_item *items, size_t n);

/* An item. */
struct grant_item forge_item(enum grant_state state, const char *image,
    const char *version, const struct digest *manifest);

/* The head of a grant for a list, of that generation in epoch 1. */
void forge_grant(const struct repository *site, uint64_t generation,
    const struct lineset *list, const struct key_private *key,
    struct document *out);

/* Sign any document. */
void forge_sign_grant(const struct grant *grant, const struct key_private *key,
    struct document *out);
void forge_sign_charter(const struct charter *charter,
    const struct key_private *key, struct document *out);
void forge_sign_manifest(const struct manifest *m,
    const struct key_private *key, struct document *out);

/*
 * The manifest of a version of the primary under another label, and its
 * digest.
 */
void forge_relabelled(struct world *w, const struct digest *manifest,
    const char *key, const char *value, struct document *out,
    struct digest *digest);

/*
 * Put a grant of nitems made-up items in force for a repository at a primary,
 * as if it had been issued.
 */
void forge_long_grant(struct catalogue *c, const struct digest *id,
    size_t nitems);

#endif
