/*
 * JSON in its one form.
 */
#include <string.h>

#include "proto/errors.h"
#include "proto/json.h"
#include "proto/json_writer.h"
#include "tests/unit/check_main.h"

static struct buffer out;
static struct json_writer w;

static void
setup(void)
{
	buffer_init(&out, 1 << 20);
	json_writer_init(&w, &out);
}

static void
teardown(void)
{
	buffer_fini(&out);
}

START_TEST(everything)
{
	static const uint8_t hex[] = { 0x00, 0xff };
	struct digest digest, zero;
	struct order order;

	memset(&zero, 0, sizeof(zero));
	memset(&digest, 0x1f, sizeof(digest));
	order = (struct order){ 3, 4 };
	json_open_object(&w, NULL);
	json_put_string(&w, "s", "x");
	json_put_string_bytes(&w, "sb", "xyz", 2);
	json_put_string_or_null(&w, "sn", NULL);
	json_put_string_or_null(&w, "se", "");
	json_put_string_or_null(&w, "sv", "v");
	json_put_int(&w, "i", -9007199254740991);
	json_put_u64(&w, "u", 9007199254740991);
	json_put_bool(&w, "t", 1);
	json_put_bool(&w, "f", 0);
	json_put_null(&w, "n");
	json_put_digest(&w, "d", &digest);
	json_put_digest_or_null(&w, "dn", &zero);
	json_put_id(&w, "id", &digest);
	json_put_id_or_null(&w, "idn", &zero);
	json_put_hex(&w, "h", hex, sizeof(hex));
	json_put_time(&w, "ti", 1795339800);
	json_put_time_or_null(&w, "tn", 0);
	json_open_object(&w, "o");
	json_put_order(&w, &order);
	json_close_object(&w);
	json_open_array(&w, "a");
	json_put_int(&w, NULL, 0);
	json_open_object(&w, NULL);
	json_close_object(&w);
	json_open_array(&w, NULL);
	json_close_array(&w);
	json_put_null(&w, NULL);
	json_close_array(&w);
	json_close_object(&w);
	ck_assert_int_eq(json_writer_end(&w), PH_OK);
	ck_assert_str_eq(buffer_text(&out),
	    "{\"s\":\"x\",\"sb\":\"xy\",\"sn\":null,\"se\":null,\"sv\":\"v\","
	    "\"i\":-9007199254740991,\"u\":9007199254740991,\"t\":true,"
	    "\"f\":false,\"n\":null,\"d\":\"sha256:"
	    "1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f"
	    "\",\"dn\":null,\"id\":\""
	    "1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f"
	    "\",\"idn\":null,\"h\":\"00ff\",\"ti\":\"2026-11-22T09:30:00Z\","
	    "\"tn\":null,\"o\":{\"epoch\":3,\"generation\":4},"
	    "\"a\":[0,{},[],null]}");
}
END_TEST

/* Every character of one byte, and some of more, as they are escaped. */
START_TEST(escapes)
{
	struct json_object o;
	struct json *tree;
	const char *text;
	char all[0x80 + 32];
	size_t i, len;

	for (i = 1; i < 0x80; i++)
		all[i - 1] = (char)i;
	strcpy(all + 0x7f, "\xc2\x80 \xe2\x82\xac \xf0\x9f\x98\x80");
	json_open_object(&w, NULL);
	json_put_string(&w, "all", all);
	json_put_string(&w, "\"\n", "");
	json_close_object(&w);
	ck_assert_int_eq(json_writer_end(&w), PH_OK);
	ck_assert_ptr_nonnull(
	    strstr(buffer_text(&out), "\\u0007\\b\\t\\n\\u000b\\f\\r\\u000e"));
	ck_assert_ptr_nonnull(strstr(buffer_text(&out), "\x1f") == NULL ?
		buffer_text(&out) :
		NULL);
	ck_assert_int_eq(json_parse(out.data, out.len, out.len, &tree), PH_OK);
	json_root(tree, &o);
	json_get_string(&o, "all", &text, &len);
	ck_assert_str_eq(text, all);
	json_get_string(&o, "\"\n", &text, &len);
	json_object_end(&o);
	ck_assert_int_eq(json_error(tree), PH_OK);
	json_free(tree);
}
END_TEST

/* What JSON cannot carry. */
START_TEST(refusals)
{
	static const char *const strings[] = { "\x80", "\xc0\xaf", "\xc3",
		"\xe2\x82", "\xed\xa0\x80", "\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80", "\xff", "x\xe0\x80\x80" };

	json_open_array(&w, NULL);
	switch (_i) {
	case 0:
		json_put_int(&w, NULL, INT64_C(1) << 53);
		break;
	case 1:
		json_put_int(&w, NULL, -(INT64_C(1) << 53));
		break;
	case 2:
		json_put_u64(&w, NULL, UINT64_MAX);
		break;
	case 3:
		json_put_time(&w, NULL, -1);
		break;
	case 4:
		json_put_string_bytes(&w, NULL, "a\0b", 3);
		break;
	case 5:
		json_writer_fail(&w, PH_EJSON);
		break;
	default:
		json_put_string(&w, NULL, strings[_i - 6]);
		break;
	}
	json_close_array(&w);
	ck_assert_int_eq(json_writer_end(&w), PH_EJSON);
}
END_TEST

START_TEST(full)
{
	struct buffer small;

	buffer_init(&small, 8);
	json_writer_init(&w, &small);
	json_open_object(&w, NULL);
	json_put_string(&w, "name", "value");
	json_close_object(&w);
	ck_assert_int_eq(json_writer_end(&w), PH_ELIMIT);
	buffer_fini(&small);
}
END_TEST

int
main(void)
{
	TCase *tc;
	Suite *s;

	s = suite_create("json_writer");
	tc = tcase_create("json_writer");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, everything);
	tcase_add_test(tc, escapes);
	tcase_add_loop_test(tc, refusals, 0, 15);
	tcase_add_test(tc, full);
	suite_add_tcase(s, tc);
	return check_run(s);
}
