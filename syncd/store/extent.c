/*
 * Holes, through SEEK_DATA and SEEK_HOLE.
 */
#include <errno.h>
#include <sys/types.h>
#include <unistd.h>

#include "proto/errors.h"

#include "syncd/store/extent.h"

int
extent_next(int fd, uint64_t offset, uint64_t size, uint64_t *begin,
    uint64_t *end)
{
	off_t at;

	*begin = size;
	*end = size;
	at = lseek(fd, (off_t)offset, SEEK_DATA);
	if (at == -1 && errno == ENXIO)
		return PH_OK;
	if (at == -1 && errno != EINVAL)
		return PH_EIO;
	if (at == -1) {
		*begin = offset;
		return PH_OK;
	}
	if ((uint64_t)at >= size)
		return PH_OK;
	*begin = (uint64_t)at;
	at = lseek(fd, at, SEEK_HOLE);
	/* A file that shrinks just now has its end before: nothing more. */
	if (at == -1 && errno != ENXIO)
		return PH_EIO;
	if (at != -1 && (uint64_t)at > *begin && (uint64_t)at < size)
		*end = (uint64_t)at;
	return PH_OK;
}

int
extent_is_hole(int fd, uint64_t offset, uint64_t len)
{
	uint64_t begin, end;

	return extent_next(fd, offset, offset + len, &begin, &end) == PH_OK &&
	    begin == offset + len;
}

uint64_t
extent_count_data(int fd, uint64_t size)
{
	uint64_t at, begin, end, data;

	data = 0;
	for (at = 0; at < size; at = end) {
		if (extent_next(fd, at, size, &begin, &end) != PH_OK)
			return size;
		data += end - begin;
	}
	return data;
}
