/*
 * The only user of zstd.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <zstd.h>
#include <zstd_errors.h>

#include "proto/errors.h"
#include "proto/limits.h"

#include "proto/codec.h"

/* Bits of the frame header's descriptor byte, and where it stands. */
#define DESCRIPTOR_OFFSET 4u
#define DESCRIPTOR_SINGLE_SEGMENT 0x20u

/* The window descriptor follows: five bits of exponent, three of mantissa. */
#define WINDOW_LOG_MIN 10u

/* What codec_estimate looks at. */
#define NSAMPLES 16u
#define SAMPLE_SIZE 4096u
#define SAMPLE_LEVEL 1

struct codec {
	ZSTD_CCtx *cctx;
	ZSTD_DCtx *dctx;
	uint8_t sample[NSAMPLES * SAMPLE_SIZE];
	uint8_t frame[NSAMPLES * SAMPLE_SIZE];
};

struct codec *
codec_new(void)
{
	return calloc(1, sizeof(struct codec));
}

void
codec_free(struct codec *c)
{
	if (c == NULL)
		return;
	(void)ZSTD_freeCCtx(c->cctx);
	(void)ZSTD_freeDCtx(c->dctx);
	free(c);
}

/* The compression context, made at first use, set to level. */
static int
prepare(struct codec *c, int level)
{
	size_t r;

	assert(level >= 1 && level <= CODEC_LEVEL_MAX);
	if (c->cctx == NULL)
		c->cctx = ZSTD_createCCtx();
	if (c->cctx == NULL)
		return PH_ENOMEM;
	/* A frame that did not fit is still begun. */
	r = ZSTD_CCtx_reset(c->cctx, ZSTD_reset_session_only);
	assert(!ZSTD_isError(r));
	r = ZSTD_CCtx_setParameter(c->cctx, ZSTD_c_compressionLevel, level);
	assert(!ZSTD_isError(r));
	/* What repeats far apart: one twentieth less of a whole image. */
	r = ZSTD_CCtx_setParameter(c->cctx, ZSTD_c_enableLongDistanceMatching,
	    1);
	assert(!ZSTD_isError(r));
	return PH_OK;
}

int
codec_compress(struct codec *c, int level, const void *data, size_t len,
    struct buffer *out)
{
	uint8_t *room;
	size_t bound, start, n;
	int r;

	r = prepare(c, level);
	if (r != PH_OK)
		return r;
	start = out->len;
	bound = ZSTD_compressBound(len);
	if (bound > out->max - out->len)
		bound = out->max - out->len;
	room = buffer_reserve(out, bound);
	if (room == NULL)
		return buffer_error(out);
	n = ZSTD_compress2(c->cctx, room, bound, data, len);
	if (ZSTD_isError(n)) {
		buffer_truncate(out, start);
		if (ZSTD_getErrorCode(n) == ZSTD_error_dstSize_tooSmall)
			return PH_ELIMIT;
		return PH_ENOMEM;
	}
	buffer_truncate(out, start + n);
	return PH_OK;
}

/*
 * zstd itself has no look at the window when all input and room for all
 * output is there; another reader of the format may.
 */
static int
window_is_small(const uint8_t *frame, size_t framelen)
{
	uint64_t window;
	uint8_t byte;

	if (framelen < DESCRIPTOR_OFFSET + 2)
		return 0;
	if (frame[DESCRIPTOR_OFFSET] & DESCRIPTOR_SINGLE_SEGMENT)
		return 1;
	byte = frame[DESCRIPTOR_OFFSET + 1];
	window = UINT64_C(1) << (WINDOW_LOG_MIN + (byte >> 3));
	window += window / 8 * (byte & 7);
	return window <= UINT64_C(1) << PH_WINDOW_LOG_MAX;
}

int
codec_decompress(struct codec *c, const void *frame, size_t framelen, void *out,
    size_t len)
{
	size_t n;

	/* Skippable frames have a content size of 0 for zstd. */
	if (len == 0 || ZSTD_getFrameContentSize(frame, framelen) != len)
		return PH_EMESSAGE;
	if (ZSTD_findFrameCompressedSize(frame, framelen) != framelen)
		return PH_EMESSAGE;
	if (!window_is_small(frame, framelen))
		return PH_EMESSAGE;
	if (c->dctx == NULL)
		c->dctx = ZSTD_createDCtx();
	if (c->dctx == NULL)
		return PH_ENOMEM;
	n = ZSTD_decompressDCtx(c->dctx, out, len, frame, framelen);
	return n == len ? PH_OK : PH_EMESSAGE;
}

unsigned int
codec_estimate(struct codec *c, const void *data, size_t len)
{
	const uint8_t *p;
	size_t i, step, n;

	p = data;
	if (prepare(c, SAMPLE_LEVEL) != PH_OK)
		return 1000;
	if (len > sizeof(c->sample)) {
		step = (len - SAMPLE_SIZE) / (NSAMPLES - 1);
		for (i = 0; i < NSAMPLES; i++)
			memcpy(c->sample + i * SAMPLE_SIZE, p + i * step,
			    SAMPLE_SIZE);
		p = c->sample;
		len = sizeof(c->sample);
	}
	/* Without room for more, what would grow fails. */
	n = ZSTD_compress2(c->cctx, c->frame, len, p, len);
	if (len == 0 || ZSTD_isError(n))
		return 1000;
	return (unsigned int)(n * 1000 / len);
}
