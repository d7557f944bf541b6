#ifndef SYNCD_CONFIG_PROBE_H
#define SYNCD_CONFIG_PROBE_H

#include <stdint.h>
#include <sys/types.h>

#include "proto/attributes.h"
#include "proto/failure.h"

/*
 * Whether directories are fit for what Packhorse does in them, found out by
 * trying.  For init and doctor; nothing is left behind.  Each failure says
 * what is wrong and what to do.
 */

struct probe_space {
	uint64_t total;  /* Bytes of the file system. */
	uint64_t free;   /* Bytes that we may use. */
	uint64_t inodes; /* 0 where the file system does not count. */
	uint64_t inodes_free;
};

/*
 * Whether the file system of path is of this machine, as the index needs.
 * PH_OK, PH_ESTORE for one over the network or in user space (named),
 * PH_EABSENT, PH_EPERM, PH_EIO.
 */
int probe_local(const char *path, struct failure *f) ATTR_CHECK;

/*
 * The name of a network or user-space file system by the number that
 * statfs(2) gives; NULL when it is not one of those known.
 */
const char *probe_remote_name(uint32_t magic);

/*
 * Whether files can be made, synced, linked, replaced and removed in the
 * directory at path.  PH_OK; PH_ESTORE for what the file system cannot do,
 * PH_EPERM, PH_ENOSPC, PH_EABSENT, PH_EIO.
 */
int probe_store(const char *path, struct failure *f) ATTR_CHECK;

/* Whether we can make and remove a file in the directory; errors as above. */
int probe_writable(const char *path, struct failure *f) ATTR_CHECK;

/* Space of the file system of path.  PH_OK, PH_EABSENT, PH_EPERM, PH_EIO. */
int probe_space(const char *path, struct probe_space *out,
    struct failure *f) ATTR_CHECK;

/*
 * Whether path is a directory of ours with exactly this mode.  PH_OK,
 * PH_EABSENT, PH_EPERM (with the chmod or chown that would help), PH_EIO.
 */
int probe_mode(const char *path, mode_t mode, struct failure *f) ATTR_CHECK;

#endif
