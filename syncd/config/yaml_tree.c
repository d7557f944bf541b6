/*
 * The nodes of a YAML file.  A map keeps keys and values in turn.
 */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "proto/errors.h"

#include "syncd/config/yaml_tree.h"

struct yaml_node {
	const struct yaml_tree *tree;
	SLIST_ENTRY(yaml_node) link;
	enum yaml_kind kind;
	unsigned int line;
	unsigned int column;
	int quoted;
	char *text;                    /* NULL but for scalars. */
	const struct yaml_node *label; /* A key, or NULL. */
	struct yaml_node **children;
	size_t nchildren;
	size_t size; /* Of children. */
};

struct yaml_tree {
	char *file;
	int code;
	struct yaml_node *root;
	SLIST_HEAD(, yaml_node) nodes;
	size_t count;
};

struct yaml_tree *
yaml_tree_new(const char *file, int code)
{
	struct yaml_tree *tree;

	tree = calloc(1, sizeof(*tree));
	if (tree == NULL)
		return NULL;
	SLIST_INIT(&tree->nodes);
	tree->code = code;
	tree->file = strdup(file);
	if (tree->file == NULL) {
		yaml_tree_free(tree);
		return NULL;
	}
	return tree;
}

void
yaml_tree_free(struct yaml_tree *tree)
{
	struct yaml_node *n;

	if (tree == NULL)
		return;
	while ((n = SLIST_FIRST(&tree->nodes)) != NULL) {
		SLIST_REMOVE_HEAD(&tree->nodes, link);
		free(n->text);
		free(n->children);
		free(n);
	}
	free(tree->file);
	free(tree);
}

struct yaml_node *
yaml_tree_root(struct yaml_tree *tree)
{
	return tree->root;
}

const char *
yaml_tree_file(const struct yaml_tree *tree)
{
	return tree->file;
}

size_t
yaml_tree_count(const struct yaml_tree *tree)
{
	return tree->count;
}

/* Put a child behind the others; -1 without memory. */
static int
add_child(struct yaml_node *parent, struct yaml_node *child)
{
	struct yaml_node **children;
	size_t size;

	if (parent->nchildren == parent->size) {
		size = parent->size == 0 ? 8 : parent->size * 2;
		children = reallocarray(parent->children, size,
		    sizeof(struct yaml_node *));
		if (children == NULL)
			return -1;
		parent->children = children;
		parent->size = size;
	}
	if (parent->kind == YAML_SEQUENCE || yaml_expects_key(parent))
		child->label = parent->label;
	else
		child->label = parent->children[parent->nchildren - 1];
	parent->children[parent->nchildren++] = child;
	return 0;
}

struct yaml_node *
yaml_tree_add(struct yaml_tree *tree, struct yaml_node *parent,
    enum yaml_kind kind, const char *text, int quoted, unsigned int line,
    unsigned int column)
{
	struct yaml_node *n;

	assert((kind == YAML_SCALAR) == (text != NULL));
	n = calloc(1, sizeof(*n));
	if (n == NULL)
		return NULL;
	SLIST_INSERT_HEAD(&tree->nodes, n, link);
	tree->count++;
	n->tree = tree;
	n->kind = kind;
	n->line = line;
	n->column = column;
	n->quoted = quoted;
	if (text != NULL) {
		n->text = strdup(text);
		if (n->text == NULL)
			return NULL;
	}
	if (parent == NULL)
		tree->root = n;
	else if (add_child(parent, n) != 0)
		return NULL;
	return n;
}

int
yaml_expects_key(const struct yaml_node *map)
{
	return map->kind == YAML_MAP && map->nchildren % 2 == 0;
}

/* Keys by their text; of equal ones the later in the file behind. */
static int
compare_keys(const void *a, const void *b)
{
	const struct yaml_node *x, *y;
	int r;

	x = *(struct yaml_node *const *)a;
	y = *(struct yaml_node *const *)b;
	r = strcmp(x->text, y->text);
	if (r != 0)
		return r;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return x->column < y->column ? -1 : x->column > y->column;
}

int
yaml_find_duplicate(const struct yaml_node *map, const struct yaml_node **again)
{
	struct yaml_node **keys;
	size_t n, i;

	*again = NULL;
	n = yaml_count(map);
	if (n < 2)
		return PH_OK;
	keys = calloc(n, sizeof(struct yaml_node *));
	if (keys == NULL)
		return PH_ENOMEM;
	for (i = 0; i < n; i++)
		keys[i] = map->children[2 * i];
	qsort(keys, n, sizeof(struct yaml_node *), compare_keys);
	for (i = 1; i < n && *again == NULL; i++) {
		if (strcmp(keys[i - 1]->text, keys[i]->text) == 0)
			*again = keys[i];
	}
	free(keys);
	return PH_OK;
}

enum yaml_kind
yaml_kind(const struct yaml_node *n)
{
	return n->kind;
}

unsigned int
yaml_line(const struct yaml_node *n)
{
	return n->line;
}

unsigned int
yaml_column(const struct yaml_node *n)
{
	return n->column;
}

const char *
yaml_text(const struct yaml_node *n)
{
	return n->text == NULL ? "" : n->text;
}

int
yaml_quoted(const struct yaml_node *n)
{
	return n->quoted;
}

const char *
yaml_label(const struct yaml_node *n)
{
	return n->label == NULL ? NULL : n->label->text;
}

size_t
yaml_count(const struct yaml_node *n)
{
	return n->kind == YAML_MAP ? n->nchildren / 2 : n->nchildren;
}

const struct yaml_node *
yaml_key(const struct yaml_node *map, size_t i)
{
	assert(map->kind == YAML_MAP && i < yaml_count(map));
	return map->children[2 * i];
}

struct yaml_node *
yaml_item(struct yaml_node *n, size_t i)
{
	assert(i < yaml_count(n));
	return n->children[n->kind == YAML_MAP ? 2 * i + 1 : i];
}

struct yaml_node *
yaml_find(struct yaml_node *map, const char *key)
{
	size_t i;

	assert(map->kind == YAML_MAP);
	for (i = 0; i < yaml_count(map); i++) {
		if (strcmp(yaml_key(map, i)->text, key) == 0)
			return yaml_item(map, i);
	}
	return NULL;
}

int
yaml_fail(const struct yaml_node *n, struct failure *f, const char *what, ...)
{
	char text[sizeof(f->what)];
	va_list ap;

	va_start(ap, what);
	(void)vsnprintf(text, sizeof(text), what, ap);
	va_end(ap);
	(void)failure_set(f, n->tree->code, "%s", text);
	failure_where(f, "%s:%u:%u", n->tree->file, n->line, n->column);
	return n->tree->code;
}

int
yaml_code(const struct yaml_node *n)
{
	return n->tree->code;
}
