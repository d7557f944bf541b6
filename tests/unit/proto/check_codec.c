/*
 * The codec: frames that come back, and frames that must not.
 */
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "proto/codec.h"
#include "proto/errors.h"
#include "tests/unit/check_main.h"

#define SIZE 200000u

static struct codec *codec;
static uint8_t *text;  /* SIZE bytes that shrink. */
static uint8_t *noise; /* SIZE bytes that do not. */
static uint8_t *room;
static struct buffer frame;

static void
setup(void)
{
	uint64_t x;
	size_t i;

	codec = codec_new();
	text = malloc(SIZE);
	noise = malloc(SIZE);
	room = malloc(SIZE);
	ck_assert(
	    codec != NULL && text != NULL && noise != NULL && room != NULL);
	x = 1;
	for (i = 0; i < SIZE; i++) {
		x = x * UINT64_C(6364136223846793005) + 1;
		noise[i] = (uint8_t)(x >> 56);
		text[i] = "packhorse"[noise[i] % 9];
	}
	buffer_init(&frame, 1 << 20);
}

static void
teardown(void)
{
	buffer_fini(&frame);
	codec_free(codec);
	codec_free(NULL);
	free(text);
	free(noise);
	free(room);
}

/* What was made of data comes back, and with no other length. */
static void
check_round(const uint8_t *data, size_t len, int level)
{
	size_t start;

	start = frame.len;
	ck_assert_int_eq(codec_compress(codec, level, data, len, &frame),
	    PH_OK);
	memset(room, 0, len);
	ck_assert_int_eq(codec_decompress(codec, frame.data + start,
			     frame.len - start, room, len),
	    PH_OK);
	ck_assert_mem_eq(room, data, len);
	ck_assert_int_eq(codec_decompress(codec, frame.data + start,
			     frame.len - start, room, len - 1),
	    PH_EMESSAGE);
}

START_TEST(round_trips)
{
	/* The frames stand one after the other in one buffer. */
	check_round(text, 1, 3);
	check_round(text, 1000, 1);
	check_round(text, SIZE, 3);
	check_round(text, SIZE, 1);
	check_round(text, SIZE, CODEC_LEVEL_MAX);
	check_round(noise, SIZE, 3);
}
END_TEST

START_TEST(cut_and_longer)
{
	size_t i;

	ck_assert_int_eq(codec_compress(codec, 3, text, 3000, &frame), PH_OK);
	for (i = 0; i < frame.len; i++) {
		ck_assert_int_eq(codec_decompress(codec, frame.data, i, room,
				     3000),
		    PH_EMESSAGE);
	}
	ck_assert_int_eq(buffer_put_u8(&frame, 0), PH_OK);
	ck_assert_int_eq(codec_decompress(codec, frame.data, frame.len, room,
			     3000),
	    PH_EMESSAGE);
}
END_TEST

/* Two frames whose contents together have the length asked for. */
START_TEST(several_frames)
{
	ck_assert_int_eq(codec_compress(codec, 3, text, 1500, &frame), PH_OK);
	ck_assert_int_eq(codec_compress(codec, 3, text, 1500, &frame), PH_OK);
	ck_assert_int_eq(codec_decompress(codec, frame.data, frame.len, room,
			     3000),
	    PH_EMESSAGE);
	ck_assert_int_eq(codec_decompress(codec, frame.data, frame.len, room,
			     1500),
	    PH_EMESSAGE);
}
END_TEST

/* A raw block of three bytes in frames with several kinds of header. */
START_TEST(headers)
{
	static const uint8_t good[] = { 0x28, 0xb5, 0x2f, 0xfd, 0x20, 3, 0x19,
		0, 0, 'a', 'b', 'c' };
	static const uint8_t no_size[] = { 0x28, 0xb5, 0x2f, 0xfd, 0x00, 0,
		0x19, 0, 0, 'a', 'b', 'c' };
	/* The size in four bytes and a window of 2^27, then beyond it. */
	static const uint8_t window[] = { 0x28, 0xb5, 0x2f, 0xfd, 0x80, 17 << 3,
		3, 0, 0, 0, 0x19, 0, 0, 'a', 'b', 'c' };
	static const uint8_t wider[] = { 0x28, 0xb5, 0x2f, 0xfd, 0x80,
		17 << 3 | 1, 3, 0, 0, 0, 0x19, 0, 0, 'a', 'b', 'c' };
	static const uint8_t widest[] = { 0x28, 0xb5, 0x2f, 0xfd, 0x80, 0xff, 3,
		0, 0, 0, 0x19, 0, 0, 'a', 'b', 'c' };
	static const uint8_t dictionary[] = { 0x28, 0xb5, 0x2f, 0xfd, 0x21, 9,
		3, 0x19, 0, 0, 'a', 'b', 'c' };
	static const uint8_t skippable[] = { 0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0,
		'a', 'b', 'c' };
	static const uint8_t empty[] = { 0x28, 0xb5, 0x2f, 0xfd, 0x20, 0, 1, 0,
		0 };

	ck_assert_int_eq(codec_decompress(codec, good, sizeof(good), room, 3),
	    PH_OK);
	ck_assert_mem_eq(room, "abc", 3);
	ck_assert_int_eq(codec_decompress(codec, no_size, sizeof(no_size), room,
			     3),
	    PH_EMESSAGE);
	ck_assert_int_eq(codec_decompress(codec, window, sizeof(window), room,
			     3),
	    PH_OK);
	ck_assert_int_eq(codec_decompress(codec, wider, sizeof(wider), room, 3),
	    PH_EMESSAGE);
	ck_assert_int_eq(codec_decompress(codec, widest, sizeof(widest), room,
			     3),
	    PH_EMESSAGE);
	ck_assert_int_eq(codec_decompress(codec, dictionary, sizeof(dictionary),
			     room, 3),
	    PH_EMESSAGE);
	ck_assert_int_eq(codec_decompress(codec, skippable, sizeof(skippable),
			     room, 3),
	    PH_EMESSAGE);
	ck_assert_int_eq(codec_decompress(codec, skippable, sizeof(skippable),
			     room, 0),
	    PH_EMESSAGE);
	ck_assert_int_eq(codec_decompress(codec, empty, sizeof(empty), room, 0),
	    PH_EMESSAGE);
	ck_assert_int_eq(codec_decompress(codec, NULL, 0, room, 3),
	    PH_EMESSAGE);
}
END_TEST

/* A frame with one byte changed fails or gives bytes of the right length. */
START_TEST(changed_bytes)
{
	size_t i;
	unsigned int value;
	uint8_t old;
	int r;

	ck_assert_int_eq(codec_compress(codec, 3, text, 400, &frame), PH_OK);
	for (i = 0; i < frame.len; i++) {
		old = frame.data[i];
		for (value = 0; value < 256; value++) {
			frame.data[i] = (uint8_t)value;
			r = codec_decompress(codec, frame.data, frame.len, room,
			    400);
			ck_assert(r == PH_OK || r == PH_EMESSAGE);
		}
		frame.data[i] = old;
	}
	ck_assert_int_eq(codec_decompress(codec, frame.data, frame.len, room,
			     400),
	    PH_OK);
	ck_assert_mem_eq(room, text, 400);
}
END_TEST

START_TEST(full_buffer)
{
	struct buffer small;

	buffer_init(&small, 1000);
	ck_assert_int_eq(codec_compress(codec, 3, noise, 2000, &small),
	    PH_ELIMIT);
	ck_assert_uint_eq(small.len, 0);
	ck_assert_int_eq(buffer_error(&small), PH_OK);
	ck_assert_int_eq(codec_compress(codec, 3, text, 1500, &small), PH_OK);
	buffer_fini(&small);
}
END_TEST

START_TEST(estimates)
{
	ck_assert_uint_ge(codec_estimate(codec, noise, SIZE), 980);
	ck_assert_uint_le(codec_estimate(codec, text, SIZE), 600);
	ck_assert_uint_ge(codec_estimate(codec, noise, 1000), 980);
	ck_assert_uint_le(codec_estimate(codec, text, 1000), 800);
	ck_assert_uint_eq(codec_estimate(codec, noise, 0), 1000);
	/* A part that shrinks counts as much as it is of the whole. */
	memcpy(noise + SIZE / 2, text, SIZE / 2);
	ck_assert_uint_le(codec_estimate(codec, noise, SIZE), 900);
	memset(text, 1, SIZE);
	ck_assert_uint_le(codec_estimate(codec, text, SIZE), 1);
}
END_TEST

int
main(void)
{
	Suite *s;
	TCase *t;

	s = suite_create("codec");
	t = tcase_create("codec");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, round_trips);
	tcase_add_test(t, cut_and_longer);
	tcase_add_test(t, several_frames);
	tcase_add_test(t, headers);
	tcase_add_test(t, changed_bytes);
	tcase_add_test(t, full_buffer);
	tcase_add_test(t, estimates);
	suite_add_tcase(s, t);
	return check_run(s);
}
