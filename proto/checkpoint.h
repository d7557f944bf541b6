#ifndef PROTO_CHECKPOINT_H
#define PROTO_CHECKPOINT_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/digest.h"

/*
 * The checkpoint: the signed size and root of a log (docs/formats.md §2.6).
 */

/* "main", "local" or 64 hexadecimal digits, and a NUL. */
#define CHECKPOINT_LOG_SIZE DIGEST_HEX_SIZE

/* Plain data without memory of its own. */
struct checkpoint {
	struct digest owner;
	char log[CHECKPOINT_LOG_SIZE];
	uint64_t size;
	struct digest root;
	int64_t time;
};

/* Empty: not yet a document. */
void checkpoint_init(struct checkpoint *c);

/* 1 when text is the name of a log, else 0. */
int checkpoint_log_valid(const char *text) ATTR_CHECK;

/*
 * Put the document's bytes.  PH_OK, PH_ENOMEM, PH_ELIMIT, or PH_EDOCUMENT
 * when c is not what checkpoint_decode() takes; out then holds what it held.
 */
int checkpoint_encode(const struct checkpoint *c,
    struct buffer *out) ATTR_CHECK;

/* Decode bytes that were verified.  PH_OK, PH_ENOMEM or PH_EDOCUMENT. */
int checkpoint_decode(const void *bytes, size_t len,
    struct checkpoint *out) ATTR_CHECK;

#endif
