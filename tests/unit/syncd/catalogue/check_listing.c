/*
 * Finding things in the list of a grant, at a size where looking at every
 * line for every question would show.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/documents.h"
#include "syncd/catalogue/feed.h"
#include "syncd/catalogue/listing.h"
#include "syncd/catalogue/rows.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/base/fault_files.h"
#include "tests/unit/syncd/catalogue/forge.h"

#define NITEMS 2000u
#define NVERSIONS 10u /* Of each image. */

static struct world world;
static struct repository *lab;
static struct grant_item items[NITEMS];
static struct digest blobs[NITEMS];
static struct digest list_digest;
static struct buffer signature; /* Of the first manifest. */

/*
 * The manifest of the i-th version.  All have the signature of the first:
 * it was checked before they were entered, and making it takes time.
 */
static void
make_manifest(size_t i, struct document *d)
{
	struct manifest m;
	struct buffer bytes;
	char text[32];

	manifest_init(&m);
	(void)snprintf(m.image, sizeof(m.image), "image-%04zu", i / NVERSIONS);
	(void)snprintf(m.version, sizeof(m.version), "%zu", i % NVERSIONS);
	m.revision = 1;
	m.time = world.now;
	(void)snprintf(text, sizeof(text), "content %zu", i);
	digest_of(text, strlen(text), &blobs[i]);
	m.files = calloc(1, sizeof(*m.files));
	ck_assert_ptr_nonnull(m.files);
	m.nfiles = 1;
	(void)strcpy(m.files[0].name, "disk.img");
	m.files[0].size = 1;
	m.files[0].digest = m.files[0].map = blobs[i];
	key_id(key_private_public(world.publisher), &m.key);
	buffer_init(&bytes, PH_DOCUMENT_MAX);
	ck_assert_int_eq(manifest_encode(&m, &bytes), PH_OK);
	document_init(d);
	ck_assert_int_eq(document_set(d, bytes.data, bytes.len), PH_OK);
	if (i == 0) {
		ck_assert_int_eq(document_sign(d, DOCUMENT_MANIFEST,
				     world.publisher),
		    PH_OK);
		document_encode_signatures(d, &signature);
	} else
		ck_assert_int_eq(document_decode_signatures(d,
				     (const char *)signature.data,
				     signature.len),
		    PH_OK);
	document_digest(d, &items[i].manifest);
	items[i].state = (enum grant_state)(i % GRANT_NSTATES);
	(void)strcpy(items[i].image, m.image);
	(void)strcpy(items[i].version, m.version);
	buffer_fini(&bytes);
	manifest_fini(&m);
}

/* A grant of 10,000 items, as if it had been issued. */
static void
setup(void)
{
	struct document_name name;
	struct index_txn *txn;
	struct lineset *list;
	struct document d;
	const char *text;
	size_t i, len;

	world_begin(&world);
	lab = world_site(&world, "lab");
	buffer_init(&signature, PH_DOCUMENT_MAX);
	ck_assert_int_eq(index_begin(world.primary.c->index, INDEX_WRITE, &txn),
	    PH_OK);
	for (i = 0; i < NITEMS; i++) {
		make_manifest(i, &d);
		ck_assert_int_eq(rows_manifest_put(txn, &items[i].manifest, &d),
		    PH_OK);
		document_fini(&d);
	}
	list = forge_list(items, NITEMS);
	lineset_digest(list, &list_digest);
	text = lineset_text(list, &len);
	name = documents_list_name(&list_digest);
	ck_assert_int_eq(documents_put_text(&world.primary.files,
			     world.primary.c->state_dir, &name, text, len),
	    PH_OK);
	forge_grant(lab, 1, list, world.primary.key, &d);
	ck_assert_int_eq(rows_sealed_put(txn, INDEX_GRANTS, &lab->id, &d),
	    PH_OK);
	ck_assert_int_eq(index_commit(txn), PH_OK);
	document_fini(&d);
	lineset_free(list);
}

static void
teardown(void)
{
	buffer_fini(&signature);
	world_end(&world);
}

START_TEST(each_is_found)
{
	struct grant_item item;
	struct listing *l;
	struct digest none;
	size_t i;

	ck_assert_int_eq(listing_get(world.primary.c, &list_digest, &l), PH_OK);
	for (i = 0; i < NITEMS; i++) {
		ck_assert_int_eq(listing_item(l, items[i].image,
				     items[i].version, &item),
		    PH_OK);
		ck_assert_int_eq(digest_compare(&item.manifest,
				     &items[i].manifest),
		    0);
		ck_assert_int_eq(listing_manifest(l, &items[i].manifest, &item),
		    PH_OK);
		ck_assert_str_eq(item.image, items[i].image);
		ck_assert_str_eq(item.version, items[i].version);
		ck_assert_int_eq(item.state, items[i].state);
		ck_assert_int_eq(listing_names_blob(world.primary.c, l,
				     &blobs[i]),
		    PH_OK);
	}
	digest_of("none", 4, &none);
	ck_assert_int_eq(listing_manifest(l, &none, &item), PH_EABSENT);
	ck_assert_int_eq(listing_names_blob(world.primary.c, l, &none),
	    PH_EABSENT);
	ck_assert_int_eq(listing_item(l, "image-0001", "10", &item),
	    PH_EABSENT);
	ck_assert_int_eq(listing_item(l, "image-000", "1", &item), PH_EABSENT);
	ck_assert_int_eq(listing_item(l, "zebra", "1", &item), PH_EABSENT);
}
END_TEST

START_TEST(an_image_is_together)
{
	struct grant_item item;
	struct listing *l;
	size_t place, i;

	ck_assert_int_eq(listing_get(world.primary.c, &list_digest, &l), PH_OK);
	place = listing_seek(l, "image-0042");
	for (i = 0; i < NVERSIONS; i++) {
		ck_assert_int_eq(listing_at(l, place + i, &item), PH_OK);
		ck_assert_str_eq(item.image, "image-0042");
	}
	ck_assert_int_eq(listing_at(l, place + i, &item), PH_OK);
	ck_assert_str_eq(item.image, "image-0043");
	ck_assert_uint_eq(listing_seek(l, "zebra"), NITEMS);
	ck_assert_int_eq(listing_at(l, NITEMS, &item), PH_EABSENT);
}
END_TEST

START_TEST(a_list_is_loaded_once)
{
	struct fault_files faults;
	struct files files;
	struct document d;
	size_t i;

	files = world.primary.files;
	fault_files_init(&faults, &files);
	world.primary.files = faults.files;
	fault_files_arm(&faults, FAULT_FAIL, 0, 0);
	for (i = 0; i < NITEMS; i++) {
		document_init(&d);
		ck_assert_int_eq(feed_manifest(world.primary.c, &lab->id,
				     &items[i].manifest, &d),
		    PH_OK);
		document_fini(&d);
	}
	/* To open, read and close one file, whatever is asked. */
	ck_assert_uint_gt(faults.ncalls, 0);
	ck_assert_uint_lt(faults.ncalls, 200);
	world.primary.files = files;
}
END_TEST

START_TEST(few_are_kept)
{
	struct grant_item item;
	struct listing *l;
	struct lineset *list;
	struct document_name name;
	struct digest digest;
	const char *text;
	size_t i, len;

	/* Some 20 MB of lists; the first is loaded again. */
	for (i = 0; i < 100; i++) {
		list = forge_list(items + i, NITEMS - i);
		lineset_digest(list, &digest);
		text = lineset_text(list, &len);
		name = documents_list_name(&digest);
		ck_assert_int_eq(documents_put_text(&world.primary.files,
				     world.primary.c->state_dir, &name, text,
				     len),
		    PH_OK);
		lineset_free(list);
		ck_assert_int_eq(listing_get(world.primary.c, &digest, &l),
		    PH_OK);
		ck_assert_int_eq(listing_item(l, items[i].image,
				     items[i].version, &item),
		    PH_OK);
		if (i > 0)
			ck_assert_int_eq(listing_item(l, items[i - 1].image,
					     items[i - 1].version, &item),
			    PH_EABSENT);
	}
	ck_assert_int_eq(listing_get(world.primary.c, &list_digest, &l), PH_OK);
	ck_assert_int_eq(listing_item(l, items[0].image, items[0].version,
			     &item),
	    PH_OK);
	ck_assert_int_eq(listing_get(world.primary.c, &blobs[0], &l),
	    PH_EABSENT);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tc;

	suite = suite_create("listing");
	tc = tcase_create("listing");
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, each_is_found);
	tcase_add_test(tc, an_image_is_together);
	tcase_add_test(tc, a_list_is_loaded_once);
	tcase_add_test(tc, few_are_kept);
	suite_add_tcase(suite, tc);
	return check_run(suite);
}
