/*
 * Private key files, with the real ssh-keygen on the other side.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/check_main.h"
#include "tests/unit/proto/ssh_keygen.h"

#include "proto/armour.h"
#include "proto/buffer.h"
#include "proto/errors.h"
#include "proto/key.h"
#include "proto/keyfile.h"
#include "proto/reader.h"

#define LABEL "OPENSSH PRIVATE KEY"
#define CHECK 0x0badcafeu

/* Where parts of the raw file of a key stand; PROTOCOL.key of OpenSSH. */
#define AT_CIPHER 15u
#define AT_KDF 23u
#define AT_OPTIONS 31u
#define AT_COUNT 35u
#define AT_PUBLIC 39u
#define AT_SECTION 94u
#define AT_CHECK 98u
#define AT_TYPE 106u
#define AT_POINT 121u
#define AT_PAIR 157u
#define AT_COMMENT 225u

/* The private key of a seed that is the same byte throughout. */
static struct key_private *
make_key(uint8_t byte)
{
	struct key_private *key;
	uint8_t seed[KEY_SIZE];

	memset(seed, byte, sizeof(seed));
	ck_assert_int_eq(key_private_new(seed, &key), PH_OK);
	return key;
}

/* The raw file of make_key(byte); returns its length. */
static size_t
make_raw(uint8_t byte, const char *comment, uint8_t raw[1024])
{
	struct key_private *key;
	struct buffer b;
	struct reader r;
	size_t len;

	key = make_key(byte);
	buffer_init(&b, 4096);
	ck_assert_int_eq(keyfile_encode(key, CHECK, comment, &b), PH_OK);
	reader_init(&r, b.data, b.len);
	ck_assert_int_eq(armour_decode(&r, LABEL, raw, 1024, &len), PH_OK);
	buffer_fini(&b);
	key_private_free(key);
	return len;
}

/* Decode a raw file as a text. */
static int
decode_raw(const uint8_t *raw, size_t len, int *inspected)
{
	struct key_private *key;
	struct key_public public;
	struct buffer b;
	int encrypted, r;

	key = NULL;
	buffer_init(&b, 65536);
	ck_assert_int_eq(armour_encode(LABEL, raw, len, &b), PH_OK);
	r = keyfile_decode(buffer_text(&b), b.len, &key);
	*inspected =
	    keyfile_inspect(buffer_text(&b), b.len, &public, &encrypted);
	ck_assert_int_eq(r == PH_OK, key != NULL);
	key_private_free(key);
	buffer_fini(&b);
	return r;
}

START_TEST(there_and_back)
{
	struct key_private *key, *again;
	struct key_public public;
	struct buffer b;
	uint8_t seed[KEY_SIZE], other[KEY_SIZE];
	char comment[KEYFILE_COMMENT_MAX + 2];
	size_t len;
	int encrypted;

	/* Every length of the comment, so every length of the padding. */
	key = make_key(7);
	ck_assert_int_eq(key_private_seed(key, seed), PH_OK);
	for (len = 0; len <= KEYFILE_COMMENT_MAX; len++) {
		memset(comment, 'c', len);
		comment[len] = '\0';
		buffer_init(&b, 4096);
		ck_assert_int_eq(keyfile_encode(key, CHECK, comment, &b),
		    PH_OK);
		ck_assert_int_eq(keyfile_decode(buffer_text(&b), b.len, &again),
		    PH_OK);
		ck_assert_int_eq(key_private_seed(again, other), PH_OK);
		ck_assert_mem_eq(other, seed, KEY_SIZE);
		ck_assert_int_eq(keyfile_inspect(buffer_text(&b), b.len,
				     &public, &encrypted),
		    PH_OK);
		ck_assert_int_eq(encrypted, 0);
		ck_assert(key_equal(&public, key_private_public(key)));
		key_private_free(again);
		buffer_fini(&b);
	}
	memset(comment, 'c', len);
	comment[len] = '\0';
	buffer_init(&b, 4096);
	ck_assert_int_eq(keyfile_encode(key, CHECK, comment, &b), PH_EKEY);
	ck_assert_int_eq(keyfile_encode(key, CHECK, "a\nb", &b), PH_EKEY);
	ck_assert_uint_eq(b.len, 0);
	buffer_fini(&b);
	key_private_free(key);
}
END_TEST

START_TEST(ssh_keygen_reads_ours)
{
	static const char *const comments[] = { "", "a", "repository store-7",
		"1234567" };
	struct key_private *key;
	struct ssh_keygen k;
	struct buffer b;
	char line[KEY_LINE_SIZE], out[SSH_KEYGEN_FILE_MAX + 1];
	size_t i, n;

	ssh_keygen_init(&k);
	key = make_key(9);
	key_line(key_private_public(key), line);
	for (i = 0; i < sizeof(comments) / sizeof(comments[0]); i++) {
		buffer_init(&b, 4096);
		ck_assert_int_eq(keyfile_encode(key, CHECK, comments[i], &b),
		    PH_OK);
		ssh_keygen_put(&k, "key", b.data, b.len);
		buffer_fini(&b);
		ck_assert(ssh_keygen_run(&k, "-y -P '' -f key >key.pub"));
		n = ssh_keygen_get(&k, "key.pub", out);
		ck_assert_uint_gt(n, KEY_LINE_SIZE - 1);
		ck_assert_mem_eq(out, line, KEY_LINE_SIZE - 1);
		if (comments[i][0] != '\0')
			ck_assert_ptr_nonnull(strstr(out, comments[i]));
	}
	key_private_free(key);
	ssh_keygen_fini(&k);
}
END_TEST

START_TEST(ours_read_what_ssh_keygen_writes)
{
	struct key_private *key;
	struct key_public public, other;
	struct ssh_keygen k;
	struct buffer b;
	char out[SSH_KEYGEN_FILE_MAX + 1], again[SSH_KEYGEN_FILE_MAX + 1];
	char command[128];
	size_t len;
	int encrypted;

	/* Comments of eight lengths: every padding. */
	ssh_keygen_init(&k);
	(void)snprintf(command, sizeof(command),
	    "-q -t ed25519 -N '' -C '%.*s' -f key", _i, "abcdefgh");
	ck_assert(ssh_keygen_run(&k, command));
	(void)ssh_keygen_get(&k, "key.pub", out);
	ck_assert_int_eq(key_from_line(out, KEY_LINE_COMMENT, &public), PH_OK);
	len = ssh_keygen_get(&k, "key", out);
	ck_assert_int_eq(keyfile_decode(out, len, &key), PH_OK);
	ck_assert(key_equal(key_private_public(key), &public));
	ck_assert_int_eq(keyfile_inspect(out, len, &other, &encrypted), PH_OK);
	ck_assert_int_eq(encrypted, 0);
	ck_assert(key_equal(&other, &public));

	/* Ours is as long as theirs, and line ends at the end do no harm. */
	buffer_init(&b, 4096);
	(void)snprintf(again, sizeof(again), "%.*s", _i, "abcdefgh");
	ck_assert_int_eq(keyfile_encode(key, CHECK, again, &b), PH_OK);
	ck_assert_uint_eq(b.len, len);
	buffer_fini(&b);
	key_private_free(key);
	memcpy(out + len, "\r\n\n", 3);
	ck_assert_int_eq(keyfile_decode(out, len + 3, &key), PH_OK);
	key_private_free(key);
	out[len] = 'x';
	ck_assert_int_eq(keyfile_decode(out, len + 1, &key), PH_EKEY);
	ssh_keygen_fini(&k);
}
END_TEST

START_TEST(a_passphrase_is_told_apart)
{
	static const char *const ciphers[] = { "aes256-ctr",
		"chacha20-poly1305@openssh.com", "aes256-gcm@openssh.com" };
	struct key_private *key;
	struct key_public public, other;
	struct ssh_keygen k;
	char out[SSH_KEYGEN_FILE_MAX + 1], command[128];
	size_t len;
	int encrypted;

	ssh_keygen_init(&k);
	(void)snprintf(command, sizeof(command),
	    "-q -t ed25519 -N secret -a 1 -Z %s -f key", ciphers[_i]);
	ck_assert(ssh_keygen_run(&k, command));
	(void)ssh_keygen_get(&k, "key.pub", out);
	ck_assert_int_eq(key_from_line(out, KEY_LINE_COMMENT, &public), PH_OK);
	len = ssh_keygen_get(&k, "key", out);
	ck_assert_int_eq(keyfile_decode(out, len, &key), PH_EKEY);
	encrypted = 0;
	ck_assert_int_eq(keyfile_inspect(out, len, &other, &encrypted), PH_OK);
	ck_assert_int_eq(encrypted, 1);
	ck_assert(key_equal(&other, &public));
	ssh_keygen_fini(&k);
}
END_TEST

START_TEST(other_keys_are_refused)
{
	static const char *const options[] = { "-t ecdsa", "-t rsa -b 2048",
		"-t ecdsa -b 521", "-t ecdsa -m PEM", "-t ecdsa -m PKCS8" };
	struct key_private *key;
	struct key_public public;
	struct ssh_keygen k;
	char out[SSH_KEYGEN_FILE_MAX + 1], command[128];
	size_t len;
	int encrypted;

	ssh_keygen_init(&k);
	(void)snprintf(command, sizeof(command), "-q -N '' -f key %s",
	    options[_i]);
	ck_assert(ssh_keygen_run(&k, command));
	len = ssh_keygen_get(&k, "key", out);
	ck_assert_int_eq(keyfile_decode(out, len, &key), PH_EKEY);
	ck_assert_int_eq(keyfile_inspect(out, len, &public, &encrypted),
	    PH_EKEY);
	/* Nor is the other half of a key a private key. */
	len = ssh_keygen_get(&k, "key.pub", out);
	ck_assert_int_eq(keyfile_decode(out, len, &key), PH_EKEY);
	ssh_keygen_fini(&k);
}
END_TEST

START_TEST(a_cut_file_is_refused)
{
	uint8_t raw[1024];
	size_t cut, len;
	int inspected;

	len = make_raw(7, "comment", raw);
	ck_assert_int_eq(decode_raw(raw, len, &inspected), PH_OK);
	for (cut = 0; cut < len; cut++) {
		ck_assert_int_eq(decode_raw(raw, cut, &inspected), PH_EKEY);
		ck_assert_int_eq(inspected, PH_EKEY);
	}
	raw[len] = 0;
	ck_assert_int_eq(decode_raw(raw, len + 1, &inspected), PH_EKEY);
	ck_assert_int_eq(inspected, PH_EKEY);
}
END_TEST

START_TEST(a_cut_text_is_refused)
{
	struct key_private *key;
	struct buffer b;
	size_t cut;

	key = make_key(7);
	buffer_init(&b, 4096);
	ck_assert_int_eq(keyfile_encode(key, CHECK, "", &b), PH_OK);
	key_private_free(key);
	/* The last line feed may be missing. */
	for (cut = 0; cut + 1 < b.len; cut++)
		ck_assert_int_eq(keyfile_decode(buffer_text(&b), cut, &key),
		    PH_EKEY);
	buffer_fini(&b);
}
END_TEST

START_TEST(a_flipped_bit_is_refused_or_is_the_comment)
{
	uint8_t raw[1024];
	size_t bit, len;
	int inspected, r;

	/* Seven characters: the padding is not empty. */
	len = make_raw(7, "comment", raw);
	ck_assert_uint_eq(len, AT_COMMENT + 4 + 7 + 6);
	for (bit = 0; bit < 8 * len; bit++) {
		raw[bit / 8] ^= (uint8_t)(1u << bit % 8);
		r = decode_raw(raw, len, &inspected);
		if (bit / 8 >= AT_COMMENT + 4 && bit / 8 < AT_COMMENT + 11)
			ck_assert_int_eq(r, PH_OK);
		else
			ck_assert_int_eq(r, PH_EKEY);
		raw[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}
END_TEST

START_TEST(changed_parts_are_refused)
{
	static const struct {
		const char *what;
		size_t at;
		const char *bytes;
		size_t len;
	} changes[] = {
		{ "magic", 0, "openssh-key-v2", 14 },
		{ "cipher", AT_CIPHER + 4, "nine", 4 },
		{ "key derivation", AT_KDF + 4, "nine", 4 },
		{ "options", AT_OPTIONS, "\0\0\0\4", 4 },
		{ "no key", AT_COUNT, "\0\0\0\0", 4 },
		{ "two keys", AT_COUNT, "\0\0\0\2", 4 },
		{ "type", AT_PUBLIC + 8, "ssh-ed25518", 11 },
		{ "length of the section", AT_SECTION, "\0\0\0\0", 4 },
		{ "check", AT_CHECK, "\0\0\0\0", 4 },
		{ "second check", AT_CHECK + 4, "\0\0\0\0", 4 },
		{ "inner type", AT_TYPE + 4, "ssh-ed25518", 11 },
		{ "length of the point", AT_POINT, "\0\0\0\x1f", 4 },
		{ "length of the pair", AT_PAIR, "\0\0\0\x20", 4 },
	};
	uint8_t raw[1024];
	size_t i, len;
	int inspected;

	for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		len = make_raw(7, "comment", raw);
		memcpy(raw + changes[i].at, changes[i].bytes, changes[i].len);
		ck_assert_msg(decode_raw(raw, len, &inspected) == PH_EKEY, "%s",
		    changes[i].what);
	}
}
END_TEST

START_TEST(options_without_key_derivation)
{
	uint8_t raw[1024];
	size_t len;
	int inspected;

	len = make_raw(7, "comment", raw);
	memmove(raw + AT_COUNT + 4, raw + AT_COUNT, len - AT_COUNT);
	memcpy(raw + AT_OPTIONS, "\0\0\0\4salt", 8);
	ck_assert_int_eq(decode_raw(raw, len + 4, &inspected), PH_EKEY);
	ck_assert_int_eq(inspected, PH_EKEY);
}
END_TEST

START_TEST(a_seed_of_another_key_is_refused)
{
	uint8_t raw[1024], other[1024];
	size_t len;
	int inspected;

	/* All three public keys agree; the seed makes another. */
	len = make_raw(7, "comment", raw);
	ck_assert_uint_eq(make_raw(8, "comment", other), len);
	memcpy(raw + AT_PAIR + 4, other + AT_PAIR + 4, KEY_SIZE);
	ck_assert_int_eq(decode_raw(raw, len, &inspected), PH_EKEY);
	/* Each of the three in turn is another. */
	len = make_raw(7, "comment", raw);
	memcpy(raw + AT_PUBLIC + 23, other + AT_PUBLIC + 23, KEY_SIZE);
	ck_assert_int_eq(decode_raw(raw, len, &inspected), PH_EKEY);
	ck_assert_int_eq(inspected, PH_OK);
	len = make_raw(7, "comment", raw);
	memcpy(raw + AT_POINT + 4, other + AT_POINT + 4, KEY_SIZE);
	ck_assert_int_eq(decode_raw(raw, len, &inspected), PH_EKEY);
	len = make_raw(7, "comment", raw);
	memcpy(raw + AT_PAIR + 36, other + AT_PAIR + 36, KEY_SIZE);
	ck_assert_int_eq(decode_raw(raw, len, &inspected), PH_EKEY);
}
END_TEST

START_TEST(paddings)
{
	uint8_t raw[1024];
	size_t base, i, n;
	int inspected;

	/* Seven characters leave the section two bytes behind a block. */
	base = make_raw(7, "comment", raw) - 6;
	for (n = 0; n < 300; n++) {
		for (i = 0; i < n; i++)
			raw[base + i] = (uint8_t)(i + 1);
		raw[AT_SECTION + 2] = (uint8_t)((base + n - AT_CHECK) >> 8);
		raw[AT_SECTION + 3] = (uint8_t)(base + n - AT_CHECK);
		ck_assert_int_eq(decode_raw(raw, base + n, &inspected),
		    n % 8 == 6 && n < 256 ? PH_OK : PH_EKEY);
	}
}
END_TEST

START_TEST(too_long)
{
	struct key_private *key;
	struct key_public public;
	struct buffer b;
	uint8_t *room;
	int encrypted, inspected;

	buffer_init(&b, 65536);
	room = buffer_reserve(&b, 4000);
	ck_assert_ptr_nonnull(room);
	memset(room, 0, 4000);
	ck_assert_int_eq(decode_raw(room, 4000, &inspected), PH_EKEY);
	ck_assert_int_eq(inspected, PH_EKEY);
	buffer_fini(&b);
	/* A good key with too many line ends behind it. */
	key = make_key(7);
	ck_assert_int_eq(keyfile_encode(key, CHECK, "", &b), PH_OK);
	key_private_free(key);
	room = buffer_reserve(&b, KEYFILE_SIZE_MAX + 1 - b.len);
	ck_assert_ptr_nonnull(room);
	memset(room, '\n', (size_t)(b.data + b.len - room));
	ck_assert_uint_eq(b.len, KEYFILE_SIZE_MAX + 1);
	ck_assert_int_eq(keyfile_decode(buffer_text(&b), b.len, &key), PH_EKEY);
	ck_assert_int_eq(keyfile_decode(buffer_text(&b), b.len - 1, &key),
	    PH_OK);
	key_private_free(key);
	ck_assert_int_eq(keyfile_inspect(buffer_text(&b), b.len, &public,
			     &encrypted),
	    PH_EKEY);
	buffer_fini(&b);
}
END_TEST

START_TEST(no_room)
{
	struct key_private *key;
	struct buffer b;
	size_t len, max;

	key = make_key(7);
	buffer_init(&b, 4096);
	ck_assert_int_eq(keyfile_encode(key, CHECK, "c", &b), PH_OK);
	len = b.len;
	buffer_fini(&b);
	for (max = 0; max < len; max++) {
		buffer_init(&b, max);
		ck_assert_int_eq(keyfile_encode(key, CHECK, "c", &b),
		    PH_ELIMIT);
		ck_assert_uint_eq(b.len, 0);
		buffer_fini(&b);
	}
	key_private_free(key);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *good, *bad;

	suite = suite_create("keyfile");
	good = tcase_create("good");
	tcase_add_test(good, there_and_back);
	tcase_add_test(good, ssh_keygen_reads_ours);
	tcase_add_loop_test(good, ours_read_what_ssh_keygen_writes, 0, 8);
	suite_add_tcase(suite, good);
	bad = tcase_create("bad");
	tcase_add_loop_test(bad, a_passphrase_is_told_apart, 0, 3);
	tcase_add_loop_test(bad, other_keys_are_refused, 0, 5);
	tcase_add_test(bad, a_cut_file_is_refused);
	tcase_add_test(bad, a_cut_text_is_refused);
	tcase_add_test(bad, a_flipped_bit_is_refused_or_is_the_comment);
	tcase_add_test(bad, changed_parts_are_refused);
	tcase_add_test(bad, options_without_key_derivation);
	tcase_add_test(bad, a_seed_of_another_key_is_refused);
	tcase_add_test(bad, paddings);
	tcase_add_test(bad, too_long);
	tcase_add_test(bad, no_room);
	suite_add_tcase(suite, bad);
	return check_run(suite);
}
