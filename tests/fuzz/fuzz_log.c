/*
 * Log files: one that opens holds sound entries only, all that it does not
 * hold was cut off, and it opens again.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "proto/errors.h"
#include "syncd/audit/entry.h"
#include "syncd/audit/log.h"
#include "syncd/audit/record.h"
#include "syncd/base/file.h"

#include "tests/fuzz/target.h"

/* The file is in memory, whatever it is called. */
static int file = -1;

static int
memory_open(void *cookie, int dir, const char *path, int flags, mode_t mode)
{
	(void)cookie;
	(void)dir;
	(void)path;
	(void)flags;
	(void)mode;
	return dup(file);
}

static int
nothing(void *cookie, int fd)
{
	(void)cookie;
	(void)fd;
	return 0;
}

/* Entries come in order, and what they take adds up to the file. */
struct walk {
	uint64_t next;
	uint64_t size;
};

static int
check_entry(void *cookie, uint64_t i, const void *body, size_t len)
{
	struct walk *walk = cookie;
	struct entry entry;
	int r;

	assert(i == walk->next++);
	walk->size += RECORD_HEADER_SIZE + len;
	r = entry_decode(body, len, &entry);
	assert(r == PH_OK || r == PH_ELOG);
	return PH_OK;
}

/* Open and check the log; whether it opened. */
static int
check_log(const struct files *fs, uint64_t torn)
{
	struct walk walk = { 0, 0 };
	struct digest a, b;
	struct failure f;
	struct log *lg;
	int r;

	r = log_open(fs, -1, "main", 0, &lg, &f);
	assert(r == PH_OK || r == PH_ELOG);
	if (r != PH_OK)
		return 0;
	assert(log_torn(lg) <= torn);
	assert(log_each(lg, 0, check_entry, &walk) == PH_OK);
	assert(walk.next == log_size(lg));
	assert(walk.size == (uint64_t)lseek(file, 0, SEEK_END));
	log_root(lg, &a);
	assert(log_subtree(lg, 0, log_size(lg), &b) == PH_OK);
	assert(digest_compare(&a, &b) == 0);
	log_close(lg);
	return 1;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct files system = files_system();
	struct file_ops ops = *system.ops;
	struct files fs = { .ops = &ops };

	ops.open = memory_open;
	ops.fsync = nothing;
	file = memfd_create("log", MFD_CLOEXEC);
	assert(file >= 0);
	assert(write(file, data, size) == (ssize_t)size);
	/* Cut once, it is not cut again. */
	if (check_log(&fs, RECORD_SIZE_MAX))
		assert(check_log(&fs, 0));
	(void)close(file);
	return 0;
}
