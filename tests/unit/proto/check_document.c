/*
 * Documents: signatures and the three forms, with the real ssh-keygen.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "tests/unit/check_main.h"
#include "tests/unit/proto/golden.h"
#include "tests/unit/proto/ssh_keygen.h"

/* The files of tests/vectors/documents/, and who signed them. */
static const struct {
	const char *name;
	enum document_kind kind;
	enum golden_key signer;
} files[] = {
	{ "trust", DOCUMENT_TRUST, GOLDEN_AUTHORITY },
	{ "trust2", DOCUMENT_TRUST, GOLDEN_AUTHORITY2 },
	{ "charter", DOCUMENT_CHARTER, GOLDEN_POLICY },
	{ "manifest", DOCUMENT_MANIFEST, GOLDEN_PUBLISHER },
	{ "grant", DOCUMENT_GRANT, GOLDEN_PRIMARY },
	{ "receipt", DOCUMENT_RECEIPT, GOLDEN_REPOSITORY },
	{ "checkpoint", DOCUMENT_CHECKPOINT, GOLDEN_PRIMARY },
	{ "join", DOCUMENT_JOIN, GOLDEN_PRIMARY },
};

#define NFILES (sizeof(files) / sizeof(files[0]))

static const char *const signer_names[GOLDEN_NKEYS] = { "authority",
	"authority2", "publisher", "policy", "primary", "repository", "host" };

/* Make a document of the files. */
static void
make(size_t i, struct document *out)
{
	if (strcmp(files[i].name, "trust2") == 0)
		golden_document_trust2(out);
	else
		golden_document(files[i].kind, out);
}

START_TEST(digests)
{
	struct buffer text;
	struct document d;
	struct digest digest;
	char hex[DIGEST_HEX_SIZE];
	size_t i;

	buffer_init(&text, 65536);
	for (i = 0; i < NFILES; i++) {
		make(i, &d);
		document_digest(&d, &digest);
		digest_hex(&digest, hex);
		buffer_putf(&text, "%s  %s.json\n", hex, files[i].name);
		document_fini(&d);
	}
	golden_compare("DIGESTS", text.data, text.len);
	buffer_fini(&text);
}
END_TEST

START_TEST(signers)
{
	struct key_public key;
	struct buffer text;
	char line[KEY_LINE_SIZE];
	size_t i;

	buffer_init(&text, 65536);
	for (i = 0; i < GOLDEN_NKEYS; i++) {
		golden_key((enum golden_key)i, &key);
		key_line(&key, line);
		buffer_putf(&text, "%s %s\n", signer_names[i], line);
	}
	golden_compare("allowed_signers", text.data, text.len);
	buffer_fini(&text);
}
END_TEST

/* ssh-keygen agrees, also that another kind is another namespace. */
START_TEST(stock_tools)
{
	struct ssh_keygen k;
	struct buffer file;
	char arguments[256], name[64];
	static const char *const ends[] = { ".json", ".json.sig" };
	size_t i;

	ssh_keygen_init(&k);
	buffer_init(&file, 65536);
	golden_read("allowed_signers", &file);
	ssh_keygen_put(&k, "allowed_signers", file.data, file.len);
	for (i = 0; i < 2; i++) {
		buffer_reset(&file);
		(void)snprintf(name, sizeof(name), "%s%s", files[_i].name,
		    ends[i]);
		golden_read(name, &file);
		ssh_keygen_put(&k, name, file.data, file.len);
	}
	for (i = 0; i < DOCUMENT_NKINDS; i++) {
		(void)snprintf(arguments, sizeof(arguments),
		    "-Y verify -f allowed_signers -I %s -n packhorse-%s "
		    "-s %s.json.sig < %s.json",
		    signer_names[files[_i].signer],
		    document_kind_name((enum document_kind)i), files[_i].name,
		    files[_i].name);
		ck_assert_int_eq(ssh_keygen_run(&k, arguments),
		    i == files[_i].kind);
	}
	buffer_fini(&file);
	ssh_keygen_fini(&k);
}
END_TEST

START_TEST(verified)
{
	struct key_public keys[3];
	struct document d;
	size_t which;

	make((size_t)_i, &d);
	golden_key(GOLDEN_HOST, &keys[0]);
	golden_key(files[_i].signer, &keys[1]);
	golden_key(GOLDEN_HOST, &keys[2]);
	ck_assert_int_eq(document_verify(&d, files[_i].kind, keys, 3, &which),
	    PH_OK);
	ck_assert_uint_eq(which, 1);
	ck_assert_int_eq(document_verify(&d, files[_i].kind, keys, 2, NULL),
	    PH_OK);
	ck_assert_int_eq(document_verify(&d, files[_i].kind, keys, 1, NULL),
	    PH_ESIGNATURE);
	ck_assert_int_eq(document_verify(&d, files[_i].kind, NULL, 0, NULL),
	    PH_ESIGNATURE);
	/* Every bit of the bytes counts. */
	d.bytes[d.len - 1] ^= 1;
	ck_assert_int_eq(document_verify(&d, files[_i].kind, keys, 3, NULL),
	    PH_ESIGNATURE);
	d.bytes[d.len - 1] ^= 1;
	d.signatures[0].blob[d.signatures[0].len - 1] ^= 1;
	ck_assert_int_eq(document_verify(&d, files[_i].kind, &keys[1], 1, NULL),
	    PH_ESIGNATURE);
	document_fini(&d);
}
END_TEST

/* One good signature among bad and foreign ones is enough. */
START_TEST(among_others)
{
	struct key_private *key;
	struct key_public publics[2];
	struct document d;
	size_t i, which;

	golden_document(DOCUMENT_GRANT, &d);
	golden_key(GOLDEN_PRIMARY, &publics[0]);
	golden_key(GOLDEN_HOST, &publics[1]);
	d.signatures[0].blob[20] ^= 1;
	ck_assert_int_eq(document_add_signature(&d, "x", 1), PH_OK);
	key = golden_key_private(GOLDEN_POLICY);
	ck_assert_int_eq(document_sign(&d, DOCUMENT_GRANT, key), PH_OK);
	key_private_free(key);
	ck_assert_int_eq(document_verify(&d, DOCUMENT_GRANT, publics, 2, NULL),
	    PH_ESIGNATURE);
	key = golden_key_private(GOLDEN_HOST);
	ck_assert_int_eq(document_sign(&d, DOCUMENT_GRANT, key), PH_OK);
	ck_assert_int_eq(document_verify(&d, DOCUMENT_GRANT, publics, 2,
			     &which),
	    PH_OK);
	ck_assert_uint_eq(which, 1);
	for (i = d.nsignatures; i < PH_SIGNATURES_MAX; i++)
		ck_assert_int_eq(document_sign(&d, DOCUMENT_GRANT, key), PH_OK);
	ck_assert_int_eq(document_sign(&d, DOCUMENT_GRANT, key), PH_ELIMIT);
	key_private_free(key);
	document_fini(&d);
}
END_TEST

/* The same bytes and signatures. */
static void
check_equal(const struct document *a, const struct document *b)
{
	size_t i;

	ck_assert_uint_eq(a->len, b->len);
	ck_assert_mem_eq(a->bytes, b->bytes, a->len);
	ck_assert_uint_eq(a->nsignatures, b->nsignatures);
	for (i = 0; i < a->nsignatures; i++) {
		ck_assert_uint_eq(a->signatures[i].len, b->signatures[i].len);
		ck_assert_mem_eq(a->signatures[i].blob, b->signatures[i].blob,
		    a->signatures[i].len);
	}
}

START_TEST(sealed)
{
	struct document copy, in, out;
	struct buffer bytes;
	struct reader r;
	size_t i;

	make((size_t)_i, &in);
	document_init(&out);
	document_init(&copy);
	ck_assert_int_eq(document_copy(&in, &copy), PH_OK);
	check_equal(&in, &copy);
	document_fini(&copy);
	buffer_init(&bytes, DOCUMENT_SEALED_MAX);
	document_encode(&in, &bytes);
	ck_assert_int_eq(buffer_error(&bytes), PH_OK);
	ck_assert_int_eq(document_decode_sealed(bytes.data, bytes.len, in.len,
			     &out),
	    PH_OK);
	check_equal(&in, &out);
	document_fini(&out);
	/* Cut anywhere, or with a byte more. */
	for (i = 0; i < bytes.len; i++) {
		ck_assert_int_eq(document_decode_sealed(bytes.data, i,
				     PH_DOCUMENT_MAX, &out),
		    PH_EDOCUMENT);
		ck_assert_ptr_null(out.bytes);
	}
	ck_assert_int_eq(document_decode_sealed(bytes.data, bytes.len,
			     in.len - 1, &out),
	    PH_ELIMIT);
	buffer_put_text(&bytes, "rest");
	ck_assert_int_eq(document_decode_sealed(bytes.data, bytes.len,
			     PH_DOCUMENT_MAX, &out),
	    PH_EDOCUMENT);
	ck_assert_ptr_null(out.bytes);
	/* What follows stays. */
	reader_init(&r, bytes.data, bytes.len);
	ck_assert_int_eq(document_decode(&r, PH_DOCUMENT_MAX, &out), PH_OK);
	ck_assert_uint_eq(r.len, 4);
	document_fini(&out);
	reader_init(&r, bytes.data, bytes.len - 5);
	ck_assert_int_eq(document_decode(&r, PH_DOCUMENT_MAX, &out),
	    PH_EDOCUMENT);
	ck_assert_uint_eq(r.len, bytes.len - 5);
	buffer_fini(&bytes);
	document_fini(&in);
}
END_TEST

static const struct {
	const char *sealed;
	size_t len;
	int result;
} seals[] = {
	{ "\0\0\0\1x\1\0\1s", 9, PH_OK },
	{ "\0\0\0\0\1\0\1s", 8, PH_EDOCUMENT },
	{ "\0\0\0\1x\0", 6, PH_EDOCUMENT },
	{ "\0\0\0\1x\1\0\0", 8, PH_EDOCUMENT },
	{ "\0\0\0\1x\1\377\377s", 9, PH_EDOCUMENT },
	{ "\377\377\377\377x\1\0\1s", 9, PH_ELIMIT },
	{ "\0\0\0\1x\10\0\1s\0\1s\0\1s\0\1s\0\1s\0\1s\0\1s\0\1s", 30, PH_OK },
	{ "\0\0\0\1x\11\0\1s\0\1s\0\1s\0\1s\0\1s\0\1s\0\1s\0\1s\0\1s", 33,
	    PH_ELIMIT },
};

START_TEST(seal_limits)
{
	struct document d;

	document_init(&d);
	ck_assert_int_eq(document_decode_sealed(seals[_i].sealed, seals[_i].len,
			     PH_DOCUMENT_MAX, &d),
	    seals[_i].result);
	document_fini(&d);
}
END_TEST

START_TEST(limits)
{
	struct document d;
	uint8_t *big;

	big = calloc(1, PH_DOCUMENT_MAX + 1);
	ck_assert_ptr_nonnull(big);
	document_init(&d);
	ck_assert_int_eq(document_set(&d, big, PH_DOCUMENT_MAX + 1), PH_ELIMIT);
	ck_assert_int_eq(document_set(&d, big, PH_DOCUMENT_MAX), PH_OK);
	ck_assert_int_eq(document_add_signature(&d, big, SSHSIG_BLOB_MAX),
	    PH_OK);
	ck_assert_int_eq(document_add_signature(&d, big, SSHSIG_BLOB_MAX + 1),
	    PH_ELIMIT);
	ck_assert_int_eq(document_add_signature(&d, big, 0), PH_ELIMIT);
	ck_assert_int_eq(document_set(&d, "x", 1), PH_OK);
	ck_assert_uint_eq(d.nsignatures, 0);
	document_fini(&d);
	free(big);
}
END_TEST

START_TEST(people)
{
	struct document in, out;
	struct buffer text;

	make((size_t)_i, &in);
	document_init(&out);
	buffer_init(&text, DOCUMENT_SEALED_MAX * 2);
	document_encode_file(&in, &text);
	ck_assert_int_eq(document_decode_file(buffer_text(&text), text.len,
			     &out),
	    PH_OK);
	check_equal(&in, &out);
	document_fini(&out);
	/* White space may follow, nothing else may. */
	buffer_put_text(&text, "\r\n \t\n");
	ck_assert_int_eq(document_decode_file(buffer_text(&text), text.len,
			     &out),
	    PH_OK);
	check_equal(&in, &out);
	document_fini(&out);
	buffer_put_text(&text, "x");
	ck_assert_int_eq(document_decode_file(buffer_text(&text), text.len,
			     &out),
	    PH_EDOCUMENT);
	ck_assert_ptr_null(out.bytes);
	/* No signature; nothing but a signature. */
	ck_assert_int_eq(document_decode_file((const char *)in.bytes, in.len,
			     &out),
	    PH_EDOCUMENT);
	ck_assert_int_eq(document_decode_file(buffer_text(&text) + in.len,
			     text.len - in.len - 6, &out),
	    PH_EDOCUMENT);
	ck_assert_int_eq(document_decode_file("", 0, &out), PH_EDOCUMENT);
	ck_assert_int_eq(document_decode_file(NULL, 0, &out), PH_EDOCUMENT);
	buffer_fini(&text);
	document_fini(&in);
}
END_TEST

START_TEST(signature_files)
{
	struct document in, out;
	struct buffer text;
	size_t i, len;

	golden_document_trust2(&in);
	buffer_init(&text, DOCUMENT_SEALED_MAX * 2);
	document_encode_signatures(&in, &text);
	len = text.len;
	document_init(&out);
	ck_assert_int_eq(document_set(&out, in.bytes, in.len), PH_OK);
	ck_assert_int_eq(document_decode_signatures(&out, buffer_text(&text),
			     len),
	    PH_OK);
	check_equal(&in, &out);
	/* Up to eight; then too many. */
	for (i = 0; i < 3; i++)
		ck_assert_int_eq(document_decode_signatures(&out,
				     buffer_text(&text), len),
		    PH_OK);
	ck_assert_int_eq(document_decode_signatures(&out, buffer_text(&text),
			     len),
	    PH_ELIMIT);
	document_fini(&out);
	ck_assert_int_eq(document_decode_signatures(&out, "", 0), PH_EDOCUMENT);
	ck_assert_int_eq(document_decode_signatures(&out, " \n", 2),
	    PH_EDOCUMENT);
	ck_assert_int_eq(document_decode_signatures(&out, "\0", 1),
	    PH_EDOCUMENT);
	/* Cut before the end of the second: only the line end may go. */
	for (i = len / 2 + 2; i < len - 1; i++) {
		ck_assert_int_eq(document_decode_signatures(&out,
				     buffer_text(&text), i),
		    PH_EDOCUMENT);
		document_fini(&out);
	}
	buffer_fini(&text);
	document_fini(&in);
}
END_TEST

START_TEST(kinds)
{
	enum document_kind kind;
	char expected[64];
	size_t i;

	for (i = 0; i < DOCUMENT_NKINDS; i++) {
		kind = (enum document_kind)i;
		(void)snprintf(expected, sizeof(expected), "packhorse-%s",
		    document_kind_name(kind));
		ck_assert_str_eq(document_namespace(kind), expected);
	}
	ck_assert_uint_eq(document_max(DOCUMENT_GRANT), PH_GRANT_HEAD_MAX);
	ck_assert_uint_eq(document_max(DOCUMENT_TRUST), PH_DOCUMENT_MAX);
}
END_TEST

int
main(void)
{
	TCase *tc;
	Suite *s;

	s = suite_create("document");
	tc = tcase_create("document");
	tcase_add_test(tc, digests);
	tcase_add_test(tc, signers);
	tcase_add_loop_test(tc, stock_tools, 0, (int)NFILES);
	tcase_add_loop_test(tc, verified, 0, (int)NFILES);
	tcase_add_test(tc, among_others);
	tcase_add_loop_test(tc, sealed, 0, (int)NFILES);
	tcase_add_loop_test(tc, seal_limits, 0,
	    (int)(sizeof(seals) / sizeof(seals[0])));
	tcase_add_test(tc, limits);
	tcase_add_loop_test(tc, people, 0, (int)NFILES);
	tcase_add_test(tc, signature_files);
	tcase_add_test(tc, kinds);
	suite_add_tcase(s, tc);
	return check_run(s);
}
