/*
 * A descriptor that is opened gets the lowest number that is free, so these
 * are taken in order.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "proto/errors.h"

#include "syncd/config/standard_files.h"

int
standard_files_open(void)
{
	int fd, mode;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) != -1 || errno != EBADF)
			continue;
		mode = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;
		if (open("/dev/null", mode) != fd)
			return PH_EIO;
	}
	return PH_OK;
}
