/*
 * The index on LMDB.  Commits are durable (no NOSYNC), the map is read-only
 * (no WRITEMAP): a stray pointer cannot change the file, and a full disk is
 * an error of write and not a signal.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "proto/errors.h"
#include "syncd/index/handle.h"
#include "syncd/index/inspect.h"
#include "syncd/index/seal.h"

#include "syncd/index/index.h"

#define MAP_SIZE (UINT64_C(64) << 30)
#define DATA_FILE "data.mdb"
#define READERS_FILE "lock.mdb"
#define LOCK_FILE "owner.lock"

/* It is there until a new index is settled. */
#define UNSETTLED_FILE "unsettled"

static const char *const table_names[INDEX_NTABLES] = {
#define INDEX_TABLE_NAME(table, name) [table] = name,
	INDEX_TABLES(INDEX_TABLE_NAME)
#undef INDEX_TABLE_NAME
};

const char *
index_table_name(enum index_table table)
{
	return table_names[table];
}

int
index_error(int result)
{
	switch (result) {
	case MDB_SUCCESS:
		return PH_OK;
	case MDB_NOTFOUND:
		return PH_EABSENT;
	case MDB_MAP_FULL:
	case MDB_TXN_FULL:
	case MDB_READERS_FULL:
	case MDB_BAD_VALSIZE:
		return PH_ELIMIT;
	case MDB_INVALID:
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
	case MDB_VERSION_MISMATCH:
	case MDB_CURSOR_FULL:
	case MDB_PAGE_FULL:
	case MDB_INCOMPATIBLE:
		return PH_EDIGEST;
	case ENOSPC:
	case EDQUOT:
		return PH_ENOSPC;
	case ENOMEM:
		return PH_ENOMEM;
	case EACCES:
	case EPERM:
	case EROFS:
		return PH_EPERM;
	default:
		/* MDB_PANIC, MDB_BAD_TXN, EIO and what else a disk says. */
		return PH_EIO;
	}
}

/* Take the lock that makes the index ours alone, in this process too. */
static int
take_lock(const struct files *fs, int dir, int *lock)
{
	int r;

	r = file_open(fs, dir, LOCK_FILE, O_RDWR | O_CREAT, 0600, lock);
	if (r != PH_OK)
		return r;
	if (flock(*lock, LOCK_EX | LOCK_NB) == 0)
		return PH_OK;
	r = errno == EWOULDBLOCK ? PH_EBUSY : PH_EIO;
	file_abandon(fs, *lock);
	*lock = -1;
	return r;
}

/* Check the seal of an entry that the inspection found. */
static int
inspect_seal(void *cookie, const char *table, size_t table_len, const void *key,
    size_t key_len, const void *value, size_t value_len)
{
	struct digester *d;
	size_t i;

	d = cookie;
	for (i = 0; i < INDEX_NTABLES; i++) {
		if (strlen(table_names[i]) == table_len &&
		    memcmp(table_names[i], table, table_len) == 0)
			return seal_holds(d, table_names[i], key, key_len,
				   value, value_len) ?
			    PH_OK :
			    PH_EDIGEST;
	}
	return PH_EDIGEST;
}

/* Inspect the data file, if there is one.  *size is its size, or 0. */
static int
inspect(const struct files *fs, int dir, uint64_t *size)
{
	struct digester *d;
	struct stat st;
	int fd, r;

	*size = 0;
	d = NULL;
	r = file_open(fs, dir, DATA_FILE, O_RDONLY, 0, &fd);
	if (r != PH_OK)
		return r == PH_EABSENT ? PH_OK : r;
	r = file_stat_fd(fs, fd, &st);
	if (r != PH_OK)
		goto out;
	*size = (uint64_t)st.st_size;
	if (st.st_size == 0)
		goto out;
	d = digester_new();
	r = d == NULL ?
	    PH_ENOMEM :
	    inspect_file(fs, fd, INDEX_VALUE_MAX + SEAL_SIZE, inspect_seal, d);
out:
	digester_free(d);
	file_abandon(fs, fd);
	return r;
}

/*
 * How it is with an index whose data file has that size: PH_EDIGEST when it
 * was never settled.  A new one is marked, durably, before it gets any data.
 */
static int
check_settled(struct index *ix, uint64_t size)
{
	struct stat st;
	int fd, r;

	if (size > 0) {
		r = file_stat(ix->fs, ix->dir, UNSETTLED_FILE, &st);
		return r == PH_OK ? PH_EDIGEST : r == PH_EABSENT ? PH_OK : r;
	}
	ix->unsettled = 1;
	r = file_open(ix->fs, ix->dir, UNSETTLED_FILE, O_WRONLY | O_CREAT, 0600,
	    &fd);
	if (r != PH_OK)
		return r;
	file_abandon(ix->fs, fd);
	return file_sync_dir(ix->fs, ix->dir, ".");
}

/* Open all tables, creating those that are missing. */
static int
open_tables(struct index *ix)
{
	MDB_txn *txn;
	size_t i;
	int r;

	r = mdb_txn_begin(ix->env, NULL, 0, &txn);
	for (i = 0; i < INDEX_NTABLES && r == MDB_SUCCESS; i++)
		r = mdb_dbi_open(txn, table_names[i], MDB_CREATE,
		    &ix->tables[i]);
	if (r == MDB_SUCCESS)
		return index_error(mdb_txn_commit(txn));
	mdb_txn_abort(txn);
	return index_error(r);
}

/* Let LMDB open the files, which were inspected: one of data of that size. */
static int
open_env(struct index *ix, uint64_t size)
{
	uint64_t map_size = ix->map_size;
	MDB_stat stat;
	int r, dead;

	while (map_size / 2 < size)
		map_size *= 2;
	r = mdb_env_create(&ix->env);
	if (r == MDB_SUCCESS)
		r = mdb_env_set_maxdbs(ix->env, INDEX_NTABLES);
	if (r == MDB_SUCCESS)
		r = mdb_env_set_mapsize(ix->env, map_size);
	if (r == MDB_SUCCESS)
		r = mdb_env_open(ix->env, ix->path,
		    MDB_NOTLS | (ix->unsettled ? MDB_NOSYNC : 0u), 0600);
	if (r == MDB_SUCCESS)
		r = mdb_reader_check(ix->env, &dead);
	if (r == MDB_SUCCESS)
		r = mdb_env_stat(ix->env, &stat);
	if (r != MDB_SUCCESS)
		return index_error(r);
	ix->page_size = stat.ms_psize;
	return open_tables(ix);
}

/* Everything of index_open() but the words. */
static int
open_index(struct index *ix)
{
	uint64_t size;
	int r;

	r = file_mkdir(ix->fs, AT_FDCWD, ix->path, 0700);
	if (r == PH_OK || r == PH_EEXISTS)
		r = file_open(ix->fs, AT_FDCWD, ix->path,
		    O_RDONLY | O_DIRECTORY, 0, &ix->dir);
	if (r == PH_OK)
		r = take_lock(ix->fs, ix->dir, &ix->lock);
	if (r == PH_OK)
		r = inspect(ix->fs, ix->dir, &size);
	if (r == PH_OK)
		r = check_settled(ix, size);
	return r == PH_OK ? open_env(ix, size) : r;
}

int
index_open(const struct files *fs, const char *path, uint64_t map_size,
    struct index **out, struct failure *f)
{
	struct index *ix;
	int r;

	ix = calloc(1, sizeof(*ix));
	if (ix == NULL)
		return failure_set(f, PH_ENOMEM, "out of memory");
	ix->fs = fs;
	ix->dir = ix->lock = -1;
	(void)pthread_mutex_init(&ix->mutex, NULL);
	(void)pthread_cond_init(&ix->changed, NULL);
	ix->path = strdup(path);
	ix->map_size = map_size == 0 ? MAP_SIZE : map_size;
	r = ix->path == NULL ? PH_ENOMEM : open_index(ix);
	if (r == PH_OK) {
		*out = ix;
		return PH_OK;
	}
	index_close(ix);
	if (r == PH_EBUSY)
		(void)failure_set(f, r, "the index is in use");
	else if (r == PH_EDIGEST)
		(void)failure_set(f, r, "the index is damaged");
	else
		(void)failure_set(f, r, "the index cannot be opened: %s",
		    error_sentence(r));
	failure_where(f, "%s", path);
	return r;
}

void
index_close(struct index *ix)
{
	if (ix == NULL)
		return;
	assert(ix->nreaders == 0);
	if (ix->env != NULL)
		mdb_env_close(ix->env);
	file_abandon(ix->fs, ix->lock);
	file_abandon(ix->fs, ix->dir);
	(void)pthread_cond_destroy(&ix->changed);
	(void)pthread_mutex_destroy(&ix->mutex);
	free(ix->path);
	free(ix);
}

int
index_settle(struct index *ix)
{
	int r;

	if (!ix->unsettled)
		return PH_OK;
	/* The names of its files, its data; then that they may be believed. */
	r = file_sync_dir(ix->fs, ix->dir, ".");
	if (r == PH_OK)
		r = index_error(mdb_env_sync(ix->env, 1));
	if (r == PH_OK)
		r = index_error(mdb_env_set_flags(ix->env, MDB_NOSYNC, 0));
	if (r == PH_OK)
		r = file_unlink(ix->fs, ix->dir, UNSETTLED_FILE);
	if (r == PH_OK)
		r = file_sync_dir(ix->fs, ix->dir, ".");
	ix->unsettled = r != PH_OK;
	return r;
}

int
index_destroy(const struct files *fs, const char *path)
{
	static const char *const names[] = { DATA_FILE, READERS_FILE,
		UNSETTLED_FILE };
	size_t i;
	int dir, lock, r;

	lock = -1;
	r = file_open(fs, AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0, &dir);
	if (r != PH_OK)
		return r == PH_EABSENT ? PH_OK : r;
	r = take_lock(fs, dir, &lock);
	for (i = 0; i < sizeof(names) / sizeof(names[0]) && r == PH_OK; i++) {
		r = file_unlink(fs, dir, names[i]);
		if (r == PH_EABSENT)
			r = PH_OK;
	}
	file_abandon(fs, lock);
	file_abandon(fs, dir);
	return r;
}

/* Wait until nobody reads, and let nobody begin.  The mutex is held. */
static void
keep_readers_out(struct index *ix)
{
	ix->growing = 1;
	while (ix->nreaders > 0)
		(void)pthread_cond_wait(&ix->changed, &ix->mutex);
}

/* The end of that. */
static void
let_readers_in(struct index *ix)
{
	ix->growing = 0;
	(void)pthread_cond_broadcast(&ix->changed);
}

/*
 * Open the index again after a commit failed, believing no more of it than
 * at the start.  The mutex is held.  One that was not settled is nothing to
 * open again: what it lost nobody knows.
 */
static int
reopen(struct index *ix)
{
	uint64_t size;
	int r;

	if (ix->unsettled)
		return PH_EIO;
	keep_readers_out(ix);
	if (ix->env != NULL)
		mdb_env_close(ix->env);
	ix->env = NULL;
	r = inspect(ix->fs, ix->dir, &size);
	/* Without data there is no index: somebody took it away. */
	if (r == PH_OK && size == 0)
		r = PH_EDIGEST;
	if (r == PH_OK) {
		r = open_env(ix, size);
		if (r != PH_OK && ix->env != NULL) {
			mdb_env_close(ix->env);
			ix->env = NULL;
		}
	}
	ix->failed = r != PH_OK;
	let_readers_in(ix);
	return r;
}

/*
 * Make the map larger when half of it is used.  The mutex is held; other
 * threads may end reading, but not begin.
 */
static int
grow(struct index *ix)
{
	MDB_envinfo info;
	uint64_t used;
	int r;

	r = mdb_env_info(ix->env, &info);
	if (r != MDB_SUCCESS)
		return index_error(r);
	used = ((uint64_t)info.me_last_pgno + 1) * ix->page_size;
	if (!ix->full && used <= info.me_mapsize / 2)
		return PH_OK;
	keep_readers_out(ix);
	r = mdb_env_set_mapsize(ix->env, info.me_mapsize * 2);
	if (r == MDB_SUCCESS)
		ix->full = 0;
	let_readers_in(ix);
	return index_error(r);
}

/* Take part in the count of readers, or make sure of room to write. */
static int
enter(struct index *ix, enum index_mode mode)
{
	int r;

	r = PH_OK;
	(void)pthread_mutex_lock(&ix->mutex);
	if (mode == INDEX_READ) {
		while (ix->growing)
			(void)pthread_cond_wait(&ix->changed, &ix->mutex);
		if (ix->env == NULL)
			r = PH_EIO;
		else
			ix->nreaders++;
	} else {
		if (ix->failed)
			r = reopen(ix);
		if (r == PH_OK)
			r = grow(ix);
	}
	(void)pthread_mutex_unlock(&ix->mutex);
	return r;
}

static void
leave(struct index *ix, enum index_mode mode)
{
	if (mode != INDEX_READ)
		return;
	(void)pthread_mutex_lock(&ix->mutex);
	ix->nreaders--;
	(void)pthread_cond_broadcast(&ix->changed);
	(void)pthread_mutex_unlock(&ix->mutex);
}

/* Remember why the next writer must find more room, or none must write. */
static void
note_failure(struct index *ix, int r)
{
	(void)pthread_mutex_lock(&ix->mutex);
	if (r == PH_ELIMIT)
		ix->full = 1;
	if (r == PH_EIO)
		ix->failed = 1;
	(void)pthread_mutex_unlock(&ix->mutex);
}

int
index_begin(struct index *ix, enum index_mode mode, struct index_txn **out)
{
	struct index_txn *txn;
	int r;

	txn = calloc(1, sizeof(*txn));
	if (txn == NULL)
		return PH_ENOMEM;
	r = enter(ix, mode);
	if (r != PH_OK) {
		free(txn);
		return r;
	}
	txn->ix = ix;
	txn->mode = mode;
	txn->digester = digester_new();
	if (txn->digester == NULL) {
		index_abort(txn);
		return PH_ENOMEM;
	}
	r = mdb_txn_begin(ix->env, NULL, mode == INDEX_READ ? MDB_RDONLY : 0,
	    &txn->txn);
	if (r == MDB_PANIC)
		note_failure(ix, PH_EIO);
	if (r != MDB_SUCCESS) {
		index_abort(txn);
		return index_error(r);
	}
	*out = txn;
	return PH_OK;
}

void
index_abort(struct index_txn *txn)
{
	if (txn == NULL)
		return;
	if (txn->txn != NULL)
		mdb_txn_abort(txn->txn);
	leave(txn->ix, txn->mode);
	digester_free(txn->digester);
	free(txn);
}

int
index_try(struct index *ix)
{
	struct index_txn *txn;
	int r;

	r = index_begin(ix, INDEX_WRITE, &txn);
	if (r == PH_OK)
		index_abort(txn);
	return r;
}

/*
 * LMDB may leave the file shorter than its last page, when that is free and
 * was never written.  Before the file is used again, shorter means damaged;
 * so it is made longer here.  Should that fail, or a crash come first, the
 * index is rebuilt, which is always right.
 */
static void
fill_file(struct index *ix)
{
	MDB_envinfo info;
	struct stat st;
	uint64_t size;
	int fd;

	if (mdb_env_info(ix->env, &info) != MDB_SUCCESS ||
	    mdb_env_get_fd(ix->env, &fd) != MDB_SUCCESS ||
	    file_stat_fd(ix->fs, fd, &st) != PH_OK)
		return;
	size = ((uint64_t)info.me_last_pgno + 1) * ix->page_size;
	if ((uint64_t)st.st_size < size)
		(void)!file_truncate(ix->fs, fd, size);
}

int
index_commit(struct index_txn *txn)
{
	struct index *ix;
	int r, result;

	ix = txn->ix;
	r = txn->error;
	if (r == PH_OK) {
		result = mdb_txn_commit(txn->txn);
		txn->txn = NULL;
		r = index_error(result);
		if (result == MDB_MAP_FULL || r == PH_EIO)
			note_failure(ix, r);
		if (r == PH_OK && txn->mode == INDEX_WRITE)
			fill_file(ix);
	}
	index_abort(txn);
	return r;
}

/* A change gave this result: remember a failure, and return its code. */
static int
changed(struct index_txn *txn, int result)
{
	int r;

	r = index_error(result);
	if (result == MDB_MAP_FULL)
		note_failure(txn->ix, r);
	if (r != PH_OK && r != PH_EABSENT && txn->error == PH_OK)
		txn->error = r;
	return r;
}

/* LMDB's view of bytes; it does not change what a key or value points to. */
static MDB_val
val_of(const void *data, size_t len)
{
	MDB_val val;
	union {
		const void *in;
		void *out;
	} pointer;

	pointer.in = data;
	val.mv_data = pointer.out;
	val.mv_size = len;
	return val;
}

int
index_unseal(struct index_txn *txn, enum index_table table, const MDB_val *key,
    const MDB_val *sealed, struct index_bytes *value)
{
	if (!seal_holds(txn->digester, table_names[table], key->mv_data,
		key->mv_size, sealed->mv_data, sealed->mv_size))
		return PH_EDIGEST;
	value->data = sealed->mv_data;
	value->len = sealed->mv_size - SEAL_SIZE;
	return PH_OK;
}

int
index_get(struct index_txn *txn, enum index_table table, const void *key,
    size_t key_len, struct index_bytes *value)
{
	MDB_val k, v;
	int r;

	if (key_len == 0 || key_len > INDEX_KEY_MAX)
		return PH_EABSENT;
	k = val_of(key, key_len);
	r = mdb_get(txn->txn, txn->ix->tables[table], &k, &v);
	if (r != MDB_SUCCESS)
		return index_error(r);
	return index_unseal(txn, table, &k, &v, value);
}

int
index_copy(struct index_txn *txn, enum index_table table, const void *key,
    size_t key_len, struct buffer *out)
{
	struct index_bytes value;
	int r;

	r = index_get(txn, table, key, key_len, &value);
	if (r != PH_OK)
		return r;
	return buffer_put(out, value.data, value.len);
}

int
index_put(struct index_txn *txn, enum index_table table, const void *key,
    size_t key_len, const void *value, size_t value_len)
{
	MDB_val k, v;
	uint8_t *data;
	int r;

	assert(txn->mode == INDEX_WRITE);
	if (key_len == 0 || key_len > INDEX_KEY_MAX ||
	    value_len > INDEX_VALUE_MAX)
		return changed(txn, MDB_BAD_VALSIZE);
	k = val_of(key, key_len);
	v = val_of(NULL, value_len + SEAL_SIZE);
	/* The key or value may be borrowed from a page that this changes. */
	data = malloc(value_len + SEAL_SIZE);
	if (data == NULL)
		return changed(txn, ENOMEM);
	if (value_len > 0)
		memcpy(data, value, value_len);
	seal_of(txn->digester, table_names[table], key, key_len, data,
	    value_len, data + value_len);
	v.mv_data = data;
	r = changed(txn, mdb_put(txn->txn, txn->ix->tables[table], &k, &v, 0));
	free(data);
	return r;
}

int
index_delete(struct index_txn *txn, enum index_table table, const void *key,
    size_t key_len)
{
	MDB_val k;

	assert(txn->mode == INDEX_WRITE);
	if (key_len == 0 || key_len > INDEX_KEY_MAX)
		return PH_EABSENT;
	k = val_of(key, key_len);
	return changed(txn,
	    mdb_del(txn->txn, txn->ix->tables[table], &k, NULL));
}

int
index_clear(struct index_txn *txn, enum index_table table)
{
	assert(txn->mode == INDEX_WRITE);
	return changed(txn, mdb_drop(txn->txn, txn->ix->tables[table], 0));
}

int
index_count(struct index_txn *txn, enum index_table table, uint64_t *count)
{
	MDB_stat stat;
	int r;

	r = mdb_stat(txn->txn, txn->ix->tables[table], &stat);
	if (r != MDB_SUCCESS)
		return index_error(r);
	*count = stat.ms_entries;
	return PH_OK;
}
