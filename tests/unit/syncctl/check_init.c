/*
 * Making a repository: nothing is touched that exists, nothing is made that
 * cannot work, and what is made has its modes.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/check_main.h"
#include "tests/unit/tempdir.h"

#include "proto/errors.h"
#include "syncctl/init.h"
#include "syncd/config/keypair.h"
#include "syncd/config/marker.h"

static const struct argument_option options[] = {
	{ "--state-dir", "DIR", 0 },
	{ "--store-dir", "DIR", 0 },
	ARGUMENTS_EVERYWHERE,
};

static struct init init;
static struct failure failure;

static void
setup(void)
{
	tempdir_begin();
	memset(&failure, 0, sizeof(failure));
}

static void
teardown(void)
{
	tempdir_end();
}

/* Look at the places of a new repository. */
static int
look(enum configuration_role role, const char *state, const char *store)
{
	char state_word[200], store_word[200];
	char *words[] = { state_word, store_word };
	struct invocation in;
	struct arguments *a;
	int r;

	(void)snprintf(state_word, sizeof(state_word), "--state-dir=%s", state);
	(void)snprintf(store_word, sizeof(store_word), "--store-dir=%s", store);
	ck_assert_int_eq(arguments_parse(options, 2, words, &a, &failure),
	    PH_OK);
	memset(&in, 0, sizeof(in));
	in.arguments = a;
	in.config = "etc.yaml";
	memset(&failure, 0, sizeof(failure));
	r = init_look(&in, role, "centre", &init, &failure);
	arguments_free(a);
	ck_assert_int_eq(failure.code, r);
	return r;
}

/* The mode of a file. */
static unsigned int
mode_of(const char *path)
{
	struct stat st;

	ck_assert_msg(stat(path, &st) == 0, "%s", path);
	return st.st_mode & 07777;
}

START_TEST(new_places_are_taken)
{
	ck_assert_int_eq(look(CONFIGURATION_SITE, "state", "./store/"), PH_OK);
	ck_assert_int_eq(init.conf.state_dir[0], '/');
	ck_assert_str_eq(strrchr(init.conf.store_dir, '/'), "/store");
	ck_assert_int_eq(access("state", F_OK), -1);
	ck_assert_int_eq(access("store", F_OK), -1);
}
END_TEST

START_TEST(places_in_use_are_refused)
{
	ck_assert_int_eq(mkdir("used", 0755), 0);
	tempdir_write("used/file", "mine");
	ck_assert_int_eq(look(CONFIGURATION_SITE, "used", "store"), PH_EEXISTS);
	ck_assert_ptr_nonnull(strstr(failure.next, "--state-dir"));
	ck_assert_int_eq(look(CONFIGURATION_SITE, "state", "used"), PH_EEXISTS);
	ck_assert_ptr_nonnull(strstr(failure.next, "--store-dir"));
	tempdir_write("etc.yaml", "mine");
	ck_assert_int_eq(look(CONFIGURATION_SITE, "state", "store"),
	    PH_EEXISTS);
	ck_assert_int_eq(look(CONFIGURATION_SITE, "no/where", "store"),
	    PH_EABSENT);
	ck_assert_ptr_nonnull(strstr(failure.next, "mkdir -p"));
}
END_TEST

START_TEST(one_place_cannot_be_both)
{
	ck_assert_int_eq(look(CONFIGURATION_SITE, "same", "same/"), PH_EUSAGE);
	ck_assert_ptr_nonnull(strstr(failure.what, "--store-dir"));
}
END_TEST

START_TEST(one_place_cannot_be_in_the_other)
{
	ck_assert_int_eq(mkdir("same", 0700), 0);
	ck_assert_int_eq(look(CONFIGURATION_SITE, "same", "same/in"),
	    PH_EUSAGE);
	ck_assert_int_eq(look(CONFIGURATION_SITE, "same/in", "same"),
	    PH_EUSAGE);
	ck_assert_int_eq(look(CONFIGURATION_SITE, "same/../same/in", "same"),
	    PH_EUSAGE);
	ck_assert_int_eq(symlink("same", "link"), 0);
	ck_assert_int_eq(look(CONFIGURATION_SITE, "same", "link"), PH_EUSAGE);
	ck_assert_int_eq(look(CONFIGURATION_SITE, "same", "link/in"),
	    PH_EUSAGE);
	/* Names that begin alike are two places. */
	ck_assert_int_eq(look(CONFIGURATION_SITE, "same", "same2"), PH_OK);
	ck_assert_int_eq(look(CONFIGURATION_SITE, "same/a", "link/b"), PH_OK);
}
END_TEST

START_TEST(primary_must_do_without_some_characters)
{
	ck_assert_int_eq(look(CONFIGURATION_PRIMARY, "a b", "store"),
	    PH_EUSAGE);
	ck_assert_int_eq(look(CONFIGURATION_PRIMARY, "a$b", "store"),
	    PH_EUSAGE);
	ck_assert_int_eq(look(CONFIGURATION_PRIMARY, "state", "a b"), PH_OK);
}
END_TEST

START_TEST(what_is_made_has_its_modes)
{
	struct key_private *key;
	struct marker marker;
	struct digest id;

	ck_assert_int_eq(look(CONFIGURATION_SITE, "state", "store"), PH_OK);
	ck_assert_msg(init_directories(&init, &failure) == PH_OK, "%s",
	    failure.what);
	ck_assert_int_eq(init_key_new(&key, &failure), PH_OK);
	ck_assert_int_eq(init_key_put(&init, LAYOUT_KEY_REPOSITORY, "", key,
			     &failure),
	    PH_OK);
	/* Not a second time. */
	ck_assert_int_ne(init_key_put(&init, LAYOUT_KEY_REPOSITORY, "", key,
			     &failure),
	    PH_OK);
	key_id(key_private_public(key), &id);
	key_private_free(key);
	/* The configuration comes last: until then nothing looks complete. */
	ck_assert_int_eq(access("etc.yaml", F_OK), -1);
	ck_assert_int_eq(init_finish(&init, &id, 1, &failure), PH_OK);
	ck_assert_uint_eq(mode_of("state"), 0711);
	ck_assert_uint_eq(mode_of("state/keys"), 0700);
	ck_assert_uint_eq(mode_of("state/keys/repository"), 0600);
	ck_assert_uint_eq(mode_of("state/keys/repository.pub"), 0644);
	ck_assert_uint_eq(mode_of("state/documents"), 0700);
	ck_assert_uint_eq(mode_of("store/published"), 0755);
	ck_assert_uint_eq(mode_of("store/blobs"), 0700);
	ck_assert_int_eq(marker_read("store", &marker, &failure), PH_OK);
	ck_assert_int_eq(access("etc.yaml", R_OK), 0);
}
END_TEST

START_TEST(failure_says_what_was_left)
{
	ck_assert_int_eq(look(CONFIGURATION_SITE, "state", "store"), PH_OK);
	(void)failure_set(&failure, PH_ENOSPC, "full");
	ck_assert_int_eq(init_failed(&init, &failure), PH_ENOSPC);
	ck_assert_str_eq(failure.next, "");
	ck_assert_int_eq(init_directories(&init, &failure), PH_OK);
	(void)failure_set(&failure, PH_ENOSPC, "full");
	failure_next(&failure, "make room");
	ck_assert_int_eq(init_failed(&init, &failure), PH_ENOSPC);
	ck_assert_int_eq(strncmp(failure.next, "make room; then remove", 22),
	    0);
	ck_assert_ptr_nonnull(strstr(failure.next, init.conf.store_dir));
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tests;

	suite = suite_create("init");
	tests = tcase_create("init");
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, new_places_are_taken);
	tcase_add_test(tests, places_in_use_are_refused);
	tcase_add_test(tests, one_place_cannot_be_both);
	tcase_add_test(tests, one_place_cannot_be_in_the_other);
	tcase_add_test(tests, primary_must_do_without_some_characters);
	tcase_add_test(tests, what_is_made_has_its_modes);
	tcase_add_test(tests, failure_says_what_was_left);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
