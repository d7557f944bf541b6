/*
 * Taking in a file.
 *
 * A clone is a snapshot: what happens to the source afterwards does not
 * matter.  While a copy is made the source must stand still, and whether it
 * did is seen from its size and times before and after.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/errors.h"
#include "proto/limits.h"
#include "syncd/store/extent.h"
#include "syncd/store/hash.h"
#include "syncd/store/zeros.h"

#include "syncd/store/ingest.h"

/* How long a silent pipe goes without a look at whether we are wanted. */
#define SILENCE_MS 500

struct copy {
	const struct ingest_config *config;
	struct failure *failure;
	struct stat before; /* The source. */
	uint64_t size_max;
	int file; /* -1: nothing is kept. */
	int map;
	struct hash *hash;
	uint64_t offset;
	uint64_t told; /* The offset when progress was told last. */
};

/* The source cannot be used. */
static int
refuse(const struct copy *c, const char *why)
{
	return failure_set(c->failure, PH_EFILE, "%s %s", c->config->name, why);
}

/* Reading the source failed. */
static int
refuse_read(const struct copy *c)
{
	return failure_set(c->failure, PH_EFILE, "%s cannot be read: %s",
	    c->config->name, strerror(errno));
}

static int
refuse_changed(const struct copy *c)
{
	(void)refuse(c, "changed while it was read");
	failure_next(c->failure, "let its writer finish, or give a snapshot");
	return PH_EFILE;
}

static int
refuse_large(const struct copy *c)
{
	return failure_set(c->failure, PH_EFILE,
	    "%s is larger than %" PRIu64 " bytes", c->config->name,
	    c->size_max);
}

/* Look at the source, which must be something that we can take. */
static int
look(struct copy *c)
{
	const struct stat *st;
	int r;

	st = &c->before;
	r = file_stat_fd(c->config->files, c->config->source, &c->before);
	if (r != PH_OK)
		return refuse_read(c);
	if (S_ISFIFO(st->st_mode))
		return PH_OK;
	if (!S_ISREG(st->st_mode))
		return refuse(c, "is not a regular file");
	if (st->st_size == 0)
		return refuse(c, "is empty");
	if ((uint64_t)st->st_size > c->size_max)
		return refuse_large(c);
	return PH_OK;
}

/* Whether the source is as it was when we looked at it. */
static int
check_unchanged(struct copy *c)
{
	const struct stat *a;
	struct stat b;
	int r;

	a = &c->before;
	r = file_stat_fd(c->config->files, c->config->source, &b);
	if (r != PH_OK)
		return refuse_read(c);
	if (a->st_size != b.st_size || a->st_mtim.tv_sec != b.st_mtim.tv_sec ||
	    a->st_mtim.tv_nsec != b.st_mtim.tv_nsec ||
	    a->st_ctim.tv_sec != b.st_ctim.tv_sec ||
	    a->st_ctim.tv_nsec != b.st_ctim.tv_nsec)
		return refuse_changed(c);
	return PH_OK;
}

/* Tell how far we are, now and then, and ask whether to go on. */
static int
tell(struct copy *c, int now)
{
	const struct progress *p;
	uint64_t total;

	p = &c->config->progress;
	if (p->step == NULL || (!now && c->offset - c->told < INGEST_STEP_SIZE))
		return PH_OK;
	c->told = c->offset;
	total = S_ISREG(c->before.st_mode) ? (uint64_t)c->before.st_size : 0;
	return p->step(p->cookie, c->offset, total);
}

/* Show the bytes to whoever watches. */
static int
show(struct copy *c, const uint8_t *data, uint64_t len)
{
	const struct progress_watch *w;

	w = &c->config->watch;
	return w->tap == NULL ? PH_OK : w->tap(w->cookie, data, len);
}

/* Write the next len bytes of our file, but for zeros. */
static int
keep(struct copy *c, const uint8_t *data, size_t len)
{
	size_t at, n;
	int r, zero;

	for (at = 0; at < len; at += n) {
		n = zeros_run(data + at, len - at, c->offset + at, &zero);
		if (zero)
			continue;
		r = file_write_at(c->config->files, c->file, c->offset + at,
		    data + at, n);
		if (r != PH_OK)
			return r;
	}
	return PH_OK;
}

/* The next len bytes of the source: kept and hashed. */
static int
add(struct copy *c, const uint8_t *data, size_t len)
{
	int r;

	r = c->file == -1 ? PH_OK : keep(c, data, len);
	if (r == PH_OK)
		r = hash_add(c->hash, len);
	if (r == PH_OK)
		r = show(c, data, len);
	c->offset += len;
	return r == PH_OK ? tell(c, 0) : r;
}

/* The source has a hole up to end. */
static int
add_hole(struct copy *c, uint64_t end)
{
	uint64_t n;
	int r;

	r = PH_OK;
	while (c->offset < end && r == PH_OK) {
		n = end - c->offset < INGEST_STEP_SIZE ? end - c->offset :
							 INGEST_STEP_SIZE;
		r = hash_add_zeros(c->hash, n);
		if (r == PH_OK)
			r = show(c, NULL, n);
		c->offset += n;
		if (r == PH_OK)
			r = tell(c, 0);
	}
	return r;
}

/* The source has data up to end. */
static int
add_data(struct copy *c, uint64_t end)
{
	uint8_t *room;
	size_t want, n;
	int r;

	r = PH_OK;
	while (c->offset < end && r == PH_OK) {
		room = hash_room(c->hash);
		want = end - c->offset < HASH_ROOM_SIZE ?
		    (size_t)(end - c->offset) :
		    HASH_ROOM_SIZE;
		r = file_read_at(c->config->files, c->config->source, c->offset,
		    room, want, &n);
		if (r != PH_OK)
			return refuse_read(c);
		if (n < want)
			return refuse_changed(c);
		r = add(c, room, n);
	}
	return r;
}

/* Copy a regular file. */
static int
copy_file(struct copy *c)
{
	uint64_t size, begin, end;
	int r;

	(void)posix_fadvise(c->config->source, 0, 0, POSIX_FADV_SEQUENTIAL);
	size = (uint64_t)c->before.st_size;
	while (c->offset < size) {
		if (extent_next(c->config->source, c->offset, size, &begin,
			&end) != PH_OK)
			return refuse_read(c);
		r = add_hole(c, begin);
		if (r == PH_OK)
			r = add_data(c, end);
		if (r != PH_OK)
			return r;
	}
	return check_unchanged(c);
}

/* Fill the room from a pipe; *n is less only at its end. */
static int
read_pipe(struct copy *c, uint8_t *room, size_t *n)
{
	struct pollfd p;
	ssize_t got;
	int r;

	p.fd = c->config->source;
	p.events = POLLIN;
	*n = 0;
	while (*n < HASH_ROOM_SIZE) {
		r = poll(&p, 1, SILENCE_MS);
		if (r == 0) {
			r = tell(c, 1);
			if (r != PH_OK)
				return r;
			continue;
		}
		got = read(p.fd, room + *n, HASH_ROOM_SIZE - *n);
		if (got == -1 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got == -1)
			return refuse_read(c);
		if (got == 0)
			break;
		*n += (size_t)got;
	}
	return PH_OK;
}

/* Copy what comes through a pipe. */
static int
copy_pipe(struct copy *c)
{
	uint8_t *room;
	size_t n;
	int r;

	do {
		room = hash_room(c->hash);
		r = read_pipe(c, room, &n);
		if (r != PH_OK)
			return r;
		if (n > c->size_max - c->offset)
			return refuse_large(c);
		r = add(c, room, n);
		if (r != PH_OK)
			return r;
	} while (n == HASH_ROOM_SIZE);
	return c->offset > 0 ? PH_OK : refuse(c, "is empty");
}

/* Copy, if it is to be kept, and hash in one pass. */
static int
copy(struct copy *c, struct hash_result *result)
{
	int r;

	c->hash = hash_new(c->config->files, c->map);
	if (c->hash == NULL)
		return PH_ENOMEM;
	r = S_ISFIFO(c->before.st_mode) ? copy_pipe(c) : copy_file(c);
	/* A hole at the end is not there until the file has its size. */
	if (r == PH_OK && c->file != -1)
		r = file_truncate(c->config->files, c->file, c->offset);
	if (r == PH_OK)
		r = hash_finish(c->hash, result);
	return r == PH_OK ? tell(c, 1) : r;
}

/* Try to clone; 1 when our file now is a snapshot of the source. */
static int
try_clone(struct copy *c)
{
	const struct ingest_config *config;

	config = c->config;
	if (config->no_clone || !S_ISREG(c->before.st_mode))
		return 0;
	return file_clone(config->files, c->file, config->source) == PH_OK;
}

/* Hash our own file, which is a clone. */
static int
hash_clone(struct copy *c, struct hash_result *result)
{
	int r;

	r = check_unchanged(c);
	if (r == PH_OK)
		r = hash_file(c->config->files, c->file, c->map,
		    &c->config->progress, &c->config->watch, result);
	if (r == PH_OK && result->size != (uint64_t)c->before.st_size)
		return refuse_changed(c);
	return r;
}

/* Take in the source; the new files are open. */
static int
take_in(struct copy *c, struct ingest_result *out, struct hash_result *result)
{
	struct stat st;
	int r;

	out->cloned = try_clone(c);
	if (out->cloned) {
		r = hash_clone(c, result);
	} else {
		/* A clone that failed may have begun. */
		r = file_truncate(c->config->files, c->file, 0);
		if (r == PH_OK)
			r = copy(c, result);
	}
	if (r == PH_OK)
		r = file_stat_fd(c->config->files, c->file, &st);
	if (r == PH_OK)
		out->stored = (uint64_t)st.st_blocks * 512;
	return r;
}

/* Create one of the new files. */
static int
create(const struct ingest_config *config, const char *name, int *fd)
{
	return file_open(config->files, config->dir, name,
	    O_RDWR | O_CREAT | O_EXCL, 0600, fd);
}

/* Create the new files and take in the source. */
static int
create_both(struct copy *c, struct ingest_result *out,
    struct hash_result *result)
{
	int r;

	r = create(c->config, c->config->file, &c->file);
	if (r == PH_OK)
		r = create(c->config, c->config->map, &c->map);
	return r == PH_OK ? take_in(c, out, result) : r;
}

/* Close a new file, if it is open; r is how it went so far. */
static int
finish(const struct ingest_config *config, int fd, int r)
{
	int closed;

	if (fd == -1)
		return r;
	closed = file_close(config->files, fd);
	return r == PH_OK ? closed : r;
}

/* Remove a new file; what cannot be removed goes with its directory. */
static void
discard(const struct ingest_config *config, const char *name, int fd)
{
	int saved;

	saved = errno;
	if (fd != -1)
		(void)!file_unlink(config->files, config->dir, name);
	errno = saved;
}

int
ingest_file(const struct ingest_config *config, struct ingest_result *out,
    struct failure *f)
{
	struct hash_result result;
	struct copy c;
	int r;

	memset(&c, 0, sizeof(c));
	memset(&result, 0, sizeof(result));
	memset(out, 0, sizeof(*out));
	f->code = PH_OK;
	c.config = config;
	c.failure = f;
	c.size_max =
	    config->size_max != 0 ? config->size_max : PH_BLOB_SIZE_MAX;
	c.file = -1;
	c.map = -1;
	r = look(&c);
	if (r == PH_OK)
		r = config->file == NULL ? copy(&c, &result) :
					   create_both(&c, out, &result);
	r = finish(config, c.file, r);
	r = finish(config, c.map, r);
	if (r != PH_OK) {
		discard(config, config->file, c.file);
		discard(config, config->map, c.map);
	}
	hash_free(c.hash);
	out->size = result.size;
	out->digest = result.digest;
	out->map_root = result.map_root;
	return failure_default(f, r, "%s", config->name);
}
