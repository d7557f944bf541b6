/*
 * Help fits a terminal of 80 columns.
 */
#include <string.h>

#include "tests/unit/check_main.h"

#include "proto/buffer.h"
#include "syncctl/commands.h"
#include "syncctl/help.h"

static const struct command *const commands[] = { &cmd_init_primary,
	&cmd_init_site, &cmd_key_show, &cmd_repo_add, &cmd_repo_ls,
	&cmd_repo_show, &cmd_repo_set, &cmd_repo_pause, &cmd_repo_resume,
	&cmd_repo_remove, &cmd_repo_invite, &cmd_repo_authorized_keys,
	&cmd_policy_check, &cmd_policy_apply, &cmd_policy_show,
	&cmd_image_publish, &cmd_image_ls, &cmd_image_show, &cmd_sync,
	&cmd_status, &cmd_where, &cmd_holdings, &cmd_verify, &cmd_doctor,
	NULL };

static struct buffer out;

static void
setup(void)
{
	buffer_init(&out, 65536);
}

static void
teardown(void)
{
	buffer_fini(&out);
}

/* No line is wider than a terminal or ends with a blank. */
static void
check_lines(void)
{
	const char *end, *line;
	size_t i, width;

	for (line = buffer_text(&out); *line != '\0'; line = end + 1) {
		end = strchr(line, '\n');
		ck_assert_ptr_nonnull(end);
		width = 0;
		for (i = 0; line + i < end; i++)
			width += ((unsigned char)line[i] & 0xc0) != 0x80;
		ck_assert_msg(width <= 80 && (i == 0 || line[i - 1] != ' '),
		    "%.*s|", (int)i, line);
	}
}

START_TEST(each_command)
{
	help_command(commands[_i], &out);
	check_lines();
	ck_assert_int_eq(strncmp(buffer_text(&out), "usage: syncctl ", 15), 0);
	ck_assert_ptr_nonnull(strstr(buffer_text(&out), commands[_i]->summary));
}
END_TEST

START_TEST(lists)
{
	help_all(commands, &out);
	check_lines();
	buffer_reset(&out);
	help_noun(commands, "repo", &out);
	check_lines();
	ck_assert_ptr_nonnull(strstr(buffer_text(&out), "repo pause"));
	ck_assert_ptr_null(strstr(buffer_text(&out), "image ls"));
}
END_TEST

START_TEST(usage_is_wrapped_between_options)
{
	help_command(&cmd_repo_add, &out);
	ck_assert_msg(strncmp(buffer_text(&out),
			  "usage: syncctl repo add NAME [--key KEY] "
			  "--reason REASON… [--contact TEXT]\n"
			  "           [--clients N] [--rate RATE]\n\n",
			  117) == 0,
	    "%s", buffer_text(&out));
	buffer_reset(&out);
	help_command(&cmd_image_ls, &out);
	ck_assert_int_eq(strncmp(buffer_text(&out),
			     "usage: syncctl image ls\n\n", 25),
	    0);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tests;

	suite = suite_create("help");
	tests = tcase_create("help");
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_loop_test(tests, each_command, 0,
	    (int)(sizeof(commands) / sizeof(commands[0])) - 1);
	tcase_add_test(tests, lists);
	tcase_add_test(tests, usage_is_wrapped_between_options);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
