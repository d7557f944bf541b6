/*
 * Policies: what is read, and each thing that is refused at its line and
 * column with what would be right.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/check_main.h"

#include "proto/errors.h"
#include "syncd/policy/policy.h"

/* Line 4 begins a rule; its members are in column 5. */
#define RULE                                                                   \
	"version: 1\n"                                                         \
	"groups: {labs: [berlin, oslo]}\n"                                     \
	"allow:\n"                                                             \
	"  - to: [labs, paris]\n"                                              \
	"    images: {name: \"win*\"}\n"

static struct policy *policy;
static struct failure failure;

static int
parse(const char *text)
{
	int r;

	memset(&failure, 0, sizeof(failure));
	policy = NULL;
	r = policy_read(text, strlen(text), "p.yaml", &policy, &failure);
	ck_assert_int_eq(r, failure.code);
	return r;
}

/* Free what was read. */
static void
drop(void)
{
	policy_free(policy);
	policy = NULL;
}

static void
must_refuse(const char *text, const char *where, const char *what)
{
	ck_assert_msg(parse(text) == PH_EPOLICY, "taken:\n%s", text);
	ck_assert_msg(strcmp(failure.where, where) == 0, "%s, not %s: %s\n%s",
	    failure.where, where, failure.what, text);
	ck_assert_msg(strstr(failure.what, what) != NULL, "\"%s\" in \"%s\"",
	    what, failure.what);
	ck_assert_ptr_null(policy);
}

START_TEST(a_rule_is_read)
{
	const struct policy_rule *rule;

	ck_assert_int_eq(parse(RULE), PH_OK);
	ck_assert_str_eq(policy->file, "p.yaml");
	ck_assert_uint_eq(policy->nrules, 1);
	rule = &policy->rules[0];
	ck_assert_int_eq(rule->deny, 0);
	ck_assert_uint_eq(rule->line, 4);
	ck_assert_uint_eq(rule->column, 5);
	ck_assert_str_eq(rule->images.name, "win*");
	ck_assert_int_eq(rule->versions, POLICY_VERSIONS_ALL);
	ck_assert_uint_eq(rule->nto, 3);
	ck_assert_str_eq(rule->to[0], "berlin");
	ck_assert_str_eq(rule->to[1], "oslo");
	ck_assert_str_eq(rule->to[2], "paris");
	ck_assert_uint_eq(policy->nrepositories, 3);
	drop();
}
END_TEST

START_TEST(groups_are_resolved_and_names_stand_once)
{
	ck_assert_int_eq(parse("version: 1\n"
			       "allow:\n"
			       "  - to: [b, g, a, b, g]\n"
			       "    images: {name: x}\n"
			       "  - to: [empty]\n"
			       "    images: {name: x}\n"
			       "deny:\n"
			       "  - to: [z]\n"
			       "    images: {name: x}\n"
			       "groups:\n"
			       "  g: [c, a]\n"
			       "  empty: []\n"
			       "  unused: [q]\n"),
	    PH_OK);
	ck_assert_uint_eq(policy->nrules, 3);
	ck_assert_uint_eq(policy->rules[0].nto, 3);
	ck_assert(policy_rule_names(&policy->rules[0], "a"));
	ck_assert(policy_rule_names(&policy->rules[0], "b"));
	ck_assert(policy_rule_names(&policy->rules[0], "c"));
	ck_assert(!policy_rule_names(&policy->rules[0], "g"));
	ck_assert(!policy_rule_names(&policy->rules[0], "A"));
	ck_assert(!policy_rule_names(&policy->rules[0], ""));
	ck_assert_uint_eq(policy->rules[1].nto, 0);
	ck_assert(!policy_rule_names(&policy->rules[1], "empty"));
	ck_assert_int_eq(policy->rules[2].deny, 1);
	ck_assert_uint_eq(policy->nrepositories, 4);
	ck_assert_str_eq(policy->repositories[3], "z");
	drop();
}
END_TEST

START_TEST(forms_of_versions)
{
	const struct policy_rule *rule;

	ck_assert_int_eq(parse(RULE "    versions: {newest: 3}\n"), PH_OK);
	rule = &policy->rules[0];
	ck_assert_int_eq(rule->versions, POLICY_VERSIONS_NEWEST);
	ck_assert_uint_eq(rule->count, 3);
	drop();
	ck_assert_int_eq(parse(
			     RULE "    versions: {exact: [10, \"9\", 1.0]}\n"),
	    PH_OK);
	rule = &policy->rules[0];
	ck_assert_int_eq(rule->versions, POLICY_VERSIONS_EXACT);
	ck_assert_uint_eq(rule->nnames, 3);
	ck_assert_str_eq(rule->names[0], "10");
	ck_assert_str_eq(rule->names[2], "1.0");
	drop();
	ck_assert_int_eq(parse(RULE "    versions: {from: 9, to: 10}\n"),
	    PH_OK);
	rule = &policy->rules[0];
	ck_assert_int_eq(rule->versions, POLICY_VERSIONS_RANGE);
	ck_assert_str_eq(rule->from, "9");
	ck_assert_str_eq(rule->until, "10");
	drop();
	ck_assert_int_eq(parse(RULE "    versions: {from: 9}\n"), PH_OK);
	ck_assert_ptr_null(policy->rules[0].until);
	drop();
	ck_assert_int_eq(parse(RULE "    versions: {to: 9}\n"), PH_OK);
	ck_assert_ptr_null(policy->rules[0].from);
	drop();
}
END_TEST

START_TEST(what_is_no_policy)
{
	must_refuse("", "p.yaml:1:1", "");
	must_refuse("[]", "p.yaml:1:1", "map");
	must_refuse("allow: []\n", "p.yaml:1:1", "\"version\" is missing");
	must_refuse("version: 2\n", "p.yaml:1:10", "1");
	must_refuse("version: 1\n", "p.yaml:1:1", "no rules");
	must_refuse("version: 1\nallow: []\ndeny: []\n", "p.yaml:1:1",
	    "no rules");
	must_refuse(RULE "denny: []\n", "p.yaml:6:1", "denny");
	must_refuse(RULE "version: 1\n", "p.yaml:6:1", "version");
	must_refuse("version: 1\nallow: {}\n", "p.yaml:2:8", "list");
	must_refuse("version: 1\nallow: [x]\n", "p.yaml:2:9", "map");
	must_refuse("version: 1\nallow:\n  - to: [\n", "p.yaml:4:1", "");
}
END_TEST

START_TEST(groups_that_are_refused)
{
	must_refuse("version: 1\ngroups: []\n", "p.yaml:2:9", "map");
	must_refuse("version: 1\ngroups: {\"a b\": []}\n", "p.yaml:2:10",
	    "\"a b\" is not the name of a group");
	must_refuse("version: 1\ngroups: {a: b}\n", "p.yaml:2:13", "list");
	must_refuse("version: 1\ngroups: {a: [b, \"-\"]}\n", "p.yaml:2:17",
	    "repository");
	must_refuse("version: 1\ngroups: {a: [b], c: [d, a]}\n", "p.yaml:2:25",
	    "group c has the group a as a member");
	must_refuse("version: 1\ngroups: {a: [b], a: [c]}\n", "p.yaml:2:18",
	    "a");
}
END_TEST

START_TEST(rules_that_are_refused)
{
	must_refuse("version: 1\nallow:\n  - images: {name: x}\n", "p.yaml:3:5",
	    "\"to\" is missing");
	must_refuse("version: 1\nallow:\n  - to: []\n    images: {name: x}\n",
	    "p.yaml:3:9", "nobody");
	must_refuse("version: 1\nallow:\n  - to: [a, \"*\"]\n"
		    "    images: {name: x}\n",
	    "p.yaml:3:13", "\"*\"");
	must_refuse("version: 1\nallow:\n  - to: [a]\n", "p.yaml:3:5",
	    "\"images\" is missing");
	must_refuse("version: 1\nallow:\n  - to: [a]\n    images: {}\n",
	    "p.yaml:4:13", "\"name\" is missing");
	must_refuse("version: 1\nallow:\n  - to: [a]\n"
		    "    images: {name: \"a/b\"}\n",
	    "p.yaml:4:20", "not a pattern");
	must_refuse("version: 1\nallow:\n  - to: [a]\n"
		    "    images: {name: x, label: y}\n",
	    "p.yaml:4:23", "label");
	must_refuse(RULE "    note: x\n", "p.yaml:6:5", "note");
	must_refuse("version: 1\nallow:\n  - to: [a]\n"
		    "    images: {nane: x}\n",
	    "p.yaml:4:14", "there is no key \"nane\" here");
	must_refuse("version: 1\nallow:\n  - to: [a]\n"
		    "    image: {name: x}\n",
	    "p.yaml:4:5", "there is no key \"image\" here");
	must_refuse("version: 1\ndeny:\n  - to: [a]\n    images: {name: x}\n"
		    "    versions: {newest: 2}\n",
	    "p.yaml:3:5", "newest");
}
END_TEST

START_TEST(versions_that_are_refused)
{
	must_refuse(RULE "    versions: 3\n", "p.yaml:6:15", "map");
	must_refuse(RULE "    versions: {}\n", "p.yaml:6:15", "wants one of");
	must_refuse(RULE "    versions: {newest: 1, from: 2}\n", "p.yaml:6:15",
	    "wants one of");
	must_refuse(RULE "    versions: {exact: [1], to: 2}\n", "p.yaml:6:15",
	    "wants one of");
	must_refuse(RULE "    versions: {latest: 1}\n", "p.yaml:6:16",
	    "latest");
	must_refuse(RULE "    versions: {newest: 0}\n", "p.yaml:6:24",
	    "from 1");
	must_refuse(RULE "    versions: {newest: all}\n", "p.yaml:6:24",
	    "from 1");
	must_refuse(RULE "    versions: {exact: 1}\n", "p.yaml:6:23", "list");
	must_refuse(RULE "    versions: {exact: []}\n", "p.yaml:6:23",
	    "no version");
	must_refuse(RULE "    versions: {exact: [1, \"a b\"]}\n", "p.yaml:6:27",
	    "\"a b\" is not a version");
	must_refuse(RULE "    versions: {from: \"*\"}\n", "p.yaml:6:22",
	    "not a version");
	must_refuse(RULE "    versions: {from: 10, to: 9}\n", "p.yaml:6:22",
	    "10 comes after 9");
}
END_TEST

/* A group of many, named by many rules: refused before memory is taken. */
START_TEST(rules_that_name_too_many)
{
	char *text;
	size_t i, n;

	text = malloc(1u << 20);
	ck_assert_ptr_nonnull(text);
	n = (size_t)sprintf(text, "version: 1\ngroups:\n  g: [a");
	for (i = 0; i < 50000; i++)
		n += (size_t)sprintf(text + n, ",a%zu", i);
	n += (size_t)sprintf(text + n, "]\nallow:\n");
	for (i = 0; i < 100; i++)
		n += (size_t)sprintf(text + n,
		    "- {to: [g], images: {name: x}}\n");
	ck_assert_int_eq(parse(text), PH_EPOLICY);
	ck_assert_ptr_nonnull(strstr(failure.what, "in all"));
	ck_assert_str_eq(failure.where, "p.yaml:24:9");
	free(text);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s;
	TCase *t;

	s = suite_create("policy");
	t = tcase_create("policy");
	tcase_add_test(t, a_rule_is_read);
	tcase_add_test(t, groups_are_resolved_and_names_stand_once);
	tcase_add_test(t, forms_of_versions);
	tcase_add_test(t, what_is_no_policy);
	tcase_add_test(t, groups_that_are_refused);
	tcase_add_test(t, rules_that_are_refused);
	tcase_add_test(t, versions_that_are_refused);
	tcase_add_test(t, rules_that_name_too_many);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return check_run(suite());
}
