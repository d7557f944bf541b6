/*
 * What is wanted.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/lineset.h"
#include "proto/version.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/documents.h"
#include "syncd/catalogue/mandate.h"
#include "syncd/catalogue/reception.h"
#include "syncd/catalogue/rows.h"

#include "syncd/catalogue/wanted.h"

/* By image; the newest version first. */
static int
compare_wanted(const void *pa, const void *pb)
{
	const struct grant_item *a, *b;
	int order;

	a = pa;
	b = pb;
	order = strcmp(a->image, b->image);
	return order != 0 ? order : version_compare(b->version, a->version);
}

int
wanted_load(struct catalogue *c, struct wanted *out)
{
	struct lineset *list;
	const char *line;
	size_t i, len;
	int r;

	memset(out, 0, sizeof(*out));
	r = mandate_list(c, &list);
	if (r != PH_OK)
		return r;
	out->items = calloc(lineset_count(list) + 1, sizeof(*out->items));
	if (out->items == NULL)
		r = PH_ENOMEM;
	for (i = 0; r == PH_OK && i < lineset_count(list); i++) {
		line = lineset_line(list, i, &len);
		r = grant_item_decode(line, len, &out->items[i]);
	}
	out->count = lineset_count(list);
	lineset_free(list);
	if (r == PH_OK)
		qsort(out->items, out->count, sizeof(*out->items),
		    compare_wanted);
	else {
		free(out->items);
		out->items = NULL;
	}
	return r;
}

int
wanted_is_held(struct index_txn *txn, const struct grant_item *item)
{
	struct holding h;

	return rows_item_get(txn, item->image, item->version, &h) == PH_OK &&
	    h.state != HOLDING_WITHDRAWN && h.state != HOLDING_PARTIAL &&
	    digest_compare(&h.manifest, &item->manifest) == 0;
}

int
wanted_manifest(struct catalogue *c, const struct grant_item *item,
    struct manifest *out)
{
	struct document_name name;
	struct index_txn *txn;
	struct failure f;
	struct document d;
	int r;

	r = index_begin(c->index, INDEX_READ, &txn);
	if (r != PH_OK)
		return r;
	r = rows_manifest_get(txn, &item->manifest, NULL, out);
	index_abort(txn);
	if (r != PH_EABSENT)
		return r;
	document_init(&d);
	name = documents_manifest_name(&item->manifest);
	r = documents_get(c->config.files, c->state_dir, &name, &d);
	if (r == PH_OK)
		r = reception_manifest(c, &item->manifest, &d, &f);
	if (r == PH_OK)
		r = manifest_decode(d.bytes, d.len, out);
	document_fini(&d);
	return r == PH_EIO ? r : r == PH_OK ? PH_OK : PH_EABSENT;
}

int
wanted_enter(struct catalogue *c)
{
	struct wanted wanted;
	struct index_txn *txn;
	struct manifest m;
	size_t i;
	int held, r;

	r = wanted_load(c, &wanted);
	for (i = 0; r == PH_OK && i < wanted.count; i++) {
		r = index_begin(c->index, INDEX_READ, &txn);
		if (r != PH_OK)
			break;
		held = wanted_is_held(txn, &wanted.items[i]);
		index_abort(txn);
		if (held)
			continue;
		manifest_init(&m);
		r = wanted_manifest(c, &wanted.items[i], &m);
		manifest_fini(&m);
		r = r == PH_EABSENT ? PH_OK : r;
	}
	free(wanted.items);
	return r;
}
