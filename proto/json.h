#ifndef PROTO_JSON_H
#define PROTO_JSON_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"

/*
 * Strict reading of JSON objects: documents, messages, control requests.
 * json_parse() refuses what docs/formats.md §2 refuses whatever the members
 * mean; the getters below take an object apart member by member and refuse
 * a wrong type, a missing member and, in json_object_end(), one that nobody
 * asked for.  Terms of our own (digests, times, names) are in json_terms.h.
 *
 * The first failure is remembered by the tree.  A getter that fails gives
 * an empty value ("", 0, no members, no elements) that is safe to go on
 * with, so a decoder gets everything and asks json_error() once.
 */

/* A parsed text.  Not safe for use by several threads at once. */
struct json;

/* Members that one object may be asked for. */
#define JSON_MEMBERS_MAX 32u

/* One object of a tree; valid as long as the tree.  No memory of its own. */
struct json_object {
	struct json *tree;
	const char *name; /* As which member it was found; NULL at the top. */
	void *value;      /* NULL when there is none. */
	const char *asked[JSON_MEMBERS_MAX]; /* Borrowed: string constants. */
	size_t nasked;
};

/* One array of a tree; valid as long as the tree. */
struct json_array {
	struct json *tree;
	const char *name;
	void *value;
	size_t count; /* Elements; 0 after a failure. */
};

/* A walk over an object whose member names are free, in their order. */
struct json_walk {
	struct json *tree;
	const char *name;
	void *value;
	void *position;
};

/*
 * Parse the len bytes at data, at most max, which must hold one object and
 * nothing else.  On PH_OK *out is the tree, to be freed with json_free().
 * PH_ELIMIT when len > max, PH_ENOMEM, or PH_EJSON.
 */
int json_parse(const void *data, size_t len, size_t max,
    struct json **out) ATTR_CHECK;

/* NULL is allowed. */
void json_free(struct json *tree);

/* The first failure of a getter on this tree, or PH_OK. */
int json_error(const struct json *tree) ATTR_CHECK;

/*
 * The name of the member that the first failure is about; "" when there was
 * none or it has no name.  Borrowed from the tree.
 */
const char *json_error_member(const struct json *tree);

/*
 * Remember PH_EJSON about a member of o: for what its reader finds wrong
 * with a value that JSON allows.  Does nothing after an earlier failure
 * and when o is not there.  The name is copied, and cut when it is long.
 */
void json_refuse(struct json_object *o, const char *name);

/* json_refuse() unless ok. */
void json_check(struct json_object *o, const char *name, int ok);

/* The same for an element of an array; it is known by the array's name. */
void json_array_check(struct json_array *a, int ok);

/* Remember another error than PH_EJSON: PH_ENOMEM of the reader. */
void json_set_error(struct json *tree, int error);

/* Begin at the top. */
void json_root(struct json *tree, struct json_object *out);

/*
 * 1 when o is there: it was not null, and no failure led to it.  What is
 * got from an object that is not there is empty, without a failure.
 */
int json_object_present(const struct json_object *o);

/*
 * The getters.  Each member of an object is asked for once, with a name
 * that outlives o.  Strings are borrowed from the tree, end with a NUL
 * (which does not occur in them) and are valid UTF-8; len may be NULL.
 */
void json_get_string(struct json_object *o, const char *name, const char **out,
    size_t *len);

/* NULL and 0 for null. */
void json_get_string_or_null(struct json_object *o, const char *name,
    const char **out, size_t *len);

/* An integer from min to max. */
void json_get_int(struct json_object *o, const char *name, int64_t min,
    int64_t max, int64_t *out);

/* An integer from min to 2^53-1. */
void json_get_u64(struct json_object *o, const char *name, uint64_t min,
    uint64_t *out);

/* As json_get_u64(), with *present 0 for null. */
void json_get_u64_or_null(struct json_object *o, const char *name, uint64_t min,
    uint64_t *out, int *present);

/* 1 for true, 0 for false. */
void json_get_bool(struct json_object *o, const char *name, int *out);

/* The same, with *present 0 for null. */
void json_get_bool_or_null(struct json_object *o, const char *name, int *out,
    int *present);

/* The member must be null. */
void json_get_null(struct json_object *o, const char *name);

/* An object, to be taken apart in turn. */
void json_get_object(struct json_object *o, const char *name,
    struct json_object *out);

/* An absent object for null. */
void json_get_object_or_null(struct json_object *o, const char *name,
    struct json_object *out);

/* An array of min to max elements. */
void json_get_array(struct json_object *o, const char *name, size_t min,
    size_t max, struct json_array *out);

/* An array without elements for null. */
void json_get_array_or_null(struct json_object *o, const char *name, size_t min,
    size_t max, struct json_array *out);

/* An object of any names, at most max of them. */
void json_get_walk(struct json_object *o, const char *name, size_t max,
    struct json_walk *out);

/* An object that may hold anything and is not looked into. */
void json_skip_object(struct json_object *o, const char *name);

/*
 * 1 when o has a member of that name, which does not count as asking for
 * it: for control requests, where some members may be left out.
 */
int json_has(const struct json_object *o, const char *name);

/* Refuse members that were not asked for.  Absent objects pass. */
void json_object_end(struct json_object *o);

/* Element i (below count) of an array. */
void json_array_string(struct json_array *a, size_t i, const char **out,
    size_t *len);
void json_array_string_or_null(struct json_array *a, size_t i, const char **out,
    size_t *len);
void json_array_u64(struct json_array *a, size_t i, uint64_t min,
    uint64_t *out);
void json_array_object(struct json_array *a, size_t i, struct json_object *out);

/*
 * The next member, whose value must be a string.  1 when there was one; 0
 * at the end and after a failure.
 */
int json_walk_string(struct json_walk *w, const char **name, const char **value,
    size_t *len);

#endif
