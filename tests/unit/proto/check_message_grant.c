/*
 * The members of GRANT, RECEIPT and LISTDIFF, against the vectors.
 */
#include <string.h>

#include "tests/unit/check_main.h"
#include "tests/unit/proto/message_vectors.h"

#include "proto/errors.h"
#include "proto/message_grant.h"

/* The sealed document of the vectors. */
static const uint8_t sealed[] = { 0, 0, 0, 8, '{', '"', 'x', '"', ':', '1', '}',
	'\n', 1, 0, 4, 0xde, 0xad, 0xbe, 0xef };

static struct buffer out;

static void
setup(void)
{
	buffer_init(&out, FRAME_HEADER_SIZE + MESSAGE_PAYLOAD_MAX);
}

/* The members are these. */
static void
assert_members(const struct message_grant *m, const struct digest *base,
    uint32_t nlistdiffs)
{
	ck_assert_uint_eq(m->len, sizeof(sealed));
	ck_assert_mem_eq(m->sealed, sealed, m->len);
	ck_assert_mem_eq(&m->base, base, DIGEST_SIZE);
	ck_assert_uint_eq(m->nlistdiffs, nlistdiffs);
}

START_TEST(grant)
{
	struct message_grant m;
	struct digest base;

	digest_of(NULL, 0, &base);
	m.sealed = sealed;
	m.len = sizeof(sealed);
	m.base = base;
	m.nlistdiffs = 2;
	ck_assert_int_eq(message_grant_encode(&m, &out), PH_OK);
	message_vector_equals("GRANT", "whole", &out);
	memset(&m, 0, sizeof(m));
	ck_assert_int_eq(message_grant_decode(&message_vector("GRANT", "whole")
						   ->frame,
			     &m),
	    PH_OK);
	assert_members(&m, &base, 2);
}
END_TEST

START_TEST(receipt)
{
	struct message_grant m;
	struct digest base;

	memset(base.bytes, 0x22, DIGEST_SIZE);
	m.sealed = sealed;
	m.len = sizeof(sealed);
	m.base = base;
	m.nlistdiffs = 1;
	ck_assert_int_eq(message_receipt_encode(&m, &out), PH_OK);
	message_vector_equals("RECEIPT", "diff", &out);
	memset(&m, 0, sizeof(m));
	ck_assert_int_eq(message_receipt_decode(&message_vector("RECEIPT",
						    "diff")
						     ->frame,
			     &m),
	    PH_OK);
	assert_members(&m, &base, 1);
}
END_TEST

START_TEST(as_many_frames_as_there_may_be)
{
	struct message_grant m;
	struct frame f;

	memset(&m, 0, sizeof(m));
	m.sealed = sealed;
	m.len = sizeof(sealed);
	m.nlistdiffs = PH_LISTDIFF_FRAMES_MAX;
	ck_assert_int_eq(message_grant_encode(&m, &out), PH_OK);
	f.type = MESSAGE_GRANT;
	f.transfer = 0;
	f.payload = out.data + FRAME_HEADER_SIZE;
	f.len = out.len - FRAME_HEADER_SIZE;
	ck_assert_int_eq(message_grant_decode(&f, &m), PH_OK);
	ck_assert_uint_eq(m.nlistdiffs, PH_LISTDIFF_FRAMES_MAX);
	buffer_fini(&out);
}
END_TEST

START_TEST(listdiff)
{
	const struct frame *f;
	struct message_listdiff m;

	f = &message_vector("LISTDIFF", "both")->frame;
	ck_assert_int_eq(message_listdiff_decode(f, &m), PH_OK);
	ck_assert_uint_eq(m.len, f->len);
	ck_assert_mem_eq(m.lines, "-allow sha256:", 14);
	ck_assert_int_eq(message_listdiff_encode(&m, &out), PH_OK);
	message_vector_equals("LISTDIFF", "both", &out);
}
END_TEST

START_TEST(a_full_listdiff)
{
	static char lines[PH_LISTDIFF_MAX];
	struct message_listdiff m;
	struct frame f;
	size_t i;

	for (i = 0; i < sizeof(lines); i++)
		lines[i] = "+ab\n"[i % 4];
	m.lines = lines;
	m.len = sizeof(lines);
	ck_assert_int_eq(message_listdiff_encode(&m, &out), PH_OK);
	f.type = MESSAGE_LISTDIFF;
	f.transfer = 0;
	f.payload = out.data + FRAME_HEADER_SIZE;
	f.len = out.len - FRAME_HEADER_SIZE;
	ck_assert_int_eq(message_listdiff_decode(&f, &m), PH_OK);
	ck_assert_uint_eq(m.len, PH_LISTDIFF_MAX);
	buffer_fini(&out);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tcase;

	suite = suite_create("message_grant");
	tcase = tcase_create("members");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, grant);
	tcase_add_test(tcase, receipt);
	tcase_add_test(tcase, as_many_frames_as_there_may_be);
	tcase_add_test(tcase, listdiff);
	tcase_add_test(tcase, a_full_listdiff);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
