/*
 * What operators name: files, keys, versions, repositories; each refusal says
 * what would be right.
 */
#include <string.h>
#include <unistd.h>

#include "tests/unit/check_main.h"
#include "tests/unit/tempdir.h"

#include "proto/buffer.h"
#include "proto/errors.h"
#include "syncctl/input.h"

#define LINE                                                                   \
	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICkasBE6imX+8ULXBnRquEFAMywcl"    \
	"T7q8iXzPUsyGgr5"

static struct failure failure;
static struct buffer out;
static struct key_public key;

static void
setup(void)
{
	tempdir_begin();
	buffer_init(&out, 4096);
	memset(&failure, 0, sizeof(failure));
}

static void
teardown(void)
{
	buffer_fini(&out);
	tempdir_end();
}

START_TEST(files_are_read_up_to_a_limit)
{
	tempdir_write("file", "text");
	ck_assert_int_eq(input_file("file", 4, &out, &failure), PH_OK);
	ck_assert_str_eq(buffer_text(&out), "text");
	ck_assert_int_eq(input_file("file", 3, &out, &failure), PH_EFILE);
	ck_assert_ptr_nonnull(strstr(failure.what, "larger than 3 bytes"));
	ck_assert_int_eq(input_file("none", 3, &out, &failure), PH_EFILE);
	ck_assert_str_eq(failure.what,
	    "cannot open none: No such file or directory");
	ck_assert_int_eq(input_file(".", 3, &out, &failure), PH_EFILE);
}
END_TEST

START_TEST(keys_are_lines_or_files)
{
	char line[KEY_LINE_SIZE];

	ck_assert_int_eq(input_key(LINE " somebody", &key, &failure), PH_OK);
	key_line(&key, line);
	ck_assert_str_eq(line, LINE);
	memset(&key, 0, sizeof(key));
	tempdir_write("key.pub", LINE " me\n");
	ck_assert_int_eq(input_key("key.pub", &key, &failure), PH_OK);
	key_line(&key, line);
	ck_assert_str_eq(line, LINE);
}
END_TEST

/* The text must be refused as a key, with part in what is said. */
static void
refuse_key(const char *text, int code, const char *where, const char *next)
{
	memset(&failure, 0, sizeof(failure));
	ck_assert_int_eq(input_key(text, &key, &failure), code);
	ck_assert_int_eq(failure.code, code);
	ck_assert_str_eq(failure.where, where);
	ck_assert_msg(strstr(failure.next, next) != NULL, "%s", failure.next);
}

START_TEST(what_is_no_key_is_refused)
{
	tempdir_write("private",
	    "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1r\n");
	tempdir_write("text", "hello\n");
	refuse_key("private", PH_EKEY, "private", "private.pub");
	refuse_key("text", PH_EKEY, "text", "a file that has it");
	refuse_key("none", PH_EFILE, "", "a file that has it");
	refuse_key("ssh-ed25519 AAAA", PH_EKEY, "the command line",
	    "copy all of it");
	refuse_key("ssh-rsa AAAA", PH_EKEY, "the command line", "ssh-ed25519");
}
END_TEST

START_TEST(versions)
{
	struct input_version v;

	ck_assert_int_eq(input_version("winxp@10", 1, &v, &failure), PH_OK);
	ck_assert_str_eq(v.image, "winxp");
	ck_assert_str_eq(v.version, "10");
	ck_assert_int_eq(input_version("winxp", 0, &v, &failure), PH_OK);
	ck_assert_str_eq(v.version, "");
	ck_assert_int_eq(input_version("winxp", 1, &v, &failure), PH_ENAME);
	ck_assert_ptr_nonnull(strstr(failure.next, "NAME@VERSION"));
}
END_TEST

static const char *const no_versions[] = { "", "@1", "a@", "a/b@1", ".a@1",
	"a@.1", "a@1@2", "a b@1", "a@1 ", "a\n@1", "a\x1b[2J@1", "-a@1" };

START_TEST(what_is_no_version_is_refused)
{
	struct input_version v;

	ck_assert_int_eq(input_version(no_versions[_i], 0, &v, &failure),
	    PH_ENAME);
	ck_assert_str_ne(failure.what, "");
	ck_assert_str_ne(failure.next, "");
}
END_TEST

START_TEST(names_that_are_too_long_are_refused)
{
	struct input_version v;
	char text[400];

	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	ck_assert_int_eq(input_repository(text, &failure), PH_ENAME);
	ck_assert_int_eq(input_version(text, 0, &v, &failure), PH_ENAME);
	text[127] = '\0';
	ck_assert_int_eq(input_repository(text, &failure), PH_OK);
	ck_assert_int_eq(input_version(text, 0, &v, &failure), PH_OK);
	text[127] = '@';
	ck_assert_int_eq(input_version(text, 0, &v, &failure), PH_ENAME);
}
END_TEST

START_TEST(text_is_one_line_of_limited_length)
{
	char text[PH_TEXT_MAX + 2];

	memset(text, 'a', sizeof(text));
	text[PH_TEXT_MAX + 1] = '\0';
	ck_assert_int_eq(input_text("--owner", text, &failure), PH_EUSAGE);
	ck_assert_ptr_nonnull(strstr(failure.what, "--owner"));
	text[PH_TEXT_MAX] = '\0';
	ck_assert_int_eq(input_text("--owner", text, &failure), PH_OK);
	ck_assert_int_eq(input_text("--owner", "Größe & Co", &failure), PH_OK);
	ck_assert_int_eq(input_text("--owner", NULL, &failure), PH_OK);
	ck_assert_int_eq(input_text("--owner", "a\nb", &failure), PH_EUSAGE);
	ck_assert_int_eq(input_text("--owner", "a\x9b", &failure), PH_EUSAGE);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tests;

	suite = suite_create("input");
	tests = tcase_create("input");
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, files_are_read_up_to_a_limit);
	tcase_add_test(tests, keys_are_lines_or_files);
	tcase_add_test(tests, what_is_no_key_is_refused);
	tcase_add_test(tests, versions);
	tcase_add_loop_test(tests, what_is_no_version_is_refused, 0,
	    (int)(sizeof(no_versions) / sizeof(no_versions[0])));
	tcase_add_test(tests, names_that_are_too_long_are_refused);
	tcase_add_test(tests, text_is_one_line_of_limited_length);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
