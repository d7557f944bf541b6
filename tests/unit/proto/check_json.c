/*
 * Strict JSON: what is refused before anybody asks for a member, and the
 * getters.
 */
#include <stdio.h>
#include <string.h>

#include "proto/buffer.h"
#include "proto/errors.h"
#include "proto/json.h"
#include "proto/limits.h"
#include "tests/unit/check_main.h"

#define MAX (1u << 20)

/* Parse what must be right. */
static struct json *
parse(const char *text)
{
	struct json *tree;

	ck_assert_msg(json_parse(text, strlen(text), MAX, &tree) == PH_OK, "%s",
	    text);
	return tree;
}

static const char *const accepted[] = {
	"{}",
	" \t\r\n{ } \n",
	"{\"a\":0,\"b\":-1,\"c\":null,\"d\":true,\"e\":[],\"f\":{}}",
	"{\"a\":9007199254740991,\"b\":-9007199254740991}",
	"{\"a\":{\"a\":1},\"b\":{\"a\":1}}",
	"{\"a\":\"\\ud83d\\ude00 \\u00e4 \\\\ \\\" \\/ \\b\\f\\n\\r\\t\"}",
	"{\"\xc3\xa4\":\"\xf0\x9f\x98\x80\"}",
	"{\"a\":[1,\"x\",[2,[3]],{\"b\":null}]}",
	"{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[[[\"}",
	"{\"a\":\"\\\"[[[[[[[[[[[[[[[[[[[[[[[[\"}",
};

START_TEST(right)
{
	json_free(parse(accepted[_i]));
}
END_TEST

static const char *const refused[] = {
	"",
	" ",
	"1",
	"null",
	"\"x\"",
	"[]",
	"[{}]",
	"{",
	"}",
	"{}}",
	"{}{}",
	"{} x",
	"{}\x01",
	"\xef\xbb\xbf{}",
	"{\"a\"}",
	"{\"a\":}",
	"{\"a\":1,}",
	"{,\"a\":1}",
	"{a:1}",
	"{'a':1}",
	"{\"a\":1 \"b\":2}",
	"{\"a\":01}",
	"{\"a\":+1}",
	"{\"a\":1.0}",
	"{\"a\":1e2}",
	"{\"a\":1E400}",
	"{\"a\":-0.0}",
	"{\"a\":NaN}",
	"{\"a\":0x10}",
	"{\"a\":9007199254740992}",
	"{\"a\":-9007199254740992}",
	"{\"a\":9223372036854775808}",
	"{\"a\":99999999999999999999999999}",
	"{\"a\":[[{\"b\":9007199254740992}]]}",
	"{\"a\":{\"b\":[0.5]}}",
	"{\"a\":1,\"a\":1}",
	"{\"a\":1,\"\\u0061\":1}",
	"{\"x\":{\"a\":1,\"b\":2,\"a\":3}}",
	"{\"a\":\"\\u0000\"}",
	"{\"a\\u0000b\":1}",
	"{\"a\":\"\x01\"}",
	"{\"a\":\"\n\"}",
	"{\"a\":\"\\x\"}",
	"{\"a\":\"\\ud800\"}",
	"{\"a\":\"\\udc00\\ud800\"}",
	"{\"a\":\"\x80\"}",
	"{\"a\":\"\xc0\xaf\"}",
	"{\"a\":\"\xed\xa0\x80\"}",
	"{\"a\":\"\xf4\x90\x80\x80\"}",
	"{\"a\":\"\xc3",
	"{\"a\":tru}",
	"{\"a\":TRUE}",
	"{\"a\":\"x}",
	"{\"a\":1}//x",
	"/**/{}",
};

START_TEST(wrong)
{
	struct json *tree;

	ck_assert_msg(json_parse(refused[_i], strlen(refused[_i]), MAX,
			  &tree) == PH_EJSON,
	    "%s", refused[_i]);
}
END_TEST

START_TEST(zero_byte)
{
	static const char text[] = "{}\0{}";
	static const char in_string[] = "{\"a\":\"x\0y\"}";
	struct json *tree;

	ck_assert_int_eq(json_parse(text, sizeof(text) - 1, MAX, &tree),
	    PH_EJSON);
	ck_assert_int_eq(json_parse(in_string, sizeof(in_string) - 1, MAX,
			     &tree),
	    PH_EJSON);
	ck_assert_int_eq(json_parse(text, 2, MAX, &tree), PH_OK);
	json_free(tree);
}
END_TEST

START_TEST(size)
{
	struct json *tree;

	ck_assert_int_eq(json_parse("{} ", 3, 2, &tree), PH_ELIMIT);
	ck_assert_int_eq(json_parse("{} ", 3, 3, &tree), PH_OK);
	json_free(tree);
}
END_TEST

/* An object of that many levels. */
static int
parse_nested(size_t depth, const char *open, const char *close)
{
	struct buffer text;
	struct json *tree;
	size_t i;
	int r;

	buffer_init(&text, 64 * MAX);
	buffer_put_text(&text, "{\"a\":");
	for (i = 1; i < depth; i++)
		buffer_put_text(&text, open);
	buffer_put_text(&text, "0");
	for (i = 1; i < depth; i++)
		buffer_put_text(&text, close);
	buffer_put_text(&text, "}");
	r = json_parse(text.data, text.len, 64 * MAX, &tree);
	if (r == PH_OK)
		json_free(tree);
	buffer_fini(&text);
	return r;
}

START_TEST(depth)
{
	ck_assert_int_eq(parse_nested(PH_JSON_DEPTH_MAX, "[", "]"), PH_OK);
	ck_assert_int_eq(parse_nested(PH_JSON_DEPTH_MAX, "{\"a\":", "}"),
	    PH_OK);
	ck_assert_int_eq(parse_nested(PH_JSON_DEPTH_MAX + 1, "[", "]"),
	    PH_EJSON);
	ck_assert_int_eq(parse_nested(PH_JSON_DEPTH_MAX + 1, "{\"a\":", "}"),
	    PH_EJSON);
	ck_assert_int_eq(parse_nested(1000000, "[", "]"), PH_EJSON);
	ck_assert_int_eq(parse_nested(1000000, "[", ""), PH_EJSON);
	/* Beside one another is not within one another. */
	json_free(parse("{\"a\":[[],[],[],[],[],[],[],[],[],[],[],[],[],[],"
			"[],[],[],[],[]]}"));
}
END_TEST

START_TEST(getters)
{
	struct json_object inner, o;
	struct json_array a;
	struct json *tree;
	const char *text;
	uint64_t u;
	int64_t i;
	size_t len;
	int flag, present;

	tree = parse("{\"s\":\"x\\u00e4\",\"sn\":null,\"i\":-5,\"u\":7,"
		     "\"un\":null,\"uv\":3,\"b\":true,\"n\":null,"
		     "\"bn\":null,\"bv\":true,"
		     "\"o\":{\"x\":1},\"on\":null,\"a\":[1,\"y\",{}],"
		     "\"skip\":{\"z\":[]}}");
	json_root(tree, &o);
	ck_assert_int_eq(json_object_present(&o), 1);
	json_get_string(&o, "s", &text, &len);
	ck_assert_str_eq(text, "x\xc3\xa4");
	ck_assert_uint_eq(len, 3);
	json_get_string_or_null(&o, "sn", &text, &len);
	ck_assert_ptr_null(text);
	ck_assert_uint_eq(len, 0);
	json_get_int(&o, "i", -5, -5, &i);
	ck_assert_int_eq(i, -5);
	json_get_u64(&o, "u", 7, &u);
	ck_assert_uint_eq(u, 7);
	json_get_u64_or_null(&o, "un", 1, &u, &flag);
	ck_assert_uint_eq(u, 0);
	ck_assert_int_eq(flag, 0);
	json_get_u64_or_null(&o, "uv", 1, &u, &flag);
	ck_assert_uint_eq(u, 3);
	ck_assert_int_eq(flag, 1);
	json_get_bool(&o, "b", &flag);
	ck_assert_int_eq(flag, 1);
	json_get_bool_or_null(&o, "bn", &flag, &present);
	ck_assert_int_eq(flag, 0);
	ck_assert_int_eq(present, 0);
	json_get_bool_or_null(&o, "bv", &flag, &present);
	ck_assert_int_eq(flag, 1);
	ck_assert_int_eq(present, 1);
	json_get_null(&o, "n");
	json_get_object(&o, "o", &inner);
	json_get_u64(&inner, "x", 0, &u);
	ck_assert_uint_eq(u, 1);
	json_object_end(&inner);
	json_get_object_or_null(&o, "on", &inner);
	ck_assert_int_eq(json_object_present(&inner), 0);
	/* What is not there has no members and no failures. */
	json_get_u64(&inner, "x", 1, &u);
	ck_assert_uint_eq(u, 0);
	json_get_string(&inner, "y", &text, NULL);
	ck_assert_str_eq(text, "");
	json_check(&inner, "y", 0);
	json_object_end(&inner);
	json_get_array(&o, "a", 3, 3, &a);
	ck_assert_uint_eq(a.count, 3);
	json_array_u64(&a, 0, 1, &u);
	ck_assert_uint_eq(u, 1);
	json_array_string(&a, 1, &text, &len);
	ck_assert_str_eq(text, "y");
	json_array_object(&a, 2, &inner);
	ck_assert_int_eq(json_object_present(&inner), 1);
	json_object_end(&inner);
	ck_assert_int_eq(json_has(&o, "skip"), 1);
	ck_assert_int_eq(json_has(&o, "ship"), 0);
	json_skip_object(&o, "skip");
	json_object_end(&o);
	ck_assert_int_eq(json_error(tree), PH_OK);
	ck_assert_str_eq(json_error_member(tree), "");
	json_free(tree);
	json_free(NULL);
}
END_TEST

/* Ask for member "m" with getter number n. */
static void
ask(struct json_object *o, int n)
{
	struct json_object inner;
	struct json_array a;
	struct json_walk w;
	const char *text;
	uint64_t u;
	int64_t i;
	int flag;

	switch (n) {
	case 0:
		json_get_string(o, "m", &text, NULL);
		ck_assert_str_eq(text, "");
		break;
	case 1:
		json_get_string_or_null(o, "m", &text, NULL);
		ck_assert_ptr_null(text);
		break;
	case 2:
		json_get_int(o, "m", -10, 10, &i);
		ck_assert_int_eq(i, 0);
		break;
	case 3:
		json_get_u64(o, "m", 1, &u);
		ck_assert_uint_eq(u, 0);
		break;
	case 4:
		json_get_u64_or_null(o, "m", 1, &u, &flag);
		ck_assert_uint_eq(u, 0);
		break;
	case 5:
		json_get_bool(o, "m", &flag);
		ck_assert_int_eq(flag, 0);
		break;
	case 6:
		json_get_null(o, "m");
		break;
	case 7:
		json_get_object(o, "m", &inner);
		ck_assert_int_eq(json_object_present(&inner), 0);
		break;
	case 8:
		json_get_object_or_null(o, "m", &inner);
		ck_assert_int_eq(json_object_present(&inner), 0);
		break;
	case 9:
		json_get_array(o, "m", 1, 2, &a);
		ck_assert_uint_eq(a.count, 0);
		break;
	case 10:
		json_get_walk(o, "m", 1, &w);
		ck_assert_int_eq(json_walk_string(&w, &text, &text, NULL), 0);
		break;
	default:
		json_skip_object(o, "m");
		break;
	}
}

#define NGETTERS 12

/* Each getter refuses what is not there and values of wrong types. */
START_TEST(refusals)
{
	static const struct {
		const char *text;
		const char *except; /* By letter: those that take it. */
	} texts[] = {
		{ "{\"other\":1}", "" },
		{ "{\"m\":\"\"}", "ab" },
		{ "{\"m\":11}", "de" },
		{ "{\"m\":-11}", "" },
		{ "{\"m\":false}", "f" },
		{ "{\"m\":[]}", "" },
		{ "{\"m\":[1,2,3]}", "" },
		{ "{\"m\":{\"a\":\"\",\"b\":\"\"}}", "hil" },
		{ "{\"m\":null}", "begi" },
	};
	struct json_object o;
	struct json *tree;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (strchr(texts[i].except, 'a' + _i) != NULL)
			continue;
		tree = parse(texts[i].text);
		json_root(tree, &o);
		ask(&o, _i);
		ck_assert_msg(json_error(tree) == PH_EJSON, "%s",
		    texts[i].text);
		ck_assert_str_eq(json_error_member(tree), "m");
		json_free(tree);
	}
}
END_TEST

START_TEST(elements)
{
	struct json_object inner, o;
	struct json_array a;
	struct json *tree;
	const char *text;
	uint64_t u;

	tree = parse("{\"a\":[null]}");
	json_root(tree, &o);
	json_get_array(&o, "a", 0, 9, &a);
	switch (_i) {
	case 0:
		json_array_string(&a, 0, &text, NULL);
		ck_assert_str_eq(text, "");
		break;
	case 1:
		json_array_u64(&a, 0, 0, &u);
		break;
	case 2:
		json_array_object(&a, 0, &inner);
		ck_assert_int_eq(json_object_present(&inner), 0);
		break;
	default:
		json_array_check(&a, 1);
		ck_assert_int_eq(json_error(tree), PH_OK);
		json_array_check(&a, 0);
		break;
	}
	ck_assert_int_eq(json_error(tree), PH_EJSON);
	ck_assert_str_eq(json_error_member(tree), "a");
	json_free(tree);
}
END_TEST

START_TEST(unknown)
{
	struct json_object inner, o;
	struct json *tree;
	uint64_t u;

	tree = parse("{\"a\":{\"b\":1,\"c\":2}}");
	json_root(tree, &o);
	json_get_object(&o, "a", &inner);
	json_get_u64(&inner, "b", 0, &u);
	json_object_end(&o);
	ck_assert_int_eq(json_error(tree), PH_OK);
	json_object_end(&inner);
	ck_assert_int_eq(json_error(tree), PH_EJSON);
	ck_assert_str_eq(json_error_member(tree), "c");
	/* The first failure stays. */
	json_refuse(&o, "d");
	json_set_error(tree, PH_ENOMEM);
	ck_assert_int_eq(json_error(tree), PH_EJSON);
	ck_assert_str_eq(json_error_member(tree), "c");
	json_free(tree);
}
END_TEST

START_TEST(errors)
{
	struct json_object o;
	struct json *tree;
	char name[200];

	tree = parse("{}");
	json_root(tree, &o);
	json_check(&o, "x", 1);
	ck_assert_int_eq(json_error(tree), PH_OK);
	json_set_error(tree, PH_ENOMEM);
	ck_assert_int_eq(json_error(tree), PH_ENOMEM);
	json_free(tree);
	/* A name of a stranger may be long. */
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	tree = parse("{}");
	json_root(tree, &o);
	json_refuse(&o, name);
	ck_assert_int_eq(strncmp(json_error_member(tree), name, 60), 0);
	ck_assert_uint_lt(strlen(json_error_member(tree)), sizeof(name) - 1);
	json_free(tree);
}
END_TEST

START_TEST(walks)
{
	struct json_walk w;
	struct json_object o;
	struct json *tree;
	const char *name, *value;
	size_t len;

	tree = parse("{\"s\":{\"z\":\"1\",\"a\":\"22\"},"
		     "\"bad\":{\"y\":1}}");
	json_root(tree, &o);
	json_get_walk(&o, "s", 2, &w);
	ck_assert_int_eq(json_walk_string(&w, &name, &value, &len), 1);
	ck_assert_str_eq(name, "z");
	ck_assert_int_eq(json_walk_string(&w, &name, &value, &len), 1);
	ck_assert_str_eq(name, "a");
	ck_assert_str_eq(value, "22");
	ck_assert_uint_eq(len, 2);
	ck_assert_int_eq(json_walk_string(&w, &name, &value, &len), 0);
	json_get_walk(&o, "bad", 2, &w);
	ck_assert_int_eq(json_walk_string(&w, &name, &value, &len), 0);
	ck_assert_int_eq(json_error(tree), PH_EJSON);
	ck_assert_str_eq(json_error_member(tree), "y");
	json_free(tree);
}
END_TEST

int
main(void)
{
	TCase *tc;
	Suite *s;

	s = suite_create("json");
	tc = tcase_create("json");
	tcase_add_loop_test(tc, right, 0,
	    (int)(sizeof(accepted) / sizeof(accepted[0])));
	tcase_add_loop_test(tc, wrong, 0,
	    (int)(sizeof(refused) / sizeof(refused[0])));
	tcase_add_test(tc, zero_byte);
	tcase_add_test(tc, size);
	tcase_add_test(tc, depth);
	tcase_add_test(tc, getters);
	tcase_add_loop_test(tc, refusals, 0, NGETTERS);
	tcase_add_loop_test(tc, elements, 0, 4);
	tcase_add_test(tc, unknown);
	tcase_add_test(tc, errors);
	tcase_add_test(tc, walks);
	suite_add_tcase(s, tc);
	return check_run(s);
}
