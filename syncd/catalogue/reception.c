/*
 * Receiving: what is missing, and making it part of what we hold.
 */
#include <fcntl.h>
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
#include "syncd/catalogue/mandate.h"
#include "syncd/catalogue/rows.h"
#include "syncd/catalogue/wanted.h"
#include "syncd/store/blob.h"
#include "syncd/store/delta_cache.h"
#include "syncd/store/partial.h"

#include "syncd/catalogue/reception.h"

/* Refuse a manifest that the grant or the charter does not admit. */
static int
check_admitted(struct catalogue *c, const struct digest *digest,
    const struct manifest *m, struct failure *f)
{
	struct charter charter;
	struct grant_item item;
	int r;

	r = mandate_item(c, m->image, m->version, &item);
	if (r == PH_OK && digest_compare(&item.manifest, digest) != 0)
		r = PH_EDENIED;
	if (r != PH_OK)
		return failure_set(f, r, "%s@%s is not in the grant", m->image,
		    m->version);
	charter_init(&charter);
	r = mandate_charter(c, &charter);
	if (r == PH_OK &&
	    !charter_admits(&charter, m->image, &m->labels, m->owner))
		r = failure_set(f, PH_EDENIED,
		    "%s@%s is beyond what the charter admits", m->image,
		    m->version);
	charter_fini(&charter);
	return r;
}

/* Refuse other content for a version that is held here. */
static int
check_content(struct catalogue *c, const struct manifest *m, struct failure *f)
{
	struct index_txn *txn;
	struct manifest old;
	struct holding h;
	int r;

	manifest_init(&old);
	r = index_begin(c->index, INDEX_READ, &txn);
	if (r != PH_OK)
		return r;
	r = rows_item_get(txn, m->image, m->version, &h);
	if (r == PH_OK && h.state != HOLDING_WITHDRAWN) {
		r = rows_manifest_get(txn, &h.manifest, NULL, &old);
		if (r == PH_OK && !manifest_same_files(&old, m)) {
			r = failure_set(f, PH_ECONFLICT,
			    "%s@%s is held here with other content", m->image,
			    m->version);
			failure_next(f,
			    "a version never changes: publish it "
			    "under a new one");
		}
	}
	index_abort(txn);
	manifest_fini(&old);
	return r == PH_EABSENT ? PH_OK : r;
}

/* Enter a manifest and what it names into the index. */
static int
put_manifest(struct catalogue *c, const struct digest *digest,
    const struct document *d, const struct manifest *m)
{
	struct index_txn *txn;
	size_t i;
	int r;

	r = index_begin(c->index, INDEX_WRITE, &txn);
	if (r != PH_OK)
		return r;
	r = rows_manifest_put(txn, digest, d);
	for (i = 0; r == PH_OK && i < m->nfiles; i++)
		r = rows_reference_put(txn, &m->files[i].digest, m->image,
		    m->version);
	if (r != PH_OK) {
		index_abort(txn);
		return r;
	}
	return index_commit(txn);
}

int
reception_manifest(struct catalogue *c, const struct digest *digest,
    const struct document *d, struct failure *f)
{
	struct document_name name;
	struct digest found;
	struct manifest m;
	int r;

	f->code = PH_OK;
	manifest_init(&m);
	document_digest(d, &found);
	if (digest_compare(&found, digest) != 0)
		return failure_set(f, PH_EDIGEST,
		    "a manifest is not the one that was asked for");
	r = trust_verify(&c->trust, TRUST_PUBLISHER, d, DOCUMENT_MANIFEST,
	    NULL);
	if (r == PH_OK)
		r = manifest_decode(d->bytes, d->len, &m);
	if (r == PH_OK)
		r = check_admitted(c, digest, &m, f);
	if (r == PH_OK)
		r = check_content(c, &m, f);
	if (r == PH_OK) {
		name = documents_manifest_name(digest);
		r = documents_put(c->config.files, c->state_dir, &name, d);
	}
	if (r == PH_OK)
		r = put_manifest(c, digest, d, &m);
	manifest_fini(&m);
	return failure_default(f, r, "taking a manifest");
}

/* Looking for a granted version that names a blob. */
struct search {
	struct catalogue *c;
};

static int
on_reference(void *cookie, const char *image, const char *version)
{
	struct grant_item item;
	struct search *search;
	int r;

	search = cookie;
	r = mandate_item(search->c, image, version, &item);
	if (r == PH_OK)
		return PH_EEXISTS;
	return r == PH_EDENIED ? PH_OK : r;
}

int
reception_admits(struct catalogue *c, const struct digest *blob)
{
	struct search search;
	struct index_txn *txn;
	int r;

	search.c = c;
	r = index_begin(c->index, INDEX_READ, &txn);
	if (r != PH_OK)
		return r;
	r = rows_reference_each(txn, blob, on_reference, &search);
	index_abort(txn);
	if (r == PH_EEXISTS)
		return PH_OK;
	return r == PH_OK ? PH_EDENIED : r;
}

/* The steps of store/blob.h, from a staging directory. */
static int
adopt(struct catalogue *c, const struct digest *digest, int dir,
    const struct digest *map)
{
	struct blob_record record;
	int fd, r;

	fd = -1;
	memset(&record, 0, sizeof(record));
	record.map_root = *map;
	record.evidence = HOLDING_HASHED;
	record.time = clock_wall(c->config.clock);
	r = file_open(c->config.files, dir, PARTIAL_FILE, O_RDONLY, 0, &fd);
	if (r == PH_OK)
		r = blob_seal(c->store, fd, &record);
	file_abandon(c->config.files, fd);
	if (r == PH_EIO) {
		/* A failed fsync is final: what it was for is not believed. */
		(void)!partial_discard(c->store, digest);
		return r;
	}
	if (r == PH_OK)
		r = blob_put_map(c->store, digest, dir, PARTIAL_MAP);
	if (r == PH_OK)
		r = blob_put_record(c->store, digest, &record);
	if (r == PH_OK)
		r = blob_move_in(c->store, digest, dir, PARTIAL_FILE);
	if (r == PH_OK)
		r = store_sync(c->store, STORE_BLOBS);
	if (r == PH_OK)
		r = partial_discard(c->store, digest);
	return r;
}

/* 1 when all blobs of a manifest are here and sound, 0 when not, or error. */
static int
all_here(struct catalogue *c, const struct manifest *m)
{
	struct blob blob;
	size_t i;
	int r;

	for (i = 0; i < m->nfiles; i++) {
		r = blob_look(c->store, &m->files[i].digest, &blob);
		if (r != PH_OK)
			return r;
		if (blob.state != BLOB_SOUND || blob.size != m->files[i].size)
			return 0;
	}
	return 1;
}

int
reception_note(struct catalogue *c, const struct holding *h)
{
	struct ledger_entry e;
	int r;

	r = ledger_begin(c, NULL, "complete", "syncd", &e);
	if (r != PH_OK) {
		ledger_abort(&e);
		return r;
	}
	json_put_string(&e.w, "image", h->image);
	json_put_string(&e.w, "version", h->version);
	json_put_digest(&e.w, "manifest", &h->manifest);
	json_put_string(&e.w, "state", holding_state_name(h->state));
	json_put_string(&e.w, "evidence", holding_evidence_name(h->evidence));
	json_put_time(&e.w, "since", h->time);
	return ledger_commit(c, &e, NULL);
}

/*
 * What an item should be from now on, beside what it is (present 0: it is
 * not here).  What is only retiring stays as it is, and evidence does not
 * become younger by a label or a release.
 */
static void
plan_item(const struct catalogue *c, const struct grant_item *item, int present,
    const struct holding *now, struct holding *out)
{
	memset(out, 0, sizeof(*out));
	(void)strcpy(out->image, item->image);
	(void)strcpy(out->version, item->version);
	out->manifest = item->manifest;
	if (item->state == GRANT_EMBARGO)
		out->state = HOLDING_EMBARGOED;
	else if (item->state == GRANT_RETIRE && present &&
	    now->state != HOLDING_COMPLETE)
		out->state = now->state;
	else
		out->state = HOLDING_VISIBLE;
	out->evidence = present ? now->evidence : HOLDING_HASHED;
	out->time = present ? now->time : clock_wall(c->config.clock);
}

/* Where it is told what changed. */
struct told {
	size_t *nversions;
	reception_whole *whole; /* NULL: nobody wants to know. */
	void *cookie;
};

/* Make one granted item what it should be, if all of it is here. */
static int
settle(struct catalogue *c, const struct grant_item *item,
    const struct told *told)
{
	struct holding h, next;
	struct index_txn *txn;
	struct manifest m;
	int present, r;

	r = index_begin(c->index, INDEX_READ, &txn);
	if (r != PH_OK)
		return r;
	r = rows_item_get(txn, item->image, item->version, &h);
	index_abort(txn);
	if (r != PH_OK && r != PH_EABSENT)
		return r;
	present = r == PH_OK && h.state != HOLDING_WITHDRAWN;
	/* What is only retiring is not received, but may be relabelled. */
	if (!present && item->state == GRANT_RETIRE)
		return PH_OK;
	plan_item(c, item, present, &h, &next);
	if (present && digest_compare(&h.manifest, &next.manifest) == 0) {
		if (h.state == next.state)
			return PH_OK;
		/* It is in the log, and owed: that is not said again. */
		if (h.state == HOLDING_COMPLETE &&
		    next.state == HOLDING_VISIBLE)
			return display_retry(c, h.image, h.version);
	}
	manifest_init(&m);
	r = wanted_manifest(c, item, &m);
	if (r == PH_OK)
		r = all_here(c, &m);
	if (r == 1) {
		r = reception_note(c, &next);
		*told->nversions += r == PH_OK;
		if (r == PH_OK && !present && told->whole != NULL)
			r = told->whole(told->cookie, &m);
	}
	manifest_fini(&m);
	return r == PH_EABSENT ? PH_OK : r;
}

int
reception_settle(struct catalogue *c, size_t *nversions, reception_whole *whole,
    void *cookie)
{
	const struct told told = { nversions, whole, cookie };
	struct wanted wanted;
	size_t i;
	int r;

	*nversions = 0;
	r = wanted_load(c, &wanted);
	for (i = 0; r == PH_OK && i < wanted.count; i++)
		r = settle(c, &wanted.items[i], &told);
	free(wanted.items);
	return r;
}

/* The versions that name a blob, copied: settling writes. */
struct named {
	struct grant_item *items;
	size_t count;
	struct catalogue *c;
};

static int
on_named(void *cookie, const char *image, const char *version)
{
	struct grant_item item, *items;
	struct named *named;
	int r;

	named = cookie;
	r = mandate_item(named->c, image, version, &item);
	if (r == PH_EDENIED)
		return PH_OK;
	if (r != PH_OK)
		return r;
	items =
	    realloc(named->items, (named->count + 1) * sizeof(*named->items));
	if (items == NULL)
		return PH_ENOMEM;
	named->items = items;
	named->items[named->count++] = item;
	return PH_OK;
}

int
reception_complete(struct catalogue *c, const struct digest *blob, int dir,
    const struct digest *map, size_t *nversions, reception_whole *whole,
    void *cookie)
{
	const struct told told = { nversions, whole, cookie };
	struct index_txn *txn;
	struct named named;
	size_t i;
	int r;

	*nversions = 0;
	memset(&named, 0, sizeof(named));
	named.c = c;
	r = mandate_check(c);
	if (r == PH_OK)
		r = reception_admits(c, blob);
	if (r == PH_OK)
		r = adopt(c, blob, dir, map);
	if (r != PH_OK)
		return r;
	r = index_begin(c->index, INDEX_READ, &txn);
	if (r != PH_OK)
		return r;
	r = rows_reference_each(txn, blob, on_named, &named);
	index_abort(txn);
	for (i = 0; r == PH_OK && i < named.count; i++)
		r = settle(c, &named.items[i], &told);
	free(named.items);
	return r;
}

/* The members of an entry about an item. */
static int
get_item(const struct ledger_event *e, struct holding *h)
{
	const char *image, *version, *state, *evidence;
	int r;

	memset(h, 0, sizeof(*h));
	json_get_string(e->o, "image", &image, NULL);
	json_get_string(e->o, "version", &version, NULL);
	json_get_digest(e->o, "manifest", &h->manifest);
	json_get_string(e->o, "state", &state, NULL);
	json_get_string(e->o, "evidence", &evidence, NULL);
	json_get_time(e->o, "since", &h->time);
	if (json_error(e->o->tree) != PH_OK ||
	    strlen(image) >= sizeof(h->image) ||
	    strlen(version) >= sizeof(h->version))
		return PH_ELOG;
	(void)strcpy(h->image, image);
	(void)strcpy(h->version, version);
	r = holding_state_from_name(state, &h->state);
	if (r == PH_OK)
		r = holding_evidence_from_name(evidence, &h->evidence);
	return r == PH_OK ? PH_OK : PH_ELOG;
}

/* Forget the manifest that an item had before it was labelled anew. */
static int
forget_former(struct catalogue *c, const struct ledger_event *e,
    const struct holding *h)
{
	struct document_name name;
	struct holding former;
	int r;

	r = rows_item_get(e->txn, h->image, h->version, &former);
	if (r == PH_EABSENT)
		return PH_OK;
	if (r != PH_OK || former.state == HOLDING_WITHDRAWN ||
	    digest_compare(&former.manifest, &h->manifest) == 0)
		return r;
	r = rows_manifest_forget(e->txn, &former.manifest);
	if (r != PH_OK || c->replaying)
		return r;
	name = documents_manifest_name(&former.manifest);
	return documents_remove(c->config.files, c->state_dir, &name);
}

/* Enter an item, its manifest and what that names into the index. */
static int
enter_item(const struct ledger_event *e, const struct holding *h,
    const struct document *d, const struct manifest *m)
{
	size_t i;
	int r;

	r = rows_manifest_put(e->txn, &h->manifest, d);
	for (i = 0; r == PH_OK && i < m->nfiles; i++)
		r = rows_reference_put(e->txn, &m->files[i].digest, m->image,
		    m->version);
	return r == PH_OK ? rows_item_put(e->txn, h) : r;
}

int
reception_apply(struct catalogue *c, const struct ledger_event *e)
{
	struct document_name name;
	struct document d;
	struct manifest m;
	struct holding h;
	int r;

	r = get_item(e, &h);
	if (r != PH_OK)
		return r;
	document_init(&d);
	manifest_init(&m);
	name = documents_manifest_name(&h.manifest);
	r = documents_get(c->config.files, c->state_dir, &name, &d);
	if (r == PH_EABSENT && c->replaying) {
		/* It was withdrawn since, as a later entry says. */
		r = PH_OK;
		goto out;
	}
	if (r == PH_OK)
		r = manifest_decode(d.bytes, d.len, &m);
	/* At start, display_reconcile() shows what is visible in the end. */
	if (r == PH_OK && !c->replaying && h.state == HOLDING_VISIBLE)
		r = display_settle(c, &m, &h);
	else if (r == PH_OK && !c->replaying)
		r = display_hide(c, h.image, h.version);
	if (r == PH_OK)
		r = forget_former(c, e, &h);
	if (r == PH_OK)
		r = enter_item(e, &h, &d, &m);
out:
	manifest_fini(&m);
	document_fini(&d);
	return r;
}

int
reception_damaged(struct catalogue *c, const struct digest *blob)
{
	struct ledger_entry e;
	int r;

	r = ledger_begin(c, NULL, "damaged", "syncd", &e);
	if (r != PH_OK) {
		ledger_abort(&e);
		return r;
	}
	json_put_digest(&e.w, "blob", blob);
	return ledger_commit(c, &e, NULL);
}

/* What a damaged blob takes out of service. */
struct damage {
	struct catalogue *c;
	struct index_txn *txn;
};

static int
on_damaged(void *cookie, const char *image, const char *version)
{
	struct damage *damage;
	struct holding h;
	int r;

	damage = cookie;
	r = PH_OK;
	if (!damage->c->replaying)
		r = display_hide(damage->c, image, version);
	if (r != PH_OK || !catalogue_is_primary(damage->c))
		return r == PH_OK ?
		    rows_item_delete(damage->txn, image, version) :
		    r;
	/*
	 * A primary keeps the item, and owes it to its clients: the version
	 * is still published, and to drop it would withdraw it everywhere.
	 */
	r = rows_item_get(damage->txn, image, version, &h);
	if (r != PH_OK)
		return r == PH_EABSENT ? PH_OK : r;
	h.state = HOLDING_COMPLETE;
	damage->c->owed_code = PH_EDIGEST;
	return rows_item_put(damage->txn, &h);
}

/* Forget what was computed from a blob: its damage may be in there, too. */
static int
forget_deltas(struct catalogue *c, const struct digest *digest)
{
	struct delta_cache *deltas;
	int r;

	deltas = delta_cache_new(c->store);
	if (deltas == NULL)
		return PH_ENOMEM;
	r = delta_cache_forget(deltas, digest);
	delta_cache_free(deltas);
	return r;
}

/*
 * Remove a damaged blob.  While entries of the past are applied, the blob
 * that is here may have come later: its record says when it was hashed.
 */
static int
remove_damaged(struct catalogue *c, const struct ledger_event *e,
    const struct digest *digest)
{
	struct blob blob;
	int r;

	r = c->replaying ? blob_look(c->store, digest, &blob) : PH_OK;
	if (r == PH_OK && c->replaying && blob.state == BLOB_SOUND &&
	    blob.record.time >= e->time)
		return PH_OK;
	if (r == PH_OK)
		r = blob_remove(c->store, digest);
	return r == PH_OK ? forget_deltas(c, digest) : r;
}

int
reception_apply_damaged(struct catalogue *c, const struct ledger_event *e)
{
	struct damage damage;
	struct digest blob;
	int r;

	json_get_digest(e->o, "blob", &blob);
	if (json_error(e->o->tree) != PH_OK)
		return PH_ELOG;
	damage.c = c;
	damage.txn = e->txn;
	r = rows_reference_each(e->txn, &blob, on_damaged, &damage);
	if (r == PH_OK)
		r = remove_damaged(c, e, &blob);
	return r;
}
