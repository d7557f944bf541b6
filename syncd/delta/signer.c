/*
 * Making a signature file: what librsync makes is written at once; hashes
 * and extents are few enough to be kept until the end.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <librsync.h>

#include "proto/buffer.h"
#include "proto/digest.h"
#include "proto/errors.h"
#include "syncd/delta/blocks.h"
#include "syncd/delta/footer.h"
#include "syncd/delta/job.h"
#include "syncd/delta/signature.h"

#include "syncd/delta/signer.h"

/* Bytes read, fed to librsync and written at a time, but for large blocks. */
#define PIECE_SIZE (1u << 18)

/* A run of blocks that entered the signature. */
struct extent {
	uint64_t offset;
	uint32_t nblocks;
};

struct delta_signer {
	uint64_t size;
	uint64_t done; /* Bytes added. */
	uint32_t block_size;
	uint32_t scan_size;
	struct delta_blocks blocks;
	struct extent *extents;
	uint32_t nextents;
	uint32_t extents_size; /* Allocated. */
	uint8_t *block;        /* A block that comes in pieces. */
	size_t fill;
	uint8_t *input; /* Blocks on their way to librsync. */
	size_t input_len;
	size_t input_size;
	rs_job_t *job;
	struct digester *digester;
	struct buffer out;
	delta_write_fn *write;
	void *cookie;
};

/* The size of blocks: doubled until there are not too many. */
static uint32_t
choose_block_size(uint64_t ndata)
{
	uint32_t size;

	size = DELTA_BLOCK_SIZE_MIN;
	while (size < DELTA_BLOCK_SIZE_MAX && ndata / size > DELTA_NBLOCKS_MAX)
		size *= 2;
	return size;
}

/* The size of librsync's blocks: as many to a block as the limit allows. */
static uint32_t
choose_scan_size(uint32_t block_size, uint32_t nblocks)
{
	uint32_t size;

	size = block_size;
	while (size > DELTA_SCAN_SIZE_MIN &&
	    nblocks <= DELTA_NSUMS_MAX / (block_size / (size / 2)))
		size /= 2;
	return size;
}

struct delta_signer *
delta_signer_new(uint64_t size, uint64_t ndata, delta_write_fn *write,
    void *cookie)
{
	struct delta_signer *s;
	uint64_t max;

	delta_job_prepare();
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return NULL;
	s->size = size;
	s->write = write;
	s->cookie = cookie;
	s->block_size = choose_block_size(ndata);
	max = ndata / s->block_size;
	if (max > DELTA_NBLOCKS_MAX)
		max = DELTA_NBLOCKS_MAX;
	s->scan_size = choose_scan_size(s->block_size, (uint32_t)max);
	s->input_size = s->block_size > PIECE_SIZE ? s->block_size : PIECE_SIZE;
	buffer_init(&s->out, PIECE_SIZE);
	s->block = malloc(s->block_size);
	s->input = malloc(s->input_size);
	s->digester = digester_new();
	s->job = rs_sig_begin(s->scan_size, DELTA_STRONG_SIZE,
	    RS_RK_BLAKE2_SIG_MAGIC);
	if (s->block == NULL || s->input == NULL || s->digester == NULL ||
	    s->job == NULL ||
	    delta_blocks_init(&s->blocks, (uint32_t)max) != PH_OK) {
		delta_signer_free(s);
		return NULL;
	}
	return s;
}

void
delta_signer_free(struct delta_signer *s)
{
	if (s == NULL)
		return;
	delta_blocks_fini(&s->blocks);
	buffer_fini(&s->out);
	free(s->extents);
	free(s->block);
	free(s->input);
	digester_free(s->digester);
	if (s->job != NULL)
		(void)rs_job_free(s->job);
	free(s);
}

/* Write and hash; a delta_job_fn. */
static int
emit(void *cookie, const uint8_t *data, size_t len)
{
	struct delta_signer *s;

	s = cookie;
	digester_add(s->digester, data, len);
	return s->write(s->cookie, data, len);
}

/* What stands in input goes to librsync. */
static int
flush_input(struct delta_signer *s, int eof)
{
	size_t len;

	len = s->input_len;
	s->input_len = 0;
	return delta_job_feed(s->job, s->input, len, eof, emit, s);
}

/* The block at offset enters: a new extent, or a longer one. */
static int
add_extent(struct delta_signer *s, uint64_t offset)
{
	struct extent *last, *grown;
	uint32_t size;

	if (s->nextents > 0) {
		last = &s->extents[s->nextents - 1];
		if (last->offset + (uint64_t)last->nblocks * s->block_size ==
		    offset) {
			last->nblocks++;
			return PH_OK;
		}
	}
	if (s->nextents == s->extents_size) {
		size = s->extents_size == 0 ? 64 : s->extents_size * 2;
		grown = realloc(s->extents, size * sizeof(*grown));
		if (grown == NULL)
			return PH_ENOMEM;
		s->extents = grown;
		s->extents_size = size;
	}
	s->extents[s->nextents].offset = offset;
	s->extents[s->nextents].nblocks = 1;
	s->nextents++;
	return PH_OK;
}

/* A whole block, the last of whose bytes is the last one that was added. */
static int
take_block(struct delta_signer *s, const uint8_t *block)
{
	uint64_t hash;
	uint32_t number;
	int r;

	if (s->blocks.count == s->blocks.max ||
	    delta_block_is_constant(block, s->block_size))
		return PH_OK;
	hash = delta_block_hash(block, s->block_size);
	if (delta_blocks_find(&s->blocks, hash, &number))
		return PH_OK;
	r = add_extent(s, s->done - s->block_size);
	if (r != PH_OK)
		return r;
	delta_blocks_add(&s->blocks, hash);
	if (s->input_len + s->block_size > s->input_size) {
		r = flush_input(s, 0);
		if (r != PH_OK)
			return r;
	}
	memcpy(s->input + s->input_len, block, s->block_size);
	s->input_len += s->block_size;
	return PH_OK;
}

int
delta_signer_add(struct delta_signer *s, const void *data, size_t len)
{
	const uint8_t *p, *block;
	size_t n;
	int r;

	assert(len <= s->size - s->done);
	for (p = data; len > 0; p += n, len -= n) {
		n = s->block_size - s->fill;
		if (n > len)
			n = len;
		s->done += n;
		block = p;
		if (n < s->block_size) {
			memcpy(s->block + s->fill, p, n);
			s->fill += n;
			if (s->fill < s->block_size)
				continue;
			block = s->block;
			s->fill = 0;
		}
		r = take_block(s, block);
		if (r != PH_OK)
			return r;
	}
	return PH_OK;
}

int
delta_signer_add_hole(struct delta_signer *s, uint64_t len)
{
	static const uint8_t zeros[DELTA_BLOCK_SIZE_MIN];
	uint64_t n;
	int r;

	assert(len <= s->size - s->done);
	while (len > 0) {
		if (s->fill == 0 && len >= s->block_size) {
			/* Whole blocks of zeros never enter. */
			n = len - len % s->block_size;
			s->done += n;
		} else {
			n = len < sizeof(zeros) ? len : sizeof(zeros);
			if (n > s->block_size - s->fill)
				n = s->block_size - s->fill;
			r = delta_signer_add(s, zeros, (size_t)n);
			if (r != PH_OK)
				return r;
		}
		len -= n;
	}
	return PH_OK;
}

/* Write out and forget what stands in the buffer when that is full enough. */
static int
flush_out(struct delta_signer *s, size_t least)
{
	int r;

	r = buffer_error(&s->out);
	if (r != PH_OK || s->out.len < least)
		return r;
	r = emit(s, s->out.data, s->out.len);
	buffer_reset(&s->out);
	return r;
}

/* Extents and hashes. */
static int
write_lists(struct delta_signer *s)
{
	uint32_t i;
	int r;

	for (i = 0; i < s->nextents; i++) {
		(void)buffer_put_u64(&s->out, s->extents[i].offset);
		(void)buffer_put_u32(&s->out, s->extents[i].nblocks);
		r = flush_out(s, PIECE_SIZE / 2);
		if (r != PH_OK)
			return r;
	}
	for (i = 0; i < s->blocks.count; i++) {
		(void)buffer_put_u64(&s->out, s->blocks.hashes[i]);
		r = flush_out(s, PIECE_SIZE / 2);
		if (r != PH_OK)
			return r;
	}
	return PH_OK;
}

int
delta_signer_finish(struct delta_signer *s)
{
	struct delta_footer footer;
	struct digest digest;
	int r;

	assert(s->done == s->size);
	r = flush_input(s, 1);
	if (r != PH_OK)
		return r;
	r = write_lists(s);
	if (r != PH_OK)
		return r;
	footer.base_size = s->size;
	footer.block_size = s->block_size;
	footer.scan_size = s->scan_size;
	footer.nextents = s->nextents;
	footer.nblocks = s->blocks.count;
	delta_footer_encode(&footer, &s->out);
	r = flush_out(s, 1);
	if (r != PH_OK)
		return r;
	digester_finish(s->digester, &digest);
	return s->write(s->cookie, digest.bytes, DIGEST_SIZE);
}

/* How many bytes of base are not holes. */
static int
count_data(const struct delta_source *base, uint64_t *ndata)
{
	uint64_t offset, end;
	int hole, r;

	*ndata = 0;
	for (offset = 0; offset < base->size; offset = end) {
		r = delta_source_extent(base, offset, &end, &hole);
		if (r != PH_OK)
			return r;
		if (!hole)
			*ndata += end - offset;
	}
	return PH_OK;
}

/* Add all of base, holes as holes. */
static int
add_source(struct delta_signer *s, const struct delta_source *base,
    uint8_t *piece)
{
	uint64_t offset, end;
	size_t n;
	int hole, r;

	for (offset = 0; offset < base->size; offset += n) {
		r = delta_source_extent(base, offset, &end, &hole);
		if (r != PH_OK)
			return r;
		n = end - offset < PIECE_SIZE || hole ? (size_t)(end - offset) :
							PIECE_SIZE;
		if (hole) {
			r = delta_signer_add_hole(s, n);
		} else {
			r = delta_source_read(base, offset, piece, n);
			if (r == PH_OK)
				r = delta_signer_add(s, piece, n);
		}
		if (r != PH_OK)
			return r;
	}
	return PH_OK;
}

int
delta_signer_run(const struct delta_source *base, delta_write_fn *write,
    void *cookie)
{
	struct delta_signer *s;
	uint8_t *piece;
	uint64_t ndata;
	int r;

	s = NULL;
	piece = malloc(PIECE_SIZE);
	r = count_data(base, &ndata);
	if (r != PH_OK)
		goto out;
	s = delta_signer_new(base->size, ndata, write, cookie);
	if (s == NULL || piece == NULL) {
		r = PH_ENOMEM;
		goto out;
	}
	r = add_source(s, base, piece);
	if (r == PH_OK)
		r = delta_signer_finish(s);
out:
	delta_signer_free(s);
	free(piece);
	return r;
}
