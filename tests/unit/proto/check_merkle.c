/*
 * The Merkle tree: against the definitions of RFC 9162 §2.1 written down as
 * they stand there, for all pairs of sizes up to MODEL_MAX, and against the
 * known values of the Certificate Transparency reference implementation
 * (github.com/transparency-dev/merkle, testonly/constants.go and the proofs
 * "generated from ReferenceSnapshotConsistency in C++ version" of
 * github.com/google/trillian).
 */
#include <stdio.h>
#include <string.h>

#include "tests/unit/check_main.h"

#include "proto/errors.h"
#include "proto/merkle.h"

#define MODEL_MAX 66u

static struct digest leaves[MODEL_MAX];

/* Distinct leaves. */
static void
setup(void)
{
	char body[32];
	unsigned int i;

	for (i = 0; i < MODEL_MAX; i++) {
		(void)snprintf(body, sizeof(body), "leaf %u", i);
		ck_assert_int_eq(merkle_leaf(body, strlen(body), &leaves[i]),
		    PH_OK);
	}
}

/* The largest power of two smaller than n > 1. */
static uint64_t
half(uint64_t n)
{
	uint64_t k;

	for (k = 1; k * 2 < n; k *= 2)
		continue;
	return k;
}

/* MTH(D) of the RFC, for n > 0. */
static void
model_root(const struct digest *d, uint64_t n, struct digest *out)
{
	struct digest left, right;

	if (n == 1) {
		*out = d[0];
		return;
	}
	model_root(d, half(n), &left);
	model_root(d + half(n), n - half(n), &right);
	merkle_node(&left, &right, out);
}

/* PATH(m, D). */
static void
model_path(uint64_t m, const struct digest *d, uint64_t n, struct digest *proof,
    size_t *nproof)
{
	uint64_t k;

	if (n == 1)
		return;
	k = half(n);
	if (m < k) {
		model_path(m, d, k, proof, nproof);
		model_root(d + k, n - k, &proof[(*nproof)++]);
	} else {
		model_path(m - k, d + k, n - k, proof, nproof);
		model_root(d, k, &proof[(*nproof)++]);
	}
}

/* SUBPROOF(m, D, b). */
static void
model_subproof(uint64_t m, const struct digest *d, uint64_t n, int b,
    struct digest *proof, size_t *nproof)
{
	uint64_t k;

	if (m == n) {
		if (!b)
			model_root(d, n, &proof[(*nproof)++]);
		return;
	}
	k = half(n);
	if (m <= k) {
		model_subproof(m, d, k, b, proof, nproof);
		model_root(d + k, n - k, &proof[(*nproof)++]);
	} else {
		model_subproof(m - k, d + k, n - k, 0, proof, nproof);
		model_root(d, k, &proof[(*nproof)++]);
	}
}

/* Gives leaves[index], of which cookie says how many there are. */
static int
get_leaf(void *cookie, uint64_t index, struct digest *out)
{
	ck_assert_uint_lt(index, *(const uint64_t *)cookie);
	*out = leaves[index];
	return PH_OK;
}

static void
root_of(uint64_t n, struct digest *out)
{
	if (n == 0)
		digest_of(NULL, 0, out);
	else
		model_root(leaves, n, out);
}

START_TEST(the_root_is_that_of_the_rfc)
{
	struct digest expected, root;
	struct merkle m;
	uint64_t n;

	merkle_init(&m);
	for (n = 0; n <= MODEL_MAX; n++) {
		ck_assert_uint_eq(m.size, n);
		root_of(n, &expected);
		merkle_root(&m, &root);
		ck_assert_mem_eq(&root, &expected, DIGEST_SIZE);
		if (n < MODEL_MAX)
			merkle_append(&m, &leaves[n]);
	}
}
END_TEST

START_TEST(a_tree_has_a_root_for_each_bit)
{
	struct merkle m;
	unsigned int i;

	merkle_init(&m);
	for (i = 0; i < 100000; i++) {
		ck_assert_int_eq((int)m.nroots, __builtin_popcount(i));
		merkle_append(&m, &leaves[i % MODEL_MAX]);
	}
}
END_TEST

/* A change of one proof, for a verifier to refuse. */
enum change {
	CHANGE_BIT,
	CHANGE_FEWER,
	CHANGE_MORE,
	CHANGE_ORDER,
	CHANGE_END,
};

/* Make it; 0 when this proof cannot be changed so. */
static int
change_proof(enum change change, struct digest *proof, size_t *nproof)
{
	struct digest first;

	switch (change) {
	case CHANGE_BIT:
		if (*nproof == 0)
			return 0;
		proof[*nproof / 2].bytes[31] ^= 1;
		return 1;
	case CHANGE_FEWER:
		if (*nproof == 0)
			return 0;
		(*nproof)--;
		return 1;
	case CHANGE_MORE:
		memset(&proof[(*nproof)++], 0x5a, sizeof(*proof));
		return 1;
	case CHANGE_ORDER:
		if (*nproof < 2)
			return 0;
		first = proof[0];
		proof[0] = proof[1];
		proof[1] = first;
		return 1;
	case CHANGE_END:
		break;
	}
	return 0;
}

/* One proof is that of the model, holds, and holds for nothing else. */
static void
check_inclusion(uint64_t index, uint64_t size)
{
	struct digest expected[MERKLE_PROOF_MAX], proof[MERKLE_PROOF_MAX + 1];
	struct digest root;
	size_t n, nexpected;
	int change;

	nexpected = 0;
	model_path(index, leaves, size, expected, &nexpected);
	ck_assert_int_eq(merkle_inclusion(index, size, get_leaf, &size, proof,
			     &n),
	    PH_OK);
	ck_assert_uint_eq(n, nexpected);
	if (n > 0)
		ck_assert_mem_eq(proof, expected, n * sizeof(*proof));
	root_of(size, &root);
	ck_assert_int_eq(merkle_inclusion_verify(&leaves[index], index, size,
			     proof, n, &root),
	    PH_OK);
	ck_assert_int_eq(merkle_inclusion_verify(&leaves[(index + 1) %
						     MODEL_MAX],
			     index, size, proof, n, &root),
	    PH_EDIGEST);
	ck_assert_int_eq(merkle_inclusion_verify(&leaves[index], index + 1,
			     size, proof, n, &root),
	    PH_EDIGEST);
	for (change = CHANGE_BIT; change < CHANGE_END; change++) {
		memcpy(proof, expected, nexpected * sizeof(*proof));
		n = nexpected;
		if (!change_proof((enum change)change, proof, &n))
			continue;
		ck_assert_int_eq(merkle_inclusion_verify(&leaves[index], index,
				     size, proof, n, &root),
		    PH_EDIGEST);
	}
}

START_TEST(inclusion_is_proved)
{
	uint64_t index, size;

	for (size = 1; size <= MODEL_MAX; size++) {
		for (index = 0; index < size; index++)
			check_inclusion(index, size);
	}
}
END_TEST

static void
check_consistency(uint64_t older, uint64_t size)
{
	struct digest expected[MERKLE_PROOF_MAX], proof[MERKLE_PROOF_MAX + 1];
	struct digest old_root, other, root;
	size_t n, nexpected;
	int change;

	nexpected = 0;
	if (older > 0)
		model_subproof(older, leaves, size, 1, expected, &nexpected);
	ck_assert_int_eq(merkle_consistency(older, size, get_leaf, &size, proof,
			     &n),
	    PH_OK);
	ck_assert_uint_eq(n, nexpected);
	if (n > 0)
		ck_assert_mem_eq(proof, expected, n * sizeof(*proof));
	root_of(older, &old_root);
	root_of(size, &root);
	root_of(MODEL_MAX, &other);
	ck_assert_int_eq(merkle_consistency_verify(older, size, proof, n,
			     &old_root, &root),
	    PH_OK);
	if (older < MODEL_MAX)
		ck_assert_int_eq(merkle_consistency_verify(older, size, proof,
				     n, &other, &root),
		    PH_EDIGEST);
	if (older > 0 && size < MODEL_MAX)
		ck_assert_int_eq(merkle_consistency_verify(older, size, proof,
				     n, &old_root, &other),
		    PH_EDIGEST);
	for (change = CHANGE_BIT; change < CHANGE_END; change++) {
		memcpy(proof, expected, nexpected * sizeof(*proof));
		n = nexpected;
		if (!change_proof((enum change)change, proof, &n))
			continue;
		ck_assert_int_eq(merkle_consistency_verify(older, size, proof,
				     n, &old_root, &root),
		    PH_EDIGEST);
	}
}

START_TEST(consistency_is_proved)
{
	uint64_t older, size;

	for (size = 0; size <= MODEL_MAX; size++) {
		for (older = 0; older <= size; older++)
			check_consistency(older, size);
	}
}
END_TEST

START_TEST(sizes_must_fit)
{
	struct digest proof[MERKLE_PROOF_MAX], root;
	uint64_t size;
	size_t n;

	size = 8;
	root_of(size, &root);
	ck_assert_int_eq(merkle_inclusion(3, size, get_leaf, &size, proof, &n),
	    PH_OK);
	ck_assert_int_eq(merkle_inclusion_verify(&leaves[3], 8, 8, proof, n,
			     &root),
	    PH_EDIGEST);
	ck_assert_int_eq(merkle_inclusion_verify(&leaves[3], 3, UINT64_MAX,
			     proof, n, &root),
	    PH_EDIGEST);
	ck_assert_int_eq(merkle_inclusion_verify(&leaves[3], 0, 0, proof, n,
			     &root),
	    PH_EDIGEST);
	ck_assert_int_eq(merkle_consistency_verify(9, 8, proof, n, &root,
			     &root),
	    PH_EDIGEST);
	ck_assert_int_eq(merkle_consistency_verify(3, UINT64_MAX, proof, n,
			     &root, &root),
	    PH_EDIGEST);
	ck_assert_int_eq(merkle_consistency_verify(3, 8, NULL, 0, &root, &root),
	    PH_EDIGEST);
}
END_TEST

/* Fails for a leaf that cookie names. */
static int
fail_at(void *cookie, uint64_t index, struct digest *out)
{
	*out = leaves[index];
	return index == *(const uint64_t *)cookie ? PH_EIO : PH_OK;
}

START_TEST(a_failure_to_read_is_passed_on)
{
	struct digest proof[MERKLE_PROOF_MAX];
	uint64_t bad;
	size_t n;

	bad = 6;
	ck_assert_int_eq(merkle_inclusion(1, 8, fail_at, &bad, proof, &n),
	    PH_EIO);
	ck_assert_int_eq(merkle_inclusion(6, 8, fail_at, &bad, proof, &n),
	    PH_OK);
	ck_assert_int_eq(merkle_consistency(5, 8, fail_at, &bad, proof, &n),
	    PH_EIO);
}
END_TEST

/* The leaves of the reference implementation, and their lengths. */
static const struct {
	size_t len;
	const char *body;
} known_leaves[] = {
	{ 0, "" },
	{ 1, "\x00" },
	{ 1, "\x10" },
	{ 2, "\x20\x21" },
	{ 2, "\x30\x31" },
	{ 4, "\x40\x41\x42\x43" },
	{ 8, "\x50\x51\x52\x53\x54\x55\x56\x57" },
	{ 16,
	    "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e"
	    "\x6f" },
};

#define NKNOWN (sizeof(known_leaves) / sizeof(known_leaves[0]))

/* The roots of the trees of 0, 1, … leaves. */
static const char *const known_roots[NKNOWN + 1] = {
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
	"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
	"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
	"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
	"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
	"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
	"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
	"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

/* Proofs: of inclusion of leaf m, or of consistency from size m, in size n. */
static const struct {
	int inclusion;
	uint64_t m;
	uint64_t n;
	size_t nproof;
	const char *proof[3];
} known_proofs[] = {
	{ 1, 0, 1, 0, { NULL } },
	{ 1, 0, 8, 3,
	    { "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
		"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
		"6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4" } },
	{ 1, 5, 8, 3,
	    { "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
		"ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7" } },
	{ 1, 2, 3, 1,
	    { "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125" } },
	{ 1, 1, 5, 3,
	    { "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
		"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b" } },
	{ 0, 1, 1, 0, { NULL } },
	{ 0, 1, 8, 3,
	    { "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
		"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
		"6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4" } },
	{ 0, 6, 8, 3,
	    { "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
		"ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7" } },
	{ 0, 2, 5, 2,
	    { "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
		"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b" } },
};

static void
assert_hex(const struct digest *d, const char *hex)
{
	char text[DIGEST_HEX_SIZE];

	digest_hex(d, text);
	ck_assert_str_eq(text, hex);
}

/* The leaves of the reference implementation instead of our own. */
static void
setup_known(void)
{
	size_t i;

	for (i = 0; i < NKNOWN; i++)
		ck_assert_int_eq(merkle_leaf(known_leaves[i].body,
				     known_leaves[i].len, &leaves[i]),
		    PH_OK);
}

START_TEST(known_roots_are_found)
{
	struct digest root;
	struct merkle m;
	size_t n;

	merkle_init(&m);
	for (n = 0; n <= NKNOWN; n++) {
		merkle_root(&m, &root);
		assert_hex(&root, known_roots[n]);
		if (n < NKNOWN)
			merkle_append(&m, &leaves[n]);
	}
}
END_TEST

START_TEST(known_proofs_are_made)
{
	struct digest proof[MERKLE_PROOF_MAX];
	uint64_t n;
	size_t i, nproof;
	int r;

	n = known_proofs[_i].n;
	if (known_proofs[_i].inclusion)
		r = merkle_inclusion(known_proofs[_i].m, n, get_leaf, &n, proof,
		    &nproof);
	else
		r = merkle_consistency(known_proofs[_i].m, n, get_leaf, &n,
		    proof, &nproof);
	ck_assert_int_eq(r, PH_OK);
	ck_assert_uint_eq(nproof, known_proofs[_i].nproof);
	for (i = 0; i < nproof; i++)
		assert_hex(&proof[i], known_proofs[_i].proof[i]);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tcase;

	suite = suite_create("merkle");
	tcase = tcase_create("model");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, the_root_is_that_of_the_rfc);
	tcase_add_test(tcase, a_tree_has_a_root_for_each_bit);
	tcase_add_test(tcase, inclusion_is_proved);
	tcase_add_test(tcase, consistency_is_proved);
	tcase_add_test(tcase, sizes_must_fit);
	tcase_add_test(tcase, a_failure_to_read_is_passed_on);
	suite_add_tcase(suite, tcase);
	tcase = tcase_create("known");
	tcase_add_checked_fixture(tcase, setup_known, NULL);
	tcase_add_test(tcase, known_roots_are_found);
	tcase_add_loop_test(tcase, known_proofs_are_made, 0,
	    (int)(sizeof(known_proofs) / sizeof(known_proofs[0])));
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
