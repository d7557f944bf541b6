/*
 * Loading a signature file.  The footer was checked before anything else is
 * believed, then the digest, then the extents; sums stay in the file.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/digest.h"
#include "proto/errors.h"
#include "proto/reader.h"
#include "syncd/delta/blocks.h"
#include "syncd/delta/footer.h"

#include "syncd/delta/signature.h"

/* Bytes read at a time: a multiple of an extent, a hash and a sum. */
#define PIECE_SIZE (96u << 10)

/* A run of blocks, and the number of its first one. */
struct extent {
	uint64_t offset;
	uint32_t first;
};

struct delta_signature {
	struct delta_source file;
	struct delta_footer footer;
	struct delta_blocks blocks;
	struct extent *extents; /* One more: the end. */
};

/* The digest at the end is that of all before it. */
static int
check_digest(const struct delta_source *file, uint8_t *piece)
{
	struct digester *digester;
	struct digest digest;
	uint64_t offset, end;
	size_t n;
	int r;

	digester = digester_new();
	if (digester == NULL)
		return PH_ENOMEM;
	end = file->size - DIGEST_SIZE;
	for (offset = 0; offset < end; offset += n) {
		n = end - offset < PIECE_SIZE ? (size_t)(end - offset) :
						PIECE_SIZE;
		r = delta_source_read(file, offset, piece, n);
		if (r != PH_OK)
			goto out;
		digester_add(digester, piece, n);
	}
	r = delta_source_read(file, end, piece, DIGEST_SIZE);
	if (r != PH_OK)
		goto out;
	digester_finish(digester, &digest);
	if (memcmp(digest.bytes, piece, DIGEST_SIZE) != 0)
		r = PH_EFILE;
out:
	digester_free(digester);
	return r;
}

/* Takes the numbered items of a list one by one. */
typedef int item_fn(struct delta_signature *s, uint32_t number,
    struct reader *item);

/* Read a list of count items of size bytes each. */
static int
load_list(struct delta_signature *s, uint64_t offset, uint32_t count,
    size_t size, uint8_t *piece, item_fn *take)
{
	struct reader r;
	uint32_t i;
	size_t n;
	int error;

	reader_init(&r, NULL, 0);
	for (i = 0; i < count; i++) {
		if (r.len == 0) {
			n = (size_t)(count - i) * size;
			if (n > PIECE_SIZE)
				n = PIECE_SIZE;
			error = delta_source_read(&s->file,
			    offset + (uint64_t)i * size, piece, n);
			if (error != PH_OK)
				return error;
			reader_init(&r, piece, n);
		}
		error = take(s, i, &r);
		if (error != PH_OK)
			return error;
	}
	return PH_OK;
}

/* Extents lie on the grid, in order, inside the base, and are not too many. */
static int
take_extent(struct delta_signature *s, uint32_t number, struct reader *item)
{
	struct extent *e;
	uint64_t offset, end;
	uint32_t nblocks;

	if (reader_get_u64(item, &offset) != PH_OK ||
	    reader_get_u32(item, &nblocks) != PH_OK)
		return PH_EFILE;
	e = &s->extents[number];
	end = 0;
	if (number > 0) {
		end = e[-1].offset +
		    (uint64_t)(e->first - e[-1].first) * s->footer.block_size;
	}
	if (offset % s->footer.block_size != 0 || offset < end ||
	    offset > s->footer.base_size || nblocks == 0 ||
	    nblocks > (s->footer.base_size - offset) / s->footer.block_size ||
	    nblocks > s->footer.nblocks - e->first)
		return PH_EFILE;
	e->offset = offset;
	e[1].first = e->first + nblocks;
	return PH_OK;
}

static int
take_hash(struct delta_signature *s, uint32_t number, struct reader *item)
{
	uint64_t hash;

	(void)number;
	if (reader_get_u64(item, &hash) != PH_OK)
		return PH_EFILE;
	delta_blocks_add(&s->blocks, hash);
	return PH_OK;
}

/* The footer, and memory for what it announces. */
static int
load_footer(struct delta_signature *s, uint64_t base_size)
{
	uint8_t bytes[DELTA_FOOTER_SIZE];
	uint64_t size;
	int r;

	size = s->file.size;
	if (size < DELTA_FOOTER_SIZE + DIGEST_SIZE)
		return PH_EFILE;
	r = delta_source_read(&s->file, size - DELTA_FOOTER_SIZE - DIGEST_SIZE,
	    bytes, sizeof(bytes));
	if (r != PH_OK)
		return r;
	r = delta_footer_decode(bytes, size, &s->footer);
	if (r != PH_OK)
		return r;
	if (s->footer.base_size != base_size)
		return PH_EFILE;
	s->extents =
	    calloc((size_t)s->footer.nextents + 1, sizeof(*s->extents));
	if (s->extents == NULL)
		return PH_ENOMEM;
	return delta_blocks_init(&s->blocks, s->footer.nblocks);
}

int
delta_signature_load(const struct delta_source *file, uint64_t base_size,
    struct delta_signature **out)
{
	struct delta_signature *s;
	uint8_t *piece;
	int r;

	s = calloc(1, sizeof(*s));
	piece = malloc(PIECE_SIZE);
	if (s == NULL || piece == NULL) {
		r = PH_ENOMEM;
		goto out;
	}
	s->file = *file;
	r = load_footer(s, base_size);
	if (r != PH_OK)
		goto out;
	r = check_digest(file, piece);
	if (r != PH_OK)
		goto out;
	r = load_list(s, delta_footer_extents(&s->footer), s->footer.nextents,
	    DELTA_EXTENT_SIZE, piece, take_extent);
	if (r != PH_OK)
		goto out;
	if (s->extents[s->footer.nextents].first != s->footer.nblocks) {
		r = PH_EFILE;
		goto out;
	}
	r = load_list(s, delta_footer_hashes(&s->footer), s->footer.nblocks,
	    DELTA_HASH_SIZE, piece, take_hash);
	if (r != PH_OK)
		goto out;
	*out = s;
	s = NULL;
out:
	delta_signature_free(s);
	free(piece);
	return r;
}

void
delta_signature_free(struct delta_signature *s)
{
	if (s == NULL)
		return;
	delta_blocks_fini(&s->blocks);
	free(s->extents);
	free(s);
}

uint32_t
delta_signature_block_size(const struct delta_signature *s)
{
	return s->footer.block_size;
}

uint32_t
delta_signature_nblocks(const struct delta_signature *s)
{
	return s->footer.nblocks;
}

uint32_t
delta_signature_scan_size(const struct delta_signature *s)
{
	return s->footer.scan_size;
}

uint32_t
delta_signature_nsums(const struct delta_signature *s)
{
	return delta_footer_nsums(&s->footer);
}

/* The extent that a block (there is one of that number) lies in. */
static const struct extent *
find_extent(const struct delta_signature *s, uint32_t number)
{
	uint32_t low, high, middle;

	low = 0;
	high = s->footer.nextents;
	while (high - low > 1) {
		middle = low + (high - low) / 2;
		if (s->extents[middle].first <= number)
			low = middle;
		else
			high = middle;
	}
	return &s->extents[low];
}

int
delta_signature_find(const struct delta_signature *s, const uint8_t *block,
    uint64_t *offset)
{
	const struct extent *e;
	uint32_t number;

	if (!delta_blocks_find(&s->blocks,
		delta_block_hash(block, s->footer.block_size), &number))
		return 0;
	e = find_extent(s, number);
	*offset =
	    e->offset + (uint64_t)(number - e->first) * s->footer.block_size;
	return 1;
}

uint64_t
delta_signature_locate(const struct delta_signature *s, uint64_t position,
    uint64_t *length)
{
	const struct extent *e;
	uint64_t inside;

	e = find_extent(s, (uint32_t)(position / s->footer.block_size));
	inside = position - (uint64_t)e->first * s->footer.block_size;
	*length =
	    (uint64_t)(e[1].first - e->first) * s->footer.block_size - inside;
	return e->offset + inside;
}

int
delta_signature_read_sums(const struct delta_signature *s, uint64_t offset,
    void *buf, size_t len)
{
	return delta_source_read(&s->file, DELTA_SUMS_HEADER_SIZE + offset, buf,
	    len);
}
