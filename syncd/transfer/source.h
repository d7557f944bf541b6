#ifndef SYNCD_TRANSFER_SOURCE_H
#define SYNCD_TRANSFER_SOURCE_H

#include "proto/attributes.h"
#include "proto/digest.h"
#include "syncd/delta/source.h"
#include "syncd/store/store.h"

/*
 * A blob or another file of the store as a source of syncd/delta.  Embedded
 * by its user; it must not move once it is open.  Any thread may read.
 */

struct file_source {
	struct delta_source source;
	const struct files *files;
	int fd; /* Owned; -1: not open. */
};

/* Not open. */
void file_source_init(struct file_source *s);

/*
 * Open a blob that looks sound.  PH_OK; PH_EABSENT when it is not here or
 * has the wrong size, PH_EBASE when it is suspect; PH_EIO.
 */
int file_source_open_blob(struct file_source *s, const struct store *store,
    const struct digest *blob) ATTR_CHECK;

/* Take over an open file. */
int file_source_open_fd(struct file_source *s, const struct store *store,
    int fd) ATTR_CHECK;

/* Close it; it is as after init. */
void file_source_close(struct file_source *s);

#endif
