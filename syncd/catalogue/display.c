/*
 * Showing and hiding versions.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/rows.h"
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
	if (r == PH_OK)
		r = published_show(c->store, m->image, m->version, tag);
out:
	free(files);
	return r;
}

int
display_hide(struct catalogue *c, const char *image, const char *version)
{
	char tag[DISPLAY_TAG_SIZE];
	int r;

	display_tag(c, tag);
	r = published_hide(c->store, image, version, tag);
	if (r == PH_EABSENT)
		return PH_OK;
	if (r == PH_OK)
		r = published_drop(c->store, tag);
	return r;
}

struct reconcile {
	struct catalogue *c;
	struct index_txn *txn;
};

/* 1 when an item of this state is seen by clients. */
static int
is_shown(enum holding_state state)
{
	return state == HOLDING_VISIBLE || state == HOLDING_RETIRING;
}

static int
on_published(void *cookie, const char *image, const char *version)
{
	struct reconcile *rec;
	struct holding h;
	int r;

	rec = cookie;
	r = rows_item_get(rec->txn, image, version, &h);
	if (r == PH_OK && is_shown(h.state))
		return PH_OK;
	if (r != PH_OK && r != PH_EABSENT)
		return r;
	return display_hide(rec->c, image, version);
}

static int
on_item(void *cookie, const struct holding *h)
{
	struct reconcile *rec;
	struct manifest m;
	int r;

	rec = cookie;
	if (!is_shown(h->state))
		return PH_OK;
	manifest_init(&m);
	r = rows_manifest_get(rec->txn, &h->manifest, NULL, &m);
	if (r == PH_OK)
		r = display_show(rec->c, &m);
	manifest_fini(&m);
	/* A primary's blob that is gone: it is to be published again. */
	return r == PH_EABSENT ? PH_OK : r;
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
	if (r == PH_OK)
		r = rows_item_each(rec.txn, NULL, on_item, &rec);
	index_abort(rec.txn);
	return r;
}
