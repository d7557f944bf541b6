/*
 * Documents and lists without memory: every allocation of each piece of work
 * fails once.  The work then says PH_ENOMEM, loses nothing (the leak checker
 * looks) and holds nothing.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/grant_item.h"
#include "proto/lineset_diff.h"
#include "tests/unit/check_main.h"
#include "tests/unit/proto/allocations.h"
#include "tests/unit/proto/golden.h"

/* What the work is done on. */
static struct document documents[DOCUMENT_NKINDS];
static struct document trust2;
static struct buffer sealed;
static struct buffer file;
static struct key_private *key;
static struct key_public publics[2];
static struct lineset *from;
static struct lineset *to;

/* A list of n items, beginning at first. */
static struct lineset *
make_list(size_t first, size_t n)
{
	struct lineset_builder *b;
	struct grant_item item;
	struct buffer line;
	struct lineset *s;
	size_t i;

	memset(&item, 0, sizeof(item));
	item.manifest = golden_digest("manifest");
	strcpy(item.image, "image");
	b = lineset_builder_new();
	buffer_init(&line, PH_LIST_LINE_MAX);
	for (i = 0; i < n; i++) {
		(void)snprintf(item.version, sizeof(item.version), "%zu",
		    first + i);
		buffer_reset(&line);
		ck_assert_int_eq(grant_item_encode(&item, &line), PH_OK);
		ck_assert_int_eq(lineset_builder_add(b, buffer_text(&line),
				     line.len),
		    PH_OK);
	}
	ck_assert_int_eq(lineset_builder_finish(b, &s), PH_OK);
	lineset_builder_free(b);
	buffer_fini(&line);
	return s;
}

static void
setup(void)
{
	size_t i;

	for (i = 0; i < DOCUMENT_NKINDS; i++)
		golden_document((enum document_kind)i, &documents[i]);
	golden_document_trust2(&trust2);
	buffer_init(&sealed, DOCUMENT_SEALED_MAX);
	document_encode(&trust2, &sealed);
	buffer_init(&file, DOCUMENT_SEALED_MAX);
	document_encode_file(&trust2, &file);
	key = golden_key_private(GOLDEN_AUTHORITY2);
	golden_key(GOLDEN_HOST, &publics[0]);
	golden_key(GOLDEN_AUTHORITY2, &publics[1]);
	from = make_list(0, 300);
	to = make_list(150, 300);
}

static void
teardown(void)
{
	size_t i;

	for (i = 0; i < DOCUMENT_NKINDS; i++)
		document_fini(&documents[i]);
	document_fini(&trust2);
	buffer_fini(&sealed);
	buffer_fini(&file);
	key_private_free(key);
	lineset_free(from);
	lineset_free(to);
}

static int
work_decode(int kind)
{
	return golden_decode((enum document_kind)kind, documents[kind].bytes,
	    documents[kind].len);
}

/* Decode, add to it what can be added, encode. */
static int
work_charter(int unused)
{
	struct charter c;
	struct buffer out;
	int r;

	(void)unused;
	charter_init(&c);
	buffer_init(&out, PH_DOCUMENT_MAX);
	r = charter_decode(documents[DOCUMENT_CHARTER].bytes,
	    documents[DOCUMENT_CHARTER].len, &c);
	if (r == PH_OK)
		r = selectors_add(&c.never, &c.may_hold.items[0]);
	if (r == PH_OK)
		r = charter_encode(&c, &out);
	assert(r == PH_OK || out.len == 0);
	charter_fini(&c);
	buffer_fini(&out);
	return r;
}

static int
work_manifest(int unused)
{
	struct manifest_file f;
	struct manifest m;
	struct buffer out;
	int r;

	(void)unused;
	manifest_init(&m);
	buffer_init(&out, PH_DOCUMENT_MAX);
	r = manifest_decode(documents[DOCUMENT_MANIFEST].bytes,
	    documents[DOCUMENT_MANIFEST].len, &m);
	if (r == PH_OK) {
		f = m.files[0];
		strcpy(f.name, "another");
		r = manifest_add_file(&m, &f);
	}
	if (r == PH_OK)
		r = labels_set(&m.labels, "another", "label");
	if (r == PH_OK)
		r = manifest_encode(&m, &out);
	assert(r == PH_OK || out.len == 0);
	manifest_fini(&m);
	buffer_fini(&out);
	return r;
}

static int
work_join(int unused)
{
	struct join j;
	struct trust trust;
	struct buffer out;
	int r;

	(void)unused;
	join_init(&j);
	buffer_init(&out, PH_DOCUMENT_MAX);
	r = join_accept(&documents[DOCUMENT_JOIN], &j, &trust);
	if (r == PH_OK)
		r = join_add_trust(&j, &trust2);
	if (r == PH_OK)
		r = join_encode(&j, &out);
	assert(r == PH_OK || out.len == 0);
	join_fini(&j);
	buffer_fini(&out);
	return r;
}

static int
work_document(int unused)
{
	struct document copy, d;
	struct buffer out;
	int r;

	(void)unused;
	document_init(&d);
	document_init(&copy);
	buffer_init(&out, DOCUMENT_SEALED_MAX);
	r = document_decode_sealed(sealed.data, sealed.len, PH_DOCUMENT_MAX,
	    &d);
	if (r == PH_OK)
		r = document_verify(&d, DOCUMENT_TRUST, publics, 2, NULL);
	if (r == PH_OK)
		r = document_sign(&d, DOCUMENT_TRUST, key);
	if (r == PH_OK)
		r = document_copy(&d, &copy);
	if (r == PH_OK) {
		document_encode(&d, &out);
		r = buffer_error(&out);
	}
	document_fini(&d);
	document_fini(&copy);
	buffer_fini(&out);
	return r;
}

static int
work_file(int unused)
{
	struct document d;
	struct buffer out;
	int r;

	(void)unused;
	document_init(&d);
	buffer_init(&out, DOCUMENT_SEALED_MAX);
	r = document_decode_file((const char *)file.data, file.len, &d);
	if (r == PH_OK) {
		document_encode_file(&d, &out);
		r = buffer_error(&out);
	}
	document_fini(&d);
	buffer_fini(&out);
	return r;
}

static int
work_builder(int unused)
{
	struct lineset_builder *b;
	struct lineset *s;
	const char *line;
	size_t i, len;
	int r;

	(void)unused;
	s = NULL;
	b = lineset_builder_new();
	if (b == NULL)
		return PH_ENOMEM;
	r = PH_OK;
	for (i = 0; i < lineset_count(from) && r == PH_OK; i++) {
		line = lineset_line(from, i, &len);
		r = lineset_builder_add(b, line, len);
	}
	if (r == PH_OK)
		r = lineset_builder_finish(b, &s);
	if (r == PH_OK)
		r = grant_item_check_list(s);
	lineset_free(s);
	lineset_builder_free(b);
	return r;
}

static int
work_differences(int unused)
{
	struct lineset *result;
	struct lineset_diff d;
	struct lineset_patch *p;
	struct buffer frame;
	int r;

	(void)unused;
	result = NULL;
	p = lineset_patch_new(from);
	if (p == NULL)
		return PH_ENOMEM;
	buffer_init(&frame, 1024);
	lineset_diff_init(&d, from, to);
	while ((r = lineset_diff_next(&d, 1024, &frame)) == 1) {
		r = lineset_patch_apply(p, frame.data, frame.len);
		if (r != PH_OK)
			break;
		buffer_reset(&frame);
	}
	if (r == PH_OK)
		r = lineset_patch_finish(p, &result);
	lineset_patch_free(p);
	lineset_free(result);
	buffer_fini(&frame);
	return r;
}

static const struct {
	int (*work)(int argument);
	int argument;
} works[] = {
	{ work_decode, DOCUMENT_TRUST },
	{ work_decode, DOCUMENT_CHARTER },
	{ work_decode, DOCUMENT_MANIFEST },
	{ work_decode, DOCUMENT_GRANT },
	{ work_decode, DOCUMENT_RECEIPT },
	{ work_decode, DOCUMENT_CHECKPOINT },
	{ work_decode, DOCUMENT_JOIN },
	{ work_charter, 0 },
	{ work_manifest, 0 },
	{ work_join, 0 },
	{ work_document, 0 },
	{ work_file, 0 },
	{ work_builder, 0 },
	{ work_differences, 0 },
};

START_TEST(each_allocation)
{
	allocations_fail_each(works[_i].work, works[_i].argument);
}
END_TEST

int
main(void)
{
	TCase *tc;
	Suite *s;

	s = suite_create("exhaustion");
	tc = tcase_create("exhaustion");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, each_allocation, 0,
	    (int)(sizeof(works) / sizeof(works[0])));
	suite_add_tcase(s, tc);
	return check_run(s);
}
