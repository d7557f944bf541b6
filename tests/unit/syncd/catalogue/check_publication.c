/*
 * Publishing: what becomes visible, what is refused, what is only tried.
 */
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/catalogue/grants.h"
#include "syncd/catalogue/publication.h"
#include "syncd/catalogue/reception.h"
#include "syncd/store/blob.h"
#include "syncd/store/space.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/catalogue/invariants.h"
#include "tests/unit/tempdir.h"

#define SIZE 5000u

static struct world world;
static struct repository *lab;

static void
setup(void)
{
	world_begin(&world);
	lab = world_site(&world, "lab");
	(void)world_apply(&world,
	    "version: 1\nallow:\n  - {to: [lab], images: {name: \"*\"}}\n");
}

static void
teardown(void)
{
	world_end(&world);
}

static struct failure failure;
static struct publication_result result;

/* Nothing of a publication is in the store, and no room is promised to it. */
static void
check_nothing_kept(void)
{
	glob_t found;

	ck_assert_uint_eq(space_promised(catalogue_space(world.primary.c)), 0);
	ck_assert_int_eq(glob("primary/store/staging/*", 0, NULL, &found),
	    GLOB_NOMATCH);
	globfree(&found);
}

/* Publish files "a" and "b" of these texts (NULL: no such file). */
static int
publish(const char *image, const char *version, const char *a, const char *b,
    const char *label, int dry_run)
{
	static const char *const names[] = { "a.img", "b.idx" };
	struct publication_spec spec;
	struct publication *p;
	struct labels labels;
	size_t i;
	int fd, r;

	tempdir_write("a.img", a);
	tempdir_write("b.idx", b == NULL ? "" : b);
	labels_init(&labels);
	if (label != NULL)
		ck_assert_int_eq(labels_set(&labels, "k", label), PH_OK);
	memset(&spec, 0, sizeof(spec));
	spec.image = image;
	spec.version = version;
	spec.labels = &labels;
	spec.names = names;
	spec.nfiles = b == NULL ? 1 : 2;
	spec.dry_run = dry_run;
	publication_result_fini(&result);
	r = publication_begin(world.primary.c, &spec, &p, &failure);
	labels_fini(&labels);
	if (r != PH_OK)
		return r;
	for (i = 0; r == PH_OK && i < spec.nfiles; i++) {
		fd = open(names[i], O_RDONLY | O_CLOEXEC);
		r = publication_ingest(p, i, fd, NULL, NULL, &failure);
		(void)close(fd);
	}
	if (dry_run)
		check_nothing_kept();
	if (r == PH_OK)
		r = publication_commit(p, &result, &failure);
	publication_free(p);
	return r;
}

START_TEST(published)
{
	ck_assert_int_eq(publish("img", "1", "content", "index", NULL, 0),
	    PH_OK);
	ck_assert_int_eq(result.already, 0);
	ck_assert_uint_eq(result.size, 12);
	ck_assert_uint_eq(result.recipients.count, 1);
	ck_assert_str_eq(result.recipients.items[0].name, "lab");
	ck_assert_int_eq(result.recipients.items[0].state, POLICY_ALLOW);
	ck_assert_str_eq(result.recipients.items[0].rule, "policy.yaml:3:5");
	ck_assert_int_eq(access("primary/store/published/img/1/b.idx", R_OK),
	    0);
	invariants_check_rebuild(&world.primary);
	publication_result_fini(&result);
}
END_TEST

START_TEST(published_again)
{
	ck_assert_int_eq(publish("img", "1", "content", NULL, "x", 0), PH_OK);
	ck_assert_int_eq(publish("img", "1", "content", NULL, "x", 0), PH_OK);
	ck_assert_int_eq(result.already, 1);
	ck_assert_int_eq(publish("img", "1", "other", NULL, "x", 0), PH_ETAKEN);
	ck_assert_int_eq(publish("img", "1", "content", "more", "x", 0),
	    PH_ETAKEN);
	ck_assert_int_eq(publish("img", "1", "content", NULL, "y", 0),
	    PH_ETAKEN);
	ck_assert_int_eq(publish("img", "1", "content", NULL, NULL, 0),
	    PH_ETAKEN);
	invariants_check_rebuild(&world.primary);
	publication_result_fini(&result);
}
END_TEST

START_TEST(clashes_of_case)
{
	ck_assert_int_eq(publish("Img", "1a", "content", NULL, NULL, 0), PH_OK);
	ck_assert_int_eq(publish("img", "2", "content", NULL, NULL, 0),
	    PH_ETAKEN);
	ck_assert_int_eq(publish("Img", "1A", "content", NULL, NULL, 0),
	    PH_ETAKEN);
	ck_assert_int_eq(publish("Img", "2a", "content", NULL, NULL, 0), PH_OK);
	publication_result_fini(&result);
}
END_TEST

START_TEST(dry)
{
	struct digest blob;
	struct blob b;

	ck_assert_int_eq(publish("img", "1", "content", NULL, NULL, 1), PH_OK);
	ck_assert_uint_eq(result.recipients.count, 1);
	digest_of("content", 7, &blob);
	ck_assert_int_eq(blob_look(catalogue_store(world.primary.c), &blob, &b),
	    PH_OK);
	ck_assert_int_eq(b.state, BLOB_ABSENT);
	ck_assert_int_eq(access("primary/store/published/img", F_OK), -1);
	invariants_check_rebuild(&world.primary);
	publication_result_fini(&result);
}
END_TEST

START_TEST(refused_names)
{
	static const char *const same[] = { "a", "A" };
	static const char *const hidden[] = { ".a" };
	struct publication_spec spec;
	struct publication *p;
	struct labels labels;

	ck_assert_int_eq(publish("a b", "1", "x", NULL, NULL, 0), PH_ENAME);
	ck_assert_int_eq(publish("img", "1/2", "x", NULL, NULL, 0), PH_ENAME);
	labels_init(&labels);
	memset(&spec, 0, sizeof(spec));
	spec.image = "img";
	spec.version = "1";
	spec.labels = &labels;
	ck_assert_int_eq(publication_begin(world.primary.c, &spec, &p,
			     &failure),
	    PH_EUSAGE);
	spec.names = same;
	spec.nfiles = 2;
	ck_assert_int_eq(publication_begin(world.primary.c, &spec, &p,
			     &failure),
	    PH_ETAKEN);
	spec.names = hidden;
	spec.nfiles = 1;
	ck_assert_int_eq(publication_begin(world.primary.c, &spec, &p,
			     &failure),
	    PH_ENAME);
}
END_TEST

START_TEST(expected_digest)
{
	static const char *const names[] = { "a.img" };
	struct publication_spec spec;
	struct publication *p;
	struct digest digest;
	struct labels labels;
	int fd;

	tempdir_write("a.img", "content");
	labels_init(&labels);
	memset(&spec, 0, sizeof(spec));
	spec.image = "img";
	spec.version = "1";
	spec.labels = &labels;
	spec.names = names;
	spec.nfiles = 1;
	ck_assert_int_eq(publication_begin(world.primary.c, &spec, &p,
			     &failure),
	    PH_OK);
	fd = open("a.img", O_RDONLY | O_CLOEXEC);
	digest_of("another", 7, &digest);
	ck_assert_int_eq(publication_ingest(p, 0, fd, &digest, NULL, &failure),
	    PH_EDIGEST);
	publication_free(p);
	ck_assert_int_eq(publication_begin(world.primary.c, &spec, &p,
			     &failure),
	    PH_OK);
	digest_of("content", 7, &digest);
	ck_assert_int_eq(publication_ingest(p, 0, fd, &digest, NULL, &failure),
	    PH_OK);
	ck_assert_uint_eq(publication_size(p), 7);
	ck_assert_uint_eq(publication_nfiles(p), 1);
	ck_assert_int_eq(digest_compare(publication_blob(p, 0), &digest), 0);
	publication_free(p);
	(void)close(fd);
	invariants_check_rebuild(&world.primary);
}
END_TEST

START_TEST(damaged_content_comes_back)
{
	struct digest blob;

	ck_assert_int_eq(publish("img", "1", "content", NULL, NULL, 0), PH_OK);
	digest_of("content", 7, &blob);
	ck_assert_int_eq(reception_damaged(world.primary.c, &blob), PH_OK);
	ck_assert_int_eq(access("primary/store/published/img/1", F_OK), -1);
	world_reopen(&world.primary);
	ck_assert_int_eq(publish("img", "1", "content", NULL, NULL, 0), PH_OK);
	ck_assert_int_eq(result.already, 1);
	invariants_check_rebuild(&world.primary);
	publication_result_fini(&result);
}
END_TEST

START_TEST(without_the_publisher_key)
{
	world_close(&world.primary);
	ck_assert_int_eq(unlink("primary/state/keys/publisher"), 0);
	world_open(&world.primary);
	ck_assert_int_eq(publish("img", "1", "content", NULL, NULL, 0),
	    PH_EKEY);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s;
	TCase *t;

	s = suite_create("publication");
	t = tcase_create("publication");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, published);
	tcase_add_test(t, published_again);
	tcase_add_test(t, clashes_of_case);
	tcase_add_test(t, dry);
	tcase_add_test(t, refused_names);
	tcase_add_test(t, expected_digest);
	tcase_add_test(t, damaged_content_comes_back);
	tcase_add_test(t, without_the_publisher_key);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return check_run(suite());
}
