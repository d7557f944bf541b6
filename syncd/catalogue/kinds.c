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
#include "syncd/catalogue/publication.h"
#include "syncd/catalogue/reception.h"
#include "syncd/catalogue/registry.h"
#include "syncd/catalogue/reports.h"
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

static const struct {
	const char *kind;
	ledger_apply *apply;
} kinds[] = {
	/* The main log of a primary. */
	{ "publish", publication_apply },
	{ "repository", registry_apply },
	{ "charter", charters_apply },
	{ "policy", policies_apply },
	/* The log about a repository. */
	{ "grant", grants_apply },
	{ "receipt", reports_apply },
	{ "delivery", apply_nothing },
	{ "delivered", apply_nothing },
	{ "refused", apply_nothing },
	/* The local log of a site. */
	{ "trust", apply_nothing },
	{ "charter-taken", mandate_apply_charter },
	{ "grant-taken", mandate_apply_grant },
	{ "complete", reception_apply },
	{ "damaged", reception_apply_damaged },
	{ "withdraw", withdrawal_apply },
	{ "removed", withdrawal_apply_removed },
	{ "receipt-made", statement_apply },
	{ "receipt-acknowledged", statement_apply_acknowledged },
};

#define NKINDS (sizeof(kinds) / sizeof(kinds[0]))

ledger_apply *
kinds_find(const char *kind)
{
	size_t i;

	for (i = 0; i < NKINDS; i++) {
		if (strcmp(kinds[i].kind, kind) == 0)
			return kinds[i].apply;
	}
	return NULL;
}
