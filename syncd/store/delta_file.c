/*
 * Encodings on disk.
 */
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "proto/buffer.h"
#include "proto/errors.h"
#include "proto/limits.h"
#include "proto/reader.h"
#include "syncd/store/hash.h"

#include "syncd/store/delta_file.h"

#define MAGIC "PHD1"
#define HEADER_SIZE 64u
#define HEADER_FILL 40u
#define ROW_SIZE 80u
#define ROWS_AT_ONCE 512u
#define DATA_SUFFIX ".data"
#define INDEX_SUFFIX ".index"
#define NAME_SIZE (DIGEST_HEX_SIZE + 8u)

/*
 * Invariant: the encodings of rows 0 to nrows - 1 lie one behind the other
 * in the data and end at data_size.
 */
struct delta_file {
	const struct files *fs;
	struct delta_file_id id;
	int data;
	int index;
	uint64_t nsegments;
	_Atomic uint64_t nrows;
	_Atomic uint64_t data_size;
};

/* The names of both files in deltas/TARGET. */
static void
names(const struct digest *base, char data[NAME_SIZE], char index[NAME_SIZE])
{
	char hex[DIGEST_HEX_SIZE];

	(void)snprintf(hex, sizeof(hex), "none");
	if (!digest_is_zero(base))
		digest_hex(base, hex);
	(void)snprintf(data, NAME_SIZE, "%s%s", hex, DATA_SUFFIX);
	(void)snprintf(index, NAME_SIZE, "%s%s", hex, INDEX_SUFFIX);
}

/* Open the directory of a target, which is made when create is 1. */
static int
open_target(const struct store *s, const struct digest *target, int create,
    int *dir)
{
	const struct files *fs;
	char name[DIGEST_HEX_SIZE];
	int deltas, r;

	fs = store_files(s);
	deltas = store_dir(s, STORE_DELTAS);
	digest_hex(target, name);
	r = file_open(fs, deltas, name, O_RDONLY | O_DIRECTORY, 0, dir);
	if (r != PH_EABSENT || !create)
		return r;
	r = file_mkdir(fs, deltas, name, 0700);
	if (r != PH_OK && r != PH_EEXISTS)
		return r;
	return file_open(fs, deltas, name, O_RDONLY | O_DIRECTORY, 0, dir);
}

static int
encode_header(const struct delta_file_id *id, struct buffer *out)
{
	static const uint8_t fill[HEADER_FILL];

	(void)buffer_put_text(out, MAGIC);
	(void)buffer_put_u32(out, id->segment_size);
	(void)buffer_put_u64(out, id->target_size);
	(void)buffer_put_u64(out, id->base_size);
	(void)buffer_put(out, fill, sizeof(fill));
	return buffer_error(out);
}

/* Read the header, which must be that of the pair. */
static int
check_header(const struct delta_file *d)
{
	struct buffer expected;
	uint8_t header[HEADER_SIZE];
	size_t n;
	int r;

	r = file_read_at(d->fs, d->index, 0, header, sizeof(header), &n);
	if (r != PH_OK)
		return r;
	buffer_init(&expected, HEADER_SIZE);
	r = encode_header(&d->id, &expected);
	if (r == PH_OK &&
	    (n < sizeof(header) || memcmp(header, expected.data, n) != 0))
		r = PH_EDIGEST;
	buffer_fini(&expected);
	return r;
}

static int
decode_row(const uint8_t bytes[ROW_SIZE], struct delta_file_row *out)
{
	struct reader reader;
	uint32_t zero;
	int r;

	reader_init(&reader, bytes, ROW_SIZE);
	r = reader_get_u64(&reader, &out->offset);
	if (r == PH_OK)
		r = reader_get_u32(&reader, &out->length);
	if (r == PH_OK)
		r = reader_get_u32(&reader, &zero);
	if (r == PH_OK)
		r = reader_get(&reader, out->encoding.bytes, DIGEST_SIZE);
	if (r == PH_OK)
		r = reader_get(&reader, out->target.bytes, DIGEST_SIZE);
	if (r != PH_OK || zero != 0 || out->length == 0 ||
	    out->length > PH_ENCODING_SIZE_MAX)
		return PH_EDIGEST;
	return PH_OK;
}

/* Count the rows that can be right, given the size of the data. */
static int
load_rows(struct delta_file *d, uint64_t data_size)
{
	struct delta_file_row row;
	uint64_t nrows, end;
	uint8_t *bytes;
	size_t n, i;
	int r;

	bytes = malloc((size_t)ROWS_AT_ONCE * ROW_SIZE);
	if (bytes == NULL)
		return PH_ENOMEM;
	nrows = 0;
	end = 0;
	do {
		r = file_read_at(d->fs, d->index,
		    HEADER_SIZE + nrows * ROW_SIZE, bytes,
		    (size_t)ROWS_AT_ONCE * ROW_SIZE, &n);
		n /= ROW_SIZE;
		for (i = 0; r == PH_OK && i < n; i++) {
			if (nrows == d->nsegments ||
			    decode_row(bytes + i * ROW_SIZE, &row) != PH_OK ||
			    row.offset != end || row.length > data_size - end)
				break;
			end += row.length;
			nrows++;
		}
	} while (r == PH_OK && n == ROWS_AT_ONCE && i == n);
	free(bytes);
	d->nrows = nrows;
	d->data_size = end;
	return r;
}

/* Cut off what is behind the rows that count. */
static int
trim(struct delta_file *d, uint64_t data_size)
{
	struct stat st;
	uint64_t size;
	int r;

	r = PH_OK;
	if (data_size != d->data_size)
		r = file_truncate(d->fs, d->data, d->data_size);
	if (r == PH_OK)
		r = file_stat_fd(d->fs, d->index, &st);
	size = HEADER_SIZE + d->nrows * ROW_SIZE;
	if (r == PH_OK && (uint64_t)st.st_size != size)
		r = file_truncate(d->fs, d->index, size);
	return r;
}

/* Open files that are there.  PH_EDIGEST: they are of no use. */
static int
open_files(struct delta_file *d, int dir, const char *data, const char *index)
{
	struct stat st;
	int r;

	r = file_open(d->fs, dir, index, O_RDWR, 0, &d->index);
	if (r != PH_OK)
		return r;
	r = file_open(d->fs, dir, data, O_RDWR, 0, &d->data);
	if (r != PH_OK)
		return r == PH_EABSENT ? PH_EDIGEST : r;
	r = check_header(d);
	if (r == PH_OK)
		r = file_stat_fd(d->fs, d->data, &st);
	if (r == PH_OK)
		r = load_rows(d, (uint64_t)st.st_size);
	return r == PH_OK ? trim(d, (uint64_t)st.st_size) : r;
}

/* Create empty files, the index last: without it, the data do not count. */
static int
create_files(struct delta_file *d, int dir, const char *data, const char *index)
{
	struct buffer header;
	int r;

	r = file_open(d->fs, dir, data, O_RDWR | O_CREAT | O_TRUNC, 0600,
	    &d->data);
	if (r == PH_OK)
		r = file_open(d->fs, dir, index, O_RDWR | O_CREAT | O_TRUNC,
		    0600, &d->index);
	if (r != PH_OK)
		return r;
	buffer_init(&header, HEADER_SIZE);
	r = encode_header(&d->id, &header);
	if (r == PH_OK)
		r = file_write_at(d->fs, d->index, 0, header.data, header.len);
	buffer_fini(&header);
	return r;
}

/* Close both files. */
static void
close_files(struct delta_file *d)
{
	file_abandon(d->fs, d->data);
	file_abandon(d->fs, d->index);
	d->data = -1;
	d->index = -1;
}

/* Remove both files, the index first; absent ones are fine. */
static int
remove_files(const struct files *fs, int dir, const char *data,
    const char *index)
{
	int r;

	r = file_unlink(fs, dir, index);
	if (r == PH_OK || r == PH_EABSENT)
		r = file_unlink(fs, dir, data);
	return r == PH_EABSENT ? PH_OK : r;
}

/* Open or create, in the directory of the target. */
static int
open_pair(struct delta_file *d, int dir, int create)
{
	char data[NAME_SIZE], index[NAME_SIZE];
	int r;

	names(&d->id.base, data, index);
	r = open_files(d, dir, data, index);
	if (r == PH_EDIGEST) {
		close_files(d);
		r = remove_files(d->fs, dir, data, index);
		if (r == PH_OK)
			r = PH_EABSENT;
	}
	if (r == PH_EABSENT && create)
		r = create_files(d, dir, data, index);
	return r;
}

int
delta_file_open(const struct store *s, const struct delta_file_id *id,
    int create, struct delta_file **out)
{
	struct delta_file *d;
	int dir, r;

	if (id->target_size == 0 || id->target_size > PH_BLOB_SIZE_MAX ||
	    id->segment_size == 0 || id->segment_size > PH_SEGMENT_SIZE_MAX)
		return PH_ELIMIT;
	d = calloc(1, sizeof(*d));
	if (d == NULL)
		return PH_ENOMEM;
	d->fs = store_files(s);
	d->id = *id;
	d->data = -1;
	d->index = -1;
	d->nsegments =
	    (id->target_size + id->segment_size - 1) / id->segment_size;
	r = open_target(s, &id->target, create, &dir);
	if (r == PH_OK) {
		r = open_pair(d, dir, create);
		file_abandon(d->fs, dir);
	}
	if (r == PH_OK)
		*out = d;
	else
		delta_file_close(d);
	return r;
}

void
delta_file_close(struct delta_file *d)
{
	if (d == NULL)
		return;
	close_files(d);
	free(d);
}

const struct delta_file_id *
delta_file_id(const struct delta_file *d)
{
	return &d->id;
}

uint64_t
delta_file_nrows(const struct delta_file *d)
{
	return d->nrows;
}

uint64_t
delta_file_nsegments(const struct delta_file *d)
{
	return d->nsegments;
}

uint64_t
delta_file_size(const struct delta_file *d)
{
	return HEADER_SIZE + d->nrows * ROW_SIZE + d->data_size;
}

/* Put the bytes of a row. */
static int
encode_row(const struct delta_file_row *row, struct buffer *out)
{
	(void)buffer_put_u64(out, row->offset);
	(void)buffer_put_u32(out, row->length);
	(void)buffer_put_u32(out, 0);
	(void)buffer_put(out, row->encoding.bytes, DIGEST_SIZE);
	(void)buffer_put(out, row->target.bytes, DIGEST_SIZE);
	return buffer_error(out);
}

int
delta_file_append(struct delta_file *d, const void *encoding, size_t len,
    const struct digest *digest, const struct digest *target)
{
	struct delta_file_row row;
	struct buffer bytes;
	int r;

	if (len == 0 || len > PH_ENCODING_SIZE_MAX || d->nrows == d->nsegments)
		return PH_ELIMIT;
	row.offset = d->data_size;
	row.length = (uint32_t)len;
	row.encoding = *digest;
	row.target = *target;
	buffer_init(&bytes, ROW_SIZE);
	r = encode_row(&row, &bytes);
	/* What a failure leaves behind the last row does not count. */
	if (r == PH_OK)
		r = file_write_at(d->fs, d->data, row.offset, encoding, len);
	if (r == PH_OK)
		r = file_write_at(d->fs, d->index,
		    HEADER_SIZE + d->nrows * ROW_SIZE, bytes.data, bytes.len);
	buffer_fini(&bytes);
	if (r != PH_OK)
		return r;
	d->data_size += len;
	d->nrows++;
	return PH_OK;
}

int
delta_file_row(struct delta_file *d, uint64_t segment,
    struct delta_file_row *row)
{
	uint8_t bytes[ROW_SIZE];
	size_t n;
	int r;

	if (segment >= d->nrows)
		return PH_EABSENT;
	r = file_read_at(d->fs, d->index, HEADER_SIZE + segment * ROW_SIZE,
	    bytes, sizeof(bytes), &n);
	if (r != PH_OK)
		return r;
	return n == sizeof(bytes) ? decode_row(bytes, row) : PH_EDIGEST;
}

int
delta_file_read(struct delta_file *d, const struct delta_file_row *row,
    uint32_t offset, void *buf, size_t len)
{
	size_t n;
	int r;

	if (offset > row->length || len > row->length - offset ||
	    row->offset > d->data_size)
		return PH_EDIGEST;
	r = file_read_at(d->fs, d->data, row->offset + offset, buf, len, &n);
	if (r != PH_OK)
		return r;
	return n == len ? PH_OK : PH_EDIGEST;
}

int
delta_file_verify(struct delta_file *d, const struct delta_file_row *row)
{
	struct digest found;
	int r;

	if (row->offset > d->data_size)
		return PH_EDIGEST;
	r = hash_range(d->fs, d->data, row->offset, row->length, &found);
	if (r != PH_OK)
		return r;
	return digest_compare(&found, &row->encoding) == 0 ? PH_OK : PH_EDIGEST;
}

int
delta_file_touch(struct delta_file *d)
{
	return file_write_at(d->fs, d->index, 0, MAGIC, strlen(MAGIC));
}

int
delta_file_remove(const struct store *s, const struct digest *target,
    const struct digest *base)
{
	const struct files *fs;
	char data[NAME_SIZE], index[NAME_SIZE], name[DIGEST_HEX_SIZE];
	int dir, r;

	fs = store_files(s);
	names(base, data, index);
	r = open_target(s, target, 0, &dir);
	if (r != PH_OK)
		return r == PH_EABSENT ? PH_OK : r;
	r = remove_files(fs, dir, data, index);
	file_abandon(fs, dir);
	if (r != PH_OK)
		return r;
	digest_hex(target, name);
	r = file_rmdir(fs, store_dir(s, STORE_DELTAS), name);
	return r == PH_EEXISTS || r == PH_EABSENT ? PH_OK : r;
}
