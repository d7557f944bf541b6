/*
 * Taking in charters and grants.
 */
#include <inttypes.h>
#include <string.h>

#include "proto/errors.h"
#include "syncd/catalogue/charters.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/documents.h"
#include "syncd/catalogue/granted.h"
#include "syncd/catalogue/grants.h"
#include "syncd/catalogue/in_force.h"
#include "syncd/catalogue/ledger.h"
#include "syncd/catalogue/listing.h"
#include "syncd/catalogue/marks.h"
#include "syncd/catalogue/statement.h"

#include "syncd/catalogue/mandate.h"

int
mandate_charter(struct catalogue *c, struct charter *out)
{
	return charters_get(c, &c->id, out, NULL);
}

int
mandate_grant(struct catalogue *c, struct grant *out)
{
	return grants_get(c, &c->id, out, NULL);
}

int
mandate_list_of(struct catalogue *c, const struct digest *list,
    struct lineset **out)
{
	return grants_list(c, list, out);
}

/* The digest of the list in force. */
static int
list_in_force(struct catalogue *c, struct digest *out)
{
	struct grant grant;
	int r;

	r = mandate_grant(c, &grant);
	if (r == PH_OK)
		*out = grant.list;
	else if (r == PH_EABSENT) {
		grants_empty_list(out);
		r = PH_OK;
	}
	return r;
}

int
mandate_list(struct catalogue *c, struct lineset **out)
{
	struct digest list;
	int r;

	r = list_in_force(c, &list);
	return r == PH_OK ? grants_list(c, &list, out) : r;
}

int
mandate_listing(struct catalogue *c, struct listing **out)
{
	struct digest list;
	int r;

	r = list_in_force(c, &list);
	return r == PH_OK ? listing_get(c, &list, out) : r;
}

int
mandate_item(struct catalogue *c, const char *image, const char *version,
    struct grant_item *out)
{
	struct listing *listing;
	int r;

	r = mandate_listing(c, &listing);
	if (r == PH_OK)
		r = listing_item(listing, image, version, out);
	return r == PH_EABSENT ? PH_EDENIED : r;
}

int
mandate_check(struct catalogue *c)
{
	struct charter charter;
	struct grant grant;
	int64_t now;
	int r;

	charter_init(&charter);
	r = mandate_charter(c, &charter);
	if (r == PH_OK && charter.revoked)
		r = PH_EREMOVED;
	if (r == PH_OK)
		r = mandate_grant(c, &grant);
	if (r == PH_OK && grant.expires != 0) {
		/* The later of our clock and what was signed last. */
		now = clock_wall(c->config.clock);
		if (grant.time > now)
			now = grant.time;
		if (charter.time > now)
			now = charter.time;
		if (now >= grant.expires)
			r = PH_EEXPIRED;
	}
	charter_fini(&charter);
	return r;
}

int
mandate_state(struct catalogue *c, struct message_state *out)
{
	struct charter charter;
	struct grant grant;
	int r;

	memset(out, 0, sizeof(*out));
	charter_init(&charter);
	grants_empty_list(&out->list);
	r = mandate_charter(c, &charter);
	if (r == PH_OK)
		out->charter = charter.order;
	charter_fini(&charter);
	if (r == PH_OK || r == PH_EABSENT)
		r = mandate_grant(c, &grant);
	if (r == PH_OK) {
		out->grant = grant.order;
		out->list = grant.list;
	}
	if (r == PH_OK || r == PH_EABSENT)
		r = statement_state(c, out);
	return r;
}

/*
 * Refuse an order of an epoch that no trust document has begun: whoever has a
 * key of today must not take a number from the epochs in which it is gone.
 */
static int
check_epoch(const struct catalogue *c, const char *what,
    const struct order *order, struct failure *f)
{
	int r;

	if (order->epoch <= c->trust.epoch)
		return PH_OK;
	r = failure_set(f, PH_EDOCUMENT,
	    "the %s %" PRIu64 ".%" PRIu64 " is of an epoch after %" PRIu64
	    ", which is the one of the trust document in force",
	    what, order->epoch, order->generation, c->trust.epoch);
	failure_next(f,
	    "the primary never makes such: someone else has its key, or it "
	    "lacks a trust document");
	return r;
}

/*
 * Judge an order against the highest seen.  PH_OK: newer, or the very same
 * document again.
 */
static int
judge(const char *what, const struct order *order, const struct order *mark,
    int same, struct failure *f)
{
	int cmp;

	cmp = order_compare(order, mark);
	if (cmp > 0 || (cmp == 0 && same))
		return PH_OK;
	if (cmp == 0)
		return failure_set(f, PH_EFORK,
		    "there are two %ss %" PRIu64 ".%" PRIu64
		    " for this repository",
		    what, order->epoch, order->generation);
	(void)failure_set(f, PH_EOLDER,
	    "the %s %" PRIu64 ".%" PRIu64 " is older than %" PRIu64 ".%" PRIu64
	    ", which was seen here",
	    what, order->epoch, order->generation, mark->epoch,
	    mark->generation);
	failure_next(f,
	    "the primary was restored from a backup, or someone "
	    "replays old documents");
	return PH_EOLDER;
}

/* Enter a document that was taken into the log. */
static int
commit(struct catalogue *c, const char *kind, const char *member,
    const struct order *order, const struct document *d)
{
	struct ledger_entry e;
	struct digest digest;
	int r;

	document_digest(d, &digest);
	r = ledger_begin(c, NULL, kind, "syncd", &e);
	if (r != PH_OK) {
		ledger_abort(&e);
		return r;
	}
	json_put_order(&e.w, order);
	json_put_digest(&e.w, member, &digest);
	r = ledger_commit(c, &e, NULL);
	if (r == PH_OK)
		r = marks_raise(c);
	return r;
}

/*
 * 1 when nothing speaks against a document being the one of its number that
 * was seen: the one in documents/ has the same bytes, or it is lost (with the
 * index, after a restore) and its digest in the marker (zeros: not known) is
 * the same.
 */
static int
is_known(struct catalogue *c, const struct document_name *name,
    const struct digest *mark, const struct document *d)
{
	struct digest a, b;
	struct document known;
	int r, same;

	document_init(&known);
	document_digest(d, &a);
	r = documents_get(c->config.files, c->state_dir, name, &known);
	if (r == PH_OK) {
		document_digest(&known, &b);
		same = digest_compare(&a, &b) == 0;
	} else
		same = digest_is_zero(mark) || digest_compare(&a, mark) == 0;
	document_fini(&known);
	return same;
}

/* Verify and decode a charter, and judge whose it is. */
static int
open_charter(struct catalogue *c, const struct document *d, struct charter *out,
    struct failure *f)
{
	int r;

	r = trust_verify(&c->trust, TRUST_POLICY, d, DOCUMENT_CHARTER, NULL);
	if (r == PH_OK)
		r = charter_decode(d->bytes, d->len, out);
	if (r != PH_OK)
		return failure_default(f, r, "the charter");
	if (digest_compare(&out->repository, &c->id) != 0)
		return failure_set(f, PH_EIDENTITY,
		    "the charter is for the repository %s, not for this one",
		    out->name);
	if (!key_equal(&out->key, key_private_public(c->key))) {
		r = failure_set(f, PH_EIDENTITY,
		    "the charter names another key than this repository's");
		failure_next(f,
		    "at the primary, give the key that \"syncctl "
		    "key show repository\" prints here");
		return r;
	}
	return check_epoch(c, "charter", &out->order, f);
}

int
mandate_take_charter(struct catalogue *c, const struct document *d,
    struct failure *f)
{
	struct document_name name;
	struct charter charter, current;
	struct digest unknown;
	struct marks marks;
	int disagree, known, r;

	f->code = PH_OK;
	charter_init(&charter);
	charter_init(&current);
	r = open_charter(c, d, &charter, f);
	if (r == PH_OK)
		r = marks_get(c, &marks, &disagree);
	if (r != PH_OK)
		goto out;
	name = documents_charter_name(&c->id, &charter.order);
	memset(&unknown, 0, sizeof(unknown));
	known = is_known(c, &name, &unknown, d);
	r = judge("charter", &charter.order, &marks.charter, known, f);
	if (r != PH_OK)
		goto out;
	r = mandate_charter(c, &current);
	if (r == PH_OK && order_compare(&current.order, &charter.order) == 0)
		goto out; /* It is in force. */
	if (r == PH_OK || r == PH_EABSENT)
		r = documents_put(c->config.files, c->state_dir, &name, d);
	if (r == PH_OK)
		r = commit(c, "charter-taken", "charter", &charter.order, d);
out:
	if (r == PH_OK && charter.revoked)
		r = failure_set(f, PH_EREMOVED,
		    "the primary has removed this repository");
	charter_fini(&current);
	charter_fini(&charter);
	return failure_default(f, r, "taking the charter");
}

/* Verify and decode a grant, and judge whose it is and its list. */
static int
open_grant(struct catalogue *c, const struct document *d,
    const struct lineset *list, struct grant *out, struct failure *f)
{
	struct charter charter;
	struct digest digest;
	int r;

	r = trust_verify(&c->trust, TRUST_PRIMARY, d, DOCUMENT_GRANT, NULL);
	if (r == PH_OK)
		r = grant_decode(d->bytes, d->len, out);
	if (r != PH_OK)
		return failure_default(f, r, "the grant");
	if (digest_compare(&out->repository, &c->id) != 0)
		return failure_set(f, PH_EIDENTITY,
		    "the grant is for another repository");
	r = check_epoch(c, "grant", &out->order, f);
	if (r != PH_OK)
		return r;
	/* The charter in force names our key, or it would not be. */
	charter_init(&charter);
	r = mandate_charter(c, &charter);
	charter_fini(&charter);
	if (r == PH_EABSENT)
		return failure_set(f, PH_EIDENTITY,
		    "the grant came without a charter for this repository");
	if (r != PH_OK)
		return failure_default(f, r, "the charter in force");
	lineset_digest(list, &digest);
	if (digest_compare(&digest, &out->list) != 0 ||
	    lineset_count(list) != out->items)
		return failure_set(f, PH_EDIGEST,
		    "the list of the grant is not the one it names");
	r = grant_item_check_list(list);
	return failure_default(f, r, "the list of the grant");
}

int
mandate_take_grant(struct catalogue *c, const struct document *d,
    const struct lineset *list, struct failure *f)
{
	struct document_name name;
	struct grant grant, current;
	struct digest digest;
	struct marks marks;
	int disagree, known, r;

	f->code = PH_OK;
	memset(&grant, 0, sizeof(grant));
	r = open_grant(c, d, list, &grant, f);
	if (r == PH_OK)
		r = marks_get(c, &marks, &disagree);
	if (r != PH_OK)
		return failure_default(f, r, "taking the grant");
	name = documents_grant_name(&c->id, &grant.order);
	known = is_known(c, &name, &marks.grant_digest, d);
	r = judge("grant", &grant.order, &marks.grant, known, f);
	if (r != PH_OK)
		return r;
	r = mandate_grant(c, &current);
	if (r == PH_OK && order_compare(&current.order, &grant.order) == 0)
		return PH_OK;
	if (r == PH_EABSENT)
		r = PH_OK;
	if (r == PH_OK)
		r = granted_put_list(c, list, &digest);
	if (r == PH_OK)
		r = documents_put(c->config.files, c->state_dir, &name, d);
	if (r == PH_OK)
		r = commit(c, "grant-taken", "grant", &grant.order, d);
	(void)failure_default(f, r, "taking the grant");
	if (r == PH_EPERM || r == PH_EIO)
		failure_next(f,
		    "see that state_dir and store_dir are sound and can be "
		    "written: \"syncctl doctor\" tells which is not");
	return r;
}

int
mandate_apply_charter(struct catalogue *c, const struct ledger_event *e)
{
	return in_force_apply(c, e, INDEX_CHARTERS, &c->id, "charter");
}

int
mandate_apply_grant(struct catalogue *c, const struct ledger_event *e)
{
	return in_force_apply(c, e, INDEX_GRANTS, &c->id, "grant");
}
