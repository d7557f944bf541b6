#ifndef PROTO_LABELS_H
#define PROTO_LABELS_H

#include <stddef.h>

#include "proto/attributes.h"
#include "proto/json.h"
#include "proto/json_writer.h"
#include "proto/limits.h"

/*
 * The labels of a version, and those that a selector asks for: keys, which
 * are names, and values, which are text of at most PH_LABEL_MAX bytes and
 * may be empty.
 */

struct label {
	char key[PH_NAME_MAX + 1];
	char value[PH_LABEL_MAX + 1];
};

/* Sorted by key, each key once.  Read the members, change by functions. */
struct labels {
	struct label *items;
	size_t count;
};

/* No labels; takes no memory. */
void labels_init(struct labels *l);

/* Free what it holds; there are no labels again. */
void labels_fini(struct labels *l);

/* Make b, which is empty, a copy of a.  PH_OK or PH_ENOMEM. */
int labels_copy(const struct labels *a, struct labels *b) ATTR_CHECK;

/*
 * Give a key its value, a new one where it has one.  PH_OK, PH_ENOMEM,
 * PH_ENAME when key or value is not valid, or PH_ELIMIT beyond
 * PH_LABELS_MAX.
 */
int labels_set(struct labels *l, const char *key, const char *value) ATTR_CHECK;

/* The value of a key, borrowed until the next change; NULL without. */
const char *labels_get(const struct labels *l, const char *key);

/* 1 when both have the same keys with the same values. */
int labels_equal(const struct labels *a, const struct labels *b) ATTR_CHECK;

/* 1 when each label of part is in l with the same value. */
int labels_contain(const struct labels *l,
    const struct labels *part) ATTR_CHECK;

/* Put them as a member {K:V…}. */
void labels_encode(const struct labels *l, struct json_writer *w,
    const char *name);

/* Get such a member; l is initialised and what it held is freed. */
void labels_decode(struct json_object *o, const char *name, struct labels *l);

#endif
