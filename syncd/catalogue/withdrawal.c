/*
 * Removing.  What may stay is what an item of the grant names; everything
 * else goes, and the log says so before and after.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/grant_item.h"
#include "proto/json_terms.h"
#include "proto/lineset.h"
#include "proto/manifest.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/display.h"
#include "syncd/catalogue/documents.h"
#include "syncd/catalogue/ledger.h"
#include "syncd/catalogue/mandate.h"
#include "syncd/catalogue/rows.h"
#include "syncd/index/cursor.h"
#include "syncd/store/blob.h"
#include "syncd/store/delta_cache.h"
#include "syncd/store/partial.h"
#include "syncd/store/staging.h"

#include "syncd/catalogue/withdrawal.h"

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
	struct lineset *list; /* Of the grant in force. */
	struct known_list out;
};

/* How a version stands in the list; PH_EDENIED when it does not. */
static int
find_item(const struct lineset *list, const char *image, const char *version,
    struct grant_item *out)
{
	const char *line;
	size_t i, len;

	for (i = 0; i < lineset_count(list); i++) {
		line = lineset_line(list, i, &len);
		if (grant_item_decode(line, len, out) == PH_OK &&
		    strcmp(out->image, image) == 0 &&
		    strcmp(out->version, version) == 0)
			return PH_OK;
	}
	return PH_EDENIED;
}

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
	if (r == PH_OK &&
	    find_item(walk->list, m.image, m.version, &item) == PH_EDENIED) {
		r = has_copy(walk->c, &m);
		if (r >= 0)
			r = known_add(&walk->out, &m, &digest, r);
	}
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
	r = mandate_list(c, &walk.list);
	if (r == PH_OK)
		r = index_begin(c->index, INDEX_READ, &walk.txn);
	if (r == PH_OK) {
		r = index_each(walk.txn, INDEX_MANIFESTS, NULL, 0, on_manifest,
		    &walk);
		index_abort(walk.txn);
	}
	lineset_free(walk.list);
	*out = walk.out;
	return r;
}

/* Forget a manifest: its row, its references, its document. */
static int
forget_manifest(struct catalogue *c, struct index_txn *txn,
    const struct digest *digest)
{
	struct document_name name;
	struct manifest m;
	size_t i;
	int r;

	manifest_init(&m);
	r = rows_manifest_get(txn, digest, NULL, &m);
	for (i = 0; r == PH_OK && i < m.nfiles; i++)
		r = rows_reference_delete(txn, &m.files[i].digest, m.image,
		    m.version);
	if (r == PH_OK)
		r = rows_manifest_delete(txn, digest);
	manifest_fini(&m);
	if (r != PH_OK && r != PH_EABSENT)
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

/* Intent, removal, done; for all of a list. */
static int
remove_known(struct catalogue *c, const struct known_list *list, int retired,
    size_t *nitems)
{
	size_t i;
	int r;

	r = PH_OK;
	for (i = 0; r == PH_OK && i < list->count; i++) {
		if (!list->items[i].copy) {
			r = forget_unused(c, &list->items[i].manifest);
			continue;
		}
		r = commit_entry(c, "withdraw", &list->items[i], retired);
		*nitems += r == PH_OK;
	}
	if (r == PH_OK && *nitems > 0)
		r = withdraw_sweep(c);
	for (i = 0; r == PH_OK && i < list->count; i++) {
		if (list->items[i].copy)
			r = commit_entry(c, "removed", &list->items[i],
			    retired);
	}
	return r;
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
successors_visible(struct index_txn *txn, const struct lineset *list,
    const char *image)
{
	struct grant_item item;
	struct holding h;
	const char *line;
	size_t i, len, nvisible;
	int r;

	nvisible = 0;
	for (i = 0; i < lineset_count(list); i++) {
		line = lineset_line(list, i, &len);
		r = grant_item_decode(line, len, &item);
		if (r != PH_OK)
			return r;
		if (item.state != GRANT_ALLOW || strcmp(item.image, image) != 0)
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

/* Collect what is retiring and may go. */
static int
find_retired(struct catalogue *c, struct known_list *out)
{
	struct lineset *list;
	struct index_txn *txn;
	struct grant_item item;
	struct manifest m;
	struct holding h;
	const char *line;
	size_t i, len;
	int free_it, r;

	memset(out, 0, sizeof(*out));
	r = mandate_list(c, &list);
	if (r != PH_OK)
		return r;
	r = index_begin(c->index, INDEX_READ, &txn);
	for (i = 0; r == PH_OK && i < lineset_count(list); i++) {
		line = lineset_line(list, i, &len);
		r = grant_item_decode(line, len, &item);
		if (r != PH_OK || item.state != GRANT_RETIRE)
			continue;
		r = rows_item_get(txn, item.image, item.version, &h);
		if (r == PH_EABSENT ||
		    (r == PH_OK && h.state == HOLDING_WITHDRAWN)) {
			r = PH_OK;
			continue;
		}
		free_it =
		    r == PH_OK ? successors_visible(txn, list, item.image) : r;
		r = free_it < 0 ? free_it : PH_OK;
		if (free_it == 1) {
			manifest_init(&m);
			(void)strcpy(m.image, item.image);
			(void)strcpy(m.version, item.version);
			r = known_add(out, &m, &h.manifest, 1);
			manifest_fini(&m);
		}
	}
	index_abort(txn);
	lineset_free(list);
	return r;
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
	return r;
}

int
withdrawal_apply_removed(struct catalogue *c, const struct ledger_event *e)
{
	struct holding h;
	int retired;

	(void)c;
	/* The item says so since "withdraw"; this one is for the record. */
	return get_members(e, &h, &retired);
}

/* Digests found while walking over a directory. */
struct found {
	struct catalogue *c;
	struct index_txn *txn;
	struct digest *items;
	size_t count;
};

/* Remember a blob that nothing names. */
static int
remember(struct found *found, const struct digest *digest)
{
	struct digest *items;
	int r;

	r = rows_reference_any(found->txn, digest);
	if (r != 0)
		return r < 0 ? r : PH_OK;
	items =
	    realloc(found->items, (found->count + 1) * sizeof(*found->items));
	if (items == NULL)
		return PH_ENOMEM;
	found->items = items;
	found->items[found->count++] = *digest;
	return PH_OK;
}

static int
on_blob(void *cookie, const struct digest *digest)
{
	return remember(cookie, digest);
}

static int
on_partial(void *cookie, const struct staging_partial *p)
{
	return remember(cookie, &p->target);
}

int
withdraw_sweep(struct catalogue *c)
{
	struct delta_cache *deltas;
	struct found found;
	size_t i;
	int r;

	memset(&found, 0, sizeof(found));
	found.c = c;
	deltas = delta_cache_new(c->store);
	if (deltas == NULL)
		return PH_ENOMEM;
	r = index_begin(c->index, INDEX_READ, &found.txn);
	if (r == PH_OK) {
		r = blob_list(c->store, on_blob, &found);
		if (r == PH_OK)
			r = staging_list(c->store, on_partial, &found);
		index_abort(found.txn);
	}
	for (i = 0; r == PH_OK && i < found.count; i++) {
		r = blob_remove(c->store, &found.items[i]);
		if (r == PH_OK)
			r = delta_cache_forget(deltas, &found.items[i]);
		if (r == PH_OK)
			r = partial_discard(c->store, &found.items[i]);
	}
	free(found.items);
	delta_cache_free(deltas);
	return r;
}
