/*
 * Receiving a blob, frame by frame.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/store/partial.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/transfer/supplier.h"

static struct supplier s;

static void
setup(void)
{
	supplier_begin(&s, 0);
}

static void
teardown(void)
{
	supplier_end(&s);
}

START_TEST(whole)
{
	struct receive_stats stats;
	struct message_want want;
	struct message_plan plan;
	struct message_pull pull;
	struct frame frame;
	uint32_t i;

	supplier_offer(&s);
	ck_assert_int_eq(supplier_next(&s, &frame), 0);
	ck_assert_int_eq(receive_is_waiting(s.receive), 0);
	supplier_settle(&s);
	ck_assert_uint_eq(s.nready, 1);
	ck_assert_int_eq(supplier_next(&s, &frame), 1);
	ck_assert_int_eq(frame.type, MESSAGE_WANT);
	ck_assert_int_eq(message_want_decode(&frame, &want), PH_OK);
	ck_assert_int_eq(digest_compare(&want.blob, &s.config.blob), 0);
	ck_assert_uint_eq(want.nbases, 1);
	ck_assert_int_eq(receive_is_waiting(s.receive), 1);
	/* Rows one by one, and segments as soon as they have one. */
	plan = supplier_plan(1);
	ck_assert_int_eq(supplier_give_plan(&s, &plan), PH_OK);
	for (i = 0; i < SUPPLIER_SEGMENTS; i++) {
		ck_assert_int_eq(supplier_give_rows(&s, supplier_content.delta,
				     i, 1, 0),
		    PH_OK);
		supplier_settle(&s);
		supplier_next_pull(&s, &pull);
		ck_assert_uint_eq(pull.segment, i);
		ck_assert_int_eq(receive_is_waiting(s.receive), 1);
		while (pull.credit > 0) {
			ck_assert_int_eq(supplier_give_data(&s, &pull,
					     pull.credit),
			    PH_OK);
			pull.credit = 0;
			supplier_settle(&s);
			if (supplier_next(&s, &frame))
				ck_assert_int_eq(message_pull_decode(&frame,
						     &pull),
				    PH_OK);
		}
	}
	ck_assert_int_eq(receive_on_done(s.receive), PH_OK);
	ck_assert_int_eq(supplier_serve(&s), PH_OK);
	supplier_check_target(&s);
	receive_get_stats(s.receive, &stats);
	ck_assert_int_eq(stats.full, 0);
	ck_assert_uint_eq(stats.logical_bytes, SUPPLIER_SIZE);
	ck_assert_uint_eq(stats.reused_bytes, SUPPLIER_SIZE / 2);
	ck_assert_uint_eq(stats.resumed_bytes, 0);
	ck_assert_uint_eq(stats.fallbacks, 0);
	ck_assert_int_eq(supplier_staged(&s, "part-0"), 0);
	ck_assert_int_eq(receive_is_waiting(s.receive), 0);
}
END_TEST

/* What is on disk of an encoding of which so much was asked for. */
static uint64_t
on_disk(uint32_t segment, uint64_t asked)
{
	uint64_t part;

	part = supplier_part(&s, segment);
	/* Once it was applied it is gone. */
	if (part == 0 && asked == supplier_content.plain[segment].row.len &&
	    s.given[segment] == asked)
		return asked;
	return part;
}

/* Nothing is asked for beyond the window before it is on disk. */
START_TEST(credit)
{
	uint64_t asked[SUPPLIER_SEGMENTS] = { 0 }, open;
	struct message_pull pull;
	struct frame frame;
	uint32_t i;
	int code, steps;

	supplier_offer(&s);
	supplier_announce(&s, 0);
	supplier_settle(&s);
	for (steps = 0; !supplier_is_over(&s, &code); steps++) {
		ck_assert_int_lt(steps, 10000);
		while (supplier_next(&s, &frame)) {
			ck_assert_int_eq(frame.type, MESSAGE_PULL);
			ck_assert_int_eq(message_pull_decode(&frame, &pull),
			    PH_OK);
			ck_assert_uint_eq(pull.offset, asked[pull.segment]);
			asked[pull.segment] += pull.credit;
			open = 0;
			for (i = 0; i < SUPPLIER_SEGMENTS; i++)
				open += asked[i] - on_disk(i, asked[i]);
			ck_assert_uint_le(open, RECEIVE_WINDOW);
			ck_assert_uint_le(pull.credit, RECEIVE_STREAM_WINDOW);
			/* Jobs do not come back while it comes. */
			ck_assert_int_eq(supplier_give_data(&s, &pull,
					     pull.credit),
			    PH_OK);
		}
	}
	ck_assert_int_eq(code, PH_OK);
	supplier_check_target(&s);
}
END_TEST

/* What is not asked for does not come; what is over is not looked at. */
START_TEST(unexpected)
{
	struct message_pull pull, other;
	struct message_plan plan;
	struct frame frame;

	supplier_offer(&s);
	supplier_settle(&s);
	plan = supplier_plan(1);
	/* Before WANT. */
	ck_assert_int_eq(supplier_give_plan(&s, &plan), PH_EMESSAGE);
	ck_assert_int_eq(supplier_next(&s, &frame), 1);
	ck_assert_int_eq(supplier_give_rows(&s, supplier_content.delta, 0, 1,
			     0),
	    PH_EMESSAGE);
	ck_assert_int_eq(receive_on_done(s.receive), PH_EMESSAGE);
	memset(&pull, 0, sizeof(pull));
	pull.credit = 10;
	ck_assert_int_eq(supplier_give_data(&s, &pull, 10), PH_EMESSAGE);
	plan.size++;
	ck_assert_int_eq(supplier_give_plan(&s, &plan), PH_EMESSAGE);
	plan.size--;
	plan.blob = supplier_content.base_digest;
	ck_assert_int_eq(supplier_give_plan(&s, &plan), PH_EMESSAGE);
	plan.blob = s.config.blob;
	plan.base = s.config.blob;
	ck_assert_int_eq(supplier_give_plan(&s, &plan), PH_EMESSAGE);
	plan = supplier_plan(1);
	plan.segment_size /= 2;
	ck_assert_int_eq(supplier_give_plan(&s, &plan), PH_ELIMIT);
	plan = supplier_plan(1);
	ck_assert_int_eq(supplier_give_plan(&s, &plan), PH_OK);
	ck_assert_int_eq(supplier_give_plan(&s, &plan), PH_EMESSAGE);
	/* Rows out of order, too many, or plain ones unasked. */
	ck_assert_int_eq(supplier_give_rows(&s, supplier_content.delta, 1, 1,
			     0),
	    PH_EMESSAGE);
	ck_assert_int_eq(supplier_give_rows(&s, supplier_content.delta, 0,
			     SUPPLIER_SEGMENTS + 1, 0),
	    PH_EMESSAGE);
	ck_assert_int_eq(supplier_give_rows(&s, supplier_content.delta, 0, 2,
			     0),
	    PH_OK);
	ck_assert_int_eq(supplier_give_rows(&s, supplier_content.plain, 0, 1,
			     1),
	    PH_EMESSAGE);
	ck_assert_int_eq(receive_on_done(s.receive), PH_EMESSAGE);
	supplier_settle(&s);
	supplier_next_pull(&s, &pull);
	ck_assert_uint_eq(pull.segment, 0);
	other = pull;
	other.segment = 1;
	other.offset = 1;
	ck_assert_int_eq(supplier_give_data(&s, &other, 10), PH_EMESSAGE);
	other = pull;
	other.offset = 1;
	ck_assert_int_eq(supplier_give_data(&s, &other, 10), PH_EMESSAGE);
	other.segment = 2;
	other.offset = 0;
	ck_assert_int_eq(supplier_give_data(&s, &other, 10), PH_EMESSAGE);
	ck_assert_int_eq(supplier_give_data(&s, &pull, pull.credit), PH_OK);
	/* More than was asked for. */
	other = pull;
	other.offset = pull.credit - 10;
	ck_assert_int_eq(supplier_give_data(&s, &other, 10), PH_EMESSAGE);
	while (supplier_next(&s, &frame))
		;
	receive_on_refused(s.receive, PH_EABSENT);
	ck_assert_int_eq(supplier_give_data(&s, &other, 10), PH_OK);
	ck_assert_int_eq(supplier_give_plan(&s, &plan), PH_OK);
	ck_assert_int_eq(supplier_give_rows(&s, supplier_content.delta, 0, 2,
			     0),
	    PH_OK);
	ck_assert_int_eq(receive_on_done(s.receive), PH_OK);
	ck_assert_int_eq(supplier_next(&s, &frame), 0);
}
END_TEST

START_TEST(refused)
{
	struct failure f;
	int code;

	supplier_offer(&s);
	supplier_settle(&s);
	s.nready = 0;
	s.inside = 1;
	receive_on_refused(s.receive, PH_EABSENT);
	receive_on_refused(s.receive, PH_EPEERBUSY);
	s.inside = 0;
	ck_assert_int_eq(receive_finished(s.receive, &code, &f), 1);
	ck_assert_int_eq(code, PH_EABSENT);
	ck_assert_ptr_nonnull(strstr(f.what, "disk 2"));
	supplier_settle(&s);
	ck_assert_uint_eq(s.nready, 0);
	ck_assert_int_eq(supplier_staged(&s, "target"), 1);
}
END_TEST

/* What serve_some() came to. */
static struct receive_stats cut;

/* Pull all, but of each segment no more than some bytes; then cut. */
static void
serve_some(uint32_t max, int plain)
{
	struct message_pull pull;
	struct frame frame;
	int quiet;

	/* A job that comes back may submit another before it asks. */
	for (quiet = 0; quiet < 20; quiet++) {
		supplier_settle(&s);
		while (supplier_next(&s, &frame)) {
			quiet = -1;
			if (frame.type != MESSAGE_PULL) {
				supplier_answer(&s, &frame);
				continue;
			}
			ck_assert_int_eq(message_pull_decode(&frame, &pull),
			    PH_OK);
			if (pull.plain != plain)
				supplier_answer(&s, &frame);
			else if (pull.offset < max)
				ck_assert_int_eq(supplier_give_data(&s, &pull,
						     max - pull.offset),
				    PH_OK);
		}
	}
	receive_get_stats(s.receive, &cut);
	supplier_stop(&s);
	supplier_settle(&s);
}

START_TEST(resumes)
{
	struct receive_stats stats;
	uint64_t staged;
	uint32_t i;

	supplier_offer(&s);
	supplier_announce(&s, 0);
	serve_some(PH_SEGMENT_SIZE / 4 * 3, 0);
	staged = 0;
	for (i = 0; i < SUPPLIER_SEGMENTS; i++)
		staged += supplier_part(&s, i);
	ck_assert_uint_gt(staged, RECEIVE_STREAMS * (PH_SEGMENT_SIZE / 8));
	supplier_offer(&s);
	supplier_announce(&s, 0);
	ck_assert_int_eq(supplier_serve(&s), PH_OK);
	supplier_check_target(&s);
	receive_get_stats(s.receive, &stats);
	ck_assert_uint_eq(stats.resumed_bytes, staged);
	ck_assert_uint_le(s.pulled + staged,
	    SUPPLIER_SIZE + SUPPLIER_SEGMENTS * UINT64_C(512));
}
END_TEST

/*
 * Where everything was done before, DONE may come at any moment: while that
 * is found out, and while the whole is hashed.
 */
START_TEST(resumes_with_nothing_to_pull)
{
	struct message_plan plan;
	struct frame frame;
	struct failure f;
	int code, i, over, turns;

	supplier_offer(&s);
	supplier_announce(&s, 1);
	ck_assert_int_eq(supplier_serve(&s), PH_OK);
	over = 0;
	for (turns = 0; !over; turns++) {
		ck_assert_int_lt(turns, 100);
		supplier_stop(&s);
		supplier_settle(&s);
		supplier_offer(&s);
		supplier_settle(&s);
		ck_assert_int_eq(supplier_next(&s, &frame), 1);
		plan = supplier_plan(1);
		ck_assert_int_eq(supplier_give_plan(&s, &plan), PH_OK);
		ck_assert_int_eq(supplier_give_rows(&s, supplier_content.delta,
				     0, SUPPLIER_SEGMENTS, 0),
		    PH_OK);
		for (i = 0; i < turns; i++)
			loop_turn(s.loop);
		over = receive_finished(s.receive, &code, &f);
		ck_assert_int_eq(receive_on_done(s.receive), PH_OK);
		ck_assert_int_eq(supplier_serve(&s), PH_OK);
		supplier_check_target(&s);
	}
	/* At least: planned, rows kept, found, hashed. */
	ck_assert_int_gt(turns, 4);
}
END_TEST

/* Segments that are done stay, whatever the next plan is made from. */
START_TEST(resumes_with_another_base)
{
	struct message_pull pull;
	struct receive_stats stats;
	struct frame frame;

	supplier_offer(&s);
	supplier_announce(&s, 0);
	supplier_settle(&s);
	supplier_next_pull(&s, &pull);
	while (supplier_next(&s, &frame))
		;
	while (pull.offset < supplier_content.plain[0].row.len) {
		pull.credit = supplier_content.plain[0].row.len - pull.offset;
		if (pull.credit > RECEIVE_STREAM_WINDOW / 2)
			pull.credit = RECEIVE_STREAM_WINDOW / 2;
		ck_assert_int_eq(supplier_give_data(&s, &pull, pull.credit),
		    PH_OK);
		pull.offset += pull.credit;
		supplier_settle(&s);
		while (supplier_next(&s, &frame))
			;
	}
	supplier_stop(&s);
	supplier_settle(&s);
	supplier_offer(&s);
	supplier_announce(&s, 1);
	ck_assert_int_eq(supplier_serve(&s), PH_OK);
	supplier_check_target(&s);
	receive_get_stats(s.receive, &stats);
	ck_assert_uint_eq(stats.resumed_bytes, PH_SEGMENT_SIZE);
	ck_assert_uint_eq(stats.logical_bytes, SUPPLIER_SIZE);
}
END_TEST

/* A damaged encoding is asked for again, but not for ever. */
START_TEST(damaged)
{
	supplier_content.delta[1].damaged = 2;
	supplier_content.delta[3].damaged = 1;
	supplier_offer(&s);
	supplier_announce(&s, 1);
	ck_assert_int_eq(supplier_serve(&s), PH_OK);
	supplier_check_target(&s);
	supplier_stop(&s);
	supplier_settle(&s);
	ck_assert_uint_eq(supplier_content.delta[1].damaged, 0);
	ck_assert_uint_gt(s.pulled, SUPPLIER_SIZE / 2 + PH_SEGMENT_SIZE / 2);
}
END_TEST

START_TEST(damaged_for_ever)
{
	supplier_content.delta[2].damaged = 100;
	supplier_offer(&s);
	supplier_announce(&s, 1);
	ck_assert_int_eq(supplier_serve(&s), PH_EDIGEST);
	ck_assert_uint_eq(supplier_content.delta[2].damaged, 97);
	/* What was right stays. */
	supplier_stop(&s);
	supplier_settle(&s);
	supplier_content.delta[2].damaged = 0;
	supplier_offer(&s);
	supplier_announce(&s, 1);
	ck_assert_int_eq(supplier_serve(&s), PH_OK);
	ck_assert_uint_lt(s.pulled, SUPPLIER_SIZE / 2);
}
END_TEST

/* The bytes of the base are not what the provider has, for a segment. */
static void
spoil_base(uint32_t segment)
{
	char hex[DIGEST_HEX_SIZE], path[800];
	struct timespec times[2];
	struct stat st;
	int fd, dir;

	dir = store_dir(s.store.store, STORE_BLOBS);
	digest_hex(&supplier_content.base_digest, hex);
	ck_assert_int_eq(fstatat(dir, hex, &st, 0), 0);
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	(void)snprintf(path, sizeof(path), "%s/blobs/%s", s.store.path, hex);
	ck_assert_int_eq(chmod(path, 0644), 0);
	fd = openat(dir, hex, O_RDWR | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pwrite(fd, "spoilt", 6,
			     (off_t)segment * PH_SEGMENT_SIZE + 100),
	    6);
	ck_assert_int_eq(futimens(fd, times), 0);
	(void)close(fd);
	ck_assert_int_eq(chmod(path, 0444), 0);
}

START_TEST(wrong_base)
{
	struct receive_stats stats;

	spoil_base(1);
	spoil_base(2);
	spoil_base(4);
	supplier_offer(&s);
	supplier_announce(&s, 1);
	ck_assert_int_eq(supplier_serve(&s), PH_OK);
	supplier_check_target(&s);
	receive_get_stats(s.receive, &stats);
	ck_assert_uint_eq(stats.fallbacks, 3);
	ck_assert_uint_eq(s.nqueries, 3);
}
END_TEST

START_TEST(missing_base)
{
	struct receive_stats stats;
	char hex[DIGEST_HEX_SIZE];

	digest_hex(&supplier_content.base_digest, hex);
	ck_assert_int_eq(unlinkat(store_dir(s.store.store, STORE_BLOBS), hex,
			     0),
	    0);
	supplier_offer(&s);
	supplier_announce(&s, 1);
	ck_assert_int_eq(supplier_serve(&s), PH_OK);
	supplier_check_target(&s);
	receive_get_stats(s.receive, &stats);
	ck_assert_uint_eq(stats.fallbacks, SUPPLIER_SEGMENTS);
	ck_assert_uint_eq(s.nqueries, SUPPLIER_SEGMENTS);
	ck_assert_uint_lt(s.pulled, SUPPLIER_SIZE + PH_SEGMENT_SIZE / 2);
}
END_TEST

/* A plain encoding that was cut continues, and its delta is not asked for. */
START_TEST(plain_resumes)
{
	struct receive_stats stats;
	uint64_t staged;

	spoil_base(1);
	supplier_offer(&s);
	supplier_announce(&s, 1);
	serve_some(PH_SEGMENT_SIZE / 4 * 3, 1);
	ck_assert_uint_eq(cut.fallbacks, 1);
	staged = supplier_part(&s, 1);
	ck_assert_uint_ge(staged, PH_SEGMENT_SIZE / 2);
	supplier_offer(&s);
	supplier_announce(&s, 1);
	ck_assert_int_eq(supplier_serve(&s), PH_OK);
	supplier_check_target(&s);
	ck_assert_uint_eq(s.nqueries, 1);
	ck_assert_uint_eq(s.pulled, supplier_content.plain[1].row.len - staged);
	receive_get_stats(s.receive, &stats);
	/* It was counted when its base failed. */
	ck_assert_uint_eq(stats.fallbacks, 0);
	ck_assert_uint_eq(stats.resumed_bytes,
	    SUPPLIER_SIZE - PH_SEGMENT_SIZE + staged);
}
END_TEST

/*
 * The provider keeps one plain encoding: one that came damaged is asked for
 * again, after another that was asked for meanwhile.
 */
START_TEST(damaged_plain)
{
	struct message_plain_query query;
	struct message_pull pull;
	struct frame frame;
	uint32_t kept, length;
	int code, steps;

	spoil_base(0);
	spoil_base(1);
	spoil_base(2);
	supplier_content.plain[0].damaged = 1;
	supplier_content.plain[1].damaged = 1;
	supplier_offer(&s);
	supplier_announce(&s, 1);
	kept = UINT32_MAX;
	for (steps = 0; !supplier_is_over(&s, &code); steps++) {
		ck_assert_int_lt(steps, 10000);
		while (supplier_next(&s, &frame)) {
			if (frame.type == MESSAGE_PLAIN_QUERY) {
				ck_assert_int_eq(
				    message_plain_query_decode(&frame, &query),
				    PH_OK);
				kept = query.segment;
			} else {
				ck_assert_int_eq(message_pull_decode(&frame,
						     &pull),
				    PH_OK);
				length = supplier_content.plain[pull.segment]
					     .row.len;
				ck_assert_uint_le(pull.offset + pull.credit,
				    length);
				ck_assert(!pull.plain || pull.segment == kept);
			}
			supplier_answer(&s, &frame);
		}
	}
	ck_assert_int_eq(code, PH_OK);
	supplier_check_target(&s);
}
END_TEST

/* Whatever call fails (of a sample), the next time it comes, whole. */
START_TEST(disk_fails)
{
	unsigned int at;
	int code, fired;

	at = 1;
	do {
		supplier_offer(&s);
		supplier_announce(&s, 1);
		fault_files_arm(&s.faults, FAULT_FAIL, at,
		    at % 2 == 0 ? ENOSPC : EIO);
		code = supplier_serve(&s);
		fired = fault_files_fired(&s.faults);
		fault_files_disarm(&s.faults);
		if (code == PH_OK)
			supplier_check_target(&s);
		supplier_stop(&s);
		supplier_settle(&s);
		supplier_offer(&s);
		supplier_announce(&s, 1);
		ck_assert_int_eq(supplier_serve(&s), PH_OK);
		supplier_check_target(&s);
		supplier_stop(&s);
		supplier_settle(&s);
		ck_assert_int_eq(partial_discard(s.store.store,
				     &supplier_content.blob),
		    PH_OK);
		at += 5 + PH_SEGMENT_SIZE / (1u << 20);
	} while (fired);
}
END_TEST

/* No room for what an encoding makes: the encoding stays. */
START_TEST(full_disk)
{
	uint64_t before;
	uint32_t i;

	supplier_offer(&s);
	supplier_announce(&s, 0);
	s.target_error = ENOSPC;
	ck_assert_int_eq(supplier_serve(&s), PH_ENOSPC);
	before = 0;
	for (i = 0; i < SUPPLIER_SEGMENTS; i++)
		before += supplier_part(&s, i);
	ck_assert_uint_ge(before, supplier_content.plain[0].row.len);
	supplier_stop(&s);
	supplier_settle(&s);
	s.target_error = 0;
	supplier_offer(&s);
	supplier_announce(&s, 0);
	ck_assert_int_eq(supplier_serve(&s), PH_OK);
	supplier_check_target(&s);
	ck_assert_uint_le(s.pulled + before,
	    SUPPLIER_SIZE + SUPPLIER_SEGMENTS * UINT64_C(512));
}
END_TEST

/* Segments that are right and a whole that is not: all goes. */
START_TEST(wrong_whole)
{
	s.config.map = supplier_content.blob;
	supplier_offer(&s);
	supplier_announce(&s, 0);
	ck_assert_int_eq(supplier_serve(&s), PH_EDIGEST);
	ck_assert_int_eq(supplier_staged(&s, ""), 0);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tcase;

	suite = suite_create("receive");
	tcase = tcase_create("receive");
	tcase_add_unchecked_fixture(tcase, supplier_make_content,
	    supplier_free_content);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, whole);
	tcase_add_test(tcase, credit);
	tcase_add_test(tcase, unexpected);
	tcase_add_test(tcase, refused);
	tcase_add_test(tcase, resumes);
	tcase_add_test(tcase, resumes_with_nothing_to_pull);
	tcase_add_test(tcase, resumes_with_another_base);
	tcase_add_test(tcase, damaged);
	tcase_add_test(tcase, damaged_for_ever);
	tcase_add_test(tcase, wrong_base);
	tcase_add_test(tcase, missing_base);
	tcase_add_test(tcase, plain_resumes);
	tcase_add_test(tcase, damaged_plain);
	tcase_add_test(tcase, disk_fails);
	tcase_add_test(tcase, full_disk);
	tcase_add_test(tcase, wrong_whole);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
