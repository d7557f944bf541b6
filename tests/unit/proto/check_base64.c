/*
 * Base64, strictly.
 */
#include <stdint.h>
#include <string.h>

#include "tests/unit/check_main.h"

#include "proto/base64.h"
#include "proto/buffer.h"
#include "proto/errors.h"

/* RFC 4648 §10. */
static const struct {
	const char *data;
	const char *padded;
	const char *unpadded;
} vectors[] = {
	{ "", "", "" },
	{ "f", "Zg==", "Zg" },
	{ "fo", "Zm8=", "Zm8" },
	{ "foo", "Zm9v", "Zm9v" },
	{ "foob", "Zm9vYg==", "Zm9vYg" },
	{ "fooba", "Zm9vYmE=", "Zm9vYmE" },
	{ "foobar", "Zm9vYmFy", "Zm9vYmFy" },
};

#define NVECTORS (sizeof(vectors) / sizeof(vectors[0]))

/* Read text both ways; both must give result. */
static void
expect(const char *text, size_t len, enum base64_padding padding, int result)
{
	struct buffer b;
	uint8_t out[64];
	size_t outlen;

	buffer_init(&b, 64);
	ck_assert_int_eq(buffer_put_text(&b, "before"), PH_OK);
	ck_assert_int_eq(base64_read(text, len, padding, out, sizeof(out),
			     &outlen),
	    result);
	ck_assert_int_eq(base64_decode(text, len, padding, &b), result);
	if (result == PH_OK) {
		ck_assert_uint_eq(b.len, 6 + outlen);
		ck_assert_mem_eq(b.data + 6, out, outlen);
	} else {
		ck_assert_str_eq(buffer_text(&b), "before");
	}
	buffer_fini(&b);
}

START_TEST(vectors_of_the_rfc)
{
	struct buffer b;
	char text[16];
	uint8_t data[16];
	size_t i, len;

	buffer_init(&b, 64);
	for (i = 0; i < NVECTORS; i++) {
		len = strlen(vectors[i].data);
		base64_write(vectors[i].data, len, BASE64_PADDED, text);
		ck_assert_str_eq(text, vectors[i].padded);
		base64_write(vectors[i].data, len, BASE64_UNPADDED, text);
		ck_assert_str_eq(text, vectors[i].unpadded);
		ck_assert_int_eq(base64_read(vectors[i].padded,
				     strlen(vectors[i].padded), BASE64_PADDED,
				     data, sizeof(data), &len),
		    PH_OK);
		ck_assert_uint_eq(len, strlen(vectors[i].data));
		ck_assert_mem_eq(data, vectors[i].data, len);
		buffer_reset(&b);
		ck_assert_int_eq(base64_decode(vectors[i].unpadded,
				     strlen(vectors[i].unpadded),
				     BASE64_UNPADDED, &b),
		    PH_OK);
		ck_assert_str_eq(buffer_text(&b), vectors[i].data);
	}
	buffer_fini(&b);
}
END_TEST

START_TEST(all_lengths_and_bytes)
{
	static const enum base64_padding paddings[] = { BASE64_PADDED,
		BASE64_UNPADDED };
	struct buffer text, data;
	uint8_t bytes[256];
	size_t i, len;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 167);
	buffer_init(&text, 1024);
	buffer_init(&data, 1024);
	for (len = 0; len <= sizeof(bytes); len++) {
		for (i = 0; i < 2; i++) {
			buffer_reset(&text);
			buffer_reset(&data);
			ck_assert_int_eq(base64_encode(bytes, len, paddings[i],
					     &text),
			    PH_OK);
			ck_assert_uint_lt(text.len, BASE64_SIZE(len));
			ck_assert_int_eq(base64_decode(buffer_text(&text),
					     text.len, paddings[i], &data),
			    PH_OK);
			ck_assert_uint_eq(data.len, len);
			if (len > 0)
				ck_assert_mem_eq(data.data, bytes, len);
		}
	}
	buffer_fini(&text);
	buffer_fini(&data);
}
END_TEST

START_TEST(one_text_for_one_content)
{
	char text[5], again[5];
	uint8_t data[3];
	size_t len;
	int a, b, good;

	/* Of all last characters, only those without spare bits. */
	good = 0;
	for (a = 1; a < 256; a++) {
		for (b = 1; b < 256; b++) {
			text[0] = (char)a;
			text[1] = (char)b;
			text[2] = '\0';
			if (base64_read(text, 2, BASE64_UNPADDED, data, 3,
				&len) != PH_OK)
				continue;
			good++;
			base64_write(data, len, BASE64_UNPADDED, again);
			ck_assert_str_eq(again, text);
		}
	}
	ck_assert_int_eq(good, 256);
	expect("Zh==", 4, BASE64_PADDED, PH_EMESSAGE);
	expect("Zm9=", 4, BASE64_PADDED, PH_EMESSAGE);
	expect("Zm9", 3, BASE64_UNPADDED, PH_EMESSAGE);
	expect("//8=", 4, BASE64_PADDED, PH_OK);
	expect("//9=", 4, BASE64_PADDED, PH_EMESSAGE);
}
END_TEST

START_TEST(padding_is_as_agreed)
{
	expect("Zg==", 4, BASE64_UNPADDED, PH_EMESSAGE);
	expect("Zm8=", 4, BASE64_UNPADDED, PH_EMESSAGE);
	expect("Zg", 2, BASE64_PADDED, PH_EMESSAGE);
	expect("Zg=", 3, BASE64_PADDED, PH_EMESSAGE);
	expect("Zm8", 3, BASE64_PADDED, PH_EMESSAGE);
	expect("Z===", 4, BASE64_PADDED, PH_EMESSAGE);
	expect("====", 4, BASE64_PADDED, PH_EMESSAGE);
	expect("=", 1, BASE64_PADDED, PH_EMESSAGE);
	expect("Zg==Zg==", 8, BASE64_PADDED, PH_EMESSAGE);
	expect("Zm9v====", 8, BASE64_PADDED, PH_EMESSAGE);
	expect("Z=8=", 4, BASE64_PADDED, PH_EMESSAGE);
	expect("Z", 1, BASE64_UNPADDED, PH_EMESSAGE);
	expect("A", 1, BASE64_UNPADDED, PH_EMESSAGE);
	expect("AAAAA", 5, BASE64_UNPADDED, PH_EMESSAGE);
	expect("A===", 4, BASE64_PADDED, PH_EMESSAGE);
	expect("Zm9vY", 5, BASE64_UNPADDED, PH_EMESSAGE);
}
END_TEST

START_TEST(other_characters)
{
	expect("Zm9v\n", 5, BASE64_UNPADDED, PH_EMESSAGE);
	expect("Zm 9v", 5, BASE64_UNPADDED, PH_EMESSAGE);
	expect("Zm9v   \n", 8, BASE64_PADDED, PH_EMESSAGE);
	expect("Zm\0v", 4, BASE64_PADDED, PH_EMESSAGE);
	expect("-_-_", 4, BASE64_PADDED, PH_EMESSAGE);
	expect("+/+/", 4, BASE64_PADDED, PH_OK);
	expect("Zm9\xc3", 4, BASE64_PADDED, PH_EMESSAGE);
}
END_TEST

START_TEST(room)
{
	struct buffer b;
	uint8_t out[4];
	size_t len;

	ck_assert_int_eq(base64_read("Zm9vYg==", 8, BASE64_PADDED, out, 3,
			     &len),
	    PH_ELIMIT);
	ck_assert_int_eq(base64_read("Zm9vYg==", 8, BASE64_PADDED, out, 4,
			     &len),
	    PH_OK);
	buffer_init(&b, 3);
	ck_assert_int_eq(base64_decode("Zm9vYg==", 8, BASE64_PADDED, &b),
	    PH_ELIMIT);
	buffer_reset(&b);
	ck_assert_int_eq(base64_encode("foo", 3, BASE64_PADDED, &b), PH_ELIMIT);
	ck_assert_uint_eq(b.len, 0);
	buffer_fini(&b);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *base64;

	suite = suite_create("base64");
	base64 = tcase_create("base64");
	tcase_add_test(base64, vectors_of_the_rfc);
	tcase_add_test(base64, all_lengths_and_bytes);
	tcase_add_test(base64, one_text_for_one_content);
	tcase_add_test(base64, padding_is_as_agreed);
	tcase_add_test(base64, other_characters);
	tcase_add_test(base64, room);
	suite_add_tcase(suite, base64);
	return check_run(suite);
}
