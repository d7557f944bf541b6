/*
 * The footer: every size that loading a signature relies on is checked here.
 */
#include <string.h>

#include "proto/digest.h"
#include "proto/errors.h"
#include "proto/limits.h"
#include "proto/reader.h"
#include "syncd/delta/signature.h"

#include "syncd/delta/footer.h"

static const char magic[4] = "PHR1";

uint32_t
delta_footer_nsums(const struct delta_footer *f)
{
	return f->block_size / f->scan_size * f->nblocks;
}

uint64_t
delta_footer_extents(const struct delta_footer *f)
{
	return DELTA_SUMS_HEADER_SIZE +
	    (uint64_t)delta_footer_nsums(f) * DELTA_SUM_SIZE;
}

uint64_t
delta_footer_hashes(const struct delta_footer *f)
{
	return delta_footer_extents(f) +
	    (uint64_t)f->nextents * DELTA_EXTENT_SIZE;
}

uint64_t
delta_footer_end(const struct delta_footer *f)
{
	return delta_footer_hashes(f) + (uint64_t)f->nblocks * DELTA_HASH_SIZE;
}

void
delta_footer_encode(const struct delta_footer *f, struct buffer *out)
{
	(void)buffer_put(out, magic, sizeof(magic));
	(void)buffer_put_u64(out, f->base_size);
	(void)buffer_put_u32(out, f->block_size);
	(void)buffer_put_u32(out, f->scan_size);
	(void)buffer_put_u32(out, f->nextents);
	(void)buffer_put_u32(out, f->nblocks);
	(void)buffer_put_u32(out, 0);
}

static int
is_power_of_two(uint32_t v)
{
	return v != 0 && (v & (v - 1)) == 0;
}

/* Whether what f says can be true. */
static int
is_plausible(const struct delta_footer *f)
{
	if (f->base_size > PH_BLOB_SIZE_MAX)
		return 0;
	if (!is_power_of_two(f->block_size) ||
	    f->block_size < DELTA_BLOCK_SIZE_MIN ||
	    f->block_size > DELTA_BLOCK_SIZE_MAX)
		return 0;
	if (!is_power_of_two(f->scan_size) ||
	    f->scan_size < DELTA_SCAN_SIZE_MIN || f->scan_size > f->block_size)
		return 0;
	if (f->nblocks > DELTA_NBLOCKS_MAX ||
	    f->nblocks > f->base_size / f->block_size ||
	    f->nblocks > DELTA_NSUMS_MAX / (f->block_size / f->scan_size))
		return 0;
	return f->nextents <= f->nblocks &&
	    (f->nextents > 0) == (f->nblocks > 0);
}

int
delta_footer_decode(const uint8_t *data, uint64_t size, struct delta_footer *f)
{
	struct reader r;
	const uint8_t *m;
	uint32_t zero;

	reader_init(&r, data, DELTA_FOOTER_SIZE);
	if (reader_borrow(&r, sizeof(magic), &m) != PH_OK ||
	    memcmp(m, magic, sizeof(magic)) != 0 ||
	    reader_get_u64(&r, &f->base_size) != PH_OK ||
	    reader_get_u32(&r, &f->block_size) != PH_OK ||
	    reader_get_u32(&r, &f->scan_size) != PH_OK ||
	    reader_get_u32(&r, &f->nextents) != PH_OK ||
	    reader_get_u32(&r, &f->nblocks) != PH_OK ||
	    reader_get_u32(&r, &zero) != PH_OK || zero != 0)
		return PH_EFILE;
	if (!is_plausible(f))
		return PH_EFILE;
	if (delta_footer_end(f) + DELTA_FOOTER_SIZE + DIGEST_SIZE != size)
		return PH_EFILE;
	return PH_OK;
}
