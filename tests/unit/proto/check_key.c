/*
 * Keys and raw signatures: the vectors of RFC 8032, and what must not pass.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "tests/unit/check_main.h"
#include "tests/unit/proto/openssl_memory.h"
#include "tests/unit/proto/ssh_keygen.h"

#include "proto/errors.h"
#include "proto/key.h"

/* TEST 1, 2, 3 and SHA(abc) of RFC 8032, section 7.1. */
static const struct {
	const char *seed;
	const char *public;
	const char *message;
	const char *signature;
} vectors[] = {
	{ "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
	    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
	    "",
	    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
	    "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b" },
	{ "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
	    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
	    "72",
	    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
	    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00" },
	{ "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
	    "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
	    "af82",
	    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
	    "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a" },
	{ "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
	    "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
	    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
	    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
	    "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
	    "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704" },
};

#define NVECTORS (sizeof(vectors) / sizeof(vectors[0]))

/*
 * The edge cases below are computed by tests/vectors/ed25519/derive.py from
 * RFC 8032 alone, for the key of TEST 1 and this message.  With A the key and
 * h the challenge modulo L, a signature (R, S) holds when [S]B = R + [h]A.
 */
#define MESSAGE "packhorse"

/* All encodings of points of low order, sign bits and y + p included. */
static const char *const low_order[] = {
	/* Order 1: y = 1; then with a sign for x = 0, and as p + 1. */
	"0100000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000080",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	/* Order 2: y = -1; then with a sign for x = 0. */
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	/* Order 4: y = 0; then as p. */
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0000000000000000000000000000000000000000000000000000000000000080",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	/* Order 8. */
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
};

#define NLOW_ORDER (sizeof(low_order) / sizeof(low_order[0]))

/* The key of TEST 1 plus a point of order 8. */
#define MIXED_KEY                                                              \
	"9158312a9a8d6e3b34c891d6d61444f8b8211c5117ebad15bdb0bd68b07e0245"

static const struct {
	const char *what;
	const char *public;
	const char *signature;
	int result;
} edge_cases[] = {
	/* Only the owner of a key can make these; so they may hold. */
	{ "R is the neutral element", NULL,
	    "0100000000000000000000000000000000000000000000000000000000000000"
	    "4b0101a2dca972378486dff3513467a472a51b055c1d9a5b8ade107e7060de0b",
	    PH_OK },
	{ "the key is mixed, h is divisible by 8", MIXED_KEY,
	    "d4b4f5784868c3020403246717ec169ff79e26608ea126a1ab69ee77d1b16712"
	    "6d8e53b97e4a489266de7b847d65614e4ed5662487607c2028e4e8afea4af406",
	    PH_OK },
	/* The equation holds, with an encoding that is not the point's. */
	{ "R is the neutral element with y = p + 1", NULL,
	    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
	    "3d1e774e091bb03f5b2b5227f20cac25a678f4d46f789fa3fc03e4b22c88810c",
	    PH_ESIGNATURE },
	{ "R is the neutral element with a sign", NULL,
	    "0100000000000000000000000000000000000000000000000000000000000080"
	    "2972b575e9f1f7a9ab81d1a332ebc2f0c93fa23855072bd23ddcda70ee72cb04",
	    PH_ESIGNATURE },
	/* The equation holds only after a multiplication by the cofactor. */
	{ "R has order 8", NULL,
	    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"
	    "2add55d4ad972a2bc5325639bb311eef00e8cec8251e1cd75db9186359e8e80e",
	    PH_ESIGNATURE },
	{ "the key is mixed, h is not divisible by 8", MIXED_KEY,
	    "5866666666666666666666666666666666666666666666666666666666666666"
	    "ced9a7bf18a3bc5483c4c18dc292407158bc5669f93f76efcabfb14a283ccb0f",
	    PH_ESIGNATURE },
};

#define NEDGE_CASES (sizeof(edge_cases) / sizeof(edge_cases[0]))

/* R = B and S = 1: holds for every message when [h]A is neutral. */
#define FOR_EVERY_MESSAGE                                                      \
	"5866666666666666666666666666666666666666666666666666666666666666"     \
	"0100000000000000000000000000000000000000000000000000000000000000"

/* The order of the base point, RFC 8032 section 5.1, little-endian. */
#define ORDER_L                                                                \
	"edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"

/* A key line made by ssh-keygen, and its fingerprint as it prints it. */
#define LINE_BASE64                                                            \
	"AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea"
#define LINE KEY_TYPE " " LINE_BASE64

/* Read hexadecimal digits; returns how many bytes they are. */
static size_t
unhex(const char *text, uint8_t *out)
{
	unsigned int byte;
	size_t i;

	for (i = 0; text[2 * i] != '\0'; i++) {
		ck_assert_int_eq(sscanf(text + 2 * i, "%2x", &byte), 1);
		out[i] = (uint8_t)byte;
	}
	return i;
}

/* The key of 64 hexadecimal digits. */
static void
public_of(const char *hex, struct key_public *out)
{
	uint8_t bytes[KEY_SIZE];

	ck_assert_uint_eq(unhex(hex, bytes), KEY_SIZE);
	ck_assert_int_eq(key_from_bytes(bytes, out), PH_OK);
}

/* The private key of TEST 1. */
static struct key_private *
test_key(void)
{
	struct key_private *key;
	uint8_t seed[KEY_SIZE];

	(void)unhex(vectors[0].seed, seed);
	ck_assert_int_eq(key_private_new(seed, &key), PH_OK);
	return key;
}

START_TEST(vectors_of_the_rfc)
{
	struct key_private *key;
	struct key_public public;
	uint8_t seed[KEY_SIZE], again[KEY_SIZE], message[65];
	uint8_t want[KEY_SIGNATURE_SIZE], signature[KEY_SIGNATURE_SIZE];
	size_t len;

	(void)unhex(vectors[_i].seed, seed);
	public_of(vectors[_i].public, &public);
	len = unhex(vectors[_i].message, message);
	(void)unhex(vectors[_i].signature, want);

	ck_assert_int_eq(key_private_new(seed, &key), PH_OK);
	ck_assert(key_equal(key_private_public(key), &public));
	ck_assert_int_eq(key_private_seed(key, again), PH_OK);
	ck_assert_mem_eq(again, seed, KEY_SIZE);
	ck_assert_int_eq(key_sign(key, message, len, signature), PH_OK);
	ck_assert_mem_eq(signature, want, KEY_SIGNATURE_SIZE);
	ck_assert_int_eq(key_verify(&public, message, len, signature), PH_OK);
	if (len == 0) {
		ck_assert_int_eq(key_verify(&public, NULL, 0, signature),
		    PH_OK);
		ck_assert_int_eq(key_sign(key, NULL, 0, signature), PH_OK);
		ck_assert_mem_eq(signature, want, KEY_SIGNATURE_SIZE);
	}
	message[len] = 0;
	ck_assert_int_eq(key_verify(&public, message, len + 1, signature),
	    PH_ESIGNATURE);
	key_private_free(key);
}
END_TEST

START_TEST(every_bit_of_a_signature_counts)
{
	struct key_private *key;
	uint8_t signature[KEY_SIGNATURE_SIZE];
	size_t bit;

	key = test_key();
	ck_assert_int_eq(key_sign(key, MESSAGE, 9, signature), PH_OK);
	for (bit = 0; bit < 8 * KEY_SIGNATURE_SIZE; bit++) {
		signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
		ck_assert_int_eq(key_verify(key_private_public(key), MESSAGE, 9,
				     signature),
		    PH_ESIGNATURE);
		signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	ck_assert_int_eq(key_verify(key_private_public(key), MESSAGE, 9,
			     signature),
	    PH_OK);
	key_private_free(key);
}
END_TEST

START_TEST(every_bit_of_a_key_counts)
{
	struct key_private *key;
	struct key_public other;
	uint8_t bytes[KEY_SIZE], signature[KEY_SIGNATURE_SIZE];
	size_t bit;

	key = test_key();
	ck_assert_int_eq(key_sign(key, MESSAGE, 9, signature), PH_OK);
	for (bit = 0; bit < 8 * KEY_SIZE; bit++) {
		memcpy(bytes, key_private_public(key)->bytes, KEY_SIZE);
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		/* About half of them are on the curve; all are keys to us. */
		ck_assert_int_eq(key_from_bytes(bytes, &other), PH_OK);
		ck_assert(!key_equal(&other, key_private_public(key)));
		ck_assert_int_eq(key_verify(&other, MESSAGE, 9, signature),
		    PH_ESIGNATURE);
	}
	key_private_free(key);
}
END_TEST

START_TEST(s_plus_l_is_refused)
{
	struct key_private *key;
	uint8_t signature[KEY_SIGNATURE_SIZE], order[KEY_SIZE];
	unsigned int carry, n, times;
	size_t i;

	/* S + L, S + 2L and so on satisfy the same equation. */
	key = test_key();
	ck_assert_int_eq(key_sign(key, MESSAGE, 9, signature), PH_OK);
	ck_assert_uint_eq(unhex(ORDER_L, order), KEY_SIZE);
	for (times = 1; times < 15; times++) {
		carry = 0;
		for (i = 0; i < KEY_SIZE; i++) {
			n = signature[32 + i] + order[i] + carry;
			signature[32 + i] = (uint8_t)n;
			carry = n >> 8;
		}
		ck_assert_uint_eq(carry, 0);
		ck_assert_int_eq(key_verify(key_private_public(key), MESSAGE, 9,
				     signature),
		    PH_ESIGNATURE);
	}
	key_private_free(key);
}
END_TEST

START_TEST(edge_cases_of_signatures)
{
	struct key_public public;
	uint8_t signature[KEY_SIGNATURE_SIZE];
	int r;

	public_of(edge_cases[_i].public == NULL ? vectors[0].public :
						  edge_cases[_i].public,
	    &public);
	ck_assert_uint_eq(unhex(edge_cases[_i].signature, signature),
	    KEY_SIGNATURE_SIZE);
	r = key_verify(&public, MESSAGE, 9, signature);
	ck_assert_msg(r == edge_cases[_i].result, "%s: %s", edge_cases[_i].what,
	    error_name(r));
	ck_assert_int_eq(key_verify(&public, MESSAGE, 8, signature),
	    PH_ESIGNATURE);
}
END_TEST

START_TEST(low_order_is_refused)
{
	struct key_public public;
	uint8_t bytes[KEY_SIZE], blob[KEY_BLOB_SIZE];
	char line[KEY_LINE_SIZE];

	ck_assert_uint_eq(unhex(low_order[_i], bytes), KEY_SIZE);
	ck_assert_int_eq(key_from_bytes(bytes, &public), PH_EKEY);

	/* No other way leads in: the struct is filled in by force here. */
	memcpy(public.bytes, bytes, KEY_SIZE);
	key_blob(&public, blob);
	ck_assert_int_eq(key_from_blob(blob, sizeof(blob), &public), PH_EKEY);
	key_line(&public, line);
	ck_assert_int_eq(key_from_line(line, KEY_LINE_EXACT, &public), PH_EKEY);
	ck_assert_int_eq(key_from_line(line, KEY_LINE_COMMENT, &public),
	    PH_EKEY);
}
END_TEST

START_TEST(why_low_order_is_refused)
{
	struct key_public public;
	uint8_t signature[KEY_SIGNATURE_SIZE];

	/* One signature, no secret, every message: by OpenSSL's own rules. */
	(void)unhex(low_order[0], public.bytes);
	(void)unhex(FOR_EVERY_MESSAGE, signature);
	ck_assert_int_eq(key_verify(&public, MESSAGE, 9, signature), PH_OK);
	ck_assert_int_eq(key_verify(&public, "anything", 8, signature), PH_OK);
}
END_TEST

START_TEST(encodings_that_are_not_canonical)
{
	struct key_public public;
	uint8_t bytes[KEY_SIZE];
	int low, top;

	/* p is 2^255 - 19: the 19 values from p on, and both signs. */
	memset(bytes, 0xff, sizeof(bytes));
	for (low = 0xed; low <= 0xff; low++) {
		for (top = 0x7f; top <= 0xff; top += 0x80) {
			bytes[0] = (uint8_t)low;
			bytes[KEY_SIZE - 1] = (uint8_t)top;
			ck_assert_int_eq(key_from_bytes(bytes, &public),
			    PH_EKEY);
		}
	}
	/* p - 2 is less than p, and of no low order. */
	bytes[0] = 0xeb;
	bytes[KEY_SIZE - 1] = 0x7f;
	ck_assert_int_eq(key_from_bytes(bytes, &public), PH_OK);
	/* So is every y with another byte that is not all ones. */
	bytes[0] = 0xff;
	for (low = 1; low < (int)KEY_SIZE - 1; low++) {
		bytes[low] = 0xfe;
		ck_assert_int_eq(key_from_bytes(bytes, &public), PH_OK);
		bytes[low] = 0xff;
	}
	bytes[KEY_SIZE - 1] = 0x7e;
	ck_assert_int_eq(key_from_bytes(bytes, &public), PH_OK);
}
END_TEST

START_TEST(a_key_in_all_its_forms)
{
	struct key_public public, again;
	struct digest id, from;
	uint8_t blob[KEY_BLOB_SIZE];
	char line[KEY_LINE_SIZE], text[KEY_FINGERPRINT_SIZE];
	char other[KEY_FINGERPRINT_SIZE];

	public_of(vectors[0].public, &public);
	key_line(&public, line);
	ck_assert_str_eq(line, LINE);
	ck_assert_int_eq(key_from_line(line, KEY_LINE_EXACT, &again), PH_OK);
	ck_assert(key_equal(&public, &again));
	key_blob(&public, blob);
	ck_assert_int_eq(key_from_blob(blob, sizeof(blob), &again), PH_OK);
	ck_assert(key_equal(&public, &again));
	key_id(&public, &id);
	digest_of(blob, sizeof(blob), &from);
	ck_assert_int_eq(digest_compare(&id, &from), 0);
	key_fingerprint(&public, text);
	key_id_fingerprint(&id, other);
	ck_assert_str_eq(text, other);
	ck_assert_int_eq(key_id_from_fingerprint(text, &from), PH_OK);
	ck_assert_int_eq(digest_compare(&id, &from), 0);
}
END_TEST

START_TEST(key_lines)
{
	static const struct {
		const char *line;
		int exact, comment;
	} lines[] = {
		{ LINE, PH_OK, PH_OK },
		{ LINE " me@host", PH_EKEY, PH_OK },
		{ LINE "\n", PH_EKEY, PH_OK },
		{ LINE " me@host\n", PH_EKEY, PH_OK },
		{ LINE "\t two words \t\r\n", PH_EKEY, PH_OK },
		{ LINE " caf\xc3\xa9", PH_EKEY, PH_OK },
		{ LINE " ", PH_EKEY, PH_OK },
		{ LINE " \n", PH_EKEY, PH_OK },
		{ LINE "=", PH_EKEY, PH_EKEY },
		{ LINE "A", PH_EKEY, PH_EKEY },
		{ LINE "AAAA", PH_EKEY, PH_EKEY },
		{ LINE "\n\n", PH_EKEY, PH_EKEY },
		{ LINE "\nssh-ed25519", PH_EKEY, PH_EKEY },
		{ LINE "\r", PH_EKEY, PH_EKEY },
		{ LINE " a\tb", PH_EKEY, PH_EKEY },
		{ LINE " \x1b[2J", PH_EKEY, PH_EKEY },
		{ LINE " \xff", PH_EKEY, PH_EKEY },
		{ " " LINE, PH_EKEY, PH_EKEY },
		{ "restrict " LINE, PH_EKEY, PH_EKEY },
		{ "ssh-ed25519", PH_EKEY, PH_EKEY },
		{ "ssh-ed25519 ", PH_EKEY, PH_EKEY },
		{ "ssh-ed25519 AAAA", PH_EKEY, PH_EKEY },
		{ "", PH_EKEY, PH_EKEY },
	};
	struct key_public public;
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		ck_assert_msg(key_from_line(lines[i].line, KEY_LINE_EXACT,
				  &public) == lines[i].exact,
		    "%s", lines[i].line);
		ck_assert_msg(key_from_line(lines[i].line, KEY_LINE_COMMENT,
				  &public) == lines[i].comment,
		    "%s", lines[i].line);
	}
}
END_TEST

START_TEST(blanks_of_a_person)
{
	struct key_public public;
	char line[KEY_LINE_SIZE + 1200];

	(void)snprintf(line, sizeof(line), KEY_TYPE " \t " LINE_BASE64);
	ck_assert_int_eq(key_from_line(line, KEY_LINE_EXACT, &public), PH_EKEY);
	ck_assert_int_eq(key_from_line(line, KEY_LINE_COMMENT, &public), PH_OK);
	/* A comment is as long as a text may be. */
	(void)snprintf(line, sizeof(line), LINE " %01023d", 0);
	ck_assert_int_eq(key_from_line(line, KEY_LINE_COMMENT, &public), PH_OK);
	(void)snprintf(line, sizeof(line), LINE " %01024d", 0);
	ck_assert_int_eq(key_from_line(line, KEY_LINE_COMMENT, &public),
	    PH_EKEY);
}
END_TEST

START_TEST(cut_or_changed_forms)
{
	struct key_public public, other;
	struct digest id;
	uint8_t blob[KEY_BLOB_SIZE + 1];
	char line[KEY_LINE_SIZE], text[KEY_FINGERPRINT_SIZE];
	size_t i;

	public_of(vectors[0].public, &public);
	key_blob(&public, blob);
	blob[KEY_BLOB_SIZE] = 0;
	for (i = 0; i <= KEY_BLOB_SIZE + 1; i++) {
		if (i != KEY_BLOB_SIZE)
			ck_assert_int_eq(key_from_blob(blob, i, &other),
			    PH_EKEY);
	}
	/* All that stands before the key is fixed. */
	for (i = 0; i < 8 * (KEY_BLOB_SIZE - KEY_SIZE); i++) {
		blob[i / 8] ^= (uint8_t)(1u << i % 8);
		ck_assert_int_eq(key_from_blob(blob, KEY_BLOB_SIZE, &other),
		    PH_EKEY);
		blob[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	for (i = 0; i < KEY_LINE_SIZE - 1; i++) {
		key_line(&public, line);
		line[i] = '\0';
		ck_assert_int_eq(key_from_line(line, KEY_LINE_EXACT, &other),
		    PH_EKEY);
	}
	for (i = 0; i < KEY_FINGERPRINT_SIZE - 1; i++) {
		key_fingerprint(&public, text);
		text[i] = '\0';
		ck_assert_int_eq(key_id_from_fingerprint(text, &id), PH_EKEY);
		key_fingerprint(&public, text);
		text[i] = '=';
		ck_assert_int_eq(key_id_from_fingerprint(text, &id), PH_EKEY);
	}
}
END_TEST

START_TEST(the_same_as_ssh_keygen)
{
	struct ssh_keygen k;
	struct key_public public;
	char out[SSH_KEYGEN_FILE_MAX + 1];
	char line[KEY_LINE_SIZE], text[KEY_FINGERPRINT_SIZE];

	ssh_keygen_init(&k);
	ck_assert(ssh_keygen_run(&k, "-q -t ed25519 -N '' -C 'a b' -f key"));
	(void)ssh_keygen_get(&k, "key.pub", out);
	ck_assert_int_eq(key_from_line(out, KEY_LINE_COMMENT, &public), PH_OK);
	key_line(&public, line);
	ck_assert_int_eq(strncmp(out, line, strlen(line)), 0);
	ck_assert(ssh_keygen_run(&k, "-l -f key.pub >printed"));
	(void)ssh_keygen_get(&k, "printed", out);
	key_fingerprint(&public, text);
	ck_assert_ptr_nonnull(strstr(out, text));
	/* What we write is a key to ssh-keygen. */
	ssh_keygen_put(&k, "ours.pub", line, strlen(line));
	ck_assert(ssh_keygen_run(&k, "-l -f ours.pub >printed"));
	(void)ssh_keygen_get(&k, "printed", out);
	ck_assert_ptr_nonnull(strstr(out, text));
	ssh_keygen_fini(&k);
}
END_TEST

START_TEST(keys_of_other_types)
{
	static const char *const types[] = { "-t rsa -b 2048", "-t ecdsa" };
	struct ssh_keygen k;
	struct key_public public;
	char out[SSH_KEYGEN_FILE_MAX + 1], command[128];
	size_t i;

	ssh_keygen_init(&k);
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		(void)snprintf(command, sizeof(command),
		    "-q %s -N '' -f key%zu", types[i], i);
		ck_assert(ssh_keygen_run(&k, command));
		(void)snprintf(command, sizeof(command), "key%zu.pub", i);
		(void)ssh_keygen_get(&k, command, out);
		ck_assert_int_eq(key_from_line(out, KEY_LINE_COMMENT, &public),
		    PH_EKEY);
	}
	ssh_keygen_fini(&k);
}
END_TEST

START_TEST(the_error_queue_is_left_alone)
{
	struct key_private *key;
	uint8_t signature[KEY_SIGNATURE_SIZE];
	unsigned long error;

	memset(signature, 0xff, sizeof(signature));
	key = test_key();
	ck_assert_int_eq(key_verify(key_private_public(key), MESSAGE, 9,
			     signature),
	    PH_ESIGNATURE);
	ck_assert_uint_eq(ERR_peek_error(), 0);
	/* What was there before stays there. */
	ERR_raise(ERR_LIB_USER, 7);
	error = ERR_peek_error();
	ck_assert_uint_ne(error, 0);
	ck_assert_int_eq(key_verify(key_private_public(key), MESSAGE, 9,
			     signature),
	    PH_ESIGNATURE);
	ck_assert_int_eq(key_sign(key, MESSAGE, 9, signature), PH_OK);
	ck_assert_uint_eq(ERR_get_error(), error);
	ck_assert_uint_eq(ERR_get_error(), 0);
	key_private_free(key);
	key_private_free(NULL);
}
END_TEST

START_TEST(without_memory_nothing_is_signed_or_holds)
{
	struct key_private *key, *other;
	uint8_t seed[KEY_SIZE], signature[KEY_SIGNATURE_SIZE];
	uint8_t wrong[KEY_SIGNATURE_SIZE];
	long n;
	int made, signed_, verified;

	key = test_key();
	ck_assert_int_eq(key_sign(key, MESSAGE, 9, signature), PH_OK);
	memcpy(wrong, signature, sizeof(wrong));
	wrong[40] ^= 1;
	ck_assert_int_eq(key_private_seed(key, seed), PH_OK);
	ck_assert_int_eq(key_verify(key_private_public(key), MESSAGE, 9,
			     signature),
	    PH_OK);
	made = signed_ = verified = PH_ENOMEM;
	for (n = 1; made != PH_OK || signed_ != PH_OK || verified != PH_OK;
	     n++) {
		other = NULL;
		openssl_memory_limit(n);
		made = key_private_new(seed, &other);
		openssl_memory_limit(n);
		signed_ = key_sign(key, MESSAGE, 9, signature);
		openssl_memory_limit(n);
		verified =
		    key_verify(key_private_public(key), MESSAGE, 9, signature);
		openssl_memory_limit(n);
		ck_assert_int_ne(key_verify(key_private_public(key), MESSAGE, 9,
				     wrong),
		    PH_OK);
		openssl_memory_unlimit();
		ck_assert_uint_eq(ERR_peek_error(), 0);
		ck_assert(made == PH_OK || made == PH_ENOMEM);
		ck_assert_int_eq(made == PH_OK, other != NULL);
		ck_assert(signed_ == PH_OK || signed_ == PH_ENOMEM);
		/* OpenSSL does not say that a check failed for want of it. */
		ck_assert(verified == PH_OK || verified == PH_ENOMEM ||
		    verified == PH_ESIGNATURE);
		key_private_free(other);
		ck_assert_int_lt(n, 1000);
	}
	ck_assert_int_gt(n, 2);
	key_private_free(key);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *forms, *signatures, *memory;

	/* Before OpenSSL takes any memory. */
	if (CRYPTO_set_mem_functions(openssl_memory_malloc,
		openssl_memory_realloc, openssl_memory_free) != 1)
		return EXIT_FAILURE;
	suite = suite_create("key");
	forms = tcase_create("forms");
	tcase_add_test(forms, a_key_in_all_its_forms);
	tcase_add_test(forms, key_lines);
	tcase_add_test(forms, blanks_of_a_person);
	tcase_add_test(forms, cut_or_changed_forms);
	tcase_add_loop_test(forms, low_order_is_refused, 0, NLOW_ORDER);
	tcase_add_test(forms, encodings_that_are_not_canonical);
	tcase_add_test(forms, the_same_as_ssh_keygen);
	tcase_add_test(forms, keys_of_other_types);
	suite_add_tcase(suite, forms);
	signatures = tcase_create("signatures");
	tcase_add_loop_test(signatures, vectors_of_the_rfc, 0, NVECTORS);
	tcase_add_test(signatures, every_bit_of_a_signature_counts);
	tcase_add_test(signatures, every_bit_of_a_key_counts);
	tcase_add_test(signatures, s_plus_l_is_refused);
	tcase_add_loop_test(signatures, edge_cases_of_signatures, 0,
	    NEDGE_CASES);
	tcase_add_test(signatures, why_low_order_is_refused);
	suite_add_tcase(suite, signatures);
	memory = tcase_create("memory");
	tcase_add_test(memory, the_error_queue_is_left_alone);
	tcase_add_test(memory, without_memory_nothing_is_signed_or_holds);
	suite_add_tcase(suite, memory);
	return check_run(suite);
}
