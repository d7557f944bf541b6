#ifndef SYNCCTL_REPOSITORY_H
#define SYNCCTL_REPOSITORY_H

#include <stdint.h>

#include "proto/json.h"
#include "proto/key.h"

struct buffer;

/*
 * The record of a repository as syncd answers it (RECORD of
 * docs/control.md).
 */

struct repository {
	const char *name; /* All borrowed from the answer. */
	const char *id;   /* NULL while the key is not known; */
	const char *key;  /* so is this. */
	char fingerprint[KEY_FINGERPRINT_SIZE]; /* Empty then. */
	struct json_array reasons;
	const char *contact; /* Or NULL. */
	uint64_t clients;
	uint64_t rate; /* Bytes per second; 0: no limit. */
	int paused;
	int removed;
	const char *added;
};

/* Take a record apart. */
void repository_get(struct json_object *o, struct repository *out);

/* "active", "paused", "removed", or that the key is missing. */
const char *repository_state(const struct repository *r);

/* Put the record in lines, for people. */
void repository_put(struct repository *r, struct buffer *out);

#endif
