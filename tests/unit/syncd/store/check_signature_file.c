/*
 * Files of signatures: whole or not there.
 */
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/store/signature_file.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/base/fault_files.h"
#include "tests/unit/syncd/store/fixture.h"

static struct fixture f;
static struct digest blob;
static char hex[DIGEST_HEX_SIZE];

static void
setup(void)
{
	fixture_begin(&f);
	digest_of("x", 1, &blob);
	digest_hex(&blob, hex);
}

static void
teardown(void)
{
	fixture_end(&f);
}

static int
signatures(void)
{
	return store_dir(f.store, STORE_SIGNATURES);
}

/* Write one of these bytes: begin, write, commit. */
static int
put(struct store *s, const char *text)
{
	int fd, r;

	r = signature_file_begin(s, &blob, &fd);
	if (r != PH_OK)
		return r;
	r = file_write_at(store_files(s), fd, 0, text, strlen(text));
	if (r == PH_OK)
		return signature_file_commit(s, &blob, fd);
	signature_file_abort(s, &blob, fd);
	return r;
}

START_TEST(written)
{
	int fd;

	ck_assert_int_eq(signature_file_open(f.store, &blob, &fd), PH_EABSENT);
	ck_assert_int_eq(put(f.store, "first"), PH_OK);
	ck_assert(fixture_holds(signatures(), hex, "first", 5));
	ck_assert_int_eq(put(f.store, "second"), PH_OK);
	ck_assert(fixture_holds(signatures(), hex, "second", 6));
	ck_assert_uint_eq(fixture_count(signatures()), 1);
	ck_assert_int_eq(signature_file_open(f.store, &blob, &fd), PH_OK);
	ck_assert_int_eq(write(fd, "x", 1), -1);
	(void)close(fd);
	ck_assert_int_eq(signature_file_remove(f.store, &blob), PH_OK);
	ck_assert_int_eq(signature_file_remove(f.store, &blob), PH_OK);
	ck_assert_uint_eq(fixture_count(signatures()), 0);
}
END_TEST

START_TEST(given_up)
{
	int fd;

	ck_assert_int_eq(put(f.store, "first"), PH_OK);
	ck_assert_int_eq(signature_file_begin(f.store, &blob, &fd), PH_OK);
	ck_assert_int_eq(write(fd, "half", 4), 4);
	signature_file_abort(f.store, &blob, fd);
	ck_assert(fixture_holds(signatures(), hex, "first", 5));
	ck_assert_uint_eq(fixture_count(signatures()), 1);
	/* One that was left half is no hindrance. */
	ck_assert_int_eq(signature_file_begin(f.store, &blob, &fd), PH_OK);
	ck_assert_int_eq(write(fd, "half", 4), 4);
	(void)close(fd);
	ck_assert_int_eq(put(f.store, "2"), PH_OK);
	ck_assert(fixture_holds(signatures(), hex, "2", 1));
}
END_TEST

START_TEST(calls_that_fail)
{
	struct fault_files faults;
	struct failure failure;
	struct store *s;
	unsigned int k;
	int r, fired;

	fault_files_init(&faults, &f.system);
	ck_assert_int_eq(store_open(&faults.files, f.path, &s, &failure),
	    PH_OK);
	ck_assert_int_eq(put(f.store, "old"), PH_OK);
	k = 0;
	do {
		fault_files_arm(&faults, (enum fault_kind)_i, ++k, 0);
		r = put(s, "new");
		fired = fault_files_fired(&faults);
		fault_files_disarm(&faults);
		ck_assert_int_eq(r == PH_OK, !fired);
		ck_assert(fixture_holds(signatures(), hex,
		    r == PH_OK ? "new" : "old", 3));
	} while (fired);
	ck_assert_uint_eq(k, 6);
	store_close(s);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *t;

	suite = suite_create("signature_file");
	t = tcase_create("signature_file");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, written);
	tcase_add_test(t, given_up);
	tcase_add_loop_test(t, calls_that_fail, FAULT_FAIL, FAULT_TEAR + 1);
	suite_add_tcase(suite, t);
	return check_run(suite);
}
