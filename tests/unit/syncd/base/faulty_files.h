#ifndef TESTS_UNIT_SYNCD_BASE_FAULTY_FILES_H
#define TESTS_UNIT_SYNCD_BASE_FAULTY_FILES_H

#include "syncd/base/files.h"

/*
 * The calls of this machine with one that fails: for tests of what stands
 * after a failure at any point.  Closing is counted but never refused a
 * descriptor: a close that "fails" has closed.
 */
struct faulty {
	struct files real;
	int calls;   /* Made since faulty_init(). */
	int fail_at; /* The call with this number fails; 0: none. */
	int dead;    /* 1: all calls after that one fail, too. */
	int error;   /* With this errno. */
	size_t most; /* Bytes that one read or write moves; 0: all. */
	int stuck;   /* 1: writes move nothing and succeed. */
	int open;    /* Descriptors opened and not closed. */
};

/*
 * A table that makes the calls of this machine; the caller sets the other
 * members.  The struct must outlive what is returned.
 */
struct files faulty_init(struct faulty *f);

#endif
