/*
 * Hashing again: what is right gets new evidence, what is not goes out of
 * service and comes again.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/holdings.h"
#include "syncd/catalogue/scrub.h"
#include "syncd/catalogue/withdrawal.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/catalogue/exchange.h"
#include "tests/unit/syncd/catalogue/invariants.h"

#define SIZE 5000u

static struct world world;
static struct repository *lab;

static void
setup(void)
{
	world_begin(&world);
	lab = world_site(&world, "lab");
	(void)world_apply(&world,
	    "version: 1\nallow:\n  - {to: [lab], images: {name: \"*\"}}\n");
}

static void
teardown(void)
{
	world_end(&world);
}

/* Scrub everything at a repository; how many blobs were damaged. */
static size_t
scrub(struct repository *r)
{
	struct scrub_target *targets;
	struct blob_record record;
	size_t i, n, damaged;
	int code, gone;

	ck_assert_int_eq(scrub_list(r->c, NULL, NULL, &targets, &n), PH_OK);
	damaged = 0;
	for (i = 0; i < n; i++) {
		code = scrub_blob(catalogue_store(r->c), &targets[i], world.now,
		    NULL, &record);
		ck_assert(code == PH_OK || code == PH_EDIGEST);
		damaged += code == PH_EDIGEST;
		ck_assert_int_eq(scrub_record(r->c, &targets[i], code, &record,
				     &gone),
		    PH_OK);
		ck_assert(!gone);
	}
	free(targets);
	return damaged;
}

/* Flip a byte of a blob behind everybody's back. */
static void
flip(const struct repository *r, uint64_t seed)
{
	char path[400], hex[DIGEST_HEX_SIZE];
	struct timespec times[2];
	struct digest blob;
	struct stat st;
	uint8_t byte;
	int fd;

	world_blob(SIZE, seed, &blob);
	digest_hex(&blob, hex);
	(void)snprintf(path, sizeof(path), "%s/store/blobs/%s", r->name, hex);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(chmod(path, 0600), 0);
	fd = open(path, O_RDWR | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pread(fd, &byte, 1, 1000), 1);
	byte ^= 4;
	ck_assert_int_eq(pwrite(fd, &byte, 1, 1000), 1);
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	ck_assert_int_eq(futimens(fd, times), 0);
	(void)close(fd);
}

static struct holdings_row
row_of(struct repository *r, const char *version)
{
	struct holdings_head head;
	struct holdings_row row;

	ck_assert_int_eq(holdings_one(r->c, NULL, "img", version, &head, &row),
	    PH_OK);
	return row;
}

START_TEST(right)
{
	int64_t begun;

	world_publish(&world, "img", "1", SIZE, 1, NULL);
	exchange_contact(lab);
	begun = world.now;
	ck_assert_str_eq(row_of(lab, "1").evidence, "hashed");
	world.now += 1000;
	ck_assert_int_eq(row_of(lab, "1").time, begun);
	ck_assert_uint_eq(scrub(lab), 0);
	ck_assert_str_eq(row_of(lab, "1").evidence, "scrubbed");
	ck_assert_int_eq(row_of(lab, "1").time, world.now);
	ck_assert_uint_eq(scrub(&world.primary), 0);
	ck_assert_str_eq(row_of(&world.primary, "1").evidence, "scrubbed");
	exchange_contact(lab);
	invariants_check_rebuild(lab);
	invariants_check_rebuild(&world.primary);
}
END_TEST

START_TEST(damaged)
{
	world_publish(&world, "img", "1", SIZE, 1, NULL);
	world_publish(&world, "img", "2", SIZE, 2, NULL);
	exchange_contact(lab);
	world.now += 1000;
	flip(lab, 1);
	ck_assert_uint_eq(scrub(lab), 1);
	ck_assert_int_eq(row_of(lab, "1").held, HOLDINGS_NOT_HELD);
	ck_assert_str_eq(row_of(lab, "2").state, "visible");
	ck_assert_int_eq(access("lab/store/published/img/1", F_OK), -1);
	invariants_check_granted(lab);
	world_reopen(lab);
	ck_assert_int_eq(row_of(lab, "1").held, HOLDINGS_NOT_HELD);
	exchange_contact(lab);
	ck_assert_str_eq(row_of(lab, "1").state, "visible");
	invariants_check_rebuild(lab);
}
END_TEST

START_TEST(one_image_or_version)
{
	struct scrub_target *targets;
	size_t n;

	world_publish(&world, "img", "1", SIZE, 1, NULL);
	world_publish(&world, "img", "2", SIZE, 2, NULL);
	world_publish(&world, "other", "1", SIZE, 3, NULL);
	ck_assert_int_eq(scrub_list(world.primary.c, "img", NULL, &targets, &n),
	    PH_OK);
	ck_assert_uint_eq(n, 2);
	free(targets);
	ck_assert_int_eq(scrub_list(world.primary.c, "img", "2", &targets, &n),
	    PH_OK);
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(targets[0].version, "2");
	ck_assert_str_eq(targets[0].file, "disk.img");
	free(targets);
}
END_TEST

/* Deny everything to the site, which follows. */
static void
withdraw_all(void)
{
	size_t n;

	(void)world_apply(&world,
	    "version: 1\ndeny:\n  - {to: [lab], images: {name: \"*\"}}\n");
	(void)exchange_documents(lab);
	ck_assert_int_eq(withdraw_denied(lab->c, &n), PH_OK);
	ck_assert_uint_eq(n, 1);
}

/* What is withdrawn before or while it is hashed leaves no trace of that. */
START_TEST(withdrawn_meanwhile)
{
	struct scrub_target *targets;
	struct blob_record record;
	uint64_t size;
	size_t n;
	int code, gone, before;

	for (before = 0; before < 2; before++) {
		(void)world_apply(&world,
		    "version: 1\nallow:\n"
		    "  - {to: [lab], images: {name: \"*\"}}\n");
		if (!before)
			world_publish(&world, "img", "1", SIZE, 1, NULL);
		exchange_contact(lab);
		ck_assert_int_eq(scrub_list(lab->c, NULL, NULL, &targets, &n),
		    PH_OK);
		ck_assert_uint_eq(n, 1);
		if (before)
			withdraw_all();
		code = scrub_blob(catalogue_store(lab->c), &targets[0],
		    world.now, NULL, &record);
		ck_assert_int_eq(code, before ? PH_EDIGEST : PH_OK);
		if (!before)
			withdraw_all();
		size = log_size(lab->c->log);
		ck_assert_int_eq(scrub_record(lab->c, &targets[0], code,
				     &record, &gone),
		    PH_OK);
		ck_assert(gone);
		ck_assert_uint_eq(log_size(lab->c->log), size);
		world_shell("test -z \"$(ls lab/store/blobs)\"%s", "");
		free(targets);
		invariants_check_granted(lab);
	}
	invariants_check_rebuild(lab);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s;
	TCase *t;

	s = suite_create("scrub");
	t = tcase_create("scrub");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, right);
	tcase_add_test(t, damaged);
	tcase_add_test(t, withdrawn_meanwhile);
	tcase_add_test(t, one_image_or_version);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return check_run(suite());
}
