/*
 * Recovery.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "syncd/catalogue/display.h"
#include "syncd/catalogue/documents.h"
#include "syncd/catalogue/granted.h"
#include "syncd/catalogue/in_force.h"
#include "syncd/catalogue/ledger.h"
#include "syncd/catalogue/mandate.h"
#include "syncd/catalogue/receipt_entry.h"
#include "syncd/catalogue/reception.h"
#include "syncd/catalogue/reported.h"
#include "syncd/catalogue/rows.h"
#include "syncd/catalogue/sweep.h"
#include "syncd/catalogue/wanted.h"
#include "syncd/catalogue/withdrawal.h"
#include "syncd/store/blob.h"
#include "syncd/store/staging.h"

#include "syncd/catalogue/recovery.h"

/* Blobs of items that are not there. */
struct lost {
	struct catalogue *c;
	struct index_txn *txn;
	struct digest *items;
	size_t count;
};

/* Remember the blobs of an item that cannot be served. */
static int
on_item(void *cookie, const struct holding *h)
{
	struct digest *items;
	struct lost *lost;
	struct manifest m;
	struct blob blob;
	size_t i;
	int r;

	lost = cookie;
	if (h->state == HOLDING_WITHDRAWN)
		return PH_OK;
	manifest_init(&m);
	r = rows_manifest_get(lost->txn, &h->manifest, NULL, &m);
	for (i = 0; r == PH_OK && i < m.nfiles; i++) {
		r = blob_look(lost->c->store, &m.files[i].digest, &blob);
		if (r != PH_OK || blob.size == m.files[i].size)
			continue;
		items = realloc(lost->items,
		    (lost->count + 1) * sizeof(*lost->items));
		if (items == NULL) {
			r = PH_ENOMEM;
			break;
		}
		lost->items = items;
		lost->items[lost->count++] = m.files[i].digest;
	}
	manifest_fini(&m);
	return r;
}

/*
 * A site: take versions out of service whose content is gone or was cut, so
 * that it is received again.
 */
static int
find_lost(struct catalogue *c)
{
	struct lost lost;
	size_t i;
	int r;

	memset(&lost, 0, sizeof(lost));
	lost.c = c;
	r = index_begin(c->index, INDEX_READ, &lost.txn);
	if (r != PH_OK)
		return r;
	r = rows_item_each(lost.txn, NULL, on_item, &lost);
	index_abort(lost.txn);
	for (i = 0; r == PH_OK && i < lost.count; i++)
		r = reception_damaged(c, &lost.items[i]);
	free(lost.items);
	return r;
}

/* A site: narrow what is held to a grant that was taken before a crash. */
static int
narrow(struct catalogue *c)
{
	struct grant grant;
	size_t n;
	int r;

	r = mandate_grant(c, &grant);
	if (r == PH_EABSENT)
		return PH_OK;
	return r == PH_OK ? withdraw_denied(c, &n) : r;
}

/* Remove documents that nothing needs. */
static int
sweep(struct catalogue *c)
{
	int r;

	r = catalogue_is_primary(c) ? reported_sweep(c) : PH_OK;
	if (r == PH_OK)
		r = sweep_documents(c);
	return r == PH_OK ? granted_sweep(c) : r;
}

int
recovery_run(struct catalogue *c, unsigned int *napplied)
{
	int r;

	c->replaying = 1;
	r = ledger_replay(c, napplied);
	c->replaying = 0;
	if (r == PH_OK)
		r = in_force_check(c);
	/*
	 * Manifests that were taken and not completed are in no log, but in
	 * documents/; they are entered first, so that what was received of
	 * them is not taken for garbage.
	 */
	if (r == PH_OK && !catalogue_is_primary(c))
		r = wanted_enter(c);
	if (r == PH_OK && catalogue_is_primary(c))
		r = receipt_entry_check(c);
	if (r == PH_OK)
		r = staging_clean(c->store);
	if (r == PH_OK)
		r = documents_clean(c->config.files, c->state_dir);
	if (r == PH_OK && !catalogue_is_primary(c))
		r = find_lost(c);
	if (r == PH_OK)
		r = display_reconcile(c);
	if (r == PH_OK && !catalogue_is_primary(c))
		r = narrow(c);
	if (r == PH_OK)
		r = withdraw_finish(c);
	/* What is told from an older log to be of no use may be of use. */
	if (r == PH_OK && !c->outdated)
		r = sweep(c);
	if (r == PH_OK)
		r = blob_clean(c->store);
	return r;
}
