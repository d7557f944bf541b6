/*
 * Receipts: what readers take.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "tests/unit/check_main.h"
#include "tests/unit/proto/golden.h"

START_TEST(vectors)
{
	struct document d;

	golden_document(DOCUMENT_RECEIPT, &d);
	golden_compare_document("receipt", &d);
	document_fini(&d);
}
END_TEST

START_TEST(members)
{
	golden_check_members(DOCUMENT_RECEIPT);
	golden_check_lenience(DOCUMENT_RECEIPT);
}
END_TEST

/* Write and read back; *out is what was read. */
static void
pass(const struct receipt *in, struct receipt *out)
{
	struct buffer bytes;

	buffer_init(&bytes, PH_DOCUMENT_MAX);
	receipt_init(out);
	ck_assert_int_eq(receipt_encode(in, &bytes), PH_OK);
	ck_assert_int_eq(receipt_decode(bytes.data, bytes.len, out), PH_OK);
	buffer_fini(&bytes);
	ck_assert_int_eq(digest_compare(&in->repository, &out->repository), 0);
	ck_assert_uint_eq(out->number, in->number);
	ck_assert_int_eq(digest_compare(&in->previous, &out->previous), 0);
	ck_assert_mem_eq(in->incarnation, out->incarnation,
	    PH_INCARNATION_SIZE);
	ck_assert_int_eq(out->time, in->time);
	ck_assert_int_eq(order_compare(&in->grant, &out->grant), 0);
	ck_assert_int_eq(digest_compare(&in->set, &out->set), 0);
	ck_assert_uint_eq(out->set_count, in->set_count);
	ck_assert_uint_eq(out->free_bytes, in->free_bytes);
	ck_assert_int_eq(digest_compare(&in->never, &out->never), 0);
	ck_assert_uint_eq(out->log_size, in->log_size);
	ck_assert_int_eq(digest_compare(&in->log_root, &out->log_root), 0);
	ck_assert_uint_eq(out->ncommitments, in->ncommitments);
	ck_assert_mem_eq(in->commitments, out->commitments,
	    in->ncommitments * sizeof(in->commitments[0]));
}

START_TEST(round_trip)
{
	struct receipt in, out;

	golden_receipt(&in);
	pass(&in, &out);
	ck_assert_str_eq(out.medium, "weekly-17");
	receipt_fini(&in);
	receipt_fini(&out);
}
END_TEST

/* The first receipt of a repository that was never granted anything. */
START_TEST(nulls)
{
	struct receipt in, out;

	golden_receipt(&in);
	in.number = 1;
	memset(&in.previous, 0, sizeof(in.previous));
	memset(&in.grant, 0, sizeof(in.grant));
	memset(&in.never, 0, sizeof(in.never));
	free(in.medium);
	in.medium = NULL;
	in.ncommitments = 0;
	in.set_count = 0;
	in.free_bytes = 0;
	in.log_size = 0;
	pass(&in, &out);
	ck_assert_ptr_null(out.medium);
	receipt_fini(&in);
	receipt_fini(&out);
}
END_TEST

static const struct {
	const char *from;
	const char *to;
	int result;
} changes[] = {
	{ "\"number\":5", "\"number\":0", PH_EDOCUMENT },
	{ "\"number\":5", "\"number\":1", PH_EDOCUMENT },
	{ "\"incarnation\":\"a", "\"incarnation\":\"A", PH_EDOCUMENT },
	{ "\"incarnation\":\"a", "\"incarnation\":\"aa", PH_EDOCUMENT },
	{ "\"incarnation\":\"ab", "\"incarnation\":\"", PH_EDOCUMENT },
	{ "\"epoch\":2", "\"epoch\":0", PH_EDOCUMENT },
	{ "\"medium\":\"weekly-17\"", "\"medium\":\"\"", PH_EDOCUMENT },
	{ "\"medium\":\"weekly-17\"", "\"medium\":\"\\u0085\"", PH_EDOCUMENT },
	{ "\"commitments\":[", "\"commitments\":[\"sha256:\",", PH_EDOCUMENT },
};

START_TEST(changed)
{
	ck_assert_int_eq(golden_decode_changed(DOCUMENT_RECEIPT,
			     changes[_i].from, changes[_i].to),
	    changes[_i].result);
}
END_TEST

START_TEST(many_commitments)
{
	struct receipt in, out;
	size_t i;

	golden_receipt(&in);
	for (i = 0; i < PH_COMMITMENTS_MAX; i++)
		in.commitments[i] = golden_digest("commitment");
	in.ncommitments = PH_COMMITMENTS_MAX;
	pass(&in, &out);
	receipt_fini(&out);
	receipt_fini(&in);
}
END_TEST

int
main(void)
{
	TCase *tc;
	Suite *s;

	s = suite_create("receipt");
	tc = tcase_create("receipt");
	tcase_add_test(tc, vectors);
	tcase_add_test(tc, members);
	tcase_add_test(tc, round_trip);
	tcase_add_test(tc, nulls);
	tcase_add_loop_test(tc, changed, 0,
	    (int)(sizeof(changes) / sizeof(changes[0])));
	tcase_add_test(tc, many_commitments);
	suite_add_tcase(s, tc);
	return check_run(s);
}
