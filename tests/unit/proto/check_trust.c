/*
 * Trust documents: what readers take, roles, and the chain.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "tests/unit/check_main.h"
#include "tests/unit/proto/golden.h"

START_TEST(vectors)
{
	struct document d;

	golden_document(DOCUMENT_TRUST, &d);
	golden_compare_document("trust", &d);
	document_fini(&d);
	golden_document_trust2(&d);
	golden_compare_document("trust2", &d);
	document_fini(&d);
}
END_TEST

START_TEST(members)
{
	golden_check_members(DOCUMENT_TRUST);
	golden_check_lenience(DOCUMENT_TRUST);
}
END_TEST

START_TEST(round_trip)
{
	struct buffer bytes;
	struct trust in, out;
	size_t i;

	golden_trust2(&in);
	buffer_init(&bytes, PH_DOCUMENT_MAX);
	ck_assert_int_eq(trust_encode(&in, &bytes), PH_OK);
	ck_assert_int_eq(trust_decode(bytes.data, bytes.len, &out), PH_OK);
	ck_assert_uint_eq(out.epoch, 2);
	ck_assert_int_eq(out.time, GOLDEN_TIME + 3600);
	ck_assert_int_eq(digest_compare(&out.primary, &in.primary), 0);
	for (i = 0; i < TRUST_NROLES; i++) {
		ck_assert_uint_eq(in.roles[i].count, out.roles[i].count);
		ck_assert_mem_eq(in.roles[i].keys, out.roles[i].keys,
		    in.roles[i].count * sizeof(in.roles[i].keys[0]));
	}
	buffer_fini(&bytes);
}
END_TEST

/* What cannot be read cannot be written; the buffer keeps what it had. */
START_TEST(encode_refused)
{
	struct buffer bytes;
	struct trust t;

	buffer_init(&bytes, PH_DOCUMENT_MAX);
	buffer_put_text(&bytes, "before");
	golden_trust(&t);
	t.epoch = 0;
	ck_assert_int_eq(trust_encode(&t, &bytes), PH_EDOCUMENT);
	golden_trust(&t);
	t.epoch = UINT64_C(1) << 53;
	ck_assert_int_eq(trust_encode(&t, &bytes), PH_EDOCUMENT);
	golden_trust(&t);
	t.time = -1;
	ck_assert_int_eq(trust_encode(&t, &bytes), PH_EDOCUMENT);
	golden_trust(&t);
	t.roles[TRUST_POLICY].count = 0;
	ck_assert_int_eq(trust_encode(&t, &bytes), PH_EDOCUMENT);
	golden_trust(&t);
	memset(&t.primary, 0, sizeof(t.primary));
	ck_assert_int_eq(trust_encode(&t, &bytes), PH_EDOCUMENT);
	ck_assert_str_eq(buffer_text(&bytes), "before");
	golden_trust(&t);
	ck_assert_int_eq(trust_encode(&t, &bytes), PH_OK);
	buffer_fini(&bytes);
}
END_TEST

/* A key twice, too many keys, another threshold. */
START_TEST(keys)
{
	struct key_public key;
	struct buffer many;
	char line[KEY_LINE_SIZE], from[128], to[256];
	size_t i;

	golden_key(GOLDEN_POLICY, &key);
	key_line(&key, line);
	(void)snprintf(from, sizeof(from), "[\"%s\"]", line);
	(void)snprintf(to, sizeof(to), "[\"%s\",\"%s\"]", line, line);
	ck_assert_int_eq(golden_decode_changed(DOCUMENT_TRUST, from, to),
	    PH_EDOCUMENT);
	(void)snprintf(to, sizeof(to), "[\"%s comment\"]", line);
	ck_assert_int_eq(golden_decode_changed(DOCUMENT_TRUST, from, to),
	    PH_EDOCUMENT);
	ck_assert_int_eq(golden_decode_changed(DOCUMENT_TRUST, from, "[]"),
	    PH_EDOCUMENT);
	ck_assert_int_eq(golden_decode_changed(DOCUMENT_TRUST,
			     "\"threshold\":1", "\"threshold\":2"),
	    PH_EDOCUMENT);
	ck_assert_int_eq(golden_decode_changed(DOCUMENT_TRUST, "\"epoch\":1",
			     "\"epoch\":0"),
	    PH_EDOCUMENT);
	buffer_init(&many, PH_DOCUMENT_MAX);
	buffer_put_text(&many, "[");
	for (i = 0; i < PH_ROLE_KEYS_MAX; i++)
		buffer_putf(&many, "\"%s\",", line);
	buffer_putf(&many, "\"%s\"]", line);
	ck_assert_int_eq(golden_decode_changed(DOCUMENT_TRUST, from,
			     buffer_text(&many)),
	    PH_EDOCUMENT);
	buffer_fini(&many);
}
END_TEST

START_TEST(roles)
{
	struct key_private *private;
	struct key_public key, other;
	enum trust_role role;
	struct trust t;
	uint8_t seed[KEY_SIZE];
	size_t i;

	golden_trust(&t);
	golden_key(GOLDEN_PRIMARY, &key);
	golden_key(GOLDEN_HOST, &other);
	ck_assert_int_eq(trust_role_has(&t, TRUST_PRIMARY, &key), 1);
	ck_assert_int_eq(trust_role_has(&t, TRUST_POLICY, &key), 0);
	ck_assert_int_eq(trust_role_has(&t, TRUST_PRIMARY, &other), 0);
	ck_assert_int_eq(trust_role_add(&t, TRUST_PRIMARY, &key), PH_OK);
	ck_assert_uint_eq(t.roles[TRUST_PRIMARY].count, 1);
	ck_assert_int_eq(trust_role_remove(&t, TRUST_PRIMARY, &other),
	    PH_EUNKNOWN);
	for (i = 1; i < PH_ROLE_KEYS_MAX; i++) {
		memset(seed, (int)(0xa0 + i), sizeof(seed));
		ck_assert_int_eq(key_private_new(seed, &private), PH_OK);
		ck_assert_int_eq(trust_role_add(&t, TRUST_PRIMARY,
				     key_private_public(private)),
		    PH_OK);
		key_private_free(private);
	}
	ck_assert_int_eq(trust_role_add(&t, TRUST_PRIMARY, &other), PH_ELIMIT);
	ck_assert_int_eq(trust_role_remove(&t, TRUST_PRIMARY, &key), PH_OK);
	ck_assert_int_eq(trust_role_has(&t, TRUST_PRIMARY, &key), 0);
	ck_assert_int_eq(trust_role_add(&t, TRUST_PRIMARY, &other), PH_OK);
	for (i = 0; i < TRUST_NROLES; i++) {
		ck_assert_int_eq(trust_role_from_name(trust_role_name(
							  (enum trust_role)i),
				     &role),
		    PH_OK);
		ck_assert_uint_eq(role, i);
	}
	ck_assert_int_eq(trust_role_from_name("Primary", &role), PH_EUNKNOWN);
}
END_TEST

START_TEST(chain)
{
	struct document first, second;
	struct key_public pinned;
	struct trust t;

	golden_document(DOCUMENT_TRUST, &first);
	golden_document_trust2(&second);
	golden_key(GOLDEN_AUTHORITY, &pinned);
	ck_assert_int_eq(trust_accept(NULL, &pinned, &first, &t), PH_OK);
	ck_assert_uint_eq(t.epoch, 1);
	ck_assert_int_eq(trust_accept(&t, NULL, &second, &t), PH_OK);
	ck_assert_uint_eq(t.epoch, 2);
	/* Not again, and not back. */
	ck_assert_int_eq(trust_accept(&t, NULL, &second, &t), PH_EOLDER);
	ck_assert_uint_eq(t.epoch, 2);
	ck_assert_int_eq(trust_accept(&t, NULL, &first, &t), PH_ESIGNATURE);
	document_fini(&first);
	document_fini(&second);
}
END_TEST

START_TEST(anchors)
{
	struct document first, second;
	struct key_public authority, authority2;
	struct trust t;

	golden_document(DOCUMENT_TRUST, &first);
	golden_document_trust2(&second);
	golden_key(GOLDEN_AUTHORITY, &authority);
	golden_key(GOLDEN_AUTHORITY2, &authority2);
	ck_assert_int_eq(trust_accept_anchor(&first, &t), PH_OK);
	ck_assert_uint_eq(t.epoch, 1);
	ck_assert_int_eq(trust_accept_anchor(&second, &t), PH_OK);
	ck_assert_uint_eq(t.epoch, 2);
	ck_assert_int_eq(trust_accept(NULL, &authority2, &second, &t), PH_OK);
	/* The old authority signed epoch 2, but is none of it. */
	ck_assert_int_eq(trust_accept(NULL, &authority, &second, &t),
	    PH_ESIGNATURE);
	ck_assert_int_eq(trust_accept(NULL, &authority2, &first, &t),
	    PH_ESIGNATURE);
	document_fini(&first);
	document_fini(&second);
}
END_TEST

/* Sign an epoch's document with one key or two. */
static void
sign_epoch(uint64_t epoch, int with_old, int with_new, struct document *out)
{
	struct key_private *key;
	struct buffer bytes;
	struct trust t;

	golden_trust2(&t);
	t.epoch = epoch;
	buffer_init(&bytes, PH_DOCUMENT_MAX);
	ck_assert_int_eq(trust_encode(&t, &bytes), PH_OK);
	document_init(out);
	ck_assert_int_eq(document_set(out, bytes.data, bytes.len), PH_OK);
	if (with_old) {
		key = golden_key_private(GOLDEN_AUTHORITY);
		ck_assert_int_eq(document_sign(out, DOCUMENT_TRUST, key),
		    PH_OK);
		key_private_free(key);
	}
	if (with_new) {
		key = golden_key_private(GOLDEN_AUTHORITY2);
		ck_assert_int_eq(document_sign(out, DOCUMENT_TRUST, key),
		    PH_OK);
		key_private_free(key);
	}
	buffer_fini(&bytes);
}

static const struct {
	uint64_t epoch;
	int with_old;
	int with_new;
	int result;
} steps[] = {
	{ 2, 1, 1, PH_OK },
	{ 2, 1, 0, PH_ESIGNATURE },
	{ 2, 0, 1, PH_ESIGNATURE },
	{ 2, 0, 0, PH_ESIGNATURE },
	{ 3, 1, 1, PH_EDOCUMENT },
	{ 1, 1, 1, PH_EOLDER },
};

START_TEST(rotation)
{
	struct document d;
	struct trust t, next;

	golden_trust(&t);
	sign_epoch(steps[_i].epoch, steps[_i].with_old, steps[_i].with_new, &d);
	ck_assert_int_eq(trust_accept(&t, NULL, &d, &next), steps[_i].result);
	document_fini(&d);
}
END_TEST

/* A signature for another namespace does not make a trust document. */
START_TEST(namespace)
{
	struct document d;
	struct buffer bytes;
	struct trust t;

	golden_trust(&t);
	buffer_init(&bytes, PH_DOCUMENT_MAX);
	ck_assert_int_eq(trust_encode(&t, &bytes), PH_OK);
	golden_sign(&d, DOCUMENT_CHARTER, &bytes, GOLDEN_AUTHORITY);
	ck_assert_int_eq(trust_accept_anchor(&d, &t), PH_ESIGNATURE);
	document_fini(&d);
	buffer_fini(&bytes);
}
END_TEST

int
main(void)
{
	TCase *tc;
	Suite *s;

	s = suite_create("trust");
	tc = tcase_create("trust");
	tcase_add_test(tc, vectors);
	tcase_add_test(tc, members);
	tcase_add_test(tc, round_trip);
	tcase_add_test(tc, encode_refused);
	tcase_add_test(tc, keys);
	tcase_add_test(tc, roles);
	tcase_add_test(tc, chain);
	tcase_add_test(tc, anchors);
	tcase_add_loop_test(tc, rotation, 0,
	    (int)(sizeof(steps) / sizeof(steps[0])));
	tcase_add_test(tc, namespace);
	suite_add_tcase(s, tc);
	return check_run(s);
}
