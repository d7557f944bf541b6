/*
 * Digest and block map in one pass: the bytes are read once and hashed twice,
 * at the same time.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "proto/blockmap.h"
#include "proto/errors.h"
#include "syncd/store/aside.h"
#include "syncd/store/extent.h"

#include "syncd/store/hash.h"

/* Hashes that are kept before they are written: 64 MiB of the file. */
#define NHASHES 1024u

#define ZEROS_SIZE (64u << 10)
#define STEP_SIZE (UINT64_C(16) << 20)

struct hash {
	const struct files *fs;
	int map;
	struct digester *digester;
	struct blockmap *blocks;
	struct aside *aside; /* Computes the map. */
	uint8_t *room;       /* What hash_room() gave last. */
	uint64_t size;
	uint64_t map_size; /* Written. */
	size_t nhashes;    /* Waiting. */
	struct digest hashes[NHASHES];
};

/* Write the hashes that wait. */
static int
flush(struct hash *h)
{
	size_t len;
	int r;

	len = h->nhashes * sizeof(h->hashes[0]);
	r = file_write_at(h->fs, h->map, h->map_size, h->hashes, len);
	if (r != PH_OK)
		return r;
	h->map_size += len;
	h->nhashes = 0;
	return PH_OK;
}

/* Take the hash of a block. */
static int
on_hash(void *cookie, const struct digest *hash)
{
	struct hash *h = cookie;

	h->hashes[h->nhashes++] = *hash;
	return h->nhashes == NHASHES ? flush(h) : PH_OK;
}

/* Zeros, in pieces. */
static const uint8_t zeros[ZEROS_SIZE];

/* Add bytes, or zeros, to the map. */
static int
add_to_map(void *cookie, const uint8_t *data, uint64_t len)
{
	struct hash *h = cookie;
	size_t n;
	int r;

	if (data != NULL)
		return blockmap_add(h->blocks, data, (size_t)len);
	r = PH_OK;
	for (; len > 0 && r == PH_OK; len -= n) {
		n = len < ZEROS_SIZE ? (size_t)len : ZEROS_SIZE;
		r = blockmap_add(h->blocks, zeros, n);
	}
	return r;
}

struct hash *
hash_new(const struct files *fs, int map)
{
	struct hash *h;

	h = calloc(1, sizeof(*h));
	if (h == NULL)
		return NULL;
	h->fs = fs;
	h->map = map;
	h->digester = digester_new();
	h->blocks = blockmap_new(map == -1 ? NULL : on_hash, h);
	h->aside = aside_new(add_to_map, h);
	if (h->digester == NULL || h->blocks == NULL || h->aside == NULL) {
		hash_free(h);
		return NULL;
	}
	return h;
}

uint8_t *
hash_room(struct hash *h)
{
	h->room = aside_buffer(h->aside);
	return h->room;
}

int
hash_add(struct hash *h, size_t len)
{
	int r;

	if (len == 0)
		return PH_OK;
	h->size += len;
	r = aside_put(h->aside, len);
	digester_add(h->digester, h->room, len);
	return r;
}

int
hash_add_zeros(struct hash *h, uint64_t len)
{
	size_t n;
	int r;

	h->size += len;
	r = aside_put_zeros(h->aside, len);
	for (; len > 0; len -= n) {
		n = len < ZEROS_SIZE ? (size_t)len : ZEROS_SIZE;
		digester_add(h->digester, zeros, n);
	}
	return r;
}

int
hash_finish(struct hash *h, struct hash_result *out)
{
	int r;

	digester_finish(h->digester, &out->digest);
	out->size = h->size;
	r = aside_wait(h->aside);
	if (r == PH_OK)
		r = blockmap_finish(h->blocks, &out->map_root);
	if (r == PH_OK && h->map != -1)
		r = flush(h);
	return r;
}

void
hash_free(struct hash *h)
{
	if (h == NULL)
		return;
	aside_free(h->aside);
	digester_free(h->digester);
	blockmap_free(h->blocks);
	free(h);
}

struct hash_walk {
	const struct files *fs;
	int fd;
	struct progress progress;
	struct progress_watch watch;
	struct hash *hash;
	uint64_t offset;
	uint64_t told; /* The offset when progress was told last. */
	uint64_t size; /* For progress. */
	int ended;     /* The file ended at offset. */
};

struct hash_walk *
hash_walk_new(const struct files *fs, int fd, int map)
{
	struct hash_walk *w;

	w = calloc(1, sizeof(*w));
	if (w == NULL)
		return NULL;
	w->fs = fs;
	w->fd = fd;
	w->hash = hash_new(fs, map);
	if (w->hash == NULL) {
		free(w);
		return NULL;
	}
	return w;
}

void
hash_walk_free(struct hash_walk *w)
{
	if (w == NULL)
		return;
	hash_free(w->hash);
	free(w);
}

/* len bytes were passed: data, or zeros when it is NULL. */
static int
pass_on(struct hash_walk *w, const uint8_t *data, uint64_t len)
{
	int r;

	r = data != NULL ? hash_add(w->hash, (size_t)len) :
			   hash_add_zeros(w->hash, len);
	if (r == PH_OK && w->watch.tap != NULL)
		r = w->watch.tap(w->watch.cookie, data, len);
	w->offset += len;
	if (r != PH_OK || w->progress.step == NULL)
		return r;
	if (w->offset - w->told < STEP_SIZE && w->offset < w->size)
		return PH_OK;
	w->told = w->offset;
	return w->progress.step(w->progress.cookie, w->offset, w->size);
}

/* Pass the hole up to end. */
static int
pass_hole(struct hash_walk *w, uint64_t end)
{
	uint64_t n;
	int r;

	r = PH_OK;
	while (w->offset < end && r == PH_OK) {
		n = end - w->offset;
		r = pass_on(w, NULL, n < STEP_SIZE ? n : STEP_SIZE);
	}
	return r;
}

/* Pass the data up to end, or to where the file ends before. */
static int
pass_data(struct hash_walk *w, uint64_t end)
{
	uint8_t *room;
	size_t want, n;
	int r;

	while (w->offset < end && !w->ended) {
		want = end - w->offset < HASH_ROOM_SIZE ?
		    (size_t)(end - w->offset) :
		    HASH_ROOM_SIZE;
		room = hash_room(w->hash);
		r = file_read_at(w->fs, w->fd, w->offset, room, want, &n);
		if (r != PH_OK)
			return r;
		w->ended = n < want;
		r = n > 0 ? pass_on(w, room, n) : PH_OK;
		if (r != PH_OK)
			return r;
	}
	return PH_OK;
}

int
hash_walk_to(struct hash_walk *w, uint64_t to)
{
	uint64_t begin, end;
	int r;

	while (w->offset < to && !w->ended) {
		r = extent_next(w->fd, w->offset, to, &begin, &end);
		if (r == PH_OK)
			r = pass_hole(w, begin);
		if (r == PH_OK)
			r = pass_data(w, end);
		if (r != PH_OK)
			return r;
	}
	return PH_OK;
}

int
hash_walk_finish(struct hash_walk *w, struct hash_result *out)
{
	return hash_finish(w->hash, out);
}

int
hash_file(const struct files *fs, int fd, int map,
    const struct progress *progress, const struct progress_watch *watch,
    struct hash_result *out)
{
	struct hash_walk *w;
	struct stat st;
	int r;

	r = file_stat_fd(fs, fd, &st);
	if (r != PH_OK)
		return r;
	w = hash_walk_new(fs, fd, map);
	if (w == NULL)
		return PH_ENOMEM;
	w->size = (uint64_t)st.st_size;
	if (progress != NULL)
		w->progress = *progress;
	if (watch != NULL)
		w->watch = *watch;
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	r = hash_walk_to(w, w->size);
	if (r == PH_OK)
		r = hash_walk_finish(w, out);
	hash_walk_free(w);
	return r;
}

int
hash_range(const struct files *fs, int fd, uint64_t offset, uint64_t len,
    struct digest *out)
{
	struct digester *d;
	uint8_t *buf;
	size_t want, n;
	int r;

	r = PH_OK;
	d = digester_new();
	buf = malloc(HASH_ROOM_SIZE);
	if (d == NULL || buf == NULL)
		r = PH_ENOMEM;
	while (len > 0 && r == PH_OK) {
		want = len < HASH_ROOM_SIZE ? (size_t)len : HASH_ROOM_SIZE;
		r = file_read_at(fs, fd, offset, buf, want, &n);
		if (r == PH_OK && n < want)
			r = PH_EDIGEST;
		if (r != PH_OK)
			break;
		digester_add(d, buf, n);
		offset += n;
		len -= n;
	}
	if (r == PH_OK)
		digester_finish(d, out);
	free(buf);
	digester_free(d);
	return r;
}
