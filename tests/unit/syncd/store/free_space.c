/*
 * File systems that are as full as the test wants.
 */
#include <string.h>

#include "tests/unit/syncd/store/free_space.h"

uint64_t free_space_bytes = UINT64_C(1) << 30;

int
free_space_statvfs(int fd, struct statvfs *out)
{
	(void)fd;
	memset(out, 0, sizeof(*out));
	out->f_bsize = out->f_frsize = 1;
	out->f_blocks = out->f_bfree = out->f_bavail = free_space_bytes;
	return 0;
}
