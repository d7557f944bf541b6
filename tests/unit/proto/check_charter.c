/*
 * Charters: what readers take, and the ceiling.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "tests/unit/check_main.h"
#include "tests/unit/proto/golden.h"

START_TEST(vectors)
{
	struct document d;

	golden_document(DOCUMENT_CHARTER, &d);
	golden_compare_document("charter", &d);
	document_fini(&d);
}
END_TEST

START_TEST(members)
{
	golden_check_members(DOCUMENT_CHARTER);
	golden_check_lenience(DOCUMENT_CHARTER);
}
END_TEST

START_TEST(round_trip)
{
	struct charter in, out;
	struct buffer bytes;
	size_t i;

	golden_charter(&in);
	in.revoked = 1;
	charter_init(&out);
	buffer_init(&bytes, PH_DOCUMENT_MAX);
	ck_assert_int_eq(charter_encode(&in, &bytes), PH_OK);
	ck_assert_int_eq(charter_decode(bytes.data, bytes.len, &out), PH_OK);
	ck_assert_int_eq(digest_compare(&in.repository, &out.repository), 0);
	ck_assert_str_eq(out.name, in.name);
	ck_assert_int_eq(order_compare(&in.order, &out.order), 0);
	ck_assert_int_eq(out.time, in.time);
	ck_assert_int_eq(key_equal(&in.key, &out.key), 1);
	ck_assert_int_eq(out.revoked, 1);
	ck_assert_uint_eq(out.nupstreams, 2);
	for (i = 0; i < 2; i++) {
		ck_assert_int_eq(digest_compare(&in.upstreams[i].id,
				     &out.upstreams[i].id),
		    0);
		ck_assert_str_eq(out.upstreams[i].address,
		    in.upstreams[i].address);
		ck_assert_int_eq(key_equal(&in.upstreams[i].host_key,
				     &out.upstreams[i].host_key),
		    1);
	}
	ck_assert_uint_eq(out.reasons, in.reasons);
	ck_assert_uint_eq(out.may_hold.count, 1);
	ck_assert_str_eq(out.may_hold.items[0].name, "win*");
	ck_assert_str_eq(out.may_hold.items[0].owner, "Operations");
	ck_assert_uint_eq(out.never.count, 1);
	ck_assert_str_eq(out.never.items[0].name, "");
	ck_assert_ptr_null(out.never.items[0].owner);
	ck_assert_int_eq(labels_equal(&in.never.items[0].labels,
			     &out.never.items[0].labels),
	    1);
	charter_fini(&in);
	charter_fini(&out);
	buffer_fini(&bytes);
}
END_TEST

static const struct {
	const char *from;
	const char *to;
	int result;
} changes[] = {
	{ "\"epoch\":2", "\"epoch\":0", PH_EDOCUMENT },
	{ "\"generation\":7", "\"generation\":0", PH_EDOCUMENT },
	{ "\"site-a\"", "\"-site\"", PH_EDOCUMENT },
	{ ":2222\"", "\"", PH_EDOCUMENT },
	{ ":2222\"", ":22222\"", PH_OK },
	{ ":2222\"", ":65536\"", PH_EDOCUMENT },
	{ "\"ssh://", "\"http://", PH_EDOCUMENT },
	{ "[\"separation\",\"low-bandwidth\"]", "[\"coverage\"]", PH_OK },
	{ "[\"separation\",\"low-bandwidth\"]", "[]", PH_EDOCUMENT },
	{ "\"separation\"", "\"low-bandwidth\"", PH_EDOCUMENT },
	{ "\"separation\"", "\"vanity\"", PH_EDOCUMENT },
	{ "\"win*\"", "\"win[x]\"", PH_EDOCUMENT },
	{ "\"win*\"", "null", PH_OK },
	{ "\"class\":\"secret\"", "\"cl ass\":\"secret\"", PH_EDOCUMENT },
	{ "\"class\":\"secret\"", "", PH_OK },
};

START_TEST(changed)
{
	ck_assert_int_eq(golden_decode_changed(DOCUMENT_CHARTER,
			     changes[_i].from, changes[_i].to),
	    changes[_i].result);
}
END_TEST

/* The limit holds for both lists together. */
START_TEST(many_selectors)
{
	struct selector everything;
	struct charter c;
	struct buffer bytes;
	size_t i;

	golden_charter(&c);
	selector_init(&everything);
	for (i = 1; i < PH_SELECTORS_MAX; i++)
		ck_assert_int_eq(selectors_add(&c.may_hold, &everything),
		    PH_OK);
	ck_assert_int_eq(selectors_add(&c.may_hold, &everything), PH_ELIMIT);
	buffer_init(&bytes, PH_DOCUMENT_MAX);
	ck_assert_int_eq(charter_encode(&c, &bytes), PH_EDOCUMENT);
	selectors_fini(&c.never);
	ck_assert_int_eq(charter_encode(&c, &bytes), PH_OK);
	buffer_fini(&bytes);
	charter_fini(&c);
}
END_TEST

START_TEST(ceiling)
{
	struct charter c;
	struct labels labels;

	golden_charter(&c);
	labels_init(&labels);
	ck_assert_int_eq(labels_set(&labels, "os", "windows"), PH_OK);
	ck_assert_int_eq(charter_admits(&c, "winxp", &labels, "Operations"), 1);
	ck_assert_int_eq(charter_admits(&c, "winxp", &labels, NULL), 0);
	ck_assert_int_eq(charter_admits(&c, "linux", &labels, "Operations"), 0);
	ck_assert_int_eq(labels_set(&labels, "class", "secret"), PH_OK);
	ck_assert_int_eq(charter_admits(&c, "winxp", &labels, "Operations"), 0);
	ck_assert_int_eq(labels_set(&labels, "class", "public"), PH_OK);
	ck_assert_int_eq(charter_admits(&c, "winxp", &labels, "Operations"), 1);
	/* Nothing selected, nothing held. */
	selectors_fini(&c.may_hold);
	ck_assert_int_eq(charter_admits(&c, "winxp", &labels, "Operations"), 0);
	labels_fini(&labels);
	charter_fini(&c);
}
END_TEST

START_TEST(reasons)
{
	enum charter_reason reason;
	unsigned int i;

	for (i = 0; i < CHARTER_NREASONS; i++) {
		ck_assert_int_eq(
		    charter_reason_from_name(charter_reason_name((
						 enum charter_reason)(1u << i)),
			&reason),
		    PH_OK);
		ck_assert_uint_eq(reason, 1u << i);
	}
	ck_assert_int_eq(charter_reason_from_name("", &reason), PH_EUNKNOWN);
}
END_TEST

int
main(void)
{
	TCase *tc;
	Suite *s;

	s = suite_create("charter");
	tc = tcase_create("charter");
	tcase_add_test(tc, vectors);
	tcase_add_test(tc, members);
	tcase_add_test(tc, round_trip);
	tcase_add_loop_test(tc, changed, 0,
	    (int)(sizeof(changes) / sizeof(changes[0])));
	tcase_add_test(tc, many_selectors);
	tcase_add_test(tc, ceiling);
	tcase_add_test(tc, reasons);
	suite_add_tcase(s, tc);
	return check_run(s);
}
