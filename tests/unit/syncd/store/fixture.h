#ifndef TESTS_UNIT_SYNCD_STORE_FIXTURE_H
#define TESTS_UNIT_SYNCD_STORE_FIXTURE_H

#include <stddef.h>
#include <stdint.h>

#include "proto/digest.h"
#include "syncd/base/file.h"
#include "syncd/store/store.h"

/*
 * A store in a directory of the test, and blobs in it.  A failure ends the
 * test.
 */

struct fixture {
	struct files system;
	const char *dir; /* The test's, and where it works. */
	char path[600];  /* The store's. */
	struct store *store;
};

/* Make an empty store and open it. */
void fixture_begin(struct fixture *f);

/* Close it and remove everything. */
void fixture_end(struct fixture *f);

/* Make the directories of a store at f->path and open it with fs. */
void fixture_make(struct fixture *f, const struct files *fs);

/* Fill with bytes that are the same for the same seed and have no zeros. */
void fixture_fill(void *out, size_t len, unsigned int seed);

/* Write a file with a system call, replacing any. */
void fixture_write(int dir, const char *name, const void *data, size_t len);

/* Read a file of exactly len bytes; 1 when it holds data, else 0. */
int fixture_holds(int dir, const char *name, const void *data, size_t len);

/* 1 when the name exists. */
int fixture_exists(int dir, const char *name);

/* How many names a directory has. */
unsigned int fixture_count(int dir);

/* The bytes that a file takes on disk. */
uint64_t fixture_stored(int dir, const char *name);

/* Put a blob of these bytes into the store by all steps. */
void fixture_adopt(struct fixture *f, const void *data, size_t len,
    struct digest *digest);

#endif
