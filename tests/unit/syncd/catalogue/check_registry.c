/*
 * Records of repositories: what is taken, what clashes, what follows.
 */
#include <string.h>

#include <check.h>

#include "proto/charter.h"
#include "proto/errors.h"
#include "syncd/catalogue/charters.h"
#include "syncd/catalogue/grants.h"
#include "syncd/catalogue/registry.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/catalogue/invariants.h"

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

static struct failure failure;

/* A new record of that name, with a key of a seed (0: none). */
static int
add(const char *name, uint8_t seed)
{
	struct registration record;
	uint8_t bytes[KEY_SIZE];
	struct key_private *key;
	int r;

	memset(&record, 0, sizeof(record));
	(void)strcpy(record.name, name);
	record.reasons = CHARTER_COVERAGE;
	memset(bytes, seed, sizeof(bytes));
	ck_assert_int_eq(key_private_new(bytes, &key), PH_OK);
	record.has_key = seed != 0;
	record.key = *key_private_public(key);
	r = registry_add(world.primary.c, WORLD_ACTOR, &record, &failure);
	key_private_free(key);
	return r;
}

static int
change(const char *name, unsigned int members, const struct key_public *key)
{
	struct registration record;

	memset(&record, 0, sizeof(record));
	(void)strcpy(record.name, name);
	record.reasons = CHARTER_SEPARATION;
	(void)strcpy(record.contact, "someone");
	if (key != NULL)
		record.key = *key;
	record.paused = 1;
	return registry_set(world.primary.c, WORLD_ACTOR, &record, members,
	    &failure);
}

START_TEST(added)
{
	struct registration record;
	struct charter charter;
	struct grant grant;

	ck_assert_int_eq(registry_get(world.primary.c, "LAB", &record), PH_OK);
	ck_assert_str_eq(record.name, "lab");
	ck_assert_int_eq(registry_get_id(world.primary.c, &lab->id, &record),
	    PH_OK);
	ck_assert_int_eq(registry_get_key(world.primary.c, &lab->id, &record),
	    PH_OK);
	ck_assert_int_eq(registry_get(world.primary.c, "bal", &record),
	    PH_EUNKNOWN);
	charter_init(&charter);
	ck_assert_int_eq(charters_get(world.primary.c, &lab->id, &charter,
			     NULL),
	    PH_OK);
	ck_assert_str_eq(charter.name, "lab");
	charter_fini(&charter);
	ck_assert_int_eq(grants_get(world.primary.c, &lab->id, &grant, NULL),
	    PH_OK);
	ck_assert_uint_eq(grant.items, 0);
	ck_assert_uint_eq(world_grep("primary/state/authorized_keys", " lab\n",
			      5),
	    1);
	invariants_check_rebuild(&world.primary);
}
END_TEST

START_TEST(clashes)
{
	struct registration record;

	ck_assert_int_eq(add("lab", 1), PH_ETAKEN);
	ck_assert_int_eq(add("Lab", 1), PH_ETAKEN);
	ck_assert_int_eq(add("a b", 1), PH_ENAME);
	ck_assert_int_eq(add("one", 1), PH_OK);
	ck_assert_int_eq(add("two", 1), PH_ETAKEN);
	world_registration(lab, &record);
	(void)strcpy(record.name, "three");
	ck_assert_int_eq(registry_add(world.primary.c, WORLD_ACTOR, &record,
			     &failure),
	    PH_ETAKEN);
	record.key = *key_private_public(world.primary.key);
	ck_assert_int_eq(registry_add(world.primary.c, WORLD_ACTOR, &record,
			     &failure),
	    PH_ETAKEN);
	record.key = *key_private_public(world.publisher);
	ck_assert_int_eq(registry_add(world.primary.c, WORLD_ACTOR, &record,
			     &failure),
	    PH_ETAKEN);
}
END_TEST

START_TEST(own_name_and_host_key)
{
	struct configuration *conf = &world.primary.configuration;
	struct registration record;
	uint8_t bytes[KEY_SIZE];
	struct key_private *key;

	(void)strcpy(conf->name, "centre");
	ck_assert_int_eq(add("Centre", 76), PH_ETAKEN);
	ck_assert_str_eq(failure.what, "centre is this primary's own name");
	memset(bytes, 76, sizeof(bytes));
	ck_assert_int_eq(key_private_new(bytes, &key), PH_OK);
	conf->has_advertise = 1;
	conf->advertise_host_key = *key_private_public(key);
	key_private_free(key);
	ck_assert_int_eq(add("branch", 76), PH_ETAKEN);
	ck_assert_int_eq(add("branch", 0), PH_OK);
	/* Nor is it taken later. */
	memset(&record, 0, sizeof(record));
	(void)strcpy(record.name, "branch");
	record.has_key = 1;
	record.key = conf->advertise_host_key;
	ck_assert_int_eq(registry_set(world.primary.c, WORLD_ACTOR, &record,
			     REGISTRY_KEY, &failure),
	    PH_ETAKEN);
}
END_TEST

START_TEST(what_the_log_could_not_give_back)
{
	struct registration record;

	memset(&record, 0, sizeof(record));
	(void)strcpy(record.name, "x");
	ck_assert_int_eq(registry_add(world.primary.c, WORLD_ACTOR, &record,
			     &failure),
	    PH_EUSAGE);
	record.reasons = CHARTER_COVERAGE;
	(void)strcpy(record.contact, "a\nb");
	ck_assert_int_eq(registry_add(world.primary.c, WORLD_ACTOR, &record,
			     &failure),
	    PH_EUSAGE);
	(void)strcpy(record.contact, "\xff");
	ck_assert_int_eq(registry_add(world.primary.c, WORLD_ACTOR, &record,
			     &failure),
	    PH_EUSAGE);
	record.contact[0] = '\0';
	record.rate = UINT64_MAX;
	ck_assert_int_ne(registry_add(world.primary.c, WORLD_ACTOR, &record,
			     &failure),
	    PH_OK);
	world_reopen(&world.primary);
	ck_assert_int_eq(add("x", 3), PH_OK);
}
END_TEST

START_TEST(changed)
{
	const struct key_public *key = key_private_public(world.policy);
	struct registration record;
	struct charter charter;
	struct grant grant;

	ck_assert_int_eq(change("nobody", REGISTRY_PAUSED, NULL), PH_EUNKNOWN);
	ck_assert_int_eq(change("lab", REGISTRY_KEY, key), PH_ETAKEN);
	ck_assert_int_eq(change("lab", REGISTRY_REASONS | REGISTRY_CONTACT,
			     NULL),
	    PH_OK);
	ck_assert_int_eq(registry_get(world.primary.c, "lab", &record), PH_OK);
	ck_assert_str_eq(record.contact, "someone");
	ck_assert_int_eq(record.paused, 0);
	charter_init(&charter);
	ck_assert_int_eq(charters_get(world.primary.c, &lab->id, &charter,
			     NULL),
	    PH_OK);
	ck_assert_uint_eq(charter.order.generation, 2);
	ck_assert_uint_eq(charter.reasons, CHARTER_SEPARATION);
	charter_fini(&charter);
	/* A key comes later. */
	ck_assert_int_eq(add("late", 0), PH_OK);
	ck_assert_int_eq(registry_get(world.primary.c, "late", &record), PH_OK);
	ck_assert(!record.has_key);
	ck_assert_int_eq(change("late", REGISTRY_KEY,
			     key_private_public(lab->key)),
	    PH_ETAKEN);
	ck_assert_int_eq(add("other", 9), PH_OK);
	ck_assert_int_eq(registry_get(world.primary.c, "other", &record),
	    PH_OK);
	ck_assert_int_eq(grants_get(world.primary.c, &record.id, &grant, NULL),
	    PH_OK);
	invariants_check_rebuild(&world.primary);
}
END_TEST

START_TEST(removed)
{
	struct registration record;
	struct charter charter;

	ck_assert_int_eq(change("lab", REGISTRY_REMOVED, NULL), PH_OK);
	ck_assert_int_eq(change("lab", REGISTRY_PAUSED, NULL), PH_EREMOVED);
	ck_assert_int_eq(registry_get(world.primary.c, "lab", &record), PH_OK);
	ck_assert_int_eq(record.removed, 1);
	ck_assert_int_eq(add("lab", 1), PH_ETAKEN);
	charter_init(&charter);
	ck_assert_int_eq(charters_get(world.primary.c, &lab->id, &charter,
			     NULL),
	    PH_OK);
	ck_assert_int_eq(charter.revoked, 1);
	charter_fini(&charter);
	ck_assert_uint_eq(world_grep("primary/state/authorized_keys", " lab\n",
			      5),
	    0);
	invariants_check_rebuild(&world.primary);
}
END_TEST

static int
count(void *cookie, const struct registration *record)
{
	char *names = cookie;

	(void)strcat(strcat(names, record->name), " ");
	return strcmp(record->name, "stop") == 0 ? PH_ECANCELED : PH_OK;
}

START_TEST(each)
{
	char names[100] = "";

	ck_assert_int_eq(add("Anna", 1), PH_OK);
	ck_assert_int_eq(add("zoe", 2), PH_OK);
	ck_assert_int_eq(add("labs", 3), PH_OK);
	ck_assert_int_eq(registry_each(world.primary.c, count, names), PH_OK);
	ck_assert_str_eq(names, "Anna lab labs zoe ");
	ck_assert_int_eq(add("stop", 4), PH_OK);
	names[0] = '\0';
	ck_assert_int_eq(registry_each(world.primary.c, count, names),
	    PH_ECANCELED);
	ck_assert_str_eq(names, "Anna lab labs stop ");
}
END_TEST

static Suite *
suite(void)
{
	Suite *s;
	TCase *t;

	s = suite_create("registry");
	t = tcase_create("registry");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, added);
	tcase_add_test(t, clashes);
	tcase_add_test(t, own_name_and_host_key);
	tcase_add_test(t, what_the_log_could_not_give_back);
	tcase_add_test(t, changed);
	tcase_add_test(t, removed);
	tcase_add_test(t, each);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return check_run(suite());
}
