/*
 * Labels: changing, comparing, and their form in JSON.
 */
#include <stdio.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/labels.h"
#include "tests/unit/check_main.h"

START_TEST(changed)
{
	struct labels copy, l;

	labels_init(&l);
	labels_init(&copy);
	ck_assert_ptr_null(labels_get(&l, "a"));
	ck_assert_int_eq(labels_set(&l, "b", "2"), PH_OK);
	ck_assert_int_eq(labels_set(&l, "a", "1"), PH_OK);
	ck_assert_int_eq(labels_set(&l, "c", ""), PH_OK);
	ck_assert_uint_eq(l.count, 3);
	ck_assert_str_eq(l.items[0].key, "a");
	ck_assert_str_eq(l.items[2].key, "c");
	ck_assert_int_eq(labels_copy(&l, &copy), PH_OK);
	ck_assert_int_eq(labels_equal(&l, &copy), 1);
	ck_assert_int_eq(labels_set(&l, "b", "two"), PH_OK);
	ck_assert_uint_eq(l.count, 3);
	ck_assert_str_eq(labels_get(&l, "b"), "two");
	ck_assert_int_eq(labels_equal(&l, &copy), 0);
	ck_assert_int_eq(labels_contain(&l, &copy), 0);
	labels_fini(&copy);
	ck_assert_int_eq(labels_set(&copy, "a", labels_get(&l, "a")), PH_OK);
	ck_assert_int_eq(labels_set(&copy, "c", ""), PH_OK);
	ck_assert_int_eq(labels_contain(&l, &copy), 1);
	ck_assert_int_eq(labels_contain(&copy, &l), 0);
	labels_fini(&l);
	ck_assert_int_eq(labels_contain(&copy, &l), 1);
	ck_assert_int_eq(labels_contain(&l, &copy), 0);
	labels_fini(&copy);
}
END_TEST

START_TEST(limits)
{
	struct labels l;
	char key[PH_NAME_MAX + 2], value[PH_LABEL_MAX + 2];
	size_t i;

	labels_init(&l);
	memset(key, 'k', sizeof(key));
	memset(value, 'v', sizeof(value));
	key[PH_NAME_MAX + 1] = '\0';
	value[PH_LABEL_MAX + 1] = '\0';
	ck_assert_int_eq(labels_set(&l, key, ""), PH_ENAME);
	ck_assert_int_eq(labels_set(&l, "a", value), PH_ENAME);
	ck_assert_int_eq(labels_set(&l, "", "x"), PH_ENAME);
	ck_assert_int_eq(labels_set(&l, "a b", "x"), PH_ENAME);
	ck_assert_int_eq(labels_set(&l, "a", "x\n"), PH_ENAME);
	ck_assert_int_eq(labels_set(&l, "a", "\xff"), PH_ENAME);
	ck_assert_uint_eq(l.count, 0);
	key[PH_NAME_MAX] = '\0';
	value[PH_LABEL_MAX] = '\0';
	ck_assert_int_eq(labels_set(&l, key, value), PH_OK);
	for (i = 1; i < PH_LABELS_MAX; i++) {
		(void)snprintf(key, sizeof(key), "key%zu", i);
		ck_assert_int_eq(labels_set(&l, key, ""), PH_OK);
	}
	ck_assert_int_eq(labels_set(&l, "another", ""), PH_ELIMIT);
	ck_assert_int_eq(labels_set(&l, "key1", "changed"), PH_OK);
	labels_fini(&l);
}
END_TEST

/* Decode {"l":…}; PH_OK or the failure. */
static int
decode(const char *text, struct labels *l)
{
	struct json_object o;
	struct json *tree;
	int r;

	ck_assert_int_eq(json_parse(text, strlen(text), 1 << 20, &tree), PH_OK);
	json_root(tree, &o);
	labels_decode(&o, "l", l);
	json_object_end(&o);
	r = json_error(tree);
	json_free(tree);
	return r;
}

START_TEST(json)
{
	struct json_writer w;
	struct buffer out;
	struct labels l;

	labels_init(&l);
	ck_assert_int_eq(labels_set(&l, "old", ""), PH_OK);
	ck_assert_int_eq(decode("{\"l\":{\"z\":\"\",\"a\":\"ü\\\"\"}}", &l),
	    PH_OK);
	buffer_init(&out, 1024);
	json_writer_init(&w, &out);
	json_open_object(&w, NULL);
	labels_encode(&l, &w, "l");
	json_close_object(&w);
	ck_assert_int_eq(json_writer_end(&w), PH_OK);
	ck_assert_str_eq(buffer_text(&out),
	    "{\"l\":{\"a\":\"ü\\\"\",\"z\":\"\"}}");
	buffer_fini(&out);
	ck_assert_int_eq(decode("{\"l\":{}}", &l), PH_OK);
	ck_assert_uint_eq(l.count, 0);
	ck_assert_int_eq(decode("{\"l\":[]}", &l), PH_EJSON);
	ck_assert_int_eq(decode("{\"l\":null}", &l), PH_EJSON);
	ck_assert_int_eq(decode("{\"l\":{\"a\":1}}", &l), PH_EJSON);
	ck_assert_int_eq(decode("{\"l\":{\"a b\":\"\"}}", &l), PH_EJSON);
	ck_assert_int_eq(decode("{\"l\":{\"a\":\"\\n\"}}", &l), PH_EJSON);
	labels_fini(&l);
}
END_TEST

START_TEST(too_many)
{
	struct labels l;
	struct buffer text;
	size_t i;

	buffer_init(&text, 1 << 20);
	buffer_put_text(&text, "{\"l\":{\"a\":\"\"");
	for (i = 0; i < PH_LABELS_MAX; i++)
		buffer_putf(&text, ",\"b%zu\":\"\"", i);
	buffer_put_text(&text, "}}");
	labels_init(&l);
	ck_assert_int_eq(decode(buffer_text(&text), &l), PH_EJSON);
	labels_fini(&l);
	buffer_fini(&text);
}
END_TEST

int
main(void)
{
	TCase *tc;
	Suite *s;

	s = suite_create("labels");
	tc = tcase_create("labels");
	tcase_add_test(tc, changed);
	tcase_add_test(tc, limits);
	tcase_add_test(tc, json);
	tcase_add_test(tc, too_many);
	suite_add_tcase(s, tc);
	return check_run(s);
}
