#ifndef SYNCD_AUDIT_RECORD_H
#define SYNCD_AUDIT_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/digest.h"
#include "proto/limits.h"

/*
 * A record of a log file: u32 length ‖ 32 leaf hash ‖ body.  The body begins
 * with {"seq":N, so that a record in the wrong place is found out.  The bytes
 * may be anything that a crash or a disk made of them.
 */

#define RECORD_HEADER_SIZE 36u
#define RECORD_SIZE_MAX (RECORD_HEADER_SIZE + PH_LOG_ENTRY_MAX)

/* A record, borrowed from the bytes it was found in. */
struct record {
	const uint8_t *body;
	uint32_t len; /* Of the body. */
	struct digest leaf;
};

/*
 * Put the record of a body behind the end of out.  PH_OK; PH_ELIMIT when
 * the body is empty or beyond PH_LOG_ENTRY_MAX, PH_EINTERNAL when it does not
 * begin with this seq, PH_ENOMEM.
 */
int record_encode(const void *body, size_t len, uint64_t seq,
    struct buffer *out) ATTR_CHECK;

/*
 * The length of the body from the RECORD_HEADER_SIZE bytes of a header; 0
 * when it is none that a record can have.
 */
uint32_t record_body_len(const uint8_t *header);

/*
 * Decode the record at the beginning of len bytes.  PH_OK; PH_ELOG when it is
 * cut short, does not match its hash, or has another seq; PH_ENOMEM.
 */
int record_decode(const void *bytes, size_t len, uint64_t seq,
    struct record *out) ATTR_CHECK;

/*
 * Whether what is left of a file, from a record on that does not decode, can
 * be what a crash left of the last append: PH_OK; PH_ELOG when it cannot,
 * because it is too long or records stand behind it; PH_ENOMEM.
 */
int record_torn(const void *bytes, size_t len) ATTR_CHECK;

#endif
