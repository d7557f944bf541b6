/*
 * Documents in force: a row for each, put there by the entry that names it.
 */
#include "proto/errors.h"
#include "proto/json_terms.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/documents.h"
#include "syncd/catalogue/ledger.h"
#include "syncd/catalogue/rows.h"

#include "syncd/catalogue/in_force.h"

int
in_force_get(struct catalogue *c, enum index_table table,
    const struct digest *id, struct document *d)
{
	struct index_txn *txn;
	int r;

	r = index_begin(c->index, INDEX_READ, &txn);
	if (r != PH_OK)
		return r;
	r = rows_sealed_get(txn, table, id, d);
	index_abort(txn);
	return r;
}

int
in_force_apply(struct catalogue *c, const struct ledger_event *e,
    enum index_table table, const struct digest *id, const char *member)
{
	struct document_name name;
	struct digest digest, found;
	struct document d;
	struct order order;
	int r;

	json_get_order(e->o, &order);
	json_get_digest(e->o, member, &digest);
	if (json_error(e->o->tree) != PH_OK)
		return PH_ELOG;
	document_init(&d);
	name = table == INDEX_GRANTS ? documents_grant_name(id, &order) :
				       documents_charter_name(id, &order);
	r = documents_get(c->config.files, c->state_dir, &name, &d);
	if (r == PH_OK) {
		document_digest(&d, &found);
		if (digest_compare(&found, &digest) != 0)
			r = PH_EDOCUMENT;
	}
	if (r == PH_OK)
		r = rows_sealed_put(e->txn, table, id, &d);
	document_fini(&d);
	return r;
}
