/*
 * The staging of a blob that is being received.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "proto/blockmap.h"
#include "proto/errors.h"
#include "proto/limits.h"
#include "proto/segment.h"
#include "syncd/base/file.h"
#include "syncd/store/follow.h"
#include "syncd/store/part.h"
#include "syncd/store/partial.h"
#include "syncd/store/zeros.h"
#include "syncd/transfer/source.h"

#include "syncd/transfer/landing.h"

/* A power cut costs at most what came in this time. */
#define SYNC_INTERVAL_MS 5000

/* What an encoding adds to its segment, and seldom more. */
#define ENCODING_EXTRA (PH_ENCODING_SIZE_MAX - PH_SEGMENT_SIZE_MAX)

/* Files beside the blob's own: encodings on their way and records. */
#define INODES_EXTRA 8u

struct landing {
	struct landing_config config;
	char *what;
	struct partial *partial;
	struct space_hold *hold;
	uint64_t room;      /* Of the hold: for the blob's bytes. */
	uint64_t nparts;    /* Of the hold: for so many encodings, ... */
	uint64_t part;      /* ... each of so many bytes. */
	struct digest base; /* Zeros: none. */
	struct file_source base_file;
	int lacks_base;
	struct segment_decoder *decoder;
	struct buffer encoding;
	uint8_t *target; /* Room for one segment. */
	struct follow *follow;
	int map;           /* The file of the block map. */
	uint64_t followed; /* Segments below are done, and being hashed. */
	int64_t synced_ms;
};

struct landing *
landing_new(const struct landing_config *config)
{
	struct landing *l;

	l = calloc(1, sizeof(*l));
	if (l == NULL)
		return NULL;
	l->config = *config;
	l->map = -1;
	file_source_init(&l->base_file);
	buffer_init(&l->encoding, PH_ENCODING_SIZE_MAX);
	l->what = strdup(config->what);
	l->config.what = l->what;
	l->decoder = segment_decoder_new();
	l->target = malloc(PH_SEGMENT_SIZE);
	l->synced_ms = clock_mono_ms(config->clock);
	if (l->what == NULL || l->decoder == NULL || l->target == NULL) {
		landing_free(l);
		return NULL;
	}
	return l;
}

void
landing_free(struct landing *l)
{
	if (l == NULL)
		return;
	follow_free(l->follow);
	file_abandon(store_files(l->config.store), l->map);
	partial_close(l->partial);
	space_release(l->hold);
	file_source_close(&l->base_file);
	segment_decoder_free(l->decoder);
	buffer_fini(&l->encoding);
	free(l->target);
	free(l->what);
	free(l);
}

const char *
landing_what(const struct landing *l)
{
	return l->what;
}

int
landing_dir(const struct landing *l)
{
	return partial_dir(l->partial);
}

int
landing_open(struct landing *l, uint64_t *done, struct failure *f)
{
	uint64_t i, size;
	int r;

	*done = 0;
	size = l->config.size;
	l->part =
	    (size < PH_SEGMENT_SIZE ? size : PH_SEGMENT_SIZE) + ENCODING_EXTRA;
	l->nparts = (size - 1) / PH_SEGMENT_SIZE + 1;
	if (l->nparts > LANDING_PARTS_MAX)
		l->nparts = LANDING_PARTS_MAX;
	r = space_reserve(l->config.space, l->what, l->nparts * l->part,
	    INODES_EXTRA, &l->hold, f);
	if (r == PH_OK)
		r = partial_open(l->config.store, &l->config.digest,
		    l->config.size, PH_SEGMENT_SIZE, &l->partial);
	if (r == PH_OK)
		r = partial_load(l->partial, NULL);
	for (i = 0; r == PH_OK && i < partial_nsegments(l->partial); i++) {
		if (partial_is_done(l->partial, i))
			*done += partial_segment_len(l->partial, i);
	}
	return r;
}

/* Reserve for what is to be written of so many bytes that are not zeros. */
static int
reserve_blob(struct landing *l, uint64_t data, struct failure *f)
{
	struct stat st;
	uint64_t need, stored;
	int r;

	r = file_stat_fd(partial_files(l->partial), partial_fd(l->partial),
	    &st);
	if (r != PH_OK)
		return r;
	stored = (uint64_t)st.st_blocks * 512;
	need = data > stored ? data - stored : 0;
	r = space_extend(l->hold, need + l->config.size / BLOCKMAP_SHARE, 0, f);
	if (r == PH_OK)
		l->room = need;
	return r;
}

/* Let what is done from the beginning on be hashed. */
static int
advance_follow(struct landing *l)
{
	uint64_t end;

	while (l->followed < partial_nsegments(l->partial) &&
	    partial_is_done(l->partial, l->followed))
		l->followed++;
	end = l->followed * partial_segment_size(l->partial);
	return follow_to(l->follow,
	    end < l->config.size ? end : l->config.size);
}

/* Begin to hash, with what is here from earlier. */
static int
begin_follow(struct landing *l)
{
	const struct files *fs;
	int r;

	fs = store_files(l->config.store);
	r = file_open(fs, partial_dir(l->partial), PARTIAL_MAP,
	    O_RDWR | O_CREAT | O_TRUNC, 0600, &l->map);
	if (r != PH_OK)
		return r;
	l->follow = follow_new(fs, partial_fd(l->partial), l->map);
	return l->follow == NULL ? PH_ENOMEM : advance_follow(l);
}

int
landing_plan(struct landing *l, const struct digest *base, uint64_t data,
    struct failure *f)
{
	int r;

	r = reserve_blob(l, data, f);
	if (r != PH_OK)
		return r;
	l->base = *base;
	r = part_plan_begin(l->partial, &l->base);
	if (r == PH_OK && !digest_is_zero(&l->base)) {
		/* Without it, each segment falls back; that is no failure. */
		l->lacks_base = file_source_open_blob(&l->base_file,
				    l->config.store, &l->base) != PH_OK;
	}
	return r == PH_OK ? begin_follow(l) : r;
}

/* An encoding is larger than was reserved for each. */
static int
reserve_part(struct landing *l, uint32_t length, struct failure *f)
{
	int r;

	if (length <= l->part)
		return PH_OK;
	r = space_extend(l->hold, l->nparts * (length - l->part), 0, f);
	if (r == PH_OK)
		l->part = length;
	return r;
}

int
landing_put_rows(struct landing *l, const struct message_segments *rows,
    struct failure *f)
{
	struct message_row wire;
	struct part_row row;
	size_t i;
	int r;

	r = PH_OK;
	for (i = 0; r == PH_OK && i < rows->nrows; i++) {
		message_row_decode(rows, i, &wire);
		row.encoding = wire.encoding;
		row.length = wire.len;
		row.target = wire.target;
		row.plain = rows->plain;
		r = reserve_part(l, row.length, f);
		if (r == PH_OK)
			r = part_plan_put(l->partial, rows->first + i, &row);
	}
	return r;
}

uint64_t
landing_next(const struct landing *l, uint64_t at, uint64_t end)
{
	while (at < end && partial_is_done(l->partial, at))
		at++;
	return at;
}

int
landing_get(struct landing *l, uint64_t segment, struct landing_segment *out)
{
	struct part_row row;
	int r;

	r = part_plan_get(l->partial, segment, &row);
	if (r == PH_OK)
		r = part_size(l->partial, segment, &out->have);
	if (r != PH_OK)
		return r;
	out->length = row.length;
	out->plain = row.plain;
	return PH_OK;
}

int
landing_lacks_base(const struct landing *l)
{
	return l->lacks_base;
}

int
landing_append(struct landing *l, uint64_t segment, uint32_t offset,
    const void *data, size_t len)
{
	return part_append(l->partial, segment, offset, data, len);
}

static int
read_base(void *cookie, uint64_t offset, void *buf, size_t len)
{
	struct landing *l;

	l = cookie;
	return delta_source_read(&l->base_file.source, offset, buf, len);
}

/* How much of the segment the decoder holds did not come by wire. */
static uint64_t
count_reused(struct segment_decoder *decoder)
{
	const uint8_t *literal;
	struct segment_op op;
	uint64_t reused;

	reused = 0;
	segment_rewind(decoder);
	while (segment_next(decoder, &op, &literal)) {
		if (op.kind != SEGMENT_LITERAL)
			reused += op.length;
	}
	segment_rewind(decoder);
	return reused;
}

/* Load the encoding and check that it is of this segment and base. */
static int
load_encoding(struct landing *l, uint32_t segment, int plain,
    const struct part_row *row, const struct segment_header **header)
{
	const struct digest *base;
	uint64_t offset;
	int r;

	base = plain || digest_is_zero(&l->base) ? NULL : &l->base;
	offset = (uint64_t)segment * partial_segment_size(l->partial);
	r = segment_load(l->decoder, l->encoding.data, l->encoding.len, header);
	if (r == PH_OK)
		r = segment_header_check(*header, offset,
		    partial_segment_len(l->partial, segment), base,
		    base == NULL ? 0 : l->base_file.source.size);
	if (r == PH_OK && digest_compare(&(*header)->target, &row->target) != 0)
		r = PH_ESEGMENT;
	return r;
}

/* Make the bytes of the segment from the encoding that was read. */
static int
apply(struct landing *l, uint32_t segment, int plain,
    const struct part_row *row, struct landing_outcome *out)
{
	const struct segment_header *header;
	int r;

	r = load_encoding(l, segment, plain, row, &header);
	if (r != PH_OK)
		return r;
	out->reused_bytes = count_reused(l->decoder);
	out->bytes = header->target_length;
	r = segment_apply(l->decoder, l->target, read_base, l);
	/* A right encoding gives a wrong segment only from a wrong base. */
	if (r == PH_EDIGEST && !digest_is_zero(&header->base))
		r = PH_EBASE;
	return r;
}

/* The bytes of a segment that a file has no holes for. */
static uint64_t
count_data(const uint8_t *data, size_t len)
{
	uint64_t count;
	size_t at, n;
	int zero;

	count = 0;
	for (at = 0; at < len; at += n) {
		n = zeros_run(data + at, len - at, at, &zero);
		if (!zero)
			count += n;
	}
	return count;
}

/* Write the segment that was made, into room that is reserved. */
static int
write_segment(struct landing *l, uint32_t segment, const struct digest *digest,
    struct failure *f)
{
	uint64_t data;
	uint32_t len;
	int r;

	len = partial_segment_len(l->partial, segment);
	data = count_data(l->target, len);
	r = PH_OK;
	/* More than the provider said. */
	if (data > l->room) {
		r = space_extend(l->hold, data - l->room, 0, f);
		if (r == PH_OK)
			l->room = data;
	}
	if (r == PH_OK)
		r = partial_write(l->partial,
		    (uint64_t)segment * partial_segment_size(l->partial),
		    l->target, len);
	if (r != PH_OK)
		return r;
	space_spend(l->hold, data, 0);
	l->room -= data;
	return partial_done(l->partial, segment, digest);
}

/*
 * Make durable what came.  A failure is final: what was read back would come
 * from memory, and a second sync would say that all is well.
 */
static int
sync_staging(struct landing *l)
{
	int r;

	r = partial_sync(l->partial);
	if (r != PH_OK)
		(void)!partial_discard(l->config.store, &l->config.digest);
	return r;
}

/* From time to time, make durable what came. */
static int
sync_sometimes(struct landing *l)
{
	int64_t now;

	now = clock_mono_ms(l->config.clock);
	if (now - l->synced_ms < SYNC_INTERVAL_MS)
		return PH_OK;
	l->synced_ms = now;
	return sync_staging(l);
}

int
landing_complete(struct landing *l, uint32_t segment, int plain,
    struct landing_outcome *out, struct failure *f)
{
	struct part_row row;
	int r;

	buffer_reset(&l->encoding);
	r = part_plan_get(l->partial, segment, &row);
	if (r == PH_OK)
		r = part_read(l->partial, segment, &l->encoding);
	if (r == PH_OK)
		r = apply(l, segment, plain, &row, out);
	if (r == PH_ESEGMENT || r == PH_EDIGEST)
		(void)!part_remove(l->partial, segment);
	if (r == PH_OK)
		r = write_segment(l, segment, &row.target, f);
	if (r == PH_OK)
		r = part_remove(l->partial, segment);
	if (r == PH_OK)
		r = advance_follow(l);
	return r == PH_OK ? sync_sometimes(l) : r;
}

/* Wait for the hash of the whole; its map is then complete, too. */
static int
finish_follow(struct landing *l, struct hash_result *out)
{
	int r, closed;

	r = follow_finish(l->follow, out);
	follow_free(l->follow);
	l->follow = NULL;
	closed = file_close(store_files(l->config.store), l->map);
	l->map = -1;
	return r == PH_OK ? closed : r;
}

int
landing_finish(struct landing *l)
{
	struct hash_result found;
	int r;

	r = sync_staging(l);
	if (r == PH_OK)
		r = finish_follow(l, &found);
	if (r == PH_OK &&
	    (digest_compare(&found.digest, &l->config.digest) != 0 ||
		digest_compare(&found.map_root, &l->config.map) != 0)) {
		(void)!partial_discard(l->config.store, &l->config.digest);
		r = PH_EDIGEST;
	}
	return r;
}
