#ifndef SYNCD_CONFIG_YAML_TREE_H
#define SYNCD_CONFIG_YAML_TREE_H

#include <stddef.h>

#include "proto/attributes.h"
#include "proto/failure.h"

/*
 * What stands in a YAML file, as a tree that knows where everything stands.
 * What the keys mean is for others.
 *
 * libyaml has yaml_ names of its own, yaml_free among them, which a function
 * of ours would replace under its feet: hence yaml_tree_free.
 */

enum yaml_kind {
	YAML_SCALAR,
	YAML_SEQUENCE,
	YAML_MAP,
};

struct yaml_tree; /* Owns all nodes. */
struct yaml_node; /* A value, a key or an item; lives as long as its tree. */

/* The outermost node. */
struct yaml_node *yaml_tree_root(struct yaml_tree *tree);

/* NULL is allowed. */
void yaml_tree_free(struct yaml_tree *tree);

/* What it is. */
enum yaml_kind yaml_kind(const struct yaml_node *n);

/* The position of its first character, counted from 1. */
unsigned int yaml_line(const struct yaml_node *n);
unsigned int yaml_column(const struct yaml_node *n);

/* The text of a scalar as YAML means it, without quotes; "" for others. */
const char *yaml_text(const struct yaml_node *n);

/* 1 when a scalar was written with quotes or as a block. */
int yaml_quoted(const struct yaml_node *n);

/*
 * What a message calls the node: the key of a value, of an item the key of
 * its sequence; NULL for the outermost, and what is below it in lists.
 */
const char *yaml_label(const struct yaml_node *n);

/* Entries of a map, items of a sequence; 0 for a scalar. */
size_t yaml_count(const struct yaml_node *n);

/* Key of entry i of a map, as a scalar; i < yaml_count(). */
const struct yaml_node *yaml_key(const struct yaml_node *map, size_t i);

/* Value of entry i, or item i, in the order of the file. */
struct yaml_node *yaml_item(struct yaml_node *n, size_t i);

/* The value of a key; NULL when there is none. */
struct yaml_node *yaml_find(struct yaml_node *map, const char *key);

/*
 * Fail at a node; what (printf style) should name it.  Returns the code of
 * the tree.
 */
int yaml_fail(const struct yaml_node *n, struct failure *f, const char *what,
    ...) ATTR_PRINTF(3, 4);

/* The code of failures about this tree. */
int yaml_code(const struct yaml_node *n);

/*
 * For the reader: an empty tree, whose failures have the code and the file's
 * name.  NULL without memory.
 */
struct yaml_tree *yaml_tree_new(const char *file, int code);

/*
 * For the reader: a new node, behind what parent holds already: an item of a
 * sequence; the key (a scalar) or, next, the value of an entry of a map.
 * parent NULL: the outermost.  Scalars have a text (copied), which was
 * quoted or not; for others it is NULL.  NULL without memory.
 */
struct yaml_node *yaml_tree_add(struct yaml_tree *tree,
    struct yaml_node *parent, enum yaml_kind kind, const char *text, int quoted,
    unsigned int line, unsigned int column);

/* For the reader: 1 when the next node added to the map is a key. */
int yaml_expects_key(const struct yaml_node *map);

/*
 * For the reader: a key that stands in the map before, in *again; NULL: there
 * is none.  PH_OK or PH_ENOMEM.
 */
int yaml_find_duplicate(const struct yaml_node *map,
    const struct yaml_node **again) ATTR_CHECK;

/* The name of the file, and how many nodes there are. */
const char *yaml_tree_file(const struct yaml_tree *tree);
size_t yaml_tree_count(const struct yaml_tree *tree);

#endif
