/*
 * What a site takes for true, and what it refuses: older, forked, foreign,
 * forged; also after something was lost or restored.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/catalogue/charters.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/mandate.h"
#include "syncd/catalogue/marks.h"
#include "syncd/catalogue/registry.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/catalogue/exchange.h"
#include "tests/unit/syncd/catalogue/forge.h"
#include "tests/unit/syncd/catalogue/invariants.h"

static struct world world;
static struct repository *lab;
static struct digest manifest;
static struct lineset *one, *none;
static struct failure failure;

static void
setup(void)
{
	struct grant_item item;

	world_begin(&world);
	lab = world_site(&world, "lab");
	digest_of("m", 1, &manifest);
	item = forge_item(GRANT_ALLOW, "winxp", "1", &manifest);
	one = forge_list(&item, 1);
	none = forge_list(NULL, 0);
}

static void
teardown(void)
{
	lineset_free(one);
	lineset_free(none);
	world_end(&world);
}

/* Offer the site a grant of that generation. */
static int
offer(uint64_t generation, const struct lineset *list,
    const struct key_private *key)
{
	struct document d;
	int r;

	forge_grant(lab, generation, list, key, &d);
	r = mandate_take_grant(lab->c, &d, list, &failure);
	document_fini(&d);
	return r;
}

static uint64_t
generation(void)
{
	struct grant grant;
	int r;

	r = mandate_grant(lab->c, &grant);
	ck_assert(r == PH_OK || r == PH_EABSENT);
	return r == PH_OK ? grant.order.generation : 0;
}

START_TEST(first_grant_needs_a_charter)
{
	ck_assert_int_eq(mandate_check(lab->c), PH_EABSENT);
	ck_assert_int_eq(offer(1, none, world.primary.key), PH_EIDENTITY);
	ck_assert_uint_eq(generation(), 0);
	ck_assert(exchange_documents(lab));
	ck_assert_uint_eq(generation(), 1);
	ck_assert_int_eq(mandate_check(lab->c), PH_OK);
}
END_TEST

START_TEST(refused_grants)
{
	struct repository *other;
	struct grant grant;
	struct document d;

	(void)exchange_documents(lab);
	ck_assert_int_eq(offer(5, one, world.primary.key), PH_OK);
	ck_assert_uint_eq(generation(), 5);
	/* Again: fine.  Older: no.  The same number, another list: a fork. */
	ck_assert_int_eq(offer(5, one, world.primary.key), PH_OK);
	ck_assert_int_eq(offer(4, none, world.primary.key), PH_EOLDER);
	ck_assert_int_eq(offer(5, none, world.primary.key), PH_EFORK);
	/* Keys of other roles. */
	ck_assert_int_eq(offer(6, none, world.publisher), PH_ESIGNATURE);
	ck_assert_int_eq(offer(6, none, world.authority), PH_ESIGNATURE);
	ck_assert_int_eq(offer(6, none, lab->key), PH_ESIGNATURE);
	/* Another list than the one it names. */
	forge_grant(lab, 6, one, world.primary.key, &d);
	ck_assert_int_eq(mandate_take_grant(lab->c, &d, none, &failure),
	    PH_EDIGEST);
	document_fini(&d);
	/* Another count. */
	ck_assert_int_eq(mandate_grant(lab->c, &grant), PH_OK);
	grant.order.generation = 6;
	grant.items = 2;
	forge_sign_grant(&grant, world.primary.key, &d);
	ck_assert_int_eq(mandate_take_grant(lab->c, &d, one, &failure),
	    PH_EDIGEST);
	document_fini(&d);
	/* For another repository. */
	other = world_site(&world, "other");
	forge_grant(other, 6, none, world.primary.key, &d);
	ck_assert_int_eq(mandate_take_grant(lab->c, &d, none, &failure),
	    PH_EIDENTITY);
	document_fini(&d);
	ck_assert_uint_eq(generation(), 5);
	invariants_check_rebuild(lab);
}
END_TEST

START_TEST(refused_charters)
{
	struct charter charter;
	struct document d;

	(void)exchange_documents(lab);
	charter_init(&charter);
	ck_assert_int_eq(mandate_charter(lab->c, &charter), PH_OK);
	charter.order.generation = 2;
	forge_sign_charter(&charter, world.primary.key, &d);
	ck_assert_int_eq(mandate_take_charter(lab->c, &d, &failure),
	    PH_ESIGNATURE);
	document_fini(&d);
	forge_sign_charter(&charter, world.policy, &d);
	ck_assert_int_eq(mandate_take_charter(lab->c, &d, &failure), PH_OK);
	document_fini(&d);
	charter.reasons = CHARTER_SEPARATION;
	forge_sign_charter(&charter, world.policy, &d);
	ck_assert_int_eq(mandate_take_charter(lab->c, &d, &failure), PH_EFORK);
	document_fini(&d);
	charter.order.generation = 1;
	forge_sign_charter(&charter, world.policy, &d);
	ck_assert_int_eq(mandate_take_charter(lab->c, &d, &failure), PH_EOLDER);
	document_fini(&d);
	charter.order.generation = 3;
	charter.key = *key_private_public(world.publisher);
	forge_sign_charter(&charter, world.policy, &d);
	ck_assert_int_eq(mandate_take_charter(lab->c, &d, &failure),
	    PH_EIDENTITY);
	document_fini(&d);
	charter.key = *key_private_public(lab->key);
	charter.repository = world.primary.id;
	forge_sign_charter(&charter, world.policy, &d);
	ck_assert_int_eq(mandate_take_charter(lab->c, &d, &failure),
	    PH_EIDENTITY);
	document_fini(&d);
	/* Revoked: taken, and nothing is received any more. */
	charter.repository = lab->id;
	charter.revoked = 1;
	forge_sign_charter(&charter, world.policy, &d);
	ck_assert_int_eq(mandate_take_charter(lab->c, &d, &failure),
	    PH_EREMOVED);
	ck_assert_int_eq(mandate_check(lab->c), PH_EREMOVED);
	document_fini(&d);
	charter_fini(&charter);
	invariants_check_rebuild(lab);
}
END_TEST

/*
 * Whoever has the keys of today makes documents of epochs that have not begun:
 * none is taken, and those of today still are.
 */
START_TEST(refused_epochs)
{
	static const uint64_t epochs[] = { 2, (UINT64_C(1) << 53) - 1 };
	struct charter charter;
	struct grant grant;
	struct document d;
	size_t i;

	(void)exchange_documents(lab);
	charter_init(&charter);
	ck_assert_int_eq(mandate_charter(lab->c, &charter), PH_OK);
	ck_assert_int_eq(mandate_grant(lab->c, &grant), PH_OK);
	for (i = 0; i < sizeof(epochs) / sizeof(epochs[0]); i++) {
		grant.order.epoch = charter.order.epoch = epochs[i];
		forge_sign_grant(&grant, world.primary.key, &d);
		ck_assert_int_eq(mandate_take_grant(lab->c, &d, none, &failure),
		    PH_EDOCUMENT);
		ck_assert_ptr_nonnull(strstr(failure.what, "epoch"));
		document_fini(&d);
		forge_sign_charter(&charter, world.policy, &d);
		ck_assert_int_eq(mandate_take_charter(lab->c, &d, &failure),
		    PH_EDOCUMENT);
		document_fini(&d);
	}
	charter_fini(&charter);
	ck_assert_int_eq(offer(2, one, world.primary.key), PH_OK);
	ck_assert_uint_eq(generation(), 2);
	invariants_check_rebuild(lab);
}
END_TEST

START_TEST(expired_stops_and_narrows)
{
	struct grant grant;

	(void)exchange_documents(lab);
	ck_assert_int_eq(mandate_grant(lab->c, &grant), PH_OK);
	ck_assert_int_eq(grant.expires, world.now + 90 * 86400);
	world.now = grant.expires - 1;
	ck_assert_int_eq(mandate_check(lab->c), PH_OK);
	world.now++;
	ck_assert_int_eq(mandate_check(lab->c), PH_EEXPIRED);
	/* The next contact renews it. */
	(void)exchange_documents(lab);
	ck_assert_int_eq(mandate_check(lab->c), PH_OK);
	ck_assert_uint_eq(generation(), 2);
}
END_TEST

/* What each loss leaves known: older grants are refused, the newest taken. */
static void
check_memory(void)
{
	ck_assert_int_eq(offer(3, none, world.primary.key), PH_EOLDER);
	ck_assert_int_eq(offer(5, none, world.primary.key), PH_EFORK);
	ck_assert_int_eq(offer(5, one, world.primary.key), PH_OK);
	ck_assert_uint_eq(generation(), 5);
}

START_TEST(older_is_refused_without_the_index)
{
	(void)exchange_documents(lab);
	ck_assert_int_eq(offer(5, one, world.primary.key), PH_OK);
	world_close(lab);
	world_shell("rm -rf lab/state/index%s", "");
	world_open(lab);
	check_memory();
}
END_TEST

START_TEST(older_is_refused_with_an_older_marker)
{
	(void)exchange_documents(lab);
	world_shell("cp lab/store/.packhorse old%s", "");
	ck_assert_int_eq(offer(5, one, world.primary.key), PH_OK);
	world_close(lab);
	world_shell("cp old lab/store/.packhorse%s", "");
	world_open(lab);
	ck_assert_int_eq(lab->c->marks_disagreed, 1);
	check_memory();
	world_reopen(lab);
	ck_assert_int_eq(lab->c->marks_disagreed, 0);
}
END_TEST

START_TEST(older_is_refused_with_an_older_state)
{
	struct charter charter;
	struct document d;

	(void)exchange_documents(lab);
	world_close(lab);
	world_shell("cp -a lab/state old%s", "");
	world_open(lab);
	charter_init(&charter);
	ck_assert_int_eq(mandate_charter(lab->c, &charter), PH_OK);
	charter.order.generation = 4;
	forge_sign_charter(&charter, world.policy, &d);
	ck_assert_int_eq(mandate_take_charter(lab->c, &d, &failure), PH_OK);
	ck_assert_int_eq(offer(5, one, world.primary.key), PH_OK);
	world_close(lab);
	world_shell("rm -r lab/state && mv old lab/state%s", "");
	world_open(lab);
	ck_assert_int_eq(lab->c->marks_disagreed, 1);
	ck_assert_uint_eq(generation(), 1);
	/* The charter of the mark comes first, and does not lower the other. */
	ck_assert_int_eq(mandate_take_charter(lab->c, &d, &failure), PH_OK);
	check_memory();
	document_fini(&d);
	charter_fini(&charter);
	invariants_check_granted(lab);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s;
	TCase *t;

	s = suite_create("mandate");
	t = tcase_create("mandate");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, first_grant_needs_a_charter);
	tcase_add_test(t, refused_grants);
	tcase_add_test(t, refused_charters);
	tcase_add_test(t, refused_epochs);
	tcase_add_test(t, expired_stops_and_narrows);
	tcase_add_test(t, older_is_refused_without_the_index);
	tcase_add_test(t, older_is_refused_with_an_older_marker);
	tcase_add_test(t, older_is_refused_with_an_older_state);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return check_run(suite());
}
