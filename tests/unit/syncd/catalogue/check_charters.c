/*
 * Charters follow from records: a new generation when they would say
 * something else, none when not.
 */
#include <string.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/catalogue/authority.h"
#include "syncd/catalogue/charters.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/registry.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/catalogue/invariants.h"

static struct world world;
static struct registration record;
static struct charter charter;
static struct key_private *policy_key;

static void
setup(void)
{
	world_begin(&world);
	(void)world_site(&world, "lab");
	ck_assert_int_eq(registry_get(world.primary.c, "lab", &record), PH_OK);
	charter_init(&charter);
	policy_key = NULL;
}

static void
teardown(void)
{
	charter_fini(&charter);
	key_private_free(policy_key);
	world_end(&world);
}

/* The generation of the charter in force, which is then in charter. */
static uint64_t
generation(void)
{
	charter_fini(&charter);
	charter_init(&charter);
	ck_assert_int_eq(charters_get(world.primary.c, &record.id, &charter,
			     NULL),
	    PH_OK);
	return charter.order.generation;
}

START_TEST(follows_the_record)
{
	struct document d;

	document_init(&d);
	ck_assert_int_eq(charters_get(world.primary.c, &record.id, &charter,
			     &d),
	    PH_OK);
	ck_assert_str_eq(charter.name, "lab");
	ck_assert(key_equal(&charter.key, &record.key));
	ck_assert(!charter.revoked);
	ck_assert_uint_eq(charter.reasons, CHARTER_COVERAGE);
	ck_assert_int_eq(trust_verify(&world.primary.c->trust, TRUST_POLICY, &d,
			     DOCUMENT_CHARTER, NULL),
	    PH_OK);
	ck_assert_int_ne(trust_verify(&world.primary.c->trust, TRUST_PRIMARY,
			     &d, DOCUMENT_CHARTER, NULL),
	    PH_OK);
	document_fini(&d);
	ck_assert_int_eq(charters_get(world.primary.c, &world.primary.id,
			     &charter, NULL),
	    PH_EABSENT);
}
END_TEST

START_TEST(new_when_something_changed)
{
	struct failure f;
	uint64_t size;

	ck_assert_uint_eq(generation(), 1);
	size = log_size(world.primary.c->log);
	ck_assert_int_eq(charters_issue(world.primary.c, "me", &record), PH_OK);
	ck_assert_int_eq(charters_issue_all(world.primary.c), PH_OK);
	ck_assert_uint_eq(generation(), 1);
	ck_assert_uint_eq(log_size(world.primary.c->log), size);
	record.reasons = CHARTER_COVERAGE | CHARTER_SEPARATION;
	ck_assert_int_eq(registry_set(world.primary.c, "me", &record,
			     REGISTRY_REASONS, &f),
	    PH_OK);
	ck_assert_uint_eq(generation(), 2);
	ck_assert_uint_eq(charter.reasons,
	    CHARTER_COVERAGE | CHARTER_SEPARATION);
	record.removed = 1;
	ck_assert_int_eq(registry_set(world.primary.c, "me", &record,
			     REGISTRY_REMOVED, &f),
	    PH_OK);
	ck_assert_uint_eq(generation(), 3);
	ck_assert(charter.revoked);
	invariants_check_rebuild(&world.primary);
	ck_assert_uint_eq(generation(), 3);
}
END_TEST

/* The address at which repositories dial is in the charter. */
START_TEST(new_at_start_when_the_address_changed)
{
	struct configuration *conf = &world.primary.configuration;

	world_close(&world.primary);
	ck_assert_int_eq(address_decode("ssh://packhorse@example.org:22",
			     &conf->advertise_address),
	    PH_OK);
	conf->advertise_host_key = *key_private_public(world.policy);
	conf->has_advertise = 1;
	world_open(&world.primary);
	ck_assert_uint_eq(generation(), 2);
	ck_assert_uint_eq(charter.nupstreams, 1);
	ck_assert_str_eq(charter.upstreams[0].address,
	    "ssh://packhorse@example.org:22");
	world_reopen(&world.primary);
	ck_assert_uint_eq(generation(), 2);
}
END_TEST

/* Where the policy key lies elsewhere, what is in force stays in force. */
START_TEST(without_the_policy_key)
{
	policy_key = world.primary.c->policy_key;
	world.primary.c->policy_key = NULL;
	ck_assert_int_eq(charters_issue(world.primary.c, "me", &record), PH_OK);
	record.reasons |= CHARTER_CAPACITY;
	ck_assert_int_eq(charters_issue(world.primary.c, "me", &record),
	    PH_EKEY);
	ck_assert_int_eq(charters_issue_all(world.primary.c), PH_OK);
	ck_assert_uint_eq(generation(), 1);
	ck_assert_uint_eq(charter.reasons, CHARTER_COVERAGE);
}
END_TEST

/* A charter that was changed on the disk is not entered again. */
START_TEST(changed_on_the_disk)
{
	struct failure f;

	world_close(&world.primary);
	world_shell("rm -r primary/state/index && "
		    "sed -i s/lab/lob/ primary/state/documents/charters/*.json"
		    "%s",
	    "");
	ck_assert_int_eq(world_try_open(&world.primary, &f), PH_EDOCUMENT);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s;
	TCase *t;

	s = suite_create("charters");
	t = tcase_create("charters");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, follows_the_record);
	tcase_add_test(t, new_when_something_changed);
	tcase_add_test(t, new_at_start_when_the_address_changed);
	tcase_add_test(t, without_the_policy_key);
	tcase_add_test(t, changed_on_the_disk);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return check_run(suite());
}
