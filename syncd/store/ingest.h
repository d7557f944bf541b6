#ifndef SYNCD_STORE_INGEST_H
#define SYNCD_STORE_INGEST_H

#include <stdint.h>

#include "proto/attributes.h"
#include "proto/digest.h"
#include "proto/failure.h"
#include "syncd/base/file.h"
#include "syncd/store/progress.h"

/*
 * A file that somebody hands in becomes one of our own: cloned where the
 * file system can, else copied, with digest and block map computed from what
 * is in our own file in the same pass.  Never a hard link: others may have
 * the source open.  Holes stay holes, and 4 KiB of zeros become one.  Or the
 * source is only hashed, as it is, and nothing kept.
 */

/* Progress is told at most so many bytes after it was told last. */
#define INGEST_STEP_SIZE (UINT64_C(16) << 20)

struct ingest_config {
	const struct files *files;
	int source;        /* Open for reading: a regular file or a pipe. */
	const char *name;  /* Of the source, for messages. */
	int dir;           /* Directory of the new files, */
	const char *file;  /* created there (0600; NULL: none of the two), */
	const char *map;   /* and its block map. */
	uint64_t size_max; /* PH_EFILE beyond; 0: PH_BLOB_SIZE_MAX. */
	int no_clone;      /* 1: always copy. */
	struct progress progress; /* Total 0 for a pipe. */
	struct progress_watch watch;
};

struct ingest_result {
	uint64_t size;
	uint64_t stored; /* Bytes that the new file takes on disk. */
	struct digest digest;
	struct digest map_root;
	int cloned;
};

/*
 * Take in a file.  A regular file is read from its beginning, wherever its
 * offset stands; a pipe to its end.  The new files are not yet durable
 * (blob_seal()).  PH_OK; or an error, with f filled in and the new files
 * removed: PH_EFILE when the source is empty, too large, cannot be read, is
 * of another kind, or changed meanwhile; PH_ENOSPC, PH_EEXISTS, PH_ENOMEM,
 * PH_EIO, or what a callback returned.  Blocks; for a worker.
 */
int ingest_file(const struct ingest_config *config, struct ingest_result *out,
    struct failure *f) ATTR_CHECK;

#endif
