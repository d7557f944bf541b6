/*
 * Blobs, their records and their maps.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "proto/errors.h"
#include "proto/limits.h"
#include "syncd/store/signature_file.h"

#include "syncd/store/blob.h"

#define RECORD_SUFFIX ".rec"
#define RECORD_NAME_SIZE (DIGEST_HEX_SIZE + 4u)
#define ROOT_BUFFER_SIZE 65536u
#define HASHES_AT_ONCE 1024u

/* The name of a blob's record. */
static void
record_name(const struct digest *digest, char out[RECORD_NAME_SIZE])
{
	digest_hex(digest, out);
	memcpy(out + DIGEST_HEX_SIZE - 1, RECORD_SUFFIX, sizeof(RECORD_SUFFIX));
}

/* What is not there is fine. */
static int
unless_absent(int r)
{
	return r == PH_EABSENT ? PH_OK : r;
}

/* Read the record; *recorded is 0 when there is none that can be read. */
static int
read_record(const struct store *s, const struct digest *digest,
    struct blob_record *out, int *recorded)
{
	struct buffer text;
	char name[RECORD_NAME_SIZE];
	int r;

	*recorded = 0;
	record_name(digest, name);
	buffer_init(&text, BLOB_RECORD_SIZE_MAX);
	r = file_read_whole(store_files(s), store_dir(s, STORE_BLOBS), name,
	    BLOB_RECORD_SIZE_MAX, &text);
	if (r == PH_OK && blob_record_decode(text.data, text.len, out) == PH_OK)
		*recorded = 1;
	buffer_fini(&text);
	return r == PH_EABSENT || r == PH_ELIMIT ? PH_OK : r;
}

/* What the file looks like, against its record. */
static enum blob_state
judge(const struct stat *st, const struct blob *b)
{
	if (st->st_size == 0)
		return BLOB_WRONG_SIZE;
	if (!b->recorded)
		return BLOB_SUSPECT;
	if (b->size != b->record.size)
		return BLOB_WRONG_SIZE;
	if (st->st_ino != b->record.inode ||
	    st->st_mtim.tv_sec != b->record.mtime ||
	    st->st_mtim.tv_nsec != (long)b->record.mtime_ns)
		return BLOB_SUSPECT;
	return BLOB_SOUND;
}

int
blob_open(const struct store *s, const struct digest *digest, struct blob *out)
{
	const struct files *fs;
	struct stat st;
	char name[DIGEST_HEX_SIZE];
	int r;

	fs = store_files(s);
	memset(out, 0, sizeof(*out));
	out->state = BLOB_ABSENT;
	digest_hex(digest, name);
	r = file_open(fs, store_dir(s, STORE_BLOBS), name,
	    O_RDONLY | O_NONBLOCK, 0, &out->fd);
	if (r != PH_OK) {
		out->fd = -1;
		return unless_absent(r);
	}
	r = file_stat_fd(fs, out->fd, &st);
	if (r == PH_OK && !S_ISREG(st.st_mode))
		r = PH_EIO;
	if (r == PH_OK)
		r = read_record(s, digest, &out->record, &out->recorded);
	if (r == PH_OK) {
		out->size = (uint64_t)st.st_size;
		out->state = judge(&st, out);
	}
	if (r != PH_OK || out->state == BLOB_WRONG_SIZE)
		blob_close(s, out);
	return r;
}

int
blob_look(const struct store *s, const struct digest *digest, struct blob *out)
{
	int r;

	r = blob_open(s, digest, out);
	blob_close(s, out);
	return r;
}

void
blob_close(const struct store *s, struct blob *b)
{
	file_abandon(store_files(s), b->fd);
	b->fd = -1;
}

int
blob_describe(const struct store *s, int fd, struct blob_record *record)
{
	struct stat st;
	int r;

	r = file_stat_fd(store_files(s), fd, &st);
	if (r != PH_OK)
		return r;
	record->size = (uint64_t)st.st_size;
	record->inode = st.st_ino;
	record->mtime = st.st_mtim.tv_sec;
	record->mtime_ns = (uint32_t)st.st_mtim.tv_nsec;
	return PH_OK;
}

int
blob_seal(const struct store *s, int fd, struct blob_record *record)
{
	int r;

	r = file_chmod(store_files(s), fd, 0444);
	if (r == PH_OK)
		r = file_sync(store_files(s), fd);
	/* The times do not change any more once it is on the disk. */
	return r == PH_OK ? blob_describe(s, fd, record) : r;
}

int
blob_put_map(const struct store *s, const struct digest *digest, int dir,
    const char *name)
{
	const struct files *fs;
	char hex[DIGEST_HEX_SIZE];
	int fd, r;

	fs = store_files(s);
	r = file_open(fs, dir, name, O_RDONLY, 0, &fd);
	if (r != PH_OK)
		return r;
	r = file_sync(fs, fd);
	file_abandon(fs, fd);
	if (r != PH_OK)
		return r;
	digest_hex(digest, hex);
	r = file_rename(fs, dir, name, store_dir(s, STORE_MAPS), hex);
	return r == PH_OK ? store_sync(s, STORE_MAPS) : r;
}

int
blob_put_record(const struct store *s, const struct digest *digest,
    const struct blob_record *record)
{
	struct buffer text;
	char name[RECORD_NAME_SIZE];
	int r;

	record_name(digest, name);
	buffer_init(&text, BLOB_RECORD_SIZE_MAX);
	r = blob_record_encode(record, &text);
	if (r == PH_OK)
		r = file_replace(store_files(s), store_dir(s, STORE_BLOBS),
		    name, text.data, text.len, 0600);
	buffer_fini(&text);
	return r;
}

int
blob_move_in(const struct store *s, const struct digest *digest, int dir,
    const char *name)
{
	char hex[DIGEST_HEX_SIZE];

	digest_hex(digest, hex);
	return file_rename(store_files(s), dir, name, store_dir(s, STORE_BLOBS),
	    hex);
}

/* Remove a file and make that durable; an absent one is fine. */
static int
remove_from(const struct store *s, enum store_place place, const char *name)
{
	int r;

	r = file_unlink(store_files(s), store_dir(s, place), name);
	if (r == PH_OK)
		r = store_sync(s, place);
	return unless_absent(r);
}

int
blob_doubt(const struct store *s, const struct digest *digest)
{
	char name[RECORD_NAME_SIZE];

	record_name(digest, name);
	return remove_from(s, STORE_BLOBS, name);
}

int
blob_remove(const struct store *s, const struct digest *digest)
{
	const struct files *fs;
	char hex[DIGEST_HEX_SIZE];
	char record[RECORD_NAME_SIZE];
	int r;

	fs = store_files(s);
	digest_hex(digest, hex);
	record_name(digest, record);
	r = remove_from(s, STORE_BLOBS, hex);
	/* What a crash leaves of the rest blob_clean() removes. */
	if (r == PH_OK)
		r = unless_absent(
		    file_unlink(fs, store_dir(s, STORE_BLOBS), record));
	if (r == PH_OK)
		r = unless_absent(
		    file_unlink(fs, store_dir(s, STORE_MAPS), hex));
	if (r == PH_OK)
		r = signature_file_remove(s, digest);
	return r;
}

/* Open the map of a blob. */
static int
open_map(const struct store *s, const struct digest *digest, int *fd)
{
	char hex[DIGEST_HEX_SIZE];

	digest_hex(digest, hex);
	return file_open(store_files(s), store_dir(s, STORE_MAPS), hex,
	    O_RDONLY, 0, fd);
}

int
blob_read_map(const struct store *s, const struct digest *digest,
    uint64_t first, uint32_t count, struct digest *out)
{
	size_t n;
	int fd, r;

	if (first > PH_BLOB_SIZE_MAX / PH_MAP_BLOCK_SIZE)
		return PH_EDIGEST;
	r = open_map(s, digest, &fd);
	if (r != PH_OK)
		return r;
	r = file_read_at(store_files(s), fd, first * DIGEST_SIZE, out,
	    (size_t)count * DIGEST_SIZE, &n);
	if (r == PH_OK && n < (size_t)count * DIGEST_SIZE)
		r = PH_EDIGEST;
	file_abandon(store_files(s), fd);
	return r;
}

uint64_t
blob_count_data(const struct store *s, const struct digest *digest,
    uint64_t size)
{
	static const uint8_t block[PH_MAP_BLOCK_SIZE];
	struct digest hashes[HASHES_AT_ONCE], zeros;
	uint64_t at, nblocks, data;
	uint32_t i, n;

	digest_of(block, sizeof(block), &zeros);
	nblocks = size / PH_MAP_BLOCK_SIZE;
	data = size % PH_MAP_BLOCK_SIZE;
	for (at = 0; at < nblocks; at += n) {
		n = nblocks - at < HASHES_AT_ONCE ? (uint32_t)(nblocks - at) :
						    HASHES_AT_ONCE;
		if (blob_read_map(s, digest, at, n, hashes) != PH_OK)
			return size;
		for (i = 0; i < n; i++) {
			if (digest_compare(&hashes[i], &zeros) != 0)
				data += PH_MAP_BLOCK_SIZE;
		}
	}
	return data;
}

int
blob_map_root(const struct store *s, const struct digest *digest,
    struct digest *out)
{
	struct digester *d;
	uint64_t offset;
	uint8_t *buf;
	size_t n;
	int fd, r;

	r = open_map(s, digest, &fd);
	if (r != PH_OK)
		return r;
	d = digester_new();
	buf = malloc(ROOT_BUFFER_SIZE);
	if (d == NULL || buf == NULL)
		r = PH_ENOMEM;
	n = ROOT_BUFFER_SIZE;
	for (offset = 0; r == PH_OK && n == ROOT_BUFFER_SIZE; offset += n) {
		r = file_read_at(store_files(s), fd, offset, buf,
		    ROOT_BUFFER_SIZE, &n);
		if (r == PH_OK)
			digester_add(d, buf, n);
	}
	if (r == PH_OK)
		digester_finish(d, out);
	free(buf);
	digester_free(d);
	file_abandon(store_files(s), fd);
	return r;
}

struct listing {
	const struct store *s;
	blob_entry *each;
	void *cookie;
};

/* Pass on a name that is a blob's. */
static int
list_entry(void *cookie, const char *name)
{
	const struct listing *l = cookie;
	struct digest digest;

	if (digest_from_hex(name, &digest) != PH_OK)
		return PH_OK;
	return l->each(l->cookie, &digest);
}

int
blob_list(const struct store *s, blob_entry *each, void *cookie)
{
	struct listing l;

	l.s = s;
	l.each = each;
	l.cookie = cookie;
	return file_list(store_files(s), store_dir(s, STORE_BLOBS), ".",
	    list_entry, &l);
}

/* A directory whose files belong to blobs. */
struct cleaning {
	const struct store *s;
	enum store_place place;
	const char *suffix; /* Behind the digits. */
};

/* Remove what belongs to no blob: the blob is not there, or it is half. */
static int
clean_entry(void *cookie, const char *name)
{
	const struct cleaning *c = cookie;
	const struct files *fs;
	struct stat st;
	char hex[DIGEST_HEX_SIZE];
	struct digest digest;
	int r;

	fs = store_files(c->s);
	memcpy(hex, name, strnlen(name, sizeof(hex) - 1));
	hex[strnlen(name, sizeof(hex) - 1)] = '\0';
	if (digest_from_hex(hex, &digest) == PH_OK) {
		name += sizeof(hex) - 1;
		/* Blobs themselves, when it is their directory. */
		if (c->place == STORE_BLOBS && *name == '\0')
			return PH_OK;
		r = file_stat(fs, store_dir(c->s, STORE_BLOBS), hex, &st);
		if (r == PH_OK && strcmp(name, c->suffix) == 0)
			return PH_OK;
		if (r != PH_OK && r != PH_EABSENT)
			return r;
		name -= sizeof(hex) - 1;
	}
	return unless_absent(file_unlink(fs, store_dir(c->s, c->place), name));
}

int
blob_clean(const struct store *s)
{
	static const struct {
		enum store_place place;
		const char *suffix;
	} rows[] = {
		{ STORE_BLOBS, RECORD_SUFFIX },
		{ STORE_MAPS, "" },
		{ STORE_SIGNATURES, "" },
	};
	struct cleaning c;
	size_t i;
	int r;

	c.s = s;
	r = PH_OK;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]) && r == PH_OK; i++) {
		c.place = rows[i].place;
		c.suffix = rows[i].suffix;
		r = file_list(store_files(s), store_dir(s, c.place), ".",
		    clean_entry, &c);
	}
	return r;
}
