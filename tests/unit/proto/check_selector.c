/*
 * Selectors: matching and their form in JSON.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/json.h"
#include "proto/selector.h"
#include "tests/unit/check_main.h"

/* Decode a list of selectors; PH_OK or the failure. */
static int
decode(const char *text, struct selectors *out)
{
	struct json_object o;
	struct json *tree;
	int r;

	ck_assert_int_eq(json_parse(text, strlen(text), PH_DOCUMENT_MAX, &tree),
	    PH_OK);
	json_root(tree, &o);
	selectors_decode(&o, "list", out);
	json_object_end(&o);
	r = json_error(tree);
	json_free(tree);
	return r;
}

static const struct {
	const char *selector;
	const char *image;
	const char *owner; /* Of the version, whose labels are a=1, b=2. */
	int matches;
} cases[] = {
	{ "{\"name\":\"*\",\"labels\":{},\"owner\":null}", "x", NULL, 1 },
	{ "{\"name\":null,\"labels\":{},\"owner\":null}", "x", "o", 1 },
	{ "{\"name\":\"win*\",\"labels\":{},\"owner\":null}", "winxp", "o", 1 },
	{ "{\"name\":\"win*\",\"labels\":{},\"owner\":null}", "Winxp", "o", 0 },
	{ "{\"name\":\"win?p\",\"labels\":{},\"owner\":null}", "winxp", "o",
	    1 },
	{ "{\"name\":null,\"labels\":{\"a\":\"1\"},\"owner\":null}", "x", NULL,
	    1 },
	{ "{\"name\":null,\"labels\":{\"a\":\"2\"},\"owner\":null}", "x", NULL,
	    0 },
	{ "{\"name\":null,\"labels\":{\"c\":\"\"},\"owner\":null}", "x", NULL,
	    0 },
	{ "{\"name\":null,\"labels\":{\"b\":\"2\",\"a\":\"1\"},"
	  "\"owner\":null}",
	    "x", NULL, 1 },
	{ "{\"name\":null,\"labels\":{},\"owner\":\"o\"}", "x", "o", 1 },
	{ "{\"name\":null,\"labels\":{},\"owner\":\"o\"}", "x", "O", 0 },
	{ "{\"name\":null,\"labels\":{},\"owner\":\"o\"}", "x", NULL, 0 },
	{ "{\"name\":\"x\",\"labels\":{\"a\":\"1\"},\"owner\":\"o\"}", "x", "o",
	    1 },
	{ "{\"name\":\"y\",\"labels\":{\"a\":\"1\"},\"owner\":\"o\"}", "x", "o",
	    0 },
};

START_TEST(matching)
{
	struct selectors list;
	struct labels labels;
	char text[256];

	labels_init(&labels);
	ck_assert_int_eq(labels_set(&labels, "b", "2"), PH_OK);
	ck_assert_int_eq(labels_set(&labels, "a", "1"), PH_OK);
	selectors_init(&list);
	(void)snprintf(text, sizeof(text), "{\"list\":[%s]}",
	    cases[_i].selector);
	ck_assert_int_eq(decode(text, &list), PH_OK);
	ck_assert_uint_eq(list.count, 1);
	ck_assert_int_eq(selector_matches(&list.items[0], cases[_i].image,
			     &labels, cases[_i].owner),
	    cases[_i].matches);
	ck_assert_int_eq(selectors_match(&list, cases[_i].image, &labels,
			     cases[_i].owner),
	    cases[_i].matches);
	selectors_fini(&list);
	ck_assert_int_eq(selectors_match(&list, cases[_i].image, &labels,
			     cases[_i].owner),
	    0);
	labels_fini(&labels);
}
END_TEST

static const char *const refused[] = {
	"{\"list\":[{\"name\":\"\",\"labels\":{},\"owner\":null}]}",
	"{\"list\":[{\"name\":\"a b\",\"labels\":{},\"owner\":null}]}",
	"{\"list\":[{\"name\":null,\"labels\":{},\"owner\":\"\"}]}",
	"{\"list\":[{\"name\":null,\"labels\":{\"-\":\"\"},\"owner\":null}]}",
	"{\"list\":[{\"name\":null,\"labels\":{\"a\":null},\"owner\":null}]}",
	"{\"list\":[{\"name\":null,\"labels\":{}}]}",
	"{\"list\":[{\"name\":null,\"labels\":{},\"owner\":null,\"x\":1}]}",
	"{\"list\":[null]}",
	"{\"list\":{}}",
};

START_TEST(refusals)
{
	struct selectors list;

	selectors_init(&list);
	ck_assert_int_eq(decode(refused[_i], &list), PH_EJSON);
	selectors_fini(&list);
}
END_TEST

START_TEST(round_trip)
{
	static const char text[] =
	    "{\"list\":[{\"name\":\"a*\",\"labels\":{\"k\":\"\",\"l\":\"ä\"},"
	    "\"owner\":\"o\"},{\"name\":null,\"labels\":{},\"owner\":null}]}";
	struct json_writer w;
	struct selectors copy, list;
	struct buffer out;
	size_t i;

	selectors_init(&list);
	selectors_init(&copy);
	ck_assert_int_eq(decode(text, &list), PH_OK);
	for (i = 0; i < list.count; i++)
		ck_assert_int_eq(selectors_add(&copy, &list.items[i]), PH_OK);
	selectors_fini(&list);
	buffer_init(&out, PH_DOCUMENT_MAX);
	json_writer_init(&w, &out);
	json_open_object(&w, NULL);
	selectors_encode(&copy, &w, "list");
	json_close_object(&w);
	ck_assert_int_eq(json_writer_end(&w), PH_OK);
	ck_assert_str_eq(buffer_text(&out), text);
	buffer_fini(&out);
	selectors_fini(&copy);
}
END_TEST

int
main(void)
{
	TCase *tc;
	Suite *s;

	s = suite_create("selector");
	tc = tcase_create("selector");
	tcase_add_loop_test(tc, matching, 0,
	    (int)(sizeof(cases) / sizeof(cases[0])));
	tcase_add_loop_test(tc, refusals, 0,
	    (int)(sizeof(refused) / sizeof(refused[0])));
	tcase_add_test(tc, round_trip);
	suite_add_tcase(s, tc);
	return check_run(s);
}
