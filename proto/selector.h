#ifndef PROTO_SELECTOR_H
#define PROTO_SELECTOR_H

#include <stddef.h>

#include "proto/attributes.h"
#include "proto/json.h"
#include "proto/json_writer.h"
#include "proto/labels.h"
#include "proto/limits.h"

/*
 * Selectors of a charter's ceiling: which versions, by image name, labels
 * and owner.  A selector selects what agrees with all that it names; one
 * that names nothing selects everything.
 */

struct selector {
	char name[PH_NAME_MAX + 1]; /* A pattern; "" when it names none. */
	struct labels labels;
	char *owner; /* Owned; NULL when it names none. */
};

/* A list of selectors. */
struct selectors {
	struct selector *items;
	size_t count;
};

/* A selector of everything. */
void selector_init(struct selector *s);

/* Free what it holds; it selects everything again. */
void selector_fini(struct selector *s);

/* Make b, which is initialised and empty, a copy of a.  PH_OK, PH_ENOMEM. */
int selector_copy(const struct selector *a, struct selector *b) ATTR_CHECK;

/*
 * 1 when s selects a version of that image with these labels and that owner
 * (NULL for none); else 0.
 */
int selector_matches(const struct selector *s, const char *image,
    const struct labels *labels, const char *owner) ATTR_CHECK;

/* Put it as an object; name as for json_open_object(). */
void selector_encode(const struct selector *s, struct json_writer *w,
    const char *name);

/*
 * Take an object apart, json_object_end() included; s is initialised and
 * what it held is freed.
 */
void selector_decode(struct json_object *o, struct selector *s);

/* An empty list; takes no memory. */
void selectors_init(struct selectors *list);

/* Free what it holds; it is empty again. */
void selectors_fini(struct selectors *list);

/*
 * Add a copy of s at the end.  PH_OK, PH_ENOMEM, or PH_ELIMIT beyond
 * PH_SELECTORS_MAX.
 */
int selectors_add(struct selectors *list, const struct selector *s) ATTR_CHECK;

/* 1 when one of them matches; 0 when none does or there is none. */
int selectors_match(const struct selectors *list, const char *image,
    const struct labels *labels, const char *owner) ATTR_CHECK;

/* Put it as an array. */
void selectors_encode(const struct selectors *list, struct json_writer *w,
    const char *name);

/* Get such a member; list is initialised and what it held is freed. */
void selectors_decode(struct json_object *o, const char *name,
    struct selectors *list);

#endif
