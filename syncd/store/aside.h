#ifndef SYNCD_STORE_ASIDE_H
#define SYNCD_STORE_ASIDE_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"

/*
 * One thread that works on bytes beside him who provides them: hashing is
 * the slowest thing we do with content, and it is done twice over the same
 * bytes.  The bytes go through a few buffers, so neither waits for the other
 * at each piece.  Where a thread does not pay, or there is none to be had,
 * the provider does the work himself.
 */

/* Bytes of a buffer. */
#define ASIDE_BUFFER_SIZE (1u << 20)

struct aside;

/*
 * Work on the next len bytes, in order; data NULL: zeros.  PH_OK, or why it
 * failed: then it is not called again.
 */
typedef int aside_work(void *cookie, const uint8_t *data, uint64_t len);

/* NULL without memory. */
struct aside *aside_new(aside_work *work, void *cookie);

/*
 * A buffer of ASIDE_BUFFER_SIZE bytes to fill; waits for one.  The bytes
 * that were put before may be read until this is called again.
 */
uint8_t *aside_buffer(struct aside *a);

/*
 * Work on the first len bytes of the buffer that was got last, of which they
 * are all; or on zeros.  PH_OK, or how work failed so far.
 */
int aside_put(struct aside *a, size_t len) ATTR_CHECK;
int aside_put_zeros(struct aside *a, uint64_t len) ATTR_CHECK;

/* Wait until all is done.  PH_OK, or how work failed. */
int aside_wait(struct aside *a) ATTR_CHECK;

/* Waits, too.  NULL is allowed. */
void aside_free(struct aside *a);

#endif
