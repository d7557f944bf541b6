/*
 * The table of kinds.  Those that change nothing (deliveries, refusals) are
 * in it too, so that an unknown kind is noticed.
 */
#include <string.h>

#include "proto/errors.h"
#include "syncd/catalogue/charters.h"
#include "syncd/catalogue/grants.h"
#include "syncd/catalogue/mandate.h"
#include "syncd/catalogue/policies.h"
#include "syncd/catalogue/publish_entry.h"
#include "syncd/catalogue/receipt_entry.h"
#include "syncd/catalogue/reception.h"
#include "syncd/catalogue/registry.h"
#include "syncd/catalogue/statement.h"
#include "syncd/catalogue/withdrawal.h"

#include "syncd/catalogue/kinds.h"

/* For what is only told. */
static int
apply_nothing(struct catalogue *c, const struct ledger_event *e)
{
	(void)c;
	(void)e;
	return PH_OK;
}

/*
 * What narrows, what an operator orders and what ends something that was
 * begun may use all room that is left.  What makes things grow leaves a
 * reserve to them; refusals, which strangers cause, leave twice as much.
 */
static const struct ledger_kind kinds[] = {
	/* The main log of a primary. */
	{ "publish", publish_entry_apply, LEDGER_RESERVE },
	{ "repository", registry_apply, 0 },
	{ "charter", charters_apply, 0 },
	{ "policy", policies_apply, 0 },
	/* The log about a repository. */
	{ "grant", grants_apply, 0 },
	{ "receipt", receipt_entry_apply, LEDGER_RESERVE },
	{ "delivery", apply_nothing, LEDGER_RESERVE },
	{ "delivered", apply_nothing, 0 },
	{ "refused", apply_nothing, 2 * LEDGER_RESERVE },
	/* The local log of a site. */
	{ "trust", apply_nothing, 0 },
	{ "charter-taken", mandate_apply_charter, 0 },
	{ "grant-taken", mandate_apply_grant, 0 },
	{ "complete", reception_apply, LEDGER_RESERVE },
	{ "damaged", reception_apply_damaged, 0 },
	{ "withdraw", withdrawal_apply, 0 },
	{ "removed", withdrawal_apply_removed, 0 },
	{ "receipt-made", statement_apply, 0 },
	{ "receipt-acknowledged", statement_apply_acknowledged, 0 },
};

#define NKINDS (sizeof(kinds) / sizeof(kinds[0]))

const struct ledger_kind *
kinds_find(const char *name)
{
	size_t i;

	for (i = 0; i < NKINDS; i++) {
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	}
	return NULL;
}
