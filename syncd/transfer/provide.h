#ifndef SYNCD_TRANSFER_PROVIDE_H
#define SYNCD_TRANSFER_PROVIDE_H

#include <stdint.h>

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/digest.h"
#include "proto/message_content.h"
#include "syncd/transfer/encodings.h"

/*
 * One blob on its way out: plan, rows as they become ready, and the bytes
 * that the receiver asks for.  That the peer may have blob and base was
 * checked by who makes it.  Loop thread only.
 */

struct provide;

struct provide_config {
	struct encodings_pool *pool;
	uint32_t transfer; /* The receiver's id for it. */
	struct digest blob;
	uint64_t size;
	uint64_t data; /* Of these, not in blocks of zeros. */
	int has_base;
	struct digest base;
	uint64_t base_size;
};

/*
 * Called when provide_control() or provide_content() may have something to
 * put; never from within a function of this header.
 */
typedef void provide_ready(void *cookie);

/* NULL without memory. */
struct provide *provide_new(const struct provide_config *config,
    provide_ready *ready, void *cookie);

/* NULL is allowed. */
void provide_free(struct provide *p);

/* The id of the transfer. */
uint32_t provide_transfer(const struct provide *p);

/* The blob; borrowed. */
const struct digest *provide_blob(const struct provide *p);

/* The base; borrowed; NULL: none. */
const struct digest *provide_base(const struct provide *p);

/* Bytes of content put so far. */
uint64_t provide_sent(const struct provide *p);

/*
 * A PULL or PLAIN? arrived.  PH_OK; PH_EMESSAGE for what was not announced,
 * PH_ELIMIT when more is asked for than may be: a PLAIN? before the one before
 * it was answered, and what was pulled of that.  That a PULL is not inside
 * the encoding may show later, from provide_content().  A plain encoding is
 * there until its last byte was put.
 */
int provide_on_pull(struct provide *p, const struct message_pull *m) ATTR_CHECK;
int provide_on_plain_query(struct provide *p, uint32_t segment) ATTR_CHECK;

/*
 * Put frames that go before content: PLAN, SEGMENTS, DONE, or WAIT when
 * nothing else went for a while (wait 1).  PH_OK; or why the transfer failed,
 * for ERROR.
 */
int provide_control(struct provide *p, int wait, struct buffer *out) ATTR_CHECK;

/*
 * Put one DATA of what was asked for, at most max bytes of content (and
 * PH_DATA_MAX).  *put is 1 if there was one: ready() tells when the next was
 * read.  PH_OK; PH_EMESSAGE when the peer asked for what is not there; or why
 * the transfer failed.
 */
int provide_content(struct provide *p, size_t max, struct buffer *out,
    int *put) ATTR_CHECK;

#endif
