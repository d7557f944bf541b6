/*
 * What the store knows of our log.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "syncd/catalogue/ledger.h"
#include "syncd/catalogue/mandate.h"
#include "syncd/catalogue/marks.h"
#include "syncd/catalogue/rows.h"
#include "syncd/catalogue/sweep.h"
#include "syncd/catalogue/wanted.h"
#include "syncd/config/marker.h"
#include "syncd/store/blob.h"
#include "syncd/store/published.h"

#include "syncd/catalogue/witness.h"

/* Versions that are told one by one. */
#define TOLD_MAX 16u

int
witness_check(struct catalogue *c)
{
	struct marker marker;
	struct digest root;
	struct log *log;
	int r;

	r = marker_read(c->config.layout->store_dir, &marker, &c->failure);
	if (r == PH_OK)
		r = ledger_log(c, NULL, &log);
	if (r != PH_OK)
		return r;
	c->witnessed = marker.log_size;
	if (marker.log_size == 0)
		return PH_OK;
	r = log_subtree(log, 0, marker.log_size, &root);
	c->outdated = r == PH_EABSENT ||
	    (r == PH_OK && digest_compare(&root, &marker.log_root) != 0);
	return c->outdated ? PH_OK : r;
}

/* Write the marker, if the log has grown since. */
static int
put_mark(struct catalogue *c)
{
	struct marker marker;
	struct log *log;
	int r;

	r = ledger_log(c, NULL, &log);
	if (r != PH_OK || c->outdated || log_size(log) == c->witnessed)
		return r;
	r = marker_read(c->config.layout->store_dir, &marker, &c->failure);
	if (r != PH_OK)
		return r;
	marker.log_size = log_size(log);
	log_root(log, &marker.log_root);
	r = marker_write(c->config.layout->store_dir, &marker, &c->failure);
	if (r == PH_OK)
		c->witnessed = marker.log_size;
	return r;
}

void
witness_raise(struct catalogue *c)
{
	(void)!put_mark(c);
}

/* What lies in the store and the log does not name. */
struct unknown {
	struct catalogue *c;
	struct index_txn *txn;
	catalogue_line *line; /* NULL: only count. */
	void *cookie;
	size_t nversions;
	size_t nblobs;
	uint64_t size; /* Bytes of those. */
};

static int
on_published(void *cookie, const char *image, const char *version)
{
	struct unknown *u;
	struct holding h;
	char text[2 * PH_NAME_MAX + 256];
	int r;

	u = cookie;
	r = rows_item_get(u->txn, image, version, &h);
	if (r != PH_EABSENT)
		return r;
	u->nversions++;
	if (u->line == NULL || u->nversions > TOLD_MAX)
		return PH_OK;
	(void)snprintf(text, sizeof(text),
	    "%.*s@%.*s is in published/ and not in the log: publish the same "
	    "files again under that name, or remove that directory",
	    (int)PH_NAME_MAX, image, (int)PH_NAME_MAX, version);
	u->line(u->cookie, text);
	return PH_OK;
}

static int
on_blob(void *cookie, const struct digest *digest)
{
	struct unknown *u;
	struct blob blob;
	int r;

	u = cookie;
	r = rows_reference_any(u->txn, digest);
	if (r != 0)
		return r < 0 ? r : PH_OK;
	r = blob_look(u->c->store, digest, &blob);
	if (r != PH_OK)
		return r;
	u->nblobs++;
	u->size += blob.size;
	return PH_OK;
}

/* Count what is unknown, and tell of it where there is a line. */
static int
find_unknown(struct catalogue *c, struct unknown *u)
{
	int r;

	u->c = c;
	r = index_begin(c->index, INDEX_READ, &u->txn);
	if (r != PH_OK)
		return r;
	r = published_list(c->store, on_published, u);
	if (r == PH_OK)
		r = blob_list(c->store, on_blob, u);
	index_abort(u->txn);
	return r;
}

/* 1 when the newest grant is in force and all its manifests are here. */
static int
knows_granted(struct catalogue *c)
{
	struct index_txn *txn;
	struct wanted wanted;
	struct marks marks;
	struct grant grant;
	size_t i;
	int disagree, r;

	r = marks_get(c, &marks, &disagree);
	if (r == PH_OK)
		r = mandate_grant(c, &grant);
	if (r == PH_OK && order_compare(&grant.order, &marks.grant) < 0)
		r = PH_EABSENT;
	if (r != PH_OK)
		return r == PH_EABSENT ? 0 : r;
	r = wanted_load(c, &wanted);
	if (r != PH_OK)
		return r;
	r = index_begin(c->index, INDEX_READ, &txn);
	for (i = 0; r == PH_OK && i < wanted.count; i++)
		r = rows_manifest_get(txn, &wanted.items[i].manifest, NULL,
		    NULL);
	index_abort(txn);
	free(wanted.items);
	return r == PH_OK ? 1 : r == PH_EABSENT ? 0 : r;
}

int
witness_upkeep(struct catalogue *c)
{
	struct unknown u;
	int r;

	if (!c->outdated)
		return put_mark(c);
	if (!catalogue_is_primary(c)) {
		r = knows_granted(c);
		if (r == 1)
			r = sweep_store(c);
		if (r != PH_OK)
			return r;
	}
	memset(&u, 0, sizeof(u));
	r = find_unknown(c, &u);
	if (r != PH_OK || u.nversions + u.nblobs > 0)
		return r;
	c->outdated = 0;
	/* Of another log, it may have the same size. */
	c->witnessed = 0;
	return put_mark(c);
}

void
witness_notices(struct catalogue *c, catalogue_line *line, void *cookie)
{
	char text[320];
	struct unknown u;

	if (!c->outdated)
		return;
	line(cookie,
	    "the store knows of more than the log has: state_dir is older than "
	    "store_dir (was it restored from a backup, or copied?); nothing "
	    "is removed from the store because the log does not name it");
	memset(&u, 0, sizeof(u));
	u.line = catalogue_is_primary(c) ? line : NULL;
	u.cookie = cookie;
	if (find_unknown(c, &u) != PH_OK)
		return;
	if (u.line != NULL && u.nversions > TOLD_MAX) {
		(void)snprintf(text, sizeof(text),
		    "%zu more versions are in published/ and not in the log",
		    u.nversions - TOLD_MAX);
		line(cookie, text);
	}
	if (u.nblobs == 0)
		return;
	(void)snprintf(text, sizeof(text),
	    "%zu files of blobs/, of %" PRIu64
	    " KiB, belong to nothing that the log names: %s",
	    u.nblobs, u.size >> 10,
	    catalogue_is_primary(c) ?
		"they are kept until their versions are published again, or "
		"you remove them" :
		"they are kept and not shown until the next contact; what the "
		"grant lists is then taken up again without transfer, the "
		"rest is removed");
	line(cookie, text);
}
