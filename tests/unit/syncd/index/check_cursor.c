/*
 * Walking over tables.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/index/cursor.h"
#include "tests/unit/check_main.h"
#include "tests/unit/tempdir.h"

static struct files fs;
static struct index *ix;
static struct index_txn *txn;

static void
setup(void)
{
	struct failure failure;
	char where[600];
	char key[8];
	int i;

	fs = files_system();
	(void)snprintf(where, sizeof(where), "%s/index", tempdir_begin());
	ck_assert_int_eq(index_open(&fs, where, 0, &ix, &failure), PH_OK);
	ck_assert_int_eq(index_settle(ix), PH_OK);
	ck_assert_int_eq(index_begin(ix, INDEX_WRITE, &txn), PH_OK);
	/* In an order that is not theirs. */
	for (i = 0; i < 1000; i++) {
		(void)snprintf(key, sizeof(key), "k%03d", i * 7 % 1000);
		ck_assert_int_eq(index_put(txn, INDEX_MANIFESTS, key, 4, key,
				     4),
		    PH_OK);
	}
	ck_assert_int_eq(index_put(txn, INDEX_MANIFESTS, "\xff\xff", 2, "", 0),
	    PH_OK);
	ck_assert_int_eq(index_put(txn, INDEX_MANIFESTS, "a", 1, "", 0), PH_OK);
	ck_assert_int_eq(index_commit(txn), PH_OK);
}

static void
teardown(void)
{
	index_close(ix);
	tempdir_end();
}

struct count {
	unsigned int n;
	unsigned int stop_at;
	char last[8];
};

static int
count_entry(void *cookie, const struct index_bytes *key,
    const struct index_bytes *value)
{
	struct count *count = cookie;

	ck_assert_uint_lt(key->len, sizeof(count->last));
	ck_assert(
	    count->n == 0 || memcmp(count->last, key->data, key->len) < 0);
	memset(count->last, 0, sizeof(count->last));
	memcpy(count->last, key->data, key->len);
	ck_assert(value->len == 0 || value->len == key->len);
	count->n++;
	return count->n == count->stop_at ? PH_EABSENT : PH_OK;
}

START_TEST(prefixes)
{
	static const struct {
		const char *prefix;
		unsigned int n;
	} rows[] = {
		{ "", 1002 },
		{ "k", 1000 },
		{ "k1", 100 },
		{ "k12", 10 },
		{ "k123", 1 },
		{ "k1234", 0 },
		{ "b", 0 },
		{ "\xff", 1 },
		{ "\xff\xff", 1 },
		{ "\xff\xff\xff", 0 },
		{ "a", 1 },
	};
	struct count count;
	size_t i;
	int mode;

	for (mode = 0; mode < 2; mode++) {
		ck_assert_int_eq(index_begin(ix,
				     mode == 0 ? INDEX_READ : INDEX_WRITE,
				     &txn),
		    PH_OK);
		for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			memset(&count, 0, sizeof(count));
			ck_assert_int_eq(index_each(txn, INDEX_MANIFESTS,
					     rows[i].prefix,
					     strlen(rows[i].prefix),
					     count_entry, &count),
			    PH_OK);
			ck_assert_uint_eq(count.n, rows[i].n);
		}
		memset(&count, 0, sizeof(count));
		ck_assert_int_eq(index_each(txn, INDEX_META, NULL, 0,
				     count_entry, &count),
		    PH_OK);
		ck_assert_uint_eq(count.n, 0);
		index_abort(txn);
	}
}
END_TEST

START_TEST(stopped_by_the_callback)
{
	struct count count;

	ck_assert_int_eq(index_begin(ix, INDEX_READ, &txn), PH_OK);
	memset(&count, 0, sizeof(count));
	count.stop_at = 5;
	ck_assert_int_eq(index_each(txn, INDEX_MANIFESTS, "k", 1, count_entry,
			     &count),
	    PH_EABSENT);
	ck_assert_uint_eq(count.n, 5);
	ck_assert_str_eq(count.last, "k004");
	index_abort(txn);
}
END_TEST

START_TEST(sought)
{
	struct index_cursor *c;
	struct index_bytes key, value;

	ck_assert_int_eq(index_begin(ix, INDEX_READ, &txn), PH_OK);
	ck_assert_int_eq(index_cursor_open(txn, INDEX_MANIFESTS, "k", 1, &c),
	    PH_OK);
	index_cursor_seek(c, "k5", 2);
	ck_assert_int_eq(index_cursor_next(c, &key, &value), PH_OK);
	ck_assert_mem_eq(key.data, "k500", 4);
	ck_assert_int_eq(index_cursor_next(c, &key, &value), PH_OK);
	ck_assert_mem_eq(value.data, "k501", 4);
	index_cursor_seek(c, "k999", 4);
	ck_assert_int_eq(index_cursor_next(c, &key, &value), PH_OK);
	ck_assert_int_eq(index_cursor_next(c, &key, &value), PH_EABSENT);
	ck_assert_int_eq(index_cursor_next(c, &key, &value), PH_EABSENT);
	index_cursor_close(c);
	index_cursor_close(NULL);
	index_abort(txn);
}
END_TEST

/* Delete what is walked over, and more, and put behind: nothing is lost. */
START_TEST(changed_while_walking)
{
	struct index_cursor *c;
	struct index_bytes key, value;
	char name[16];
	uint64_t count;
	int i, r;

	ck_assert_int_eq(index_begin(ix, INDEX_WRITE, &txn), PH_OK);
	ck_assert_int_eq(index_cursor_open(txn, INDEX_MANIFESTS, "k", 1, &c),
	    PH_OK);
	for (i = 0;; i += 2) {
		r = index_cursor_next(c, &key, &value);
		if (r == PH_EABSENT)
			break;
		ck_assert_int_eq(r, PH_OK);
		(void)snprintf(name, sizeof(name), "k%03d", i);
		ck_assert_mem_eq(key.data, name, 4);
		/* Its own key is in the map: delete must cope. */
		ck_assert_int_eq(index_delete(txn, INDEX_MANIFESTS, key.data,
				     key.len),
		    PH_OK);
		(void)snprintf(name, sizeof(name), "k%03d", i + 1);
		ck_assert_int_eq(index_delete(txn, INDEX_MANIFESTS, name, 4),
		    PH_OK);
		(void)snprintf(name, sizeof(name), "j%03d", i);
		ck_assert_int_eq(index_put(txn, INDEX_MANIFESTS, name, 4, name,
				     4),
		    PH_OK);
	}
	ck_assert_int_eq(i, 1000);
	index_cursor_close(c);
	ck_assert_int_eq(index_count(txn, INDEX_MANIFESTS, &count), PH_OK);
	ck_assert_uint_eq(count, 502);
	ck_assert_int_eq(index_commit(txn), PH_OK);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *t;

	suite = suite_create("cursor");
	t = tcase_create("cursor");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, prefixes);
	tcase_add_test(t, stopped_by_the_callback);
	tcase_add_test(t, sought);
	tcase_add_test(t, changed_while_walking);
	suite_add_tcase(suite, t);
	return check_run(suite);
}
