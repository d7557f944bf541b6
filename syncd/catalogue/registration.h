#ifndef SYNCD_CATALOGUE_REGISTRATION_H
#define SYNCD_CATALOGUE_REGISTRATION_H

#include <stdint.h>

#include "proto/attributes.h"
#include "proto/digest.h"
#include "proto/json.h"
#include "proto/json_writer.h"
#include "proto/key.h"
#include "proto/limits.h"

/*
 * What a primary knows of a repository by its operator's word: its record.
 * Plain data; how records are kept is registry.h.
 */

struct registration {
	char name[PH_NAME_MAX + 1];
	int has_key;                   /* 0: added, its key is not known yet. */
	struct digest id;              /* Of its first key; zeros without. */
	struct key_public key;         /* The current one. */
	unsigned int reasons;          /* Of enum charter_reason. */
	char contact[PH_TEXT_MAX + 1]; /* Or empty. */
	uint64_t clients;
	uint64_t rate; /* Bytes per second; 0: no limit. */
	int paused;
	int removed;
	int64_t added; /* Seconds since 1970. */
};

/* Put the record as an object; name as for json_open_object(). */
void registration_encode(const struct registration *r, struct json_writer *w,
    const char *name);

/* Take such an object apart, json_object_end() included. */
void registration_decode(struct json_object *o, struct registration *out);

/*
 * Reasons as an array of their names, and back; also for control requests.
 */
void registration_put_reasons(struct json_writer *w, const char *name,
    unsigned int reasons);
void registration_get_reasons(struct json_object *o, const char *name,
    unsigned int *reasons);

#endif
