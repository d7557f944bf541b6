/*
 * Bodies of entries.
 */
#include <string.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/audit/entry.h"
#include "tests/unit/check_main.h"

static struct buffer body;
static struct json_writer w;

/* Randomness that can be told. */
static void
fill(void *cookie, void *out, size_t len)
{
	(void)cookie;
	memset(out, 0xa5, len);
}

static const struct random told = { .fill = fill, .cookie = NULL };

static void
setup(void)
{
	buffer_init(&body, 2 * PH_LOG_ENTRY_MAX);
}

static void
teardown(void)
{
	buffer_fini(&body);
}

START_TEST(there_and_back)
{
	struct entry entry;

	entry_begin(&w, &body, 7, 1795339800, "publish", "root (uid 0)", &told);
	json_put_string(&w, "image", "winxp");
	ck_assert_int_eq(entry_end(&w), PH_OK);
	ck_assert_str_eq(buffer_text(&body),
	    "{\"seq\":7,\"time\":\"2026-11-22T09:30:00Z\","
	    "\"kind\":\"publish\",\"actor\":\"root (uid 0)\",\"random\":"
	    "\"a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5"
	    "a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5\",\"image\":\"winxp\"}");
	ck_assert_int_eq(entry_decode(body.data, body.len, &entry), PH_OK);
	ck_assert_uint_eq(entry.seq, 7);
	ck_assert_int_eq(entry.time, 1795339800);
	ck_assert_str_eq(entry.kind, "publish");
	ck_assert_str_eq(entry.actor, "root (uid 0)");
	ck_assert_uint_eq(entry.random[ENTRY_RANDOM_SIZE - 1], 0xa5);
}
END_TEST

START_TEST(refused)
{
	static const struct {
		const char *kind;
		const char *actor;
	} rows[] = {
		{ "", "a" },
		{ "two words", "a" },
		{ "kind", "" },
		{ "kind", "line\nfeed" },
		{ "kind", "\xff" },
		{ "k234567890123456789012345678901234567890123456789012345678"
		  "901234",
		    "a" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buffer_reset(&body);
		entry_begin(&w, &body, 0, 1, rows[i].kind, rows[i].actor,
		    &told);
		ck_assert_int_eq(entry_end(&w), PH_EJSON);
	}
}
END_TEST

START_TEST(too_long)
{
	char text[1001];
	int i;

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	entry_begin(&w, &body, 0, 1, "kind", "a", &told);
	json_open_array(&w, "list");
	for (i = 0; i < 66; i++)
		json_put_string(&w, NULL, text);
	json_close_array(&w);
	ck_assert_int_eq(entry_end(&w), PH_ELIMIT);
}
END_TEST

START_TEST(not_an_entry)
{
	static const char *const bodies[] = {
		"",
		"{}",
		"[]",
		"{\"seq\":1}",
		"{\"seq\":1,\"time\":\"2026-11-22T09:30:00Z\",\"kind\":\"k\","
		"\"actor\":\"a\",\"random\":\"00\"}",
		"{\"seq\":-1,\"time\":\"2026-11-22T09:30:00Z\",\"kind\":\"k\","
		"\"actor\":\"a\",\"random\":\"00000000000000000000000000000000"
		"00000000000000000000000000000000\"}",
		"{\"seq\":1,\"time\":\"yesterday\",\"kind\":\"k\","
		"\"actor\":\"a\",\"random\":\"00000000000000000000000000000000"
		"00000000000000000000000000000000\"}",
	};
	struct entry entry;
	size_t i;

	for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
		ck_assert_int_eq(entry_decode(bodies[i], strlen(bodies[i]),
				     &entry),
		    PH_ELOG);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *t;

	suite = suite_create("entry");
	t = tcase_create("entry");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, there_and_back);
	tcase_add_test(t, refused);
	tcase_add_test(t, too_long);
	tcase_add_test(t, not_an_entry);
	suite_add_tcase(suite, t);
	return check_run(suite);
}
