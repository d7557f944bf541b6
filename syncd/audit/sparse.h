#ifndef SYNCD_AUDIT_SPARSE_H
#define SYNCD_AUDIT_SPARSE_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/digest.h"
#include "proto/merkle.h"

/*
 * What is kept in memory of a log: for each run of 2^shift entries, where
 * its first one lies in the file and the root of its subtree.  When there are
 * SPARSE_MAX of them, neighbours merge and the runs become twice as long; so
 * the memory is bounded, and no entry is farther than one run away.
 */

#define SPARSE_MAX 1024u

struct sparse_run {
	uint64_t offset;
	struct digest root;
};

/*
 * Invariants:
 *  1. Run j holds entries j << shift to ((j + 1) << shift) - 1.
 *  2. tail holds the leaves behind the runs, less than 1 << shift; the first
 *     of them lies at tail_offset.
 *  3. all holds all leaves.
 */
struct sparse {
	unsigned int shift;
	size_t nruns;
	uint64_t tail_offset;
	struct merkle tail;
	struct merkle all;
	struct sparse_run runs[SPARSE_MAX];
};

/* Of an empty log. */
void sparse_init(struct sparse *s);

/* One more entry, which lies at offset and ends at end. */
void sparse_append(struct sparse *s, const struct digest *leaf, uint64_t offset,
    uint64_t end);

/* How many entries there are. */
uint64_t sparse_size(const struct sparse *s);

/*
 * An entry at or before entry i (at most the size) whose place is known:
 * *index and *offset.
 */
void sparse_find(const struct sparse *s, uint64_t i, uint64_t *index,
    uint64_t *offset);

/*
 * The tree over as many of the count entries from the first on as whole runs
 * hold, if first is where a run begins; *done is how many these are, or 0.
 * All of them must be there.
 */
void sparse_tree(const struct sparse *s, uint64_t first, uint64_t count,
    struct merkle *out, uint64_t *done);

#endif
