#ifndef SYNCD_INDEX_HANDLE_H
#define SYNCD_INDEX_HANDLE_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include <lmdb.h>

#include "proto/attributes.h"
#include "proto/digest.h"
#include "syncd/index/index.h"

/*
 * What the files of this directory share: the handles of LMDB.  Nobody else
 * includes it.
 *
 * Invariants:
 *  1. nreaders counts the reading transactions that live; while growing is
 *     1 it only falls, and the map changes only when it is 0.
 *  2. The data file is never shorter than its last page, so a shorter one
 *     is a damaged one.
 *  3. While a new index is not settled, the file that says so is there.
 *  4. env is NULL only before the index was opened, and after it failed and
 *     could not be opened again; then failed is 1.
 */

struct index {
	const struct files *fs;
	int dir;  /* In which its files are. */
	int lock; /* Held (flock) while the index is open. */
	char *path;
	uint64_t map_size; /* At the least. */
	MDB_env *env;
	size_t page_size;
	MDB_dbi tables[INDEX_NTABLES];

	pthread_mutex_t mutex; /* Guards the rest. */
	pthread_cond_t changed;
	unsigned int nreaders;
	int growing;
	int full;   /* A transaction did not find room in the map. */
	int failed; /* A commit failed: no writing until it is opened again. */

	int unsettled; /* New: commits are not durable yet. */
};

struct index_txn {
	struct index *ix;
	MDB_txn *txn;
	enum index_mode mode;
	int error; /* The first failure of a change, or PH_OK. */
	struct digester *digester;
};

/* The name of a table. */
const char *index_table_name(enum index_table table);

/* The code for a result of LMDB. */
int index_error(int result);

/*
 * Take the checksum off a value as it was read: PH_OK and *value, or
 * PH_EDIGEST.
 */
int index_unseal(struct index_txn *txn, enum index_table table,
    const MDB_val *key, const MDB_val *sealed,
    struct index_bytes *value) ATTR_CHECK;

#endif
