/*
 * Documents in force: a row for each, put there by the entry that names it.
 */
#include <string.h>

#include "proto/errors.h"
#include "proto/json_terms.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/documents.h"
#include "syncd/catalogue/ledger.h"
#include "syncd/catalogue/rows.h"
#include "syncd/index/cursor.h"

#include "syncd/catalogue/in_force.h"

/* Before a repository's id: its last grant was applied without its head. */
#define GAP "grant-gap/"

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

/* Note whether the last grant that was applied had no document. */
static int
note_gap(const struct ledger_event *e, enum index_table table,
    const struct digest *id, int gap)
{
	uint8_t key[sizeof(GAP) - 1 + DIGEST_SIZE];
	int r;

	if (table != INDEX_GRANTS)
		return PH_OK;
	memcpy(key, GAP, sizeof(GAP) - 1);
	memcpy(key + sizeof(GAP) - 1, id->bytes, DIGEST_SIZE);
	if (gap)
		return index_put(e->txn, INDEX_META, key, sizeof(key), "", 0);
	r = index_delete(e->txn, INDEX_META, key, sizeof(key));
	return r == PH_EABSENT ? PH_OK : r;
}

int
in_force_apply(struct catalogue *c, const struct ledger_event *e,
    enum index_table table, const struct digest *id, const char *member)
{
	struct document_name name;
	struct digest digest, found;
	struct document d;
	struct order order;
	int r, gap;

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
	/* Old heads are dropped: a later entry says what superseded it. */
	gap = r == PH_EABSENT && table == INDEX_GRANTS && c->replaying;
	return r == PH_OK || gap ? note_gap(e, table, id, gap) : r;
}

/* The repository of the first gap. */
static int
on_gap(void *cookie, const struct index_bytes *key,
    const struct index_bytes *value)
{
	(void)value;
	if (key->len != sizeof(GAP) - 1 + DIGEST_SIZE)
		return PH_EDIGEST;
	memcpy(cookie, key->data + sizeof(GAP) - 1, DIGEST_SIZE);
	return PH_EEXISTS;
}

int
in_force_check(struct catalogue *c)
{
	char hex[DIGEST_HEX_SIZE];
	struct index_txn *txn;
	struct digest id;
	int r;

	r = index_begin(c->index, INDEX_READ, &txn);
	if (r != PH_OK)
		return r;
	r = index_each(txn, INDEX_META, GAP, sizeof(GAP) - 1, on_gap, id.bytes);
	index_abort(txn);
	if (r != PH_EEXISTS)
		return r;
	digest_hex(&id, hex);
	r = failure_set(&c->failure, PH_EABSENT,
	    "the newest grant of the repository %s is not in documents/", hex);
	failure_next(&c->failure,
	    "restore documents/grants from a backup, remove index/ and start "
	    "again");
	return r;
}
