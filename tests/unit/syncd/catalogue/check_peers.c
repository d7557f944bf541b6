/*
 * The key that signed says who a peer is; every refusal is logged once in an
 * interval, and counted.
 */
#include <string.h>

#include <check.h>

#include "proto/errors.h"
#include "proto/hello.h"
#include "proto/sshsig.h"
#include "syncd/catalogue/authority.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/ledger.h"
#include "syncd/catalogue/peers.h"
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
static uint8_t transcript[HELLO_TRANSCRIPT_SIZE];

/* Let a key sign a transcript and come with an id. */
static int
come(const struct key_private *key, const struct digest *id,
    const struct peer_gate *gate)
{
	struct buffer signature;
	struct peer peer;
	int r;

	buffer_init(&signature, SSHSIG_BLOB_MAX);
	ck_assert_int_eq(sshsig_sign(key, HELLO_AUTH_NAMESPACE, transcript,
			     sizeof(transcript), &signature),
	    PH_OK);
	r = peer_check(world.primary.c, id, gate, transcript, signature.data,
	    signature.len, &peer, &failure);
	if (r == PH_OK) {
		ck_assert_int_eq(digest_compare(&peer.id, id), 0);
		ck_assert_str_eq(peer.name, "lab");
	} else
		ck_assert_int_eq(failure.code, r);
	buffer_fini(&signature);
	return r;
}

/* Entries in the log about a repository (NULL: the main log). */
static uint64_t
entries(const struct digest *about)
{
	struct log *log;

	ck_assert_int_eq(ledger_log(world.primary.c, about, &log), PH_OK);
	return log_size(log);
}

static void
change(unsigned int member, int value)
{
	struct registration record;
	struct failure f;

	world_registration(lab, &record);
	record.paused = value;
	ck_assert_int_eq(registry_set(world.primary.c, WORLD_ACTOR, &record,
			     member, &f),
	    PH_OK);
}

START_TEST(known)
{
	struct peer_gate gate;

	gate.id = gate.fingerprint = lab->id;
	ck_assert_int_eq(come(lab->key, &lab->id, NULL), PH_OK);
	ck_assert_int_eq(come(lab->key, &lab->id, &gate), PH_OK);
}
END_TEST

START_TEST(refused)
{
	struct peer_gate gate;
	struct repository *other;

	other = world_site(&world, "other");
	/* A key that nobody has; one repository's with another's id. */
	ck_assert_int_eq(come(world.publisher, &lab->id, NULL), PH_EIDENTITY);
	ck_assert_int_eq(come(other->key, &lab->id, NULL), PH_EIDENTITY);
	ck_assert_int_eq(come(lab->key, &other->id, NULL), PH_EIDENTITY);
	/* A gate that says another id, or another SSH key. */
	gate.id = other->id;
	gate.fingerprint = lab->id;
	ck_assert_int_eq(come(lab->key, &lab->id, &gate), PH_EIDENTITY);
	gate.id = lab->id;
	gate.fingerprint = other->id;
	ck_assert_int_eq(come(lab->key, &lab->id, &gate), PH_EIDENTITY);
	ck_assert_int_eq(come(lab->key, &lab->id, NULL), PH_OK);
}
END_TEST

START_TEST(signature_that_does_not_hold)
{
	struct buffer signature;
	struct peer peer;

	buffer_init(&signature, SSHSIG_BLOB_MAX);
	ck_assert_int_eq(sshsig_sign(lab->key, HELLO_AUTH_NAMESPACE, transcript,
			     sizeof(transcript), &signature),
	    PH_OK);
	transcript[7] ^= 1;
	ck_assert_int_eq(peer_check(world.primary.c, &lab->id, NULL, transcript,
			     signature.data, signature.len, &peer, &failure),
	    PH_ESIGNATURE);
	transcript[7] ^= 1;
	buffer_fini(&signature);
}
END_TEST

START_TEST(paused_and_removed)
{
	struct peer peer;

	change(REGISTRY_PAUSED, 1);
	ck_assert_int_eq(come(lab->key, &lab->id, NULL), PH_EPAUSED);
	ck_assert_int_eq(peer_get(world.primary.c, &lab->id, &peer),
	    PH_EPAUSED);
	change(REGISTRY_PAUSED, 0);
	ck_assert_int_eq(come(lab->key, &lab->id, NULL), PH_OK);
	ck_assert_int_eq(peer_get(world.primary.c, &lab->id, &peer), PH_OK);
	change(REGISTRY_REMOVED, 0);
	ck_assert_int_eq(come(lab->key, &lab->id, NULL), PH_EREMOVED);
	ck_assert_int_eq(peer_get(world.primary.c, &lab->id, &peer),
	    PH_EREMOVED);
	ck_assert_int_eq(peer_get(world.primary.c, &world.primary.id, &peer),
	    PH_EUNKNOWN);
}
END_TEST

START_TEST(logged_once_an_interval)
{
	uint64_t before;
	int i;

	change(REGISTRY_PAUSED, 1);
	before = entries(&lab->id);
	for (i = 0; i < 5; i++)
		ck_assert_int_eq(come(lab->key, &lab->id, NULL), PH_EPAUSED);
	ck_assert_uint_eq(entries(&lab->id), before + 1);
	world.now += 3600;
	ck_assert_int_eq(come(lab->key, &lab->id, NULL), PH_EPAUSED);
	ck_assert_uint_eq(entries(&lab->id), before + 2);
	ck_assert_uint_eq(world_grep("primary/state/log", "\"repeats\":4", 11),
	    1);
	/* Another reason is another refusal; an unknown key is in main. */
	before = entries(NULL);
	ck_assert_int_eq(come(world.publisher, &lab->id, NULL), PH_EIDENTITY);
	ck_assert_int_eq(come(world.publisher, &lab->id, NULL), PH_EIDENTITY);
	ck_assert_uint_eq(entries(NULL), before + 1);
	invariants_check_rebuild(&world.primary);
}
END_TEST

/* Keys are made for nothing: by one gate, all of them are one stranger. */
START_TEST(strangers_by_a_gate)
{
	uint8_t seed[KEY_SIZE];
	struct key_private *key;
	struct peer_gate gate;
	uint64_t before, other;
	int i;

	gate.id = gate.fingerprint = lab->id;
	before = entries(&lab->id);
	other = entries(NULL);
	for (i = 0; i < 20; i++) {
		memset(seed, i, sizeof(seed));
		ck_assert_int_eq(key_private_new(seed, &key), PH_OK);
		ck_assert_int_eq(come(key, &lab->id, &gate), PH_EIDENTITY);
		key_private_free(key);
	}
	ck_assert_uint_eq(entries(&lab->id), before + 1);
	ck_assert_uint_eq(entries(NULL), other);
	/* What the repository does itself is told beside that. */
	ck_assert_int_eq(come(lab->key, &world.primary.id, &gate),
	    PH_EIDENTITY);
	ck_assert_uint_eq(entries(&lab->id), before + 2);
	/* A gate of a repository that is not registered. */
	gate.id = world.primary.id;
	ck_assert_int_eq(come(world.publisher, &lab->id, &gate), PH_EIDENTITY);
	ck_assert_int_eq(come(world.policy, &lab->id, &gate), PH_EIDENTITY);
	ck_assert_uint_eq(entries(NULL), other + 1);
	invariants_check_rebuild(&world.primary);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s;
	TCase *t;

	s = suite_create("peers");
	t = tcase_create("peers");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, known);
	tcase_add_test(t, refused);
	tcase_add_test(t, signature_that_does_not_hold);
	tcase_add_test(t, paused_and_removed);
	tcase_add_test(t, strangers_by_a_gate);
	tcase_add_test(t, logged_once_an_interval);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return check_run(suite());
}
