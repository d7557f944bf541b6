#ifndef PROTO_MERKLE_H
#define PROTO_MERKLE_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/digest.h"

/*
 * The Merkle tree of a log (RFC 9162 §2.1): its hashes, a tree that only
 * grows, and proofs.  Where the leaf hashes are kept is the caller's
 * business.  Proofs are for the tools of auditors; syncd itself needs none.
 */

/* Roots of a tree of 2^64-1 leaves; also more than any proof has. */
#define MERKLE_DEPTH_MAX 64u

/* Nodes of the longest proof. */
#define MERKLE_PROOF_MAX 65u

/*
 * A tree as the roots of its perfect subtrees, from left to right, the
 * largest first: one for each 1 in the binary form of size.  Plain data; it
 * may be copied to try something.
 */
struct merkle {
	uint64_t size; /* In leaves. */
	unsigned int nroots;
	struct digest roots[MERKLE_DEPTH_MAX];
};

/*
 * Give the hash of leaf index.  PH_OK, or a failure, which the function that
 * asked returns.
 */
typedef int merkle_leaf_get(void *cookie, uint64_t index, struct digest *out);

/* The hash of a leaf: SHA-256(0x00 ‖ body).  PH_OK or PH_ENOMEM. */
int merkle_leaf(const void *body, size_t len, struct digest *out) ATTR_CHECK;

/* The hash of an inner node: SHA-256(0x01 ‖ left ‖ right). */
void merkle_node(const struct digest *left, const struct digest *right,
    struct digest *out);

/* The empty tree. */
void merkle_init(struct merkle *m);

/* One more leaf, by its hash. */
void merkle_append(struct merkle *m, const struct digest *leaf);

/* The root; of the empty tree the SHA-256 of nothing. */
void merkle_root(const struct merkle *m, struct digest *out);

/*
 * The proof that leaf index (below size) is in the tree of the first size
 * leaves.  Asks for each other leaf once.  PH_OK, or what get returned.
 */
int merkle_inclusion(uint64_t index, uint64_t size, merkle_leaf_get *get,
    void *cookie, struct digest proof[MERKLE_PROOF_MAX],
    size_t *nproof) ATTR_CHECK;

/* PH_OK, or PH_EDIGEST when the proof does not hold. */
int merkle_inclusion_verify(const struct digest *leaf, uint64_t index,
    uint64_t size, const struct digest *proof, size_t nproof,
    const struct digest *root) ATTR_CHECK;

/*
 * The proof that the tree of the first older leaves is the beginning of that
 * of the first size leaves (older <= size).  Empty for an older tree that is
 * empty or the same.  PH_OK, or what get returned.
 */
int merkle_consistency(uint64_t older, uint64_t size, merkle_leaf_get *get,
    void *cookie, struct digest proof[MERKLE_PROOF_MAX],
    size_t *nproof) ATTR_CHECK;

/* PH_OK, or PH_EDIGEST when the proof does not hold. */
int merkle_consistency_verify(uint64_t older, uint64_t size,
    const struct digest *proof, size_t nproof, const struct digest *old_root,
    const struct digest *root) ATTR_CHECK;

#endif
