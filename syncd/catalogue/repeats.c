/*
 * A row has 16 bytes: when it was told, and how often it was counted since.
 */
#include <assert.h>

#include "proto/buffer.h"
#include "proto/errors.h"
#include "proto/reader.h"
#include "syncd/catalogue/context.h"

#include "syncd/catalogue/repeats.h"

/* What a row says; without one, it was never told. */
static int
get_row(struct index_txn *txn, const void *key, size_t len, uint64_t *told,
    uint64_t *repeats)
{
	struct index_bytes value;
	struct reader reader;
	int r;

	*told = *repeats = 0;
	r = index_get(txn, INDEX_REFUSALS, key, len, &value);
	if (r != PH_OK)
		return r == PH_EABSENT ? PH_OK : r;
	reader_init(&reader, value.data, value.len);
	r = reader_get_u64(&reader, told);
	if (r == PH_OK)
		r = reader_get_u64(&reader, repeats);
	return r == PH_OK ? PH_OK : PH_EDIGEST;
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
