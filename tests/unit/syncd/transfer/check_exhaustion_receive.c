/*
 * Receiving without memory: it ends and says why, and its owner is called
 * from jobs alone.  What is asserted here while allocations fail must not
 * allocate.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "proto/errors.h"
#include "proto/segment.h"
#include "tests/unit/check_main.h"
#include "tests/unit/proto/allocations.h"
#include "tests/unit/syncd/transfer/supplier.h"

#define SIZE 5000u

static struct supplier s;
static struct message_plan plan;
static struct message_segments rows;
static struct message_data data;
static struct buffer encoding, row_bytes, out;
static struct receive *receive;
static char name[DIGEST_HEX_SIZE];
static int inside;

/* A blob of one small segment, all of it literal. */
static void
setup(void)
{
	struct segment_content content;
	struct message_row row;
	struct segment_op op;
	struct codec *codec;

	supplier_begin(&s, 0);
	memset(&op, 0, sizeof(op));
	op.kind = SEGMENT_LITERAL;
	op.length = SIZE;
	memset(&content, 0, sizeof(content));
	content.target_length = SIZE;
	digest_of(supplier_content.target, SIZE, &content.target);
	content.ops = &op;
	content.nops = 1;
	content.literals = supplier_content.target;
	content.nliterals = SIZE;
	codec = codec_new();
	ck_assert_ptr_nonnull(codec);
	buffer_init(&encoding, PH_ENCODING_SIZE_MAX);
	ck_assert_int_eq(segment_encode(codec, &content, &encoding), PH_OK);
	codec_free(codec);
	digest_of(encoding.data, encoding.len, &row.encoding);
	row.len = (uint32_t)encoding.len;
	row.target = content.target;
	buffer_init(&row_bytes, MESSAGE_ROW_SIZE);
	ck_assert_int_eq(message_row_encode(&row, &row_bytes), PH_OK);
	rows.rows = row_bytes.data;
	rows.nrows = 1;
	data.bytes = encoding.data;
	data.len = encoding.len;
	s.config.blob = content.target;
	s.config.size = SIZE;
	digest_hex(&s.config.blob, name);
	plan = supplier_plan(0);
	plan.blob = s.config.blob;
	plan.size = SIZE;
	plan.data = SIZE;
	plan.nsegments = 1;
	buffer_init(&out, 4096);
}

static void
teardown(void)
{
	receive_free(receive);
	buffer_fini(&encoding);
	buffer_fini(&row_bytes);
	buffer_fini(&out);
	supplier_end(&s);
}

static void
on_ready(void *cookie)
{
	(void)cookie;
	if (inside)
		abort();
}

/* Forget the one before, and what it staged. */
static void
start_anew(void)
{
	static int n;
	char old[32];
	int staging;

	receive_free(receive);
	receive = NULL;
	worker_drain(s.workers);
	staging = store_dir(s.store.store, STORE_STAGING);
	(void)snprintf(old, sizeof(old), "old-%d", n++);
	(void)!renameat(staging, name, staging, old);
	buffer_fini(&out);
}

/* What a function returned; then all jobs, and how it ended so far. */
static int
settle(int code)
{
	struct failure f;
	int result;

	inside = 0;
	worker_drain(s.workers);
	if (code == PH_OK && receive_finished(receive, &result, &f))
		code = result;
	inside = 1;
	return code;
}

/* All until the segment is applied. */
static int
work(int argument)
{
	struct receive_stats stats;
	int r;

	(void)argument;
	start_anew();
	inside = 1;
	receive = receive_new(&s.config, on_ready, NULL);
	if (receive == NULL)
		return PH_ENOMEM;
	r = settle(PH_OK);
	if (r == PH_OK)
		r = receive_control(receive, &out);
	if (r == PH_OK)
		r = receive_on_plan(receive, &plan);
	if (r == PH_OK)
		r = receive_on_segments(receive, &rows);
	r = settle(r);
	if (r == PH_OK)
		r = receive_control(receive, &out);
	if (r == PH_OK)
		r = receive_on_data(receive, &data);
	inside = 0;
	if (r != PH_OK)
		return r;
	while (worker_pending(s.workers) > 0)
		loop_turn(s.loop);
	r = settle(PH_OK);
	receive_get_stats(receive, &stats);
	/* The map that is asked for is another's. */
	if (stats.logical_bytes == SIZE && r == PH_EDIGEST)
		r = PH_OK;
	return r;
}

START_TEST(every_allocation)
{
	allocations_fail_each(work, 0);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tcase;

	suite = suite_create("exhaustion_receive");
	tcase = tcase_create("exhaustion_receive");
	tcase_add_unchecked_fixture(tcase, supplier_make_content,
	    supplier_free_content);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, every_allocation);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
