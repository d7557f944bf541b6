/*
 * A row has 16 bytes: when it was told, and how often it was counted since.
 */
#include <assert.h>
#include <string.h>

#include "proto/buffer.h"
#include "proto/errors.h"
#include "proto/reader.h"
#include "syncd/catalogue/context.h"
#include "syncd/index/cursor.h"

#include "syncd/catalogue/repeats.h"

static int
decode_row(const struct index_bytes *value, uint64_t *told, uint64_t *repeats)
{
	struct reader reader;
	int r;

	reader_init(&reader, value->data, value->len);
	r = reader_get_u64(&reader, told);
	if (r == PH_OK)
		r = reader_get_u64(&reader, repeats);
	return r == PH_OK ? PH_OK : PH_EDIGEST;
}

/* What a row says; without one, it was never told. */
static int
get_row(struct index_txn *txn, const void *key, size_t len, uint64_t *told,
    uint64_t *repeats)
{
	struct index_bytes value;
	int r;

	*told = *repeats = 0;
	r = index_get(txn, INDEX_REFUSALS, key, len, &value);
	if (r == PH_OK)
		return decode_row(&value, told, repeats);
	return r == PH_EABSENT ? PH_OK : r;
}

static int
put_row(struct catalogue *c, const void *key, size_t len, uint64_t told,
    uint64_t repeats)
{
	struct index_txn *txn;
	struct buffer bytes;
	int r;

	buffer_init(&bytes, 16);
	r = buffer_put_u64(&bytes, told);
	if (r == PH_OK)
		r = buffer_put_u64(&bytes, repeats);
	if (r == PH_OK)
		r = index_begin(c->index, INDEX_WRITE, &txn);
	if (r != PH_OK)
		goto out;
	r = index_put(txn, INDEX_REFUSALS, key, len, bytes.data, bytes.len);
	if (r == PH_OK)
		r = index_commit(txn);
	else
		index_abort(txn);
out:
	buffer_fini(&bytes);
	return r;
}

int
repeats_count(struct catalogue *c, const void *key, size_t len, int *due,
    uint64_t *repeats)
{
	struct index_txn *txn;
	uint64_t told, now;
	int r;

	assert(len <= REPEATS_KEY_MAX);
	now = (uint64_t)clock_wall(c->config.clock);
	r = index_begin(c->index, INDEX_READ, &txn);
	if (r != PH_OK)
		return r;
	r = get_row(txn, key, len, &told, repeats);
	index_abort(txn);
	/* Nobody waits for a clock that was set back. */
	*due = now < told || now - told >= REPEATS_INTERVAL_S;
	if (r != PH_OK || *due)
		return r;
	return put_row(c, key, len, told, *repeats + 1);
}

int
repeats_told(struct catalogue *c, const void *key, size_t len)
{
	return put_row(c, key, len, (uint64_t)clock_wall(c->config.clock), 0);
}

/* What a walk over the counts has at hand. */
struct prune {
	struct index_txn *txn;
	uint64_t now;
};

/* Remove one that is too old, of a clock that was set back, or damaged. */
static int
on_row(void *cookie, const struct index_bytes *key,
    const struct index_bytes *value)
{
	uint8_t copy[REPEATS_KEY_MAX];
	uint64_t told, repeats;
	struct prune *prune;

	prune = cookie;
	if (key->len > sizeof(copy))
		return PH_EDIGEST;
	if (decode_row(value, &told, &repeats) == PH_OK && told <= prune->now &&
	    prune->now - told < REPEATS_KEPT_S)
		return PH_OK;
	/* The key is the table's own, until something is changed. */
	memcpy(copy, key->data, key->len);
	return index_delete(prune->txn, INDEX_REFUSALS, copy, key->len);
}

int
repeats_prune(struct catalogue *c)
{
	struct prune prune;
	int64_t now;
	int r;

	now = clock_wall(c->config.clock);
	if (now >= c->pruned && now - c->pruned < REPEATS_INTERVAL_S)
		return PH_OK;
	c->pruned = now;
	prune.now = (uint64_t)now;
	r = index_begin(c->index, INDEX_WRITE, &prune.txn);
	if (r != PH_OK)
		return r;
	r = index_each(prune.txn, INDEX_REFUSALS, NULL, 0, on_row, &prune);
	if (r == PH_OK)
		return index_commit(prune.txn);
	index_abort(prune.txn);
	return r;
}
