/*
 * Manifests: what readers take, and their files.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "tests/unit/check_main.h"
#include "tests/unit/proto/golden.h"

START_TEST(vectors)
{
	struct document d;

	golden_document(DOCUMENT_MANIFEST, &d);
	golden_compare_document("manifest", &d);
	document_fini(&d);
}
END_TEST

START_TEST(members)
{
	golden_check_members(DOCUMENT_MANIFEST);
	golden_check_lenience(DOCUMENT_MANIFEST);
}
END_TEST

START_TEST(round_trip)
{
	struct manifest in, out;
	struct buffer bytes;

	golden_manifest(&in);
	manifest_init(&out);
	buffer_init(&bytes, PH_DOCUMENT_MAX);
	ck_assert_int_eq(manifest_encode(&in, &bytes), PH_OK);
	ck_assert_int_eq(manifest_decode(bytes.data, bytes.len, &out), PH_OK);
	ck_assert_str_eq(out.image, "winxp");
	ck_assert_str_eq(out.version, "10");
	ck_assert_uint_eq(out.revision, 1);
	ck_assert_int_eq(out.time, GOLDEN_TIME);
	ck_assert_uint_eq(out.nfiles, 2);
	ck_assert_str_eq(out.files[0].name, "Größe \"x\".txt");
	ck_assert_int_eq(manifest_same_files(&in, &out), 1);
	ck_assert_int_eq(digest_compare(&in.files[1].map, &out.files[1].map),
	    0);
	ck_assert_uint_eq(manifest_size(&out), UINT64_C(5368709121));
	ck_assert_int_eq(labels_equal(&in.labels, &out.labels), 1);
	ck_assert_str_eq(labels_get(&out.labels, "class"), "");
	ck_assert_str_eq(out.owner, "Operations");
	ck_assert_int_eq(digest_compare(&in.key, &out.key), 0);
	ck_assert_ptr_eq(manifest_file(&out, "winxp.img"), &out.files[1]);
	ck_assert_ptr_null(manifest_file(&out, "WINXP.IMG"));
	manifest_fini(&in);
	manifest_fini(&out);
	buffer_fini(&bytes);
}
END_TEST

static const struct {
	const char *from;
	const char *to;
	int result;
} changes[] = {
	{ "\"winxp\"", "\"win xp\"", PH_EDOCUMENT },
	{ "\"version\":\"10\"", "\"version\":\"\"", PH_EDOCUMENT },
	{ "\"revision\":1", "\"revision\":0", PH_EDOCUMENT },
	{ "\"size\":1", "\"size\":0", PH_EDOCUMENT },
	{ "\"size\":1", "\"size\":281474976710656", PH_OK },
	{ "\"size\":1", "\"size\":281474976710657", PH_EDOCUMENT },
	{ "\"winxp.img\"", "\"win/xp.img\"", PH_EDOCUMENT },
	{ "\"winxp.img\"", "\"..\"", PH_EDOCUMENT },
	{ "\"winxp.img\"", "\"\"", PH_EDOCUMENT },
	/* Sorted, by bytes. */
	{ "\"winxp.img\"", "\"A\"", PH_EDOCUMENT },
	{ "\"winxp.img\"", "\"Größe \\\"x\\\".txt\"", PH_EDOCUMENT },
	{ "\"winxp.img\"", "\"größe \\\"X\\\".TXT\"", PH_EDOCUMENT },
	{ "\"winxp.img\"", "\"größe \\\"X\\\".TXU\"", PH_OK },
	{ "\"owner\":\"Operations\"", "\"owner\":null", PH_OK },
	{ "\"key\":\"SHA256:", "\"key\":\"SHA256:A", PH_EDOCUMENT },
	{ "\"digest\":\"sha256:", "\"digest\":\"", PH_EDOCUMENT },
};

START_TEST(changed)
{
	ck_assert_int_eq(golden_decode_changed(DOCUMENT_MANIFEST,
			     changes[_i].from, changes[_i].to),
	    changes[_i].result);
}
END_TEST

/* The largest manifest fits. */
START_TEST(largest)
{
	struct manifest_file f;
	struct manifest m;
	struct buffer bytes;
	char key[8];
	size_t i;

	golden_manifest(&m);
	memset(&f, 0, sizeof(f));
	f.size = PH_BLOB_SIZE_MAX;
	f.digest = golden_digest("image");
	f.map = golden_digest("map");
	memset(f.name, 'x', PH_FILE_NAME_MAX);
	for (i = 2; i < PH_FILES_MAX; i++) {
		/* Not in order: they are sorted in. */
		f.name[0] = (char)('a' + i * 7 % 16);
		f.name[1] = (char)('a' + i / 16);
		ck_assert_int_eq(manifest_add_file(&m, &f), PH_OK);
	}
	f.name[0] = 'z';
	ck_assert_int_eq(manifest_add_file(&m, &f), PH_ELIMIT);
	for (i = 2; i < PH_LABELS_MAX; i++) {
		(void)snprintf(key, sizeof(key), "key%zu", i);
		ck_assert_int_eq(labels_set(&m.labels, key, "value"), PH_OK);
	}
	ck_assert_int_eq(labels_set(&m.labels, "another", ""), PH_ELIMIT);
	buffer_init(&bytes, PH_DOCUMENT_MAX);
	ck_assert_int_eq(manifest_encode(&m, &bytes), PH_OK);
	buffer_fini(&bytes);
	manifest_fini(&m);
}
END_TEST

START_TEST(files)
{
	struct manifest a, b;
	struct manifest_file f;

	golden_manifest(&a);
	golden_manifest(&b);
	f = a.files[1];
	ck_assert_int_eq(manifest_add_file(&a, &f), PH_ETAKEN);
	strcpy(f.name, "WinXP.img");
	ck_assert_int_eq(manifest_add_file(&a, &f), PH_ETAKEN);
	strcpy(f.name, ".hidden");
	ck_assert_int_eq(manifest_add_file(&a, &f), PH_ENAME);
	ck_assert_int_eq(manifest_same_files(&a, &b), 1);
	strcpy(f.name, "a");
	ck_assert_int_eq(manifest_add_file(&a, &f), PH_OK);
	ck_assert_int_eq(manifest_same_files(&a, &b), 0);
	ck_assert_int_eq(manifest_add_file(&b, &f), PH_OK);
	ck_assert_int_eq(manifest_same_files(&a, &b), 1);
	b.files[0].size++;
	ck_assert_int_eq(manifest_same_files(&a, &b), 0);
	manifest_fini(&a);
	manifest_fini(&b);
}
END_TEST

int
main(void)
{
	TCase *tc;
	Suite *s;

	s = suite_create("manifest");
	tc = tcase_create("manifest");
	tcase_add_test(tc, vectors);
	tcase_add_test(tc, members);
	tcase_add_test(tc, round_trip);
	tcase_add_loop_test(tc, changed, 0,
	    (int)(sizeof(changes) / sizeof(changes[0])));
	tcase_add_test(tc, largest);
	tcase_add_test(tc, files);
	suite_add_tcase(s, tc);
	return check_run(s);
}
