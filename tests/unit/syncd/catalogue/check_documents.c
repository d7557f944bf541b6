/*
 * Signed documents and texts in their files.
 */
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/documents.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/catalogue/forge.h"

static struct world world;
static struct repository *lab;

static void
setup(void)
{
	world_begin(&world);
	lab = world_site(&world, "lab");
}

static void
teardown(void)
{
	world_end(&world);
}

static int
count(void *cookie, const char *name)
{
	char *names = cookie;

	(void)strcat(strcat(names, name), " ");
	return PH_OK;
}

START_TEST(documents)
{
	const struct files *fs = &lab->files;
	int dir = lab->c->state_dir;
	struct document_name name;
	struct document d, got;
	struct lineset *list;
	struct order order = { 1, 7 };
	struct digest a, b;

	list = forge_list(NULL, 0);
	forge_grant(lab, 7, list, world.primary.key, &d);
	name = documents_grant_name(&lab->id, &order);
	document_init(&got);
	ck_assert_int_eq(documents_get(fs, dir, &name, &got), PH_EABSENT);
	ck_assert_int_eq(documents_put(fs, dir, &name, &d), PH_OK);
	ck_assert_int_eq(documents_put(fs, dir, &name, &d), PH_OK);
	ck_assert_int_eq(documents_get(fs, dir, &name, &got), PH_OK);
	document_digest(&d, &a);
	document_digest(&got, &b);
	ck_assert_int_eq(digest_compare(&a, &b), 0);
	ck_assert_int_eq(document_verify(&got, DOCUMENT_GRANT,
			     key_private_public(world.primary.key), 1, NULL),
	    PH_OK);
	document_fini(&got);
	/* Bytes without signatures are damage. */
	world_shell("rm lab/state/documents/grants/*-1-7.json.sig%s", "");
	ck_assert_int_eq(documents_get(fs, dir, &name, &got), PH_EDOCUMENT);
	ck_assert_uint_eq(got.len, 0);
	ck_assert_int_eq(documents_remove(fs, dir, &name), PH_OK);
	ck_assert_int_eq(documents_remove(fs, dir, &name), PH_OK);
	ck_assert_int_eq(documents_get(fs, dir, &name, &got), PH_EABSENT);
	document_fini(&d);
	lineset_free(list);
}
END_TEST

START_TEST(texts)
{
	const struct files *fs = &lab->files;
	int dir = lab->c->state_dir;
	char names[200] = "", hex[DIGEST_HEX_SIZE + 1];
	struct document_name name;
	struct buffer text;
	struct digest digest;

	digest_of("text\n", 5, &digest);
	digest_hex(&digest, hex);
	name = documents_policy_name(&digest);
	buffer_init(&text, 100);
	ck_assert_int_eq(documents_put_text(fs, dir, &name, "text\n", 5),
	    PH_OK);
	ck_assert_int_eq(documents_get_text(fs, dir, &name, 5, &text), PH_OK);
	ck_assert_uint_eq(text.len, 5);
	ck_assert_int_eq(documents_get_text(fs, dir, &name, 4, &text),
	    PH_ELIMIT);
	ck_assert_int_eq(documents_each(fs, dir, "policies", count, names),
	    PH_OK);
	ck_assert_str_eq(names, strcat(hex, " "));
	buffer_fini(&text);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s;
	TCase *t;

	s = suite_create("documents");
	t = tcase_create("documents");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, documents);
	tcase_add_test(t, texts);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return check_run(suite());
}
