/*
 * The members of TRUST, AUTH, CHARTER, MANIFEST? and MANIFEST, against the
 * vectors.
 */
#include <string.h>

#include "tests/unit/check_main.h"
#include "tests/unit/proto/message_vectors.h"

#include "proto/errors.h"
#include "proto/message_document.h"

/* The sealed document of the vectors. */
static const uint8_t sealed[] = { 0, 0, 0, 8, '{', '"', 'x', '"', ':', '1', '}',
	'\n', 1, 0, 4, 0xde, 0xad, 0xbe, 0xef };

static struct buffer out;

static void
setup(void)
{
	buffer_init(&out, FRAME_HEADER_SIZE + MESSAGE_PAYLOAD_MAX);
}

START_TEST(trust_and_charter)
{
	struct message_document m;

	m.sealed = sealed;
	m.len = sizeof(sealed);
	ck_assert_int_eq(message_trust_encode(&m, &out), PH_OK);
	message_vector_equals("TRUST", "any", &out);
	ck_assert_int_eq(message_charter_encode(&m, &out), PH_OK);
	message_vector_equals("CHARTER", "any", &out);
	ck_assert_int_eq(message_trust_decode(&message_vector("TRUST", "any")
						   ->frame,
			     &m),
	    PH_OK);
	ck_assert_uint_eq(m.len, sizeof(sealed));
	ck_assert_mem_eq(m.sealed, sealed, m.len);
}
END_TEST

START_TEST(auth)
{
	struct message_auth m;

	m.signature = (const uint8_t *)"SSHSIG\0\0\0\1";
	m.len = 10;
	ck_assert_int_eq(message_auth_encode(&m, &out), PH_OK);
	message_vector_equals("AUTH", "any", &out);
	m.len = 0;
	ck_assert_int_eq(message_auth_decode(&message_vector("AUTH", "any")
						  ->frame,
			     &m),
	    PH_OK);
	ck_assert_uint_eq(m.len, 10);
	ck_assert_mem_eq(m.signature, "SSHSIG", 6);
}
END_TEST

START_TEST(manifest_query)
{
	struct message_manifest_query m, read;

	memset(&m, 0, sizeof(m));
	memset(m.manifests[0].bytes, 0x55, DIGEST_SIZE);
	memset(m.manifests[1].bytes, 0x56, DIGEST_SIZE);
	m.count = 2;
	ck_assert_int_eq(message_manifest_query_encode(&m, &out), PH_OK);
	message_vector_equals("MANIFEST?", "two", &out);
	ck_assert_int_eq(message_manifest_query_decode(
			     &message_vector("MANIFEST?", "two")->frame, &read),
	    PH_OK);
	ck_assert_uint_eq(read.count, 2);
	ck_assert_mem_eq(read.manifests, m.manifests, 2 * DIGEST_SIZE);
}
END_TEST

START_TEST(as_many_manifests_as_fit)
{
	struct message_manifest_query m, read;
	struct frame f;
	size_t i;

	memset(&m, 0, sizeof(m));
	m.count = MESSAGE_MANIFESTS_MAX;
	for (i = 0; i < m.count; i++)
		memset(m.manifests[i].bytes, (int)i + 1, DIGEST_SIZE);
	ck_assert_int_eq(message_manifest_query_encode(&m, &out), PH_OK);
	f.type = MESSAGE_MANIFEST_QUERY;
	f.transfer = 0;
	f.payload = out.data + FRAME_HEADER_SIZE;
	f.len = out.len - FRAME_HEADER_SIZE;
	ck_assert_uint_eq(f.len, message_info(f.type)->limit);
	ck_assert_int_eq(message_manifest_query_decode(&f, &read), PH_OK);
	ck_assert_mem_eq(read.manifests, m.manifests, f.len);
	/* One more does not fit the frame, nor the struct. */
	ck_assert_int_eq(buffer_put(&out, m.manifests, DIGEST_SIZE), PH_OK);
	f.payload = out.data + FRAME_HEADER_SIZE;
	f.len = out.len - FRAME_HEADER_SIZE;
	ck_assert_int_eq(message_manifest_query_decode(&f, &read), PH_ELIMIT);
	buffer_fini(&out);
}
END_TEST

START_TEST(manifest)
{
	struct message_manifest m;

	memset(m.manifest.bytes, 0x55, DIGEST_SIZE);
	m.sealed = sealed;
	m.len = sizeof(sealed);
	ck_assert_int_eq(message_manifest_encode(&m, &out), PH_OK);
	message_vector_equals("MANIFEST", "any", &out);
	memset(&m, 0, sizeof(m));
	ck_assert_int_eq(message_manifest_decode(&message_vector("MANIFEST",
						     "any")
						      ->frame,
			     &m),
	    PH_OK);
	ck_assert_uint_eq(m.manifest.bytes[31], 0x55);
	ck_assert_uint_eq(m.len, sizeof(sealed));
	ck_assert_mem_eq(m.sealed, sealed, m.len);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tcase;

	suite = suite_create("message_document");
	tcase = tcase_create("members");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, trust_and_charter);
	tcase_add_test(tcase, auth);
	tcase_add_test(tcase, manifest_query);
	tcase_add_test(tcase, as_many_manifests_as_fit);
	tcase_add_test(tcase, manifest);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
