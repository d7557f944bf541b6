#ifndef TESTS_UNIT_SYNCD_BASE_FAULT_FILES_H
#define TESTS_UNIT_SYNCD_BASE_FAULT_FILES_H

#include <stddef.h>

#include "syncd/base/files.h"

/*
 * File calls that go wrong at the k-th one, for sweeps over all k: run an
 * operation once without a fault to count its calls, then once for each k,
 * and look each time at what is left.
 *
 *	fault_files_init(&faults, &system);
 *	k = 0;
 *	do {
 *		set up anew;
 *		fault_files_arm(&faults, FAULT_STOP, ++k, 0);
 *		run the operation with &faults.files;
 *		fired = fault_files_fired(&faults);
 *		fault_files_disarm(&faults);
 *		what a start would do, with the system's calls; check;
 *	} while (fired);
 *
 * Every call counts but close().  Calls may come from several threads.
 */

enum fault_kind {
	FAULT_FAIL, /* The k-th call fails with error; the others work. */
	FAULT_STOP, /* Nothing happens from the k-th call on: kill -9. */
	FAULT_TEAR, /* The same, but when it writes, half arrives. */
};

#define FAULT_TRACE_SIZE 16384u

struct fault_files {
	struct files files; /* To be handed to what is tested. */
	const struct files *below;
	enum fault_kind kind;
	unsigned int at; /* 0: no fault. */
	unsigned int ncalls;
	int error;
	char trace[FAULT_TRACE_SIZE]; /* "open NAME\npwrite\nfsync\n…" */
	size_t trace_len;
};

/* No fault yet; below is borrowed. */
void fault_files_init(struct fault_files *f, const struct files *below);

/*
 * Let the at-th call from now on go wrong.  error (errno) is what it then
 * says; 0 for EIO.
 */
void fault_files_arm(struct fault_files *f, enum fault_kind kind,
    unsigned int at, int error);

/* Whether the fault happened. */
int fault_files_fired(const struct fault_files *f);

/* No fault any more; the count and the trace begin anew. */
void fault_files_disarm(struct fault_files *f);

#endif
