/*
 * Labels as a sorted array.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/name.h"
#include "proto/text.h"

#include "proto/labels.h"

void
labels_init(struct labels *l)
{
	memset(l, 0, sizeof(*l));
}

void
labels_fini(struct labels *l)
{
	free(l->items);
	labels_init(l);
}

int
labels_copy(const struct labels *a, struct labels *b)
{
	assert(b->items == NULL);
	if (a->count == 0)
		return PH_OK;
	b->items = malloc(a->count * sizeof(*b->items));
	if (b->items == NULL)
		return PH_ENOMEM;
	memcpy(b->items, a->items, a->count * sizeof(*b->items));
	b->count = a->count;
	return PH_OK;
}

/* Where the key is or belongs; *found says which. */
static size_t
find(const struct labels *l, const char *key, int *found)
{
	size_t i;
	int order;

	*found = 0;
	for (i = 0; i < l->count; i++) {
		order = strcmp(key, l->items[i].key);
		*found = order == 0;
		if (order <= 0)
			break;
	}
	return i;
}

/* Make room for a label at place i. */
static int
insert(struct labels *l, size_t i)
{
	struct label *items;

	if (l->count == PH_LABELS_MAX)
		return PH_ELIMIT;
	items = realloc(l->items, (l->count + 1) * sizeof(*items));
	if (items == NULL)
		return PH_ENOMEM;
	memmove(items + i + 1, items + i, (l->count - i) * sizeof(*items));
	l->items = items;
	l->count++;
	return PH_OK;
}

int
labels_set(struct labels *l, const char *key, const char *value)
{
	size_t i;
	int found, r;

	if (!name_valid(key) || !text_valid(value, PH_LABEL_MAX))
		return PH_ENAME;
	i = find(l, key, &found);
	if (!found) {
		r = insert(l, i);
		if (r != PH_OK)
			return r;
		memcpy(l->items[i].key, key, strlen(key) + 1);
	}
	/* The value may be borrowed from the very label. */
	memmove(l->items[i].value, value, strlen(value) + 1);
	return PH_OK;
}

const char *
labels_get(const struct labels *l, const char *key)
{
	size_t i;
	int found;

	i = find(l, key, &found);
	return found ? l->items[i].value : NULL;
}

int
labels_equal(const struct labels *a, const struct labels *b)
{
	return a->count == b->count && labels_contain(a, b);
}

int
labels_contain(const struct labels *l, const struct labels *part)
{
	const char *value;
	size_t i;

	for (i = 0; i < part->count; i++) {
		value = labels_get(l, part->items[i].key);
		if (value == NULL || strcmp(value, part->items[i].value) != 0)
			return 0;
	}
	return 1;
}

void
labels_encode(const struct labels *l, struct json_writer *w, const char *name)
{
	size_t i;

	json_open_object(w, name);
	for (i = 0; i < l->count; i++)
		json_put_string(w, l->items[i].key, l->items[i].value);
	json_close_object(w);
}

void
labels_decode(struct json_object *o, const char *name, struct labels *l)
{
	struct json_walk walk;
	const char *key, *value;
	int r;

	labels_fini(l);
	json_get_walk(o, name, PH_LABELS_MAX, &walk);
	while (json_walk_string(&walk, &key, &value, NULL)) {
		r = labels_set(l, key, value);
		if (r == PH_ENOMEM)
			json_set_error(o->tree, r);
		else
			json_check(o, name, r == PH_OK);
	}
}
