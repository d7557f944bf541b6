/*
 * Plans and parts.
 *
 * The plan: "PHP1" ‖ u32 segment size ‖ u64 size ‖ 32 base ‖ 16 zeros; then
 * for each segment 32 encoding digest ‖ u32 length, with the highest bit set
 * for a plain one ‖ 32 target digest, zeros where there is none.  The files
 * are opened for each call: what comes through a link is slower.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "proto/errors.h"
#include "proto/limits.h"
#include "proto/reader.h"

#include "syncd/store/part.h"

#define PLAN_FILE "plan"
#define PLAN_MAGIC "PHP1"
#define HEADER_SIZE 64u
#define HEADER_FILL 16u
#define ROW_SIZE 68u
#define ROW_PLAIN (UINT32_C(1) << 31)
#define PART_PREFIX "part-"
#define PART_NAME_SIZE 32u

static void
part_name(uint64_t segment, char out[PART_NAME_SIZE])
{
	(void)snprintf(out, PART_NAME_SIZE, PART_PREFIX "%" PRIu64, segment);
}

/* The header of a plan for this blob. */
static int
encode_header(const struct partial *p, const struct digest *base,
    struct buffer *out)
{
	static const uint8_t fill[HEADER_FILL];

	(void)buffer_put_text(out, PLAN_MAGIC);
	(void)buffer_put_u32(out, partial_segment_size(p));
	(void)buffer_put_u64(out, partial_size(p));
	(void)buffer_put(out, base->bytes, DIGEST_SIZE);
	(void)buffer_put(out, fill, sizeof(fill));
	return buffer_error(out);
}

/*
 * Open the plan and read its base.  PH_EABSENT also for one that is not this
 * blob's.
 */
static int
open_plan(struct partial *p, int flags, struct digest *base, int *fd)
{
	const struct files *fs;
	struct buffer expected;
	uint8_t header[HEADER_SIZE];
	size_t n;
	int r;

	fs = partial_files(p);
	r = file_open(fs, partial_dir(p), PLAN_FILE, flags, 0, fd);
	if (r != PH_OK)
		return r;
	buffer_init(&expected, HEADER_SIZE);
	r = file_read_at(fs, *fd, 0, header, sizeof(header), &n);
	if (r == PH_OK && n < sizeof(header))
		r = PH_EABSENT;
	if (r != PH_OK)
		goto out;
	memcpy(base->bytes, header + 16, DIGEST_SIZE);
	r = encode_header(p, base, &expected);
	if (r == PH_OK && memcmp(expected.data, header, sizeof(header)) != 0)
		r = PH_EABSENT;
out:
	buffer_fini(&expected);
	if (r != PH_OK)
		file_abandon(fs, *fd);
	return r;
}

int
part_plan_base(struct partial *p, struct digest *base)
{
	int fd, r;

	r = open_plan(p, O_RDONLY, base, &fd);
	if (r == PH_OK)
		file_abandon(partial_files(p), fd);
	return r;
}

/* Remove one entry of the directory when it is a part. */
static int
drop_part(void *cookie, const char *name)
{
	struct partial *p = cookie;

	if (strncmp(name, PART_PREFIX, strlen(PART_PREFIX)) != 0)
		return PH_OK;
	return file_unlink(partial_files(p), partial_dir(p), name);
}

int
part_plan_begin(struct partial *p, const struct digest *base)
{
	struct digest old;
	struct buffer header;
	int r;

	r = part_plan_base(p, &old);
	if (r == PH_OK && digest_compare(&old, base) == 0)
		return PH_OK;
	if (r != PH_OK && r != PH_EABSENT)
		return r;
	/* Parts first: none may outlive the plan that says what they are. */
	r = file_list(partial_files(p), partial_dir(p), ".", drop_part, p);
	if (r != PH_OK)
		return r;
	buffer_init(&header, HEADER_SIZE);
	r = encode_header(p, base, &header);
	if (r == PH_OK)
		r = file_replace(partial_files(p), partial_dir(p), PLAN_FILE,
		    header.data, header.len, 0600);
	buffer_fini(&header);
	return r;
}

/* Where the row of a segment stands. */
static uint64_t
row_offset(uint64_t segment)
{
	return HEADER_SIZE + segment * ROW_SIZE;
}

/* Read a row of the open plan; PH_EABSENT when there is none. */
static int
read_row(struct partial *p, int fd, uint64_t segment, struct part_row *row)
{
	uint8_t bytes[ROW_SIZE];
	struct reader reader;
	size_t n;
	int r;

	r = file_read_at(partial_files(p), fd, row_offset(segment), bytes,
	    sizeof(bytes), &n);
	if (r != PH_OK)
		return r;
	reader_init(&reader, bytes, n);
	if (reader_get(&reader, row->encoding.bytes, DIGEST_SIZE) != PH_OK ||
	    reader_get_u32(&reader, &row->length) != PH_OK ||
	    reader_get(&reader, row->target.bytes, DIGEST_SIZE) != PH_OK)
		return PH_EABSENT;
	row->plain = (row->length & ROW_PLAIN) != 0;
	row->length &= ~ROW_PLAIN;
	return row->length == 0 || row->length > PH_ENCODING_SIZE_MAX ?
	    PH_EABSENT :
	    PH_OK;
}

int
part_plan_get(struct partial *p, uint64_t segment, struct part_row *row)
{
	struct digest base;
	int fd, r;

	if (segment >= partial_nsegments(p))
		return PH_EABSENT;
	r = open_plan(p, O_RDONLY, &base, &fd);
	if (r != PH_OK)
		return r;
	r = read_row(p, fd, segment, row);
	file_abandon(partial_files(p), fd);
	return r;
}

/* Write a row of the open plan. */
static int
write_row(struct partial *p, int fd, uint64_t segment,
    const struct part_row *row)
{
	struct buffer bytes;
	int r;

	buffer_init(&bytes, ROW_SIZE);
	(void)buffer_put(&bytes, row->encoding.bytes, DIGEST_SIZE);
	(void)buffer_put_u32(&bytes,
	    row->length | (row->plain ? ROW_PLAIN : 0));
	(void)buffer_put(&bytes, row->target.bytes, DIGEST_SIZE);
	r = buffer_error(&bytes);
	if (r == PH_OK)
		r = file_write_at(partial_files(p), fd, row_offset(segment),
		    bytes.data, bytes.len);
	buffer_fini(&bytes);
	return r;
}

/* 1 when both rows are of one encoding. */
static int
same_encoding(const struct part_row *a, const struct part_row *b)
{
	return a->length == b->length &&
	    digest_compare(&a->encoding, &b->encoding) == 0;
}

int
part_plan_put(struct partial *p, uint64_t segment, const struct part_row *row)
{
	struct digest base;
	struct part_row old;
	int fd, r, closed;

	if (segment >= partial_nsegments(p) || row->length == 0 ||
	    row->length > PH_ENCODING_SIZE_MAX)
		return PH_ELIMIT;
	r = open_plan(p, O_RDWR, &base, &fd);
	if (r != PH_OK)
		return r;
	r = read_row(p, fd, segment, &old);
	if (r == PH_OK && old.plain && !row->plain)
		goto out;
	if (r == PH_EABSENT || (r == PH_OK && !same_encoding(&old, row)))
		r = part_remove(p, segment);
	if (r == PH_OK)
		r = write_row(p, fd, segment, row);
out:
	closed = file_close(partial_files(p), fd);
	return r == PH_OK ? closed : r;
}

/* Open the part of a segment and see how long it is. */
static int
open_part(struct partial *p, uint64_t segment, int flags, int *fd,
    uint64_t *size)
{
	struct stat st;
	char name[PART_NAME_SIZE];
	int r;

	part_name(segment, name);
	r = file_open(partial_files(p), partial_dir(p), name, flags, 0600, fd);
	if (r != PH_OK)
		return r;
	r = file_stat_fd(partial_files(p), *fd, &st);
	*size = (uint64_t)st.st_size;
	if (r != PH_OK)
		file_abandon(partial_files(p), *fd);
	return r;
}

int
part_size(struct partial *p, uint64_t segment, uint32_t *size)
{
	struct part_row row;
	uint64_t found;
	int fd, r;

	*size = 0;
	r = part_plan_get(p, segment, &row);
	if (r == PH_OK)
		r = open_part(p, segment, O_RDONLY, &fd, &found);
	if (r != PH_OK)
		return r == PH_EABSENT ? PH_OK : r;
	file_abandon(partial_files(p), fd);
	/* Longer than it can be: none of it is of use. */
	if (found > row.length)
		return part_remove(p, segment);
	*size = (uint32_t)found;
	return PH_OK;
}

int
part_append(struct partial *p, uint64_t segment, uint32_t offset,
    const void *data, size_t len)
{
	struct part_row row;
	uint64_t size;
	int fd, r, closed;

	r = part_plan_get(p, segment, &row);
	if (r == PH_OK)
		r = open_part(p, segment, O_WRONLY | O_CREAT, &fd, &size);
	if (r != PH_OK)
		return r;
	if (offset != size || size > row.length || len > row.length - size)
		r = PH_ESEGMENT;
	else
		r = file_write_at(partial_files(p), fd, size, data, len);
	/* Half of it would count as come. */
	if (r != PH_OK && r != PH_ESEGMENT &&
	    file_truncate(partial_files(p), fd, size) != PH_OK)
		(void)!part_remove(p, segment);
	closed = file_close(partial_files(p), fd);
	return r == PH_OK ? closed : r;
}

int
part_read(struct partial *p, uint64_t segment, struct buffer *out)
{
	struct part_row row;
	struct digest digest;
	char name[PART_NAME_SIZE];
	size_t before;
	int r;

	r = part_plan_get(p, segment, &row);
	if (r != PH_OK)
		return r;
	before = out->len;
	part_name(segment, name);
	r = file_read_whole(partial_files(p), partial_dir(p), name, row.length,
	    out);
	if (r == PH_OK && out->len - before < row.length)
		r = PH_EABSENT;
	if (r == PH_OK) {
		digest_of(out->data + before, row.length, &digest);
		if (digest_compare(&digest, &row.encoding) != 0)
			r = PH_EDIGEST;
	}
	if (r == PH_OK)
		return PH_OK;
	buffer_truncate(out, before);
	if (r == PH_EDIGEST)
		(void)!part_remove(p, segment);
	return r;
}

int
part_remove(struct partial *p, uint64_t segment)
{
	char name[PART_NAME_SIZE];
	int r;

	part_name(segment, name);
	r = file_unlink(partial_files(p), partial_dir(p), name);
	return r == PH_EABSENT ? PH_OK : r;
}
