#ifndef SYNCD_AUDIT_ENTRY_H
#define SYNCD_AUDIT_ENTRY_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/failure.h"
#include "proto/json_writer.h"
#include "proto/limits.h"
#include "syncd/base/random.h"

/*
 * The body of a log entry (docs/formats.md §8): a JSON object whose first
 * five members are the same for all kinds.  The 32 random bytes keep the
 * hashes of short entries from being guessed.
 */

#define ENTRY_RANDOM_SIZE 32u
#define ENTRY_KIND_MAX 63u
#define ENTRY_ACTOR_MAX PH_TEXT_MAX

/* The members that all entries have.  Plain data. */
struct entry {
	uint64_t seq;
	int64_t time; /* Seconds since 1970. */
	char kind[ENTRY_KIND_MAX + 1];
	char actor[ENTRY_ACTOR_MAX + 1]; /* Text of formats.md §1. */
	uint8_t random[ENTRY_RANDOM_SIZE];
};

/*
 * Begin a body in out, which is empty; the caller then puts further members
 * with w, and calls entry_end().  kind is a name (proto/name.h) of at most
 * ENTRY_KIND_MAX characters, actor a text that is not empty, time not 0.
 */
void entry_begin(struct json_writer *w, struct buffer *out, uint64_t seq,
    int64_t time, const char *kind, const char *actor,
    const struct random *random);

/*
 * End it.  PH_OK; PH_ELIMIT beyond PH_LOG_ENTRY_MAX, PH_EJSON for what JSON
 * or text cannot carry, PH_ENOMEM: then out holds nothing useful.
 */
int entry_end(struct json_writer *w) ATTR_CHECK;

/*
 * Read the common members of a body; its other members are passed over.
 * PH_OK, PH_ELOG when it is not one, PH_ENOMEM.
 */
int entry_decode(const void *body, size_t len, struct entry *out) ATTR_CHECK;

#endif
