/*
 * Checkpoints: what readers take.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "tests/unit/check_main.h"
#include "tests/unit/proto/golden.h"

START_TEST(vectors)
{
	struct document d;

	golden_document(DOCUMENT_CHECKPOINT, &d);
	golden_compare_document("checkpoint", &d);
	document_fini(&d);
}
END_TEST

START_TEST(members)
{
	golden_check_members(DOCUMENT_CHECKPOINT);
	golden_check_lenience(DOCUMENT_CHECKPOINT);
}
END_TEST

START_TEST(round_trip)
{
	struct checkpoint in, out;
	struct buffer bytes;

	golden_checkpoint(&in);
	digest_hex(&in.owner, in.log);
	in.size = 0;
	buffer_init(&bytes, PH_DOCUMENT_MAX);
	ck_assert_int_eq(checkpoint_encode(&in, &bytes), PH_OK);
	ck_assert_int_eq(checkpoint_decode(bytes.data, bytes.len, &out), PH_OK);
	ck_assert_int_eq(digest_compare(&in.owner, &out.owner), 0);
	ck_assert_str_eq(out.log, in.log);
	ck_assert_uint_eq(out.size, 0);
	ck_assert_int_eq(digest_compare(&in.root, &out.root), 0);
	ck_assert_int_eq(out.time, in.time);
	buffer_fini(&bytes);
}
END_TEST

START_TEST(logs)
{
	ck_assert_int_eq(checkpoint_log_valid("main"), 1);
	ck_assert_int_eq(checkpoint_log_valid("local"), 1);
	ck_assert_int_eq(checkpoint_log_valid("Main"), 0);
	ck_assert_int_eq(checkpoint_log_valid(""), 0);
	ck_assert_int_eq(golden_decode_changed(DOCUMENT_CHECKPOINT, "\"main\"",
			     "\"local\""),
	    PH_OK);
	ck_assert_int_eq(golden_decode_changed(DOCUMENT_CHECKPOINT, "\"main\"",
			     "\"other\""),
	    PH_EDOCUMENT);
}
END_TEST

int
main(void)
{
	TCase *tc;
	Suite *s;

	s = suite_create("checkpoint");
	tc = tcase_create("checkpoint");
	tcase_add_test(tc, vectors);
	tcase_add_test(tc, members);
	tcase_add_test(tc, round_trip);
	tcase_add_test(tc, logs);
	suite_add_tcase(s, tc);
	return check_run(s);
}
