/*
 * The marker: written as docs/formats.md has it, read back, and every damage
 * told from its absence.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/check_main.h"
#include "tests/unit/tempdir.h"

#include "proto/buffer.h"
#include "proto/errors.h"
#include "syncd/config/marker.h"

#define ID "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static struct failure failure;

/* A marker with another number in each member. */
static struct marker
full_marker(void)
{
	struct digest id;
	struct marker m;

	ck_assert_int_eq(digest_from_hex(ID, &id), PH_OK);
	marker_init(&m, &id);
	m.trust_epoch = 1;
	m.charter_epoch = 2;
	m.charter_generation = 3;
	m.grant_epoch = 4;
	m.grant_generation = UINT64_C(9007199254740991);
	m.has_grant_digest = 1;
	m.grant_digest = id;
	m.log_size = 5;
	m.log_root = id;
	return m;
}

#define FULL_TEXT                                                              \
	"{\"schema\":1,\"repository\":\"" ID "\",\"trust_epoch\":1,"           \
	"\"charter\":{\"epoch\":2,\"generation\":3},"                          \
	"\"grant\":{\"epoch\":4,\"generation\":9007199254740991,"              \
	"\"digest\":\"sha256:" ID "\"},"                                       \
	"\"log\":{\"size\":5,\"root\":\"sha256:" ID "\"}}\n"

/* Of a store that was made before logs were noted. */
#define OLD_TEXT                                                               \
	"{\"schema\":1,\"repository\":\"" ID "\",\"trust_epoch\":0,"           \
	"\"charter\":{\"epoch\":0,\"generation\":0},"                          \
	"\"grant\":{\"epoch\":0,\"generation\":0,\"digest\":null}}\n"

#define NEW_TEXT                                                               \
	"{\"schema\":1,\"repository\":\"" ID "\",\"trust_epoch\":0,"           \
	"\"charter\":{\"epoch\":0,\"generation\":0},"                          \
	"\"grant\":{\"epoch\":0,\"generation\":0,\"digest\":null},"            \
	"\"log\":{\"size\":0,\"root\":null}}\n"

static void
assert_encodes(const struct marker *m, const char *expected)
{
	struct buffer out;

	buffer_init(&out, MARKER_SIZE_MAX);
	ck_assert_int_eq(marker_encode(m, &out), PH_OK);
	ck_assert_str_eq(buffer_text(&out), expected);
	buffer_fini(&out);
}

static void
assert_same(const struct marker *a, const struct marker *b)
{
	ck_assert_int_eq(digest_compare(&a->repository, &b->repository), 0);
	ck_assert_uint_eq(a->trust_epoch, b->trust_epoch);
	ck_assert_uint_eq(a->charter_epoch, b->charter_epoch);
	ck_assert_uint_eq(a->charter_generation, b->charter_generation);
	ck_assert_uint_eq(a->grant_epoch, b->grant_epoch);
	ck_assert_uint_eq(a->grant_generation, b->grant_generation);
	ck_assert_int_eq(a->has_grant_digest, b->has_grant_digest);
	ck_assert_int_eq(digest_compare(&a->grant_digest, &b->grant_digest), 0);
	ck_assert_uint_eq(a->log_size, b->log_size);
	ck_assert_int_eq(digest_compare(&a->log_root, &b->log_root), 0);
}

START_TEST(the_text_is_that_of_the_format)
{
	struct marker m, back, new_one;

	m = full_marker();
	assert_encodes(&m, FULL_TEXT);
	ck_assert_int_eq(marker_decode(FULL_TEXT, strlen(FULL_TEXT), &back,
			     &failure),
	    PH_OK);
	assert_same(&m, &back);
	marker_init(&new_one, &m.repository);
	assert_encodes(&new_one, NEW_TEXT);
	ck_assert_int_eq(marker_decode(NEW_TEXT, strlen(NEW_TEXT), &back,
			     &failure),
	    PH_OK);
	ck_assert_int_eq(back.has_grant_digest, 0);
	assert_same(&new_one, &back);
	ck_assert_int_eq(marker_decode(OLD_TEXT, strlen(OLD_TEXT), &back,
			     &failure),
	    PH_OK);
	assert_same(&new_one, &back);
}
END_TEST

START_TEST(damage_is_told)
{
	static const char *const bad[] = {
		"",
		"{}",
		"[]",
		"{\"schema\":2,\"repository\":\"" ID "\",\"trust_epoch\":0,"
		"\"charter\":{\"epoch\":0,\"generation\":0},"
		"\"grant\":{\"epoch\":0,\"generation\":0,\"digest\":null}}",
		"{\"schema\":1,\"repository\":\"" ID "\",\"trust_epoch\":-1,"
		"\"charter\":{\"epoch\":0,\"generation\":0},"
		"\"grant\":{\"epoch\":0,\"generation\":0,\"digest\":null}}",
		"{\"schema\":1,\"repository\":\"00\",\"trust_epoch\":0,"
		"\"charter\":{\"epoch\":0,\"generation\":0},"
		"\"grant\":{\"epoch\":0,\"generation\":0,\"digest\":null}}",
		"{\"schema\":1,\"repository\":\"" ID "\",\"trust_epoch\":0,"
		"\"charter\":{\"epoch\":0,\"generation\":0},"
		"\"grant\":{\"epoch\":0,\"generation\":0}}",
		"{\"schema\":1,\"repository\":\"" ID "\",\"trust_epoch\":0,"
		"\"charter\":{\"epoch\":0,\"generation\":0},\"more\":1,"
		"\"grant\":{\"epoch\":0,\"generation\":0,\"digest\":null}}",
		"{\"schema\":1,\"repository\":\"" ID "\",\"trust_epoch\":0,"
		"\"charter\":{\"epoch\":0,\"generation\":0,\"x\":0},"
		"\"grant\":{\"epoch\":0,\"generation\":0,\"digest\":null}}",
	};
	struct marker m;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_int_eq(marker_decode(bad[i], strlen(bad[i]), &m,
				     &failure),
		    PH_ESTORE);
		ck_assert_str_eq(failure.what,
		    "the marker of the store is damaged");
	}
	for (i = 0; i < strlen(FULL_TEXT) - 1; i++)
		ck_assert_int_eq(marker_decode(FULL_TEXT, i, &m, &failure),
		    PH_ESTORE);
}
END_TEST

START_TEST(a_store_gets_one_marker)
{
	struct marker m, back;

	(void)tempdir_begin();
	m = full_marker();
	ck_assert_int_eq(marker_read(".", &back, &failure), PH_EABSENT);
	ck_assert_ptr_nonnull(strstr(failure.what, "no marker"));
	ck_assert_ptr_nonnull(strstr(failure.next, "mounted"));
	ck_assert_str_eq(failure.where, "./.packhorse");
	ck_assert_int_eq(marker_create(".", &m, &failure), PH_OK);
	ck_assert_int_eq(marker_read(".", &back, &failure), PH_OK);
	assert_same(&m, &back);
	ck_assert_int_eq(marker_create(".", &m, &failure), PH_EEXISTS);
	ck_assert_str_eq(failure.what,
	    ". is already the store of a repository");
	m.trust_epoch = 77;
	ck_assert_int_eq(marker_write(".", &m, &failure), PH_OK);
	ck_assert_int_eq(marker_read(".", &back, &failure), PH_OK);
	ck_assert_uint_eq(back.trust_epoch, 77);
	ck_assert_int_eq(access("..packhorse.new", F_OK), -1);
	ck_assert_int_eq(marker_write("none", &m, &failure), PH_EABSENT);
	tempdir_end();
}
END_TEST

START_TEST(a_damaged_marker_is_not_a_missing_one)
{
	char big[MARKER_SIZE_MAX + 2];
	struct marker m;

	(void)tempdir_begin();
	tempdir_write(".packhorse", "");
	ck_assert_int_eq(marker_read(".", &m, &failure), PH_ESTORE);
	ck_assert_str_eq(failure.where, "./.packhorse");
	memset(big, ' ', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	tempdir_write(".packhorse", big);
	ck_assert_int_eq(marker_read(".", &m, &failure), PH_ESTORE);
	ck_assert_int_eq(unlink(".packhorse"), 0);
	ck_assert_int_eq(symlink("/", ".packhorse"), 0);
	ck_assert_int_eq(marker_read(".", &m, &failure), PH_EIO);
	tempdir_end();
}
END_TEST

START_TEST(the_store_of_another_is_refused)
{
	struct digest other;
	struct marker m;

	m = full_marker();
	ck_assert_int_eq(marker_check(&m, "/srv/images", &m.repository,
			     &failure),
	    PH_OK);
	other = m.repository;
	other.bytes[0] = 0xff;
	ck_assert_int_eq(marker_check(&m, "/srv/images", &other, &failure),
	    PH_ESTORE);
	ck_assert_str_eq(failure.what,
	    "/srv/images is the store of repository 001122334455, "
	    "not of this one, ff1122334455");
}
END_TEST

START_TEST(numbers_beyond_json_are_not_written)
{
	struct buffer out;
	struct marker m;

	m = full_marker();
	m.trust_epoch = UINT64_C(1) << 53;
	buffer_init(&out, MARKER_SIZE_MAX);
	ck_assert_int_eq(marker_encode(&m, &out), PH_EJSON);
	buffer_fini(&out);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tests;

	suite = suite_create("marker");
	tests = tcase_create("marker");
	tcase_add_test(tests, the_text_is_that_of_the_format);
	tcase_add_test(tests, damage_is_told);
	tcase_add_test(tests, a_store_gets_one_marker);
	tcase_add_test(tests, a_damaged_marker_is_not_a_missing_one);
	tcase_add_test(tests, the_store_of_another_is_refused);
	tcase_add_test(tests, numbers_beyond_json_are_not_written);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
