/*
 * Showing and hiding versions.  A version that cannot be shown keeps the row
 * that says so until it can.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/rows.h"
#include "syncd/catalogue/witness.h"
#include "syncd/store/blob.h"
#include "syncd/store/published.h"

#include "syncd/catalogue/display.h"

void
display_tag(struct catalogue *c, char out[DISPLAY_TAG_SIZE])
{
	uint8_t bytes[(DISPLAY_TAG_SIZE - 1) / 2];
	size_t i;

	random_fill(c->config.random, bytes, sizeof(bytes));
	for (i = 0; i < sizeof(bytes); i++)
		(void)snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

/* What the store is to show; files is the caller's to free. */
static int
describe(const struct manifest *m, struct published_version *out,
    struct published_file **files)
{
	size_t i;

	*files = calloc(m->nfiles, sizeof(**files));
	if (*files == NULL)
		return PH_ENOMEM;
	for (i = 0; i < m->nfiles; i++) {
		(*files)[i].name = m->files[i].name;
		(*files)[i].blob = m->files[i].digest;
		(*files)[i].size = m->files[i].size;
	}
	out->image = m->image;
	out->version = m->version;
	out->files = *files;
	out->nfiles = m->nfiles;
	return PH_OK;
}

int
display_show(struct catalogue *c, const struct manifest *m)
{
	struct published_version v;
	struct published_file *files;
	char tag[DISPLAY_TAG_SIZE];
	int r;

	r = describe(m, &v, &files);
	if (r != PH_OK)
		return r;
	r = published_check(c->store, &v);
	if (r == PH_OK)
		goto out;
	if (r == PH_EDIGEST)
		r = display_hide(c, m->image, m->version);
	else if (r == PH_EABSENT)
		r = PH_OK;
	display_tag(c, tag);
	if (r == PH_OK)
		r = published_build(c->store, &v, tag);
	if (r == PH_OK) {
		r = published_show(c->store, m->image, m->version, tag);
		/* It may be tried often: leave nothing behind each time. */
		if (r != PH_OK)
			(void)!published_abandon(c->store, tag);
	}
out:
	free(files);
	return r;
}

/*
 * The tag under which a version is hidden: the same each time, so that what
 * an attempt left that failed after the rename is found by the next one.
 */
static void
hiding_tag(const char *image, const char *version, char out[DISPLAY_TAG_SIZE])
{
	char name[PH_NAME_MAX + PH_VERSION_MAX + 2], hex[DIGEST_HEX_SIZE];
	struct digest digest;
	int n;

	/* What does not fit is no name of a version, and refused as such. */
	n = snprintf(name, sizeof(name), "%s@%s", image, version);
	digest_of(name, (size_t)n < sizeof(name) ? (size_t)n : 0, &digest);
	digest_hex(&digest, hex);
	(void)snprintf(out, DISPLAY_TAG_SIZE, "%.*s", DISPLAY_TAG_SIZE - 1,
	    hex);
}

int
display_hide(struct catalogue *c, const char *image, const char *version)
{
	char tag[DISPLAY_TAG_SIZE];
	int r;

	hiding_tag(image, version, tag);
	r = published_drop(c->store, tag);
	if (r == PH_OK)
		r = published_hide(c->store, image, version, tag);
	if (r == PH_EABSENT)
		return PH_OK;
	if (r == PH_OK)
		r = published_drop(c->store, tag);
	return r;
}

int
display_settle(struct catalogue *c, const struct manifest *m, struct holding *h)
{
	int r;

	witness_raise(c);
	r = display_show(c, m);
	if (r == PH_ENOMEM)
		return r;
	h->state = r == PH_OK ? HOLDING_VISIBLE : HOLDING_COMPLETE;
	if (r != PH_OK)
		c->owed_code = r;
	return PH_OK;
}

/* 1 when a version is to be seen by clients. */
static int
is_shown(const struct holding *h)
{
	return h->state == HOLDING_VISIBLE || h->state == HOLDING_COMPLETE;
}

/* Items, copied: what becomes of them is written. */
struct chosen {
	struct holding *items;
	size_t count;
	size_t size;
	int owed_only;
};

static int
on_item(void *cookie, const struct holding *h)
{
	struct chosen *chosen;
	struct holding *items;
	size_t size;

	chosen = cookie;
	if (!is_shown(h) || (chosen->owed_only && h->state != HOLDING_COMPLETE))
		return PH_OK;
	if (chosen->count == chosen->size) {
		size = chosen->size == 0 ? 16 : 2 * chosen->size;
		items = realloc(chosen->items, size * sizeof(*items));
		if (items == NULL)
			return PH_ENOMEM;
		chosen->items = items;
		chosen->size = size;
	}
	chosen->items[chosen->count++] = *h;
	return PH_OK;
}

/* What is to be seen, or only what of it is owed. */
static int
choose(struct catalogue *c, int owed_only, struct chosen *out)
{
	struct index_txn *txn;
	int r;

	memset(out, 0, sizeof(*out));
	out->owed_only = owed_only;
	r = index_begin(c->index, INDEX_READ, &txn);
	if (r != PH_OK)
		return r;
	r = rows_item_each(txn, NULL, on_item, out);
	index_abort(txn);
	return r;
}

/* Enter what an item has become. */
static int
put_item(struct catalogue *c, const struct holding *h)
{
	struct index_txn *txn;
	int r;

	r = index_begin(c->index, INDEX_WRITE, &txn);
	if (r != PH_OK)
		return r;
	r = rows_item_put(txn, h);
	if (r != PH_OK) {
		index_abort(txn);
		return r;
	}
	return index_commit(txn);
}

/* Show one item, or owe it. */
static int
show_item(struct catalogue *c, const struct holding *h)
{
	struct index_txn *txn;
	struct holding next;
	struct manifest m;
	int r;

	next = *h;
	manifest_init(&m);
	r = index_begin(c->index, INDEX_READ, &txn);
	if (r != PH_OK)
		return r;
	r = rows_manifest_get(txn, &h->manifest, NULL, &m);
	index_abort(txn);
	if (r == PH_OK)
		r = display_settle(c, &m, &next);
	if (r == PH_OK && next.state != h->state)
		r = put_item(c, &next);
	manifest_fini(&m);
	return r;
}

/* Show all that is to be seen, or what of it is owed. */
static int
show_all(struct catalogue *c, int owed_only)
{
	struct chosen chosen;
	size_t i;
	int r;

	r = choose(c, owed_only, &chosen);
	if (r == PH_OK)
		c->owed_code = PH_OK;
	for (i = 0; r == PH_OK && i < chosen.count; i++)
		r = show_item(c, &chosen.items[i]);
	free(chosen.items);
	return r;
}

int
display_retry_owed(struct catalogue *c)
{
	return c->owed_code == PH_OK ? PH_OK : show_all(c, 1);
}

/* The item of a version. */
static int
get_item(struct catalogue *c, const char *image, const char *version,
    struct holding *out)
{
	struct index_txn *txn;
	int r;

	r = index_begin(c->index, INDEX_READ, &txn);
	if (r != PH_OK)
		return r;
	r = rows_item_get(txn, image, version, out);
	index_abort(txn);
	return r;
}

int
display_retry(struct catalogue *c, const char *image, const char *version)
{
	struct holding h;
	int r;

	r = get_item(c, image, version, &h);
	return r == PH_OK && is_shown(&h) ? show_item(c, &h) : r;
}

/* 1 when all content of a version is here and sound, else 0. */
static int
has_content(struct catalogue *c, const struct holding *h)
{
	struct index_txn *txn;
	struct manifest m;
	struct blob blob;
	size_t i;
	int r, has;

	manifest_init(&m);
	if (index_begin(c->index, INDEX_READ, &txn) != PH_OK)
		return 0;
	r = rows_manifest_get(txn, &h->manifest, NULL, &m);
	index_abort(txn);
	has = r == PH_OK;
	for (i = 0; has && i < m.nfiles; i++)
		has = blob_look(c->store, &m.files[i].digest, &blob) == PH_OK &&
		    blob.state != BLOB_ABSENT && blob.size == m.files[i].size;
	manifest_fini(&m);
	return has;
}

void
display_explain(struct catalogue *c, const struct holding *h, struct failure *f)
{
	int code;

	code = has_content(c, h) ? c->owed_code : PH_EDIGEST;
	if (code == PH_OK)
		code = PH_EIO;
	(void)failure_set(f, code, "%s@%s is recorded and not visible yet: %s",
	    h->image, h->version,
	    code == PH_EDIGEST ? "some of its content is gone or was cut" :
				 error_sentence(code));
	if (code == PH_EDIGEST && catalogue_is_primary(c))
		failure_next(f, "publish the same files again");
	else if (code == PH_EDIGEST)
		failure_next(f, "it is received again at the next contact");
	else if (code == PH_ENOSPC)
		failure_next(f,
		    "free 1 MiB on the file system of the store: it then goes "
		    "on by itself");
	else
		failure_next(f,
		    "see that the store is sound and can be written: it then "
		    "goes on by itself");
}

int
display_check(struct catalogue *c, const char *image, const char *version,
    struct failure *f)
{
	struct holding h;
	int r;

	r = get_item(c, image, version, &h);
	if (r == PH_OK && h.state == HOLDING_COMPLETE) {
		display_explain(c, &h, f);
		r = f->code;
	}
	return r;
}

int
display_each_owed(struct catalogue *c, display_owed *each, void *cookie)
{
	struct chosen chosen;
	size_t i;
	int r;

	r = choose(c, 1, &chosen);
	for (i = 0; r == PH_OK && i < chosen.count; i++)
		r = each(cookie, &chosen.items[i]);
	free(chosen.items);
	return r;
}

struct reconcile {
	struct catalogue *c;
	struct index_txn *txn;
};

static int
on_published(void *cookie, const char *image, const char *version)
{
	struct reconcile *rec;
	struct holding h;
	int r;

	rec = cookie;
	r = rows_item_get(rec->txn, image, version, &h);
	if (r == PH_OK && is_shown(&h))
		return PH_OK;
	if (r != PH_OK && r != PH_EABSENT)
		return r;
	/* A primary shows what it has logged, and nothing takes that back. */
	if (r == PH_EABSENT && catalogue_is_primary(rec->c)) {
		rec->c->outdated = 1;
		return PH_OK;
	}
	return display_hide(rec->c, image, version);
}

int
display_reconcile(struct catalogue *c)
{
	struct reconcile rec;
	int r;

	rec.c = c;
	r = index_begin(c->index, INDEX_READ, &rec.txn);
	if (r != PH_OK)
		return r;
	r = published_list(c->store, on_published, &rec);
	index_abort(rec.txn);
	return r == PH_OK ? show_all(c, 0) : r;
}
