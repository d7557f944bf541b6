/*
 * From policy, charter, published versions and receipts to a signed grant.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/charter.h"
#include "proto/errors.h"
#include "proto/grant_item.h"
#include "proto/json_terms.h"
#include "syncd/catalogue/charters.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/documents.h"
#include "syncd/catalogue/grant_list.h"
#include "syncd/catalogue/granted.h"
#include "syncd/catalogue/in_force.h"
#include "syncd/catalogue/ledger.h"
#include "syncd/catalogue/listing.h"
#include "syncd/catalogue/receipt_entry.h"
#include "syncd/catalogue/registry.h"
#include "syncd/catalogue/reports.h"

#include "syncd/catalogue/grants.h"

void
grants_set_listener(struct catalogue *c, grants_changed *changed, void *cookie)
{
	c->grant_changed = changed;
	c->grant_cookie = cookie;
}

void
grants_empty_list(struct digest *out)
{
	digest_of(NULL, 0, out);
}

int
grants_list(struct catalogue *c, const struct digest *list,
    struct lineset **out)
{
	struct document_name name;
	struct digest empty, found;
	struct buffer text;
	uint8_t *bytes;
	size_t len;
	int r;

	grants_empty_list(&empty);
	if (digest_compare(list, &empty) == 0)
		return lineset_decode(NULL, 0, out);
	buffer_init(&text, PH_LIST_SIZE_MAX);
	name = documents_list_name(list);
	r = documents_get_text(c->config.files, c->state_dir, &name,
	    PH_LIST_SIZE_MAX, &text);
	if (r == PH_OK) {
		digest_of(text.data, text.len, &found);
		if (digest_compare(&found, list) != 0)
			r = PH_EDIGEST;
	}
	if (r == PH_OK) {
		bytes = buffer_take(&text, &len);
		r = lineset_decode_take(&bytes, len, out);
		free(bytes);
	}
	buffer_fini(&text);
	return r;
}

int
grants_get(struct catalogue *c, const struct digest *id, struct grant *out,
    struct document *d)
{
	struct document own;
	int r;

	document_init(&own);
	r = in_force_get(c, INDEX_GRANTS, id, &own);
	if (r == PH_OK)
		r = grant_decode(own.bytes, own.len, out);
	if (r == PH_OK && d != NULL) {
		*d = own;
		document_init(&own);
	}
	document_fini(&own);
	return r;
}

/* Find the entry of a list's line. */
static int
decode_item(const struct lineset *list, size_t i, struct grant_item *item)
{
	const char *line;
	size_t len;

	line = lineset_line(list, i, &len);
	return grant_item_decode(line, len, item);
}

/* 1 when these are versions of more than one image. */
static int
is_of_many(const struct versions *v)
{
	return v->count > 0 &&
	    strcmp(v->items[0].image, v->items[v->count - 1].image) != 0;
}

/* What a grant lists of versions: all, or what is of their one image. */
static int
granted_lines(struct catalogue *c, const struct grant *grant,
    const struct versions *versions, struct lineset **out)
{
	const struct lineset *list;
	int r;

	if (versions->count == 0 || is_of_many(versions))
		return grants_list(c, &grant->list, out);
	r = listing_lines(c, &grant->list, &list);
	return r == PH_OK ?
	    grant_list_of_image(list, versions->items[0].image, out) :
	    r;
}

/* Whether a repository that spoke under its grant has freed an item of it. */
static int
is_freed(struct catalogue *c, const struct registration *record,
    const struct grant_item *item, int *freed)
{
	int held, r;

	*freed = 0;
	if (item->state != GRANT_RETIRE)
		return PH_OK;
	r = reports_holds(c, &record->id, item->image, item->version, &held);
	if (r == PH_OK)
		*freed = !held;
	return r;
}

/*
 * Mark what the grant in force lists, and what of it the repository was told
 * to retire and said, under that very grant, that it does not hold.  That it
 * does not hold yet what it was allowed is not freeing: that may be here by
 * now, and must not be withdrawn before its successor is.
 */
static int
mark_granted(struct catalogue *c, const struct registration *record,
    const struct versions *versions, struct policy_version *pv)
{
	const struct version_entry *entry;
	struct lineset *list;
	struct grant_item item;
	struct grant grant;
	size_t i, k;
	int current, r;

	list = NULL;
	r = grants_get(c, &record->id, &grant, NULL);
	if (r == PH_EABSENT)
		return PH_OK;
	if (r == PH_OK)
		r = granted_lines(c, &grant, versions, &list);
	if (r == PH_OK)
		r = reports_under_grant(c, &record->id, &grant.order, &current);
	for (i = 0; r == PH_OK && i < lineset_count(list); i++) {
		r = decode_item(list, i, &item);
		if (r != PH_OK)
			break;
		entry = versions_find(versions, item.image, item.version);
		if (entry == NULL)
			continue;
		k = (size_t)(entry - versions->items);
		pv[k].granted = 1;
		if (current)
			r = is_freed(c, record, &item, &pv[k].freed);
	}
	lineset_free(list);
	return r;
}

int
grants_decide(struct catalogue *c, const struct policy *policy,
    const struct registration *record, const struct versions *versions,
    struct policy_decision **out)
{
	struct policy_decision *decisions;
	struct policy_version *pv;
	struct charter charter;
	size_t i;
	int r;

	charter_init(&charter);
	decisions = calloc(versions->count + 1, sizeof(*decisions));
	pv = calloc(versions->count + 1, sizeof(*pv));
	if (decisions == NULL || pv == NULL) {
		r = PH_ENOMEM;
		goto out;
	}
	for (i = 0; i < versions->count; i++) {
		pv[i].image = versions->items[i].image;
		pv[i].version = versions->items[i].version;
		pv[i].labels = &versions->items[i].labels;
		pv[i].owner = versions->items[i].owner;
	}
	r = PH_OK;
	if (record->has_key) {
		r = charters_get(c, &record->id, &charter, NULL);
		if (r == PH_OK)
			r = mark_granted(c, record, versions, pv);
		else if (r == PH_EABSENT)
			r = PH_OK;
	}
	if (r == PH_OK)
		policy_evaluate(record->removed ? NULL : policy, record->name,
		    charter.order.epoch == 0 ? NULL : &charter, pv,
		    versions->count, decisions);
out:
	charter_fini(&charter);
	free(pv);
	if (r != PH_OK) {
		free(decisions);
		decisions = NULL;
	}
	*out = decisions;
	return r;
}

/* Sign the head of a grant, keep it and enter it into the log. */
static int
commit_grant(struct catalogue *c, const struct grant *grant)
{
	struct document_name name;
	struct ledger_entry e;
	struct document d;
	struct buffer bytes;
	struct digest digest;
	int r;

	document_init(&d);
	buffer_init(&bytes, PH_GRANT_HEAD_MAX);
	r = grant_encode(grant, &bytes);
	if (r == PH_OK)
		r = document_set(&d, bytes.data, bytes.len);
	if (r == PH_OK)
		r = document_sign(&d, DOCUMENT_GRANT, c->key);
	if (r == PH_OK) {
		name = documents_grant_name(&grant->repository, &grant->order);
		r = documents_put(c->config.files, c->state_dir, &name, &d);
	}
	if (r == PH_OK) {
		document_digest(&d, &digest);
		r = ledger_begin(c, &grant->repository, "grant", "syncd", &e);
		if (r == PH_OK) {
			json_put_order(&e.w, &grant->order);
			json_put_digest(&e.w, "grant", &digest);
			json_put_digest(&e.w, "list", &grant->list);
			json_put_u64(&e.w, "items", grant->items);
			r = ledger_commit(c, &e, NULL);
		} else
			ledger_abort(&e);
	}
	if (r == PH_OK && c->grant_changed != NULL)
		c->grant_changed(c->grant_cookie, &grant->repository);
	buffer_fini(&bytes);
	document_fini(&d);
	return r;
}

/* The head that comes after the one in force (zeros: none). */
static void
next_head(const struct catalogue *c, const struct registration *record,
    const struct grant *current, struct grant *out)
{
	grant_init(out);
	out->repository = record->id;
	out->order.epoch = c->trust.epoch;
	out->order.generation = current->order.epoch == c->trust.epoch ?
	    current->order.generation + 1 :
	    1;
	out->time = clock_wall(c->config.clock);
	if (!(record->reasons & CHARTER_ISOLATED_NETWORK))
		out->expires = out->time + c->config.configuration->lifetime_s;
}

/* Issue a grant for a list, which is taken, unless it is the one in force. */
static int
issue_list(struct catalogue *c, const struct registration *record,
    struct lineset **list, int *changed)
{
	struct grant grant, current;
	struct digest digest;
	int r;

	grant_init(&current);
	lineset_digest(*list, &digest);
	r = grants_get(c, &record->id, &current, NULL);
	if (r == PH_OK && digest_compare(&current.list, &digest) == 0)
		return PH_OK;
	if (r != PH_OK && r != PH_EABSENT)
		return r;
	r = granted_put_list(c, *list, &digest);
	if (r != PH_OK)
		return r;
	next_head(c, record, &current, &grant);
	grant.items = lineset_count(*list);
	grant.list = digest;
	listing_keep(c, list);
	*changed = 1;
	return commit_grant(c, &grant);
}

/*
 * The list that decisions about the versions of one image make of the one in
 * force; PH_EEXISTS when it is the same.  PH_EABSENT when there is none, or
 * no version of the image.
 */
static int
replace_image(struct catalogue *c, const struct registration *record,
    const struct versions *versions, const struct policy_decision *decisions,
    struct lineset **out)
{
	const struct lineset *list;
	struct lineset *was, *becomes;
	struct digest before, after;
	struct grant grant;
	int r;

	/* To replace nothing would be to replace everything. */
	if (versions->count == 0)
		return PH_EABSENT;
	was = becomes = NULL;
	r = grants_get(c, &record->id, &grant, NULL);
	if (r == PH_OK)
		r = granted_lines(c, &grant, versions, &was);
	if (r == PH_OK)
		r = grant_list_make(versions, decisions, &becomes);
	if (r == PH_OK) {
		lineset_digest(was, &before);
		lineset_digest(becomes, &after);
		r = digest_compare(&before, &after) == 0 ? PH_EEXISTS : PH_OK;
	}
	if (r == PH_OK)
		r = listing_lines(c, &grant.list, &list);
	if (r == PH_OK)
		r = grant_list_replace(list, was, becomes, out);
	lineset_free(becomes);
	lineset_free(was);
	return r;
}

/* Evaluate and issue for one repository: everything, or one image. */
static int
refresh(struct catalogue *c, const struct registration *record,
    const struct versions *versions, int one, int *changed)
{
	struct policy_decision *decisions;
	struct lineset *list;
	int r;

	*changed = 0;
	list = NULL;
	if (!record->has_key || record->removed)
		return PH_OK;
	r = grants_decide(c, c->policy, record, versions, &decisions);
	if (r == PH_OK)
		r = one ? replace_image(c, record, versions, decisions, &list) :
			  grant_list_make(versions, decisions, &list);
	if (r == PH_OK)
		r = issue_list(c, record, &list, changed);
	lineset_free(list);
	free(decisions);
	return r == PH_EEXISTS ? PH_OK : r;
}

void
grants_touch(struct catalogue *c, const char *image)
{
	if (image == NULL)
		c->touched_more = 1;
	else if (c->touched[0] == '\0')
		(void)strcpy(c->touched, image);
	else if (strcmp(c->touched, image) != 0)
		c->touched_more = 1;
}

/* 1 when grants are due. */
static int
is_due(const struct catalogue *c)
{
	return c->touched[0] != '\0' || c->touched_more;
}

/* What could not be made is due; code is why not. */
static int
owe(struct catalogue *c, int code)
{
	if (code != PH_OK) {
		grants_touch(c, NULL);
		c->due_code = code;
	}
	return code;
}

int
grants_check(struct catalogue *c, struct failure *f)
{
	int code;

	if (!is_due(c))
		return PH_OK;
	code = c->due_code == PH_OK ? PH_EIO : c->due_code;
	(void)failure_set(f, code,
	    "what was published or applied is recorded, and its grants are "
	    "not made yet: %s",
	    error_sentence(code));
	failure_next(f,
	    code == PH_ENOSPC ?
		"free room on the file system of state_dir: it then goes on "
		"by itself" :
		"see that state_dir is sound and can be written: it then goes "
		"on by itself");
	return code;
}

/* Evaluate everything for one repository. */
static int
refresh_one(struct catalogue *c, const struct registration *record)
{
	struct versions versions;
	int changed, r;

	versions_init(&versions);
	r = ledger_settle(c);
	if (r == PH_OK)
		r = versions_load(c, NULL, &versions);
	if (r == PH_OK)
		r = refresh(c, record, &versions, 0, &changed);
	versions_fini(&versions);
	return r;
}

int
grants_refresh_one(struct catalogue *c, const struct registration *record)
{
	return owe(c, refresh_one(c, record));
}

int
grants_refresh_due(struct catalogue *c, const struct digest *id)
{
	struct registration record;
	int r;

	r = ledger_settle(c);
	if (r == PH_OK && !is_due(c))
		return r;
	if (r == PH_OK)
		r = registry_get_id(c, id, &record);
	return r == PH_OK ? grants_refresh_one(c, &record) : owe(c, r);
}

/* 1 when a repository has freed something that its grant lists, or error. */
static int
has_freed(struct catalogue *c, const struct registration *record)
{
	const struct lineset *list;
	struct grant_item item;
	struct grant grant;
	size_t i;
	int freed, r;

	r = grants_get(c, &record->id, &grant, NULL);
	if (r == PH_OK)
		r = reports_under_grant(c, &record->id, &grant.order, &freed);
	if (r != PH_OK || !freed)
		return r == PH_EABSENT ? 0 : r;
	r = listing_lines(c, &grant.list, &list);
	/* Lines are in the order of their states: retiring ones are last. */
	for (i = r == PH_OK ? lineset_count(list) : 0; i > 0; i--) {
		r = decode_item(list, i - 1, &item);
		if (r == PH_OK && item.state != GRANT_RETIRE)
			return 0;
		if (r == PH_OK)
			r = is_freed(c, record, &item, &freed);
		if (r != PH_OK || freed)
			return r == PH_OK ? 1 : r;
	}
	return r;
}

int
grants_refresh_reported(struct catalogue *c, const struct registration *record)
{
	int r;

	r = has_freed(c, record);
	return r == 1 ? grants_refresh_one(c, record) : owe(c, r);
}

struct refresh_all {
	struct catalogue *c;
	struct versions versions;
	int one; /* Only versions of one image. */
	size_t nchanged;
	int code; /* Of the first that failed. */
};

static int
on_repository(void *cookie, const struct registration *record)
{
	struct refresh_all *all;
	int changed, r;

	all = cookie;
	r = refresh(all->c, record, &all->versions, all->one, &changed);
	all->nchanged += (size_t)changed;
	/* There is nothing to replace, or no list in force. */
	if (r == PH_EABSENT && all->one)
		r = refresh_one(all->c, record);
	if (all->code == PH_OK)
		all->code = r;
	return PH_OK;
}

/* Evaluate for all repositories: everything, or (not NULL) one image. */
static int
refresh_all(struct catalogue *c, const char *image, size_t *nchanged)
{
	struct refresh_all all;
	int r;

	all.c = c;
	all.nchanged = 0;
	all.one = image != NULL;
	all.code = PH_OK;
	versions_init(&all.versions);
	r = ledger_settle(c);
	if (r == PH_OK)
		r = versions_load(c, image, &all.versions);
	if (r == PH_OK)
		r = registry_each(c, on_repository, &all);
	versions_fini(&all.versions);
	if (nchanged != NULL)
		*nchanged = all.nchanged;
	if (r == PH_OK)
		r = all.code;
	if (r == PH_OK) {
		c->touched[0] = '\0';
		c->touched_more = 0;
	}
	c->due_code = r;
	return r;
}

int
grants_refresh_all(struct catalogue *c, size_t *nchanged)
{
	grants_touch(c, NULL);
	return refresh_all(c, NULL, nchanged);
}

int
grants_refresh_touched(struct catalogue *c)
{
	char image[PH_NAME_MAX + 1];
	int r;

	/* This touches, too. */
	r = ledger_settle(c);
	if (r != PH_OK)
		return owe(c, r);
	(void)strcpy(image, c->touched);
	return is_due(c) ?
	    refresh_all(c, c->touched_more ? NULL : image, NULL) :
	    PH_OK;
}

int
grants_renew(struct catalogue *c, const struct registration *record)
{
	struct grant grant, current;
	int r;

	r = ledger_settle(c);
	if (r == PH_OK)
		r = grants_get(c, &record->id, &current, NULL);
	if (r != PH_OK)
		return r;
	next_head(c, record, &current, &grant);
	grant.items = current.items;
	grant.list = current.list;
	return commit_grant(c, &grant);
}

int
grants_apply(struct catalogue *c, const struct ledger_event *e)
{
	struct digest list;
	uint64_t items;
	int r;

	json_get_digest(e->o, "list", &list);
	json_get_u64(e->o, "items", 0, &items);
	r = in_force_apply(c, e, INDEX_GRANTS, &e->about, "grant");
	return r == PH_OK ? receipt_entry_granted(e->txn, &e->about, items) : r;
}
