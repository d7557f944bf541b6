/*
 * A sorted snapshot of what is published.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/version.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/rows.h"

#include "syncd/catalogue/versions.h"

void
versions_init(struct versions *v)
{
	memset(v, 0, sizeof(*v));
}

void
versions_fini(struct versions *v)
{
	size_t i;

	for (i = 0; i < v->count; i++) {
		labels_fini(&v->items[i].labels);
		free(v->items[i].owner);
	}
	free(v->items);
	versions_init(v);
}

/* By image, then by version order. */
static int
compare_entries(const void *pa, const void *pb)
{
	const struct version_entry *a, *b;
	int order;

	a = pa;
	b = pb;
	order = strcmp(a->image, b->image);
	return order != 0 ? order : version_compare(a->version, b->version);
}

/* Put an entry behind the others, wherever it belongs. */
static int
append(struct versions *v, const struct manifest *m,
    const struct digest *digest)
{
	struct version_entry *items, *e;
	size_t size;
	int r;

	if (v->count == v->size) {
		size = v->size == 0 ? 64 : v->size * 2;
		items = realloc(v->items, size * sizeof(*items));
		if (items == NULL)
			return PH_ENOMEM;
		v->items = items;
		v->size = size;
	}
	e = &v->items[v->count];
	memset(e, 0, sizeof(*e));
	memcpy(e->image, m->image, sizeof(e->image));
	memcpy(e->version, m->version, sizeof(e->version));
	e->manifest = *digest;
	e->size = manifest_size(m);
	labels_init(&e->labels);
	r = labels_copy(&m->labels, &e->labels);
	if (r != PH_OK)
		return r;
	if (m->owner != NULL && (e->owner = strdup(m->owner)) == NULL) {
		labels_fini(&e->labels);
		return PH_ENOMEM;
	}
	v->count++;
	return PH_OK;
}

struct load {
	struct versions *v;
	struct index_txn *txn;
};

static int
on_item(void *cookie, const struct holding *h)
{
	struct manifest m;
	struct load *load;
	int r;

	load = cookie;
	if (h->state != HOLDING_VISIBLE && h->state != HOLDING_COMPLETE)
		return PH_OK;
	manifest_init(&m);
	r = rows_manifest_get(load->txn, &h->manifest, NULL, &m);
	if (r == PH_OK)
		r = append(load->v, &m, &h->manifest);
	manifest_fini(&m);
	return r == PH_EABSENT ? PH_EDIGEST : r;
}

int
versions_load(struct catalogue *c, const char *image, struct versions *out)
{
	struct load load;
	int r;

	load.v = out;
	r = index_begin(c->index, INDEX_READ, &load.txn);
	if (r != PH_OK)
		return r;
	r = rows_item_each(load.txn, image, on_item, &load);
	index_abort(load.txn);
	if (r != PH_OK) {
		versions_fini(out);
		return r;
	}
	if (out->count > 1)
		qsort(out->items, out->count, sizeof(*out->items),
		    compare_entries);
	return PH_OK;
}

int
versions_add(struct versions *v, const struct manifest *m,
    const struct digest *digest)
{
	int r;

	if (versions_find(v, m->image, m->version) != NULL)
		return PH_EEXISTS;
	r = append(v, m, digest);
	if (r == PH_OK)
		qsort(v->items, v->count, sizeof(*v->items), compare_entries);
	return r;
}

const struct version_entry *
versions_find(const struct versions *v, const char *image, const char *version)
{
	struct version_entry key;

	if (v->count == 0 || strlen(image) > PH_NAME_MAX ||
	    strlen(version) > PH_VERSION_MAX)
		return NULL;
	memset(&key, 0, sizeof(key));
	(void)strcpy(key.image, image);
	(void)strcpy(key.version, version);
	return bsearch(&key, v->items, v->count, sizeof(*v->items),
	    compare_entries);
}
