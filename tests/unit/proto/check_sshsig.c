/*
 * OpenSSH signatures, with the real ssh-keygen on the other side.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "tests/unit/check_main.h"
#include "tests/unit/proto/openssl_memory.h"
#include "tests/unit/proto/ssh_keygen.h"

#include "proto/armour.h"
#include "proto/buffer.h"
#include "proto/errors.h"
#include "proto/key.h"
#include "proto/keyfile.h"
#include "proto/reader.h"
#include "proto/sshsig.h"

#define SPACE "packhorse-test"
#define MESSAGE "{\"schema\":1,\"kind\":\"test\",\"extra\":{}}\n"
#define LABEL "SSH SIGNATURE"

/* A blob to be made; what is NULL is as it should be. */
struct recipe {
	const char *what;
	const char *magic;
	uint32_t version_added; /* To 1. */
	const char *type;       /* Of the key. */
	const char *namespace;
	const char *reserved;
	const char *hash;      /* In what is signed. */
	const char *claimed;   /* In the blob, where that is another. */
	const char *algorithm; /* Of the signature. */
	size_t signature_len;
	const char *trailing; /* Behind the signature, in its string. */
	const char *behind;   /* Behind everything. */
	int holds;
};

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

/* Sign MESSAGE with make_key(byte). */
static void
make_blob(uint8_t byte, struct buffer *out)
{
	struct key_private *key;

	key = make_key(byte);
	buffer_init(out, 1024);
	ck_assert_int_eq(sshsig_sign(key, SPACE, MESSAGE, strlen(MESSAGE), out),
	    PH_OK);
	key_private_free(key);
}

/* Verify a blob over MESSAGE. */
static int
verify(const void *blob, size_t len)
{
	struct key_public signer;

	return sshsig_verify(blob, len, SPACE, MESSAGE, strlen(MESSAGE),
	    &signer);
}

/* Put a string of text, or of the default when text is NULL. */
static void
put(struct buffer *b, const char *text, const char *otherwise)
{
	if (text == NULL)
		text = otherwise;
	ck_assert_int_eq(buffer_put_string(b, text, strlen(text)), PH_OK);
}

/* Sign MESSAGE as the recipe says; all it asks for is covered. */
static void
sign_recipe(const struct recipe *m, const struct key_private *key,
    uint8_t signature[KEY_SIGNATURE_SIZE])
{
	struct buffer b;
	uint8_t hash[SHA512_DIGEST_LENGTH];
	size_t len;

	len = SHA512_DIGEST_LENGTH;
	(void)SHA512((const uint8_t *)MESSAGE, strlen(MESSAGE), hash);
	if (m->hash != NULL && strcmp(m->hash, "sha256") == 0) {
		len = SHA256_DIGEST_LENGTH;
		(void)SHA256((const uint8_t *)MESSAGE, strlen(MESSAGE), hash);
	}
	buffer_init(&b, 1024);
	ck_assert_int_eq(buffer_put_text(&b,
			     m->magic == NULL ? "SSHSIG" : m->magic),
	    PH_OK);
	put(&b, m->namespace, SPACE);
	put(&b, m->reserved, "");
	put(&b, m->hash, "sha512");
	ck_assert_int_eq(buffer_put_string(&b, hash, len), PH_OK);
	ck_assert_int_eq(key_sign(key, b.data, b.len, signature), PH_OK);
	buffer_fini(&b);
}

/* Put the string of the signature. */
static void
put_signature(struct buffer *b, const struct recipe *m,
    const uint8_t signature[KEY_SIGNATURE_SIZE])
{
	struct buffer inner;
	uint8_t padded[KEY_SIGNATURE_SIZE + 8];

	memset(padded, 0, sizeof(padded));
	memcpy(padded, signature, KEY_SIGNATURE_SIZE);
	buffer_init(&inner, 1024);
	put(&inner, m->algorithm, "ssh-ed25519");
	ck_assert_int_eq(buffer_put_string(&inner, padded,
			     m->signature_len == 0 ? KEY_SIGNATURE_SIZE :
						     m->signature_len),
	    PH_OK);
	if (m->trailing != NULL)
		ck_assert_int_eq(buffer_put_text(&inner, m->trailing), PH_OK);
	ck_assert_int_eq(buffer_put_string(b, inner.data, inner.len), PH_OK);
	buffer_fini(&inner);
}

/* Make the blob of a recipe with a good signature in it. */
static void
make_recipe(const struct recipe *m, struct buffer *out)
{
	struct key_private *key;
	struct buffer blob;
	uint8_t signature[KEY_SIGNATURE_SIZE];

	key = make_key(7);
	sign_recipe(m, key, signature);
	buffer_init(out, 1024);
	buffer_init(&blob, 1024);
	put(&blob, m->type, "ssh-ed25519");
	ck_assert_int_eq(buffer_put_string(&blob,
			     key_private_public(key)->bytes, KEY_SIZE),
	    PH_OK);
	ck_assert_int_eq(buffer_put_text(out,
			     m->magic == NULL ? "SSHSIG" : m->magic),
	    PH_OK);
	ck_assert_int_eq(buffer_put_u32(out, 1 + m->version_added), PH_OK);
	ck_assert_int_eq(buffer_put_string(out, blob.data, blob.len), PH_OK);
	put(out, m->namespace, SPACE);
	put(out, m->reserved, "");
	put(out, m->claimed, m->hash == NULL ? "sha512" : m->hash);
	put_signature(out, m, signature);
	if (m->behind != NULL)
		ck_assert_int_eq(buffer_put_text(out, m->behind), PH_OK);
	buffer_fini(&blob);
	key_private_free(key);
}

START_TEST(there_and_back)
{
	struct key_private *key;
	struct key_public signer;
	struct buffer b;
	char space[SSHSIG_NAMESPACE_MAX + 2];
	size_t len;

	key = make_key(7);
	for (len = 1; len <= SSHSIG_NAMESPACE_MAX; len++) {
		memset(space, 'n', len);
		space[len] = '\0';
		buffer_init(&b, SSHSIG_BLOB_MAX);
		ck_assert_int_eq(sshsig_sign(key, space, "", 0, &b), PH_OK);
		memset(&signer, 0, sizeof(signer));
		ck_assert_int_eq(sshsig_verify(b.data, b.len, space, NULL, 0,
				     &signer),
		    PH_OK);
		ck_assert(key_equal(&signer, key_private_public(key)));
		buffer_fini(&b);
	}
	memset(space, 'n', len);
	space[len] = '\0';
	buffer_init(&b, 1024);
	ck_assert_int_eq(sshsig_sign(key, space, "", 0, &b), PH_ELIMIT);
	ck_assert_int_eq(sshsig_sign(key, "", "", 0, &b), PH_ELIMIT);
	ck_assert_uint_eq(b.len, 0);
	buffer_fini(&b);
	key_private_free(key);
}
END_TEST

START_TEST(two_halves_are_the_whole)
{
	struct key_private *key;
	struct buffer payload, blob, whole;
	uint8_t signature[KEY_SIGNATURE_SIZE];

	key = make_key(7);
	make_blob(7, &whole);
	buffer_init(&payload, SSHSIG_PAYLOAD_MAX);
	buffer_init(&blob, SSHSIG_BLOB_MAX);
	ck_assert_int_eq(sshsig_payload(SPACE, MESSAGE, strlen(MESSAGE),
			     &payload),
	    PH_OK);
	ck_assert_int_eq(key_sign(key, payload.data, payload.len, signature),
	    PH_OK);
	ck_assert_int_eq(sshsig_encode(key_private_public(key), SPACE,
			     signature, &blob),
	    PH_OK);
	ck_assert_uint_eq(blob.len, whole.len);
	ck_assert_mem_eq(blob.data, whole.data, whole.len);
	buffer_fini(&payload);
	buffer_fini(&blob);
	buffer_fini(&whole);
	key_private_free(key);
}
END_TEST

START_TEST(another_message_or_namespace)
{
	struct key_public signer, before;
	struct buffer b;

	make_blob(7, &b);
	memset(&signer, 0x55, sizeof(signer));
	before = signer;
	ck_assert_int_eq(sshsig_verify(b.data, b.len, SPACE, MESSAGE,
			     strlen(MESSAGE) - 1, &signer),
	    PH_ESIGNATURE);
	ck_assert_int_eq(sshsig_verify(b.data, b.len, SPACE, "", 0, &signer),
	    PH_ESIGNATURE);
	ck_assert_int_eq(sshsig_verify(b.data, b.len, "packhorse-tesT", MESSAGE,
			     strlen(MESSAGE), &signer),
	    PH_ESIGNATURE);
	ck_assert_int_eq(sshsig_verify(b.data, b.len, "packhorse-tes", MESSAGE,
			     strlen(MESSAGE), &signer),
	    PH_ESIGNATURE);
	ck_assert_int_eq(sshsig_verify(b.data, b.len, SPACE "s", MESSAGE,
			     strlen(MESSAGE), &signer),
	    PH_ESIGNATURE);
	ck_assert_int_eq(sshsig_verify(b.data, b.len, "", MESSAGE,
			     strlen(MESSAGE), &signer),
	    PH_ESIGNATURE);
	ck_assert_mem_eq(&signer, &before, sizeof(signer));
	ck_assert_int_eq(verify(b.data, b.len), PH_OK);
	buffer_fini(&b);
}
END_TEST

START_TEST(every_bit_of_a_blob_counts)
{
	struct buffer b;
	size_t bit;

	make_blob(7, &b);
	for (bit = 0; bit < 8 * b.len; bit++) {
		b.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		ck_assert_int_eq(verify(b.data, b.len), PH_ESIGNATURE);
		b.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	ck_assert_int_eq(verify(b.data, b.len), PH_OK);
	buffer_fini(&b);
}
END_TEST

START_TEST(cut_at_every_length)
{
	struct buffer b;
	uint8_t *copy;
	size_t cut;

	make_blob(7, &b);
	for (cut = 0; cut < b.len; cut++) {
		/* Exactly so much memory: a sanitizer sees an overrun. */
		copy = malloc(cut > 0 ? cut : 1);
		ck_assert_ptr_nonnull(copy);
		memcpy(copy, b.data, cut);
		ck_assert_int_eq(verify(copy, cut), PH_ESIGNATURE);
		free(copy);
	}
	ck_assert_int_eq(buffer_put_u8(&b, 0), PH_OK);
	ck_assert_int_eq(verify(b.data, b.len), PH_ESIGNATURE);
	buffer_fini(&b);
}
END_TEST

START_TEST(recipes)
{
	static const struct recipe all[] = {
		{ .what = "as it should be", .holds = 1 },
		{ .what = "sha256", .hash = "sha256", .holds = 1 },
		{ .what = "a claim for sha512", .claimed = "sha384" },
		{ .what = "a claim for sha256",
		    .hash = "sha256",
		    .claimed = "sha384" },
		{ .what = "one for the other",
		    .hash = "sha256",
		    .claimed = "sha512" },
		{ .what = "sha384", .hash = "sha384" },
		{ .what = "no hash", .hash = "" },
		{ .what = "a longer hash", .hash = "sha512x" },
		{ .what = "magic", .magic = "SSHSIH" },
		{ .what = "version 0", .version_added = UINT32_MAX },
		{ .what = "version 2", .version_added = 1 },
		{ .what = "type", .type = "ssh-rsa" },
		{ .what = "sk", .type = "sk-ssh-ed25519@openssh.com" },
		{ .what = "reserved", .reserved = "x" },
		{ .what = "namespace", .namespace = "other" },
		{ .what = "no namespace", .namespace = "" },
		{ .what = "algorithm", .algorithm = "ssh-rsa" },
		{ .what = "short", .signature_len = 63 },
		{ .what = "long", .signature_len = 65 },
		{ .what = "trailing", .trailing = "x" },
		{ .what = "behind", .behind = "x" },
	};
	struct buffer b;
	size_t i;
	int want;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		make_recipe(&all[i], &b);
		want = all[i].holds ? PH_OK : PH_ESIGNATURE;
		ck_assert_msg(verify(b.data, b.len) == want, "%s", all[i].what);
		buffer_fini(&b);
	}
}
END_TEST

START_TEST(nothing_behind_a_blob_is_read)
{
	struct buffer b;
	uint8_t *length;

	/* One byte less by all lengths; what is cut off is still there. */
	make_blob(7, &b);
	length = b.data + b.len - KEY_SIGNATURE_SIZE - 1;
	ck_assert_uint_eq(*length, KEY_SIGNATURE_SIZE);
	*length -= 1;
	length -= 4 + strlen(KEY_TYPE) + 4;
	ck_assert_uint_eq(*length, 4 + strlen(KEY_TYPE) + 4 + 64);
	*length -= 1;
	ck_assert_int_eq(verify(b.data, b.len - 1), PH_ESIGNATURE);
	buffer_fini(&b);
}
END_TEST

START_TEST(a_key_of_low_order_signs_nothing)
{
	struct key_public neutral;
	struct buffer b;
	uint8_t signature[KEY_SIGNATURE_SIZE];

	/*
	 * The neutral element, R = B and S = 1 (see check_key.c): the raw
	 * signature holds for every message, and is refused with its key.
	 */
	memset(&neutral, 0, sizeof(neutral));
	neutral.bytes[0] = 1;
	memset(signature, 0, sizeof(signature));
	memset(signature, 0x66, 32);
	signature[0] = 0x58;
	signature[32] = 1;
	ck_assert_int_eq(key_verify(&neutral, MESSAGE, 1, signature), PH_OK);
	buffer_init(&b, 1024);
	ck_assert_int_eq(sshsig_encode(&neutral, SPACE, signature, &b), PH_OK);
	ck_assert_int_eq(verify(b.data, b.len), PH_ESIGNATURE);
	buffer_fini(&b);
}
END_TEST

START_TEST(s_plus_l_is_refused)
{
	/* The order L of the base point, RFC 8032 section 5.1. */
	static const uint8_t order[KEY_SIZE] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a,
		0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
		0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10 };
	struct buffer b;
	unsigned int carry, n;
	uint8_t *s;
	size_t i;

	make_blob(7, &b);
	s = b.data + b.len - KEY_SIZE;
	carry = 0;
	for (i = 0; i < KEY_SIZE; i++) {
		n = s[i] + order[i] + carry;
		s[i] = (uint8_t)n;
		carry = n >> 8;
	}
	ck_assert_int_eq(verify(b.data, b.len), PH_ESIGNATURE);
	buffer_fini(&b);
}
END_TEST

START_TEST(armour_several_and_back)
{
	struct buffer text, blob, want;
	struct reader r;
	uint8_t i;

	buffer_init(&text, 65536);
	buffer_init(&blob, SSHSIG_BLOB_MAX);
	for (i = 1; i <= 8; i++) {
		make_blob(i, &want);
		ck_assert_int_eq(sshsig_armour(want.data, want.len, &text),
		    PH_OK);
		buffer_fini(&want);
	}
	reader_init(&r, text.data, text.len);
	for (i = 1; i <= 8; i++) {
		make_blob(i, &want);
		buffer_reset(&blob);
		ck_assert_int_eq(sshsig_dearmour(&r, &blob), PH_OK);
		ck_assert_uint_eq(blob.len, want.len);
		ck_assert_mem_eq(blob.data, want.data, want.len);
		buffer_fini(&want);
	}
	ck_assert_int_eq(reader_end(&r), PH_OK);
	ck_assert_int_eq(sshsig_dearmour(&r, &blob), PH_ESIGNATURE);
	buffer_fini(&text);
	buffer_fini(&blob);
}
END_TEST

START_TEST(armour_refused)
{
	struct buffer text, blob;
	struct reader r;
	uint8_t data[SSHSIG_BLOB_MAX + 1];
	size_t cut;

	/* Cut anywhere, all but the last line feed. */
	make_blob(7, &blob);
	buffer_init(&text, 4096);
	ck_assert_int_eq(sshsig_armour(blob.data, blob.len, &text), PH_OK);
	buffer_reset(&blob);
	for (cut = 0; cut + 1 < text.len; cut++) {
		reader_init(&r, text.data, cut);
		ck_assert_int_eq(sshsig_dearmour(&r, &blob), PH_ESIGNATURE);
		ck_assert_uint_eq(r.len, cut);
		ck_assert_uint_eq(blob.len, 0);
	}
	/* Too long. */
	buffer_reset(&text);
	memset(data, 'x', sizeof(data));
	ck_assert_int_eq(sshsig_armour(data, sizeof(data), &text), PH_OK);
	reader_init(&r, text.data, text.len);
	ck_assert_int_eq(sshsig_dearmour(&r, &blob), PH_ESIGNATURE);
	/* Of another label. */
	buffer_reset(&text);
	ck_assert_int_eq(armour_encode("SSH PRIVATE KEY", data, 9, &text),
	    PH_OK);
	reader_init(&r, text.data, text.len);
	ck_assert_int_eq(sshsig_dearmour(&r, &blob), PH_ESIGNATURE);
	ck_assert_int_eq(buffer_error(&blob), PH_OK);
	/* No room: nothing has moved. */
	buffer_fini(&blob);
	buffer_init(&blob, 8);
	buffer_reset(&text);
	ck_assert_int_eq(armour_encode(LABEL, data, 9, &text), PH_OK);
	reader_init(&r, text.data, text.len);
	ck_assert_int_eq(sshsig_dearmour(&r, &blob), PH_ELIMIT);
	ck_assert_uint_eq(r.len, text.len);
	ck_assert_uint_eq(blob.len, 0);
	buffer_fini(&text);
	buffer_fini(&blob);
}
END_TEST

START_TEST(no_room)
{
	struct key_private *key;
	struct buffer b;
	size_t len, max;

	make_blob(7, &b);
	len = b.len;
	buffer_fini(&b);
	key = make_key(7);
	for (max = 0; max < len; max++) {
		buffer_init(&b, max);
		ck_assert_int_eq(sshsig_sign(key, SPACE, MESSAGE,
				     strlen(MESSAGE), &b),
		    PH_ELIMIT);
		buffer_fini(&b);
	}
	key_private_free(key);
}
END_TEST

/* Have ssh-keygen make a key and give us its halves. */
static struct key_private *
keygen_key(const struct ssh_keygen *k)
{
	struct key_private *key;
	char text[SSH_KEYGEN_FILE_MAX + 1];
	size_t len;

	ck_assert(ssh_keygen_run(k, "-q -t ed25519 -N '' -f key"));
	len = ssh_keygen_get(k, "key", text);
	ck_assert_int_eq(keyfile_decode(text, len, &key), PH_OK);
	return key;
}

START_TEST(ssh_keygen_verifies_ours)
{
	struct key_private *key;
	struct ssh_keygen k;
	struct buffer b, text;
	char line[KEY_LINE_SIZE], signers[KEY_LINE_SIZE + 32];
	int n;

	ssh_keygen_init(&k);
	key = keygen_key(&k);
	key_line(key_private_public(key), line);
	n = snprintf(signers, sizeof(signers), "store-7 %s\n", line);
	ssh_keygen_put(&k, "signers", signers, (size_t)n);
	ssh_keygen_put(&k, "message", MESSAGE, strlen(MESSAGE));
	buffer_init(&b, SSHSIG_BLOB_MAX);
	buffer_init(&text, 4096);
	ck_assert_int_eq(sshsig_sign(key, SPACE, MESSAGE, strlen(MESSAGE), &b),
	    PH_OK);
	ck_assert_int_eq(sshsig_armour(b.data, b.len, &text), PH_OK);
	ssh_keygen_put(&k, "sig", text.data, text.len);
	ck_assert(ssh_keygen_run(&k,
	    "-Y verify -f signers -I store-7 -n " SPACE " -s sig <message"));
	ck_assert(!ssh_keygen_run(&k,
	    "-Y verify -f signers -I store-7 -n other -s sig <message"));
	ck_assert(!ssh_keygen_run(&k,
	    "-Y verify -f signers -I store-7 -n " SPACE " -s sig <signers"));
	buffer_fini(&b);
	buffer_fini(&text);
	key_private_free(key);
	ssh_keygen_fini(&k);
}
END_TEST

START_TEST(ours_verify_what_ssh_keygen_signs)
{
	static const char *const hashes[] = { "sha512", "sha256" };
	struct key_private *key;
	struct key_public signer;
	struct ssh_keygen k;
	struct buffer b, text;
	struct reader r;
	char out[SSH_KEYGEN_FILE_MAX + 1], command[128];
	size_t len;

	ssh_keygen_init(&k);
	key = keygen_key(&k);
	ssh_keygen_put(&k, "message", MESSAGE, strlen(MESSAGE));
	(void)snprintf(command, sizeof(command),
	    "-Y sign -f key -n " SPACE " -O hashalg=%s message", hashes[_i]);
	ck_assert(ssh_keygen_run(&k, command));
	len = ssh_keygen_get(&k, "message.sig", out);
	buffer_init(&b, SSHSIG_BLOB_MAX);
	buffer_init(&text, 4096);
	reader_init(&r, out, len);
	ck_assert_int_eq(sshsig_dearmour(&r, &b), PH_OK);
	ck_assert_int_eq(reader_end(&r), PH_OK);
	ck_assert_int_eq(sshsig_verify(b.data, b.len, SPACE, MESSAGE,
			     strlen(MESSAGE), &signer),
	    PH_OK);
	ck_assert(key_equal(&signer, key_private_public(key)));
	ck_assert_int_eq(sshsig_verify(b.data, b.len, "other", MESSAGE,
			     strlen(MESSAGE), &signer),
	    PH_ESIGNATURE);
	/* Ed25519 signs the same in the same way: ours is theirs. */
	if (_i == 0) {
		buffer_reset(&b);
		ck_assert_int_eq(sshsig_sign(key, SPACE, MESSAGE,
				     strlen(MESSAGE), &b),
		    PH_OK);
		ck_assert_int_eq(sshsig_armour(b.data, b.len, &text), PH_OK);
		ck_assert_str_eq(buffer_text(&text), out);
	}
	buffer_fini(&b);
	buffer_fini(&text);
	key_private_free(key);
	ssh_keygen_fini(&k);
}
END_TEST

START_TEST(other_keys_of_ssh_keygen)
{
	struct ssh_keygen k;
	struct buffer b;
	struct reader r;
	char out[SSH_KEYGEN_FILE_MAX + 1];
	size_t len;

	ssh_keygen_init(&k);
	ssh_keygen_put(&k, "message", MESSAGE, strlen(MESSAGE));
	ck_assert(ssh_keygen_run(&k, "-q -t ecdsa -N '' -f key"));
	ck_assert(ssh_keygen_run(&k, "-Y sign -f key -n " SPACE " message"));
	len = ssh_keygen_get(&k, "message.sig", out);
	buffer_init(&b, 1024);
	reader_init(&r, out, len);
	if (sshsig_dearmour(&r, &b) == PH_OK)
		ck_assert_int_eq(verify(b.data, b.len), PH_ESIGNATURE);
	buffer_fini(&b);
	ssh_keygen_fini(&k);
}
END_TEST

START_TEST(without_memory_nothing_is_signed_or_holds)
{
	struct key_private *key;
	struct buffer good, b;
	long n;
	int made, verified;

	key = make_key(7);
	make_blob(7, &good);
	ck_assert_int_eq(verify(good.data, good.len), PH_OK);
	buffer_init(&b, SSHSIG_BLOB_MAX);
	made = verified = PH_ENOMEM;
	for (n = 1; made != PH_OK || verified != PH_OK; n++) {
		buffer_reset(&b);
		openssl_memory_limit(n);
		made = sshsig_sign(key, SPACE, MESSAGE, strlen(MESSAGE), &b);
		openssl_memory_limit(n);
		verified = verify(good.data, good.len);
		openssl_memory_limit(n);
		good.data[good.len - 1] ^= 1;
		ck_assert_int_ne(verify(good.data, good.len), PH_OK);
		good.data[good.len - 1] ^= 1;
		openssl_memory_unlimit();
		ck_assert(made == PH_OK || made == PH_ENOMEM);
		ck_assert(verified == PH_OK || verified == PH_ENOMEM ||
		    verified == PH_ESIGNATURE);
		ck_assert_int_lt(n, 1000);
	}
	ck_assert_int_gt(n, 2);
	ck_assert_mem_eq(b.data, good.data, good.len);
	buffer_fini(&good);
	buffer_fini(&b);
	key_private_free(key);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *blobs, *text, *keygen;

	/* Before OpenSSL takes any memory. */
	if (CRYPTO_set_mem_functions(openssl_memory_malloc,
		openssl_memory_realloc, openssl_memory_free) != 1)
		return EXIT_FAILURE;
	suite = suite_create("sshsig");
	blobs = tcase_create("blobs");
	tcase_add_test(blobs, there_and_back);
	tcase_add_test(blobs, two_halves_are_the_whole);
	tcase_add_test(blobs, another_message_or_namespace);
	tcase_add_test(blobs, every_bit_of_a_blob_counts);
	tcase_add_test(blobs, cut_at_every_length);
	tcase_add_test(blobs, recipes);
	tcase_add_test(blobs, nothing_behind_a_blob_is_read);
	tcase_add_test(blobs, a_key_of_low_order_signs_nothing);
	tcase_add_test(blobs, s_plus_l_is_refused);
	tcase_add_test(blobs, no_room);
	tcase_add_test(blobs, without_memory_nothing_is_signed_or_holds);
	suite_add_tcase(suite, blobs);
	text = tcase_create("text");
	tcase_add_test(text, armour_several_and_back);
	tcase_add_test(text, armour_refused);
	suite_add_tcase(suite, text);
	keygen = tcase_create("ssh-keygen");
	tcase_add_test(keygen, ssh_keygen_verifies_ours);
	tcase_add_loop_test(keygen, ours_verify_what_ssh_keygen_signs, 0, 2);
	tcase_add_test(keygen, other_keys_of_ssh_keygen);
	suite_add_tcase(suite, keygen);
	return check_run(suite);
}
