/*
 * Key pairs: made closed to others and read back, and refused with the way
 * out when they are open, another's, under a passphrase or no keys.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/check_main.h"
#include "tests/unit/tempdir.h"

#include "proto/errors.h"
#include "syncd/config/keypair.h"

static const uint8_t seed[KEY_SIZE] = { 1, 2, 3, 4, 5, 6, 7, 8 };

static struct key_private *key;
static struct failure failure;

/* Made by "ssh-keygen -t ed25519 -N secret". */
static const char encrypted[] =
    "-----BEGIN OPENSSH PRIVATE KEY-----\n"
    "b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABC/IrheUq\n"
    "5AqnnTZnzlZmraAAAAEAAAAAEAAAAzAAAAC3NzaC1lZDI1NTE5AAAAIDBP5XemXuoU3UzR\n"
    "1LbDVnPiUvq9b/Bm/tOztYB8buS0AAAAoBe6own7mEx/X287MyOAljJmeae3ekcyh1/2RK\n"
    "6XxjnPhhrcps3oZ2QAA6ZSW1z7QCREHXyswE15s8dzbgfVeKxGo8lKNvYFIDhi/aBdp+Fm\n"
    "hxtv6o7OtThC/pHR5XkEc4NdLnsDLBEJcAupBKodbcJTSVD0jQpV/g8f6QBidpKiOtoo5Y\n"
    "/Us7WNvGQjwjCoieD7v3t+BgVWTzzxzvNQr3g=\n"
    "-----END OPENSSH PRIVATE KEY-----\n";

static void
begin(void)
{
	(void)tempdir_begin();
	memset(&failure, 0, sizeof(failure));
	ck_assert_int_eq(key_private_new(seed, &key), PH_OK);
}

static void
end(void)
{
	key_private_free(key);
	tempdir_end();
}

static void
create(const char *path)
{
	ck_assert_int_eq(keypair_create(path, key, 0x12345678, "primary",
			     &failure),
	    PH_OK);
}

static void
assert_mode(const char *path, unsigned int mode)
{
	struct stat st;

	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, mode);
}

/* Reading fails with the code and says the words. */
static void
assert_refused(const char *path, int code, const char *what, const char *next)
{
	struct key_private *read = key;

	ck_assert_int_eq(keypair_read(path, &read, &failure), code);
	ck_assert_ptr_null(read);
	ck_assert_int_eq(failure.code, code);
	ck_assert_str_eq(failure.what, what);
	ck_assert_str_eq(failure.next, next);
}

START_TEST(what_is_created_reads_back)
{
	char line[KEY_LINE_SIZE], expected[200];
	struct key_private *read;
	struct key_public public;
	char *text;

	create("k");
	assert_mode("k", 0600);
	assert_mode("k.pub", 0644);
	ck_assert_int_eq(keypair_read("k", &read, &failure), PH_OK);
	ck_assert_int_eq(key_equal(key_private_public(read),
			     key_private_public(key)),
	    1);
	key_private_free(read);
	ck_assert_int_eq(keypair_read_public("k", &public, &failure), PH_OK);
	ck_assert_int_eq(key_equal(&public, key_private_public(key)), 1);
	key_line(key_private_public(key), line);
	(void)strcpy(expected, line);
	(void)strcat(expected, " primary\n");
	text = tempdir_read("k.pub");
	ck_assert_str_eq(text, expected);
	free(text);
}
END_TEST

START_TEST(a_pair_without_comment_is_fine)
{
	struct key_public public;

	ck_assert_int_eq(keypair_create("k", key, 1, "", &failure), PH_OK);
	ck_assert_int_eq(keypair_read_public("k", &public, &failure), PH_OK);
}
END_TEST

START_TEST(ssh_keygen_reads_it)
{
	create("k");
	/* Prints the public key of the private one. */
	ck_assert_int_eq(system("ssh-keygen -y -f k > y && "
				"cut -d' ' -f1,2 k.pub > p && "
				"cut -d' ' -f1,2 y | cmp - p"),
	    0);
}
END_TEST

START_TEST(a_key_is_never_replaced)
{
	struct key_private *read, *other;
	uint8_t other_seed[KEY_SIZE] = { 9 };

	create("k");
	ck_assert_int_eq(key_private_new(other_seed, &other), PH_OK);
	ck_assert_int_eq(keypair_create("k", other, 1, "", &failure),
	    PH_EEXISTS);
	ck_assert_str_eq(failure.what, "k exists already");
	key_private_free(other);
	ck_assert_int_eq(keypair_read("k", &read, &failure), PH_OK);
	ck_assert_int_eq(key_equal(key_private_public(read),
			     key_private_public(key)),
	    1);
	key_private_free(read);
}
END_TEST

START_TEST(a_comment_that_is_not_text_is_refused)
{
	ck_assert_int_eq(keypair_create("k", key, 1, "a\nb", &failure),
	    PH_EKEY);
	ck_assert_str_eq(failure.what,
	    "cannot write the key k: its comment is not allowed");
	ck_assert_int_eq(access("k", F_OK), -1);
	ck_assert_int_eq(keypair_create("none/k", key, 1, "", &failure),
	    PH_EABSENT);
}
END_TEST

START_TEST(a_key_open_to_others_is_refused)
{
	static const struct {
		mode_t mode;
		const char *what;
	} rows[] = {
		{ 0640, "the key k is open to others (mode 0640)" },
		{ 0604, "the key k is open to others (mode 0604)" },
		{ 0620, "the key k is open to others (mode 0620)" },
		{ 0601, "the key k is open to others (mode 0601)" },
	};
	struct key_private *read;
	size_t i;

	create("k");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_int_eq(chmod("k", rows[i].mode), 0);
		assert_refused("k", PH_EPERM, rows[i].what, "chmod 600 k");
	}
	ck_assert_int_eq(chmod("k", 0400), 0);
	ck_assert_int_eq(keypair_read("k", &read, &failure), PH_OK);
	key_private_free(read);
}
END_TEST

START_TEST(a_key_of_another_user_is_refused)
{
	struct key_private *read;

	/* Root can give a key away; others find a file of root's. */
	create("k");
	if (geteuid() == 0)
		ck_assert_int_eq(chown("k", 65534, 65534), 0);
	ck_assert_int_eq(keypair_read(geteuid() == 0 ? "k" : "/etc/passwd",
			     &read, &failure),
	    PH_EPERM);
	ck_assert_ptr_nonnull(strstr(failure.what, "belongs to user"));
	ck_assert_str_eq(failure.next, "chown it to the user that runs syncd");
}
END_TEST

START_TEST(a_key_with_a_passphrase_is_for_the_agent)
{
	tempdir_write("k", encrypted);
	ck_assert_int_eq(chmod("k", 0600), 0);
	assert_refused("k", PH_EKEY, "the key k has a passphrase",
	    "add it to ssh-agent with ssh-add, and name its public key, "
	    "k.pub");
}
END_TEST

START_TEST(what_is_no_key_is_refused)
{
	static const char hollow[] = "-----BEGIN OPENSSH PRIVATE KEY-----\n"
				     "-----END OPENSSH PRIVATE KEY-----\n";
	static const char *const bad[] = { "", "text\n", hollow };
	char big[8000], *text;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		tempdir_write("k", bad[i]);
		ck_assert_int_eq(chmod("k", 0600), 0);
		assert_refused("k", PH_EKEY,
		    "k is not a private Ed25519 key of OpenSSH, or is damaged",
		    "ssh-keygen -t ed25519 makes such a key");
	}
	memset(big, 'x', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	tempdir_write("k", big);
	assert_refused("k", PH_EKEY,
	    "k is not a private Ed25519 key of OpenSSH, or is damaged",
	    "ssh-keygen -t ed25519 makes such a key");
	/* A key that lost its end. */
	create("l");
	text = tempdir_read("l");
	text[strlen(text) / 2] = '\0';
	tempdir_write("l", text);
	free(text);
	assert_refused("l", PH_EKEY,
	    "l is not a private Ed25519 key of OpenSSH, or is damaged",
	    "ssh-keygen -t ed25519 makes such a key");
	assert_refused("none", PH_EABSENT,
	    "cannot open none: No such file or directory", "");
}
END_TEST

START_TEST(a_public_key_is_one_line)
{
	static const char *const bad[] = { "", "ssh-rsa AAAA\n",
		"ssh-ed25519 AAAA\n" };
	char line[KEY_LINE_SIZE], twice[300];
	struct key_public public;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		tempdir_write("k.pub", bad[i]);
		ck_assert_int_eq(keypair_read_public("k", &public, &failure),
		    PH_EKEY);
		ck_assert_str_eq(failure.what,
		    "k.pub is not the line of a public Ed25519 key");
	}
	key_line(key_private_public(key), line);
	(void)strcpy(twice, line);
	(void)strcat(twice, "\n");
	(void)strcat(twice, line);
	tempdir_write("k.pub", twice);
	ck_assert_int_eq(keypair_read_public("k", &public, &failure), PH_EKEY);
	ck_assert_int_eq(unlink("k.pub"), 0);
	ck_assert_int_eq(keypair_read_public("k", &public, &failure),
	    PH_EABSENT);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tests;

	suite = suite_create("keypair");
	tests = tcase_create("keypair");
	tcase_add_checked_fixture(tests, begin, end);
	tcase_add_test(tests, what_is_created_reads_back);
	tcase_add_test(tests, a_pair_without_comment_is_fine);
	tcase_add_test(tests, ssh_keygen_reads_it);
	tcase_add_test(tests, a_key_is_never_replaced);
	tcase_add_test(tests, a_comment_that_is_not_text_is_refused);
	tcase_add_test(tests, a_key_open_to_others_is_refused);
	tcase_add_test(tests, a_key_of_another_user_is_refused);
	tcase_add_test(tests, a_key_with_a_passphrase_is_for_the_agent);
	tcase_add_test(tests, what_is_no_key_is_refused);
	tcase_add_test(tests, a_public_key_is_one_line);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
