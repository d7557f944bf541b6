/*
 * jansson behind a stricter and narrower door.  jansson itself refuses what
 * is not JSON, not UTF-8, holds NUL in strings or a member twice; the depth
 * is checked before it recurses, the numbers after.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "proto/errors.h"
#include "proto/limits.h"

#include "proto/json.h"

/* The largest integer that every reader of JSON holds exactly. */
#define INTEGER_MAX ((INT64_C(1) << 53) - 1)

/* As much of a member's name as is remembered. */
#define MEMBER_SIZE 64u

struct json {
	json_t *root;
	int error;
	char member[MEMBER_SIZE];
};

/*
 * Whether brackets nest no deeper than allowed.  Says nothing about what
 * else is wrong: up to the first fault strings are cut as jansson does it,
 * and behind that jansson does not recurse any more.
 */
static int
depth_ok(const char *text, size_t len)
{
	size_t depth, i;
	int in_string;

	depth = 0;
	in_string = 0;
	for (i = 0; i < len; i++) {
		if (in_string && text[i] == '\\') {
			i++;
		} else if (text[i] == '"') {
			in_string = !in_string;
		} else if (!in_string && (text[i] == '{' || text[i] == '[')) {
			if (++depth > PH_JSON_DEPTH_MAX)
				return 0;
		} else if (!in_string && (text[i] == '}' || text[i] == ']')) {
			if (depth > 0)
				depth--;
		}
	}
	return 1;
}

/* Whether all numbers are integers that every reader holds exactly. */
static int
numbers_ok(json_t *value)
{
	const char *name;
	json_t *child;
	json_int_t n;
	size_t i;

	switch (json_typeof(value)) {
	case JSON_REAL:
		return 0;
	case JSON_INTEGER:
		n = json_integer_value(value);
		return n >= -INTEGER_MAX && n <= INTEGER_MAX;
	case JSON_OBJECT:
		json_object_foreach(value, name, child) {
			if (!numbers_ok(child))
				return 0;
		}
		return 1;
	case JSON_ARRAY:
		json_array_foreach(value, i, child) {
			if (!numbers_ok(child))
				return 0;
		}
		return 1;
	default:
		return 1;
	}
}

int
json_parse(const void *data, size_t len, size_t max, struct json **out)
{
	struct json *tree;
	json_error_t error;
	int result;

	if (len > max)
		return PH_ELIMIT;
	if (!depth_ok(data, len))
		return PH_EJSON;
	tree = calloc(1, sizeof(*tree));
	if (tree == NULL)
		return PH_ENOMEM;
	result = PH_EJSON;
	tree->root = json_loadb(data, len, JSON_REJECT_DUPLICATES, &error);
	if (tree->root == NULL) {
		if (json_error_code(&error) == json_error_out_of_memory)
			result = PH_ENOMEM;
		goto out;
	}
	if (!json_is_object(tree->root) || !numbers_ok(tree->root))
		goto out;
	*out = tree;
	tree = NULL;
	result = PH_OK;
out:
	json_free(tree);
	return result;
}

void
json_free(struct json *tree)
{
	if (tree == NULL)
		return;
	json_decref(tree->root);
	free(tree);
}

int
json_error(const struct json *tree)
{
	return tree->error;
}

const char *
json_error_member(const struct json *tree)
{
	return tree->member;
}

void
json_set_error(struct json *tree, int error)
{
	if (tree->error == PH_OK)
		tree->error = error;
}

/* Remember PH_EJSON and the name, which may be NULL. */
static void
refuse(struct json *tree, const char *name)
{
	if (tree->error != PH_OK)
		return;
	tree->error = PH_EJSON;
	if (name != NULL)
		strncat(tree->member, name, MEMBER_SIZE - 1);
}

void
json_refuse(struct json_object *o, const char *name)
{
	if (o->value != NULL)
		refuse(o->tree, name);
}

void
json_check(struct json_object *o, const char *name, int ok)
{
	if (!ok)
		json_refuse(o, name);
}

void
json_array_check(struct json_array *a, int ok)
{
	if (!ok)
		refuse(a->tree, a->name);
}

/* A cursor at value, which may be NULL. */
static void
object_init(struct json_object *o, struct json *tree, const char *name,
    json_t *value)
{
	memset(o, 0, sizeof(*o));
	o->tree = tree;
	o->name = name;
	o->value = value;
}

void
json_root(struct json *tree, struct json_object *out)
{
	object_init(out, tree, NULL, tree->root);
}

int
json_object_present(const struct json_object *o)
{
	return o->value != NULL;
}

int
json_has(const struct json_object *o, const char *name)
{
	return o->value != NULL && json_object_get(o->value, name) != NULL;
}

/* Whether o was asked for that member. */
static int
asked(const struct json_object *o, const char *name)
{
	size_t i;

	for (i = 0; i < o->nasked; i++) {
		if (strcmp(o->asked[i], name) == 0)
			return 1;
	}
	return 0;
}

void
json_object_end(struct json_object *o)
{
	const char *name;
	json_t *child;

	if (o->value == NULL)
		return;
	json_object_foreach(o->value, name, child) {
		if (!asked(o, name)) {
			refuse(o->tree, name);
			return;
		}
	}
}

/* The member, which must be there; NULL after a failure. */
static json_t *
get(struct json_object *o, const char *name)
{
	json_t *value;

	if (o->value == NULL)
		return NULL;
	assert(o->nasked < JSON_MEMBERS_MAX && !asked(o, name));
	o->asked[o->nasked++] = name;
	value = json_object_get(o->value, name);
	if (value == NULL)
		refuse(o->tree, name);
	return value;
}

/* value if it is of that type; else a failure and NULL. */
static json_t *
typed(struct json *tree, const char *name, json_t *value, json_type type)
{
	if (value == NULL || json_typeof(value) == type)
		return value;
	refuse(tree, name);
	return NULL;
}

/* The member, of that type; NULL after a failure. */
static json_t *
get_typed(struct json_object *o, const char *name, json_type type)
{
	return typed(o->tree, name, get(o, name), type);
}

/* The member, of that type; NULL for null and after a failure. */
static json_t *
get_typed_or_null(struct json_object *o, const char *name, json_type type)
{
	json_t *value;

	value = get(o, name);
	if (json_is_null(value))
		return NULL;
	return typed(o->tree, name, value, type);
}

/* The text of a string; of NULL, when there is none, what is given. */
static void
string_of(json_t *value, const char *none, const char **out, size_t *len)
{
	*out = value == NULL ? none : json_string_value(value);
	if (len != NULL)
		*len = value == NULL ? 0 : json_string_length(value);
}

void
json_get_string(struct json_object *o, const char *name, const char **out,
    size_t *len)
{
	string_of(get_typed(o, name, JSON_STRING), "", out, len);
}

void
json_get_string_or_null(struct json_object *o, const char *name,
    const char **out, size_t *len)
{
	string_of(get_typed_or_null(o, name, JSON_STRING), NULL, out, len);
}

/* The integer within its bounds; 0 after a failure. */
static int64_t
int_of(struct json *tree, const char *name, json_t *value, int64_t min,
    int64_t max)
{
	json_int_t n;

	if (value == NULL)
		return 0;
	n = json_integer_value(value);
	if (n >= min && n <= max)
		return n;
	refuse(tree, name);
	return 0;
}

void
json_get_int(struct json_object *o, const char *name, int64_t min, int64_t max,
    int64_t *out)
{
	*out =
	    int_of(o->tree, name, get_typed(o, name, JSON_INTEGER), min, max);
}

void
json_get_u64(struct json_object *o, const char *name, uint64_t min,
    uint64_t *out)
{
	assert(min <= INTEGER_MAX);
	*out = (uint64_t)int_of(o->tree, name, get_typed(o, name, JSON_INTEGER),
	    (int64_t)min, INTEGER_MAX);
}

void
json_get_u64_or_null(struct json_object *o, const char *name, uint64_t min,
    uint64_t *out, int *present)
{
	json_t *value;

	assert(min <= INTEGER_MAX);
	value = get_typed_or_null(o, name, JSON_INTEGER);
	*out =
	    (uint64_t)int_of(o->tree, name, value, (int64_t)min, INTEGER_MAX);
	*present = value != NULL;
}

void
json_get_bool(struct json_object *o, const char *name, int *out)
{
	json_t *value;

	value = get(o, name);
	*out = json_is_true(value);
	if (value != NULL && !json_is_boolean(value))
		refuse(o->tree, name);
}

void
json_get_bool_or_null(struct json_object *o, const char *name, int *out,
    int *present)
{
	json_t *value;

	value = get(o, name);
	*out = json_is_true(value);
	*present = json_is_boolean(value);
	if (value != NULL && !*present && !json_is_null(value))
		refuse(o->tree, name);
}

void
json_get_null(struct json_object *o, const char *name)
{
	(void)get_typed(o, name, JSON_NULL);
}

void
json_get_object(struct json_object *o, const char *name,
    struct json_object *out)
{
	object_init(out, o->tree, name, get_typed(o, name, JSON_OBJECT));
}

void
json_get_object_or_null(struct json_object *o, const char *name,
    struct json_object *out)
{
	object_init(out, o->tree, name,
	    get_typed_or_null(o, name, JSON_OBJECT));
}

/* An array of value, which is one or NULL. */
static void
array_init(struct json_array *a, struct json *tree, const char *name,
    json_t *value, size_t min, size_t max)
{
	size_t count;

	a->tree = tree;
	a->name = name;
	a->value = value;
	a->count = 0;
	if (value == NULL)
		return;
	count = json_array_size(value);
	if (count < min || count > max)
		refuse(tree, name);
	else
		a->count = count;
}

void
json_get_array(struct json_object *o, const char *name, size_t min, size_t max,
    struct json_array *out)
{
	array_init(out, o->tree, name, get_typed(o, name, JSON_ARRAY), min,
	    max);
}

void
json_get_array_or_null(struct json_object *o, const char *name, size_t min,
    size_t max, struct json_array *out)
{
	array_init(out, o->tree, name, get_typed_or_null(o, name, JSON_ARRAY),
	    min, max);
}

void
json_get_walk(struct json_object *o, const char *name, size_t max,
    struct json_walk *out)
{
	out->tree = o->tree;
	out->name = name;
	out->value = get_typed(o, name, JSON_OBJECT);
	out->position = NULL;
	if (out->value == NULL)
		return;
	if (json_object_size(out->value) > max)
		refuse(o->tree, name);
	else
		out->position = json_object_iter(out->value);
}

void
json_skip_object(struct json_object *o, const char *name)
{
	(void)get_typed(o, name, JSON_OBJECT);
}

/* Element i, of that type; NULL after a failure. */
static json_t *
element(struct json_array *a, size_t i, json_type type)
{
	assert(i < a->count);
	return typed(a->tree, a->name, json_array_get(a->value, i), type);
}

void
json_array_string(struct json_array *a, size_t i, const char **out, size_t *len)
{
	string_of(element(a, i, JSON_STRING), "", out, len);
}

void
json_array_string_or_null(struct json_array *a, size_t i, const char **out,
    size_t *len)
{
	json_t *value;

	assert(i < a->count);
	value = json_array_get(a->value, i);
	if (json_is_null(value))
		value = NULL;
	else
		value = typed(a->tree, a->name, value, JSON_STRING);
	string_of(value, NULL, out, len);
}

void
json_array_u64(struct json_array *a, size_t i, uint64_t min, uint64_t *out)
{
	assert(min <= INTEGER_MAX);
	*out = (uint64_t)int_of(a->tree, a->name, element(a, i, JSON_INTEGER),
	    (int64_t)min, INTEGER_MAX);
}

void
json_array_object(struct json_array *a, size_t i, struct json_object *out)
{
	object_init(out, a->tree, a->name, element(a, i, JSON_OBJECT));
}

/* Step to the next member, of that type; NULL at the end. */
static json_t *
walk(struct json_walk *w, json_type type, const char **name)
{
	json_t *value;

	if (w->position == NULL || w->tree->error != PH_OK)
		return NULL;
	*name = json_object_iter_key(w->position);
	value =
	    typed(w->tree, *name, json_object_iter_value(w->position), type);
	w->position = json_object_iter_next(w->value, w->position);
	return value;
}

int
json_walk_string(struct json_walk *w, const char **name, const char **value,
    size_t *len)
{
	json_t *found;

	*name = "";
	found = walk(w, JSON_STRING, name);
	string_of(found, "", value, len);
	return found != NULL;
}
