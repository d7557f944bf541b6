/*
 * The directory staging/.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/store/partial.h"
#include "syncd/store/published.h"
#include "syncd/store/staging.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/store/fixture.h"

#define SEGMENT 65536u
#define SIZE (4u * SEGMENT)

static struct fixture f;

static void
setup(void)
{
	fixture_begin(&f);
}

static void
teardown(void)
{
	fixture_end(&f);
}

static int
staging(void)
{
	return store_dir(f.store, STORE_STAGING);
}

START_TEST(publications)
{
	char tag[STAGING_TAG_MAX + 2];
	int dir, second;

	ck_assert_int_eq(staging_open_publication(f.store, "0123ab", &dir),
	    PH_OK);
	fixture_write(dir, "file", "x", 1);
	(void)close(dir);
	ck_assert(fixture_exists(staging(), "publish-0123ab/file"));
	ck_assert_int_eq(staging_open_publication(f.store, "0123ab", &second),
	    PH_EEXISTS);
	ck_assert_int_eq(staging_remove_publication(f.store, "0123ab"), PH_OK);
	ck_assert_int_eq(staging_remove_publication(f.store, "0123ab"), PH_OK);
	ck_assert_uint_eq(fixture_count(staging()), 0);
	memset(tag, 'a', sizeof(tag));
	tag[STAGING_TAG_MAX + 1] = '\0';
	ck_assert_int_eq(staging_open_publication(f.store, tag, &dir),
	    PH_ENAME);
	tag[STAGING_TAG_MAX] = '\0';
	ck_assert_int_eq(staging_open_publication(f.store, tag, &dir), PH_OK);
	(void)close(dir);
	ck_assert_int_eq(staging_open_publication(f.store, "", &dir), PH_ENAME);
	ck_assert_int_eq(staging_open_publication(f.store, "../x", &dir),
	    PH_ENAME);
	ck_assert_int_eq(staging_remove_publication(f.store, "X"), PH_ENAME);
}
END_TEST

/* Receive the first segment of a blob. */
static void
receive(const char *seed, struct digest *target)
{
	static uint8_t data[SEGMENT];
	struct partial *p;

	fixture_fill(data, sizeof(data), 1);
	digest_of(seed, strlen(seed), target);
	ck_assert_int_eq(partial_open(f.store, target, SIZE, SEGMENT, &p),
	    PH_OK);
	ck_assert_int_eq(partial_write(p, 0, data, sizeof(data)), PH_OK);
	fixture_write(partial_dir(p), "part-1", data, 10000);
	ck_assert_int_eq(partial_sync(p), PH_OK);
	partial_close(p);
}

struct found {
	unsigned int n;
	struct staging_partial last;
	int result;
};

static int
note(void *cookie, const struct staging_partial *p)
{
	struct found *found = cookie;

	found->n++;
	found->last = *p;
	return found->result;
}

START_TEST(listed)
{
	struct digest a, b;
	struct found found;
	char hex[DIGEST_HEX_SIZE];
	int64_t now;

	memset(&found, 0, sizeof(found));
	ck_assert_int_eq(staging_list(f.store, note, &found), PH_OK);
	ck_assert_uint_eq(found.n, 0);
	receive("a", &a);
	ck_assert_int_eq(staging_list(f.store, note, &found), PH_OK);
	ck_assert_uint_eq(found.n, 1);
	ck_assert_int_eq(digest_compare(&found.last.target, &a), 0);
	ck_assert_uint_eq(found.last.size, SIZE);
	ck_assert_uint_ge(found.last.stored, SEGMENT + 10000);
	ck_assert_uint_lt(found.last.stored, 2 * SEGMENT);
	now = time(NULL);
	ck_assert_int_le(found.last.begun, now);
	ck_assert_int_gt(found.last.begun, now - 60);
	receive("b", &b);
	ck_assert_int_eq(mkdirat(staging(), "publish-00", 0700), 0);
	/* A directory without the file: nothing was received. */
	digest_of("c", 1, &b);
	digest_hex(&b, hex);
	ck_assert_int_eq(mkdirat(staging(), hex, 0700), 0);
	found.n = 0;
	ck_assert_int_eq(staging_list(f.store, note, &found), PH_OK);
	ck_assert_uint_eq(found.n, 2);
	found.n = 0;
	found.result = PH_ECANCELED;
	ck_assert_int_eq(staging_list(f.store, note, &found), PH_ECANCELED);
	ck_assert_uint_eq(found.n, 1);
}
END_TEST

START_TEST(cleaned)
{
	struct digest a;
	char hex[DIGEST_HEX_SIZE];
	int dir;

	receive("a", &a);
	ck_assert_int_eq(staging_open_publication(f.store, "00", &dir), PH_OK);
	fixture_write(dir, "file", "x", 1);
	(void)close(dir);
	ck_assert_int_eq(mkdirat(staging(), "build-11", 0755), 0);
	ck_assert_int_eq(mkdirat(staging(), "hidden-22", 0755), 0);
	fixture_write(staging(), "hidden-22/file", "x", 1);
	fixture_write(staging(), "stray", "x", 1);
	/* Named like a blob, but a file. */
	fixture_write(staging(),
	    "0000000000000000000000000000000000000000000000000000000000000001",
	    "x", 1);
	ck_assert_int_eq(staging_clean(f.store), PH_OK);
	ck_assert_uint_eq(fixture_count(staging()), 1);
	digest_hex(&a, hex);
	ck_assert(fixture_exists(staging(), hex));
	ck_assert_int_eq(staging_clean(f.store), PH_OK);
	ck_assert_uint_eq(fixture_count(staging()), 1);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *t;

	suite = suite_create("staging");
	t = tcase_create("staging");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, publications);
	tcase_add_test(t, listed);
	tcase_add_test(t, cleaned);
	suite_add_tcase(suite, t);
	return check_run(suite);
}
