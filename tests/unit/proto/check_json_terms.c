/*
 * Terms of our own in JSON: what is one and what is not.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/json_terms.h"
#include "tests/unit/check_main.h"
#include "tests/unit/proto/golden.h"

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ZERO64                                                                 \
	"0000000000000000000000000000000000000000000000000000000000000000"

/* Which getter; those from TEXT on give text. */
enum term {
	DIGEST,
	DIGEST_OR_NULL,
	ID,
	ID_OR_NULL,
	HEX,
	TIME,
	TIME_OR_NULL,
	NAME,
	VERSION,
	TEXT,
	TEXT_OR_NULL,
	KEY,
};

/* Ask for member "m"; 1 when what was got is empty. */
static int
ask(struct json_object *o, enum term term)
{
	static const struct key_public no_key;
	struct key_public key;
	struct digest digest;
	uint8_t hex[2];
	char name[PH_NAME_MAX + 1], version[PH_VERSION_MAX + 1];
	const char *text;
	int64_t seconds;

	switch (term) {
	case DIGEST:
		json_get_digest(o, "m", &digest);
		return digest_is_zero(&digest);
	case DIGEST_OR_NULL:
		json_get_digest_or_null(o, "m", &digest);
		return digest_is_zero(&digest);
	case ID:
		json_get_id(o, "m", &digest);
		return digest_is_zero(&digest);
	case ID_OR_NULL:
		json_get_id_or_null(o, "m", &digest);
		return digest_is_zero(&digest);
	case HEX:
		json_get_hex(o, "m", hex, sizeof(hex));
		return hex[0] == 0 && hex[1] == 0;
	case TIME:
		json_get_time(o, "m", &seconds);
		return seconds == 0;
	case TIME_OR_NULL:
		json_get_time_or_null(o, "m", &seconds);
		return seconds == 0;
	case NAME:
		json_get_name(o, "m", name);
		return name[0] == '\0';
	case VERSION:
		json_get_version(o, "m", version);
		return version[0] == '\0';
	case TEXT:
		json_get_text(o, "m", &text);
		return text[0] == '\0';
	case TEXT_OR_NULL:
		json_get_text_or_null(o, "m", &text);
		return text == NULL;
	default:
		json_get_key(o, "m", &key);
		return memcmp(&key, &no_key, sizeof(key)) == 0;
	}
}

enum outcome { TAKEN, TAKEN_EMPTY, REFUSED };

static const struct {
	enum term term;
	const char *value;
	enum outcome outcome;
} cases[] = {
	{ DIGEST, "\"sha256:" HEX64 "\"", TAKEN },
	{ DIGEST, "\"sha256:" ZERO64 "\"", REFUSED },
	{ DIGEST, "\"" HEX64 "\"", REFUSED },
	{ DIGEST, "\"sha256:" HEX64 "0\"", REFUSED },
	{ DIGEST, "\"SHA256:" HEX64 "\"", REFUSED },
	{ DIGEST, "null", REFUSED },
	{ DIGEST_OR_NULL, "\"sha256:" HEX64 "\"", TAKEN },
	{ DIGEST_OR_NULL, "\"sha256:" ZERO64 "\"", REFUSED },
	{ DIGEST_OR_NULL, "null", TAKEN_EMPTY },
	{ DIGEST_OR_NULL, "\"\"", REFUSED },
	{ ID, "\"" HEX64 "\"", TAKEN },
	{ ID, "\"sha256:" HEX64 "\"", REFUSED },
	{ ID, "\"" ZERO64 "\"", REFUSED },
	{ ID, "null", REFUSED },
	{ ID_OR_NULL, "\"" HEX64 "\"", TAKEN },
	{ ID_OR_NULL, "null", TAKEN_EMPTY },
	{ ID_OR_NULL, "\"" ZERO64 "\"", REFUSED },
	{ HEX, "\"00ff\"", TAKEN },
	{ HEX, "\"0000\"", TAKEN_EMPTY },
	{ HEX, "\"00f\"", REFUSED },
	{ HEX, "\"00ff0\"", REFUSED },
	{ HEX, "\"00FF\"", REFUSED },
	{ HEX, "\"ffxx\"", REFUSED },
	{ TIME, "\"2026-11-22T09:30:00Z\"", TAKEN },
	{ TIME, "\"1970-01-01T00:00:00Z\"", REFUSED },
	{ TIME, "\"2026-11-22 09:30:00Z\"", REFUSED },
	{ TIME, "1795339800", REFUSED },
	{ TIME, "null", REFUSED },
	{ TIME_OR_NULL, "\"2026-11-22T09:30:00Z\"", TAKEN },
	{ TIME_OR_NULL, "null", TAKEN_EMPTY },
	{ TIME_OR_NULL, "\"1970-01-01T00:00:00Z\"", REFUSED },
	{ TIME_OR_NULL, "\"\"", REFUSED },
	{ NAME, "\"winxp\"", TAKEN },
	{ NAME, "\"\"", REFUSED },
	{ NAME, "\"a/b\"", REFUSED },
	{ NAME, "\"" HEX64 HEX64 "\"", REFUSED },
	{ VERSION, "\"1.0-rc1\"", TAKEN },
	{ VERSION, "\"" HEX64 "\"", REFUSED },
	{ VERSION, "1", REFUSED },
	{ TEXT, "\"Gr\\u00f6\\u00dfe\"", TAKEN },
	{ TEXT, "\"\"", REFUSED },
	{ TEXT, "\"\\t\"", REFUSED },
	{ TEXT, "\"\\u009f\"", REFUSED },
	{ TEXT, "null", REFUSED },
	{ TEXT_OR_NULL, "\"x\"", TAKEN },
	{ TEXT_OR_NULL, "null", TAKEN_EMPTY },
	{ TEXT_OR_NULL, "\"\"", REFUSED },
	{ KEY, "\"ssh-ed25519\"", REFUSED },
	{ KEY, "null", REFUSED },
	{ KEY,
	    "\"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAA"
	    "AAAAAAAAAAAAAAAAAAAA\"",
	    REFUSED },
};

START_TEST(terms)
{
	struct json_object o;
	struct json *tree;
	struct buffer text;
	int empty;

	buffer_init(&text, 4096);
	buffer_putf(&text, "{\"m\":%s}", cases[_i].value);
	ck_assert_int_eq(json_parse(text.data, text.len, 4096, &tree), PH_OK);
	json_root(tree, &o);
	empty = ask(&o, cases[_i].term);
	ck_assert_int_eq(json_error(tree),
	    cases[_i].outcome == REFUSED ? PH_EJSON : PH_OK);
	ck_assert_int_eq(empty, cases[_i].outcome != TAKEN);
	ck_assert_str_eq(json_error_member(tree),
	    cases[_i].outcome == REFUSED ? "m" : "");
	json_free(tree);
	buffer_fini(&text);
}
END_TEST

START_TEST(values)
{
	struct json_object o;
	struct json_array a;
	struct key_public expected, key;
	struct digest digest;
	struct order order;
	struct json *tree;
	struct buffer text;
	char *copy, line[KEY_LINE_SIZE];

	golden_key(GOLDEN_HOST, &expected);
	key_line(&expected, line);
	buffer_init(&text, 4096);
	buffer_putf(&text,
	    "{\"key\":\"%s\",\"epoch\":3,\"generation\":4,"
	    "\"digests\":[\"sha256:" HEX64 "\",null],\"keys\":[\"%s\"],"
	    "\"text\":\"hello\",\"none\":null}",
	    line, line);
	ck_assert_int_eq(json_parse(text.data, text.len, 4096, &tree), PH_OK);
	json_root(tree, &o);
	json_get_key(&o, "key", &key);
	ck_assert_int_eq(key_equal(&key, &expected), 1);
	json_get_order(&o, &order);
	ck_assert_uint_eq(order.epoch, 3);
	ck_assert_uint_eq(order.generation, 4);
	json_get_array(&o, "digests", 2, 2, &a);
	json_array_digest(&a, 0, &digest);
	ck_assert_uint_eq(digest.bytes[31], 0xef);
	json_array_digest_or_null(&a, 1, &digest);
	ck_assert_int_eq(digest_is_zero(&digest), 1);
	json_array_digest_or_null(&a, 0, &digest);
	ck_assert_uint_eq(digest.bytes[31], 0xef);
	json_get_array(&o, "keys", 1, 1, &a);
	json_array_key(&a, 0, &key);
	ck_assert_int_eq(key_equal(&key, &expected), 1);
	copy = strdup("older");
	json_get_text_copy(&o, "text", &copy);
	ck_assert_str_eq(copy, "hello");
	json_get_text_copy(&o, "none", &copy);
	ck_assert_ptr_null(copy);
	json_object_end(&o);
	ck_assert_int_eq(json_error(tree), PH_OK);
	json_free(tree);
	buffer_fini(&text);
}
END_TEST

int
main(void)
{
	TCase *tc;
	Suite *s;

	s = suite_create("json_terms");
	tc = tcase_create("json_terms");
	tcase_add_loop_test(tc, terms, 0,
	    (int)(sizeof(cases) / sizeof(cases[0])));
	tcase_add_test(tc, values);
	suite_add_tcase(s, tc);
	return check_run(s);
}
