/*
 * Looking for the invariants of a catalogue.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/documents.h"
#include "syncd/catalogue/mandate.h"
#include "syncd/catalogue/marks.h"
#include "syncd/catalogue/rows.h"
#include "syncd/index/cursor.h"
#include "syncd/store/blob.h"
#include "syncd/store/hash.h"
#include "syncd/store/published.h"
#include "syncd/store/staging.h"

#include "tests/unit/syncd/catalogue/invariants.h"

/* What walking over items needs at hand. */
struct walk {
	struct repository *r;
	struct index_txn *txn;
	int granted; /* Items must be in the list. */
	size_t nshown;
};

/* 1 when an entry of our own log names the manifest. */
struct mention {
	char text[DIGEST_TEXT_SIZE];
	int found;
};

static int
on_entry(void *cookie, uint64_t i, const void *body, size_t len)
{
	struct mention *m = cookie;

	(void)i;
	if (memmem(body, len, m->text, strlen(m->text)) != NULL)
		m->found = 1;
	return PH_OK;
}

/* A file of a version: its blob is there, and what clients get is it. */
static void
check_file(struct walk *w, const struct holding *h,
    const struct manifest_file *file, int shown)
{
	char path[1400], below[600];
	struct hash_result result;
	struct blob blob;
	int fd;

	ck_assert_int_eq(blob_look(w->r->c->store, &file->digest, &blob),
	    PH_OK);
	ck_assert_msg(blob.state == BLOB_SOUND, "a blob of %s@%s is missing",
	    h->image, h->version);
	ck_assert_uint_eq(blob.size, file->size);
	(void)snprintf(below, sizeof(below), "store/published/%s/%s/%s",
	    h->image, h->version, file->name);
	world_path(w->r, below, path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (!shown) {
		ck_assert_int_eq(fd, -1);
		return;
	}
	ck_assert_msg(fd >= 0, "%s is missing", path);
	ck_assert_int_eq(hash_file(&w->r->files, fd, -1, NULL, NULL, &result),
	    PH_OK);
	ck_assert_int_eq(digest_compare(&result.digest, &file->digest), 0);
	ck_assert_int_eq(digest_compare(&result.map_root, &file->map), 0);
	(void)close(fd);
}

static int
on_item(void *cookie, const struct holding *h)
{
	struct walk *w = cookie;
	struct document_name name;
	struct grant_item item;
	struct document d;
	struct mention mention;
	struct manifest m;
	size_t i;
	int shown;

	document_init(&d);
	name = documents_manifest_name(&h->manifest);
	if (h->state == HOLDING_WITHDRAWN) {
		if (mandate_item(w->r->c, h->image, h->version, &item) != PH_OK)
			ck_assert_int_eq(documents_get(&w->r->files,
					     w->r->c->state_dir, &name, &d),
			    PH_EABSENT);
		return PH_OK;
	}
	ck_assert(h->state == HOLDING_VISIBLE || h->state == HOLDING_COMPLETE ||
	    h->state == HOLDING_EMBARGOED);
	shown = h->state == HOLDING_VISIBLE;
	w->nshown += (size_t)shown;
	ck_assert_int_eq(documents_get(&w->r->files, w->r->c->state_dir, &name,
			     &d),
	    PH_OK);
	manifest_init(&m);
	ck_assert_int_eq(manifest_decode(d.bytes, d.len, &m), PH_OK);
	ck_assert_str_eq(m.image, h->image);
	ck_assert_str_eq(m.version, h->version);
	for (i = 0; i < m.nfiles; i++) {
		check_file(w, h, &m.files[i], shown);
		ck_assert_int_eq(rows_reference_any(w->txn, &m.files[i].digest),
		    1);
	}
	digest_text(&h->manifest, mention.text);
	mention.found = 0;
	ck_assert_int_eq(log_each(w->r->c->log, 0, on_entry, &mention), PH_OK);
	ck_assert_msg(mention.found, "%s@%s is not in the log", h->image,
	    h->version);
	if (w->granted && !catalogue_is_primary(w->r->c))
		ck_assert_int_eq(mandate_item(w->r->c, h->image, h->version,
				     &item),
		    PH_OK);
	manifest_fini(&m);
	document_fini(&d);
	return PH_OK;
}

static int
on_published(void *cookie, const char *image, const char *version)
{
	size_t *count = cookie;

	(void)image;
	(void)version;
	(*count)++;
	return PH_OK;
}

/* Invariant 3. */
static void
check_marks(struct repository *r)
{
	struct marks marks;
	struct grant grant;
	int disagree;

	ck_assert_int_eq(marks_get(r->c, &marks, &disagree), PH_OK);
	if (mandate_grant(r->c, &grant) == PH_OK)
		ck_assert_int_ge(order_compare(&marks.grant, &grant.order), 0);
}

static void
check(struct repository *r, int granted)
{
	struct walk w;
	size_t npublished;

	memset(&w, 0, sizeof(w));
	w.r = r;
	w.granted = granted;
	ck_assert_int_eq(index_begin(r->c->index, INDEX_READ, &w.txn), PH_OK);
	ck_assert_int_eq(rows_item_each(w.txn, NULL, on_item, &w), PH_OK);
	index_abort(w.txn);
	npublished = 0;
	ck_assert_int_eq(published_list(r->c->store, on_published, &npublished),
	    PH_OK);
	ck_assert_uint_eq(npublished, w.nshown);
	if (!catalogue_is_primary(r->c))
		check_marks(r);
}

void
invariants_check(struct repository *r)
{
	check(r, 0);
}

void
invariants_check_granted(struct repository *r)
{
	check(r, 1);
}

/* A blob that is in the store: something must name it. */
static int
on_blob(void *cookie, const struct digest *digest)
{
	struct walk *w = cookie;

	ck_assert_int_eq(rows_reference_any(w->txn, digest), 1);
	return PH_OK;
}

static int
on_partial(void *cookie, const struct staging_partial *p)
{
	return on_blob(cookie, &p->target);
}

static int
on_row(void *cookie, const struct index_bytes *key,
    const struct index_bytes *value)
{
	struct buffer *out = cookie;
	size_t i;

	for (i = 0; i < key->len; i++)
		ck_assert_int_eq(buffer_putf(out, "%02x", key->data[i]), PH_OK);
	ck_assert_int_eq(buffer_put(out, "=", 1), PH_OK);
	for (i = 0; i < value->len; i++)
		ck_assert_int_eq(buffer_putf(out, "%02x", value->data[i]),
		    PH_OK);
	return buffer_put(out, "\n", 1);
}

/* All that the index says, but for the counters of refusals, as text. */
static void
dump(struct repository *r, struct buffer *out)
{
	struct index_txn *txn;
	unsigned int table;

	buffer_init(out, 256u << 20);
	ck_assert_int_eq(index_begin(r->c->index, INDEX_READ, &txn), PH_OK);
	for (table = 0; table < INDEX_NTABLES; table++) {
		if (table == INDEX_REFUSALS)
			continue;
		ck_assert_int_eq(buffer_putf(out, "table %u\n", table), PH_OK);
		ck_assert_int_eq(index_each(txn, (enum index_table)table, NULL,
				     0, on_row, out),
		    PH_OK);
	}
	index_abort(txn);
}

/* Show where two dumps part. */
static void
compare(const struct repository *r, const struct buffer *a,
    const struct buffer *b)
{
	size_t i;

	if (a->len == b->len && memcmp(a->data, b->data, a->len) == 0)
		return;
	for (i = 0; i < a->len && i < b->len && a->data[i] == b->data[i];)
		i++;
	while (i > 0 && a->data[i - 1] != '\n')
		i--;
	ck_abort_msg("%s: the index was\n%.400s\nand is now\n%.400s", r->name,
	    (const char *)a->data + i, (const char *)b->data + i);
}

void
invariants_check_rebuild(struct repository *r)
{
	struct buffer before, after;
	char path[1200];
	struct walk w;

	world_reopen(r);
	check(r, 1);
	memset(&w, 0, sizeof(w));
	w.r = r;
	ck_assert_int_eq(index_begin(r->c->index, INDEX_READ, &w.txn), PH_OK);
	ck_assert_int_eq(blob_list(r->c->store, on_blob, &w), PH_OK);
	ck_assert_int_eq(staging_list(r->c->store, on_partial, &w), PH_OK);
	index_abort(w.txn);
	dump(r, &before);
	world_close(r);
	world_path(r, "state/index", path);
	world_shell("rm -rf %s", path);
	world_open(r);
	check(r, 1);
	dump(r, &after);
	(void)buffer_put(&before, "", 1);
	(void)buffer_put(&after, "", 1);
	compare(r, &before, &after);
	buffer_fini(&before);
	buffer_fini(&after);
}
