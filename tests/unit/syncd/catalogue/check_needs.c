/*
 * What is missing, in what order, and against which base it should come.
 */
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/catalogue/needs.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/catalogue/crash.h"
#include "tests/unit/syncd/catalogue/exchange.h"

static struct world world;
static struct repository *lab;

static void
setup(void)
{
	world_begin(&world);
	lab = world_site(&world, "lab");
	(void)world_apply(&world, CRASH_ALLOW_ALL);
}

static void
teardown(void)
{
	world_end(&world);
}

static void
publish(const char *image, const char *version, uint64_t seed)
{
	world_publish(&world, image, version, CRASH_SIZE, seed, NULL);
}

/* What is missing: "IMAGE@VERSION " of each blob; the last one met. */
static char met[1000];
static struct need last;

static int
on_need(void *cookie, const struct need *n)
{
	(void)cookie;
	(void)strcat(met, n->image);
	(void)strcat(met, "@");
	(void)strcat(met, n->version);
	(void)strcat(met, " ");
	last = *n;
	return PH_OK;
}

static const char *
missing(void)
{
	met[0] = '\0';
	ck_assert_int_eq(needs_each(lab->c, on_need, NULL), PH_OK);
	return met;
}

static int
stop(void *cookie, const struct need *n)
{
	(void)n;
	++*(int *)cookie;
	return PH_ECANCELED;
}

START_TEST(blobs_in_order)
{
	struct digest blob;
	int n;

	ck_assert_str_eq(missing(), "");
	publish("b", "9", 1);
	publish("b", "10", 2);
	publish("a", "1", 3);
	(void)exchange_documents(lab);
	/* Without manifests nothing can be asked for. */
	ck_assert_str_eq(missing(), "");
	ck_assert_uint_eq(exchange_manifests(lab), 3);
	ck_assert_str_eq(missing(), "a@1 b@10 b@9 ");
	world_blob(CRASH_SIZE, 1, &blob);
	ck_assert_int_eq(digest_compare(&last.blob, &blob), 0);
	ck_assert_uint_eq(last.size, CRASH_SIZE);
	ck_assert_str_eq(last.file, "disk.img");
	ck_assert(last.alone);
	n = 0;
	ck_assert_int_eq(needs_each(lab->c, stop, &n), PH_ECANCELED);
	ck_assert_int_eq(n, 1);
	ck_assert_uint_eq(exchange_content(lab), 3);
	ck_assert_str_eq(missing(), "");
}
END_TEST

/* What was damaged here is missing again. */
START_TEST(content_that_was_cut)
{
	char command[300], hex[DIGEST_HEX_SIZE];
	struct digest blob;

	publish("a", "1", 1);
	exchange_contact(lab);
	world_close(lab);
	world.now += 60;
	world_blob(CRASH_SIZE, 1, &blob);
	digest_hex(&blob, hex);
	(void)snprintf(command, sizeof(command),
	    "truncate -s 100 lab/store/blobs/%s", hex);
	world_shell("%s", command);
	world_open(lab);
	ck_assert_str_eq(missing(), "a@1 ");
}
END_TEST

static int
skip_one(void *cookie, const struct digest *manifest)
{
	return digest_compare(cookie, manifest) == 0;
}

START_TEST(manifests_to_ask_for)
{
	struct digest out[8], first;
	size_t n;

	publish("a", "1", 1);
	world_publish(&world, "a", "2", CRASH_SIZE, 2, &first);
	publish("a", "3", 3);
	(void)exchange_documents(lab);
	ck_assert_int_eq(needs_manifests(lab->c, NULL, NULL, out, 8, &n),
	    PH_OK);
	ck_assert_uint_eq(n, 3);
	ck_assert_int_eq(digest_compare(&out[1], &first), 0);
	ck_assert_int_eq(needs_manifests(lab->c, NULL, NULL, out, 2, &n),
	    PH_OK);
	ck_assert_uint_eq(n, 2);
	ck_assert_int_eq(needs_manifests(lab->c, skip_one, &first, out, 8, &n),
	    PH_OK);
	ck_assert_uint_eq(n, 2);
	ck_assert_int_ne(digest_compare(&out[1], &first), 0);
	(void)exchange_manifests(lab);
	ck_assert_int_eq(needs_manifests(lab->c, NULL, NULL, out, 8, &n),
	    PH_OK);
	ck_assert_uint_eq(n, 0);
}
END_TEST

/* What is retiring and not here is not fetched any more. */
START_TEST(retiring_is_passed_over)
{
	struct digest out[8];
	size_t n;

	publish("a", "1", 1);
	(void)exchange_documents(lab);
	publish("a", "2", 2);
	(void)world_apply(&world,
	    "version: 1\nallow:\n  - to: [lab]\n    images: {name: \"*\"}\n"
	    "    versions: {newest: 1}\n");
	(void)exchange_documents(lab);
	ck_assert_int_eq(needs_manifests(lab->c, NULL, NULL, out, 8, &n),
	    PH_OK);
	ck_assert_uint_eq(n, 1);
	(void)exchange_manifests(lab);
	ck_assert_str_eq(missing(), "a@2 ");
}
END_TEST

/*
 * Bases: of the same image, before it and near first, then after it; what is
 * not here, and other images, are none.
 */
START_TEST(bases)
{
	struct digest blob;

	publish("img", "2", 2);
	publish("img", "4", 4);
	publish("img", "8", 8);
	publish("other", "4", 14);
	exchange_contact(lab);
	publish("img", "5", 5);
	publish("img", "3", 3);
	(void)exchange_documents(lab);
	(void)exchange_manifests(lab);
	/* The newest comes first: 5, then 3. */
	ck_assert_str_eq(missing(), "img@5 img@3 ");
	ck_assert_int_eq(needs_find_bases(lab->c, &last), PH_OK);
	ck_assert_uint_eq(last.nbases, 3);
	ck_assert_str_eq(last.base_versions[0], "2");
	ck_assert_str_eq(last.base_versions[1], "4");
	ck_assert_str_eq(last.base_versions[2], "8");
	world_blob(CRASH_SIZE, 2, &blob);
	ck_assert_int_eq(digest_compare(&last.bases[0], &blob), 0);
}
END_TEST

/* The nearest, when there are more than can be named; no blob twice. */
START_TEST(bases_are_few)
{
	char version[8];
	unsigned int i;

	for (i = 1; i <= NEED_BASES_MAX + 3; i++) {
		(void)snprintf(version, sizeof(version), "%u", i);
		publish("img", version, i == 10 ? 9 : i);
	}
	exchange_contact(lab);
	publish("img", "99", 99);
	(void)exchange_documents(lab);
	(void)exchange_manifests(lab);
	ck_assert_str_eq(missing(), "img@99 ");
	ck_assert_int_eq(needs_find_bases(lab->c, &last), PH_OK);
	ck_assert_uint_eq(last.nbases, NEED_BASES_MAX);
	ck_assert_str_eq(last.base_versions[0], "11");
	ck_assert_str_eq(last.base_versions[2], "8");
	ck_assert_str_eq(last.base_versions[NEED_BASES_MAX - 1], "3");
}
END_TEST

static Suite *
suite(void)
{
	Suite *s;
	TCase *t;

	s = suite_create("needs");
	t = tcase_create("needs");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, blobs_in_order);
	tcase_add_test(t, content_that_was_cut);
	tcase_add_test(t, manifests_to_ask_for);
	tcase_add_test(t, retiring_is_passed_over);
	tcase_add_test(t, bases);
	tcase_add_test(t, bases_are_few);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return check_run(suite());
}
