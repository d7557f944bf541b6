/*
 * Join files: what readers take, and whether they believe it.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "tests/unit/check_main.h"
#include "tests/unit/proto/golden.h"

START_TEST(vectors)
{
	struct document d;
	struct buffer file;

	golden_document(DOCUMENT_JOIN, &d);
	golden_compare_document("join", &d);
	buffer_init(&file, PH_DOCUMENT_MAX);
	document_encode_file(&d, &file);
	golden_compare("join", file.data, file.len);
	buffer_fini(&file);
	document_fini(&d);
}
END_TEST

START_TEST(members)
{
	golden_check_members(DOCUMENT_JOIN);
	golden_check_lenience(DOCUMENT_JOIN);
}
END_TEST

START_TEST(round_trip)
{
	struct join in, out;
	struct buffer bytes;

	golden_join(&in);
	memset(&in.repository, 0, sizeof(in.repository));
	join_init(&out);
	buffer_init(&bytes, PH_DOCUMENT_MAX);
	ck_assert_int_eq(join_encode(&in, &bytes), PH_OK);
	ck_assert_int_eq(join_decode(bytes.data, bytes.len, &out), PH_OK);
	ck_assert_str_eq(out.name, in.name);
	ck_assert_int_eq(digest_is_zero(&out.repository), 1);
	ck_assert_int_eq(digest_compare(&in.primary, &out.primary), 0);
	ck_assert_str_eq(out.address, in.address);
	ck_assert_int_eq(key_equal(&in.host_key, &out.host_key), 1);
	ck_assert_uint_eq(out.ntrust, 2);
	ck_assert_uint_eq(out.trust[1].nsignatures, 2);
	ck_assert_mem_eq(in.trust[1].bytes, out.trust[1].bytes,
	    in.trust[1].len);
	ck_assert_int_eq(out.time, in.time);
	join_fini(&in);
	join_fini(&out);
	buffer_fini(&bytes);
}
END_TEST

START_TEST(limits)
{
	struct buffer bytes;
	struct document d;
	struct join j;
	size_t i;

	golden_join(&j);
	golden_document(DOCUMENT_TRUST, &d);
	for (i = 2; i < PH_JOIN_TRUST_MAX; i++)
		ck_assert_int_eq(join_add_trust(&j, &d), PH_OK);
	ck_assert_int_eq(join_add_trust(&j, &d), PH_ELIMIT);
	buffer_init(&bytes, PH_DOCUMENT_MAX);
	ck_assert_int_eq(join_encode(&j, &bytes), PH_OK);
	buffer_fini(&bytes);
	document_fini(&d);
	join_fini(&j);
	ck_assert_int_eq(golden_decode_changed(DOCUMENT_JOIN, "\"trust\":[",
			     "\"trust\":[\"AAAA\","),
	    PH_EDOCUMENT);
	ck_assert_int_eq(golden_decode_changed(DOCUMENT_JOIN, "\"ssh://",
			     "\"ssh:/"),
	    PH_EDOCUMENT);
}
END_TEST

START_TEST(accepted)
{
	struct document d;
	struct trust trust;
	struct join j;

	golden_document(DOCUMENT_JOIN, &d);
	join_init(&j);
	ck_assert_int_eq(join_accept(&d, &j, &trust), PH_OK);
	ck_assert_uint_eq(trust.epoch, 2);
	ck_assert_str_eq(j.name, "site-a");
	join_fini(&j);
	document_fini(&d);
}
END_TEST

/* Sign a join file with key and say how it is received. */
static int
accept(const struct join *in, enum golden_key key)
{
	struct buffer bytes;
	struct document d;
	struct trust trust;
	struct join out;
	int r;

	buffer_init(&bytes, PH_DOCUMENT_MAX);
	ck_assert_int_eq(join_encode(in, &bytes), PH_OK);
	golden_sign(&d, DOCUMENT_JOIN, &bytes, key);
	join_init(&out);
	r = join_accept(&d, &out, &trust);
	ck_assert(r == PH_OK || out.trust == NULL);
	join_fini(&out);
	document_fini(&d);
	buffer_fini(&bytes);
	return r;
}

START_TEST(not_accepted)
{
	struct document first, second;
	struct join j;

	golden_document(DOCUMENT_TRUST, &first);
	golden_document_trust2(&second);
	golden_join(&j);
	ck_assert_int_eq(accept(&j, GOLDEN_PRIMARY), PH_OK);
	ck_assert_int_eq(accept(&j, GOLDEN_AUTHORITY), PH_ESIGNATURE);
	j.primary = golden_digest("another");
	ck_assert_int_eq(accept(&j, GOLDEN_PRIMARY), PH_EIDENTITY);
	golden_key_id(GOLDEN_PRIMARY, &j.primary);
	/* An epoch again. */
	ck_assert_int_eq(join_add_trust(&j, &second), PH_OK);
	ck_assert_int_eq(accept(&j, GOLDEN_PRIMARY), PH_EOLDER);
	join_fini(&j);
	/* An anchor that nobody of its own signed. */
	golden_join(&j);
	free(j.trust[0].signatures[0].blob);
	j.trust[0].signatures[0] = j.trust[1].signatures[1];
	j.trust[1].nsignatures = 1;
	ck_assert_int_eq(accept(&j, GOLDEN_PRIMARY), PH_ESIGNATURE);
	join_fini(&j);
	document_fini(&first);
	document_fini(&second);
}
END_TEST

int
main(void)
{
	TCase *tc;
	Suite *s;

	s = suite_create("join");
	tc = tcase_create("join");
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, vectors);
	tcase_add_test(tc, members);
	tcase_add_test(tc, round_trip);
	tcase_add_test(tc, limits);
	tcase_add_test(tc, accepted);
	tcase_add_test(tc, not_accepted);
	suite_add_tcase(s, tc);
	return check_run(s);
}
