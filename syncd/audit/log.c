/*
 * Log files.
 *
 * Each append is one write and one fsync, and after a failed fsync nothing
 * more is appended: so only the last record can be torn, and opening can
 * tell a torn tail from damage.
 */
#include <assert.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "proto/errors.h"
#include "proto/limits.h"
#include "proto/merkle.h"
#include "proto/name.h"
#include "syncd/audit/record.h"
#include "syncd/audit/sparse.h"

#include "syncd/audit/log.h"

#define SUFFIX ".log"
#define NAME_SIZE (PH_NAME_MAX + sizeof(SUFFIX))

/* What is read at once; several records of any length. */
#define WINDOW_SIZE (256u << 10)

/*
 * Invariants:
 *  1. The records of the entries of sparse are the file up to end.
 *  2. Entry at_index lies at at_offset; at_index may be the size.
 *  3. The window holds bytes before end only, so it never becomes wrong.
 */
struct log {
	const struct files *fs;
	int fd;
	uint64_t end;
	uint64_t torn;
	int failed; /* Nothing may be appended any more. */
	uint64_t at_index;
	uint64_t at_offset;
	uint64_t window_offset;
	size_t window_len;
	struct sparse sparse;
	uint8_t window[WINDOW_SIZE];
};

/*
 * See *len bytes at offset, or as many as there are before end.  Valid until
 * the next call.
 */
static int
see(struct log *lg, uint64_t offset, uint64_t end, size_t *len,
    const uint8_t **out)
{
	uint64_t left;
	size_t n;
	int r;

	assert(offset <= end && *len <= WINDOW_SIZE);
	left = end - offset;
	if (*len > left)
		*len = (size_t)left;
	if (offset < lg->window_offset ||
	    offset - lg->window_offset > lg->window_len ||
	    *len > lg->window_len - (size_t)(offset - lg->window_offset)) {
		lg->window_len = 0;
		n = left < WINDOW_SIZE ? (size_t)left : WINDOW_SIZE;
		r = file_read_at(lg->fs, lg->fd, offset, lg->window, n, &n);
		if (r != PH_OK)
			return r;
		lg->window_offset = offset;
		lg->window_len = n;
		if (*len > n)
			return PH_ELOG;
	}
	*out = lg->window + (offset - lg->window_offset);
	return PH_OK;
}

/* Note the entry behind the last one. */
static void
note(struct log *lg, const struct record *record)
{
	uint64_t next;

	next = lg->end + RECORD_HEADER_SIZE + record->len;
	sparse_append(&lg->sparse, &record->leaf, lg->end, next);
	lg->end = next;
}

/* Read the file from its beginning, as far as its records are sound. */
static int
scan(struct log *lg, uint64_t size)
{
	const uint8_t *bytes;
	struct record record;
	size_t len;
	int r;

	while (lg->end < size) {
		len = RECORD_SIZE_MAX;
		r = see(lg, lg->end, size, &len, &bytes);
		if (r == PH_OK)
			r = record_decode(bytes, len, sparse_size(&lg->sparse),
			    &record);
		if (r != PH_OK)
			return r;
		note(lg, &record);
	}
	return PH_OK;
}

/* A record at end is not sound: cut it off, if it can be the last append. */
static int
cut(struct log *lg, uint64_t size)
{
	const uint8_t *bytes;
	size_t len;
	int r;

	len = RECORD_SIZE_MAX + 1;
	r = see(lg, lg->end, size, &len, &bytes);
	if (r == PH_OK)
		r = record_torn(bytes, len);
	if (r == PH_OK)
		r = file_truncate(lg->fs, lg->fd, lg->end);
	if (r != PH_OK)
		return r;
	lg->torn = size - lg->end;
	/* The window has seen what is not there any more. */
	lg->window_len = 0;
	return PH_OK;
}

/*
 * Make durable what was found.  The last record may come from an append
 * whose fsync failed or never ran; after a failed one the page counts as
 * clean though the disk lacks it, so it is written again.
 */
static int
settle(struct log *lg)
{
	const uint8_t *bytes;
	uint64_t last, index, offset;
	size_t len;
	int r;

	r = PH_OK;
	if (sparse_size(&lg->sparse) > 0) {
		last = sparse_size(&lg->sparse) - 1;
		sparse_find(&lg->sparse, last, &index, &offset);
		while (r == PH_OK && index < last) {
			len = RECORD_HEADER_SIZE;
			r = see(lg, offset, lg->end, &len, &bytes);
			if (r != PH_OK)
				return r;
			offset += RECORD_HEADER_SIZE + record_body_len(bytes);
			index++;
		}
		len = (size_t)(lg->end - offset);
		r = see(lg, offset, lg->end, &len, &bytes);
		if (r == PH_OK)
			r = file_write_at(lg->fs, lg->fd, offset, bytes, len);
	}
	return r == PH_OK ? file_sync(lg->fs, lg->fd) : r;
}

/* Read and check all of an open file. */
static int
load(struct log *lg)
{
	struct stat st;
	int r;

	r = file_stat_fd(lg->fs, lg->fd, &st);
	if (r != PH_OK)
		return r;
	r = scan(lg, (uint64_t)st.st_size);
	if (r == PH_ELOG)
		r = cut(lg, (uint64_t)st.st_size);
	return r == PH_OK ? settle(lg) : r;
}

/* Open the file, and make its name durable when it may be new. */
static int
open_file(struct log *lg, int dir, const char *name, int create)
{
	char path[NAME_SIZE];
	int r;

	if (!name_valid(name))
		return PH_ENAME;
	(void)snprintf(path, sizeof(path), "%s%s", name, SUFFIX);
	r = file_open(lg->fs, dir, path, O_RDWR | (create ? O_CREAT : 0), 0600,
	    &lg->fd);
	if (r == PH_OK && create)
		r = file_sync_dir(lg->fs, dir, ".");
	return r;
}

int
log_open(const struct files *fs, int dir, const char *name, int create,
    struct log **out, struct failure *f)
{
	struct log *lg;
	int r;

	lg = calloc(1, sizeof(*lg));
	if (lg == NULL)
		return failure_set(f, PH_ENOMEM, "out of memory");
	lg->fs = fs;
	lg->fd = -1;
	sparse_init(&lg->sparse);
	r = open_file(lg, dir, name, create);
	if (r == PH_OK)
		r = load(lg);
	if (r == PH_OK) {
		*out = lg;
		return PH_OK;
	}
	if (r == PH_ELOG) {
		(void)failure_set(f, r,
		    "the log %s is damaged at entry %" PRIu64 " (byte %" PRIu64
		    ")",
		    name, sparse_size(&lg->sparse), lg->end);
		failure_next(f,
		    "restore it from a copy; its signed "
		    "checkpoints tell whether the copy is right");
	} else {
		(void)failure_set(f, r, "the log %s cannot be opened: %s", name,
		    error_sentence(r));
	}
	failure_where(f, "%s%s", name, SUFFIX);
	log_close(lg);
	return r;
}

void
log_close(struct log *lg)
{
	if (lg == NULL)
		return;
	file_abandon(lg->fs, lg->fd);
	free(lg);
}

uint64_t
log_torn(const struct log *lg)
{
	return lg->torn;
}

uint64_t
log_size(const struct log *lg)
{
	return sparse_size(&lg->sparse);
}

/* Write a record at the end and make it durable. */
static int
write_record(struct log *lg, const struct buffer *bytes)
{
	int r;

	r = file_write_at(lg->fs, lg->fd, lg->end, bytes->data, bytes->len);
	if (r == PH_ENOSPC && file_truncate(lg->fs, lg->fd, lg->end) == PH_OK)
		return PH_ENOSPC;
	if (r == PH_OK)
		r = file_sync_data(lg->fs, lg->fd);
	if (r == PH_OK)
		return PH_OK;
	lg->failed = 1;
	return PH_EIO;
}

int
log_append(struct log *lg, const void *body, size_t len)
{
	struct buffer bytes;
	struct record record;
	uint64_t seq;
	int r;

	if (lg->failed)
		return PH_EIO;
	seq = sparse_size(&lg->sparse);
	buffer_init(&bytes, RECORD_SIZE_MAX);
	r = record_encode(body, len, seq, &bytes);
	if (r == PH_OK)
		r = record_decode(bytes.data, bytes.len, seq, &record);
	if (r == PH_OK)
		r = write_record(lg, &bytes);
	if (r == PH_OK)
		note(lg, &record);
	buffer_fini(&bytes);
	return r;
}

void
log_root(struct log *lg, struct digest *root)
{
	merkle_root(&lg->sparse.all, root);
}

/* Stand at entry i, which is there. */
static int
go(struct log *lg, uint64_t i)
{
	const uint8_t *header;
	uint64_t index, offset;
	uint32_t body_len;
	size_t len;
	int r;

	sparse_find(&lg->sparse, i, &index, &offset);
	if (lg->at_index > i || lg->at_index < index) {
		lg->at_index = index;
		lg->at_offset = offset;
	}
	while (lg->at_index < i) {
		len = RECORD_HEADER_SIZE;
		r = see(lg, lg->at_offset, lg->end, &len, &header);
		if (r != PH_OK)
			return r;
		body_len = record_body_len(header);
		if (len < RECORD_HEADER_SIZE || body_len == 0 ||
		    body_len > lg->end - lg->at_offset - RECORD_HEADER_SIZE)
			return PH_ELOG;
		lg->at_offset += RECORD_HEADER_SIZE + body_len;
		lg->at_index++;
	}
	return PH_OK;
}

/* Decode entry i; borrowed from the window. */
static int
get(struct log *lg, uint64_t i, struct record *out)
{
	const uint8_t *bytes;
	size_t len;
	int r;

	if (i >= sparse_size(&lg->sparse))
		return PH_EABSENT;
	r = go(lg, i);
	if (r != PH_OK)
		return r;
	len = RECORD_SIZE_MAX;
	r = see(lg, lg->at_offset, lg->end, &len, &bytes);
	return r == PH_OK ? record_decode(bytes, len, i, out) : r;
}

int
log_leaf(void *cookie, uint64_t i, struct digest *out)
{
	struct log *lg = cookie;
	const uint8_t *header;
	size_t len;
	int r;

	if (i >= sparse_size(&lg->sparse))
		return PH_EABSENT;
	r = go(lg, i);
	if (r != PH_OK)
		return r;
	len = RECORD_HEADER_SIZE;
	r = see(lg, lg->at_offset, lg->end, &len, &header);
	if (r != PH_OK)
		return r;
	if (len < RECORD_HEADER_SIZE)
		return PH_ELOG;
	memcpy(out->bytes, header + 4, DIGEST_SIZE);
	return PH_OK;
}

int
log_subtree(struct log *lg, uint64_t first, uint64_t count, struct digest *out)
{
	struct merkle tree, rest;
	struct digest leaf;
	uint64_t size, done;
	unsigned int i;
	int r;

	size = sparse_size(&lg->sparse);
	if (first > size || count > size - first)
		return PH_EABSENT;
	sparse_tree(&lg->sparse, first, count, &tree, &done);
	merkle_init(&rest);
	for (; done < count; done++) {
		r = log_leaf(lg, first + done, &leaf);
		if (r != PH_OK)
			return r;
		merkle_append(&rest, &leaf);
	}
	/* The rest is shorter than a run: its subtrees come behind. */
	for (i = 0; i < rest.nroots; i++)
		tree.roots[tree.nroots++] = rest.roots[i];
	merkle_root(&tree, out);
	return PH_OK;
}

int
log_read(struct log *lg, uint64_t i, struct buffer *out)
{
	struct record record;
	int r;

	r = get(lg, i, &record);
	return r == PH_OK ? buffer_put(out, record.body, record.len) : r;
}

int
log_each(struct log *lg, uint64_t i, log_entry *each, void *cookie)
{
	struct record record;
	struct buffer body;
	uint64_t size;
	int r;

	/* Copied, so that the callback may use the log. */
	buffer_init(&body, PH_LOG_ENTRY_MAX);
	size = sparse_size(&lg->sparse);
	r = PH_OK;
	for (; i < size && r == PH_OK; i++) {
		r = get(lg, i, &record);
		if (r != PH_OK)
			break;
		buffer_reset(&body);
		r = buffer_put(&body, record.body, record.len);
		if (r == PH_OK)
			r = each(cookie, i, body.data, body.len);
	}
	buffer_fini(&body);
	return r;
}
