/*
 * The chain of trust at a site, and the proof of who a provider is.
 */
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "proto/errors.h"
#include "proto/hello.h"
#include "proto/sshsig.h"
#include "syncd/catalogue/authority.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/documents.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/catalogue/exchange.h"
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

static uint8_t transcript[HELLO_TRANSCRIPT_SIZE];

static int
check_provider(const struct key_private *key, const struct digest *id)
{
	struct buffer signature;
	int r;

	buffer_init(&signature, SSHSIG_BLOB_MAX);
	ck_assert_int_eq(sshsig_sign(key, HELLO_AUTH_NAMESPACE, transcript,
			     sizeof(transcript), &signature),
	    PH_OK);
	r = authority_check_provider(lab->c, id, transcript, signature.data,
	    signature.len);
	buffer_fini(&signature);
	return r;
}

START_TEST(provider)
{
	struct buffer signature;

	ck_assert_int_eq(check_provider(world.primary.key, &world.primary.id),
	    PH_OK);
	ck_assert_int_eq(check_provider(world.primary.key, &lab->id),
	    PH_EIDENTITY);
	ck_assert_int_eq(check_provider(world.publisher, &world.primary.id),
	    PH_EIDENTITY);
	ck_assert_int_eq(check_provider(lab->key, &lab->id), PH_EIDENTITY);
	buffer_init(&signature, SSHSIG_BLOB_MAX);
	ck_assert_int_eq(authority_sign(world.primary.c, transcript,
			     &signature),
	    PH_OK);
	ck_assert_int_eq(authority_check_provider(lab->c, &world.primary.id,
			     transcript, signature.data, signature.len),
	    PH_OK);
	transcript[3] ^= 1;
	ck_assert_int_eq(authority_check_provider(lab->c, &world.primary.id,
			     transcript, signature.data, signature.len),
	    PH_ESIGNATURE);
	transcript[3] ^= 1;
	buffer_fini(&signature);
}
END_TEST

START_TEST(followed)
{
	struct document second, third, fork;
	struct hello hello;
	struct trust trust;

	trust = lab->c->trust;
	world_next_trust(&world, &trust, &second);
	ck_assert_int_eq(trust_decode(second.bytes, second.len, &trust), PH_OK);
	world_next_trust(&world, &trust, &third);
	/* Not over a gap; again is fine; another of that number is not. */
	ck_assert_int_eq(authority_accept(lab->c, &third), PH_EDOCUMENT);
	ck_assert_int_eq(authority_accept(lab->c, &second), PH_OK);
	ck_assert_int_eq(authority_accept(lab->c, &second), PH_OK);
	trust = lab->c->trust;
	trust.epoch--;
	world.now += 5;
	world_next_trust(&world, &trust, &fork);
	ck_assert_int_eq(authority_accept(lab->c, &fork), PH_EFORK);
	ck_assert_int_eq(authority_accept(lab->c, &third), PH_OK);
	authority_hello(lab->c, SIDE_RECEIVER, &hello);
	ck_assert_uint_eq(hello.trust_epoch, 3);
	world_reopen(lab);
	ck_assert_uint_eq(lab->c->trust.epoch, 3);
	invariants_check_rebuild(lab);
	document_fini(&second);
	document_fini(&third);
	document_fini(&fork);
}
END_TEST

/* A site whose anchor is a later epoch than the first. */
START_TEST(later_anchor)
{
	struct document second;
	struct trust trust;

	trust = lab->c->trust;
	world_next_trust(&world, &trust, &second);
	ck_assert_int_eq(authority_accept(lab->c, &second), PH_OK);
	world_close(lab);
	world_shell("rm lab/state/documents/trust/1.*%s", "");
	world_open(lab);
	ck_assert_int_eq(lab->c->trusted, 1);
	ck_assert_uint_eq(lab->c->trust.epoch, 2);
	document_fini(&second);
}
END_TEST

START_TEST(changed_documents_are_noticed)
{
	struct failure f;

	world_close(lab);
	world_shell("sed -i s/publisher/publishes/ "
		    "lab/state/documents/trust/1.json%s",
	    "");
	ck_assert_int_ne(world_try_open(lab, &f), PH_OK);
	ck_assert_ptr_nonnull(strstr(f.what, "epoch 1"));
}
END_TEST

static int
on_document(void *cookie, const struct document *d)
{
	size_t *n = cookie;

	ck_assert_uint_gt(d->len, 0);
	(*n)++;
	return PH_OK;
}

START_TEST(told_from_an_epoch_on)
{
	size_t n;

	n = 0;
	ck_assert_int_eq(authority_each_above(world.primary.c, 0, on_document,
			     &n),
	    PH_OK);
	ck_assert_uint_eq(n, 1);
	ck_assert_int_eq(authority_each_above(world.primary.c, 1, on_document,
			     &n),
	    PH_OK);
	ck_assert_uint_eq(n, 1);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s;
	TCase *t;

	s = suite_create("authority");
	t = tcase_create("authority");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, provider);
	tcase_add_test(t, followed);
	tcase_add_test(t, later_anchor);
	tcase_add_test(t, changed_documents_are_noticed);
	tcase_add_test(t, told_from_an_epoch_on);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return check_run(suite());
}
