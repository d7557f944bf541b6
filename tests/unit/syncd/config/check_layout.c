/*
 * The layout: paths are where docs/formats.md has them, fit the addresses of
 * sockets, and are made with the modes that keep others out.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/unit/check_main.h"
#include "tests/unit/tempdir.h"

#include "proto/errors.h"
#include "syncd/config/layout.h"

static struct failure failure;

/* Every item: its path below /state or /store, and its mode. */
static const struct {
	enum layout_item item;
	const char *path;
	unsigned int mode;
} expected[] = {
	{ LAYOUT_STATE, "/state", 0711 },
	{ LAYOUT_LOCK, "/state/lock", 0600 },
	{ LAYOUT_CONTROL_SOCKET, "/state/control.sock", 0660 },
	{ LAYOUT_GATE_SOCKET, "/state/gate.sock", 0660 },
	{ LAYOUT_AUTHORIZED_KEYS, "/state/authorized_keys", 0644 },
	{ LAYOUT_INDEX, "/state/index", 0700 },
	{ LAYOUT_DOCUMENTS, "/state/documents", 0700 },
	{ LAYOUT_LOG, "/state/log", 0700 },
	{ LAYOUT_KEYS, "/state/keys", 0700 },
	{ LAYOUT_KEY_REPOSITORY, "/state/keys/repository", 0600 },
	{ LAYOUT_KEY_AUTHORITY, "/state/keys/authority", 0600 },
	{ LAYOUT_KEY_PUBLISHER, "/state/keys/publisher", 0600 },
	{ LAYOUT_KEY_POLICY, "/state/keys/policy", 0600 },
	{ LAYOUT_KEY_PRIMARY, "/state/keys/primary", 0600 },
	{ LAYOUT_SSHD, "/state/sshd", 0700 },
	{ LAYOUT_SSHD_CONFIG, "/state/sshd/sshd_config", 0600 },
	{ LAYOUT_SSHD_HOST_KEY, "/state/sshd/host_key", 0600 },
	{ LAYOUT_SSHD_PID, "/state/sshd/sshd.pid", 0644 },
	{ LAYOUT_STORE, "/store", 0755 },
	{ LAYOUT_MARKER, "/store/.packhorse", 0644 },
	{ LAYOUT_BLOBS, "/store/blobs", 0700 },
	{ LAYOUT_MAPS, "/store/maps", 0700 },
	{ LAYOUT_SIGNATURES, "/store/signatures", 0700 },
	{ LAYOUT_DELTAS, "/store/deltas", 0700 },
	{ LAYOUT_STAGING, "/store/staging", 0700 },
	{ LAYOUT_PUBLISHED, "/store/published", 0755 },
};

#define NITEMS ((int)(sizeof(expected) / sizeof(expected[0])))

START_TEST(every_item_has_its_path_and_mode)
{
	char path[LAYOUT_PATH_SIZE];
	struct layout l;

	ck_assert_int_eq(layout_init(&l, "/state/", "/store", &failure), PH_OK);
	layout_path(&l, expected[_i].item, path);
	ck_assert_str_eq(path, expected[_i].path);
	ck_assert_uint_eq(layout_mode(expected[_i].item), expected[_i].mode);
	ck_assert_int_eq((int)expected[_i].item, _i);
}
END_TEST

START_TEST(names_are_relative_to_their_directory)
{
	ck_assert_str_eq(layout_name(LAYOUT_STATE), ".");
	ck_assert_str_eq(layout_name(LAYOUT_STORE), ".");
	ck_assert_str_eq(layout_name(LAYOUT_KEY_POLICY), "keys/policy");
	ck_assert_str_eq(layout_name(LAYOUT_BLOBS), "blobs");
}
END_TEST

START_TEST(the_root_directory_has_one_slash)
{
	char path[LAYOUT_PATH_SIZE];
	struct layout l;

	ck_assert_int_eq(layout_init(&l, "///", "/", &failure), PH_OK);
	layout_path(&l, LAYOUT_STATE, path);
	ck_assert_str_eq(path, "/");
	layout_path(&l, LAYOUT_BLOBS, path);
	ck_assert_str_eq(path, "/blobs");
}
END_TEST

START_TEST(relative_directories_are_refused)
{
	struct layout l;

	ck_assert_int_eq(layout_init(&l, "state", "/store", &failure),
	    PH_ECONFIG);
	ck_assert_str_eq(failure.what,
	    "state_dir must be an absolute path, not state");
	ck_assert_int_eq(layout_init(&l, "/state", "", &failure), PH_ECONFIG);
	ck_assert_str_eq(failure.what,
	    "store_dir must be an absolute path, not ");
}
END_TEST

START_TEST(sockets_fit_their_addresses)
{
	char dir[300], path[LAYOUT_PATH_SIZE];
	struct sockaddr_un address;
	struct layout l;
	size_t len;

	memset(dir, 'd', sizeof(dir));
	dir[0] = '/';
	for (len = 200; len > 2; len--) {
		dir[len] = '\0';
		if (layout_init(&l, dir, "/store", &failure) == PH_OK)
			break;
		ck_assert_int_eq(failure.code, PH_ECONFIG);
	}
	layout_path(&l, LAYOUT_CONTROL_SOCKET, path);
	/* The longest that is accepted fills the address, with its NUL. */
	ck_assert_uint_eq(strlen(path) + 1, sizeof(address.sun_path));
}
END_TEST

START_TEST(paths_that_are_too_long_are_refused)
{
	char dir[2000], path[LAYOUT_PATH_SIZE];
	struct layout l;

	memset(dir, 'd', sizeof(dir));
	dir[0] = '/';
	dir[1023] = '\0';
	ck_assert_int_eq(layout_init(&l, "/state", dir, &failure), PH_OK);
	layout_path(&l, LAYOUT_SIGNATURES, path);
	ck_assert_uint_eq(strlen(path), 1023 + strlen("/signatures"));
	dir[1023] = 'd';
	dir[1024] = '\0';
	ck_assert_int_eq(layout_init(&l, "/state", dir, &failure), PH_ECONFIG);
	ck_assert_str_eq(failure.what,
	    "the path of store_dir is longer than 1023 bytes");
}
END_TEST

/* A layout in a directory of the test. */
static struct layout
layout_here(const char *directory)
{
	char state[200], store[200];
	struct layout l;

	(void)snprintf(state, sizeof(state), "%s/a", directory);
	(void)snprintf(store, sizeof(store), "%s/b", directory);
	ck_assert_int_eq(layout_init(&l, state, store, &failure), PH_OK);
	return l;
}

START_TEST(directories_are_made_with_their_modes)
{
	char path[LAYOUT_PATH_SIZE];
	struct layout l;
	struct stat st;
	mode_t old;
	int i;

	l = layout_here(tempdir_begin());
	old = umask(077);
	ck_assert_int_eq(layout_create_state(&l, &failure), PH_OK);
	ck_assert_int_eq(layout_create_store(&l, &failure), PH_OK);
	(void)umask(old);
	for (i = 0; i < NITEMS; i++) {
		layout_path(&l, expected[i].item, path);
		if (stat(path, &st) != 0)
			continue;
		ck_assert(S_ISDIR(st.st_mode));
		ck_assert_uint_eq(st.st_mode & 07777, expected[i].mode);
	}
	ck_assert_int_eq(access("a/sshd", F_OK), 0);
	ck_assert_int_eq(access("a/lock", F_OK), -1);
	ck_assert_int_eq(access("b/published", F_OK), 0);
	/* Again: what exists stays as it is. */
	ck_assert_int_eq(chmod("b/blobs", 0750), 0);
	ck_assert_int_eq(layout_create_store(&l, &failure), PH_OK);
	ck_assert_int_eq(stat("b/blobs", &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0750);
	tempdir_end();
}
END_TEST

START_TEST(what_is_in_the_way_is_named)
{
	struct layout l;

	l = layout_here(tempdir_begin());
	ck_assert_int_eq(mkdir("a", 0700), 0);
	tempdir_write("a/log", "");
	ck_assert_int_eq(layout_create_state(&l, &failure), PH_EEXISTS);
	ck_assert_ptr_nonnull(strstr(failure.what, "/a/log is not a"));
	tempdir_end();
}
END_TEST

START_TEST(a_missing_parent_is_not_made)
{
	char state[200];
	struct layout l;

	(void)snprintf(state, sizeof(state), "%s/none/a", tempdir_begin());
	ck_assert_int_eq(layout_init(&l, state, "/b", &failure), PH_OK);
	ck_assert_int_eq(layout_create_state(&l, &failure), PH_EABSENT);
	tempdir_end();
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tests;

	suite = suite_create("layout");
	tests = tcase_create("layout");
	tcase_add_loop_test(tests, every_item_has_its_path_and_mode, 0, NITEMS);
	tcase_add_test(tests, names_are_relative_to_their_directory);
	tcase_add_test(tests, the_root_directory_has_one_slash);
	tcase_add_test(tests, relative_directories_are_refused);
	tcase_add_test(tests, sockets_fit_their_addresses);
	tcase_add_test(tests, paths_that_are_too_long_are_refused);
	tcase_add_test(tests, directories_are_made_with_their_modes);
	tcase_add_test(tests, what_is_in_the_way_is_named);
	tcase_add_test(tests, a_missing_parent_is_not_made);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
