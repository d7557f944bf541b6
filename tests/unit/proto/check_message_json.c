/*
 * One JSON object in a frame: which codes come out of which payloads, and
 * that a frame that fails leaves nothing behind.
 */
#include <string.h>

#include "tests/unit/check_main.h"

#include "proto/errors.h"
#include "proto/message_json.h"

/* Payloads of a BUSY, and what becomes of them. */
static const struct {
	const char *text;
	int result;
} payloads[] = {
	{ "{\"after\":1}", PH_OK },
	{ " { \"after\" : 1 }\n", PH_OK },
	{ "", PH_EMESSAGE },
	{ "{", PH_EMESSAGE },
	{ "null", PH_EMESSAGE },
	{ "[1]", PH_EMESSAGE },
	{ "{}", PH_EMESSAGE },
	{ "{\"after\":1}x", PH_EMESSAGE },
	{ "{\"after\":1,\"after\":1}", PH_EMESSAGE },
	{ "{\"after\":1,\"other\":1}", PH_EMESSAGE },
	{ "{\"after\":1.0}", PH_EMESSAGE },
	{ "{\"after\":\"1\"}", PH_EMESSAGE },
	{ "{\"after\":9007199254740992}", PH_EMESSAGE },
	{ "{\"after\":\xff}", PH_EMESSAGE },
};

START_TEST(payloads_are_judged)
{
	struct json_object root;
	struct json *tree;
	struct frame f;
	uint64_t after;
	int r;

	f.type = MESSAGE_BUSY;
	f.transfer = 0;
	f.payload = (const uint8_t *)payloads[_i].text;
	f.len = strlen(payloads[_i].text);
	r = message_json_open(&f, &tree, &root);
	if (r == PH_OK) {
		json_get_u64(&root, "after", 0, &after);
		r = message_json_close(tree, &root);
	}
	ck_assert_int_eq(r, payloads[_i].result);
}
END_TEST

START_TEST(a_frame_that_fails_leaves_nothing)
{
	struct json_writer w;
	struct buffer out;
	size_t mark;
	int i;

	buffer_init(&out, 4096);
	ck_assert_int_eq(buffer_put_text(&out, "before"), PH_OK);
	mark = message_json_begin(&w, MESSAGE_BUSY, 0, &out);
	json_put_string(&w, "after", "\xff");
	ck_assert_int_eq(message_json_end(&w, mark), PH_EJSON);
	ck_assert_uint_eq(out.len, 6);
	/* Longer than a BUSY may be. */
	mark = message_json_begin(&w, MESSAGE_BUSY, 0, &out);
	for (i = 0; i < 30; i++)
		json_put_u64(&w, "after", UINT64_C(1) << 50);
	ck_assert_int_eq(message_json_end(&w, mark), PH_ELIMIT);
	ck_assert_uint_eq(out.len, 6);
	buffer_fini(&out);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tcase;

	suite = suite_create("message_json");
	tcase = tcase_create("json");
	tcase_add_loop_test(tcase, payloads_are_judged, 0,
	    (int)(sizeof(payloads) / sizeof(payloads[0])));
	tcase_add_test(tcase, a_frame_that_fails_leaves_nothing);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
