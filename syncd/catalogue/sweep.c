/*
 * Sweeping.  A crash may have left any part of a blob without the others, so
 * blobs, stagings and deltas are all looked for.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/documents.h"
#include "syncd/catalogue/rows.h"
#include "syncd/store/blob.h"
#include "syncd/store/delta_cache.h"
#include "syncd/store/partial.h"
#include "syncd/store/staging.h"

#include "syncd/catalogue/sweep.h"

/* Digests found while walking over a directory. */
struct found {
	struct catalogue *c;
	struct index_txn *txn;
	struct digest *items;
	size_t count;
};

/* Remember a blob that nothing names. */
static int
remember(struct found *found, const struct digest *digest)
{
	struct digest *items;
	int r;

	r = rows_reference_any(found->txn, digest);
	if (r != 0)
		return r < 0 ? r : PH_OK;
	items =
	    realloc(found->items, (found->count + 1) * sizeof(*found->items));
	if (items == NULL)
		return PH_ENOMEM;
	found->items = items;
	found->items[found->count++] = *digest;
	return PH_OK;
}

static int
on_blob(void *cookie, const struct digest *digest)
{
	return remember(cookie, digest);
}

static int
on_partial(void *cookie, const struct staging_partial *p)
{
	return remember(cookie, &p->target);
}

static int
on_pair(void *cookie, const struct delta_cache_pair *pair)
{
	int r;

	r = remember(cookie, &pair->target);
	if (r == PH_OK && !digest_is_zero(&pair->base))
		r = remember(cookie, &pair->base);
	return r;
}

/* Remove all that belongs to a blob. */
static int
remove_blob(struct catalogue *c, struct delta_cache *deltas,
    const struct digest *blob)
{
	int r;

	r = blob_remove(c->store, blob);
	if (r == PH_OK)
		r = delta_cache_forget(deltas, blob);
	return r == PH_OK ? partial_discard(c->store, blob) : r;
}

int
sweep_blob(struct catalogue *c, const struct digest *blob)
{
	struct delta_cache *deltas;
	struct index_txn *txn;
	int r, named;

	r = index_begin(c->index, INDEX_READ, &txn);
	if (r != PH_OK)
		return r;
	named = rows_reference_any(txn, blob);
	index_abort(txn);
	if (named != 0)
		return named < 0 ? named : PH_OK;
	deltas = delta_cache_new(c->store);
	if (deltas == NULL)
		return PH_ENOMEM;
	r = remove_blob(c, deltas, blob);
	delta_cache_free(deltas);
	return r;
}

int
sweep_store(struct catalogue *c)
{
	struct delta_cache *deltas;
	struct found found;
	size_t i;
	int r;

	memset(&found, 0, sizeof(found));
	found.c = c;
	deltas = delta_cache_new(c->store);
	if (deltas == NULL)
		return PH_ENOMEM;
	r = index_begin(c->index, INDEX_READ, &found.txn);
	if (r == PH_OK) {
		r = blob_list(c->store, on_blob, &found);
		if (r == PH_OK)
			r = staging_list(c->store, on_partial, &found);
		if (r == PH_OK)
			r = delta_cache_list(deltas, on_pair, &found);
		index_abort(found.txn);
	}
	for (i = 0; r == PH_OK && i < found.count; i++)
		r = remove_blob(c, deltas, &found.items[i]);
	free(found.items);
	delta_cache_free(deltas);
	return r;
}

/* A manifest of documents/ that no row leads to. */
static int
on_document(void *cookie, const char *name)
{
	struct document_name document;
	struct digest digest;
	struct found *found;
	int r;

	found = cookie;
	if (digest_from_hex(name, &digest) != PH_OK)
		return PH_OK;
	r = rows_manifest_get(found->txn, &digest, NULL, NULL);
	if (r != PH_EABSENT)
		return r;
	document = documents_manifest_name(&digest);
	return documents_remove(found->c->config.files, found->c->state_dir,
	    &document);
}

int
sweep_documents(struct catalogue *c)
{
	struct found found;
	int r;

	memset(&found, 0, sizeof(found));
	found.c = c;
	r = index_begin(c->index, INDEX_READ, &found.txn);
	if (r != PH_OK)
		return r;
	r = documents_each(c->config.files, c->state_dir, "manifests",
	    on_document, &found);
	index_abort(found.txn);
	return r;
}
