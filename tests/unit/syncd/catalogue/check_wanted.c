/*
 * What the grant in force lists, in the order in which it should come, and
 * its manifests, wherever they are.
 */
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/rows.h"
#include "syncd/catalogue/wanted.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/catalogue/crash.h"
#include "tests/unit/syncd/catalogue/exchange.h"

static struct world world;
static struct repository *lab;
static struct wanted wanted;

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
	free(wanted.items);
	wanted.items = NULL;
	world_end(&world);
}

static void
load(void)
{
	free(wanted.items);
	ck_assert_int_eq(wanted_load(lab->c, &wanted), PH_OK);
}

static int
is_held(const struct grant_item *item)
{
	struct index_txn *txn;
	int held;

	ck_assert_int_eq(index_begin(lab->c->index, INDEX_READ, &txn), PH_OK);
	held = wanted_is_held(txn, item);
	index_abort(txn);
	return held;
}

/* The code of getting a manifest, which is dropped. */
static int
get(const struct grant_item *item)
{
	struct manifest m;
	int r;

	manifest_init(&m);
	r = wanted_manifest(lab->c, item, &m);
	if (r == PH_OK)
		ck_assert_str_eq(m.version, item->version);
	manifest_fini(&m);
	return r;
}

START_TEST(nothing_granted)
{
	load();
	ck_assert_uint_eq(wanted.count, 0);
}
END_TEST

/* By image, and of each the newest first: 10 before 9. */
START_TEST(ordered)
{
	world_publish(&world, "b", "9", CRASH_SIZE, 1, NULL);
	world_publish(&world, "b", "10", CRASH_SIZE, 2, NULL);
	world_publish(&world, "a", "1", CRASH_SIZE, 3, NULL);
	(void)exchange_documents(lab);
	load();
	ck_assert_uint_eq(wanted.count, 3);
	ck_assert_str_eq(wanted.items[0].image, "a");
	ck_assert_str_eq(wanted.items[1].version, "10");
	ck_assert_str_eq(wanted.items[2].version, "9");
	ck_assert_int_eq(wanted.items[0].state, GRANT_ALLOW);
}
END_TEST

/* Held is: whole, not withdrawn, and as the manifest that is listed. */
START_TEST(held)
{
	struct grant_item other;
	struct index_txn *txn;
	struct holding h;

	world_publish(&world, "a", "1", CRASH_SIZE, 1, NULL);
	(void)exchange_documents(lab);
	load();
	ck_assert(!is_held(&wanted.items[0]));
	ck_assert_uint_eq(exchange_manifests(lab), 1);
	ck_assert(!is_held(&wanted.items[0]));
	ck_assert_uint_eq(exchange_content(lab), 1);
	ck_assert(is_held(&wanted.items[0]));
	other = wanted.items[0];
	other.manifest.bytes[0] ^= 1;
	ck_assert(!is_held(&other));
	ck_assert_int_eq(index_begin(lab->c->index, INDEX_WRITE, &txn), PH_OK);
	ck_assert_int_eq(rows_item_get(txn, "a", "1", &h), PH_OK);
	h.state = HOLDING_WITHDRAWN;
	h.evidence = HOLDING_NONE;
	ck_assert_int_eq(rows_item_put(txn, &h), PH_OK);
	ck_assert(!wanted_is_held(txn, &wanted.items[0]));
	index_abort(txn);
}
END_TEST

/* From the index; after it was lost, from documents/; else to be asked for. */
START_TEST(manifests)
{
	world_publish(&world, "a", "1", CRASH_SIZE, 1, NULL);
	(void)exchange_documents(lab);
	load();
	ck_assert_int_eq(get(&wanted.items[0]), PH_EABSENT);
	ck_assert_uint_eq(exchange_manifests(lab), 1);
	ck_assert_int_eq(get(&wanted.items[0]), PH_OK);
	world_close(lab);
	world_shell("rm -r lab/state/index%s", "");
	world_open(lab);
	/* Entered at start, so that nothing that came of it is garbage. */
	ck_assert_int_eq(get(&wanted.items[0]), PH_OK);
	ck_assert_uint_eq(exchange_manifests(lab), 0);
}
END_TEST

/* What lies in documents/ is verified again before it is entered. */
START_TEST(changed_manifests)
{
	world_publish(&world, "a", "1", CRASH_SIZE, 1, NULL);
	(void)exchange_documents(lab);
	ck_assert_uint_eq(exchange_manifests(lab), 1);
	world_close(lab);
	world_shell("rm -r lab/state/index && "
		    "sed -i s/disk/dusk/ lab/state/documents/manifests/*.json"
		    "%s",
	    "");
	world_open(lab);
	load();
	ck_assert_int_eq(get(&wanted.items[0]), PH_EABSENT);
	ck_assert_uint_eq(exchange_manifests(lab), 1);
	ck_assert_int_eq(get(&wanted.items[0]), PH_OK);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s;
	TCase *t;

	s = suite_create("wanted");
	t = tcase_create("wanted");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, nothing_granted);
	tcase_add_test(t, ordered);
	tcase_add_test(t, held);
	tcase_add_test(t, manifests);
	tcase_add_test(t, changed_manifests);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return check_run(suite());
}
