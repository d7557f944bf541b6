/*
 * Keys and values: what is put is what is got, names that begin alike are kept
 * apart, both directions agree, and what does not decode is not believed.
 */
#include <string.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/rows.h"
#include "syncd/index/cursor.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/catalogue/world.h"

static struct world world;
static struct index_txn *txn;

static void
setup(void)
{
	world_begin(&world);
	ck_assert_int_eq(index_begin(world.primary.c->index, INDEX_WRITE, &txn),
	    PH_OK);
}

static void
teardown(void)
{
	index_abort(txn);
	world_end(&world);
}

static struct holding
make(const char *image, const char *version, enum holding_state state)
{
	struct holding h;

	memset(&h, 0, sizeof(h));
	h.state = state;
	(void)strcpy(h.image, image);
	(void)strcpy(h.version, version);
	digest_of(version, strlen(version), &h.manifest);
	h.evidence = HOLDING_HASHED;
	h.time = 1790000000;
	return h;
}

static void
put_item(const char *image, const char *version)
{
	struct holding h;

	h = make(image, version, HOLDING_VISIBLE);
	ck_assert_int_eq(rows_item_put(txn, &h), PH_OK);
}

/* What a walk met: "IMAGE@VERSION " of each. */
static char met[1000];

static int
on_holding(void *cookie, const struct holding *h)
{
	(void)cookie;
	(void)strcat(met, h->image);
	(void)strcat(met, "@");
	(void)strcat(met, h->version);
	(void)strcat(met, " ");
	return PH_OK;
}

static const char *
items_of(const char *image)
{
	met[0] = '\0';
	ck_assert_int_eq(rows_item_each(txn, image, on_holding, NULL), PH_OK);
	return met;
}

START_TEST(items)
{
	struct holding h;

	ck_assert_int_eq(rows_item_get(txn, "a", "1", &h), PH_EABSENT);
	put_item("a", "1");
	put_item("a", "12");
	put_item("ab", "1");
	put_item("a-b", "2");
	ck_assert_int_eq(rows_item_get(txn, "a", "1", &h), PH_OK);
	ck_assert_str_eq(h.image, "a");
	ck_assert_str_eq(h.version, "1");
	ck_assert_int_eq(h.state, HOLDING_VISIBLE);
	ck_assert_int_eq(h.evidence, HOLDING_HASHED);
	ck_assert_int_eq(h.time, 1790000000);
	ck_assert_str_eq(items_of("a"), "a@1 a@12 ");
	ck_assert_str_eq(items_of("ab"), "ab@1 ");
	ck_assert_str_eq(items_of("b"), "");
	ck_assert_str_eq(items_of(NULL), "a@1 a@12 a-b@2 ab@1 ");
	ck_assert_int_eq(rows_item_delete(txn, "a", "1"), PH_OK);
	ck_assert_int_eq(rows_item_delete(txn, "a", "1"), PH_OK);
	ck_assert_str_eq(items_of(NULL), "a@12 a-b@2 ab@1 ");
}
END_TEST

/* The longest names that there are. */
START_TEST(longest_names)
{
	char image[PH_NAME_MAX + 1], version[PH_VERSION_MAX + 1];
	struct digest id;
	struct holding h;

	memset(image, 'i', PH_NAME_MAX);
	image[PH_NAME_MAX] = '\0';
	memset(version, 'v', PH_VERSION_MAX);
	version[PH_VERSION_MAX] = '\0';
	digest_of("x", 1, &id);
	h = make(image, version, HOLDING_VISIBLE);
	ck_assert_int_eq(rows_item_put(txn, &h), PH_OK);
	ck_assert_int_eq(rows_held_put(txn, &id, &h), PH_OK);
	ck_assert_int_eq(rows_reference_put(txn, &id, image, version), PH_OK);
	ck_assert_int_eq(rows_item_get(txn, image, version, &h), PH_OK);
	ck_assert_int_eq(rows_held_get(txn, &id, image, version, &h), PH_OK);
	ck_assert_int_eq(rows_reference_any(txn, &id), 1);
}
END_TEST

static int
stop(void *cookie, const struct holding *h)
{
	(void)h;
	++*(int *)cookie;
	return PH_ECANCELED;
}

START_TEST(walks_stop)
{
	int n;

	put_item("a", "1");
	put_item("a", "2");
	n = 0;
	ck_assert_int_eq(rows_item_each(txn, NULL, stop, &n), PH_ECANCELED);
	ck_assert_int_eq(n, 1);
}
END_TEST

/* How many rows of one table there are. */
static uint64_t
count(enum index_table table)
{
	uint64_t n;

	ck_assert_int_eq(index_count(txn, table, &n), PH_OK);
	return n;
}

START_TEST(held_by_others)
{
	struct digest one, two;
	struct holding h;

	digest_of("one", 3, &one);
	digest_of("two", 3, &two);
	h = make("a", "1", HOLDING_PARTIAL);
	h.evidence = HOLDING_NONE;
	ck_assert_int_eq(rows_held_put(txn, &one, &h), PH_OK);
	h = make("a", "1", HOLDING_VISIBLE);
	ck_assert_int_eq(rows_held_put(txn, &two, &h), PH_OK);
	ck_assert_int_eq(rows_held_get(txn, &one, "a", "1", &h), PH_OK);
	ck_assert_int_eq(h.state, HOLDING_PARTIAL);
	ck_assert_int_eq(rows_held_get(txn, &two, "a", "1", &h), PH_OK);
	ck_assert_int_eq(h.state, HOLDING_VISIBLE);
	met[0] = '\0';
	ck_assert_int_eq(rows_held_each(txn, &two, on_holding, NULL), PH_OK);
	ck_assert_str_eq(met, "a@1 ");
	ck_assert_uint_eq(count(INDEX_HOLDINGS), 2);
	ck_assert_uint_eq(count(INDEX_HOLDERS), 2);
	/* Both directions go together. */
	ck_assert_int_eq(rows_held_delete(txn, &one, "a", "1"), PH_OK);
	ck_assert_int_eq(rows_held_get(txn, &one, "a", "1", &h), PH_EABSENT);
	ck_assert_int_eq(rows_held_get(txn, &two, "a", "1", &h), PH_OK);
	ck_assert_uint_eq(count(INDEX_HOLDINGS), 1);
	ck_assert_uint_eq(count(INDEX_HOLDERS), 1);
}
END_TEST

static int
on_reference(void *cookie, const char *image, const char *version)
{
	struct holding h;

	h = make(image, version, HOLDING_VISIBLE);
	return on_holding(cookie, &h);
}

START_TEST(references)
{
	struct digest one, two;

	digest_of("one", 3, &one);
	digest_of("two", 3, &two);
	ck_assert_int_eq(rows_reference_any(txn, &one), 0);
	ck_assert_int_eq(rows_reference_put(txn, &one, "a", "1"), PH_OK);
	ck_assert_int_eq(rows_reference_put(txn, &one, "a", "1"), PH_OK);
	ck_assert_int_eq(rows_reference_put(txn, &one, "b", "2"), PH_OK);
	ck_assert_int_eq(rows_reference_any(txn, &one), 1);
	ck_assert_int_eq(rows_reference_any(txn, &two), 0);
	met[0] = '\0';
	ck_assert_int_eq(rows_reference_each(txn, &one, on_reference, NULL),
	    PH_OK);
	ck_assert_str_eq(met, "a@1 b@2 ");
	ck_assert_int_eq(rows_reference_delete(txn, &one, "a", "1"), PH_OK);
	ck_assert_int_eq(rows_reference_delete(txn, &one, "a", "1"), PH_OK);
	ck_assert_int_eq(rows_reference_any(txn, &one), 1);
	ck_assert_int_eq(rows_reference_delete(txn, &one, "b", "2"), PH_OK);
	ck_assert_int_eq(rows_reference_any(txn, &one), 0);
}
END_TEST

/* A manifest goes with the references of its files, and with no others. */
START_TEST(manifests)
{
	struct digest digest, blob;
	struct document d;
	struct manifest m;

	index_abort(txn);
	world_publish(&world, "img", "1", 5000, 1, &digest);
	world_blob(5000, 1, &blob);
	ck_assert_int_eq(index_begin(world.primary.c->index, INDEX_WRITE, &txn),
	    PH_OK);
	document_init(&d);
	manifest_init(&m);
	ck_assert_int_eq(rows_manifest_get(txn, &digest, &d, &m), PH_OK);
	ck_assert_str_eq(m.image, "img");
	ck_assert_uint_gt(d.len, 0);
	ck_assert_int_eq(rows_manifest_get(txn, &digest, NULL, NULL), PH_OK);
	ck_assert_int_eq(rows_manifest_get(txn, &blob, NULL, NULL), PH_EABSENT);
	ck_assert_int_eq(rows_reference_put(txn, &blob, "other", "1"), PH_OK);
	ck_assert_int_eq(rows_manifest_forget(txn, &digest), PH_OK);
	ck_assert_int_eq(rows_manifest_forget(txn, &digest), PH_OK);
	ck_assert_int_eq(rows_manifest_get(txn, &digest, NULL, NULL),
	    PH_EABSENT);
	met[0] = '\0';
	ck_assert_int_eq(rows_reference_each(txn, &blob, on_reference, NULL),
	    PH_OK);
	ck_assert_str_eq(met, "other@1 ");
	ck_assert_int_eq(rows_manifest_put(txn, &digest, &d), PH_OK);
	ck_assert_int_eq(rows_manifest_get(txn, &digest, NULL, NULL), PH_OK);
	manifest_fini(&m);
	document_fini(&d);
}
END_TEST

START_TEST(numbers)
{
	uint64_t n;

	ck_assert_int_eq(rows_number_get(txn, "n", &n), PH_EABSENT);
	ck_assert_int_eq(rows_number_put(txn, "n", UINT64_MAX), PH_OK);
	ck_assert_int_eq(rows_number_get(txn, "n", &n), PH_OK);
	ck_assert_uint_eq(n, UINT64_MAX);
	ck_assert_int_eq(index_put(txn, INDEX_META, "n", 1, "1234567", 7),
	    PH_OK);
	ck_assert_int_eq(rows_number_get(txn, "n", &n), PH_EDIGEST);
}
END_TEST

/* A row that is not one: the index is to be made anew. */
START_TEST(nonsense)
{
	uint8_t key[DIGEST_SIZE + 6] = { 0 };
	struct digest blob;
	struct holding h;

	ck_assert_int_eq(index_put(txn, INDEX_ITEMS, "a\0001\0", 4, "visible",
			     7),
	    PH_OK);
	ck_assert_int_eq(rows_item_get(txn, "a", "1", &h), PH_EDIGEST);
	ck_assert_int_eq(rows_item_each(txn, NULL, on_holding, NULL),
	    PH_EDIGEST);
	memset(&blob, 0, sizeof(blob));
	/* No version behind the image; no NUL at the end. */
	memcpy(key + DIGEST_SIZE, "abcde", 6);
	ck_assert_int_eq(index_put(txn, INDEX_REFERENCES, key, sizeof(key), "",
			     0),
	    PH_OK);
	ck_assert_int_eq(rows_reference_each(txn, &blob, on_reference, NULL),
	    PH_EDIGEST);
	memcpy(key + DIGEST_SIZE, "ab\0cde", 6);
	ck_assert_int_eq(index_put(txn, INDEX_REFERENCES, key, sizeof(key), "",
			     0),
	    PH_OK);
	ck_assert_int_eq(rows_reference_each(txn, &blob, on_reference, NULL),
	    PH_EDIGEST);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s;
	TCase *t;

	s = suite_create("rows");
	t = tcase_create("rows");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, items);
	tcase_add_test(t, longest_names);
	tcase_add_test(t, walks_stop);
	tcase_add_test(t, held_by_others);
	tcase_add_test(t, references);
	tcase_add_test(t, manifests);
	tcase_add_test(t, numbers);
	tcase_add_test(t, nonsense);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return check_run(suite());
}
