#ifndef PROTO_CODEC_H
#define PROTO_CODEC_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/buffer.h"

/*
 * Compression: one piece of bytes as one zstd frame that carries the size of
 * its content.  The contexts are kept between calls; a codec belongs to one
 * thread at a time.
 */

#define CODEC_LEVEL_DEFAULT 3
#define CODEC_LEVEL_MAX 19

struct codec;

/* NULL without memory.  Contexts are made at first use. */
struct codec *codec_new(void);

/* NULL is allowed. */
void codec_free(struct codec *c);

/*
 * Compress len bytes at level (1 to CODEC_LEVEL_MAX) and put the frame at
 * the end of out.  PH_OK; PH_ELIMIT when the frame does not fit below the
 * maximum of out; PH_ENOMEM.
 */
int codec_compress(struct codec *c, int level, const void *data, size_t len,
    struct buffer *out) ATTR_CHECK;

/*
 * Decompress the frame of framelen bytes into out, which must come to
 * exactly len bytes.  PH_OK; PH_ENOMEM; PH_EMESSAGE when it is not one whole
 * frame of that content size, with a window of at most 2^PH_WINDOW_LOG_MAX
 * bytes, without dictionary, and nothing after it.  What stands in out is
 * undefined then.
 */
int codec_decompress(struct codec *c, const void *frame, size_t framelen,
    void *out, size_t len) ATTR_CHECK;

/*
 * About how many of 1000 bytes of data are left when they are compressed: at
 * most 1000, judged by a few samples at a small part of the cost.
 */
unsigned int codec_estimate(struct codec *c, const void *data, size_t len);

#endif
