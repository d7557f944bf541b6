/*
 * The operators' group: found on this machine, or refused where it stands.
 */
#include <grp.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/check_main.h"

#include "proto/errors.h"
#include "syncd/config/operators.h"

#define HEAD "version: 1\nname: a\nrole: site\nstate_dir: /s\nstore_dir: /t\n"

static struct operators operators;
static struct failure failure;

/* Find the group of a configuration that ends with text. */
static int
find(const char *text)
{
	struct configuration c;

	ck_assert_int_eq(configuration_parse("c.yaml", text, strlen(text), &c,
			     &failure),
	    PH_OK);
	return operators_find(&c, "c.yaml", &operators, &failure);
}

START_TEST(no_group_is_no_failure)
{
	ck_assert_int_eq(find(HEAD), PH_OK);
	ck_assert_int_eq(operators.has_group, 0);
}
END_TEST

START_TEST(a_group_of_this_machine_is_found)
{
	const struct group *group;
	char text[200];

	group = getgrgid(0);
	ck_assert_ptr_nonnull(group);
	(void)snprintf(text, sizeof(text), HEAD "operator_group: %s\n",
	    group->gr_name);
	ck_assert_int_eq(find(text), PH_OK);
	ck_assert_int_eq(operators.has_group, 1);
	ck_assert_uint_eq(operators.group, 0);
}
END_TEST

START_TEST(a_group_that_is_none_is_refused_where_it_stands)
{
	ck_assert_int_eq(find(HEAD "operator_group: no-such-group-here\n"),
	    PH_ECONFIG);
	ck_assert_str_eq(failure.where, "c.yaml:6:17");
	ck_assert_ptr_nonnull(strstr(failure.what, "no-such-group-here"));
	ck_assert_ptr_nonnull(strstr(failure.next, "groupadd"));
	ck_assert_int_eq(operators.has_group, 0);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tests;

	suite = suite_create("operators");
	tests = tcase_create("operators");
	tcase_add_test(tests, no_group_is_no_failure);
	tcase_add_test(tests, a_group_of_this_machine_is_found);
	tcase_add_test(tests, a_group_that_is_none_is_refused_where_it_stands);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
