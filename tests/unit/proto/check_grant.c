/*
 * Heads of grants: what readers take.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/limits.h"
#include "tests/unit/check_main.h"
#include "tests/unit/proto/golden.h"

START_TEST(vectors)
{
	struct document d;

	golden_document(DOCUMENT_GRANT, &d);
	golden_compare_document("grant", &d);
	document_fini(&d);
}
END_TEST

START_TEST(members)
{
	golden_check_members(DOCUMENT_GRANT);
	golden_check_lenience(DOCUMENT_GRANT);
}
END_TEST

START_TEST(round_trip)
{
	struct grant in, out;
	struct buffer bytes;

	golden_grant(&in);
	in.expires = _i ? in.expires : 0;
	buffer_init(&bytes, PH_DOCUMENT_MAX);
	ck_assert_int_eq(grant_encode(&in, &bytes), PH_OK);
	ck_assert_int_eq(grant_decode(bytes.data, bytes.len, &out), PH_OK);
	ck_assert_int_eq(digest_compare(&in.repository, &out.repository), 0);
	ck_assert_int_eq(order_compare(&in.order, &out.order), 0);
	ck_assert_int_eq(out.time, in.time);
	ck_assert_int_eq(out.expires, in.expires);
	ck_assert_uint_eq(out.items, in.items);
	ck_assert_int_eq(digest_compare(&in.list, &out.list), 0);
	buffer_fini(&bytes);
}
END_TEST

static const struct {
	const char *from;
	const char *to;
	int result;
} changes[] = {
	{ "\"epoch\":2", "\"epoch\":0", PH_EDOCUMENT },
	{ "\"generation\":9", "\"generation\":0", PH_EDOCUMENT },
	{ "\"generation\":9", "\"generation\":9007199254740991", PH_OK },
	{ "\"items\":4", "\"items\":0", PH_OK },
	{ "2026-11-22T09:30:00Z", "2026-11-22T09:30:00+00:00", PH_EDOCUMENT },
	{ "2026-11-22T09:30:00Z", "1970-01-01T00:00:00Z", PH_EDOCUMENT },
	{ "\"kind\":\"grant\"", "\"kind\":\"charter\"", PH_EDOCUMENT },
};

START_TEST(changed)
{
	ck_assert_int_eq(golden_decode_changed(DOCUMENT_GRANT, changes[_i].from,
			     changes[_i].to),
	    changes[_i].result);
}
END_TEST

/* A head is small, whatever stands in extra. */
START_TEST(size)
{
	struct buffer extra;
	struct document d;
	size_t len;

	golden_document(DOCUMENT_GRANT, &d);
	buffer_init(&extra, PH_DOCUMENT_MAX);
	buffer_put_text(&extra, "\"extra\":{\"x\":\"");
	for (len = d.len + strlen("\"x\":\"\""); len < PH_GRANT_HEAD_MAX; len++)
		buffer_put_u8(&extra, 'x');
	buffer_put_text(&extra, "\"}");
	ck_assert_int_eq(golden_decode_changed(DOCUMENT_GRANT, "\"extra\":{}",
			     buffer_text(&extra)),
	    PH_OK);
	buffer_put_text(&extra, " ");
	ck_assert_int_eq(golden_decode_changed(DOCUMENT_GRANT, "\"extra\":{}",
			     buffer_text(&extra)),
	    PH_ELIMIT);
	buffer_fini(&extra);
	document_fini(&d);
}
END_TEST

int
main(void)
{
	TCase *tc;
	Suite *s;

	s = suite_create("grant");
	tc = tcase_create("grant");
	tcase_add_test(tc, vectors);
	tcase_add_test(tc, members);
	tcase_add_loop_test(tc, round_trip, 0, 2);
	tcase_add_loop_test(tc, changed, 0,
	    (int)(sizeof(changes) / sizeof(changes[0])));
	tcase_add_test(tc, size);
	suite_add_tcase(s, tc);
	return check_run(s);
}
