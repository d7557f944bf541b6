/*
 * Partly received blobs.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "proto/buffer.h"
#include "proto/errors.h"
#include "proto/limits.h"
#include "proto/reader.h"
#include "syncd/store/extent.h"
#include "syncd/store/hash.h"
#include "syncd/store/zeros.h"

#include "syncd/store/partial.h"

#define DONE_FILE "done"
#define ROW_SIZE 36u
#define ROWS_AT_ONCE 1024u

/* Rows that are read for each segment; what is behind them is noise. */
#define ROWS_PER_SEGMENT 4u

struct partial {
	const struct store *s;
	const struct files *fs;
	int dir;
	int file;
	int list; /* The file "done". */
	uint64_t size;
	uint32_t segment_size;
	uint64_t nsegments;
	uint64_t nrows; /* Rows in the list. */
	uint64_t ndone;
	int named;     /* The names of the files are durable. */
	uint8_t *done; /* A bit for each segment. */
};

/* Remove one entry of the directory. */
static int
empty_entry(void *cookie, const char *name)
{
	struct partial *p = cookie;

	return file_remove_tree(p->fs, p->dir, name);
}

/* Open the file for writing, also one that was sealed before a crash. */
static int
open_file(struct partial *p)
{
	int fd, r;

	r = file_open(p->fs, p->dir, PARTIAL_FILE, O_RDWR | O_CREAT, 0600,
	    &p->file);
	if (r != PH_EPERM)
		return r;
	r = file_open(p->fs, p->dir, PARTIAL_FILE, O_RDONLY, 0, &fd);
	if (r != PH_OK)
		return r;
	r = file_chmod(p->fs, fd, 0600);
	file_abandon(p->fs, fd);
	if (r != PH_OK)
		return r;
	return file_open(p->fs, p->dir, PARTIAL_FILE, O_RDWR, 0, &p->file);
}

/* Give the file its size; whatever belongs to another size goes. */
static int
make_size(struct partial *p)
{
	struct stat st;
	int r;

	r = file_stat_fd(p->fs, p->file, &st);
	if (r != PH_OK || (uint64_t)st.st_size == p->size)
		return r;
	file_abandon(p->fs, p->file);
	p->file = -1;
	r = file_list(p->fs, p->dir, ".", empty_entry, p);
	if (r == PH_OK)
		r = open_file(p);
	return r == PH_OK ? file_truncate(p->fs, p->file, p->size) : r;
}

/* Open or create all that is there. */
static int
open_partial(struct partial *p, const struct digest *target)
{
	struct stat st;
	char name[DIGEST_HEX_SIZE];
	int staging, r;

	staging = store_dir(p->s, STORE_STAGING);
	digest_hex(target, name);
	r = file_mkdir(p->fs, staging, name, 0700);
	if (r != PH_OK && r != PH_EEXISTS)
		return r;
	r = file_open(p->fs, staging, name, O_RDONLY | O_DIRECTORY, 0, &p->dir);
	if (r == PH_OK)
		r = open_file(p);
	if (r == PH_OK)
		r = make_size(p);
	if (r == PH_OK)
		r = file_open(p->fs, p->dir, DONE_FILE, O_RDWR | O_CREAT, 0600,
		    &p->list);
	if (r == PH_OK)
		r = file_stat_fd(p->fs, p->list, &st);
	if (r == PH_OK)
		p->nrows = (uint64_t)st.st_size / ROW_SIZE;
	return r;
}

int
partial_open(const struct store *s, const struct digest *target, uint64_t size,
    uint32_t segment_size, struct partial **out)
{
	struct partial *p;
	int r;

	if (size == 0 || size > PH_BLOB_SIZE_MAX || segment_size == 0 ||
	    segment_size > PH_SEGMENT_SIZE_MAX)
		return PH_ELIMIT;
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return PH_ENOMEM;
	p->s = s;
	p->fs = store_files(s);
	p->dir = -1;
	p->file = -1;
	p->list = -1;
	p->size = size;
	p->segment_size = segment_size;
	p->nsegments = (size + segment_size - 1) / segment_size;
	if (p->nsegments <= UINT32_MAX)
		p->done = calloc(1, p->nsegments / 8 + 1);
	r = p->done == NULL ? PH_ENOMEM : open_partial(p, target);
	if (r != PH_OK) {
		partial_close(p);
		return r;
	}
	*out = p;
	return PH_OK;
}

void
partial_close(struct partial *p)
{
	if (p == NULL)
		return;
	file_abandon(p->fs, p->list);
	file_abandon(p->fs, p->file);
	file_abandon(p->fs, p->dir);
	free(p->done);
	free(p);
}

int
partial_dir(const struct partial *p)
{
	return p->dir;
}

int
partial_fd(const struct partial *p)
{
	return p->file;
}

const struct files *
partial_files(const struct partial *p)
{
	return p->fs;
}

uint64_t
partial_size(const struct partial *p)
{
	return p->size;
}

uint32_t
partial_segment_size(const struct partial *p)
{
	return p->segment_size;
}

uint64_t
partial_nsegments(const struct partial *p)
{
	return p->nsegments;
}

uint32_t
partial_segment_len(const struct partial *p, uint64_t segment)
{
	uint64_t left;

	assert(segment < p->nsegments);
	left = p->size - segment * p->segment_size;
	return left < p->segment_size ? (uint32_t)left : p->segment_size;
}

int
partial_clone(struct partial *p, int base)
{
	int r, cloned;

	assert(p->ndone == 0);
	/* The end of a base cannot be cloned into the middle of a file. */
	r = file_truncate(p->fs, p->file, 0);
	if (r != PH_OK)
		return r;
	cloned = file_clone(p->fs, p->file, base);
	r = file_truncate(p->fs, p->file, p->size);
	return r == PH_OK ? cloned : r;
}

int
partial_write(struct partial *p, uint64_t offset, const void *data, size_t len)
{
	const uint8_t *bytes;
	size_t n;
	int r, zero;

	assert(offset <= p->size && len <= p->size - offset);
	bytes = data;
	r = PH_OK;
	while (len > 0 && r == PH_OK) {
		n = zeros_run(bytes, len, offset, &zero);
		/* What was cloned, or came before, is not a hole. */
		if (!zero || !extent_is_hole(p->file, offset, n))
			r = file_write_at(p->fs, p->file, offset, bytes, n);
		bytes += n;
		offset += n;
		len -= n;
	}
	return r;
}

/* Note in memory that a segment is done. */
static void
set_done(struct partial *p, uint64_t segment)
{
	if (partial_is_done(p, segment))
		return;
	p->done[segment / 8] |= (uint8_t)(1u << segment % 8);
	p->ndone++;
}

int
partial_done(struct partial *p, uint64_t segment, const struct digest *digest)
{
	struct buffer row;
	int r;

	assert(segment < p->nsegments);
	buffer_init(&row, ROW_SIZE);
	(void)buffer_put_u32(&row, (uint32_t)segment);
	(void)buffer_put(&row, digest->bytes, DIGEST_SIZE);
	r = buffer_error(&row);
	/* Half a row, left by a failure, is written over by the next. */
	if (r == PH_OK)
		r = file_write_at(p->fs, p->list, p->nrows * ROW_SIZE, row.data,
		    row.len);
	buffer_fini(&row);
	if (r != PH_OK)
		return r;
	p->nrows++;
	set_done(p, segment);
	return PH_OK;
}

int
partial_is_done(const struct partial *p, uint64_t segment)
{
	assert(segment < p->nsegments);
	return p->done[segment / 8] >> segment % 8 & 1;
}

uint64_t
partial_ndone(const struct partial *p)
{
	return p->ndone;
}

/*
 * Judge a row of the list: PH_OK when its segment has this digest, and it is
 * the first that says so; PH_EDIGEST when it is of no use.
 */
static int
judge(struct partial *p, const uint8_t row[ROW_SIZE])
{
	struct reader reader;
	struct digest noted, found;
	uint32_t segment;
	int r;

	reader_init(&reader, row, ROW_SIZE);
	r = reader_get_u32(&reader, &segment);
	assert(r == PH_OK);
	r = reader_get(&reader, noted.bytes, DIGEST_SIZE);
	assert(r == PH_OK);
	if (segment >= p->nsegments || partial_is_done(p, segment))
		return PH_EDIGEST;
	r = hash_range(p->fs, p->file, (uint64_t)segment * p->segment_size,
	    partial_segment_len(p, segment), &found);
	if (r != PH_OK)
		return r;
	if (digest_compare(&noted, &found) != 0)
		return PH_EDIGEST;
	set_done(p, segment);
	return PH_OK;
}

/* Judge n rows, and move those that are believed to the front. */
static int
judge_rows(struct partial *p, uint8_t *rows, size_t n, size_t *kept,
    const struct progress *progress)
{
	size_t i;
	int r;

	*kept = 0;
	for (i = 0; i < n; i++) {
		r = judge(p, rows + i * ROW_SIZE);
		if (r == PH_OK) {
			memmove(rows + *kept * ROW_SIZE, rows + i * ROW_SIZE,
			    ROW_SIZE);
			(*kept)++;
		} else if (r != PH_EDIGEST) {
			return r;
		}
		if (progress == NULL || progress->step == NULL)
			continue;
		r = progress->step(progress->cookie,
		    p->ndone * (uint64_t)p->segment_size, p->size);
		if (r != PH_OK)
			return r;
	}
	return PH_OK;
}

int
partial_load(struct partial *p, const struct progress *progress)
{
	uint64_t nrows, at, end;
	uint8_t *rows;
	size_t n, kept;
	int r;

	rows = malloc((size_t)ROWS_AT_ONCE * ROW_SIZE);
	if (rows == NULL)
		return PH_ENOMEM;
	memset(p->done, 0, p->nsegments / 8 + 1);
	p->ndone = 0;
	nrows = p->nrows;
	if (nrows > p->nsegments * ROWS_PER_SEGMENT)
		nrows = p->nsegments * ROWS_PER_SEGMENT;
	/*
	 * The list is rewritten in place: what is believed never stands
	 * behind where it was read, and a crash leaves rows that are judged
	 * again.
	 */
	end = 0;
	r = PH_OK;
	for (at = 0; at < nrows && r == PH_OK; at += n) {
		n = nrows - at < ROWS_AT_ONCE ? (size_t)(nrows - at) :
						ROWS_AT_ONCE;
		r = file_read_at(p->fs, p->list, at * ROW_SIZE, rows,
		    n * ROW_SIZE, &kept);
		if (r != PH_OK)
			break;
		n = kept / ROW_SIZE;
		if (n == 0)
			break;
		r = judge_rows(p, rows, n, &kept, progress);
		if (r == PH_OK && end + kept < at + n)
			r = file_write_at(p->fs, p->list, end * ROW_SIZE, rows,
			    kept * ROW_SIZE);
		end += kept;
	}
	if (r == PH_OK)
		r = file_truncate(p->fs, p->list, end * ROW_SIZE);
	if (r == PH_OK)
		p->nrows = end;
	free(rows);
	return r;
}

int
partial_sync(struct partial *p)
{
	int r;

	r = file_sync_data(p->fs, p->file);
	if (r == PH_OK)
		r = file_sync_data(p->fs, p->list);
	if (r != PH_OK || p->named)
		return r;
	r = file_sync(p->fs, p->dir);
	if (r == PH_OK)
		r = store_sync(p->s, STORE_STAGING);
	p->named = r == PH_OK;
	return r;
}

int
partial_discard(const struct store *s, const struct digest *target)
{
	char name[DIGEST_HEX_SIZE];

	digest_hex(target, name);
	return file_remove_tree(store_files(s), store_dir(s, STORE_STAGING),
	    name);
}
