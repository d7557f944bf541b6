/*
 * A provider and receivers that do what ours would not.
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "proto/errors.h"
#include "proto/limits.h"
#include "proto/message_content.h"
#include "proto/message_document.h"
#include "proto/message_grant.h"
#include "proto/message_map.h"
#include "proto/message_signal.h"
#include "proto/message_transfer.h"
#include "syncd/catalogue/mandate.h"
#include "syncd/store/space.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/catalogue/forge.h"
#include "tests/unit/syncd/store/free_space.h"
#include "tests/unit/syncd/sync/puppet.h"
#include "tests/unit/tempdir.h"

#define SIZE 3000000u

static struct loop *loop;
static struct worker_pool *workers;
static struct node primary, site;
static struct hub *hub;
static struct puppet puppet;
static struct digest old_blob, new_blob, secret_blob, unknown;

static const char policy[] = "version: 1\n"
			     "allow:\n"
			     "  - to: [branch-01]\n"
			     "    images: {name: \"*\"}\n"
			     "deny:\n"
			     "  - to: [branch-01]\n"
			     "    images: {name: \"secret\"}\n";

/* Bytes that a seed decides, as a file; its digest. */
static void
make_file(const char *path, unsigned int seed, struct digest *digest)
{
	static uint8_t bytes[SIZE];
	FILE *file;
	size_t i;

	for (i = 0; i < SIZE; i++) {
		seed = seed * 1103515245u + 12345u;
		bytes[i] = (uint8_t)(seed >> 16);
	}
	digest_of(bytes, SIZE, digest);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(bytes, 1, SIZE, file), SIZE);
	(void)fclose(file);
}

static void
setup(void)
{
	(void)tempdir_begin();
	loop = loop_new();
	workers = worker_pool_new(loop, 2);
	ck_assert_ptr_nonnull(workers);
	node_init_primary(&primary, loop, workers, "primary");
	node_init_site(&site, loop, workers, &primary, "site", "branch-01");
	node_add(&primary, &site, "branch-01");
	make_file("old", 1, &old_blob);
	make_file("new", 2, &new_blob);
	make_file("secret", 3, &secret_blob);
	digest_of("unknown", 7, &unknown);
	node_apply(&primary, policy);
	node_publish(&primary, "old", "1", "old");
	node_publish(&primary, "new", "1", "new");
	node_publish(&primary, "secret", "1", "secret");
	hub = hub_new(&primary.engine);
	ck_assert_ptr_nonnull(hub);
	puppet_open(&puppet, &primary, &site, hub);
}

static void
teardown(void)
{
	puppet_close(&puppet);
	hub_free(hub);
	node_fini(&site);
	node_fini(&primary);
	worker_pool_free(workers);
	loop_free(loop);
	tempdir_end();
}

/* Put WANT as transfer 1. */
static void
put_want(const struct digest *blob, const struct digest *base)
{
	struct message_want want;

	memset(&want, 0, sizeof(want));
	want.blob = *blob;
	if (base != NULL) {
		want.bases[0] = *base;
		want.nbases = 1;
	}
	ck_assert_int_eq(message_want_encode(&want, 1, &puppet.out), PH_OK);
	puppet_send(&puppet);
}

/* The lane of the primary, held up. */
static sem_t gate;

static void
run_blocker(void *cookie)
{
	(void)cookie;
	while (sem_wait(&gate) != 0)
		;
}

static void
on_blocker(void *cookie)
{
	(void)cookie;
}

static void
block_lane(void)
{
	worker_drain(workers);
	ck_assert_int_eq(sem_init(&gate, 0, 0), 0);
	ck_assert_int_eq(worker_submit(workers, primary.engine.lane,
			     run_blocker, on_blocker, NULL),
	    PH_OK);
}

/*
 * What sockets and the conversation hold when the provider hears of a new
 * grant; what is pulled is a lot more.
 */
#define UNDER_WAY 1200000u

/*
 * Pull all of a blob made from a base (or NULL), and let the grant lose an
 * image in the middle of it; the transfer must come to an end.
 */
static void
lose_while_pulling(const struct digest *blob, const struct digest *base,
    const char *new_policy)
{
	struct message_segments segments;
	struct message_plan plan;
	struct message_error error;
	struct message_pull pull;
	struct message_row row;
	struct frame frame;
	uint64_t pulled;
	uint32_t n;
	size_t i;

	puppet_state(&puppet);
	put_want(blob, base);
	puppet_expect(&puppet, MESSAGE_PLAN, &frame);
	ck_assert_int_eq(message_plan_decode(&frame, &plan), PH_OK);
	ck_assert_int_eq(digest_is_zero(&plan.base), base == NULL);
	pulled = 0;
	for (n = 0; n < plan.nsegments;) {
		puppet_expect(&puppet, MESSAGE_SEGMENTS, &frame);
		ck_assert_int_eq(message_segments_decode(&frame, &segments),
		    PH_OK);
		for (i = 0; i < segments.nrows; i++, n++) {
			message_row_decode(&segments, i, &row);
			memset(&pull, 0, sizeof(pull));
			pull.segment = n;
			pull.credit = row.len;
			pulled += row.len;
			ck_assert_int_eq(message_pull_encode(&pull, 1,
					     &puppet.out),
			    PH_OK);
		}
	}
	ck_assert_uint_gt(pulled, 2 * UNDER_WAY);
	puppet_expect(&puppet, MESSAGE_DONE, &frame);
	puppet_send(&puppet);
	puppet_expect(&puppet, MESSAGE_DATA, &frame);
	block_lane();
	node_apply(&primary, new_policy);
	hub_changed(hub, &puppet.id);
	/* The lane does not answer: no content goes. */
	while (puppet_next(&puppet, 300, &frame))
		ck_assert_int_eq(frame.type, MESSAGE_DATA);
	ck_assert_uint_lt(puppet.content, UNDER_WAY);
	(void)sem_post(&gate);
	do
		ck_assert_int_eq(puppet_next(&puppet, 20000, &frame), 1);
	while (frame.type != MESSAGE_ERROR);
	ck_assert_int_eq(message_error_decode(&frame, &error), PH_OK);
	ck_assert_int_eq(error.code, PH_EDENIED);
	ck_assert_uint_eq(frame.transfer, 1);
	ck_assert_uint_lt(puppet.content, UNDER_WAY);
}

START_TEST(a_target_that_is_lost_stops)
{
	lose_while_pulling(&new_blob, NULL,
	    "version: 1\nallow:\n"
	    "  - {to: [branch-01], images: {name: old}}\n");
}
END_TEST

START_TEST(a_base_that_is_lost_stops)
{
	lose_while_pulling(&new_blob, &old_blob,
	    "version: 1\nallow:\n"
	    "  - {to: [branch-01], images: {name: new}}\n");
}
END_TEST

START_TEST(what_is_still_granted_goes_on)
{
	struct message_pull pull;
	struct frame frame;

	puppet_state(&puppet);
	put_want(&new_blob, NULL);
	puppet_expect(&puppet, MESSAGE_PLAN, &frame);
	do
		ck_assert_int_eq(puppet_next(&puppet, 20000, &frame), 1);
	while (frame.type == MESSAGE_SEGMENTS);
	ck_assert_int_eq(frame.type, MESSAGE_DONE);
	node_apply(&primary,
	    "version: 1\nallow:\n"
	    "  - {to: [branch-01], images: {name: new}}\n");
	hub_changed(hub, &puppet.id);
	memset(&pull, 0, sizeof(pull));
	pull.credit = 1000;
	ck_assert_int_eq(message_pull_encode(&pull, 1, &puppet.out), PH_OK);
	puppet_send(&puppet);
	puppet_expect(&puppet, MESSAGE_GRANT, &frame);
	puppet_expect(&puppet, MESSAGE_LISTDIFF, &frame);
	puppet_expect(&puppet, MESSAGE_DATA, &frame);
	ck_assert_uint_eq(puppet.content, 1000);
}
END_TEST

/* Ask in every way for a blob or manifest; NONE must repeat it, no more. */
static void
ask_for(const struct digest *digest)
{
	struct message_manifest_query query;
	struct message_map_query map;
	struct frame frame;
	int i;

	memset(&query, 0, sizeof(query));
	query.manifests[0] = *digest;
	query.count = 1;
	memset(&map, 0, sizeof(map));
	map.blob = *digest;
	map.nblocks = 1;
	ck_assert_int_eq(message_manifest_query_encode(&query, &puppet.out),
	    PH_OK);
	ck_assert_int_eq(message_map_query_encode(&map, &puppet.out), PH_OK);
	put_want(digest, NULL);
	for (i = 0; i < 3; i++) {
		puppet_expect(&puppet, MESSAGE_NONE, &frame);
		ck_assert_uint_eq(frame.transfer, i == 2);
		ck_assert_uint_eq(frame.len, DIGEST_SIZE);
		ck_assert_int_eq(memcmp(frame.payload, digest->bytes,
				     DIGEST_SIZE),
		    0);
	}
}

START_TEST(denied_is_as_unknown)
{
	puppet_state(&puppet);
	ask_for(&secret_blob);
	ask_for(&unknown);
}
END_TEST

/* Reads of the primary's files by the loop's thread. */
static pthread_t loop_thread;
static const struct file_ops *real_ops;
static unsigned int nreads, nloop_reads;

static ssize_t
watched_pread(void *cookie, int fd, void *buf, size_t len, off_t at)
{
	if (pthread_equal(pthread_self(), loop_thread))
		nloop_reads++;
	else
		(void)__atomic_fetch_add(&nreads, 1, __ATOMIC_RELAXED);
	return real_ops->pread(cookie, fd, buf, len, at);
}

START_TEST(the_loop_reads_no_file)
{
	struct file_ops watched;
	struct message_segments segments;
	struct message_pull pull;
	struct message_row row;
	struct frame frame;
	uint64_t pulled;
	size_t i;

	real_ops = primary.files.ops;
	watched = *real_ops;
	watched.pread = watched_pread;
	loop_thread = pthread_self();
	puppet_state(&puppet);
	worker_drain(workers);
	primary.files.ops = &watched;
	put_want(&new_blob, &old_blob);
	pulled = 0;
	memset(&pull, 0, sizeof(pull));
	do {
		ck_assert_int_eq(puppet_next(&puppet, 20000, &frame), 1);
		if (frame.type != MESSAGE_SEGMENTS)
			continue;
		ck_assert_int_eq(message_segments_decode(&frame, &segments),
		    PH_OK);
		for (i = 0; i < segments.nrows; i++, pull.segment++) {
			message_row_decode(&segments, i, &row);
			pull.credit = row.len;
			pulled += row.len;
			ck_assert_int_eq(message_pull_encode(&pull, 1,
					     &puppet.out),
			    PH_OK);
		}
		puppet_send(&puppet);
	} while (frame.type != MESSAGE_DONE);
	while (puppet.content < pulled)
		ck_assert_int_eq(puppet_next(&puppet, 20000, &frame), 1);
	worker_drain(workers);
	primary.files.ops = real_ops;
	ck_assert_uint_eq(nloop_reads, 0);
	ck_assert_uint_gt(nreads, 0);
}
END_TEST

START_TEST(beyond_an_encoding_there_is_nothing)
{
	struct message_segments segments;
	struct message_pull pull;
	struct message_row row;
	struct frame frame;

	puppet_state(&puppet);
	put_want(&new_blob, NULL);
	puppet_expect(&puppet, MESSAGE_PLAN, &frame);
	puppet_expect(&puppet, MESSAGE_SEGMENTS, &frame);
	ck_assert_int_eq(message_segments_decode(&frame, &segments), PH_OK);
	message_row_decode(&segments, 0, &row);
	memset(&pull, 0, sizeof(pull));
	pull.offset = row.len - 1;
	pull.credit = 2;
	ck_assert_int_eq(message_pull_encode(&pull, 1, &puppet.out), PH_OK);
	puppet_send(&puppet);
	do
		ck_assert_int_eq(puppet_next(&puppet, 20000, &frame), 1);
	while (frame.type == MESSAGE_SEGMENTS || frame.type == MESSAGE_DONE);
	ck_assert_int_eq(frame.type, MESSAGE_ABORT);
	ck_assert_uint_eq(puppet.content, 0);
}
END_TEST

/* Begin with a blob; the rows of segment 0 are there. */
static void
begin_blob(void)
{
	struct frame frame;

	puppet_state(&puppet);
	put_want(&new_blob, NULL);
	puppet_expect(&puppet, MESSAGE_PLAN, &frame);
	puppet_expect(&puppet, MESSAGE_SEGMENTS, &frame);
}

static void
put_plain_query(void)
{
	struct message_plain_query query;

	query.segment = 0;
	ck_assert_int_eq(message_plain_query_encode(&query, 1, &puppet.out),
	    PH_OK);
}

/* Ask for the plain encoding of segment 0, and pull all of it. */
static void
pull_plain(struct message_pull *pull)
{
	struct message_segments segments;
	struct message_row row;
	struct frame frame;

	put_plain_query();
	puppet_send(&puppet);
	do {
		ck_assert_int_eq(puppet_next(&puppet, 20000, &frame), 1);
		if (frame.type == MESSAGE_SEGMENTS)
			ck_assert_int_eq(message_segments_decode(&frame,
					     &segments),
			    PH_OK);
	} while (frame.type != MESSAGE_SEGMENTS || !segments.plain);
	message_row_decode(&segments, 0, &row);
	memset(pull, 0, sizeof(*pull));
	pull->plain = 1;
	pull->credit = row.len;
	ck_assert_int_eq(message_pull_encode(pull, 1, &puppet.out), PH_OK);
}

/* The session ends with ABORT for that code, after what may come before. */
static void
await_abort(int code)
{
	struct message_error error;
	struct frame frame;

	do
		ck_assert_int_eq(puppet_next(&puppet, 20000, &frame), 1);
	while (frame.type != MESSAGE_ABORT);
	ck_assert_int_eq(message_abort_decode(&frame, &error), PH_OK);
	ck_assert_int_eq(error.code, code);
}

/* It is kept until its last byte went, and can be had again. */
START_TEST(a_plain_encoding_is_there_once)
{
	struct message_pull pull;
	struct frame frame;
	uint64_t before;
	int i;

	begin_blob();
	for (i = 0; i < 2; i++) {
		before = puppet.content;
		pull_plain(&pull);
		puppet_send(&puppet);
		while (puppet.content < before + pull.credit)
			ck_assert_int_eq(puppet_next(&puppet, 20000, &frame),
			    1);
	}
	pull.credit = 1;
	ck_assert_int_eq(message_pull_encode(&pull, 1, &puppet.out), PH_OK);
	puppet_send(&puppet);
	await_abort(PH_EMESSAGE);
}
END_TEST

/* What was checked against one encoding is not taken from another. */
START_TEST(a_plain_encoding_is_not_replaced_while_it_is_pulled)
{
	struct message_pull pull;

	begin_blob();
	pull_plain(&pull);
	put_plain_query();
	puppet_send(&puppet);
	await_abort(PH_ELIMIT);
}
END_TEST

/* No room for encodings here is no matter of the peer's disk. */
START_TEST(a_full_primary_is_busy)
{
	struct message_error error;
	struct frame frame;

	puppet_state(&puppet);
	free_space_bytes = SPACE_MARGIN_DEFAULT;
	put_want(&new_blob, NULL);
	puppet_expect(&puppet, MESSAGE_ERROR, &frame);
	ck_assert_int_eq(message_error_decode(&frame, &error), PH_OK);
	ck_assert_int_eq(error.code, PH_EPEERBUSY);
	ck_assert_uint_eq(space_promised(catalogue_space(primary.catalogue)),
	    0);
}
END_TEST

/* Put RECEIPT, which announces n LISTDIFF frames. */
static void
put_receipt(struct puppet *p, uint32_t n)
{
	static const char text[] = "{}";
	struct message_grant m;
	struct document d;
	struct buffer sealed;

	document_init(&d);
	ck_assert_int_eq(document_set(&d, text, strlen(text)), PH_OK);
	ck_assert_int_eq(document_sign(&d, DOCUMENT_RECEIPT,
			     catalogue_key(p->site->catalogue)),
	    PH_OK);
	ck_assert_int_eq(document_seal(&d, &sealed), PH_OK);
	memset(&m, 0, sizeof(m));
	m.sealed = sealed.data;
	m.len = sealed.len;
	m.nlistdiffs = n;
	ck_assert_int_eq(message_receipt_encode(&m, &p->out), PH_OK);
	document_fini(&d);
	buffer_fini(&sealed);
}

/* Send LISTDIFF frames of about so many bytes in all. */
static void
send_changes(struct puppet *p, size_t nbytes)
{
	static char lines[PH_LISTDIFF_MAX];
	struct message_listdiff m;
	size_t i;

	memset(lines, 'x', sizeof(lines));
	for (i = 0; i < sizeof(lines); i += 512) {
		lines[i] = '+';
		lines[i + 511] = '\n';
	}
	m.lines = lines;
	m.len = sizeof(lines);
	for (i = 0; i < nbytes && !p->over; i += sizeof(lines)) {
		ck_assert_int_eq(message_listdiff_encode(&m, &p->out), PH_OK);
		puppet_send(p);
	}
}

/* The session ends with ABORT for that code. */
static void
expect_abort(struct puppet *p, int code)
{
	struct message_error error;
	struct frame frame;

	puppet_expect(p, MESSAGE_ABORT, &frame);
	ck_assert_int_eq(message_abort_decode(&frame, &error), PH_OK);
	ck_assert_int_eq(error.code, code);
}

/* Lines of a list whose differences do not fit into what links hold. */
#define NLINES 12000u

/* Take n LISTDIFF frames; the lines that came. */
static size_t
take_lists(uint32_t n)
{
	struct message_listdiff m;
	struct frame frame;
	size_t i, nlines;

	nlines = 0;
	while (n-- > 0) {
		puppet_expect(&puppet, MESSAGE_LISTDIFF, &frame);
		ck_assert_int_eq(message_listdiff_decode(&frame, &m), PH_OK);
		for (i = 0; i < m.len; i++)
			nlines += m.lines[i] == '\n';
	}
	return nlines;
}

START_TEST(nothing_moves_while_lists_go)
{
	struct message_state state;
	struct message_grant grant;
	struct frame frame;

	worker_drain(workers);
	forge_long_grant(primary.catalogue, &puppet.id, NLINES);
	ck_assert_int_eq(mandate_state(site.catalogue, &state), PH_OK);
	ck_assert_int_eq(message_state_encode(&state, &puppet.out), PH_OK);
	puppet_send(&puppet);
	puppet_expect(&puppet, MESSAGE_CHARTER, &frame);
	puppet_expect(&puppet, MESSAGE_GRANT, &frame);
	ck_assert_int_eq(message_grant_decode(&frame, &grant), PH_OK);
	ck_assert_uint_gt(grant.nlistdiffs, 15);
	/*
	 * The lists that its differences are made of are in use; so is the
	 * receipt of which the rest is to come.
	 */
	put_receipt(&puppet, 2);
	send_changes(&puppet, 1);
	ck_assert_int_eq(message_state_encode(&state, &puppet.out), PH_OK);
	puppet_send(&puppet);
	hub_changed(hub, &puppet.id);
	ck_assert_uint_eq(take_lists(grant.nlistdiffs), NLINES);
	/* Then each is answered, whole, one after the other. */
	puppet_expect(&puppet, MESSAGE_CHARTER, &frame);
	puppet_expect(&puppet, MESSAGE_GRANT, &frame);
	ck_assert_int_eq(message_grant_decode(&frame, &grant), PH_OK);
	puppet_expect(&puppet, MESSAGE_SAME, &frame);
	ck_assert_uint_eq(take_lists(grant.nlistdiffs), NLINES);
	send_changes(&puppet, 1);
	expect_abort(&puppet, PH_EDOCUMENT);
}
END_TEST

START_TEST(a_second_receipt_must_wait)
{
	puppet_state(&puppet);
	put_receipt(&puppet, 2);
	send_changes(&puppet, 1);
	put_receipt(&puppet, 2);
	puppet_send(&puppet);
	expect_abort(&puppet, PH_ESTATE);
}
END_TEST

START_TEST(one_receipt_is_bounded)
{
	puppet_state(&puppet);
	put_receipt(&puppet, PH_LISTDIFF_FRAMES_MAX);
	send_changes(&puppet, PH_LIST_CHANGES_MAX + 2 * PH_LISTDIFF_MAX);
	expect_abort(&puppet, PH_EPEERBUSY);
}
END_TEST

START_TEST(all_receipts_are_bounded)
{
	struct puppet other;
	struct frame frame;
	struct node node;

	node_init_site(&node, loop, workers, &primary, "other", "branch-02");
	node_add(&primary, &node, "branch-02");
	/* One that does not come to an end leaves half to the others. */
	puppet_state(&puppet);
	put_receipt(&puppet, PH_LISTDIFF_FRAMES_MAX);
	send_changes(&puppet, PH_LIST_CHANGES_MAX - PH_LISTDIFF_MAX);
	puppet_open(&other, &primary, &node, hub);
	puppet_state(&other);
	put_receipt(&other, PH_LISTDIFF_FRAMES_MAX);
	send_changes(&other, PH_LIST_CHANGES_MAX / 2 - PH_LISTDIFF_MAX);
	ck_assert_int_eq(puppet_next(&other, 200, &frame), 0);
	send_changes(&other, 4 * PH_LISTDIFF_MAX);
	expect_abort(&other, PH_EPEERBUSY);
	puppet_close(&other);
	/* What it held is free again. */
	puppet_open(&other, &primary, &node, hub);
	puppet_state(&other);
	put_receipt(&other, PH_LISTDIFF_FRAMES_MAX);
	send_changes(&other, PH_LIST_CHANGES_MAX / 2 - PH_LISTDIFF_MAX);
	ck_assert_int_eq(puppet_next(&other, 200, &frame), 0);
	puppet_close(&other);
	node_fini(&node);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tc;

	suite = suite_create("provider");
	tc = tcase_create("provider");
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_target_that_is_lost_stops);
	tcase_add_test(tc, a_base_that_is_lost_stops);
	tcase_add_test(tc, what_is_still_granted_goes_on);
	tcase_add_test(tc, denied_is_as_unknown);
	tcase_add_test(tc, the_loop_reads_no_file);
	tcase_add_test(tc, beyond_an_encoding_there_is_nothing);
	tcase_add_test(tc, a_plain_encoding_is_there_once);
	tcase_add_test(tc, a_plain_encoding_is_not_replaced_while_it_is_pulled);
	tcase_add_test(tc, a_full_primary_is_busy);
	tcase_add_test(tc, nothing_moves_while_lists_go);
	tcase_add_test(tc, a_second_receipt_must_wait);
	tcase_add_test(tc, one_receipt_is_bounded);
	tcase_add_test(tc, all_receipts_are_bounded);
	suite_add_tcase(suite, tc);
	return check_run(suite);
}
