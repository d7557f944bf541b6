#ifndef SYNCD_DELTA_JOB_H
#define SYNCD_DELTA_JOB_H

#include <stddef.h>
#include <stdint.h>

#include <librsync.h>

#include "proto/attributes.h"

/*
 * A job of librsync as a pump: bytes in from memory, bytes out through a
 * callback, in bounded pieces.
 */

/* Takes what came out; PH_OK or why not. */
typedef int delta_job_fn(void *cookie, const uint8_t *data, size_t len);

/* Keep librsync from writing to standard error; any thread, any number. */
void delta_job_prepare(void);

/*
 * Feed the next len bytes (librsync wants them writable, but leaves them
 * alone), the last ones when eof is 1.  PH_OK when all were taken and, at
 * eof, the job is done; what the callback returned; PH_EINTERNAL when
 * librsync failed or made no progress.
 */
int delta_job_feed(rs_job_t *job, uint8_t *data, size_t len, int eof,
    delta_job_fn *on_output, void *cookie) ATTR_CHECK;

#endif
