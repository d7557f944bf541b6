/*
 * YAML: what is allowed becomes a tree with positions; all else is refused
 * at the place where it stands.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/check_main.h"
#include "tests/unit/tempdir.h"

#include "proto/errors.h"
#include "syncd/config/yaml.h"

static struct yaml_tree *tree;
static struct failure failure;

static void
begin(void)
{
	tree = NULL;
	memset(&failure, 0, sizeof(failure));
}

static void
end(void)
{
	yaml_tree_free(tree);
}

static struct yaml_node *
parse(const char *text)
{
	int r;

	yaml_tree_free(tree);
	r = yaml_tree_parse("f.yaml", PH_EPOLICY, text, strlen(text), &tree,
	    &failure);
	ck_assert_msg(r == PH_OK, "%s: %s", failure.where, failure.what);
	ck_assert_ptr_nonnull(yaml_tree_root(tree));
	return yaml_tree_root(tree);
}

static void
assert_position(const struct yaml_node *n, unsigned int line,
    unsigned int column)
{
	ck_assert_uint_eq(yaml_line(n), line);
	ck_assert_uint_eq(yaml_column(n), column);
}

START_TEST(a_tree_knows_where_everything_stands)
{
	struct yaml_node *root, *list, *map;

	root = parse("# a comment\n"
		     "name: berlin\n"
		     "list:\n"
		     "  - one\n"
		     "  - \"two\"\n"
		     "  - {a: 1, b: [x]}\n"
		     "empty:\n");
	ck_assert_int_eq(yaml_kind(root), YAML_MAP);
	ck_assert_uint_eq(yaml_count(root), 3);
	assert_position(root, 2, 1);
	ck_assert_ptr_null(yaml_label(root));
	ck_assert_str_eq(yaml_text(yaml_key(root, 0)), "name");
	assert_position(yaml_key(root, 0), 2, 1);
	assert_position(yaml_item(root, 0), 2, 7);
	ck_assert_str_eq(yaml_text(yaml_item(root, 0)), "berlin");
	ck_assert_str_eq(yaml_label(yaml_item(root, 0)), "name");
	list = yaml_find(root, "list");
	ck_assert_ptr_nonnull(list);
	ck_assert_int_eq(yaml_kind(list), YAML_SEQUENCE);
	ck_assert_uint_eq(yaml_count(list), 3);
	assert_position(list, 4, 3);
	ck_assert_str_eq(yaml_text(list), "");
	assert_position(yaml_item(list, 0), 4, 5);
	ck_assert_int_eq(yaml_quoted(yaml_item(list, 0)), 0);
	ck_assert_int_eq(yaml_quoted(yaml_item(list, 1)), 1);
	ck_assert_str_eq(yaml_text(yaml_item(list, 1)), "two");
	ck_assert_str_eq(yaml_label(yaml_item(list, 1)), "list");
	map = yaml_item(list, 2);
	assert_position(map, 6, 5);
	assert_position(yaml_find(map, "b"), 6, 15);
	ck_assert_str_eq(yaml_label(yaml_item(yaml_find(map, "b"), 0)), "b");
	ck_assert_str_eq(yaml_text(yaml_find(root, "empty")), "");
	ck_assert_ptr_null(yaml_find(root, "nothing"));
	ck_assert_int_eq(yaml_code(root), PH_EPOLICY);
	ck_assert_str_eq(yaml_tree_file(tree), "f.yaml");
}
END_TEST

START_TEST(scalars_are_texts_whatever_they_look_like)
{
	static const char *const texts[] = { "1.10", "yes", "no", "null", "~",
		"0x10", "2026-11-22", "1e3", "007" };
	struct yaml_node *root;
	char text[40];
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		(void)snprintf(text, sizeof(text), "k: %s\n", texts[i]);
		root = parse(text);
		ck_assert_str_eq(yaml_text(yaml_find(root, "k")), texts[i]);
	}
}
END_TEST

START_TEST(styles_of_scalars_mean_their_text)
{
	struct yaml_node *root;

	root = parse("a: 'it''s'\n"
		     "b: \"\\u00fc\\\"\"\n"
		     "c: >-\n"
		     "  folded\n"
		     "  text\n"
		     "d: plain text over\n"
		     "  two lines\n"
		     "? e\n"
		     ": m\xc3\xbcnchen \xe2\x82\xac\n");
	ck_assert_str_eq(yaml_text(yaml_find(root, "a")), "it's");
	ck_assert_str_eq(yaml_text(yaml_find(root, "b")), "\xc3\xbc\"");
	ck_assert_str_eq(yaml_text(yaml_find(root, "c")), "folded text");
	ck_assert_int_eq(yaml_quoted(yaml_find(root, "c")), 1);
	ck_assert_str_eq(yaml_text(yaml_find(root, "d")),
	    "plain text over two lines");
	ck_assert_str_eq(yaml_text(yaml_find(root, "e")),
	    "m\xc3\xbcnchen \xe2\x82\xac");
}
END_TEST

START_TEST(other_roots_and_ends_are_fine)
{
	ck_assert_int_eq(yaml_kind(parse("- a\n- b\n")), YAML_SEQUENCE);
	ck_assert_int_eq(yaml_kind(parse("word")), YAML_SCALAR);
	ck_assert_int_eq(yaml_kind(parse("\"\"")), YAML_SCALAR);
	ck_assert_int_eq(yaml_kind(parse("{}")), YAML_MAP);
	ck_assert_uint_eq(yaml_count(yaml_tree_root(tree)), 0);
	ck_assert_int_eq(yaml_kind(parse("---\na: b\n...\n")), YAML_MAP);
	ck_assert_int_eq(yaml_kind(parse("a: b\r\nc: d\r\n")), YAML_MAP);
	ck_assert_int_eq(yaml_kind(parse("\xef\xbb\xbf"
					 "a: b\n")),
	    YAML_MAP);
	ck_assert_str_eq(yaml_text(yaml_key(yaml_tree_root(tree), 0)), "a");
}
END_TEST

/* What is refused, where, and a word of the reason. */
static const struct {
	const char *text;
	const char *where;
	const char *reason;
} refused[] = {
	{ "", "1:1", "empty" },
	{ "# nothing but a comment\n", "1:1", "empty" },
	{ "---\n", "1:1", "empty" },
	{ "a: 1\n---\nb: 2\n", "2:1", "second document" },
	{ "a: 1\n...\n---\n", "3:1", "second document" },
	{ "a: &x 1\n", "1:4", "anchor" },
	{ "a: &x [1]\n", "1:4", "anchor" },
	{ "a: &x {b: 1}\n", "1:4", "anchor" },
	{ "&x a: 1\n", "1:1", "anchor" },
	{ "a: *x\n", "1:4", "alias" },
	{ "*x : 1\n", "1:1", "alias" },
	{ "a: !!str 1\n", "1:4", "tag" },
	{ "a: ! 1\n", "1:4", "tag" },
	{ "a: !x [1]\n", "1:4", "tag" },
	{ "a: !!map {b: 1}\n", "1:4", "tag" },
	{ "!!int 5: 1\n", "1:1", "tag" },
	{ "%YAML 1.1\n---\na: 1\n", "1:1", "directive" },
	{ "%TAG ! tag:x,2000:\n---\na: 1\n", "1:1", "directive" },
	{ "a: 1\nb: 2\na: 3\n", "3:1", "\"a\" stands here twice" },
	{ "a: 1\n\"a\": 3\n", "2:1", "twice" },
	{ "x:\n  - {k: 1, l: 2, k: 3}\n", "2:18", "twice" },
	{ "? [a]\n: 1\n", "1:3", "key must be" },
	{ "{a: 1}: 2\n", "1:1", "key must be" },
	{ "a: |\n  two\n  lines\n", "1:4", "line ends" },
	{ "a: \"x\\0y\"\n", "1:4", "control" },
	{ "a: \"x\\ty\"\n", "1:4", "control" },
	{ "a: \"x\\x85y\"\n", "1:4", "control" },
	{ "\"a\\n\": 1\n", "1:1", "control" },
	{ "a: b: c\n", "1:5", "not YAML" },
	{ "a: [1, 2\n", "2:1", "not YAML" },
	{ "a: \"x\n", "2:1", "not YAML" },
	{ "a: 1\n b: 2\n", "2:3", "not YAML" },
	{ "a:\n\tb: 1\n", "2:1", "not YAML" },
	{ "a: @x\n", "1:4", "not YAML" },
	{ "a: b\nxyz\xff\n", "2:4", "not UTF-8" },
	{ "a: b\nm\xc3\xbcxy: \xc3(\n", "2:8", "not UTF-8" },
	{ "a: \xed\xa0\x80\n", "1:4", "not UTF-8" },
	{ "a: \xc0\xaf\n", "1:4", "not UTF-8" },
	{ "a: x\x07y\n", "1:5", "not allowed" },
	{ "\xff\xfe"
	  "a\0:\0",
	    "1:1", "not UTF-8" },
};

START_TEST(what_is_refused_says_where)
{
	char expected[30];
	int r;

	r = yaml_tree_parse("f.yaml", PH_ECONFIG, refused[_i].text,
	    strlen(refused[_i].text), &tree, &failure);
	ck_assert_int_eq(r, PH_ECONFIG);
	ck_assert_int_eq(failure.code, PH_ECONFIG);
	ck_assert_ptr_null(tree);
	(void)snprintf(expected, sizeof(expected), "f.yaml:%s",
	    refused[_i].where);
	ck_assert_str_eq(failure.where, expected);
	ck_assert_msg(strstr(failure.what, refused[_i].reason) != NULL,
	    "\"%s\" does not say \"%s\"", failure.what, refused[_i].reason);
}
END_TEST

START_TEST(no_bytes_are_no_file)
{
	ck_assert_int_eq(yaml_tree_parse("f", PH_ECONFIG, NULL, 0, &tree,
			     &failure),
	    PH_ECONFIG);
	ck_assert_str_eq(failure.what, "the file is empty");
}
END_TEST

/* Lists in lists. */
static int
parse_depth(unsigned int depth)
{
	char text[200];

	memset(text, '[', depth);
	memset(text + depth, ']', depth);
	return yaml_tree_parse("f", PH_ECONFIG, text, 2 * depth, &tree,
	    &failure);
}

START_TEST(depth_is_bounded)
{
	ck_assert_int_eq(parse_depth(YAML_DEPTH_MAX), PH_OK);
	yaml_tree_free(tree);
	ck_assert_int_eq(parse_depth(YAML_DEPTH_MAX + 1), PH_ECONFIG);
	ck_assert_str_eq(failure.where, "f:1:17");
	ck_assert_str_eq(failure.what, "nested too deeply");
}
END_TEST

/* A file of size bytes: a map of one key and blanks. */
static char *
big_text(size_t size)
{
	char *text;

	text = malloc(size + 1);
	ck_assert_ptr_nonnull(text);
	memset(text, '\n', size);
	memcpy(text, "a: 1", 4);
	text[size] = '\0';
	return text;
}

START_TEST(size_is_bounded)
{
	char *text;

	text = big_text(YAML_SIZE_MAX + 1);
	ck_assert_int_eq(yaml_tree_parse("f", PH_ECONFIG, text, YAML_SIZE_MAX,
			     &tree, &failure),
	    PH_OK);
	yaml_tree_free(tree);
	ck_assert_int_eq(yaml_tree_parse("f", PH_ECONFIG, text,
			     YAML_SIZE_MAX + 1, &tree, &failure),
	    PH_ECONFIG);
	ck_assert_ptr_null(tree);
	free(text);
}
END_TEST

START_TEST(the_number_of_values_is_bounded)
{
	char *text;
	size_t i;

	text = malloc(2 * YAML_NODES_MAX + 3);
	ck_assert_ptr_nonnull(text);
	text[0] = '[';
	for (i = 0; i < YAML_NODES_MAX; i++)
		memcpy(text + 1 + 2 * i, "a,", 2);
	text[2 * YAML_NODES_MAX + 1] = ']';
	ck_assert_int_eq(yaml_tree_parse("f", PH_ECONFIG, text,
			     2 * YAML_NODES_MAX + 2, &tree, &failure),
	    PH_ECONFIG);
	ck_assert_str_eq(failure.what, "too many values");
	/* One less, with the sequence itself, is as many as may be. */
	text[2 * YAML_NODES_MAX - 1] = ']';
	ck_assert_int_eq(yaml_tree_parse("f", PH_ECONFIG, text,
			     2 * YAML_NODES_MAX, &tree, &failure),
	    PH_OK);
	ck_assert_uint_eq(yaml_count(yaml_tree_root(tree)), YAML_NODES_MAX - 1);
	free(text);
}
END_TEST

START_TEST(many_keys_are_compared_in_good_time)
{
	char *text, *p;
	int i, r;

	text = malloc(YAML_SIZE_MAX);
	ck_assert_ptr_nonnull(text);
	p = text;
	for (i = 0; i < 90000; i++)
		p += sprintf(p, "k%d: \n", i);
	p += sprintf(p, "k77777: \n");
	r = yaml_tree_parse("f", PH_ECONFIG, text, (size_t)(p - text), &tree,
	    &failure);
	ck_assert_int_eq(r, PH_ECONFIG);
	ck_assert_str_eq(failure.where, "f:90001:1");
	free(text);
}
END_TEST

START_TEST(a_file_is_read)
{
	(void)tempdir_begin();
	tempdir_write("f.yaml", "a: b\n");
	ck_assert_int_eq(yaml_tree_read("f.yaml", PH_ECONFIG, &tree, &failure),
	    PH_OK);
	ck_assert_uint_eq(yaml_count(yaml_tree_root(tree)), 1);
	yaml_tree_free(tree);
	tempdir_write("f.yaml", "a: b: c\n");
	ck_assert_int_eq(yaml_tree_read("f.yaml", PH_ECONFIG, &tree, &failure),
	    PH_ECONFIG);
	ck_assert_str_eq(failure.where, "f.yaml:1:5");
	tempdir_write("f.yaml", "");
	ck_assert_int_eq(yaml_tree_read("f.yaml", PH_ECONFIG, &tree, &failure),
	    PH_ECONFIG);
	ck_assert_int_eq(yaml_tree_read("none", PH_ECONFIG, &tree, &failure),
	    PH_EFILE);
	ck_assert_int_eq(failure.code, PH_EFILE);
	ck_assert_ptr_nonnull(strstr(failure.what, "none"));
	ck_assert_int_eq(yaml_tree_read(".", PH_ECONFIG, &tree, &failure),
	    PH_EFILE);
	ck_assert_ptr_null(tree);
	tempdir_end();
}
END_TEST

START_TEST(a_file_that_is_too_large_is_not_read)
{
	char *text;

	(void)tempdir_begin();
	text = big_text(YAML_SIZE_MAX + 1);
	tempdir_write("f.yaml", text);
	free(text);
	ck_assert_int_eq(yaml_tree_read("f.yaml", PH_EPOLICY, &tree, &failure),
	    PH_EPOLICY);
	ck_assert_int_eq(failure.code, PH_EPOLICY);
	ck_assert_ptr_nonnull(strstr(failure.what, "larger"));
	tempdir_end();
}
END_TEST

START_TEST(null_is_freed_gladly)
{
	yaml_tree_free(NULL);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tests;

	suite = suite_create("yaml");
	tests = tcase_create("yaml");
	tcase_add_checked_fixture(tests, begin, end);
	tcase_add_test(tests, a_tree_knows_where_everything_stands);
	tcase_add_test(tests, scalars_are_texts_whatever_they_look_like);
	tcase_add_test(tests, styles_of_scalars_mean_their_text);
	tcase_add_test(tests, other_roots_and_ends_are_fine);
	tcase_add_loop_test(tests, what_is_refused_says_where, 0,
	    (int)(sizeof(refused) / sizeof(refused[0])));
	tcase_add_test(tests, no_bytes_are_no_file);
	tcase_add_test(tests, depth_is_bounded);
	tcase_add_test(tests, size_is_bounded);
	tcase_add_test(tests, the_number_of_values_is_bounded);
	tcase_add_test(tests, many_keys_are_compared_in_good_time);
	tcase_add_test(tests, a_file_is_read);
	tcase_add_test(tests, a_file_that_is_too_large_is_not_read);
	tcase_add_test(tests, null_is_freed_gladly);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
