/*
 * Recovery.
 */
#include "proto/errors.h"
#include "syncd/catalogue/display.h"
#include "syncd/catalogue/ledger.h"
#include "syncd/catalogue/needs.h"
#include "syncd/catalogue/withdrawal.h"
#include "syncd/store/blob.h"
#include "syncd/store/staging.h"

#include "syncd/catalogue/recovery.h"

int
recovery_run(struct catalogue *c, unsigned int *napplied)
{
	struct digest missing[1];
	size_t n;
	int r;

	c->replaying = 1;
	r = ledger_replay(c, napplied);
	c->replaying = 0;
	/*
	 * Manifests that were taken and not completed are in no log, but in
	 * documents/: looking for what is missing enters them, so that what
	 * was received of them is not taken for garbage.
	 */
	if (r == PH_OK && !catalogue_is_primary(c))
		r = needs_manifests(c, missing, 1, &n);
	if (r == PH_OK)
		r = staging_clean(c->store);
	if (r == PH_OK)
		r = display_reconcile(c);
	if (r == PH_OK)
		r = withdraw_sweep(c);
	if (r == PH_OK)
		r = blob_clean(c->store);
	return r;
}
