/*
 * Removing.  What may stay is what an item of the grant names; everything
 * else goes, and the log says so before and after.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/grant_item.h"
#include "proto/json_terms.h"
#include "proto/manifest.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/display.h"
#include "syncd/catalogue/documents.h"
#include "syncd/catalogue/ledger.h"
#include "syncd/catalogue/listing.h"
#include "syncd/catalogue/mandate.h"
#include "syncd/catalogue/rows.h"
#include "syncd/catalogue/sweep.h"
#include "syncd/index/cursor.h"
#include "syncd/store/blob.h"
#include "syncd/store/staging.h"

#include "syncd/catalogue/withdrawal.h"

/*
 * Rows of withdrawals that are not done: "withdrawing/IMAGE@VERSION", with
 * the manifest and whether it retired.
 */
#define PENDING "withdrawing/"
#define PENDING_KEY_SIZE (sizeof(PENDING) + ROWS_KEY_SIZE)

/* A version that is known here, by its manifest. */
struct known {
	char image[PH_NAME_MAX + 1];
	char version[PH_VERSION_MAX + 1];
	struct digest manifest;
	int copy; /* Some of its content is here. */
};

struct known_list {
	struct known *items;
	size_t count;
	size_t size;
};

/* What walking over all manifests needs at hand. */
struct walk {
	struct catalogue *c;
	struct index_txn *txn;
	struct listing *listing; /* Of the grant in force. */
	struct known_list out;
};

static int
known_add(struct known_list *list, const struct manifest *m,
    const struct digest *digest, int copy)
{
	struct known *items, *k;
	size_t size;

	if (list->count == list->size) {
		size = list->size == 0 ? 16 : list->size * 2;
		items = realloc(list->items, size * sizeof(*items));
		if (items == NULL)
			return PH_ENOMEM;
		list->items = items;
		list->size = size;
	}
	k = &list->items[list->count++];
	memset(k, 0, sizeof(*k));
	(void)strcpy(k->image, m->image);
	(void)strcpy(k->version, m->version);
	k->manifest = *digest;
	k->copy = copy;
	return PH_OK;
}

/* By image and version; of one version, with a copy first. */
static int
compare_known(const void *pa, const void *pb)
{
	const struct known *a, *b;
	int order;

	a = pa;
	b = pb;
	order = strcmp(a->image, b->image);
	if (order == 0)
		order = strcmp(a->version, b->version);
	return order != 0 ? order : b->copy - a->copy;
}

/* A version goes once, however many labellings of it are known. */
static void
known_once(struct known_list *list)
{
	struct known *k;
	size_t i;

	if (list->count > 1)
		qsort(list->items, list->count, sizeof(*list->items),
		    compare_known);
	for (i = list->count; i > 1; i--) {
		k = &list->items[i - 1];
		if (strcmp(k->image, (k - 1)->image) == 0 &&
		    strcmp(k->version, (k - 1)->version) == 0)
			k->copy = 0;
	}
}

/* Staging directories, to see what is being received. */
struct staged {
	const struct digest *blob;
};

static int
on_staged(void *cookie, const struct staging_partial *p)
{
	struct staged *staged;

	staged = cookie;
	return digest_compare(&p->target, staged->blob) == 0 ? PH_EEXISTS :
							       PH_OK;
}

/* 1 when some content of a manifest is here, 0 when none, or an error. */
static int
has_copy(struct catalogue *c, const struct manifest *m)
{
	struct staged staged;
	struct blob blob;
	size_t i;
	int r;

	for (i = 0; i < m->nfiles; i++) {
		r = blob_look(c->store, &m->files[i].digest, &blob);
		if (r != PH_OK)
			return r;
		if (blob.state != BLOB_ABSENT)
			return 1;
		staged.blob = &m->files[i].digest;
		r = staging_list(c->store, on_staged, &staged);
		if (r == PH_EEXISTS)
			return 1;
		if (r != PH_OK)
			return r;
	}
	return 0;
}

/*
 * 1 when a version is held as this manifest, or some of it is here; 0 when
 * there is nothing to remove, or an error.
 */
static int
is_here(struct catalogue *c, struct index_txn *txn, const struct manifest *m,
    const struct digest *digest)
{
	struct holding h;
	int r;

	r = rows_item_get(txn, m->image, m->version, &h);
	if (r == PH_OK && h.state != HOLDING_WITHDRAWN)
		return digest_compare(&h.manifest, digest) == 0;
	return r == PH_OK || r == PH_EABSENT ? has_copy(c, m) : r;
}

/* One manifest: remember it when the grant does not list its version. */
static int
on_manifest(void *cookie, const struct index_bytes *key,
    const struct index_bytes *value)
{
	struct grant_item item;
	struct digest digest;
	struct manifest m;
	struct walk *walk;
	int r;

	(void)value;
	walk = cookie;
	if (key->len != DIGEST_SIZE)
		return PH_EDIGEST;
	memcpy(digest.bytes, key->data, DIGEST_SIZE);
	manifest_init(&m);
	r = rows_manifest_get(walk->txn, &digest, NULL, &m);
	if (r != PH_OK)
		goto out;
	r = listing_item(walk->listing, m.image, m.version, &item);
	if (r == PH_EABSENT) {
		r = is_here(walk->c, walk->txn, &m, &digest);
		if (r >= 0)
			r = known_add(&walk->out, &m, &digest, r);
	}
out:
	manifest_fini(&m);
	return r;
}

/* All versions known here that the grant does not list. */
static int
find_denied(struct catalogue *c, struct known_list *out)
{
	struct walk walk;
	int r;

	memset(&walk, 0, sizeof(walk));
	walk.c = c;
	r = mandate_listing(c, &walk.listing);
	if (r == PH_OK)
		r = index_begin(c->index, INDEX_READ, &walk.txn);
	if (r == PH_OK) {
		r = index_each(walk.txn, INDEX_MANIFESTS, NULL, 0, on_manifest,
		    &walk);
		index_abort(walk.txn);
	}
	*out = walk.out;
	known_once(out);
	return r;
}

/*
 * Forget a manifest: its row, its references, its document.  While entries
 * of the past are applied the document stays, because a later one may need
 * it; withdraw_recover() removes it, if none did.
 */
static int
forget_manifest(struct catalogue *c, struct index_txn *txn,
    const struct digest *digest)
{
	struct document_name name;
	int r;

	r = rows_manifest_forget(txn, digest);
	if (r != PH_OK || c->replaying)
		return r;
	name = documents_manifest_name(digest);
	return documents_remove(c->config.files, c->state_dir, &name);
}

/* Enter into the log that a version goes, and that it is gone. */
static int
commit_entry(struct catalogue *c, const char *kind, const struct known *k,
    int retired)
{
	struct ledger_entry e;
	int r;

	r = ledger_begin(c, NULL, kind, "syncd", &e);
	if (r != PH_OK) {
		ledger_abort(&e);
		return r;
	}
	json_put_string(&e.w, "image", k->image);
	json_put_string(&e.w, "version", k->version);
	json_put_digest(&e.w, "manifest", &k->manifest);
	json_put_bool(&e.w, "retired", retired);
	return ledger_commit(c, &e, NULL);
}

/* A manifest of which nothing came: there is nothing to tell. */
static int
forget_unused(struct catalogue *c, const struct digest *manifest)
{
	struct index_txn *txn;
	int r;

	r = index_begin(c->index, INDEX_WRITE, &txn);
	if (r != PH_OK)
		return r;
	r = forget_manifest(c, txn, manifest);
	if (r != PH_OK) {
		index_abort(txn);
		return r;
	}
	return index_commit(txn);
}

/* The key of a withdrawal that is not done. */
static size_t
pending_key(const char *image, const char *version, char out[PENDING_KEY_SIZE])
{
	int n;

	n = snprintf(out, PENDING_KEY_SIZE, PENDING "%s@%s", image, version);
	return (size_t)n;
}

/* Withdrawals that are not done. */
struct pending {
	struct known_list known;
	int retired; /* Which of them are collected. */
};

static int
on_pending(void *cookie, const struct index_bytes *key,
    const struct index_bytes *value)
{
	struct pending *pending;
	struct digest digest;
	struct manifest m;
	const char *at;
	size_t n;
	int r;

	pending = cookie;
	/* Neither image nor version has an "@". */
	n = sizeof(PENDING) - 1;
	at = memchr(key->data, '@', key->len);
	if (value->len != DIGEST_SIZE + 1 || at == NULL ||
	    key->len >= PENDING_KEY_SIZE)
		return PH_EDIGEST;
	if (value->data[DIGEST_SIZE] != pending->retired)
		return PH_OK;
	memcpy(digest.bytes, value->data, DIGEST_SIZE);
	manifest_init(&m);
	(void)snprintf(m.image, sizeof(m.image), "%.*s",
	    (int)((const uint8_t *)at - key->data - n), key->data + n);
	(void)snprintf(m.version, sizeof(m.version), "%.*s",
	    (int)(key->data + key->len - (const uint8_t *)at - 1), at + 1);
	r = known_add(&pending->known, &m, &digest, 1);
	manifest_fini(&m);
	return r;
}

/* Withdrawals of one kind that are not done; the items are the caller's. */
static int
find_pending(struct catalogue *c, int retired, struct pending *out)
{
	struct index_txn *txn;
	int r;

	memset(out, 0, sizeof(*out));
	out->retired = retired;
	r = index_begin(c->index, INDEX_READ, &txn);
	if (r != PH_OK)
		return r;
	r = index_each(txn, INDEX_META, PENDING, sizeof(PENDING) - 1,
	    on_pending, out);
	index_abort(txn);
	return r;
}

/* Enter into the log that the withdrawals of one kind are done. */
static int
finish_entries(struct catalogue *c, int retired)
{
	struct pending pending;
	size_t i;
	int r;

	r = find_pending(c, retired, &pending);
	for (i = 0; r == PH_OK && i < pending.known.count; i++)
		r = commit_entry(c, "removed", &pending.known.items[i],
		    retired);
	free(pending.known.items);
	return r;
}

/* Enter into the log that all withdrawals are done. */
static int
finish_all(struct catalogue *c)
{
	int r;

	r = finish_entries(c, 0);
	return r == PH_OK ? finish_entries(c, 1) : r;
}

/*
 * 1 when what nothing names is to be removed, 0 when not, or an error.  While
 * the log is not all there was, only a withdrawal that was interrupted is
 * worth it: which content it was about is not known any more.
 */
static int
must_sweep(struct catalogue *c)
{
	struct pending pending;
	size_t count;
	int retired, r;

	if (!c->outdated)
		return 1;
	r = PH_OK;
	count = 0;
	for (retired = 0; r == PH_OK && retired <= 1; retired++) {
		r = find_pending(c, retired, &pending);
		count += pending.known.count;
		free(pending.known.items);
	}
	return r == PH_OK ? count > 0 : r;
}

int
withdraw_finish(struct catalogue *c)
{
	int r;

	r = must_sweep(c);
	if (r == 1)
		r = sweep_store(c);
	return r == PH_OK ? finish_all(c) : r;
}

/* Log that one version goes, and remove what belongs to its blobs. */
static int
remove_one(struct catalogue *c, const struct known *k, int retired)
{
	struct index_txn *txn;
	struct manifest m;
	size_t i;
	int r;

	manifest_init(&m);
	r = index_begin(c->index, INDEX_READ, &txn);
	if (r != PH_OK)
		return r;
	r = rows_manifest_get(txn, &k->manifest, NULL, &m);
	index_abort(txn);
	if (r == PH_OK || r == PH_EABSENT)
		r = commit_entry(c, "withdraw", k, retired);
	/* By name, too: a blob that was lost may have left its map behind. */
	for (i = 0; r == PH_OK && i < m.nfiles; i++)
		r = sweep_blob(c, &m.files[i].digest);
	manifest_fini(&m);
	return r;
}

/* Intent, removal, done; for all of a list. */
static int
remove_known(struct catalogue *c, const struct known_list *list, int retired,
    size_t *nitems)
{
	size_t i;
	int r;

	/* What failed before is not among them any more. */
	r = c->outdated ? withdraw_finish(c) : PH_OK;
	for (i = 0; r == PH_OK && i < list->count; i++) {
		if (!list->items[i].copy)
			continue;
		r = remove_one(c, &list->items[i], retired);
		*nitems += r == PH_OK;
	}
	for (i = 0; r == PH_OK && i < list->count; i++) {
		if (!list->items[i].copy)
			r = forget_unused(c, &list->items[i].manifest);
	}
	if (r != PH_OK)
		return r;
	return c->outdated ? finish_all(c) : withdraw_finish(c);
}

int
withdraw_denied(struct catalogue *c, size_t *nitems)
{
	struct known_list list;
	int r;

	*nitems = 0;
	r = find_denied(c, &list);
	if (r == PH_OK)
		r = remove_known(c, &list, 0, nitems);
	free(list.items);
	return r;
}

/*
 * 1 when an image has at least one allow version in the list and all of
 * those are visible here; 0 when not, or an error.
 */
static int
successors_visible(struct index_txn *txn, const struct listing *listing,
    const char *image)
{
	struct grant_item item;
	struct holding h;
	size_t i, nvisible;
	int r;

	nvisible = 0;
	for (i = listing_seek(listing, image);; i++) {
		r = listing_at(listing, i, &item);
		if (r == PH_EABSENT ||
		    (r == PH_OK && strcmp(item.image, image) != 0))
			break;
		if (r != PH_OK)
			return r;
		if (item.state != GRANT_ALLOW)
			continue;
		r = rows_item_get(txn, item.image, item.version, &h);
		if (r == PH_EABSENT ||
		    (r == PH_OK && h.state != HOLDING_VISIBLE))
			return 0;
		if (r != PH_OK)
			return r;
		nvisible++;
	}
	return nvisible > 0;
}

/*
 * Collect one retiring item, whole or begun, if what supersedes it is here.
 */
static int
add_retired(struct catalogue *c, struct index_txn *txn,
    const struct listing *listing, const struct grant_item *item,
    struct known_list *out)
{
	struct manifest m;
	struct holding h;
	int here, r;

	manifest_init(&m);
	r = rows_item_get(txn, item->image, item->version, &h);
	if (r == PH_OK && h.state != HOLDING_WITHDRAWN) {
		here = 1;
		(void)strcpy(m.image, item->image);
		(void)strcpy(m.version, item->version);
	} else if (r == PH_OK || r == PH_EABSENT) {
		h.manifest = item->manifest;
		here = rows_manifest_get(txn, &item->manifest, NULL, &m);
		here = here == PH_EABSENT ? 0 : here;
		if (here == PH_OK && m.nfiles > 0)
			here = has_copy(c, &m);
	} else
		here = r;
	r = here == 1 ? successors_visible(txn, listing, item->image) : here;
	if (r == 1)
		r = known_add(out, &m, &h.manifest, 1);
	manifest_fini(&m);
	return r;
}

/* Collect what is retiring and may go. */
static int
find_retired(struct catalogue *c, struct known_list *out)
{
	struct listing *listing;
	struct index_txn *txn;
	struct grant_item item;
	size_t i;
	int r;

	memset(out, 0, sizeof(*out));
	r = mandate_listing(c, &listing);
	if (r == PH_OK)
		r = index_begin(c->index, INDEX_READ, &txn);
	if (r != PH_OK)
		return r;
	for (i = 0; r == PH_OK; i++) {
		r = listing_at(listing, i, &item);
		if (r == PH_OK && item.state == GRANT_RETIRE)
			r = add_retired(c, txn, listing, &item, out);
	}
	index_abort(txn);
	return r == PH_EABSENT ? PH_OK : r;
}

int
withdraw_retired(struct catalogue *c, size_t *nitems)
{
	struct known_list list;
	int r;

	*nitems = 0;
	r = find_retired(c, &list);
	if (r == PH_OK)
		r = remove_known(c, &list, 1, nitems);
	free(list.items);
	return r;
}

/* The members of an entry. */
static int
get_members(const struct ledger_event *e, struct holding *h, int *retired)
{
	const char *image, *version;

	memset(h, 0, sizeof(*h));
	json_get_string(e->o, "image", &image, NULL);
	json_get_string(e->o, "version", &version, NULL);
	json_get_digest(e->o, "manifest", &h->manifest);
	json_get_bool(e->o, "retired", retired);
	if (json_error(e->o->tree) != PH_OK ||
	    strlen(image) >= sizeof(h->image) ||
	    strlen(version) >= sizeof(h->version))
		return PH_ELOG;
	(void)strcpy(h->image, image);
	(void)strcpy(h->version, version);
	h->state = HOLDING_WITHDRAWN;
	h->evidence = HOLDING_NONE;
	h->time = e->time;
	return PH_OK;
}

int
withdrawal_apply(struct catalogue *c, const struct ledger_event *e)
{
	char key[PENDING_KEY_SIZE];
	uint8_t value[DIGEST_SIZE + 1];
	struct holding h;
	int retired, r;

	r = get_members(e, &h, &retired);
	if (r == PH_OK && !c->replaying)
		r = display_hide(c, h.image, h.version);
	if (r == PH_OK)
		r = forget_manifest(c, e->txn, &h.manifest);
	if (r == PH_OK && retired)
		r = rows_item_delete(e->txn, h.image, h.version);
	else if (r == PH_OK)
		r = rows_item_put(e->txn, &h);
	memcpy(value, h.manifest.bytes, DIGEST_SIZE);
	value[DIGEST_SIZE] = retired != 0;
	if (r == PH_OK)
		r = index_put(e->txn, INDEX_META, key,
		    pending_key(h.image, h.version, key), value, sizeof(value));
	return r;
}

/* The item says that it is gone since "withdraw"; now it is. */
int
withdrawal_apply_removed(struct catalogue *c, const struct ledger_event *e)
{
	char key[PENDING_KEY_SIZE];
	struct holding h;
	int retired, r;

	(void)c;
	r = get_members(e, &h, &retired);
	if (r == PH_OK)
		r = index_delete(e->txn, INDEX_META, key,
		    pending_key(h.image, h.version, key));
	return r == PH_EABSENT ? PH_OK : r;
}
