/*
 * The size of the log says whether anything happened.
 */
#include "proto/errors.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/ledger.h"
#include "syncd/catalogue/statement.h"

#include "syncd/catalogue/quiet.h"

void
quiet_note(struct catalogue *c)
{
	struct log *log;

	/* What is owed is tried again at each contact. */
	if (c->owed_code == PH_OK && ledger_log(c, NULL, &log) == PH_OK)
		c->quiet_size = log_size(log);
}

int
quiet_holds(struct catalogue *c)
{
	struct log *log;
	int due;

	return c->quiet_size > 0 && c->owed_code == PH_OK &&
	    ledger_log(c, NULL, &log) == PH_OK &&
	    log_size(log) == c->quiet_size && statement_due(c, &due) == PH_OK &&
	    !due;
}
