/*
 * Scrubbing.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/holding.h"
#include "proto/manifest.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/reception.h"
#include "syncd/catalogue/rows.h"
#include "syncd/store/blob.h"
#include "syncd/store/hash.h"

#include "syncd/catalogue/scrub.h"

struct listing {
	struct index_txn *txn;
	const char *version;
	struct scrub_target *items;
	size_t count;
};

static int
add_file(struct listing *l, const struct holding *h,
    const struct manifest_file *file)
{
	struct scrub_target *items, *t;

	items = realloc(l->items, (l->count + 1) * sizeof(*items));
	if (items == NULL)
		return PH_ENOMEM;
	l->items = items;
	t = &items[l->count++];
	memset(t, 0, sizeof(*t));
	(void)strcpy(t->image, h->image);
	(void)strcpy(t->version, h->version);
	(void)strcpy(t->file, file->name);
	t->manifest = h->manifest;
	t->blob = file->digest;
	t->map = file->map;
	t->size = file->size;
	return PH_OK;
}

static int
on_item(void *cookie, const struct holding *h)
{
	struct listing *l;
	struct manifest m;
	size_t i;
	int r;

	l = cookie;
	if (h->state == HOLDING_WITHDRAWN ||
	    (l->version != NULL && strcmp(h->version, l->version) != 0))
		return PH_OK;
	manifest_init(&m);
	r = rows_manifest_get(l->txn, &h->manifest, NULL, &m);
	for (i = 0; r == PH_OK && i < m.nfiles; i++)
		r = add_file(l, h, &m.files[i]);
	manifest_fini(&m);
	return r;
}

int
scrub_list(struct catalogue *c, const char *image, const char *version,
    struct scrub_target **out, size_t *n)
{
	struct listing l;
	int r;

	memset(&l, 0, sizeof(l));
	l.version = version;
	r = index_begin(c->index, INDEX_READ, &l.txn);
	if (r != PH_OK)
		return r;
	r = rows_item_each(l.txn, image, on_item, &l);
	index_abort(l.txn);
	if (r != PH_OK) {
		free(l.items);
		return r;
	}
	*out = l.items;
	*n = l.count;
	return PH_OK;
}

int
scrub_blob(struct store *store, const struct scrub_target *target, int64_t now,
    const struct progress *progress, struct blob_record *record)
{
	struct hash_result result;
	struct blob blob;
	int r;

	r = blob_open(store, &target->blob, &blob);
	if (r != PH_OK)
		return r;
	if (blob.state == BLOB_ABSENT || blob.state == BLOB_WRONG_SIZE)
		return PH_EDIGEST;
	r = hash_file(store_files(store), blob.fd, -1, progress, NULL, &result);
	if (r == PH_OK &&
	    (digest_compare(&result.digest, &target->blob) != 0 ||
		digest_compare(&result.map_root, &target->map) != 0))
		r = PH_EDIGEST;
	/* It is right, whatever its record said: describe it anew. */
	if (r == PH_OK) {
		memset(record, 0, sizeof(*record));
		record->map_root = result.map_root;
		record->evidence = HOLDING_SCRUBBED;
		record->time = now;
		r = blob_describe(store, blob.fd, record);
	}
	blob_close(store, &blob);
	return r;
}

/*
 * When all blobs of a held version were scrubbed, the oldest of these times
 * is its evidence.  PH_OK, or PH_EABSENT while one was not.
 */
static int
find_evidence(struct catalogue *c, struct holding *h)
{
	struct index_txn *txn;
	struct manifest m;
	struct blob blob;
	size_t i;
	int r;

	manifest_init(&m);
	r = index_begin(c->index, INDEX_READ, &txn);
	if (r != PH_OK)
		return r;
	r = rows_manifest_get(txn, &h->manifest, NULL, &m);
	index_abort(txn);
	h->evidence = HOLDING_SCRUBBED;
	h->time = INT64_MAX;
	for (i = 0; r == PH_OK && i < m.nfiles; i++) {
		r = blob_look(c->store, &m.files[i].digest, &blob);
		if (r == PH_OK &&
		    (blob.state != BLOB_SOUND ||
			blob.record.evidence != HOLDING_SCRUBBED))
			r = PH_EABSENT;
		if (r == PH_OK && blob.record.time < h->time)
			h->time = blob.record.time;
	}
	manifest_fini(&m);
	return r;
}

/* What has become of what was hashed. */
enum standing {
	STANDING_HELD,
	STANDING_NAMED, /* To be received again, say. */
	STANDING_GONE,
};

/* Look up what was hashed meanwhile; *h is its row where it is held. */
static int
look_up(struct catalogue *c, const struct scrub_target *target,
    enum standing *standing, struct holding *h)
{
	struct index_txn *txn;
	int r, named;

	r = index_begin(c->index, INDEX_READ, &txn);
	if (r != PH_OK)
		return r;
	named = rows_reference_any(txn, &target->blob);
	r = rows_item_get(txn, target->image, target->version, h);
	index_abort(txn);
	if (named < 0)
		return named;
	if (!named || (r == PH_OK && h->state == HOLDING_WITHDRAWN))
		*standing = STANDING_GONE;
	else
		*standing = r == PH_OK ? STANDING_HELD : STANDING_NAMED;
	return r == PH_EABSENT ? PH_OK : r;
}

/* A blob is what it should be: its record, and the evidence of its version. */
static int
record_right(struct catalogue *c, const struct scrub_target *target,
    const struct blob_record *record, const struct holding *now)
{
	struct holding h;
	int r;

	h = *now;
	r = blob_put_record(c->store, &target->blob, record);
	if (r == PH_OK)
		r = find_evidence(c, &h);
	if (r == PH_EABSENT ||
	    (r == PH_OK && now->evidence == h.evidence && now->time == h.time))
		return PH_OK;
	return r == PH_OK ? reception_note(c, &h) : r;
}

int
scrub_record(struct catalogue *c, const struct scrub_target *target, int result,
    const struct blob_record *record, int *gone)
{
	enum standing standing;
	struct holding h;
	int r;

	r = look_up(c, target, &standing, &h);
	if (r != PH_OK)
		return r;
	*gone = standing == STANDING_GONE;
	if (result == PH_EDIGEST && standing != STANDING_GONE)
		return reception_damaged(c, &target->blob);
	if (result == PH_OK && standing == STANDING_HELD)
		return record_right(c, target, record, &h);
	return PH_OK;
}
