#ifndef SYNCD_CATALOGUE_ROWS_H
#define SYNCD_CATALOGUE_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/document.h"
#include "proto/holding.h"
#include "proto/manifest.h"
#include "syncd/index/index.h"

/*
 * The rows of the index that hold items, manifests and who refers to which
 * blob: their keys and values, and nothing about what they mean.  An item of
 * ours, and one that another repository reported, is a holding (its line is
 * the value).  For modules of the catalogue, inside their transactions.
 */

/* The longest key made of an image and a version. */
#define ROWS_KEY_SIZE (PH_NAME_MAX + PH_VERSION_MAX + 2u)

/* Called with each holding of a walk; stops at a result not PH_OK. */
typedef int rows_holding(void *cookie, const struct holding *h);

/* Our own item; PH_OK or PH_EABSENT. */
int rows_item_get(struct index_txn *txn, const char *image, const char *version,
    struct holding *out) ATTR_CHECK;
int rows_item_put(struct index_txn *txn, const struct holding *h) ATTR_CHECK;
/* An absent one is fine. */
int rows_item_delete(struct index_txn *txn, const char *image,
    const char *version) ATTR_CHECK;

/* All of our items, or those of one image; versions not in their order. */
int rows_item_each(struct index_txn *txn, const char *image, rows_holding *each,
    void *cookie) ATTR_CHECK;

/*
 * The name of the image that is published under this one, in whatever case.
 * get: into PH_NAME_MAX + 1 bytes; PH_OK or PH_EABSENT.
 */
int rows_name_get(struct index_txn *txn, const char *image,
    char *out) ATTR_CHECK;
int rows_name_put(struct index_txn *txn, const char *image) ATTR_CHECK;

/* What a repository reported; both directions are kept together. */
int rows_held_put(struct index_txn *txn, const struct digest *id,
    const struct holding *h) ATTR_CHECK;
int rows_held_get(struct index_txn *txn, const struct digest *id,
    const char *image, const char *version, struct holding *out) ATTR_CHECK;
int rows_held_delete(struct index_txn *txn, const struct digest *id,
    const char *image, const char *version) ATTR_CHECK;
int rows_held_each(struct index_txn *txn, const struct digest *id,
    rows_holding *each, void *cookie) ATTR_CHECK;

/*
 * A manifest by its digest.  Into a document and a manifest, each of which
 * may be NULL, else initialised and empty.  PH_OK, PH_EABSENT, PH_EDOCUMENT.
 */
int rows_manifest_get(struct index_txn *txn, const struct digest *digest,
    struct document *d, struct manifest *m) ATTR_CHECK;
int rows_manifest_put(struct index_txn *txn, const struct digest *digest,
    const struct document *d) ATTR_CHECK;
/* With the references that its files make; an absent one is fine. */
int rows_manifest_forget(struct index_txn *txn,
    const struct digest *digest) ATTR_CHECK;

/* A sealed document in a table by a repository's id. */
int rows_sealed_get(struct index_txn *txn, enum index_table table,
    const struct digest *id, struct document *d) ATTR_CHECK;
int rows_sealed_put(struct index_txn *txn, enum index_table table,
    const struct digest *id, const struct document *d) ATTR_CHECK;

/* That an item names a blob. */
int rows_reference_put(struct index_txn *txn, const struct digest *blob,
    const char *image, const char *version) ATTR_CHECK;
int rows_reference_delete(struct index_txn *txn, const struct digest *blob,
    const char *image, const char *version) ATTR_CHECK;

/* Each item that names a blob. */
typedef int rows_reference(void *cookie, const char *image,
    const char *version);
int rows_reference_each(struct index_txn *txn, const struct digest *blob,
    rows_reference *each, void *cookie) ATTR_CHECK;

/* 1 when some item names the blob, 0 when none, or an error. */
int rows_reference_any(struct index_txn *txn,
    const struct digest *blob) ATTR_CHECK;

/* A number or text of the table of single values; PH_OK or PH_EABSENT. */
int rows_number_get(struct index_txn *txn, const char *key,
    uint64_t *out) ATTR_CHECK;
int rows_number_put(struct index_txn *txn, const char *key,
    uint64_t value) ATTR_CHECK;

#endif
