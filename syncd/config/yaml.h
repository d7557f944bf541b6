#ifndef SYNCD_CONFIG_YAML_H
#define SYNCD_CONFIG_YAML_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/failure.h"

/*
 * The part of YAML that Packhorse takes from people: one document of maps,
 * sequences and scalars, as a tree that knows where everything stands.  No
 * anchors, aliases, tags, second document, duplicate or composite keys; no
 * guessing of types either: a scalar is what its reader asks for, so that
 * a version 1.10 stays a text.  What the keys mean is for others.
 *
 * libyaml has yaml_ names of its own, yaml_free among them, which a function
 * of ours would replace under its feet: hence yaml_tree_free.
 *
 * Failures carry the code given at the beginning (PH_ECONFIG or PH_EPOLICY)
 * and stand at FILE:LINE:COLUMN.  One thread at a time: getters mark what
 * was read.
 */

#define YAML_SIZE_MAX (1u << 20) /* Bytes of a file. */
#define YAML_DEPTH_MAX 16u       /* Nesting of maps and sequences. */
#define YAML_NODES_MAX 200000u   /* A file of nothing but "[,,,". */

enum yaml_kind {
	YAML_SCALAR,
	YAML_SEQUENCE,
	YAML_MAP,
};

enum yaml_presence {
	YAML_OPTIONAL,
	YAML_REQUIRED,
};

struct yaml_tree; /* A file's tree, which owns all below. */
struct yaml_node; /* A value, a key or an item; lives as long as its tree. */

/*
 * Read the file at path; failures about its content have the given code.
 * PH_OK, code, PH_EFILE (cannot be read), PH_ENOMEM.  The caller frees *out.
 */
int yaml_tree_read(const char *path, int code, struct yaml_tree **out,
    struct failure *f) ATTR_CHECK;

/* The same for len bytes; name stands for the file in failures. */
int yaml_tree_parse(const char *name, int code, const void *data, size_t len,
    struct yaml_tree **out, struct failure *f) ATTR_CHECK;

/* NULL is allowed. */
void yaml_tree_free(struct yaml_tree *tree);

/* The outermost node. */
struct yaml_node *yaml_tree_root(struct yaml_tree *tree);

enum yaml_kind yaml_kind(const struct yaml_node *n);

/* The position of its first character, counted from 1. */
unsigned int yaml_line(const struct yaml_node *n);
unsigned int yaml_column(const struct yaml_node *n);

/* The text of a scalar as YAML means it, without quotes or escapes. */
const char *yaml_text(const struct yaml_node *n);

/* 1 when a scalar was written with quotes or as a block. */
int yaml_quoted(const struct yaml_node *n);

/* Entries of a map, items of a sequence; 0 for a scalar. */
size_t yaml_count(const struct yaml_node *n);

/* Key of entry i of a map, as a scalar; i < yaml_count(). */
const struct yaml_node *yaml_key(const struct yaml_node *map, size_t i);

/* Value of entry i, or item i, in the order of the file; marks the entry. */
struct yaml_node *yaml_item(struct yaml_node *n, size_t i);

/* The value of a key, marked as read; NULL when there is none. */
struct yaml_node *yaml_find(struct yaml_node *map, const char *key);

/*
 * Fail at a node: what (printf style) should name the key, as the functions
 * below do.  Returns the code of the tree.
 */
int yaml_fail(const struct yaml_node *n, struct failure *f, const char *what,
    ...) ATTR_PRINTF(3, 4);

/* The code of failures about this tree. */
int yaml_code(const struct yaml_node *n);

/*
 * A node as a value of some kind; PH_OK or the code of the tree.  Messages
 * call the node by its key, or by that of the sequence it is an item of.
 *
 * yaml_as_string: any scalar that is not empty.  yaml_as_int: decimal digits
 * without quotes, within min and max.  yaml_as_bool: true or false without
 * quotes.  yaml_as_kind: a map or a sequence.
 */
int yaml_as_string(const struct yaml_node *n, const char **out,
    struct failure *f) ATTR_CHECK;
int yaml_as_int(const struct yaml_node *n, int64_t min, int64_t max,
    int64_t *out, struct failure *f) ATTR_CHECK;
int yaml_as_bool(const struct yaml_node *n, int *out,
    struct failure *f) ATTR_CHECK;
int yaml_as_kind(const struct yaml_node *n, enum yaml_kind kind,
    struct failure *f) ATTR_CHECK;

/*
 * The value of a key, read as above.  Without the key: *out is left as it
 * was when it is optional, else a failure at the map.
 */
int yaml_get_string(struct yaml_node *map, const char *key,
    enum yaml_presence presence, const char **out,
    struct failure *f) ATTR_CHECK;
int yaml_get_int(struct yaml_node *map, const char *key,
    enum yaml_presence presence, int64_t min, int64_t max, int64_t *out,
    struct failure *f) ATTR_CHECK;
int yaml_get_bool(struct yaml_node *map, const char *key,
    enum yaml_presence presence, int *out, struct failure *f) ATTR_CHECK;
int yaml_get_sequence(struct yaml_node *map, const char *key,
    enum yaml_presence presence, struct yaml_node **out,
    struct failure *f) ATTR_CHECK;
int yaml_get_map(struct yaml_node *map, const char *key,
    enum yaml_presence presence, struct yaml_node **out,
    struct failure *f) ATTR_CHECK;

/*
 * To be called when all keys that exist were asked for: fails at the first
 * entry that nobody read.  known lists the keys for the message, NULL-ended.
 */
int yaml_map_end(const struct yaml_node *map, const char *const *known,
    struct failure *f) ATTR_CHECK;

#endif
