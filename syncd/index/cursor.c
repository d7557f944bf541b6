/*
 * Cursors.  In a reading transaction LMDB's cursor stands still where it is;
 * in a writing one pages may move below it, so each step looks for the last
 * key again.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "syncd/index/handle.h"

#include "syncd/index/cursor.h"

struct index_cursor {
	struct index_txn *txn;
	enum index_table table;
	MDB_cursor *cursor;
	int given; /* 1: key was given already, go on behind it. */
	uint8_t prefix[INDEX_KEY_MAX];
	size_t prefix_len;
	uint8_t key[INDEX_KEY_MAX]; /* The last one, or where to begin. */
	size_t key_len;
};

int
index_cursor_open(struct index_txn *txn, enum index_table table,
    const void *prefix, size_t prefix_len, struct index_cursor **out)
{
	struct index_cursor *c;
	int r;

	assert(prefix_len <= INDEX_KEY_MAX);
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return PH_ENOMEM;
	c->txn = txn;
	c->table = table;
	if (prefix_len > 0)
		memcpy(c->prefix, prefix, prefix_len);
	c->prefix_len = prefix_len;
	index_cursor_seek(c, prefix, prefix_len);
	r = index_error(
	    mdb_cursor_open(txn->txn, txn->ix->tables[table], &c->cursor));
	if (r != PH_OK) {
		free(c);
		return r;
	}
	*out = c;
	return PH_OK;
}

void
index_cursor_seek(struct index_cursor *c, const void *key, size_t key_len)
{
	assert(key_len <= INDEX_KEY_MAX);
	if (key_len > 0)
		memcpy(c->key, key, key_len);
	c->key_len = key_len;
	c->given = 0;
}

/* Stand at the first key that is not less than c->key. */
static int
find(struct index_cursor *c, MDB_val *key, MDB_val *value)
{
	if (c->key_len == 0)
		return mdb_cursor_get(c->cursor, key, value, MDB_FIRST);
	key->mv_data = c->key;
	key->mv_size = c->key_len;
	return mdb_cursor_get(c->cursor, key, value, MDB_SET_RANGE);
}

/* Stand at the next key that was not given. */
static int
step(struct index_cursor *c, MDB_val *key, MDB_val *value)
{
	int r;

	if (c->given && c->txn->mode == INDEX_READ)
		return mdb_cursor_get(c->cursor, key, value, MDB_NEXT);
	r = find(c, key, value);
	if (r == MDB_SUCCESS && c->given && key->mv_size == c->key_len &&
	    memcmp(key->mv_data, c->key, c->key_len) == 0)
		r = mdb_cursor_get(c->cursor, key, value, MDB_NEXT);
	return r;
}

int
index_cursor_next(struct index_cursor *c, struct index_bytes *key,
    struct index_bytes *value)
{
	MDB_val k, v;
	int r;

	r = step(c, &k, &v);
	if (r != MDB_SUCCESS)
		return index_error(r);
	if (k.mv_size < c->prefix_len ||
	    memcmp(k.mv_data, c->prefix, c->prefix_len) != 0)
		return PH_EABSENT;
	assert(k.mv_size <= INDEX_KEY_MAX);
	memcpy(c->key, k.mv_data, k.mv_size);
	c->key_len = k.mv_size;
	c->given = 1;
	key->data = k.mv_data;
	key->len = k.mv_size;
	return index_unseal(c->txn, c->table, &k, &v, value);
}

void
index_cursor_close(struct index_cursor *c)
{
	if (c == NULL)
		return;
	mdb_cursor_close(c->cursor);
	free(c);
}

int
index_each(struct index_txn *txn, enum index_table table, const void *prefix,
    size_t prefix_len, index_entry *each, void *cookie)
{
	struct index_cursor *c;
	struct index_bytes key, value;
	int r, more;

	r = index_cursor_open(txn, table, prefix, prefix_len, &c);
	if (r != PH_OK)
		return r;
	more = 1;
	while (more && r == PH_OK) {
		r = index_cursor_next(c, &key, &value);
		if (r == PH_OK) {
			r = each(cookie, &key, &value);
		} else if (r == PH_EABSENT) {
			r = PH_OK;
			more = 0;
		}
	}
	index_cursor_close(c);
	return r;
}
