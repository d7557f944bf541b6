/*
 * The highest number seen is in three places, and the highest of them wins,
 * whichever two are lost.
 */
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/catalogue/mandate.h"
#include "syncd/catalogue/marks.h"
#include "syncd/config/marker.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/catalogue/exchange.h"
#include "tests/unit/syncd/catalogue/forge.h"

static struct world world;
static struct repository *lab;
static struct lineset *none;
static struct marks marks;
static int disagree;

static void
setup(void)
{
	world_begin(&world);
	lab = world_site(&world, "lab");
	none = forge_list(NULL, 0);
}

static void
teardown(void)
{
	lineset_free(none);
	world_end(&world);
}

/* Let the site take a grant of that generation. */
static void
take(uint64_t generation)
{
	struct failure f;
	struct document d;
	int r;

	forge_grant(lab, generation, none, world.primary.key, &d);
	r = mandate_take_grant(lab->c, &d, none, &f);
	ck_assert_msg(r == PH_OK, "%s", f.what);
	document_fini(&d);
}

/* The highest grant seen. */
static uint64_t
generation(void)
{
	ck_assert_int_eq(marks_get(lab->c, &marks, &disagree), PH_OK);
	return marks.grant.generation;
}

static void
read_marker(struct marker *out)
{
	struct failure f;

	ck_assert_int_eq(marker_read(lab->layout.store_dir, out, &f), PH_OK);
}

static void
write_marker(const struct marker *m)
{
	struct failure f;

	ck_assert_int_eq(marker_write(lab->layout.store_dir, m, &f), PH_OK);
}

START_TEST(nothing_seen)
{
	ck_assert_uint_eq(generation(), 0);
	ck_assert_uint_eq(marks.trust_epoch, 1);
	ck_assert_uint_eq(marks.charter.generation, 0);
	ck_assert(digest_is_zero(&marks.grant_digest));
	ck_assert(!disagree);
}
END_TEST

START_TEST(all_three_agree)
{
	struct digest digest;
	struct marker marker;

	ck_assert(exchange_documents(lab));
	take(7);
	ck_assert_uint_eq(generation(), 7);
	ck_assert(!disagree);
	ck_assert_uint_eq(marks.charter.generation, 1);
	read_marker(&marker);
	ck_assert_uint_eq(marker.grant_generation, 7);
	ck_assert_uint_eq(marker.charter_generation, 1);
	ck_assert_uint_eq(marker.trust_epoch, 1);
	ck_assert(marker.has_grant_digest);
	digest = marks.grant_digest;
	ck_assert_int_eq(digest_compare(&marker.grant_digest, &digest), 0);
}
END_TEST

/* Only the marker knows, only documents/ does, only the index does. */
START_TEST(any_one_is_enough)
{
	struct marker before, after;

	ck_assert(exchange_documents(lab));
	read_marker(&before);
	take(7);
	read_marker(&after);
	/* The marker stayed behind: documents/ and the index know. */
	write_marker(&before);
	ck_assert_uint_eq(generation(), 7);
	ck_assert(disagree);
	ck_assert_int_eq(marks_raise(lab->c), PH_OK);
	ck_assert_uint_eq(generation(), 7);
	ck_assert(!disagree);
	/* Only the index. */
	write_marker(&before);
	world_shell(
	    "mkdir aside && mv lab/state/documents/grants/*-7.* aside%s", "");
	ck_assert_uint_eq(generation(), 7);
	ck_assert(disagree);
	world_shell("mv aside/* lab/state/documents/grants/%s", "");
	/* Only the marker: the state is an old copy. */
	world_close(lab);
	world_shell("rm -r lab/state/index lab/state/log/* && "
		    "rm lab/state/documents/grants/*-7.*%s",
	    "");
	write_marker(&after);
	world_open(lab);
	ck_assert_uint_eq(generation(), 7);
	ck_assert(disagree);
	/* What it knows better stays. */
	ck_assert_int_eq(marks_raise(lab->c), PH_OK);
	ck_assert_uint_eq(generation(), 7);
}
END_TEST

/* Documents of another repository say nothing of us. */
START_TEST(names_of_others)
{
	ck_assert(exchange_documents(lab));
	take(7);
	world_shell("cd lab/state/documents/grants && for f in *-7.json; do "
		    "cp $f $(echo $f | tr a-f 0 | sed s/-7/-9/); "
		    "touch x-1-99.json; done%s",
	    "");
	ck_assert_uint_eq(generation(), 7);
}
END_TEST

/* A marker that is gone is a store that is not mounted. */
START_TEST(no_marker)
{
	ck_assert_int_eq(unlink("lab/store/" MARKER_NAME), 0);
	ck_assert_int_eq(marks_get(lab->c, &marks, &disagree), PH_ESTORE);
	ck_assert_int_ne(marks_raise(lab->c), PH_OK);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s;
	TCase *t;

	s = suite_create("marks");
	t = tcase_create("marks");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, nothing_seen);
	tcase_add_test(t, all_three_agree);
	tcase_add_test(t, any_one_is_enough);
	tcase_add_test(t, names_of_others);
	tcase_add_test(t, no_marker);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return check_run(suite());
}
