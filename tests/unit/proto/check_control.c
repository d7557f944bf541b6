/*
 * The control protocol: envelopes there and back, what readers refuse, and a
 * decoder for which pieces do not matter.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/check_main.h"

#include "proto/control.h"
#include "proto/errors.h"
#include "proto/json_terms.h"

static struct buffer out;

static void
setup(void)
{
	buffer_init(&out, PH_CONTROL_MAX + 4096);
}

static void
teardown(void)
{
	buffer_fini(&out);
}

/* out is one frame with this text. */
static void
assert_text(const char *text)
{
	struct reader r;
	uint32_t len;

	reader_init(&r, out.data, out.len);
	ck_assert_int_eq(reader_get_u32(&r, &len), PH_OK);
	ck_assert_uint_eq(len, r.len);
	ck_assert_uint_eq(len, strlen(text));
	ck_assert_mem_eq(r.data, text, len);
}

/* The text of the frame in out. */
static const char *
text_of(size_t *len)
{
	*len = out.len - CONTROL_HEADER_SIZE;
	return (const char *)out.data + CONTROL_HEADER_SIZE;
}

START_TEST(a_request)
{
	struct control_request request;
	struct control_writer w;
	const char *name, *text;
	size_t len;

	control_request_begin(&w, "image.publish", &out);
	json_put_string(&w.json, "name", "winxp");
	ck_assert_int_eq(control_end(&w), PH_OK);
	assert_text("{\"version\":1,\"verb\":\"image.publish\","
		    "\"arguments\":{\"name\":\"winxp\"}}");
	text = text_of(&len);
	ck_assert_int_eq(control_request_decode(text, len, &request), PH_OK);
	ck_assert_str_eq(request.verb, "image.publish");
	json_get_string(&request.arguments, "name", &name, NULL);
	json_object_end(&request.arguments);
	ck_assert_int_eq(json_error(request.tree), PH_OK);
	ck_assert_str_eq(name, "winxp");
	control_request_fini(&request);
	control_request_fini(&request);
}
END_TEST

/* Requests and what becomes of them. */
static const struct {
	const char *text;
	int result;
} requests[] = {
	{ "{\"version\":1,\"verb\":\"status\",\"arguments\":{}}", PH_OK },
	{ " {\"arguments\":{}, \"verb\":\"a-b.c1\", \"version\":1}\n", PH_OK },
	{ "{\"version\":2,\"word\":\"status\"}", PH_EVERSION },
	{ "{\"version\":0,\"verb\":\"status\",\"arguments\":{}}", PH_EVERSION },
	{ "{\"version\":\"1\",\"verb\":\"status\",\"arguments\":{}}",
	    PH_EJSON },
	{ "{\"verb\":\"status\",\"arguments\":{}}", PH_EJSON },
	{ "{\"version\":1,\"arguments\":{}}", PH_EJSON },
	{ "{\"version\":1,\"verb\":\"status\"}", PH_EJSON },
	{ "{\"version\":1,\"verb\":\"status\",\"arguments\":[]}", PH_EJSON },
	{ "{\"version\":1,\"verb\":\"status\",\"arguments\":{},\"x\":1}",
	    PH_EJSON },
	{ "{\"version\":1,\"verb\":\"\",\"arguments\":{}}", PH_EJSON },
	{ "{\"version\":1,\"verb\":\"Status\",\"arguments\":{}}", PH_EJSON },
	{ "{\"version\":1,\"verb\":\"a b\",\"arguments\":{}}", PH_EJSON },
	{ "{\"version\":1,\"verb\":"
	  "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\","
	  "\"arguments\":{}}",
	    PH_EJSON },
	{ "{\"version\":1,\"verb\":"
	  "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\","
	  "\"arguments\":{}}",
	    PH_OK },
	{ "[]", PH_EJSON },
	{ "", PH_EJSON },
};

START_TEST(requests_are_judged)
{
	struct control_request request;
	const char *text;
	int r;

	text = requests[_i].text;
	r = control_request_decode(text, strlen(text), &request);
	ck_assert_int_eq(r, requests[_i].result);
	if (r == PH_OK)
		control_request_fini(&request);
	else
		ck_assert_ptr_null(request.tree);
}
END_TEST

START_TEST(progress_and_a_result)
{
	struct control_answer answer;
	struct control_writer w;
	const char *text;
	uint64_t done;
	size_t len;

	control_progress_begin(&w, &out);
	json_put_u64(&w.json, "done", 3);
	ck_assert_int_eq(control_end(&w), PH_OK);
	assert_text("{\"progress\":{\"done\":3}}");
	text = text_of(&len);
	ck_assert_int_eq(control_answer_decode(text, len, &answer), PH_OK);
	ck_assert_int_eq(answer.kind, CONTROL_PROGRESS);
	json_get_u64(&answer.body, "done", 0, &done);
	ck_assert_uint_eq(done, 3);
	ck_assert_uint_eq(answer.len, 10);
	ck_assert_mem_eq(answer.text, "{\"done\":3}", 10);
	control_answer_fini(&answer);
	buffer_reset(&out);
	control_result_begin(&w, &out);
	ck_assert_int_eq(control_end(&w), PH_OK);
	assert_text("{\"result\":{}}");
	text = text_of(&len);
	ck_assert_int_eq(control_answer_decode(text, len, &answer), PH_OK);
	ck_assert_int_eq(answer.kind, CONTROL_RESULT);
	ck_assert_uint_eq(answer.len, 2);
	control_answer_fini(&answer);
}
END_TEST

START_TEST(the_text_of_a_result_is_found_in_any_form)
{
	static const char *const texts[] = {
		"{\"result\":{\"a\":\"}\\\" :\"}}",
		" { \"result\" : {\"a\":\"}\\\" :\"} } \n",
		"\t{\n\"\\u0072esult\"\r\n:{\"a\":\"}\\\" :\"}}",
	};
	struct control_answer answer;

	ck_assert_int_eq(control_answer_decode(texts[_i], strlen(texts[_i]),
			     &answer),
	    PH_OK);
	ck_assert_int_eq(answer.kind, CONTROL_RESULT);
	ck_assert_uint_eq(answer.len, 13);
	ck_assert_mem_eq(answer.text, "{\"a\":\"}\\\" :\"}", 13);
	control_answer_fini(&answer);
}
END_TEST

START_TEST(an_error)
{
	struct control_answer answer;
	struct failure f;
	const char *text;
	size_t len;

	(void)failure_set(&f, PH_EPOLICY, "rule %d selects nothing", 3);
	failure_where(&f, "policy.yaml:12:5");
	failure_next(&f, "name an image");
	ck_assert_int_eq(control_error_encode(&f, NULL, 0, &out), PH_OK);
	assert_text("{\"error\":{\"code\":\"policy\",\"exit\":2,"
		    "\"what\":\"rule 3 selects nothing\","
		    "\"where\":\"policy.yaml:12:5\","
		    "\"next\":\"name an image\"}}");
	text = text_of(&len);
	ck_assert_int_eq(control_answer_decode(text, len, &answer), PH_OK);
	ck_assert_int_eq(answer.kind, CONTROL_ERROR);
	ck_assert_int_eq(answer.failure.code, PH_EPOLICY);
	ck_assert_int_eq(answer.exit_status, 2);
	ck_assert_str_eq(answer.failure.what, f.what);
	ck_assert_str_eq(answer.failure.where, f.where);
	ck_assert_str_eq(answer.failure.next, f.next);
	ck_assert_uint_eq(answer.parts.count, 0);
	ck_assert_ptr_null(answer.text);
	control_answer_fini(&answer);
}
END_TEST

START_TEST(an_error_of_parts)
{
	struct control_answer answer;
	struct failure f, part, parts[2];
	const char *text;
	size_t len;

	(void)failure_set(&f, PH_EPARTIAL, "1 of 3 done");
	(void)failure_set(&parts[0], PH_ENOSPC, "12 GiB are missing");
	(void)failure_set(&parts[1], PH_ECUT, "the link was cut");
	ck_assert_int_eq(control_error_encode(&f, parts, 2, &out), PH_OK);
	text = text_of(&len);
	ck_assert_int_eq(control_answer_decode(text, len, &answer), PH_OK);
	ck_assert_int_eq(answer.exit_status, 9);
	ck_assert_uint_eq(answer.parts.count, 2);
	ck_assert_int_eq(control_answer_part(&answer, 1, &part), PH_OK);
	ck_assert_int_eq(part.code, PH_ECUT);
	ck_assert_str_eq(part.what, "the link was cut");
	ck_assert_int_eq(control_answer_part(&answer, 0, &part), PH_OK);
	ck_assert_int_eq(part.code, PH_ENOSPC);
	control_answer_fini(&answer);
}
END_TEST

START_TEST(an_error_of_a_later_release_keeps_its_exit_status)
{
	static const char text[] = "{\"error\":{\"code\":\"out-of-hay\","
				   "\"exit\":7,\"what\":\"w\",\"where\":\"\","
				   "\"next\":\"\"},\"errors\":[]}";
	struct control_answer answer;

	ck_assert_int_eq(control_answer_decode(text, strlen(text), &answer),
	    PH_OK);
	ck_assert_int_eq(answer.failure.code, PH_EINTERNAL);
	ck_assert_int_eq(answer.exit_status, 7);
	control_answer_fini(&answer);
}
END_TEST

START_TEST(a_failure_that_is_no_text_is_made_one)
{
	struct control_answer answer;
	struct failure f;
	const char *text;
	size_t i, len;

	memset(&f, 0, sizeof(f));
	f.code = PH_EFILE;
	/* Cut in the middle of a character, as a full array may be. */
	for (i = 0; i + 2 < sizeof(f.what); i += 2)
		memcpy(f.what + i, "\xc3\xa4", 2);
	f.what[i] = '\xc3';
	strcpy(f.where, "a\nb\xff\xe2\x82\xac");
	strcpy(f.next, "\xf0\x9f\x90\xb4 \xf0\x9f\x90");
	ck_assert_int_eq(control_error_encode(&f, NULL, 0, &out), PH_OK);
	text = text_of(&len);
	ck_assert_int_eq(control_answer_decode(text, len, &answer), PH_OK);
	ck_assert_uint_eq(strlen(answer.failure.what), sizeof(f.what) - 1);
	ck_assert_mem_eq(answer.failure.what, f.what, i);
	ck_assert_str_eq(answer.failure.what + i, "?");
	ck_assert_str_eq(answer.failure.where, "a?b?\xe2\x82\xac");
	ck_assert_str_eq(answer.failure.next, "\xf0\x9f\x90\xb4 ???");
	control_answer_fini(&answer);
}
END_TEST

START_TEST(a_longer_failure_is_cut)
{
	struct control_answer answer;
	char text[4096], what[1024];

	memset(what, 'w', sizeof(what) - 1);
	what[sizeof(what) - 1] = '\0';
	(void)snprintf(text, sizeof(text),
	    "{\"error\":{\"code\":\"io\",\"exit\":1,\"what\":\"%s\","
	    "\"where\":\"%s\",\"next\":\"%s\"}}",
	    what, what, what);
	ck_assert_int_eq(control_answer_decode(text, strlen(text), &answer),
	    PH_OK);
	ck_assert_uint_eq(strlen(answer.failure.what),
	    sizeof(answer.failure.what) - 1);
	ck_assert_uint_eq(strlen(answer.failure.where),
	    sizeof(answer.failure.where) - 1);
	control_answer_fini(&answer);
}
END_TEST

/* An error object with everything. */
#define ERROR_OBJECT                                                           \
	"{\"code\":\"io\",\"exit\":1,\"what\":\"w\",\"where\":\"\","           \
	"\"next\":\"\"}"

/* Answers that are refused. */
static const char *const bad_answers[] = {
	"",
	"[]",
	"{}",
	"{\"other\":{}}",
	"{\"progress\":{},\"result\":{}}",
	"{\"result\":{},\"error\":" ERROR_OBJECT "}",
	"{\"result\":null}",
	"{\"result\":[]}",
	"{\"result\":{},\"errors\":[]}",
	"{\"error\":{}}",
	"{\"error\":{\"code\":\"io\",\"exit\":0,\"what\":\"w\",\"where\":\"\","
	"\"next\":\"\"}}",
	"{\"error\":{\"code\":\"io\",\"exit\":126,\"what\":\"w\","
	"\"where\":\"\",\"next\":\"\"}}",
	"{\"error\":{\"code\":\"io\",\"exit\":1,\"what\":\"w\"}}",
	"{\"error\":" ERROR_OBJECT ",\"errors\":{}}",
	"{\"error\":" ERROR_OBJECT ",\"other\":{}}",
};

START_TEST(bad_answers_are_refused)
{
	struct control_answer answer;
	const char *text;

	text = bad_answers[_i];
	ck_assert_int_eq(control_answer_decode(text, strlen(text), &answer),
	    PH_EJSON);
	ck_assert_ptr_null(answer.tree);
}
END_TEST

START_TEST(a_bad_part_is_refused)
{
	static const char text[] =
	    "{\"error\":" ERROR_OBJECT ",\"errors\":[{\"code\":\"io\"}]}";
	struct control_answer answer;
	struct failure part;

	ck_assert_int_eq(control_answer_decode(text, strlen(text), &answer),
	    PH_OK);
	ck_assert_int_eq(control_answer_part(&answer, 0, &part), PH_EJSON);
	control_answer_fini(&answer);
}
END_TEST

START_TEST(a_failure_stands_inside_a_result)
{
	struct control_answer answer;
	struct control_writer w;
	struct failure f, read;
	const char *text;
	size_t len;
	int status;

	(void)failure_set(&f, PH_EDENIED, "winxp@9 is not granted");
	control_result_begin(&w, &out);
	control_put_failure(&w.json, "reason", &f);
	control_put_failure(&w.json, "other", &f);
	json_put_null(&w.json, "none");
	ck_assert_int_eq(control_end(&w), PH_OK);
	text = text_of(&len);
	ck_assert_int_eq(control_answer_decode(text, len, &answer), PH_OK);
	control_get_failure_or_null(&answer.body, "none", &read, &status);
	ck_assert_int_eq(read.code, PH_OK);
	ck_assert_int_eq(status, 0);
	control_get_failure_or_null(&answer.body, "other", &read, NULL);
	ck_assert_int_eq(read.code, PH_EDENIED);
	control_get_failure(&answer.body, "reason", &read, &status);
	json_object_end(&answer.body);
	ck_assert_int_eq(json_error(answer.tree), PH_OK);
	ck_assert_int_eq(read.code, PH_EDENIED);
	ck_assert_int_eq(status, 4);
	ck_assert_str_eq(read.what, f.what);
	control_answer_fini(&answer);
}
END_TEST

START_TEST(a_frame_that_fails_leaves_nothing)
{
	struct control_writer w;
	struct buffer small;
	size_t i;

	control_result_begin(&w, &out);
	json_put_string(&w.json, "name", "\xff");
	ck_assert_int_eq(control_end(&w), PH_EJSON);
	ck_assert_uint_eq(out.len, 0);
	/* A little more than a frame may have, in room for more. */
	control_result_begin(&w, &out);
	for (i = 0; i < PH_CONTROL_MAX / 10; i++)
		json_put_u64(&w.json, "aaaa", 22);
	ck_assert_int_eq(control_end(&w), PH_ELIMIT);
	ck_assert_uint_eq(out.len, 0);
	buffer_init(&small, 20);
	control_result_begin(&w, &small);
	json_put_string(&w.json, "name", "winxp");
	ck_assert_int_eq(control_end(&w), PH_ELIMIT);
	ck_assert_uint_eq(small.len, 0);
	buffer_fini(&small);
}
END_TEST

/* Feed bytes in pieces; the texts come out one after the other. */
static int
feed_in_pieces(const struct buffer *stream, size_t first, size_t step,
    struct buffer *texts)
{
	struct control_decoder *d;
	struct reader in;
	const uint8_t *text;
	uint8_t *copy;
	size_t at, len, n;
	int r;

	d = control_decoder_new();
	ck_assert_ptr_nonnull(d);
	buffer_reset(texts);
	r = 0;
	n = first;
	for (at = 0; r == 0 && at < stream->len; at += n, n = step) {
		if (n > stream->len - at)
			n = stream->len - at;
		copy = malloc(n > 0 ? n : 1);
		ck_assert_ptr_nonnull(copy);
		memcpy(copy, stream->data + at, n);
		reader_init(&in, copy, n);
		while ((r = control_decoder_feed(d, &in, &text, &len)) == 1)
			ck_assert_int_eq(buffer_put_string(texts, text, len),
			    PH_OK);
		free(copy);
	}
	control_decoder_free(d);
	return r;
}

START_TEST(pieces_do_not_matter)
{
	struct control_writer w;
	struct buffer texts;
	size_t first, step;

	control_request_begin(&w, "status", &out);
	ck_assert_int_eq(control_end(&w), PH_OK);
	control_progress_begin(&w, &out);
	json_put_u64(&w.json, "done", 3);
	ck_assert_int_eq(control_end(&w), PH_OK);
	control_result_begin(&w, &out);
	ck_assert_int_eq(control_end(&w), PH_OK);
	buffer_init(&texts, 4096);
	for (first = 0; first <= out.len; first++) {
		for (step = 1; step < 20; step++) {
			ck_assert_int_eq(feed_in_pieces(&out, first, step,
					     &texts),
			    0);
			/* A text behind its length is the form of a frame. */
			ck_assert_uint_eq(texts.len, out.len);
			ck_assert_mem_eq(texts.data, out.data, out.len);
		}
	}
	buffer_fini(&texts);
}
END_TEST

/* The verdict on the header of a frame of len bytes, which then stays. */
static int
header_verdict(uint32_t len)
{
	struct control_decoder *d;
	struct buffer header;
	struct reader in;
	const uint8_t *text;
	size_t textlen;
	int r;

	d = control_decoder_new();
	ck_assert_ptr_nonnull(d);
	buffer_init(&header, CONTROL_HEADER_SIZE);
	ck_assert_int_eq(buffer_put_u32(&header, len), PH_OK);
	reader_init(&in, header.data, header.len);
	r = control_decoder_feed(d, &in, &text, &textlen);
	reader_init(&in, header.data, header.len);
	if (r < 0)
		ck_assert_int_eq(control_decoder_feed(d, &in, &text, &textlen),
		    r);
	buffer_fini(&header);
	control_decoder_free(d);
	return r;
}

START_TEST(headers_are_judged)
{
	ck_assert_int_eq(header_verdict(0), PH_EFRAME);
	ck_assert_int_eq(header_verdict(1), 0);
	ck_assert_int_eq(header_verdict(PH_CONTROL_MAX), 0);
	ck_assert_int_eq(header_verdict(PH_CONTROL_MAX + 1), PH_ELIMIT);
	ck_assert_int_eq(header_verdict(UINT32_MAX), PH_ELIMIT);
	control_decoder_free(NULL);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tcase;

	suite = suite_create("control");
	tcase = tcase_create("envelopes");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_request);
	tcase_add_loop_test(tcase, requests_are_judged, 0,
	    (int)(sizeof(requests) / sizeof(requests[0])));
	tcase_add_test(tcase, progress_and_a_result);
	tcase_add_loop_test(tcase, the_text_of_a_result_is_found_in_any_form, 0,
	    3);
	tcase_add_loop_test(tcase, bad_answers_are_refused, 0,
	    (int)(sizeof(bad_answers) / sizeof(bad_answers[0])));
	tcase_add_test(tcase, a_frame_that_fails_leaves_nothing);
	suite_add_tcase(suite, tcase);
	tcase = tcase_create("failures");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, an_error);
	tcase_add_test(tcase, an_error_of_parts);
	tcase_add_test(tcase,
	    an_error_of_a_later_release_keeps_its_exit_status);
	tcase_add_test(tcase, a_failure_that_is_no_text_is_made_one);
	tcase_add_test(tcase, a_longer_failure_is_cut);
	tcase_add_test(tcase, a_bad_part_is_refused);
	tcase_add_test(tcase, a_failure_stands_inside_a_result);
	suite_add_tcase(suite, tcase);
	tcase = tcase_create("frames");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, pieces_do_not_matter);
	tcase_add_test(tcase, headers_are_judged);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
