#ifndef SYNCD_CONFIG_SMALLFILE_H
#define SYNCD_CONFIG_SMALLFILE_H

#include <stddef.h>
#include <sys/types.h>

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/failure.h"

struct stat;

/*
 * Files that are read and written as a whole by syncd and syncctl alike:
 * configuration, keys, markers.  What is written is on the disk, name and
 * all, before success is told, and whole or not there.  Any thread, one at a
 * time for one path.
 *
 * All return PH_OK, or with words PH_EABSENT (the file, or its directory),
 * PH_EPERM, PH_ENOSPC, PH_EIO, PH_ENOMEM, and what stands below.
 */

/*
 * Put the content of a regular file of at most max bytes; PH_ELIMIT when it
 * is longer.  st, which may be NULL, is filled in from the same descriptor.
 */
int smallfile_read(const char *path, size_t max, struct buffer *out,
    struct stat *st, struct failure *f) ATTR_CHECK;

/* Create a file of exactly this mode; PH_EEXISTS when the name is taken. */
int smallfile_create(const char *path, const void *data, size_t len,
    mode_t mode, struct failure *f) ATTR_CHECK;

/* Create or replace a file. */
int smallfile_replace(const char *path, const void *data, size_t len,
    mode_t mode, struct failure *f) ATTR_CHECK;

/* Fail with errno: "cannot VERB PATH: …".  Returns the code for errno. */
int smallfile_fail(struct failure *f, const char *verb, const char *path);

#endif
