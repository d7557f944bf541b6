/*
 * Hashes, tree and proofs of RFC 9162 §2.1.  Proofs are made from the leaf
 * hashes alone: the ranges of leaves whose roots the proof consists of are
 * found from the top down, then hashed one after the other.
 */
#include <assert.h>
#include <string.h>

#include "proto/errors.h"

#include "proto/merkle.h"

#define LEAF_PREFIX 0x00
#define NODE_PREFIX 0x01

/* Leaves first to end - 1. */
struct range {
	uint64_t first;
	uint64_t end;
};

int
merkle_leaf(const void *body, size_t len, struct digest *out)
{
	static const uint8_t prefix = LEAF_PREFIX;
	struct digester *d;

	d = digester_new();
	if (d == NULL)
		return PH_ENOMEM;
	digester_add(d, &prefix, sizeof(prefix));
	digester_add(d, body, len);
	digester_finish(d, out);
	digester_free(d);
	return PH_OK;
}

void
merkle_node(const struct digest *left, const struct digest *right,
    struct digest *out)
{
	uint8_t bytes[1 + 2 * DIGEST_SIZE];

	bytes[0] = NODE_PREFIX;
	memcpy(bytes + 1, left->bytes, DIGEST_SIZE);
	memcpy(bytes + 1 + DIGEST_SIZE, right->bytes, DIGEST_SIZE);
	digest_of(bytes, sizeof(bytes), out);
}

void
merkle_init(struct merkle *m)
{
	memset(m, 0, sizeof(*m));
}

void
merkle_append(struct merkle *m, const struct digest *leaf)
{
	struct digest *left;
	uint64_t size;

	assert(m->size < UINT64_MAX && m->nroots < MERKLE_DEPTH_MAX);
	m->roots[m->nroots++] = *leaf;
	/* As adding 1 carries over each 1, so trees of one size merge. */
	for (size = m->size; (size & 1) != 0; size >>= 1) {
		left = &m->roots[m->nroots - 2];
		merkle_node(left, left + 1, left);
		m->nroots--;
	}
	m->size++;
}

void
merkle_root(const struct merkle *m, struct digest *out)
{
	struct digest root;
	unsigned int i;

	if (m->nroots == 0) {
		digest_of(NULL, 0, out);
		return;
	}
	root = m->roots[m->nroots - 1];
	for (i = m->nroots - 1; i > 0; i--)
		merkle_node(&m->roots[i - 1], &root, &root);
	*out = root;
}

/* The root of the tree of some leaves. */
static int
range_root(const struct range *range, merkle_leaf_get *get, void *cookie,
    struct digest *out)
{
	struct merkle m;
	struct digest leaf;
	uint64_t i;
	int r;

	merkle_init(&m);
	for (i = range->first; i < range->end; i++) {
		r = get(cookie, i, &leaf);
		if (r != PH_OK)
			return r;
		merkle_append(&m, &leaf);
	}
	merkle_root(&m, out);
	return PH_OK;
}

/* The roots of ranges in the reverse order, which is that of proofs. */
static int
range_roots(const struct range *ranges, size_t n, merkle_leaf_get *get,
    void *cookie, struct digest *proof)
{
	size_t i;
	int r;

	for (i = 0; i < n; i++) {
		r = range_root(&ranges[n - 1 - i], get, cookie, &proof[i]);
		if (r != PH_OK)
			return r;
	}
	return PH_OK;
}

/* The size of the left subtree of size > 1 leaves. */
static uint64_t
split(uint64_t size)
{
	uint64_t k;

	k = 1;
	while (k < size - k)
		k <<= 1;
	return k;
}

int
merkle_inclusion(uint64_t index, uint64_t size, merkle_leaf_get *get,
    void *cookie, struct digest proof[MERKLE_PROOF_MAX], size_t *nproof)
{
	struct range ranges[MERKLE_PROOF_MAX];
	struct range in;
	uint64_t middle;
	size_t n;

	assert(index < size);
	n = 0;
	in = (struct range){ 0, size };
	while (in.end - in.first > 1) {
		middle = in.first + split(in.end - in.first);
		if (index < middle) {
			ranges[n++] = (struct range){ middle, in.end };
			in.end = middle;
		} else {
			ranges[n++] = (struct range){ in.first, middle };
			in.first = middle;
		}
	}
	*nproof = n;
	return range_roots(ranges, n, get, cookie, proof);
}

int
merkle_consistency(uint64_t older, uint64_t size, merkle_leaf_get *get,
    void *cookie, struct digest proof[MERKLE_PROOF_MAX], size_t *nproof)
{
	struct range ranges[MERKLE_PROOF_MAX];
	struct range in;
	uint64_t middle;
	size_t n;

	assert(older <= size);
	n = 0;
	in = (struct range){ 0, size };
	*nproof = 0;
	if (older == 0)
		return PH_OK;
	while (in.end != older) {
		middle = in.first + split(in.end - in.first);
		if (older <= middle) {
			ranges[n++] = (struct range){ middle, in.end };
			in.end = middle;
		} else {
			ranges[n++] = (struct range){ in.first, middle };
			in.first = middle;
		}
	}
	/* The verifier knows the root of the older tree, but of no other. */
	if (in.first > 0)
		ranges[n++] = in;
	*nproof = n;
	return range_roots(ranges, n, get, cookie, proof);
}

/*
 * Where a verifier stands: a node's index at its level, and that of the
 * level's last node.
 */
struct position {
	uint64_t node;
	uint64_t last;
};

static void
rise(struct position *p)
{
	p->node >>= 1;
	p->last >>= 1;
}

/*
 * Whether the next sibling is on the left; p then rises to the level where
 * it is, from a last node without a sibling on its own.
 */
static int
sibling_is_left(struct position *p)
{
	if ((p->node & 1) == 0 && p->node != p->last)
		return 0;
	while ((p->node & 1) == 0 && p->node != 0)
		rise(p);
	return 1;
}

int
merkle_inclusion_verify(const struct digest *leaf, uint64_t index,
    uint64_t size, const struct digest *proof, size_t nproof,
    const struct digest *root)
{
	struct position p;
	struct digest hash;
	size_t i;

	if (index >= size)
		return PH_EDIGEST;
	p = (struct position){ index, size - 1 };
	hash = *leaf;
	for (i = 0; i < nproof; i++) {
		if (p.last == 0)
			return PH_EDIGEST;
		if (sibling_is_left(&p))
			merkle_node(&proof[i], &hash, &hash);
		else
			merkle_node(&hash, &proof[i], &hash);
		rise(&p);
	}
	if (p.last != 0 || digest_compare(&hash, root) != 0)
		return PH_EDIGEST;
	return PH_OK;
}

/* The older tree is empty, or the same, and there is nothing to prove. */
static int
trivial_verify(uint64_t older, size_t nproof, const struct digest *old_root,
    const struct digest *root)
{
	struct digest empty;

	if (older == 0) {
		digest_of(NULL, 0, &empty);
		root = &empty;
	}
	if (nproof != 0 || digest_compare(old_root, root) != 0)
		return PH_EDIGEST;
	return PH_OK;
}

int
merkle_consistency_verify(uint64_t older, uint64_t size,
    const struct digest *proof, size_t nproof, const struct digest *old_root,
    const struct digest *root)
{
	struct position p;
	struct digest old_hash, hash;
	size_t i;

	if (older > size)
		return PH_EDIGEST;
	if (older == 0 || older == size)
		return trivial_verify(older, nproof, old_root, root);
	p = (struct position){ older - 1, size - 1 };
	while ((p.node & 1) != 0)
		rise(&p);
	/* Either the older tree is one perfect subtree, or proof begins it. */
	i = 0;
	if (p.node == 0)
		hash = *old_root;
	else if (nproof > 0)
		hash = proof[i++];
	else
		return PH_EDIGEST;
	old_hash = hash;
	for (; i < nproof; i++) {
		if (p.last == 0)
			return PH_EDIGEST;
		if (sibling_is_left(&p)) {
			merkle_node(&proof[i], &old_hash, &old_hash);
			merkle_node(&proof[i], &hash, &hash);
		} else {
			merkle_node(&hash, &proof[i], &hash);
		}
		rise(&p);
	}
	if (p.last != 0 || digest_compare(&old_hash, old_root) != 0 ||
	    digest_compare(&hash, root) != 0)
		return PH_EDIGEST;
	return PH_OK;
}
