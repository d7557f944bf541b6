/*
 * SHA-256 and its text.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/check_main.h"

#include "proto/digest.h"
#include "proto/errors.h"

#define HEX_ABC                                                                \
	"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define HEX_EMPTY                                                              \
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define HEX_MILLION                                                            \
	"cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"

/* The messages of FIPS 180-4's examples and of NIST's byte test vectors. */
static const struct {
	const char *message;
	size_t len;
	const char *hex;
} vectors[] = {
	{ "", 0, HEX_EMPTY },
	{ "abc", 3, HEX_ABC },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
	    "248d6a61d20638b8e5c026930c3e6039"
	    "a33ce45964ff2167f6ecedd419db06c1" },
	{ "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
	  "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
	    112,
	    "cf5b16a778af8380036ce59e7b049237"
	    "0b249b11e8f07a51afac45037afee9d1" },
	{ "\xd3", 1,
	    "28969cdfa74a12c82f3bad960b0b000a"
	    "ca2ac329deea5c2328ebc6f2ba9802c1" },
	{ "\xc9\x8c\x8e\x55", 4,
	    "7abc22c0ae5af26ce93dbb94433a0e0b"
	    "2e119d014f8e7f65bd56c61ccccd9504" },
};

#define NVECTORS (sizeof(vectors) / sizeof(vectors[0]))

/* A byte that depends on its place. */
static uint8_t
byte_at(size_t i)
{
	return (uint8_t)(i * 131 + (i >> 8) * 7 + 3);
}

START_TEST(vectors_of_nist)
{
	char hex[DIGEST_HEX_SIZE];
	struct digest d;
	size_t i;

	for (i = 0; i < NVECTORS; i++) {
		digest_of(vectors[i].message, vectors[i].len, &d);
		digest_hex(&d, hex);
		ck_assert_str_eq(hex, vectors[i].hex);
	}
}
END_TEST

START_TEST(nothing_at_null)
{
	char hex[DIGEST_HEX_SIZE];
	struct digest d;

	digest_of(NULL, 0, &d);
	digest_hex(&d, hex);
	ck_assert_str_eq(hex, HEX_EMPTY);
}
END_TEST

START_TEST(a_million_in_uneven_pieces)
{
	char hex[DIGEST_HEX_SIZE], piece[1009];
	struct digester *digester;
	struct digest d;
	size_t left, n;

	memset(piece, 'a', sizeof(piece));
	digester = digester_new();
	ck_assert_ptr_nonnull(digester);
	n = 1;
	for (left = 1000000; left > 0; left -= n) {
		n = (n * 17 + 5) % sizeof(piece);
		n = n > left ? left : n;
		digester_add(digester, piece, n);
	}
	digester_finish(digester, &d);
	digest_hex(&d, hex);
	ck_assert_str_eq(hex, HEX_MILLION);
	digester_free(digester);
}
END_TEST

START_TEST(any_cut_gives_the_same)
{
	uint8_t data[200];
	struct digester *digester;
	struct digest whole, cut;
	size_t i;

	for (i = 0; i < sizeof(data); i++)
		data[i] = byte_at(i);
	digest_of(data, sizeof(data), &whole);
	digester = digester_new();
	ck_assert_ptr_nonnull(digester);
	for (i = 0; i <= sizeof(data); i++) {
		digester_add(digester, data, i);
		digester_add(digester, data + i, sizeof(data) - i);
		digester_finish(digester, &cut);
		ck_assert_int_eq(digest_compare(&whole, &cut), 0);
	}
	digester_free(digester);
}
END_TEST

START_TEST(finish_begins_anew)
{
	char hex[DIGEST_HEX_SIZE];
	struct digester *digester;
	struct digest d;

	digester = digester_new();
	ck_assert_ptr_nonnull(digester);
	digester_add(digester, "something else", 14);
	digester_finish(digester, &d);
	digester_add(digester, "abc", 3);
	digester_finish(digester, &d);
	digest_hex(&d, hex);
	ck_assert_str_eq(hex, HEX_ABC);
	digester_finish(digester, &d);
	digest_hex(&d, hex);
	ck_assert_str_eq(hex, HEX_EMPTY);
	digester_free(digester);
	digester_free(NULL);
}
END_TEST

START_TEST(two_digesters_do_not_mix)
{
	struct digester *a, *b;
	struct digest da, db, expected;

	a = digester_new();
	b = digester_new();
	ck_assert(a != NULL && b != NULL);
	digester_add(a, "a", 1);
	digester_add(b, "", 0);
	digester_add(a, "bc", 2);
	digester_finish(b, &db);
	digester_finish(a, &da);
	ck_assert_int_eq(digest_from_hex(HEX_ABC, &expected), PH_OK);
	ck_assert_int_eq(digest_compare(&da, &expected), 0);
	ck_assert_int_eq(digest_from_hex(HEX_EMPTY, &expected), PH_OK);
	ck_assert_int_eq(digest_compare(&db, &expected), 0);
	digester_free(a);
	digester_free(b);
}
END_TEST

START_TEST(order_is_that_of_the_bytes)
{
	struct digest a, b;

	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	ck_assert_int_eq(digest_compare(&a, &b), 0);
	a.bytes[31] = 0x80;
	ck_assert_int_gt(digest_compare(&a, &b), 0);
	ck_assert_int_lt(digest_compare(&b, &a), 0);
	b.bytes[0] = 0x01;
	ck_assert_int_lt(digest_compare(&a, &b), 0);
	/* Bytes are unsigned. */
	a.bytes[0] = 0xff;
	ck_assert_int_gt(digest_compare(&a, &b), 0);
}
END_TEST

START_TEST(zero_is_zero_in_all_bytes)
{
	struct digest d;
	size_t i;

	memset(&d, 0, sizeof(d));
	ck_assert_int_eq(digest_is_zero(&d), 1);
	for (i = 0; i < DIGEST_SIZE; i++) {
		d.bytes[i] = 0x80;
		ck_assert_int_eq(digest_is_zero(&d), 0);
		d.bytes[i] = 0;
	}
}
END_TEST

START_TEST(text_goes_there_and_back)
{
	char hex[DIGEST_HEX_SIZE], text[DIGEST_TEXT_SIZE];
	struct digest d, back;
	size_t i;

	for (i = 0; i < DIGEST_SIZE; i++)
		d.bytes[i] = (uint8_t)(i * 8 + i / 4);
	digest_hex(&d, hex);
	ck_assert_uint_eq(strlen(hex), DIGEST_HEX_SIZE - 1);
	memset(&back, 0xa5, sizeof(back));
	ck_assert_int_eq(digest_from_hex(hex, &back), PH_OK);
	ck_assert_mem_eq(&back, &d, sizeof(d));
	digest_text(&d, text);
	ck_assert_uint_eq(strlen(text), DIGEST_TEXT_SIZE - 1);
	ck_assert_mem_eq(text, "sha256:", 7);
	ck_assert_str_eq(text + 7, hex);
	memset(&back, 0xa5, sizeof(back));
	ck_assert_int_eq(digest_from_text(text, &back), PH_OK);
	ck_assert_mem_eq(&back, &d, sizeof(d));
}
END_TEST

/* Neither hex nor, with sha256: before it, text; out is left alone. */
static void
assert_refused(const char *hex)
{
	char text[128];
	struct digest d, before;

	memset(&before, 0xa5, sizeof(before));
	d = before;
	ck_assert_msg(digest_from_hex(hex, &d) == PH_EDIGEST, "%s", hex);
	ck_assert_mem_eq(&d, &before, sizeof(d));
	ck_assert_uint_lt(strlen(hex) + 8, sizeof(text));
	strcpy(text, "sha256:");
	strcat(text, hex);
	ck_assert_msg(digest_from_text(text, &d) == PH_EDIGEST, "%s", text);
	ck_assert_mem_eq(&d, &before, sizeof(d));
}

START_TEST(wrong_lengths_are_refused)
{
	assert_refused("");
	assert_refused("b");
	assert_refused(HEX_ABC "0");
	assert_refused(HEX_ABC "00");
	assert_refused(HEX_ABC " ");
	assert_refused(HEX_ABC "\n");
	assert_refused(&HEX_ABC[1]);
	assert_refused(&HEX_ABC[2]);
}
END_TEST

START_TEST(wrong_digits_are_refused_anywhere)
{
	static const char wrong[] = "/:`gAFGxX -+\t\x80\xff";
	char hex[DIGEST_HEX_SIZE];
	size_t i, j;

	for (i = 0; i < DIGEST_HEX_SIZE - 1; i++) {
		for (j = 0; j < sizeof(wrong) - 1; j++) {
			strcpy(hex, HEX_ABC);
			hex[i] = wrong[j];
			assert_refused(hex);
		}
	}
}
END_TEST

START_TEST(wrong_prefixes_are_refused)
{
	static const char *const texts[] = { HEX_ABC, "sha256" HEX_ABC,
		"SHA256:" HEX_ABC, "sha512:" HEX_ABC, " sha256:" HEX_ABC,
		"sha256: " HEX_ABC, "sha256:", "sha25", "" };
	struct digest d;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		ck_assert_int_eq(digest_from_text(texts[i], &d), PH_EDIGEST);
	ck_assert_int_eq(digest_from_hex("sha256:" HEX_ABC, &d), PH_EDIGEST);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *hash, *value, *text;

	suite = suite_create("digest");
	hash = tcase_create("hash");
	tcase_add_test(hash, vectors_of_nist);
	tcase_add_test(hash, nothing_at_null);
	tcase_add_test(hash, a_million_in_uneven_pieces);
	tcase_add_test(hash, any_cut_gives_the_same);
	tcase_add_test(hash, finish_begins_anew);
	tcase_add_test(hash, two_digesters_do_not_mix);
	suite_add_tcase(suite, hash);
	value = tcase_create("value");
	tcase_add_test(value, order_is_that_of_the_bytes);
	tcase_add_test(value, zero_is_zero_in_all_bytes);
	suite_add_tcase(suite, value);
	text = tcase_create("text");
	tcase_add_test(text, text_goes_there_and_back);
	tcase_add_test(text, wrong_lengths_are_refused);
	tcase_add_test(text, wrong_digits_are_refused_anywhere);
	tcase_add_test(text, wrong_prefixes_are_refused);
	suite_add_tcase(suite, text);
	return check_run(suite);
}
