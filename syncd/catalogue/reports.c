/*
 * Receipts in: judged, kept (reported.h), logged (receipt_entry.h).
 */
#include <inttypes.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/holding.h"
#include "proto/lineset.h"
#include "proto/lineset_diff.h"
#include "proto/receipt.h"
#include "syncd/catalogue/checkpoints.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/grants.h"
#include "syncd/catalogue/ledger.h"
#include "syncd/catalogue/receipt_entry.h"
#include "syncd/catalogue/registry.h"
#include "syncd/catalogue/reported.h"
#include "syncd/catalogue/rows.h"

#include "syncd/catalogue/reports.h"

int
reports_get(struct catalogue *c, const struct digest *id, struct report *out)
{
	struct index_txn *txn;
	int r;

	r = index_begin(c->index, INDEX_READ, &txn);
	if (r != PH_OK)
		return r;
	r = report_row_get(txn, id, out);
	index_abort(txn);
	return r;
}

int
reports_under_grant(struct catalogue *c, const struct digest *id,
    const struct order *grant, int *under)
{
	struct report report;
	int r;

	*under = 0;
	r = reports_get(c, id, &report);
	if (r == PH_EABSENT)
		return PH_OK;
	if (r == PH_OK)
		*under = order_compare(&report.grant, grant) == 0;
	return r;
}

int
reports_holds(struct catalogue *c, const struct digest *id, const char *image,
    const char *version, int *holds)
{
	struct index_txn *txn;
	struct holding h;
	int r;

	*holds = 0;
	r = index_begin(c->index, INDEX_READ, &txn);
	if (r != PH_OK)
		return r;
	r = rows_held_get(txn, id, image, version, &h);
	index_abort(txn);
	if (r == PH_OK)
		*holds = h.state != HOLDING_WITHDRAWN;
	return r == PH_EABSENT ? PH_OK : r;
}

/* Make the set of a receipt from its base and the changes. */
static int
patch_set(const struct lineset *from, const void *changes, size_t len,
    const struct receipt *receipt, struct lineset **out)
{
	struct lineset_patch *patch;
	struct digest digest;
	int r;

	patch = lineset_patch_new(from);
	if (patch == NULL)
		return PH_ENOMEM;
	r = PH_OK;
	if (len > 0)
		r = lineset_patch_apply(patch, changes, len);
	if (r == PH_OK)
		r = lineset_patch_finish(patch, out);
	lineset_patch_free(patch);
	if (r != PH_OK)
		return r;
	lineset_digest(*out, &digest);
	if (digest_compare(&digest, &receipt->set) != 0 ||
	    lineset_count(*out) != receipt->set_count)
		return PH_EDIGEST;
	return holding_check_set(*out);
}

/*
 * Judge the place of a receipt in its chain.  PH_OK: the next one.
 * PH_EEXISTS: the last one again.
 */
static int
judge(const struct receipt *receipt, const struct digest *digest,
    const struct report *last, struct failure *f)
{
	int r;

	if (last->number == 0)
		return PH_OK;
	if (receipt->number == last->number &&
	    digest_compare(digest, &last->receipt) == 0)
		return PH_EEXISTS;
	if (memcmp(receipt->incarnation, last->incarnation,
		sizeof(last->incarnation)) != 0)
		r = failure_set(f, PH_EFORK,
		    "its state is another one than that which reported "
		    "before");
	else if (receipt->number <= last->number)
		r = failure_set(f, PH_EFORK,
		    "receipt %" PRIu64 " came again with other content (the "
		    "last one was %" PRIu64 ")",
		    receipt->number, last->number);
	else if (receipt->number != last->number + 1 ||
	    digest_compare(&receipt->previous, &last->receipt) != 0)
		r = failure_set(f, PH_EFORK,
		    "receipt %" PRIu64 " does not continue receipt %" PRIu64,
		    receipt->number, last->number);
	else
		return PH_OK;
	failure_next(f,
	    "two machines use this repository's key, or its "
	    "state was restored from a backup: stop one of them");
	return r;
}

/* Refuse what would let us grow: too many, too large, or no room. */
static int
check_share(struct catalogue *c, const struct receipt *receipt,
    struct failure *f)
{
	struct index_txn *txn;
	uint64_t granted;
	int64_t now, paced;
	int r;

	now = clock_wall(c->config.clock);
	r = index_begin(c->index, INDEX_READ, &txn);
	if (r != PH_OK)
		return r;
	r = receipt_entry_pace(txn, &receipt->repository, now, &paced);
	if (r == PH_OK)
		r = receipt_entry_room(txn, &receipt->repository, &granted);
	index_abort(txn);
	if (r == PH_OK && paced > now)
		return failure_set(f, PH_EBUSY,
		    "its receipts come too often: one in %d s is taken",
		    REPORTS_INTERVAL_S);
	if (r == PH_OK && receipt->set_count > granted + REPORTS_UNKNOWN_MAX)
		return failure_set(f, PH_ELIMIT,
		    "it says that it holds %" PRIu64
		    " versions; its grants had %" PRIu64 ", together",
		    receipt->set_count, granted);
	return r == PH_OK ? ledger_check_room(c, "receipt", f) : r;
}

/* Keep the receipt, its changes and its set; then the entry. */
static int
commit_receipt(struct catalogue *c, const struct digest *id,
    const struct document *d, const struct receipt *receipt,
    const void *changes, size_t len, const struct lineset *set)
{
	struct digest digest;
	int r;

	r = reported_put(c, id, receipt->number, d, changes, len, set);
	document_digest(d, &digest);
	if (r == PH_OK)
		r = receipt_entry_commit(c, receipt, &digest);
	return r == PH_OK ? reported_drop(c, id, receipt->number) : r;
}

/* The checkpoint of the repository's log, for the answer. */
static int
answer(struct catalogue *c, const struct digest *id,
    const struct receipt *receipt, struct message_received *out)
{
	memset(out, 0, sizeof(*out));
	out->number = receipt->number;
	return checkpoints_sign(c, id, out);
}

/* Check who signed it and decode it. */
static int
open_receipt(const struct registration *record, const struct document *d,
    struct receipt *receipt)
{
	int r;

	r = document_verify(d, DOCUMENT_RECEIPT, &record->key, 1, NULL);
	if (r == PH_OK)
		r = receipt_decode(d->bytes, d->len, receipt);
	if (r == PH_OK &&
	    digest_compare(&receipt->repository, &record->id) != 0)
		r = PH_EIDENTITY;
	return r;
}

/*
 * The set that changes start from: the last one of this repository, or the
 * empty one.  Any other is as unknown as one that does not exist.
 */
static int
find_base(struct catalogue *c, const struct digest *id,
    const struct report *last, const struct digest *base, struct lineset **out)
{
	struct digest empty;

	grants_empty_list(&empty);
	if (digest_compare(base, &empty) == 0)
		return lineset_decode(NULL, 0, out);
	if (last->number == 0 || digest_compare(base, &last->set) != 0)
		return PH_EABSENT;
	return reported_set(c, id, last->number, base, out);
}

int
reports_receive(struct catalogue *c, const struct digest *id,
    const struct document *d, const struct digest *base, const void *changes,
    size_t len, struct message_received *out, struct failure *f)
{
	struct registration record;
	struct lineset *from, *set;
	struct receipt receipt;
	struct digest digest;
	struct report last;
	int r;

	f->code = PH_OK;
	from = set = NULL;
	memset(&last, 0, sizeof(last));
	memset(&record, 0, sizeof(record));
	receipt_init(&receipt);
	r = ledger_settle(c);
	if (r != PH_OK)
		goto out;
	r = registry_get_id(c, id, &record);
	if (r == PH_OK)
		r = open_receipt(&record, d, &receipt);
	if (r == PH_OK)
		r = reports_get(c, id, &last);
	if (r != PH_OK && r != PH_EABSENT)
		goto out;
	document_digest(d, &digest);
	r = judge(&receipt, &digest, &last, f);
	if (r == PH_EEXISTS) {
		/* What followed from it may not have been made. */
		(void)!grants_refresh_reported(c, &record);
		r = answer(c, id, &receipt, out);
		goto out;
	}
	if (r == PH_OK)
		r = check_share(c, &receipt, f);
	if (r == PH_OK)
		r = find_base(c, id, &last, base, &from);
	if (r == PH_EABSENT) {
		memset(out, 0, sizeof(*out));
		out->number = receipt.number;
		out->send_whole = 1;
		r = PH_OK;
		goto out;
	}
	if (r == PH_OK)
		r = patch_set(from, changes, len, &receipt, &set);
	/* Applying loads it again: no list is held twice. */
	lineset_free(from);
	from = NULL;
	if (r == PH_OK)
		r = commit_receipt(c, id, d, &receipt, changes, len, set);
	/* A version that was freed there leaves the grant, if not now, later:
	 * the receipt stands. */
	if (r == PH_OK)
		(void)!grants_refresh_reported(c, &record);
	if (r == PH_OK)
		r = answer(c, id, &receipt, out);
out:
	lineset_free(set);
	lineset_free(from);
	receipt_fini(&receipt);
	return failure_default(f, r, "the receipt of %s", record.name);
}
