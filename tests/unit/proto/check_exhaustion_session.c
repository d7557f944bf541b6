/*
 * Frames, messages and control envelopes without memory: every allocation of
 * each piece of work fails once, and the work says PH_ENOMEM, loses nothing
 * and leaves half of nothing in a buffer.
 */
#include <assert.h>
#include <string.h>

#include "tests/unit/check_main.h"
#include "tests/unit/proto/allocations.h"
#include "tests/unit/proto/any_message.h"
#include "tests/unit/proto/message_vectors.h"

#include "proto/control.h"
#include "proto/errors.h"
#include "proto/merkle.h"

static struct failure failures[2];

static void
setup(void)
{
	size_t count;

	(void)message_vectors(&count);
	(void)failure_set(&failures[0], PH_EPARTIAL, "1 of 2 done");
	(void)failure_set(&failures[1], PH_ENOSPC, "12 GiB are missing");
}

/* Decode a vector and write it again. */
static int
work_message(int index)
{
	const struct message_vector *v;
	struct any_message m;
	struct buffer out;
	size_t count;
	int r;

	v = &message_vectors(&count)[index];
	buffer_init(&out, FRAME_HEADER_SIZE + MESSAGE_PAYLOAD_MAX);
	r = any_message_decode(&v->frame, &m);
	if (r == PH_OK)
		r = any_message_encode(&m, &out);
	assert(r == PH_OK || out.len == 0);
	buffer_fini(&out);
	return r;
}

/* A frame in two pieces. */
static int
work_frame(int unused)
{
	struct frame_decoder *d;
	struct buffer stream;
	struct reader in;
	struct frame f;
	int r;

	(void)unused;
	buffer_init(&stream, 1024);
	d = frame_decoder_new();
	r = d == NULL ? PH_ENOMEM :
			frame_put(&stream, MESSAGE_PING, 0, "12345678", 8);
	if (r == PH_OK) {
		reader_init(&in, stream.data, 15);
		r = frame_decoder_feed(d, &in, &f);
	}
	if (r == 0) {
		reader_init(&in, stream.data + 15, stream.len - 15);
		r = frame_decoder_feed(d, &in, &f);
		assert(r != 0);
	}
	frame_decoder_free(d);
	buffer_fini(&stream);
	return r == 1 ? PH_OK : r;
}

/* Write a request, and read it in two pieces. */
static int
work_request(int unused)
{
	struct control_decoder *d;
	struct control_request request;
	struct control_writer w;
	struct buffer stream;
	struct reader in;
	const uint8_t *text;
	size_t len;
	int r;

	(void)unused;
	text = NULL;
	len = 0;
	buffer_init(&stream, 1024);
	control_request_begin(&w, "status", &stream);
	json_put_string(&w.json, "name", "winxp");
	r = control_end(&w);
	d = r == PH_OK ? control_decoder_new() : NULL;
	if (r == PH_OK && d == NULL)
		r = PH_ENOMEM;
	if (r == PH_OK) {
		reader_init(&in, stream.data, 9);
		r = control_decoder_feed(d, &in, &text, &len);
	}
	if (r == PH_OK) {
		reader_init(&in, stream.data + 9, stream.len - 9);
		r = control_decoder_feed(d, &in, &text, &len);
	}
	if (r == 1) {
		r = control_request_decode(text, len, &request);
		if (r == PH_OK)
			control_request_fini(&request);
	}
	control_decoder_free(d);
	buffer_fini(&stream);
	return r;
}

/* Write an error of parts, and read it. */
static int
work_answer(int unused)
{
	struct control_answer answer;
	struct buffer out;
	int r;

	(void)unused;
	buffer_init(&out, 4096);
	r = control_error_encode(&failures[0], failures, 2, &out);
	assert(r == PH_OK || out.len == 0);
	if (r == PH_OK)
		r = control_answer_decode(out.data + CONTROL_HEADER_SIZE,
		    out.len - CONTROL_HEADER_SIZE, &answer);
	if (r == PH_OK)
		control_answer_fini(&answer);
	buffer_fini(&out);
	return r;
}

static int
work_leaf(int unused)
{
	struct digest leaf;

	(void)unused;
	return merkle_leaf("body", 4, &leaf);
}

static int (*const works[])(
    int unused) = { work_frame, work_request, work_answer, work_leaf };

START_TEST(each_allocation)
{
	allocations_fail_each(works[_i], 0);
}
END_TEST

START_TEST(each_allocation_of_each_message)
{
	const struct message_vector *v;
	size_t count, i;

	v = message_vectors(&count);
	for (i = 0; i < count; i++) {
		if (v[i].verdict == PH_OK)
			allocations_fail_each(work_message, (int)i);
	}
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tcase;

	suite = suite_create("exhaustion_session");
	tcase = tcase_create("exhaustion");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_loop_test(tcase, each_allocation, 0,
	    (int)(sizeof(works) / sizeof(works[0])));
	tcase_add_test(tcase, each_allocation_of_each_message);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
