/*
 * Typed values of YAML: what fits is given, what does not says key, place
 * and what would be right, and keys that nobody asked for are refused.
 */
#include <string.h>

#include "tests/unit/check_main.h"

#include "proto/errors.h"
#include "syncd/config/yaml.h"

static struct yaml_tree *tree;
static struct yaml_node *root;
static struct failure failure;

static void
begin(void)
{
	static const char text[] = "word: hello\n"
				   "empty:\n"
				   "quoted: \"5\"\n"
				   "number: 42\n"
				   "zero: 0\n"
				   "largest: 9223372036854775807\n"
				   "beyond: 9223372036854775808\n"
				   "negative: -1\n"
				   "octal: 007\n"
				   "yes: true\n"
				   "no: false\n"
				   "norway: NO\n"
				   "list: [a, b]\n"
				   "map: {a: b}\n";

	memset(&failure, 0, sizeof(failure));
	ck_assert_int_eq(yaml_tree_parse("f", PH_ECONFIG, text, strlen(text),
			     &tree, &failure),
	    PH_OK);
	root = yaml_tree_root(tree);
}

static void
end(void)
{
	yaml_tree_free(tree);
}

static void
assert_failure(const char *where, const char *what)
{
	ck_assert_int_eq(failure.code, PH_ECONFIG);
	ck_assert_str_eq(failure.where, where);
	ck_assert_str_eq(failure.what, what);
}

START_TEST(strings)
{
	const char *text = NULL;

	ck_assert_int_eq(yaml_get_string(root, "word", YAML_REQUIRED, &text,
			     &failure),
	    PH_OK);
	ck_assert_str_eq(text, "hello");
	ck_assert_int_eq(yaml_get_string(root, "number", YAML_OPTIONAL, &text,
			     &failure),
	    PH_OK);
	ck_assert_str_eq(text, "42");
	ck_assert_int_eq(yaml_get_string(root, "empty", YAML_OPTIONAL, &text,
			     &failure),
	    PH_ECONFIG);
	assert_failure("f:2:7",
	    "\"empty\" must be a single value; it has no value");
	ck_assert_int_eq(yaml_get_string(root, "list", YAML_OPTIONAL, &text,
			     &failure),
	    PH_ECONFIG);
	assert_failure("f:13:7", "\"list\" must be a single value, not a list");
	ck_assert_str_eq(text, "42");
}
END_TEST

START_TEST(absent_keys)
{
	struct yaml_node *node = root;
	const char *text = "default";
	int64_t number = 7;
	int yes = 3;

	ck_assert_int_eq(yaml_get_string(root, "none", YAML_OPTIONAL, &text,
			     &failure),
	    PH_OK);
	ck_assert_str_eq(text, "default");
	ck_assert_int_eq(yaml_get_int(root, "none", YAML_OPTIONAL, 0, 9,
			     &number, &failure),
	    PH_OK);
	ck_assert_int_eq(number, 7);
	ck_assert_int_eq(yaml_get_bool(root, "none", YAML_OPTIONAL, &yes,
			     &failure),
	    PH_OK);
	ck_assert_int_eq(yes, 3);
	ck_assert_int_eq(yaml_get_sequence(root, "none", YAML_OPTIONAL, &node,
			     &failure),
	    PH_OK);
	ck_assert_int_eq(yaml_get_map(root, "none", YAML_OPTIONAL, &node,
			     &failure),
	    PH_OK);
	ck_assert_ptr_eq(node, root);
	ck_assert_int_eq(yaml_get_map(root, "none", YAML_REQUIRED, &node,
			     &failure),
	    PH_ECONFIG);
	assert_failure("f:1:1", "\"none\" is missing");
}
END_TEST

START_TEST(integers)
{
	static const struct {
		const char *key;
		const char *where;
		const char *what;
	} bad[] = {
		{ "word", "f:1:7",
		    "\"word\" must be a number from 0 to 41, not hello" },
		{ "quoted", "f:3:9",
		    "\"quoted\" must be a number from 0 to 41, not \"5\"" },
		{ "number", "f:4:9",
		    "\"number\" must be a number from 0 to 41, not 42" },
		{ "beyond", "f:7:9",
		    "\"beyond\" must be a number from 0 to "
		    "41, not 9223372036854775808" },
		{ "negative", "f:8:11",
		    "\"negative\" must be a number from 0 to 41, not -1" },
		{ "octal", "f:9:8",
		    "\"octal\" must be a number from 0 to 41, not 007" },
		{ "map", "f:14:6",
		    "\"map\" must be a number from 0 to 41, "
		    "not a map of keys and values" },
	};
	int64_t number = 5;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_int_eq(yaml_get_int(root, bad[i].key, YAML_OPTIONAL,
				     0, 41, &number, &failure),
		    PH_ECONFIG);
		assert_failure(bad[i].where, bad[i].what);
		ck_assert_int_eq(number, 5);
	}
	ck_assert_int_eq(yaml_get_int(root, "number", YAML_OPTIONAL, 42, 42,
			     &number, &failure),
	    PH_OK);
	ck_assert_int_eq(number, 42);
	ck_assert_int_eq(yaml_get_int(root, "zero", YAML_OPTIONAL, 0, 0,
			     &number, &failure),
	    PH_OK);
	ck_assert_int_eq(number, 0);
	ck_assert_int_eq(yaml_get_int(root, "zero", YAML_OPTIONAL, 1, 1,
			     &number, &failure),
	    PH_ECONFIG);
	assert_failure("f:5:7", "\"zero\" must be 1, not 0");
	ck_assert_int_eq(yaml_get_int(root, "largest", YAML_OPTIONAL, 0,
			     INT64_MAX, &number, &failure),
	    PH_OK);
	ck_assert_int_eq(number, INT64_MAX);
	ck_assert_int_eq(yaml_get_int(root, "beyond", YAML_OPTIONAL, 0,
			     INT64_MAX, &number, &failure),
	    PH_ECONFIG);
}
END_TEST

START_TEST(booleans)
{
	int value = 9;

	ck_assert_int_eq(yaml_get_bool(root, "yes", YAML_REQUIRED, &value,
			     &failure),
	    PH_OK);
	ck_assert_int_eq(value, 1);
	ck_assert_int_eq(yaml_get_bool(root, "no", YAML_REQUIRED, &value,
			     &failure),
	    PH_OK);
	ck_assert_int_eq(value, 0);
	ck_assert_int_eq(yaml_get_bool(root, "norway", YAML_REQUIRED, &value,
			     &failure),
	    PH_ECONFIG);
	assert_failure("f:12:9", "\"norway\" must be true or false, not NO");
}
END_TEST

START_TEST(kinds)
{
	struct yaml_node *node = NULL;

	ck_assert_int_eq(yaml_get_sequence(root, "list", YAML_REQUIRED, &node,
			     &failure),
	    PH_OK);
	ck_assert_uint_eq(yaml_count(node), 2);
	ck_assert_int_eq(yaml_get_map(root, "map", YAML_REQUIRED, &node,
			     &failure),
	    PH_OK);
	ck_assert_uint_eq(yaml_count(node), 1);
	ck_assert_int_eq(yaml_get_map(root, "list", YAML_REQUIRED, &node,
			     &failure),
	    PH_ECONFIG);
	assert_failure("f:13:7",
	    "\"list\" must be a map of keys and values, not a list");
	ck_assert_int_eq(yaml_get_sequence(root, "word", YAML_REQUIRED, &node,
			     &failure),
	    PH_ECONFIG);
	assert_failure("f:1:7", "\"word\" must be a list, not hello");
	ck_assert_int_eq(yaml_as_kind(yaml_find(root, "word"), YAML_SCALAR,
			     &failure),
	    PH_OK);
}
END_TEST

START_TEST(unknown_keys_are_refused_with_those_that_exist)
{
	static const char *const known[] = { "word", "list", NULL };
	static const char *const more[] = { "other", "lits", "word", NULL };
	static const char text[] = "word: x\nlits: []\nother: y\n";
	struct yaml_tree *other;
	struct yaml_node *map;

	ck_assert_int_eq(yaml_tree_parse("g", PH_EPOLICY, text, strlen(text),
			     &other, &failure),
	    PH_OK);
	map = yaml_tree_root(other);
	ck_assert_int_eq(yaml_map_keys(map, known, &failure), PH_EPOLICY);
	ck_assert_str_eq(failure.where, "g:2:1");
	ck_assert_str_eq(failure.what, "there is no key \"lits\" here");
	ck_assert_str_eq(failure.next, "known keys are: word, list");
	ck_assert_int_eq(yaml_map_keys(map, more, &failure), PH_OK);
	yaml_tree_free(other);
}
END_TEST

START_TEST(long_values_do_not_overflow_a_message)
{
	struct yaml_tree *other;
	struct yaml_node *map;
	char text[5000];
	int64_t number;

	memset(text, 'k', 1000);
	memcpy(text + 1000, ": ", 2);
	memset(text + 1002, 'v', 3000);
	text[4002] = '\0';
	ck_assert_int_eq(yaml_tree_parse("g", PH_ECONFIG, text, strlen(text),
			     &other, &failure),
	    PH_OK);
	map = yaml_tree_root(other);
	ck_assert_int_eq(yaml_as_int(yaml_item(map, 0), 0, 1, &number,
			     &failure),
	    PH_ECONFIG);
	ck_assert_str_eq(failure.where, "g:1:1003");
	ck_assert_uint_lt(strlen(failure.what), 300);
	yaml_tree_free(other);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tests;

	suite = suite_create("yaml_get");
	tests = tcase_create("yaml_get");
	tcase_add_checked_fixture(tests, begin, end);
	tcase_add_test(tests, strings);
	tcase_add_test(tests, absent_keys);
	tcase_add_test(tests, integers);
	tcase_add_test(tests, booleans);
	tcase_add_test(tests, kinds);
	tcase_add_test(tests, unknown_keys_are_refused_with_those_that_exist);
	tcase_add_test(tests, long_values_do_not_overflow_a_message);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
