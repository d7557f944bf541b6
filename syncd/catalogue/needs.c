/*
 * What is missing here, and what may serve as a base for it.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/manifest.h"
#include "proto/version.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/rows.h"
#include "syncd/catalogue/wanted.h"
#include "syncd/store/blob.h"

#include "syncd/catalogue/needs.h"

int
needs_manifests(struct catalogue *c, needs_skip *skip, void *cookie,
    struct digest *out, size_t max, size_t *n)
{
	struct wanted wanted;
	struct index_txn *txn;
	struct manifest m;
	size_t i;
	int held, r;

	*n = 0;
	r = wanted_load(c, &wanted);
	for (i = 0; r == PH_OK && i < wanted.count && *n < max; i++) {
		if (wanted.items[i].state == GRANT_RETIRE ||
		    (skip != NULL && skip(cookie, &wanted.items[i].manifest)))
			continue;
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
		if (r == PH_EABSENT) {
			out[(*n)++] = wanted.items[i].manifest;
			r = PH_OK;
		}
	}
	free(wanted.items);
	return r;
}

/* Collecting the held versions of an image that may serve as bases. */
struct bases {
	struct index_txn *txn;
	struct need *need;
};

/* 1 when version a is a better base for target than b. */
static int
is_nearer(const char *target, const char *a, const char *b)
{
	int before_a, before_b;

	before_a = version_compare(a, target) < 0;
	before_b = version_compare(b, target) < 0;
	if (before_a != before_b)
		return before_a;
	return before_a ? version_compare(a, b) > 0 : version_compare(a, b) < 0;
}

/* Put a base where it belongs among the best. */
static void
insert_base(struct need *need, const char *version, const struct digest *blob)
{
	size_t i, k;

	for (i = 0; i < need->nbases; i++) {
		if (digest_compare(&need->bases[i], blob) == 0)
			return;
	}
	for (i = 0; i < need->nbases; i++) {
		if (is_nearer(need->version, version, need->base_versions[i]))
			break;
	}
	if (i == NEED_BASES_MAX)
		return;
	if (need->nbases < NEED_BASES_MAX)
		need->nbases++;
	for (k = need->nbases - 1; k > i; k--) {
		need->bases[k] = need->bases[k - 1];
		memcpy(need->base_versions[k], need->base_versions[k - 1],
		    sizeof(need->base_versions[k]));
	}
	need->bases[i] = *blob;
	(void)strcpy(need->base_versions[i], version);
}

/* A version of the same image: its file of the same name, or the only one. */
static int
on_base(void *cookie, const struct holding *h)
{
	const struct manifest_file *file;
	struct bases *bases;
	struct manifest m;
	int r;

	bases = cookie;
	if (h->state != HOLDING_VISIBLE && h->state != HOLDING_COMPLETE &&
	    h->state != HOLDING_EMBARGOED)
		return PH_OK;
	manifest_init(&m);
	r = rows_manifest_get(bases->txn, &h->manifest, NULL, &m);
	if (r == PH_OK) {
		file = manifest_file(&m, bases->need->file);
		if (file == NULL && m.nfiles == 1 && bases->need->alone)
			file = &m.files[0];
		if (file != NULL)
			insert_base(bases->need, h->version, &file->digest);
	}
	manifest_fini(&m);
	return r == PH_EABSENT ? PH_OK : r;
}

int
needs_find_bases(struct catalogue *c, struct need *n)
{
	struct bases bases;
	int r;

	bases.need = n;
	r = index_begin(c->index, INDEX_READ, &bases.txn);
	if (r != PH_OK)
		return r;
	r = rows_item_each(bases.txn, n->image, on_base, &bases);
	index_abort(bases.txn);
	return r;
}

/* Fill in a need for one file of a manifest. */
static void
describe(const struct manifest *m, const struct manifest_file *file,
    struct need *out)
{
	memset(out, 0, sizeof(*out));
	(void)strcpy(out->image, m->image);
	(void)strcpy(out->version, m->version);
	(void)strcpy(out->file, file->name);
	out->alone = m->nfiles == 1;
	out->blob = file->digest;
	out->map = file->map;
	out->size = file->size;
}

/* Tell what one granted version lacks. */
static int
needs_of(struct catalogue *c, const struct grant_item *item, need_fn *each,
    void *cookie)
{
	struct need n;
	struct index_txn *txn;
	struct manifest m;
	struct blob blob;
	size_t i, k;
	int held, r;

	r = index_begin(c->index, INDEX_READ, &txn);
	if (r != PH_OK)
		return r;
	held = wanted_is_held(txn, item);
	index_abort(txn);
	if (held)
		return PH_OK;
	manifest_init(&m);
	r = wanted_manifest(c, item, &m);
	for (i = 0; r == PH_OK && i < m.nfiles; i++) {
		for (k = 0; k < i; k++) {
			if (digest_compare(&m.files[k].digest,
				&m.files[i].digest) == 0)
				break;
		}
		if (k < i)
			continue;
		r = blob_look(c->store, &m.files[i].digest, &blob);
		if (r != PH_OK || blob.state == BLOB_SOUND)
			continue;
		describe(&m, &m.files[i], &n);
		r = each(cookie, &n);
	}
	manifest_fini(&m);
	return r == PH_EABSENT ? PH_OK : r;
}

int
needs_each(struct catalogue *c, need_fn *each, void *cookie)
{
	struct wanted wanted;
	size_t i;
	int r;

	r = wanted_load(c, &wanted);
	for (i = 0; r == PH_OK && i < wanted.count; i++) {
		if (wanted.items[i].state != GRANT_RETIRE)
			r = needs_of(c, &wanted.items[i], each, cookie);
	}
	free(wanted.items);
	return r;
}
