/*
 * Sessions without a link.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "proto/errors.h"
#include "proto/limits.h"
#include "proto/lineset_diff.h"
#include "proto/message_state.h"
#include "syncd/catalogue/mandate.h"
#include "syncd/catalogue/needs.h"
#include "syncd/catalogue/reception.h"
#include "syncd/catalogue/reports.h"
#include "syncd/catalogue/statement.h"
#include "syncd/catalogue/withdrawal.h"
#include "syncd/store/hash.h"
#include "syncd/store/partial.h"

#include "tests/unit/syncd/catalogue/exchange.h"

#define ROUNDS_MAX 8
#define NEEDED_MAX 1024u

void
exchange_copy(const struct document *from, struct document *to)
{
	struct buffer sealed;

	buffer_init(&sealed, DOCUMENT_SEALED_MAX);
	document_encode(from, &sealed);
	ck_assert_int_eq(buffer_error(&sealed), PH_OK);
	document_init(to);
	ck_assert_int_eq(document_decode_sealed(sealed.data, sealed.len,
			     PH_DOCUMENT_MAX, to),
	    PH_OK);
	buffer_fini(&sealed);
}

/* All differences of two sets as one text. */
static void
encode_differences(const struct lineset *from, const struct lineset *to,
    struct buffer *out)
{
	struct lineset_diff diff;
	int r;

	buffer_init(out, 4u << 20);
	lineset_diff_init(&diff, from, to);
	do {
		r = lineset_diff_next(&diff, PH_LISTDIFF_MAX, out);
	} while (r == 1);
	ck_assert_int_eq(r, 0);
}

/* Make the list that a feed leads to, from what the site has. */
static struct lineset *
patch_list(struct repository *site, const struct feed *feed)
{
	struct lineset_patch *patch;
	struct lineset *base, *list;
	struct buffer changes;

	encode_differences(feed->from, feed->list, &changes);
	ck_assert_int_eq(mandate_list_of(site->c, &feed->base, &base), PH_OK);
	patch = lineset_patch_new(base);
	ck_assert_ptr_nonnull(patch);
	if (changes.len > 0)
		ck_assert_int_eq(lineset_patch_apply(patch, changes.data,
				     changes.len),
		    PH_OK);
	ck_assert_int_eq(lineset_patch_finish(patch, &list), PH_OK);
	lineset_patch_free(patch);
	lineset_free(base);
	buffer_fini(&changes);
	return list;
}

int
exchange_compare(struct repository *site, struct feed *feed)
{
	struct message_state state;
	struct failure f;
	int r;

	ck_assert_int_eq(mandate_state(site->c, &state), PH_OK);
	feed_init(feed);
	r = feed_compare(site->world->primary.c, &site->id, &state, feed, &f);
	ck_assert_msg(r == PH_OK, "%s: %s", error_name(r), f.what);
	return !feed->same;
}

int
exchange_documents(struct repository *site)
{
	struct lineset *list;
	struct document d;
	struct failure f;
	struct feed feed;
	int news, r;

	news = exchange_compare(site, &feed);
	if (feed.has_charter) {
		exchange_copy(&feed.charter, &d);
		r = mandate_take_charter(site->c, &d, &f);
		ck_assert_msg(r == PH_OK, "%s: %s", error_name(r), f.what);
		document_fini(&d);
	}
	if (feed.has_grant) {
		list = patch_list(site, &feed);
		exchange_copy(&feed.grant, &d);
		r = mandate_take_grant(site->c, &d, list, &f);
		ck_assert_msg(r == PH_OK, "%s: %s", error_name(r), f.what);
		document_fini(&d);
		lineset_free(list);
	}
	feed_fini(&feed);
	return news;
}

size_t
exchange_manifests(struct repository *site)
{
	struct digest missing[64];
	struct document given, taken;
	struct failure f;
	size_t i, n, count;
	int r;

	count = 0;
	do {
		ck_assert_int_eq(needs_manifests(site->c, NULL, NULL, missing,
				     64, &n),
		    PH_OK);
		for (i = 0; i < n; i++) {
			document_init(&given);
			ck_assert_int_eq(feed_manifest(site->world->primary.c,
					     &site->id, &missing[i], &given),
			    PH_OK);
			exchange_copy(&given, &taken);
			r = reception_manifest(site->c, &missing[i], &taken,
			    &f);
			ck_assert_msg(r == PH_OK, "%s: %s", error_name(r),
			    f.what);
			document_fini(&given);
			document_fini(&taken);
		}
		count += n;
	} while (n > 0);
	return count;
}

int
exchange_stage(struct repository *site, const struct digest *blob,
    struct digest *map)
{
	char path[1200], hex[DIGEST_HEX_SIZE], below[128];
	struct hash_result result;
	struct partial *p;
	struct stat st;
	uint8_t *bytes;
	int dir, fd, mapfd;

	digest_hex(blob, hex);
	(void)snprintf(below, sizeof(below), "store/blobs/%s", hex);
	world_path(&site->world->primary, below, path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	bytes = malloc((size_t)st.st_size);
	ck_assert_ptr_nonnull(bytes);
	ck_assert_int_eq(read(fd, bytes, (size_t)st.st_size), st.st_size);
	(void)close(fd);
	ck_assert_int_eq(partial_open(catalogue_store(site->c), blob,
			     (uint64_t)st.st_size, PH_SEGMENT_SIZE, &p),
	    PH_OK);
	ck_assert_int_eq(partial_write(p, 0, bytes, (size_t)st.st_size), PH_OK);
	ck_assert_int_eq(partial_sync(p), PH_OK);
	free(bytes);
	dir = dup(partial_dir(p));
	mapfd = openat(dir, PARTIAL_MAP, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC,
	    0600);
	ck_assert(dir >= 0 && mapfd >= 0);
	ck_assert_int_eq(hash_file(&site->files, partial_fd(p), mapfd, NULL,
			     NULL, &result),
	    PH_OK);
	ck_assert_int_eq(digest_compare(&result.digest, blob), 0);
	(void)close(mapfd);
	*map = result.map_root;
	partial_close(p);
	return dir;
}

/* Blobs that are needed, by their digests. */
struct needed {
	struct digest items[NEEDED_MAX];
	size_t count;
};

static int
on_need(void *cookie, const struct need *n)
{
	struct needed *needed = cookie;
	size_t i;

	for (i = 0; i < needed->count; i++) {
		if (digest_compare(&needed->items[i], &n->blob) == 0)
			return PH_OK;
	}
	ck_assert_uint_lt(needed->count, NEEDED_MAX);
	needed->items[needed->count++] = n->blob;
	return PH_OK;
}

size_t
exchange_content(struct repository *site)
{
	struct feed_blob blob;
	struct needed needed;
	struct digest map;
	size_t i, n, count;
	int dir, r;

	count = 0;
	memset(&needed, 0, sizeof(needed));
	ck_assert_int_eq(needs_each(site->c, on_need, &needed), PH_OK);
	for (i = 0; i < needed.count; i++) {
		ck_assert_int_eq(feed_blob(site->world->primary.c, &site->id,
				     &needed.items[i], &blob),
		    PH_OK);
		dir = exchange_stage(site, &needed.items[i], &map);
		r = reception_complete(site->c, &needed.items[i], dir, &map, &n,
		    NULL, NULL);
		ck_assert_msg(r == PH_OK, "%s", error_name(r));
		(void)close(dir);
		count += n;
	}
	return count;
}

int
exchange_receipt(struct repository *site)
{
	struct message_received answer;
	struct statement s;
	struct document d;
	struct buffer changes;
	struct failure f;
	int r, whole, due;

	whole = 0;
	for (;;) {
		statement_init(&s);
		r = statement_make(site->c, whole, &s);
		ck_assert_msg(r == PH_OK, "%s", error_name(r));
		due = s.due;
		if (!due) {
			statement_fini(&s);
			return 0;
		}
		encode_differences(s.from, s.set, &changes);
		exchange_copy(&s.receipt, &d);
		r = reports_receive(site->world->primary.c, &site->id, &d,
		    &s.base, changes.data, changes.len, &answer, &f);
		ck_assert_msg(r == PH_OK, "%s: %s", error_name(r), f.what);
		document_fini(&d);
		buffer_fini(&changes);
		statement_fini(&s);
		if (!answer.send_whole)
			break;
		ck_assert(!whole);
		whole = 1;
	}
	ck_assert_int_eq(statement_received(site->c, &answer), PH_OK);
	return 1;
}

void
exchange_contact(struct repository *site)
{
	size_t n;
	int round, news;

	for (round = 0; round < ROUNDS_MAX; round++) {
		news = exchange_documents(site);
		ck_assert_int_eq(withdraw_denied(site->c, &n), PH_OK);
		ck_assert_int_eq(reception_settle(site->c, &n, NULL, NULL),
		    PH_OK);
		if (mandate_check(site->c) == PH_OK) {
			news += (int)exchange_manifests(site);
			news += (int)exchange_content(site);
		}
		ck_assert_int_eq(withdraw_retired(site->c, &n), PH_OK);
		news += (int)n;
		news += exchange_receipt(site);
		if (!news)
			return;
	}
	ck_abort_msg("the contact does not come to an end");
}
