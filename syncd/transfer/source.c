/*
 * Files as sources.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/errors.h"
#include "syncd/base/file.h"
#include "syncd/store/blob.h"

#include "syncd/transfer/source.h"

static int
read_at(void *cookie, uint64_t offset, void *buf, size_t len)
{
	struct file_source *s;
	size_t n;
	int r;

	s = cookie;
	r = file_read_at(s->files, s->fd, offset, buf, len, &n);
	if (r == PH_OK && n < len)
		r = PH_EBASE; /* It was cut short under our hands. */
	return r;
}

/* Where data is, as the file system tells. */
static int
find_data(void *cookie, uint64_t offset, uint64_t *begin, uint64_t *end)
{
	struct file_source *s;
	off_t data, hole;

	s = cookie;
	*begin = *end = s->source.size;
	data = lseek(s->fd, (off_t)offset, SEEK_DATA);
	if (data < 0)
		return errno == ENXIO ? PH_OK : PH_EIO;
	hole = lseek(s->fd, data, SEEK_HOLE);
	if (hole < 0)
		return PH_EIO;
	*begin = (uint64_t)data;
	*end = (uint64_t)hole;
	return PH_OK;
}

void
file_source_init(struct file_source *s)
{
	memset(s, 0, sizeof(*s));
	s->fd = -1;
}

int
file_source_open_fd(struct file_source *s, const struct store *store, int fd)
{
	struct stat st;
	int r;

	s->files = store_files(store);
	s->fd = fd;
	r = file_stat_fd(s->files, fd, &st);
	if (r != PH_OK) {
		file_source_close(s);
		return r;
	}
	s->source.size = (uint64_t)st.st_size;
	s->source.read = read_at;
	s->source.data = find_data;
	s->source.cookie = s;
	return PH_OK;
}

int
file_source_open_blob(struct file_source *s, const struct store *store,
    const struct digest *digest)
{
	struct blob blob;
	int r;

	r = blob_open(store, digest, &blob);
	if (r != PH_OK)
		return r;
	if (blob.state == BLOB_ABSENT || blob.state == BLOB_WRONG_SIZE)
		return PH_EABSENT;
	if (blob.state == BLOB_SUSPECT) {
		blob_close(store, &blob);
		return PH_EBASE;
	}
	return file_source_open_fd(s, store, blob.fd);
}

void
file_source_close(struct file_source *s)
{
	if (s->fd >= 0)
		file_abandon(s->files, s->fd);
	file_source_init(s);
}
