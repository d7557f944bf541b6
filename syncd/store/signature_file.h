#ifndef SYNCD_STORE_SIGNATURE_FILE_H
#define SYNCD_STORE_SIGNATURE_FILE_H

#include "proto/attributes.h"
#include "proto/digest.h"
#include "syncd/store/store.h"

/*
 * The files of signatures/, one for each blob that has one.  What is in them
 * is syncd/delta's.  A signature can be made again from its blob and need
 * not be durable; it only must never be half.
 */

/*
 * Begin to write one: an empty file that is not there yet for others, open
 * for reading and writing; one that was begun before is dropped.  PH_OK and
 * *fd for one of the next two functions; PH_ENOSPC, PH_EIO.
 */
int signature_file_begin(const struct store *s, const struct digest *blob,
    int *fd) ATTR_CHECK;

/*
 * It is complete: fsync and put it in place; fd is closed either way, and
 * after a failure there is no new file.
 */
int signature_file_commit(const struct store *s, const struct digest *blob,
    int fd) ATTR_CHECK;

/* It is not wanted: close and remove it. */
void signature_file_abort(const struct store *s, const struct digest *blob,
    int fd);

/* Open one for reading.  PH_OK, PH_EABSENT, PH_EIO. */
int signature_file_open(const struct store *s, const struct digest *blob,
    int *fd) ATTR_CHECK;

/* Remove one; an absent one is fine. */
int signature_file_remove(const struct store *s,
    const struct digest *blob) ATTR_CHECK;

#endif
