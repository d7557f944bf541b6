/*
 * Records of blobs.
 */
#include <string.h>

#include <check.h>

#include "proto/errors.h"
#include "proto/limits.h"
#include "syncd/store/blob_record.h"
#include "tests/unit/check_main.h"

#define ROOT                                                                   \
	"sha256:"                                                              \
	"0101010101010101010101010101010101010101010101010101010101010101"
#define TIME "2026-11-22T09:30:00Z"

static struct buffer text;

static void
setup(void)
{
	buffer_init(&text, BLOB_RECORD_SIZE_MAX);
}

static void
teardown(void)
{
	buffer_fini(&text);
}

static void
make(struct blob_record *r)
{
	memset(r, 0, sizeof(*r));
	r->size = 1000000;
	r->inode = 4711;
	r->mtime = 1795339800;
	r->mtime_ns = 123;
	memset(r->map_root.bytes, 1, DIGEST_SIZE);
	r->evidence = HOLDING_SCRUBBED;
	r->time = 1795339800;
}

START_TEST(golden)
{
	static const char expected[] =
	    "1000000 4711 1795339800 123 " ROOT " scrubbed " TIME "\n";
	struct blob_record a, b;

	make(&a);
	ck_assert_int_eq(blob_record_encode(&a, &text), PH_OK);
	ck_assert_str_eq(buffer_text(&text), expected);
	memset(&b, 0, sizeof(b));
	ck_assert_int_eq(blob_record_decode(expected, strlen(expected), &b),
	    PH_OK);
	ck_assert_mem_eq(&a, &b, sizeof(a));
}
END_TEST

START_TEST(extremes)
{
	struct blob_record a, b;

	make(&a);
	a.size = PH_BLOB_SIZE_MAX;
	a.inode = UINT64_MAX;
	a.mtime = -INT64_MAX;
	a.mtime_ns = 999999999;
	ck_assert_int_eq(blob_record_encode(&a, &text), PH_OK);
	memset(&b, 0, sizeof(b));
	ck_assert_int_eq(blob_record_decode(text.data, text.len, &b), PH_OK);
	ck_assert_mem_eq(&a, &b, sizeof(a));
}
END_TEST

START_TEST(refused)
{
	static const char *const lines[] = {
		"",
		"\n",
		"1 2 3 4 " ROOT " hashed " TIME,
		"1 2 3 4 " ROOT " hashed " TIME "\n\n",
		"1 2 3 4 " ROOT " hashed " TIME " \n",
		"1 2 3 4 " ROOT " hashed\n",
		" 1 2 3 4 " ROOT " hashed " TIME "\n",
		"1  2 3 4 " ROOT " hashed " TIME "\n",
		"0 2 3 4 " ROOT " hashed " TIME "\n",
		"01 2 3 4 " ROOT " hashed " TIME "\n",
		"+1 2 3 4 " ROOT " hashed " TIME "\n",
		"281474976710657 2 3 4 " ROOT " hashed " TIME "\n",
		"1 -2 3 4 " ROOT " hashed " TIME "\n",
		"1 18446744073709551616 3 4 " ROOT " hashed " TIME "\n",
		"1 2 -0 4 " ROOT " hashed " TIME "\n",
		"1 2 - 4 " ROOT " hashed " TIME "\n",
		"1 2 9223372036854775808 4 " ROOT " hashed " TIME "\n",
		"1 2 3 1000000000 " ROOT " hashed " TIME "\n",
		"1 2 3 4 sha256:00 hashed " TIME "\n",
		"1 2 3 4 " ROOT " none " TIME "\n",
		"1 2 3 4 " ROOT " guessed " TIME "\n",
		"1 2 3 4 " ROOT " hashed today\n",
	};
	struct blob_record r;
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		ck_assert_msg(blob_record_decode(lines[i], strlen(lines[i]),
				  &r) == PH_EDIGEST,
		    "%s", lines[i]);
}
END_TEST

START_TEST(bytes_that_are_no_text)
{
	char line[BLOB_RECORD_SIZE_MAX + 1];
	struct blob_record r;

	memset(line, '1', sizeof(line));
	ck_assert_int_eq(blob_record_decode(line, sizeof(line), &r),
	    PH_EDIGEST);
	make(&r);
	ck_assert_int_eq(blob_record_encode(&r, &text), PH_OK);
	(void)buffer_put_u8(&text, 0);
	ck_assert_int_eq(blob_record_decode(text.data, text.len, &r),
	    PH_EDIGEST);
	r.time = -1;
	ck_assert_int_eq(blob_record_encode(&r, &text), PH_ELIMIT);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *t;

	suite = suite_create("blob_record");
	t = tcase_create("blob_record");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, golden);
	tcase_add_test(t, extremes);
	tcase_add_test(t, refused);
	tcase_add_test(t, bytes_that_are_no_text);
	suite_add_tcase(suite, t);
	return check_run(suite);
}
