/*
 * Frames: what the decoder gives does not depend on the pieces in which a
 * stream arrives, and headers are judged before memory is taken.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/check_main.h"
#include "tests/unit/proto/message_vectors.h"

#include "proto/errors.h"
#include "proto/frame.h"

#define STREAM_MAX (4u << 20)

static struct frame_decoder *decoder;
static struct buffer stream;

static void
setup(void)
{
	decoder = frame_decoder_new();
	ck_assert_ptr_nonnull(decoder);
	buffer_init(&stream, STREAM_MAX);
}

static void
teardown(void)
{
	frame_decoder_free(decoder);
	buffer_fini(&stream);
}

/* Write what a frame is made of, and its payload. */
static void
record(const struct frame *f, struct buffer *events)
{
	(void)buffer_put_u16(events, (uint16_t)f->type);
	(void)buffer_put_u32(events, f->transfer);
	(void)buffer_put_string(events, f->payload, f->len);
	ck_assert_int_eq(buffer_error(events), PH_OK);
}

/* Feed one piece from memory of exactly its size; the last code comes back. */
static int
feed(const uint8_t *data, size_t len, struct buffer *events)
{
	struct reader in;
	struct frame f;
	uint8_t *copy;
	int r;

	copy = malloc(len > 0 ? len : 1);
	ck_assert_ptr_nonnull(copy);
	if (len > 0)
		memcpy(copy, data, len);
	reader_init(&in, copy, len);
	while ((r = frame_decoder_feed(decoder, &in, &f)) == 1)
		record(&f, events);
	if (r == 0)
		ck_assert_uint_eq(in.len, 0);
	free(copy);
	return r;
}

/* Feed the whole stream in pieces that begin at 0, first, first + step, … */
static int
feed_in_pieces(size_t first, size_t step, struct buffer *events)
{
	size_t at, n;
	int r;

	frame_decoder_free(decoder);
	decoder = frame_decoder_new();
	ck_assert_ptr_nonnull(decoder);
	buffer_reset(events);
	r = feed(stream.data, first, events);
	for (at = first; r == 0 && at < stream.len; at += n) {
		n = step < stream.len - at ? step : stream.len - at;
		r = feed(stream.data + at, n, events);
	}
	return r;
}

/* A stream of every vector that is not refused, one after the other. */
static void
put_all_vectors(void)
{
	const struct message_vector *v;
	const struct frame *f;
	size_t count, i;

	v = message_vectors(&count);
	for (i = 0; i < count; i++) {
		f = &v[i].frame;
		if (v[i].verdict != PH_OK)
			continue;
		ck_assert_int_eq(frame_put(&stream, f->type, f->transfer,
				     f->payload, f->len),
		    PH_OK);
	}
}

/* The stream gives the same frames whichever way it is cut. */
static void
assert_pieces_do_not_matter(int result)
{
	struct buffer whole, pieces;
	size_t cut;

	buffer_init(&whole, STREAM_MAX);
	buffer_init(&pieces, STREAM_MAX);
	ck_assert_int_eq(feed_in_pieces(stream.len, 1, &whole), result);
	for (cut = 0; cut <= stream.len; cut++) {
		ck_assert_int_eq(feed_in_pieces(cut, stream.len, &pieces),
		    result);
		ck_assert_uint_eq(pieces.len, whole.len);
		ck_assert_mem_eq(pieces.data, whole.data, whole.len);
	}
	for (cut = 1; cut < 40; cut++) {
		ck_assert_int_eq(feed_in_pieces(cut, cut, &pieces), result);
		ck_assert_uint_eq(pieces.len, whole.len);
		ck_assert_mem_eq(pieces.data, whole.data, whole.len);
	}
	buffer_fini(&whole);
	buffer_fini(&pieces);
}

START_TEST(pieces_do_not_matter)
{
	put_all_vectors();
	assert_pieces_do_not_matter(0);
}
END_TEST

START_TEST(pieces_do_not_matter_when_the_stream_is_damaged)
{
	size_t good;

	ck_assert_int_eq(frame_put(&stream, MESSAGE_PING, 0, "12345678", 8),
	    PH_OK);
	ck_assert_int_eq(frame_put(&stream, MESSAGE_BYE, 0, NULL, 0), PH_OK);
	good = stream.len;
	ck_assert_int_eq(frame_put(&stream, MESSAGE_PING, 0, "12345678", 8),
	    PH_OK);
	stream.data[good + 3] = 1;
	assert_pieces_do_not_matter(PH_EFRAME);
}
END_TEST

START_TEST(a_frame_looks_as_the_document_says)
{
	static const uint8_t expected[] = { 0, 12, 0, 0, 0, 0, 0, 3, 1, 2, 3, 4,
		'a', 'b', 'c' };
	size_t mark;

	ck_assert_int_eq(buffer_put_u8(&stream, 0xff), PH_OK);
	mark = frame_begin(&stream, MESSAGE_NONE, 0x01020304);
	ck_assert_uint_eq(mark, 1);
	ck_assert_int_eq(buffer_put_text(&stream, "abc"), PH_OK);
	ck_assert_int_eq(frame_end(&stream, mark), PH_OK);
	ck_assert_uint_eq(stream.len, 1 + sizeof(expected));
	ck_assert_mem_eq(stream.data + 1, expected, sizeof(expected));
}
END_TEST

START_TEST(a_payload_beyond_its_limit_is_not_written)
{
	uint8_t payload[MESSAGE_PAYLOAD_MAX + 1];
	const struct message_info *info;
	uint32_t transfer;
	unsigned int type;

	memset(payload, 'x', sizeof(payload));
	for (type = 1; type <= MESSAGE_LAST; type++) {
		info = message_info(type);
		transfer = info->transfer == MESSAGE_TRANSFER ? 1 : 0;
		buffer_reset(&stream);
		ck_assert_int_eq(frame_put(&stream, info->type, transfer,
				     payload, info->limit + 1),
		    PH_ELIMIT);
		ck_assert_uint_eq(stream.len, 0);
		ck_assert_int_eq(frame_put(&stream, info->type, transfer,
				     payload, info->limit),
		    PH_OK);
	}
}
END_TEST

/* The verdict on a header alone, and again: a failure stays. */
static int
header_verdict(uint16_t type, uint16_t zero, uint32_t len, uint32_t transfer)
{
	struct buffer header;
	struct reader in;
	struct frame f;
	int again, r;

	frame_decoder_free(decoder);
	decoder = frame_decoder_new();
	ck_assert_ptr_nonnull(decoder);
	buffer_init(&header, FRAME_HEADER_SIZE);
	(void)buffer_put_u16(&header, type);
	(void)buffer_put_u16(&header, zero);
	(void)buffer_put_u32(&header, len);
	ck_assert_int_eq(buffer_put_u32(&header, transfer), PH_OK);
	reader_init(&in, header.data, header.len);
	r = frame_decoder_feed(decoder, &in, &f);
	if (r < 0) {
		reader_init(&in, header.data, header.len);
		again = frame_decoder_feed(decoder, &in, &f);
		ck_assert_int_eq(again, r);
	}
	buffer_fini(&header);
	return r;
}

START_TEST(types_are_checked)
{
	unsigned int type;

	for (type = 0; type < 65536; type += type < 300 ? 1 : 251) {
		if (type == 0 || type > MESSAGE_LAST)
			ck_assert_int_eq(header_verdict((uint16_t)type, 0, 0,
					     0),
			    PH_EFRAME);
	}
	ck_assert_int_eq(header_verdict(MESSAGE_PING, 0, 8, 0), 0);
	ck_assert_int_eq(header_verdict(MESSAGE_PING, 1, 8, 0), PH_EFRAME);
	ck_assert_int_eq(header_verdict(MESSAGE_PING, 0x8000, 8, 0), PH_EFRAME);
}
END_TEST

START_TEST(limits_and_transfers_are_checked)
{
	const struct message_info *info;
	unsigned int type;
	int with, without;

	for (type = 1; type <= MESSAGE_LAST; type++) {
		info = message_info(type);
		with = info->transfer == MESSAGE_NO_TRANSFER ? PH_EFRAME : 0;
		without = info->transfer == MESSAGE_TRANSFER ? PH_EFRAME : 0;
		ck_assert_int_eq(header_verdict((uint16_t)type, 0, 1, 0),
		    without == 0 && info->limit == 0 ? PH_ELIMIT : without);
		ck_assert_int_eq(header_verdict((uint16_t)type, 0, 1, 5),
		    with == 0 && info->limit == 0 ? PH_ELIMIT : with);
		ck_assert_int_eq(header_verdict((uint16_t)type, 0,
				     info->limit + 1, with == 0 ? 5 : 0),
		    PH_ELIMIT);
		ck_assert_int_eq(header_verdict((uint16_t)type, 0, UINT32_MAX,
				     with == 0 ? 5 : 0),
		    PH_ELIMIT);
	}
}
END_TEST

START_TEST(a_whole_payload_is_not_copied)
{
	static uint8_t payload[PH_DATA_MAX + 8];
	struct reader in;
	struct frame f;

	ck_assert_int_eq(frame_put(&stream, MESSAGE_DATA, 1, payload,
			     sizeof(payload)),
	    PH_OK);
	reader_init(&in, stream.data, stream.len);
	ck_assert_int_eq(frame_decoder_feed(decoder, &in, &f), 1);
	ck_assert_ptr_eq(f.payload, stream.data + FRAME_HEADER_SIZE);
	ck_assert_uint_eq(in.len, 0);
	ck_assert_int_eq(frame_decoder_feed(decoder, &in, &f), 0);
}
END_TEST

START_TEST(the_end_of_a_frame_is_known)
{
	struct reader in;
	struct frame f;
	size_t i;

	ck_assert_int_eq(frame_put(&stream, MESSAGE_PING, 0, "12345678", 8),
	    PH_OK);
	for (i = 0; i < stream.len - 1; i++) {
		reader_init(&in, stream.data + i, 1);
		ck_assert_int_eq(frame_decoder_feed(decoder, &in, &f), 0);
	}
	reader_init(&in, stream.data + i, 1);
	ck_assert_int_eq(frame_decoder_feed(decoder, &in, &f), 1);
	ck_assert_mem_eq(f.payload, "12345678", 8);
	frame_decoder_free(NULL);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tcase;

	suite = suite_create("frame");
	tcase = tcase_create("pieces");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, pieces_do_not_matter);
	tcase_add_test(tcase, pieces_do_not_matter_when_the_stream_is_damaged);
	tcase_add_test(tcase, a_whole_payload_is_not_copied);
	tcase_add_test(tcase, the_end_of_a_frame_is_known);
	suite_add_tcase(suite, tcase);
	tcase = tcase_create("headers");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_frame_looks_as_the_document_says);
	tcase_add_test(tcase, a_payload_beyond_its_limit_is_not_written);
	tcase_add_test(tcase, types_are_checked);
	tcase_add_test(tcase, limits_and_transfers_are_checked);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
