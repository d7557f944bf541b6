/*
 * Selectors and lists of them.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/json_terms.h"
#include "proto/pattern.h"

#include "proto/selector.h"

void
selector_init(struct selector *s)
{
	memset(s, 0, sizeof(*s));
}

void
selector_fini(struct selector *s)
{
	labels_fini(&s->labels);
	free(s->owner);
	selector_init(s);
}

int
selector_copy(const struct selector *a, struct selector *b)
{
	int r;

	memcpy(b->name, a->name, sizeof(b->name));
	r = labels_copy(&a->labels, &b->labels);
	if (r == PH_OK && a->owner != NULL) {
		b->owner = strdup(a->owner);
		if (b->owner == NULL)
			r = PH_ENOMEM;
	}
	if (r != PH_OK)
		selector_fini(b);
	return r;
}

int
selector_matches(const struct selector *s, const char *image,
    const struct labels *labels, const char *owner)
{
	if (s->name[0] != '\0' && !pattern_match(s->name, image))
		return 0;
	if (s->owner != NULL && (owner == NULL || strcmp(s->owner, owner) != 0))
		return 0;
	return labels_contain(labels, &s->labels);
}

void
selector_encode(const struct selector *s, struct json_writer *w,
    const char *name)
{
	json_open_object(w, name);
	json_put_string_or_null(w, "name", s->name);
	labels_encode(&s->labels, w, "labels");
	json_put_string_or_null(w, "owner", s->owner);
	json_close_object(w);
}

void
selector_decode(struct json_object *o, struct selector *s)
{
	const char *pattern;

	selector_fini(s);
	json_get_string_or_null(o, "name", &pattern, NULL);
	if (pattern != NULL && pattern_valid(pattern))
		memcpy(s->name, pattern, strlen(pattern) + 1);
	else
		json_check(o, "name", pattern == NULL);
	labels_decode(o, "labels", &s->labels);
	json_get_text_copy(o, "owner", &s->owner);
	json_object_end(o);
}

void
selectors_init(struct selectors *list)
{
	memset(list, 0, sizeof(*list));
}

void
selectors_fini(struct selectors *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		selector_fini(&list->items[i]);
	free(list->items);
	selectors_init(list);
}

int
selectors_add(struct selectors *list, const struct selector *s)
{
	struct selector *items;
	int r;

	if (list->count == PH_SELECTORS_MAX)
		return PH_ELIMIT;
	items = realloc(list->items, (list->count + 1) * sizeof(*items));
	if (items == NULL)
		return PH_ENOMEM;
	list->items = items;
	selector_init(&items[list->count]);
	r = selector_copy(s, &items[list->count]);
	if (r == PH_OK)
		list->count++;
	return r;
}

int
selectors_match(const struct selectors *list, const char *image,
    const struct labels *labels, const char *owner)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		if (selector_matches(&list->items[i], image, labels, owner))
			return 1;
	}
	return 0;
}

void
selectors_encode(const struct selectors *list, struct json_writer *w,
    const char *name)
{
	size_t i;

	json_open_array(w, name);
	for (i = 0; i < list->count; i++)
		selector_encode(&list->items[i], w, NULL);
	json_close_array(w);
}

void
selectors_decode(struct json_object *o, const char *name,
    struct selectors *list)
{
	struct json_array array;
	struct json_object element;
	size_t i;

	selectors_fini(list);
	json_get_array(o, name, 0, PH_SELECTORS_MAX, &array);
	if (array.count == 0)
		return;
	list->items = calloc(array.count, sizeof(*list->items));
	if (list->items == NULL) {
		json_set_error(o->tree, PH_ENOMEM);
		return;
	}
	list->count = array.count;
	for (i = 0; i < array.count; i++) {
		json_array_object(&array, i, &element);
		selector_decode(&element, &list->items[i]);
	}
}
